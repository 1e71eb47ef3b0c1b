// Runs our Python: `serve` loads it, says how far it is, and returns what takes a question.
const now = () => performance.now();

async function loaded(files, say) {
  say({ loading: "Loading Python (13 MB on a first visit) …" });
  const modules = fetch(files.modules).then((response) => response.arrayBuffer());
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([import(files.pyodide), import(files.asm)]);
  const python = await loadPyodide({
    indexURL: new URL(".", files.pyodide).href,
    stdLibURL: files.stdlib,
    createPyodideModule,
    lockFileContents: { info: files.build, packages: {} },
  });
  say({ loading: "Loading what explains …" });
  python.unpackArchive(await modules, "gztar", { extractDir: "/nhsauth" });
  python.runPython("import sys; sys.path.insert(0, '/nhsauth'); sys.dont_write_bytecode = True");
  return { python, answer: python.pyimport("in_browser").answer };
}

// `say` hears {loading}, then {loaded}; for each question {id, html, took}, or {failed}.
export function serve(files, say) {
  const begun = now();
  const loading = loaded(files, say);
  loading.then(() => say({ loaded: now() - begun }), () => {
    say({ failed: "Python could not be loaded. Load the page again; where that does not help, search the errors." });
  });
  return async ({ id, given, keys, at }) => {
    const { python, answer } = await loading;
    const from = now();
    const bytes = typeof given === "string" ? given : python.toPy(given);
    try {
      say({ id, html: answer(bytes, keys, at), took: now() - from });
    } catch (error) {
      const kind = /^(\w+Error)\b/m.exec(String(error.message).trim().split("\n").at(-1))?.[1] ?? "an error";
      say({ failed: `The page failed at this text (${kind}). Please report that, with a text that holds no secret.` });
    }
  };
}
