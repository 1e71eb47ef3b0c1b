// The page: takes what is pasted, typed or dropped, and shows the answer that our Python gives, in a worker where it can.
"use strict";
(() => {
  const LARGEST = 100 << 20; // bytes of a file, as for the command
  const element = (id) => document.getElementById(id);
  const [box, text, keys, at, status, answer] = ["box", "text", "keys", "at", "status", "answer"].map(element);
  const files = JSON.parse(document.body.dataset.files);
  const absolute = Object.fromEntries(
    Object.entries(files).map(([name, path]) => [name, typeof path === "string" ? new URL(path, location.href).href : path])
  );
  let dropped = null; // {name, bytes}
  let asked = 0; // the number of the newest question; answers to older ones are not shown
  let ready = false;
  let waiting = null; // what was asked before all was loaded
  let filled = ""; // what a link has put into the box

  if (location.protocol === "file:") {
    element("without").firstElementChild.textContent =
      "This page needs a web server: run “python -m http.server” in the folder of the site, and open http://localhost:8000/explain.html. Without one:";
    return;
  }
  if (!files.engine || typeof WebAssembly !== "object") return;
  element("without").hidden = true;
  box.hidden = false;

  const say = (words) => { status.textContent = words; };

  function heard({ loading, loaded, id, html, took, failed }) {
    if (loading) say(`${loading} You can paste already.`);
    if (loaded) {
      ready = true;
      say("Ready.");
      if (waiting) post(waiting);
    }
    if (failed) {
      say("");
      answer.textContent = "";
      const words = document.createElement("p");
      words.className = "error";
      words.textContent = failed;
      answer.append(words);
    }
    if (id !== undefined && id === asked && html !== undefined) {
      answer.innerHTML = html; // our own, with all that was pasted escaped; the policy lets no script of it run
      answer.dataset.took = took;
      say(`Answered in ${took < 1 ? "less than a millisecond" : `${Math.round(took)} ms`}, below.`);
    }
  }

  // The engine runs in a worker, so that typing never waits; in this page where a worker cannot be made.
  let send = null;
  function inPage() {
    import(absolute.engine).then((engine) => { send = engine.serve(absolute, heard); }, () => {
      heard({ failed: "What this page runs could not be loaded. Look at the network, then load the page again." });
    });
  }
  function inWorker() {
    // Loaded by import(), which the policy judges as a script; what a worker imports by a statement it judges as a worker.
    const source = `let serve, send;
      self.onmessage = ({ data }) => {
        if (data.files) send = serve(data.files, (said) => self.postMessage(said));
        else send(data);
      };
      import(${JSON.stringify(absolute.engine)}).then(
        (engine) => { serve = engine.serve; self.postMessage({ begun: true }); },
        () => self.postMessage({ unable: true })
      );`;
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.begun) {
        worker.postMessage({ files: absolute });
        send = (question) => worker.postMessage(question);
      } else if (data.unable) {
        worker.onerror();
      } else {
        heard(data);
      }
    };
    worker.onerror = () => {
      if (!send) inPage();
    };
  }
  try {
    say("Loading Python …");
    inWorker();
  } catch {
    inPage();
  }

  function post(question) {
    waiting = null;
    say("Explaining …");
    send(question);
  }

  function explain() {
    const given = dropped ? dropped.bytes : text.value;
    if (!dropped && !given.trim()) {
      say("Paste something first.");
      text.focus();
      return;
    }
    asked += 1;
    const question = { id: asked, given, keys: keys.value, at: at.value };
    if (ready) post(question);
    else waiting = question;
  }

  function withoutFile() {
    dropped = null;
    element("file").hidden = true;
  }

  async function take(file) {
    if (file.type.startsWith("image/")) {
      say("This is a picture, and the page cannot read it: type the words of the error instead.");
      return;
    }
    if (file.size > LARGEST) {
      say("The file has more than 100 MB: take the part around the error.");
      return;
    }
    dropped = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
    element("file-name").textContent = `Explaining ${file.name}, ${Math.ceil(file.size / 1024)} KB.`;
    element("file").hidden = false;
    explain();
  }

  box.addEventListener("submit", (event) => { event.preventDefault(); explain(); });
  text.addEventListener("input", withoutFile);
  text.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) {
      event.preventDefault();
      take(file);
    } else {
      setTimeout(explain, 0);
    }
  });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) explain(); });
  element("no-file").addEventListener("click", () => { withoutFile(); text.focus(); });
  element("choose").addEventListener("change", ({ target }) => { if (target.files[0]) take(target.files[0]); target.value = ""; });
  document.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  document.addEventListener("dragleave", () => box.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const file = event.dataTransfer.files[0];
    const words = event.dataTransfer.getData("text");
    if (file) take(file);
    else if (words) { withoutFile(); text.value = words; explain(); }
  });

  // A link such as #errors/malformed-jwt-in-subject_token puts that error's sentence into the box.
  async function follow() {
    const name = /^#errors\/([a-z0-9_-]+)$/.exec(location.hash)?.[1];
    if (!name || (text.value.trim() && text.value !== filled)) return;
    const sentences = await (await fetch(absolute.errors)).json();
    if (!Object.hasOwn(sentences, name)) return;
    filled = `${sentences[name]}\n`;
    withoutFile();
    text.value = filled;
    text.focus();
    text.setSelectionRange(filled.length, filled.length);
    explain();
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
