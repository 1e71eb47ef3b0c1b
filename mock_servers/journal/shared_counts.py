"""The counts of several processes of one server, in files: each process writes its own, and each reads all of them.

What was counted is in the system's memory at once, so it survives a process that is killed.
"""

from __future__ import annotations

import json
import mmap
from collections import Counter
from collections.abc import Mapping, MutableSequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from mock_servers.journal.counts import Counts, Series
from mock_servers.state.table import UnusableStateError

_MOST: Final = 1 << 12
"""The most series of one process. Labels have few values: a fraction of this is usual."""
_NUMBERS: Final = _MOST * 8
"""The bytes of the numbers, which come first in a file. Behind them are the names of their series, a line each."""
_SIZE: Final = _NUMBERS + _MOST * 96


class SharedCounts(Counts):
    """The counts of one process that shares a folder with others; `totals` are those of all of them.

    It writes to a file that no living process has, and counts on from what a dead one left there: so totals never
    fall, and there are no more files than processes at once. Raises UnusableStateError.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        try:
            path, self._lock = _taken(folder)
            self._memory = _opened(path)
        except OSError as error:
            raise UnusableStateError(f"The counts in {folder} cannot be written: {error.strerror or error}") from None
        self._numbers = _numbers(self._memory)
        self._places = {series: place for place, series in enumerate(_series(self._memory))}
        self._end = max(self._memory.rfind(b"\n", _NUMBERS) + 1, _NUMBERS)

    def totals(self) -> Mapping[Series, int]:
        """Return the number of each series that was counted, of all processes together."""
        found: Counter[Series] = Counter()
        for path in self._folder.glob("*.counts"):
            with path.open("rb") as file:
                memory = mmap.mmap(file.fileno(), _SIZE, access=mmap.ACCESS_READ)
            found.update(dict(zip(_series(memory), _numbers(memory), strict=False)))
        return found

    def _begin(self, series: Series) -> int:
        name, place = json.dumps(series).encode(), len(self._places)
        end = self._end + len(name)
        if place >= _MOST - 1 or end >= _SIZE:
            return _MOST - 1  # which nobody reads: better uncounted than a request unanswered
        self._memory[self._end : end] = name
        self._memory[end : end + 1] = b"\n"  # last, as the process may be killed at any moment
        self._end = end + 1
        return place


def _taken(folder: Path) -> tuple[Path, FileLock]:
    """Return the first file that no living process has locked, and its lock, which ends with this process."""
    for number in count():
        lock = FileLock(folder / f"{number}.lock", timeout=0, mode=0o600)
        with suppress(Timeout):
            lock.acquire()
            return folder / f"{number}.counts", lock
    raise AssertionError


def _opened(path: Path) -> mmap.mmap:
    if not path.exists():
        # Whole, and without holes: a disk that is full is met here, and not when something is counted.
        begun = path.with_suffix(".begun")
        begun.write_bytes(bytes(_SIZE))
        begun.replace(path)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _SIZE)


def _series(memory: mmap.mmap) -> list[Series]:
    """Return the series whose names are there to their end; the number of a line is the place of its number."""
    *lines, _ = memory[_NUMBERS:].split(b"\n")
    return [tuple(json.loads(line)) for line in lines]


def _numbers(memory: mmap.mmap) -> MutableSequence[int]:
    return memoryview(memory)[:_NUMBERS].cast("q")  # type: ignore[return-value] # of a length that stays
