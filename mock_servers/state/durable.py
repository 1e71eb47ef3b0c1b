"""Tables and a backend on a medium that stores bytes and outlives the process: the common part of SQLite and Valkey.

The medium makes each step atomic. This module converts the values; equality means equal values, not equal bytes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from mock_servers.state import codec as coding
from mock_servers.state.codec import Codec, Format
from mock_servers.state.table import Content, Entry, Kind, UnusableStateError, change

V = TypeVar("V")
D = TypeVar("D")


_ANYTHING: Final[Kind[Any]] = Kind(value=Any, key=Any)
_PLACE: Final = re.compile(r"(?:[A-Za-z0-9_.~%-]+/)*[a-z_]+")


class Held(NamedTuple):
    """The bytes at a key of a place, or those expected there; `None` for nothing."""

    place: str
    key: bytes
    raw: bytes | None


class Change(NamedTuple):
    """The new bytes for a key of a place with their index entries, or `None` to remove it.

    Above `limit` entries the oldest tenth of the place is removed.
    """

    place: str
    key: bytes
    raw: bytes | None
    indexed: tuple[tuple[str, bytes], ...] = ()
    limit: int | None = None


class Step(NamedTuple):
    """Whether a step was done, and what was there: at the changed keys if it was, else at those that were expected."""

    done: bool
    found: Sequence[bytes | None]


class Part(NamedTuple):
    """The whole content of a place, the oldest first. `generation` differs after each change."""

    generation: Any
    entries: Sequence[tuple[bytes, bytes]]


class Medium(Protocol):
    """Stores bytes by place and key, in the order in which they came. Each call is one atomic step, across processes.

    Every call raises UnreachableStateError when the medium does not answer.
    """

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine, so that a step takes as little time as one in memory."""

    def get(self, place: str, key: bytes) -> bytes | None:
        """Return the bytes at a key."""

    def commit(self, expected: Sequence[Held], changes: Sequence[Change]) -> Step:
        """Make all changes if exactly what is expected is there; otherwise make none."""

    def count(self, place: str, key: bytes, mark: bytes, limit: int | None) -> int:
        """Add one to the number at a key, stored after `mark`, and return it."""

    def newest(self, place: str, most: int) -> Sequence[bytes]:
        """Return the newest values, the newest first, and no more than `most`."""

    def find(self, place: str, index: str, value: bytes, most: int | None) -> Sequence[tuple[bytes, bytes]]:
        """Return the keys and values at an index entry, the oldest first, and no more than `most`."""

    def size(self, place: str) -> int:
        """Return how many values a place has."""

    def generation(self, place: str) -> Hashable:
        """Return a number that differs after each change of the place."""

    def read(self, places: Sequence[str]) -> Sequence[Part]:
        """Return the content of places at one moment."""

    def replace(self, content: Mapping[str, Sequence[Change]]) -> None:
        """Replace the content of these places."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Return how many values each non-empty place below a prefix has, at one moment."""

    def drop(self, prefix: str) -> None:
        """Remove all places below a prefix."""

    def probe(self) -> None:
        """Write something that is never read."""

    def close(self) -> None:
        """Close its connections."""


