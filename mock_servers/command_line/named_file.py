"""Reads the files that a pasted command names: regular files below one folder, and not much of them.

The command is another person's text, so that it must not choose what is read of this machine.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

LARGEST: Final = 5_000_000
"""Bytes of all files together."""


class FilesBelow:
    """Reads files below a folder, links resolved; of all together `LARGEST` bytes.

    `left_out` are the others, and why.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._left = LARGEST
        self.left_out: dict[str, str] = {}

    def __call__(self, name: str) -> bytes:
        """Return what a file holds. Raises OSError or ValueError that says why it is left out."""
        try:
            return self._read(name)
        except (OSError, ValueError) as reason:
            self.left_out[name] = getattr(reason, "strerror", None) or str(reason)
            raise

    def _read(self, name: str) -> bytes:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise ValueError("it is outside of this folder; allowed: files below it")
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise ValueError("it is no regular file")
        with os.fdopen(os.open(path, os.O_RDONLY | _UNFOLLOWED), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("it is no regular file")
            read = file.read(self._left + 1)
        if len(read) > self._left:
            raise ValueError(f"all files together have more than {LARGEST} bytes")
        self._left -= len(read)
        return read


_UNFOLLOWED: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""Should the path become a link or a pipe meanwhile."""
