"""A journal that several processes share.

Each record is explained before it is stored, so that every process can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, repeat
from typing import Any, Final

from mock_servers.journal.finding import Finding
from mock_servers.journal.journal import LIMIT, Journal, Tally
from mock_servers.journal.provenance import of_jti
from mock_servers.journal.record import Examination, ReceivedJwt, Record, RecordedError
from mock_servers.journal.rule_trace import Step
from mock_servers.rules import Problem, Refusal
from mock_servers.state.store import Store
from mock_servers.state.table import FEW, Kind, Table
from mock_servers.state.world import ROOT

_TABLE: Final = "exchanges"
_REFUSED: Final = "refused exchanges"
_FIRST: Final = 10
"""Records of one value that are read: the first ones are those that can have used it."""
_FORGOTTEN: Final = "forgotten exchanges"
_TURN: Final = 0.05
"""Seconds after which a waiting process looks again for records of other processes."""
_NO_PROBLEM: Final = Problem(cause="", cure="")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as data, with its explanation. `flow` is the name of its flow."""

    id: int
    at: float
    service: str
    method: str
    path: str
    status: int
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    sent: Mapping[str, bytes]
    received: Mapping[str, ReceivedJwt] = field(default_factory=dict)
    client_id: str | None = None
    message_id: str | None = None
    refusal: RecordedError | None = None
    diagnosis: str | None = None
    flow: str = ""
    steps: tuple[Step, ...] = ()
    headline: str | None = None
    answer: str | None = None
    findings: tuple[Finding, ...] = ()
    then: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    jwts: Mapping[str, str] = field(default_factory=dict)


def _of(record: Record) -> StoredRecord:
    examined = record.examination()
    return StoredRecord(
        **{name: getattr(record, name) for name in _SHARED_MEMBERS},
        flow=record.flow,
        steps=tuple(record.timeline()),
        headline=examined.headline,
        answer=examined.answer,
        findings=examined.findings,
        then=examined.then,
        advice=examined.advice,
        jwts=examined.jwts,
    )


def _restored(kept: StoredRecord, world: str | None) -> Record:
    foreseen = tuple(Refusal(error=_NO_PROBLEM, rule="", policy="", diagnosis=each) for each in kept.then)
    examined = Examination(
        headline=kept.headline,
        answer=kept.answer,
        findings=kept.findings,
        foreseen=foreseen,
        advice=kept.advice,
        jwts=kept.jwts,
    )
    record = Record(world=world, **{name: getattr(kept, name) for name in _SHARED_MEMBERS})
    record.be_explained(examined, kept.flow, kept.steps)
    return record


_SHARED_MEMBERS: Final = (
    *("id", "at", "service", "method", "path", "status", "request", "response", "sent", "received"),
    *("client_id", "message_id", "refusal", "diagnosis"),
)
"""The members that a record and its stored form have in common."""


def _hashes(_: int, kept: StoredRecord) -> set[bytes]:
    assertion = kept.received.get("client_assertion")
    claims = assertion.claims if assertion is not None else {}
    return {*kept.sent.values(), of_jti(claims.get("sub"), claims.get("jti"))}