class DurableTable(Generic[V]):
    """A table whose entries are in one place of a medium."""

    def __init__(self, medium: Medium, name: str, place: str, kind: Kind[V], format_: Format) -> None:
        self.name = name
        self.place = place
        self.codec = Codec(name, kind, format_)
        self._medium = medium
        self._limit = kind.limit
        self._has_indexes = bool(kind.indexes)
        self._mark = format_.mark
        self._derived: dict[Callable[[Iterable[V]], Any], tuple[Hashable, Any]] = {}

    def get(self, key: Hashable) -> V | None:
        """Return the value at `key`."""
        return self.value_of(self._medium.get(self.place, self.codec.key(key)))

    def add(self, key: Hashable, value: V) -> bool:
        """Set unless there; return whether it was set. Of many callers at once exactly one gets `True`."""
        nothing = Held(self.place, self.codec.key(key), None)
        return self._medium.commit([nothing], [self.change(key, value)]).done

    def put(self, key: Hashable, value: V) -> None:
        """Set, even if there is a value; that value's place in the order stays."""
        self._medium.commit([], [self.change(key, value)])

    def swap(self, key: Hashable, old: V, new: V) -> bool:
        """Set to `new` if the present value equals `old`; return whether it did.

        Of many callers at once one gets `True`.
        """
        return commit(self._medium, [(self, key, old)], [(self, key, new)])

    def take(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it. Of many callers at once exactly one gets it."""
        return self.value_of(self._medium.commit([], [self.change(key, None)]).found[0])

    def count(self: DurableTable[int], key: Hashable) -> int:
        """Add one to the number at `key`, 0 when there is none, and return it."""
        if self._has_indexes:
            return change(self, key, lambda number: (number or 0) + 1)
        return self._medium.count(self.place, self.codec.key(key), self._mark, self._limit)

    def values(self) -> list[V]:
        """Return all values, the oldest first: for pages and commands, never for an answer or a finding."""
        return [value for _, value in self.items()]

    def items(self) -> list[tuple[Any, V]]:
        """Return all keys and values, the oldest first, for the same uses as `values`."""
        return self.decoded(self._medium.read([self.place])[0].entries)

    def newest(self, most: int) -> list[V]:
        """Return the newest values, the newest first, and no more than `most`."""
        return [self.codec.read(raw) for raw in self._medium.newest(self.place, most)]

    def find(self, index: str, value: Hashable, most: int | None = None) -> list[V]:
        """Return the values at `value` of an index of the table, the oldest first, and no more than `most`."""
        return [each for _, each in self.entries(index, value, most)]

    def entries(self, index: str, value: Hashable, most: int | None = None) -> list[tuple[Any, V]]:
        """Return the keys and values at `value` of an index of the table, as `find` does."""
        return self.decoded(self._medium.find(self.place, index, coding.at(value), most))

    def size(self) -> int:
        """Return how many values there are."""
        return self._medium.size(self.place)

    def derived(self, derive: Callable[[Iterable[V]], D]) -> D:
        """Return the result of `derive` for all values; it is computed again once a value has changed."""
        known = self._derived.get(derive)
        if known is None or known[0] != self._medium.generation(self.place):
            part = self._medium.read([self.place])[0]
            known = self._derived[derive] = part.generation, derive(self.codec.read(raw) for _, raw in part.entries)
        result: D = known[1]
        return result

    def clear(self) -> None:
        """Remove all values."""
        self._medium.replace({self.place: []})

    def change(self, key: Hashable, value: V | None) -> Change:
        """Return a change that sets or removes a value."""
        own = self.codec.key(key)
        if value is None:
            return Change(self.place, own, None)
        return Change(self.place, own, self.codec.value(value), self.codec.indexed(key, value), self._limit)

    def held(self, key: Hashable, value: V | None) -> Held:
        """Return the bytes at a key if they are this value, written by this version."""
        return Held(self.place, self.codec.key(key), None if value is None else self.codec.value(value))

    def decoded(self, entries: Sequence[tuple[bytes, bytes]]) -> list[tuple[Any, V]]:
        """Return the bytes of the medium as keys and values."""
        return [(self.codec.read_key(key), self.codec.read(raw)) for key, raw in entries]

    def value_of(self, raw: bytes | None) -> V | None:
        """Return the value of these bytes."""
        return None if raw is None else self.codec.read(raw)


def commit(
    medium: Medium,
    expected: Sequence[tuple[DurableTable[Any], Hashable, Any]],
    written: Sequence[tuple[DurableTable[Any], Hashable, Any]],
) -> bool:
    """Write entries in one step if each expected entry is there; return whether they were.

    Equal values can have several forms in bytes (0 and 0.0, the members of a mapping in another order), and the medium
    compares bytes. So bytes that differ are read, and the step is repeated with them if their value is equal after all.
    """
    held = [table.held(key, value) for table, key, value in expected]
    changes = [table.change(key, value) for table, key, value in written]
    while True:
        done, found = medium.commit(held, changes)
        if done:
            return True
        if any(table.value_of(raw) != value for (table, _, value), raw in zip(expected, found, strict=True)):
            return False
        held = [each._replace(raw=raw) for each, raw in zip(held, found, strict=True)]


def _table_of(place: str) -> str:
    return place.rpartition("/")[2]


def rewritten(
    place: str, entries: Sequence[tuple[bytes, bytes]], kinds: Mapping[str, Kind[Any]], format_: Format
) -> list[Change]:
    """Return a change that writes a place in this format, index entries included. Raises UnusableStateError."""
    table = _table_of(place)
    codec: Codec[Any] = Codec(table, kinds[table], format_)
    try:
        values = [(key, codec.read_key(key), codec.read(raw)) for key, raw in entries]
    except UnusableStateError as error:
        raise UnusableStateError(f"cannot be brought to format {format_.number}: {error}") from None
    return [Change(place, raw, codec.value(value), codec.indexed(key, value)) for raw, key, value in values]


class DurableBackend:
    """Tables in a medium that other processes can change."""

    is_shared: Final = True

    def __init__(
        self, medium: Medium, format_: Format, prefix: str = "", forget: Callable[[], object] = lambda: None
    ) -> None:
        self.is_near = medium.is_near
        self._medium = medium
        self._format = format_
        self._prefix = prefix
        self._forget = forget
        self._making = threading.Lock()
        self._tables: dict[str, DurableTable[Any]] = {}
        self._below: dict[str, DurableBackend] = {}

    def table(self, name: str, kind: Kind[V]) -> DurableTable[V]:
        """Return the table with a name, always the same one."""
        with self._making:
            if name not in self._tables:
                place = f"{self._prefix}{name}"
                self._tables[name] = DurableTable(self._medium, name, place, kind, self._format)
            return self._tables[name]

    def commit(self, expected: Iterable[Entry], written: Iterable[Entry]) -> bool:
        """Write entries in one step if each expected entry is there; return whether they were."""
        return commit(self._medium, self._own(expected), self._own(written))

    def snapshot(self, names: Iterable[str]) -> Content:
        """Return the content of these tables at one moment, for `restore`."""
        tables = [self._tables[name] for name in names]
        parts = self._medium.read([table.place for table in tables])
        return {table.name: table.decoded(part.entries) for table, part in zip(tables, parts, strict=True)}

    def restore(self, content: Content) -> None:
        """Restore the content of tables in one step; other tables stay as they are."""
        tables = [(self._tables[name], entries) for name, entries in content.items()]
        self._medium.replace({table.place: [table.change(*entry) for entry in entries] for table, entries in tables})

    def below(self, name: str) -> DurableBackend:
        """Return a separate backend in the same place, always the same one for a name."""
        with self._making:
            if name not in self._below:
                prefix = f"{self._prefix}{quote(name, safe='')}/"
                forget = partial(self._below.pop, name, None)
                self._below[name] = DurableBackend(self._medium, self._format, prefix, forget)
            return self._below[name]

    def sizes(self) -> dict[str, int]:
        """Return the number of values in each place. A place is a table, or one below it: `name/table`."""
        return dict(self._medium.sizes(self._prefix))

    def exported(self) -> dict[str, list[list[Any]]]:
        """Return the content at one moment: by place, keys and values as JSON of this format, the oldest first."""
        places = list(self._medium.sizes(self._prefix))
        codecs: list[Codec[Any]] = [Codec(_table_of(place), _ANYTHING, self._format) for place in places]
        return {
            place: [[codec.read_key(key), codec.read(raw)] for key, raw in part.entries]
            for place, codec, part in zip(places, codecs, self._medium.read(places), strict=True)
        }

    def imported(self, content: Mapping[str, Any], format_: int, kinds: Mapping[str, Kind[Any]]) -> int:
        """Replace the whole content with an export of this or an earlier format; return the number of entries.

        Raises UnusableStateError for anything else; then nothing has changed.
        """
        changes = {place: self._changes(place, entries, format_, kinds) for place, entries in content.items()}
        gone = dict.fromkeys(self._medium.sizes(self._prefix), ())
        self._medium.replace({**gone, **changes})
        return sum(map(len, changes.values()))

    def _changes(self, place: str, entries: Any, format_: int, kinds: Mapping[str, Kind[Any]]) -> list[Change]:
        table = _table_of(place)
        if table not in kinds or _PLACE.fullmatch(place) is None:
            raise UnusableStateError(f"there is no table {place!r}")
        if not isinstance(entries, list):
            raise UnusableStateError(f"table {place} is no list")
        codec: Codec[Any] = Codec(table, kinds[table], self._format)
        changes = []
        for number, entry in enumerate(entries):
            if not isinstance(entry, list) or len(entry) != len(("key", "value")):
                raise UnusableStateError(f"entry {number} of table {place} is no pair of a key and a value")
            own, content = entry
            try:
                key, value = codec.typed(own, content, format_)
            except UnusableStateError as error:
                raise UnusableStateError(f"entry {number}: {error}") from None
            indexed = codec.indexed(key, value)
            changes.append(Change(place, codec.key(key), codec.value(value), indexed, kinds[table].limit))
        return changes

    def drop(self) -> None:
        """Remove its content, and that of all backends below it."""
        self._medium.drop(self._prefix)
        self._forget()

    def probe(self) -> None:
        """Test whether it can be written. Raises UnreachableStateError."""
        self._medium.probe()

    def close(self) -> None:
        """Close its connections, also of the backends below it."""
        self._medium.close()

    def _own(self, entries: Iterable[Entry]) -> list[tuple[DurableTable[Any], Hashable, Any]]:
        return [(self._tables[table.name], key, value) for table, key, value in entries]
