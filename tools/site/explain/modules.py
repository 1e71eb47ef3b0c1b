"""Packs the modules that the page needs: those that a Python without packages loads when it explains.

`python -m tools.site.explain.modules` is that Python: it explains the texts of `tests/pastes` and the sentences of the
catalogue, and prints the modules of ours that it has loaded.
"""

from __future__ import annotations

import gzip
import importlib.abc
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent.parent
ENTRY: Final = "tools.site.explain.in_browser"
_SHIPPED_AS: Final = {f"{ENTRY.replace('.', '/')}.py": "in_browser.py"}
"""What the browser imports first stands beside `mock_servers`, so that no module of the tools is shipped."""
_PACKAGE: Final = "mock_servers"


def packed() -> bytes:
    """Return the modules as a compressed archive, to the byte the same for the same sources."""
    unpacked = io.BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w") as archive:
        for path in sources():
            name = path.relative_to(ROOT).as_posix()
            content = path.read_bytes()
            member = tarfile.TarInfo(_SHIPPED_AS.get(name, name))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(unpacked.getvalue(), mtime=0)


def sources() -> list[Path]:
    """Return the files that are needed, sorted."""
    program = (sys.executable, "-m", "tools.site.explain.modules")
    done = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    return sorted(Path(each) for each in json.loads(done.stdout))


class NoPackages(importlib.abc.MetaPathFinder):
    """Lets nothing be imported but the standard library and our own code, as in a browser."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:  # noqa: ARG002 - as importlib calls it
        """Refuse a module of a package. Raises ModuleNotFoundError."""
        if fullname.partition(".")[0] not in {*sys.stdlib_module_names, _PACKAGE, "tools"}:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _loaded() -> list[str]:
    """Explain what people paste; return the files of our own code that this took."""
    sys.meta_path.insert(0, NoPackages())
    from tools.site.explain.in_browser import answer  # noqa: PLC0415 - packages must be missing before

    for text in sorted((ROOT / "tests" / "pastes").glob("*.txt")):
        answer(memoryview(text.read_bytes()), "", "")
    answer("Bearer eyJhbGciOiJSUzUxMiJ9.e30.c2lnbmF0dXJl", '{"keys": []}', "2026-11-24T09:00:00Z")
    modules = [each for name, each in sys.modules.items() if name.partition(".")[0] == _PACKAGE or name == ENTRY]
    return [str(each.__file__) for each in modules]


if __name__ == "__main__":
    json.dump(_loaded(), sys.stdout)
