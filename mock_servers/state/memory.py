"""Tables in the memory of one process: the default, without anything to install. They end with the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from itertools import count, islice
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from mock_servers.state.table import Content, Entry, Kind

V = TypeVar("V")
D = TypeVar("D")

ANYTHING: Final[Kind[Any]] = Kind(value=Any)


class _Index(Generic[V]):
    """The keys at each value of an index, in the order in which they came."""

    def __init__(self, of: Callable[[Any, V], Iterable[Hashable]]) -> None:
        self._of = of
        self._keys: dict[Hashable, dict[Hashable, int]] = {}
        self._places: dict[Hashable, int] = {}
        self._next = count()

    def add(self, key: Hashable, value: V) -> None:
        place = self._places.setdefault(key, next(self._next))
        for each in self._of(key, value):
            self._keys.setdefault(each, {})[key] = place

    def remove(self, key: Hashable, value: V, *, for_good: bool) -> None:
        for each in self._of(key, value):
            keys = self._keys.get(each, {})
            keys.pop(key, None)
            if not keys:
                self._keys.pop(each, None)
        if for_good:
            self._places.pop(key, None)

    def keys(self, value: Hashable) -> list[Hashable]:
        """Return the keys at a value, the oldest first."""
        found = self._keys.get(value, {})
        return sorted(found, key=found.__getitem__) if len(found) > 1 else list(found)


class MemoryTable(Generic[V]):
    """A table in memory. An index is built at its first use and kept up to date from then on."""

    def __init__(self, kind: Kind[V] = ANYTHING, *, name: str = "", lock: threading.Lock | None = None) -> None:
        self.name = name
        self.content: dict[Hashable, V] = {}
        self._kind = kind
        self._limit = kind.limit
        self._lock = lock or threading.Lock()
        self._derived: dict[Callable[[Iterable[V]], Any], Any] = {}
        self._indexes: dict[str, _Index[V]] = {}

    def get(self, key: Hashable) -> V | None:
        """Return the value at `key`."""
        return self.content.get(key)

    def add(self, key: Hashable, value: V) -> bool:
        """Set unless there; return whether it was set. Of many callers at once exactly one gets `True`."""
        with self._lock:
            if key in self.content:
                return False
            self.write(key, value)
            return True

    def put(self, key: Hashable, value: V) -> None:
        """Set, even if there is a value; that value's place in the order stays."""
        with self._lock:
            self.write(key, value)

    def swap(self, key: Hashable, old: V, new: V) -> bool:
        """Set to `new` if the present value equals `old`; return whether it did. Of many callers one gets `True`."""
        with self._lock:
            if not self.holds(key, old):
                return False
            self.write(key, new)
            return True

    def take(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it. Of many callers at once exactly one gets it."""
        with self._lock:
            return self.remove(key)

    def count(self: MemoryTable[int], key: Hashable) -> int:
        """Add one to the number at `key`, 0 when there is none, and return it."""
        with self._lock:
            number = self.content.get(key, 0) + 1
            self.write(key, number)
            return number

    def values(self) -> list[V]:
        """Return all values, the oldest first: for pages and commands, never for an answer or a finding."""
        with self._lock:
            return list(self.content.values())

    def items(self) -> list[tuple[Any, V]]:
        """Return all keys and values, the oldest first, for the same uses as `values`."""
        with self._lock:
            return list(self.content.items())

    def newest(self, most: int) -> list[V]:
        """Return the newest values, the newest first, and no more than `most`."""
        with self._lock:
            return list(islice(reversed(self.content.values()), most))

    def find(self, index: str, value: Hashable, most: int | None = None) -> list[V]:
        """Return the values at `value` of an index of the table, the oldest first, and no more than `most`."""
        return [each for _, each in self.entries(index, value, most)] if self.content else []

    def entries(self, index: str, value: Hashable, most: int | None = None) -> list[tuple[Any, V]]:
        """Return the keys and values at `value` of an index of the table, as `find` does."""
        with self._lock:
            return [(key, self.content[key]) for key in self._index(index).keys(value)[:most]]

    def size(self) -> int:
        """Return how many values there are."""
        return len(self.content)

    def derived(self, derive: Callable[[Iterable[V]], D]) -> D:
        """Return the result of `derive` for all values; it is computed again once a value has changed."""
        known = self._derived  # each change replaces it
        if derive not in known:
            with self._lock:
                values = list(self.content.values())
            known[derive] = derive(values)
        return known[derive]  # type: ignore[no-any-return] # what this function gave

    def clear(self) -> None:
        """Remove all values."""
        with self._lock:
            self.replace({})

    # under the lock

    def holds(self, key: Hashable, value: V | None) -> bool:
        """Whether the value at `key` equals this one; `None` means no value."""
        held = self.content.get(key)
        return held is value or (held is not None and held == value)

    def write(self, key: Hashable, value: V) -> None:
        """Set, and remove the oldest entries if there are too many."""
        if self._derived:
            self._derived = {}
        if self._indexes:
            self._reindex(key, value)
        self.content[key] = value
        if self._limit is not None and len(self.content) > self._limit:
            # A tenth at a time: the front of a dict from which much was removed is slow to find.
            for oldest in list(islice(self.content, max(self._limit // 10, 1))):
                self.remove(oldest)

    def remove(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it."""
        if self._derived:
            self._derived = {}
        value = self.content.pop(key, None)
        if self._indexes and value is not None:
            for index in self._indexes.values():
                index.remove(key, value, for_good=True)
        return value

    def replace(self, content: dict[Hashable, V]) -> None:
        """Replace the content."""
        self._derived = {}
        self._indexes = {}
        self.content = content

    def _index(self, name: str) -> _Index[V]:
        index = self._indexes.get(name)
        if index is None:
            index = _Index(self._kind.indexes[name])
            for key, value in self.content.items():
                index.add(key, value)
            self._indexes[name] = index
        return index

    def _reindex(self, key: Hashable, value: V) -> None:
        before = self.content.get(key)
        for index in self._indexes.values():
            if before is not None:
                index.remove(key, before, for_good=False)
            index.add(key, value)


class MemoryBackend:
    """Tables in memory that share one lock, so that a step can change several."""

    is_shared: Final = False
    is_near: Final = True

    def __init__(self, forget: Callable[[], object] = lambda: None) -> None:
        self._forget = forget
        self._lock = threading.Lock()
        self._tables: dict[str, MemoryTable[Any]] = {}
        self._below: dict[str, MemoryBackend] = {}

    def table(self, name: str, kind: Kind[V]) -> MemoryTable[V]:
        """Return the table with a name, always the same one."""
        with self._lock:
            return self._tables.setdefault(name, MemoryTable(kind, name=name, lock=self._lock))

    def commit(self, expected: Iterable[Entry], written: Iterable[Entry]) -> bool:
        """Write entries in one step if each expected entry is there; return whether they were."""
        with self._lock:
            if not all(self._tables[table.name].holds(key, value) for table, key, value in expected):
                return False
            for table, key, value in written:
                own = self._tables[table.name]
                own.remove(key) if value is None else own.write(key, value)
            return True

    def snapshot(self, names: Iterable[str]) -> Content:
        """Return the content of these tables at one moment, for `restore`."""
        with self._lock:
            return {name: list(self._tables[name].content.items()) for name in names}

    def restore(self, content: Content) -> None:
        """Restore the content of tables in one step; other tables stay as they are."""
        with self._lock:
            for name, entries in content.items():
                self._tables[name].replace(dict(entries))

    def below(self, name: str) -> MemoryBackend:
        """Return a separate backend in the same place, always the same one for a name."""
        with self._lock:
            if name not in self._below:
                self._below[name] = MemoryBackend(lambda: self._below.pop(name, None))
            return self._below[name]

    def sizes(self) -> dict[str, int]:
        """Return the number of values in each place that has any. A place is a table, or one below: `name/table`."""
        with self._lock:
            own = {name: table.size() for name, table in self._tables.items() if table.size()}
            below = {quote(name, safe=""): each for name, each in self._below.items()}
        return own | {f"{name}/{place}": size for name, each in below.items() for place, size in each.sizes().items()}

    def drop(self) -> None:
        """Remove its content, and that of all backends below it."""
        with self._lock:
            for table in self._tables.values():
                table.replace({})
            below, self._below = self._below, {}
        for each in below.values():
            each.drop()
        self._forget()

    def probe(self) -> None:
        """Do nothing: memory can always be written."""

    def close(self) -> None:
        """Do nothing: memory ends with its process."""
