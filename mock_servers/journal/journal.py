"""The journal: the newest records, safe to read while the mock answers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, overload

from mock_servers.journal.provenance import of_jti
from mock_servers.journal.record import Record

LIMIT: Final = 1000
"""Records that are kept; the oldest go first."""

_log = logging.getLogger("mock_servers.exchanges")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many exchanges there have been, and how many of them were refused."""

    exchanges: int = 0
    refused: int = 0


class _Explained:
    """A record as a log message, which is worked out when somebody writes it."""

    __slots__ = ("_record",)

    def __init__(self, record: Record) -> None:
        self._record = record

    def __str__(self) -> str:
        return self._record.explained()


def _say(level: int, record: Record) -> None:
    """Log a record; who logs it is told here, since to search the stack for it takes as long as the rest."""
    here, line = _say.__code__.co_filename, _say.__code__.co_firstlineno
    said, extra = (_Explained(record),), {"exchange": record}
    _log.handle(_log.makeRecord(_log.name, level, here, line, "%s", said, None, _say.__name__, extra))


class Journal(Sequence[Record]):
    """The records that are kept, oldest first; safe to read while the mock answers.

    Without `explains` a record tells what went out, and not why. `is_real`: it is of real services, and not of a mock.
    """

    def __init__(self, limit: int = LIMIT, *, explains: bool = True) -> None:
        self.explains = explains
        self.is_real = False
        self._records: deque[Record] = deque(maxlen=limit)
        self._added = 0
        self._refused = 0
        self._forgotten = 0
        self._arrived = threading.Condition()
        self._reporting = threading.RLock()
        self._folds = False

    def fold_reported(self) -> None:
        """Fold each record from now on once it is reported: a server that runs long looks at few again.

        Their mappings are no dicts then, which `json.dumps` would want.
        """
        self._folds = True

    def add(self, record: Record) -> None:
        """Number a record and keep it; numbers rise, also over `clear`."""
        with self._arrived:
            self._added = record.id = self._added + 1
            self._refused += record.refusal is not None
            self._records.append(record)
            self._arrived.notify_all()

    def report(self, record: Record) -> None:
        """Log a record, unless it is forgotten; called when its answer has left.

        A handler that prints it explains it; one that keeps or drops it does not.
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
        """Whether a record was not forgotten by `clear`."""
        return record.id > self._forgotten

    def clear(self) -> None:
        """Forget all records: what is being explained is finished first, and nothing of them is explained later."""
        with self._reporting:
            for record in self.kept():
                record.leave_unexplained()
            with self._arrived:
                self._forgotten = self._added
                self._records.clear()

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Wait until what is kept is as wanted, for `timeout` seconds at most; whether it is."""
        with self._arrived:
            return self._arrived.wait_for(lambda: holds(list(self._records)), timeout)

    def tally(self) -> Tally:
        """Return how many records were added in all, forgotten ones included."""
        with self._arrived:
            return Tally(exchanges=self._added, refused=self._refused)

    def find(self, key: str) -> Record | None:
        """Return the newest record with this message id or number."""
        return next((record for record in reversed(self.kept()) if key in (record.message_id, str(record.id))), None)

    def kept(self) -> list[Record]:
        """Return what is kept now, oldest first."""
        with self._arrived:
            return list(self._records)

    def before(self, record: Record, most: int | None = None) -> Iterable[Record]:
        """Return the records before this one that finders may look at, the newest first, and no more than so many."""
        with self._arrived:
            if self._records and self._records[-1] is record:  # as it is when an answer has just left
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
