"""A folder for as long as a process lives. The next start removes the folders of processes that were killed."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "nhsauth-run-"


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that only its owner can read; remove it afterwards, and those of processes that have died.

    A lock beside it shows that its process lives: the system releases that at any end of a process. Raises OSError.
    """
    from filelock import FileLock  # noqa: PLC0415 - 14 ms

    parent = Path(tempfile.gettempdir())
    _remove_abandoned(parent)
    path = parent / f"{_PREFIX}{secrets.token_hex(8)}"
    lock = path.with_suffix(".lock")
    with FileLock(lock, mode=0o600):
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            _remove(path, lock)


def _remove_abandoned(parent: Path) -> None:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 14 ms

    for lock in parent.glob(f"{_PREFIX}*.lock"):
        with (
            suppress(Timeout, OSError),
            FileLock(lock, timeout=0, mode=0o600),
        ):  # another user's cannot be locked, and stays
            _remove(lock.with_suffix(""), lock)


def _remove(path: Path, lock: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):  # Windows removes no file that is open; the next start does
        lock.unlink(missing_ok=True)
