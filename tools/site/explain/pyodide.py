"""Gets Python for the browser: Pyodide from npm, in the version and with the integrity that package-lock.json pins."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_LOCK: Final = Path(__file__).with_name("package-lock.json")
_FILES: Final = {
    # Some web servers do not know that .mjs is JavaScript, and browsers then refuse it.
    "pyodide.mjs": "pyodide.js",
    "pyodide.asm.mjs": "pyodide.asm.js",
    "pyodide.asm.wasm": "pyodide.asm.wasm",
    "python_stdlib.zip": "python_stdlib.zip",
}
"""What the page needs of the package, and what we call it. Nothing in these files is changed."""


class MissingError(Exception):
    """Why there is no Pyodide, in a sentence."""


class TamperedError(Exception):
    """What was fetched is not what package-lock.json pins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyodide:
    """Pyodide: its files by name, and what its lock file says of the build."""

    version: str
    files: dict[str, bytes]
    build: dict[str, str]


def fetched(cache: Path) -> Pyodide:
    """Return Pyodide out of a folder of tarballs, where npm puts it first. Raises MissingError, TamperedError."""
    pinned = _pinned()
    tarball = cache / f"pyodide-{pinned['version']}.tgz"
    if not tarball.is_file():
        _pack(pinned["version"], cache)
    if integrity(tarball.read_bytes()) != pinned["integrity"]:
        raise TamperedError(f"{tarball} does not have the integrity that {_LOCK.name} pins; remove it and try again")
    with tarfile.open(tarball) as packed:
        files = {ours: _file(packed, theirs) for theirs, ours in _FILES.items()}
        build = json.loads(_file(packed, "pyodide-lock.json"))["info"]
    return Pyodide(version=pinned["version"], files=files, build=build)


def integrity(content: bytes) -> str:
    """Return the integrity of a file as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _pinned() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_LOCK.read_text(encoding="utf-8"))["packages"]["node_modules/pyodide"]
    return found


def _pack(version: str, cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("there is no npm on this machine")
    cache.mkdir(parents=True, exist_ok=True)
    command = (npm, "pack", f"pyodide@{version}", "--ignore-scripts", "--silent")
    if subprocess.run(command, cwd=cache, check=False, stdout=subprocess.DEVNULL).returncode:  # noqa: S603 - npm itself
        raise MissingError(f"npm could not fetch pyodide@{version}")


def _file(packed: tarfile.TarFile, name: str) -> bytes:
    member = packed.extractfile(f"package/{name}")
    if member is None:
        raise TamperedError(f"the package has no file {name}")
    return member.read()