def kind(limit: int = LIMIT) -> Kind[StoredRecord]:
    """Return the kind of a journal's table that keeps so many records, even just after a tenth was removed."""
    indexes = {"message id": lambda _, kept: filter(None, [kept.message_id]), "hash": _hashes}
    return Kind(value=StoredRecord, key=int, limit=limit * 10 // 9 + 2, indexes=indexes)


KINDS: Final[Mapping[str, Kind[Any]]] = {_TABLE: kind()}
"""The tables of a state besides those of a store, by name."""


class SharedJournal(Journal):
    """The records of all processes that share a state, oldest first; the state counts their numbers."""

    def __init__(self, store: Store, limit: int = LIMIT, *, explains: bool = True, world: str = ROOT) -> None:
        super().__init__(limit, explains=explains, world=world)
        self._limit = limit
        self._backend = store.backend
        self._counters = store.counters
        self._table: Table[StoredRecord] = store.backend.table(_TABLE, kind(limit))
        self._recent: list[Record | None] = [None] * (2 * FEW)

    def add(self, record: Record) -> None:
        """Explain a record, then number and store it in one step: reading on from a number misses none."""
        record.world = self.world
        before = self._counters.get(_TABLE)
        record.id = (before or 0) + 1
        kept = _of(record)
        while not self._is_next(before, kept):
            before = self._counters.get(_TABLE)
            record.id = (before or 0) + 1
            kept = replace(kept, id=record.id)
        self._remember(self._restored(kept))
        if record.refusal is not None:
            self._counters.count(_REFUSED)
        with self._arrived:
            self._arrived.notify_all()

    def _is_next(self, before: int | None, kept: StoredRecord) -> bool:
        """Store a record whose number follows this one, unless another process was faster."""
        counter = (self._counters, _TABLE)
        return self._backend.commit([(*counter, before)], [(*counter, kept.id), (self._table, kept.id, kept)])

    def is_kept(self, record: Record) -> bool:
        """Whether a record was not removed."""
        return self._table.get(record.id) is not None

    def clear(self) -> None:
        """Remove all records."""
        with self._reporting:
            self._counters.put(_FORGOTTEN, self._counters.get(_TABLE) or 0)
            self._table.clear()

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Wait until the records are as wanted, for at most `timeout` seconds; return whether they are."""
        turns, rest = divmod(timeout, _TURN)
        for patience in (*repeat(_TURN, int(turns)), rest):
            if holds(self.kept()):
                return True
            with self._arrived:
                self._arrived.wait(patience)
        return holds(self.kept())

    def tally(self) -> Tally:
        """Return how many records were added in all, including removed ones."""
        return Tally(exchanges=self._counters.get(_TABLE) or 0, refused=self._counters.get(_REFUSED) or 0)

    def find(self, key: str) -> Record | None:
        """Return the newest record with this message id or number."""
        found = self._table.find("message id", key)
        kept = found[-1] if found else self._table.get(int(key)) if key.isdecimal() and key.isascii() else None
        return self._restored(kept) if kept is not None else None

    def kept(self) -> list[Record]:
        """Return the records that are kept now, oldest first."""
        return [*map(self._restored, reversed(self._table.newest(self._limit)))]

    def before(self, record: Record, most: int | None = None) -> Iterable[Record]:
        """Return a few of the records before this one, the newest first; a number's record never changes."""
        lowest = max(record.id - FEW, (self._counters.get(_FORGOTTEN) or 0) + 1)
        return islice(filter(None, map(self._numbered, range(record.id - 1, lowest - 1, -1))), most)

    def _numbered(self, number: int) -> Record | None:
        """Return the record of a number; a recent one is not read twice, nor is one that was written here."""
        recent = self._recent[number % len(self._recent)]
        if recent is not None and recent.id == number:
            return recent
        kept = self._table.get(number)
        return self._remember(self._restored(kept)) if kept is not None else None

    def _restored(self, kept: StoredRecord) -> Record:
        return _restored(kept, self.world)

    def _remember(self, record: Record) -> Record:
        self._recent[record.id % len(self._recent)] = record
        return record

    def sent_before(self, record: Record, key: bytes) -> Iterator[Record]:
        """Return the first few of the records before this one in which a value with this hash was sent, newest first.

        Who sends one value again and again makes nobody read all of them; the first is the one that used it up.
        """
        found = reversed(self._table.find("hash", key, _FIRST))
        return (self._restored(kept) for kept in found if kept.id < record.id and key in kept.sent.values())

    def with_jti_before(self, record: Record, sub: Any, jti: Any) -> Iterator[Record]:
        """Return the first few of the records before this one whose assertion had this jti, the newest first."""
        found = reversed(self._table.find("hash", of_jti(sub, jti), _FIRST))
        return (self._restored(kept) for kept in found if kept.id < record.id)

    @property
    def last(self) -> Record:
        """The newest record. Raises LookupError when there is none."""
        newest = self._table.newest(1)
        return self._restored(newest[0]) if newest else super().last

    def __len__(self) -> int:
        return min(self._table.size(), self._limit)
