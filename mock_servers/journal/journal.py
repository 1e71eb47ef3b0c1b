"""The journal: the newest records, safe to read while the mock answers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, overload

from mock_servers.journal.counts import Counts
from mock_servers.journal.provenance import of_jti
from mock_servers.journal.record import Record
from mock_servers.state.world import ROOT

LIMIT: Final = 1000
"""Records that are kept; the oldest are removed first."""

_log = logging.getLogger("mock_servers.exchanges")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many exchanges there were, and how many of them were refused."""

    exchanges: int = 0
    refused: int = 0


class _Explained:
    """A record as a log message, which is computed when it is written."""

    __slots__ = ("_record",)

    def __init__(self, record: Record) -> None:
        self._record = record

    def __str__(self) -> str:
        return self._record.explained()


def _say(level: int, record: Record) -> None:
    """Log a record with its caller given: searching the stack for it would take as long as the rest."""
    here, line = _say.__code__.co_filename, _say.__code__.co_firstlineno
    said, extra = (_Explained(record),), {"exchange": record}
    _log.handle(_log.makeRecord(_log.name, level, here, line, "%s", said, None, _say.__name__, extra))


class Journal(Sequence[Record]):
    """The records that are kept, oldest first; safe to read while the mock answers.

    Without `explains` a record has what was sent, and not why. `is_real`: its exchanges are with real services, not a
    mock. `world` is the name of the world whose exchanges they are, `None` for real ones; `counts` is where they are
    counted.
    """

    def __init__(self, limit: int = LIMIT, *, explains: bool = True, world: str = ROOT) -> None:
        self.explains = explains
        self.is_real = False
        self.world: str | None = world
        self.counts = Counts()
        self._records: deque[Record] = deque(maxlen=limit)
        self._added = 0
        self._refused = 0
        self._forgotten = 0
        self._arrived = threading.Condition()
        self._reporting = threading.RLock()
        self._folds = False

    def fold_reported(self) -> None:
        """Compact each record from now on once it is reported: a long-running server reads few of them again.

        Their mappings are then no dicts, which `json.dumps` requires.
        """
        self._folds = True

    def add(self, record: Record) -> None:
        """Number a record and keep it; numbers rise, even after `clear`."""
        record.world = self.world
        with self._arrived:
            self._added = record.id = self._added + 1
            self._refused += record.refusal is not None
            self._records.append(record)
            self._arrived.notify_all()

    def report(self, record: Record) -> None:
        """Log a record, unless it was removed; called when its answer has left.

        A log handler that prints it explains it; one that keeps or drops it does not.
        """
        level = logging.INFO if record.refusal is None else logging.WARNING
        if not _log.isEnabledFor(level):
            return
        with self._reporting:
            if self.is_kept(record):
                _say(level, record)
                if self._folds:
                    record.fold()

    def is_kept(self, record: Record) -> bool:
        """Whether a record was not removed by `clear`."""
        return record.id > self._forgotten

    def clear(self) -> None:
        """Remove all records: explanations in progress are finished first, and none is made later."""
        with self._reporting:
            for record in self.kept():
                record.leave_unexplained()
            with self._arrived:
                self._forgotten = self._added
                self._records.clear()

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Wait until the records are as wanted, for at most `timeout` seconds; return whether they are."""
        with self._arrived:
            return self._arrived.wait_for(lambda: holds(list(self._records)), timeout)

    def tally(self) -> Tally:
        """Return how many records were added in all, including removed ones."""
        with self._arrived:
            return Tally(exchanges=self._added, refused=self._refused)

    def find(self, key: str) -> Record | None:
        """Return the newest record with this message id or number."""
        return next((record for record in reversed(self.kept()) if key in (record.message_id, str(record.id))), None)

    def kept(self) -> list[Record]:
        """Return the records that are kept now, oldest first."""
        with self._arrived:
            return list(self._records)

    def before(self, record: Record, most: int | None = None) -> Iterable[Record]:
        """Return the records before this one that finders may read, the newest first, and no more than `most`."""
        with self._arrived:
            if self._records and self._records[-1] is record:  # usual when an answer has just left
                return list(islice(reversed(self._records), 1, None if most is None else most + 1))
            return list(islice((each for each in reversed(self._records) if each.id < record.id), most))

    def sent_before(self, record: Record, key: bytes) -> Iterator[Record]:
        """Return the records before this one in which a value with this hash was sent, the newest first."""
        return (each for each in self.before(record) if key in each.sent.values())

    def with_jti_before(self, record: Record, sub: Any, jti: Any) -> Iterator[Record]:
        """Return the records before this one whose assertion had this jti, the newest first."""
        hashed = of_jti(sub, jti)
        return (each for each in self.before(record) if each.sent.get("jti") == hashed or each.has_jti(sub, jti))

    @property
    def last(self) -> Record:
        """The newest record. Raises LookupError when there is none."""
        kept = self.kept()
        if not kept:
            raise LookupError("the journal is empty: no request has reached the mock")
        return kept[-1]

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        return self.kept()[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.kept())
