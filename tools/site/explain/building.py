"""Makes `explain.html` in a built site, with all that it runs, in files whose names carry their hash."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from tools.site import leaves
from tools.site.explain import modules, pyodide

_HERE: Final = Path(__file__).parent
_PAGES: Final = modules.ROOT / "mock_servers" / "pages"
_FOLDER: Final = "explain"
_NEEDS: Final = "This page needs JavaScript and WebAssembly, which your browser does not run here. Without them:"
_LACKS: Final = "This copy of the documentation was made without the code that explains in your browser. Without it:"


def build(site: Path, cache: Path) -> bool:
    """Write the page into a site; return whether it can explain. Without Pyodide it says what to do instead."""
    folder = site / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    files = _Files(folder)
    try:
        runs = _what_it_runs(files, pyodide.fetched(cache))
        unable = _NEEDS
    except pyodide.MissingError as reason:
        sys.stderr.write(f"explain.html explains nothing in this site: {reason}\n")
        runs, unable = {}, _LACKS
    page = Template((_HERE / "explain.html").read_text(encoding="utf-8")).substitute(
        style=files.copied(_PAGES / "style.css"),
        layout=files.copied(_HERE / "explain.css"),
        copying=files.copied(_PAGES / "console.js"),
        script=files.copied(_HERE / "explain.js"),
        licences=files.copied(_HERE / "licences.txt"),
        files=escape(json.dumps(runs)),
        unable=unable,
    )
    (site / "explain.html").write_text(page, encoding="utf-8")
    return bool(runs)


def _what_it_runs(files: _Files, python: pyodide.Pyodide) -> dict[str, object]:
    """Write what the page's script loads; return where each is, from the page."""
    digest = hashlib.sha256(b"".join(python.files[name] for name in sorted(python.files))).hexdigest()[:12]
    folder = (
        f"pyodide-{python.version}-{digest}"  # these find each other by their names, so that the folder has the hash
    )
    paths = {name: files.written(f"{folder}/{name}", content) for name, content in python.files.items()}
    by_name = {name: title for title, name in leaves.names(leaves.sentences()).items()}
    return {
        "pyodide": paths["pyodide.js"],
        "asm": paths["pyodide.asm.js"],
        "stdlib": paths["python_stdlib.zip"],
        "build": python.build,
        "engine": files.copied(_HERE / "engine.js"),
        "modules": files.named("nhsauth.bin", modules.packed()),  # servers give .gz an encoding of its own
        "errors": files.named("errors.json", json.dumps(by_name, separators=(",", ":")).encode()),
    }


class _Files:
    """Writes files below a folder; each method returns the path from the page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def written(self, name: str, content: bytes) -> str:
        """Write a file under this very name."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"{_FOLDER}/{name}"

    def named(self, name: str, content: bytes) -> str:
        """Write a file under a name with its hash."""
        stem, dot, suffix = name.rpartition(".")
        return self.written(f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}", content)

    def copied(self, path: Path) -> str:
        """Copy a file, its hash in its name."""
        return self.named(path.name, path.read_bytes())
