"""Copies of the tree: a fault is planted in one, and pytest runs there. The tree itself is never written to."""

from __future__ import annotations

import compileall
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
ROOT: Final = _HERE.parent.parent
_WARMING: Final = 600.0
_PLAIN: Final = (
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "-n",
    "0",
    "-p",
    "chosen",
    "--tb=no",
    "--no-header",
    "-q",
)


def files() -> list[Path]:
    """Return the files that git knows or would take, from the root of the tree."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()  # noqa: S603 - git
    return sorted(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


def digest() -> str:
    """Return what the bytes of the whole tree come to."""
    whole = hashlib.sha256()
    for path in files():
        whole.update(f"{path}\0".encode() + hashlib.sha256((ROOT / path).read_bytes()).digest())
    return whole.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a run of pytest ended; `failed` is the first test that failed, `late` when its time was over."""

    code: int
    failed: str | None
    late: bool
    output: str

    @property
    def well(self) -> bool:
        """Whether tests ran, and none failed; none at all is well, too."""
        return self.code in (0, 5) and not self.late


class Copy:
    """One copy, below a folder of its own: beside it are the keys that the mock makes."""

    def __init__(self, folder: Path) -> None:
        self.root, self._keys, self._warm = folder / "tree", folder / "keys", folder / "warm"
        self._left_out = folder / "left-out.json"
        self._faulty: tuple[Path, bytes, bytes] | None = None

    def make(self) -> None:
        """Copy the tree and compile it, so that no run compiles more than the fault."""
        for path in files():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, self.root / path)
        compileall.compile_dir(self.root / "mock_servers", quiet=2)
        self._warm.mkdir(parents=True, exist_ok=True)

    def clone(self, folder: Path) -> Copy:
        """Return a further copy, compiled as this one is."""
        other = Copy(folder)
        shutil.copytree(self.root, other.root)
        shutil.copytree(self._warm, other._warm)
        return other

    def keep_keys(self) -> None:
        """Let every later run begin with the keys of this one: a fault might spoil them."""
        shutil.copytree(self._keys, self._warm, dirs_exist_ok=True)

    def warm(self) -> None:
        """Make those keys where no run has kept any."""
        if not any(self._warm.iterdir()):
            self.pytest(["contract_tests/test_success.py"], seconds=_WARMING)
            self.keep_keys()

    @contextmanager
    def planted(self, file: str, source: bytes) -> Iterator[None]:
        """Hold the fault for the length of a block."""
        path = self.root / file
        sound = path.read_bytes()
        self._faulty = path, sound, source
        _write(path, source)
        try:
            yield
        finally:
            self._faulty = None
            _write(path, sound)

    @contextmanager
    def sound(self) -> Iterator[None]:
        """Take the fault back for the length of a block."""
        if self._faulty is None:
            raise ValueError("no fault is planted")
        path, sound, faulty = self._faulty
        _write(path, sound)
        try:
            yield
        finally:
            _write(path, faulty)

    def pytest(
        self,
        tests: Sequence[str],
        *options: str,
        seconds: float,
        without: Sequence[str] = (),
        run: Sequence[str] = (),
        **variables: str,
    ) -> Ran:
        """Run tests, without some of them, until one fails, or the time is over."""
        for left in (self._keys, self.root / ".hypothesis"):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self._warm, self._keys)
        self._left_out.write_text(json.dumps(without), encoding="utf-8")
        command = [sys.executable, *(run or ("-m", "pytest")), *_PLAIN, *options, *tests]
        environ = os.environ | {
            "PYTHONPATH": os.pathsep.join((str(self.root), str(_HERE))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NHSAUTH_CACHE_DIR": str(self._keys),
            "NHSAUTH_MUTANTS_LEFT_OUT": str(self._left_out),
            **variables,
        }
        return _ended(command, self.root, environ, seconds)


def _write(path: Path, source: bytes) -> None:
    """Write a module, and forget what was compiled of it: a time stamp would not tell."""
    path.write_bytes(source)
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()


def _ended(command: Sequence[str], folder: Path, environ: dict[str, str], seconds: float) -> Ran:
    running = subprocess.Popen(  # noqa: S603 - our own Python
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, late = running.communicate(timeout=seconds)[0], False
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        output, late = running.communicate()[0], True
    return Ran(code=running.returncode, failed=_first(output), late=late, output=output)


def _first(output: str) -> str | None:
    failed = [line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return failed[0].partition(" ")[2].partition(" - ")[0] if failed else None


def copies(folder: Path, number: int) -> list[Copy]:
    """Return as many copies below a folder."""
    first = Copy(folder / "0")
    first.make()
    return [first, *(first.clone(folder / str(each)) for each in range(1, number))]
