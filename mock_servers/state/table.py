"""The interface of tables and backends. Each call is one atomic step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

V = TypeVar("V")
D = TypeVar("D")

LIMIT: Final = 10_000
"""The most entries that a table keeps. The oldest tenth is removed first, so that a server does not grow."""


FEW: Final = 50
"""The number of a table's values that a sentence or a finding looks at."""


class StateError(Exception):
    """The state cannot be read or written. The message says why, in one line."""


class UnreachableStateError(StateError):
    """The state cannot be reached at the moment: its disk is full, or its server is down. It may recover by itself."""


class NoAnswerError(UnreachableStateError):
    """Nobody answers where the state is: its server is down, still starting, or not yet known by name."""


class UnusableStateError(StateError):
    """The state cannot be used: it is broken, locked, of another program or newer. Nothing in it was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[V]):
    """What a table holds: the types of its values and keys.

    Above `limit` the oldest tenth is removed. `indexes` are, by name, pure functions of key and value that an entry can
    be found by.
    """

    value: Any
    key: Any = str
    limit: int | None = LIMIT
    indexes: Mapping[str, Callable[[Any, V], Iterable[Hashable]]] = field(default_factory=dict)


class Table(Protocol[V]):
    """Values by key, in the order in which they came. Values are frozen, shared, and compared by their content."""

    @property
    def name(self) -> str:
        """Its name in the backend."""

    def get(self, key: Hashable) -> V | None:
        """Return the value at `key`."""

    def add(self, key: Hashable, value: V) -> bool:
        """Set unless there; return whether it was set. Of many callers at once exactly one gets `True`."""

    def put(self, key: Hashable, value: V) -> None:
        """Set, even if there is a value; that value's place in the order stays."""

    def swap(self, key: Hashable, old: V, new: V) -> bool:
        """Set to `new` if the present value equals `old`; return whether it did. Of many callers one gets `True`."""

    def take(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it. Of many callers at once exactly one gets it."""

    def count(self: Table[int], key: Hashable) -> int:
        """Add one to the number at `key`, 0 when there is none, and return it."""

    def values(self) -> list[V]:
        """Return all values, the oldest first: for pages and commands, never for an answer or a finding."""

    def items(self) -> list[tuple[Any, V]]:
        """Return all keys and values, the oldest first, for the same uses as `values`."""

    def newest(self, most: int) -> list[V]:
        """Return the newest values, the newest first, and no more than `most`."""

    def find(self, index: str, value: Hashable, most: int | None = None) -> list[V]:
        """Return the values at `value` of an index of the table, the oldest first, and no more than `most`."""

    def entries(self, index: str, value: Hashable, most: int | None = None) -> list[tuple[Any, V]]:
        """Return the keys and values at `value` of an index of the table, as `find` does."""

    def size(self) -> int:
        """Return how many values there are."""

    def derived(self, derive: Callable[[Iterable[V]], D]) -> D:
        """Return the result of `derive` for all values; it is computed again once a value has changed."""

    def clear(self) -> None:
        """Remove all values."""


Entry: TypeAlias = tuple[Table[Any], Hashable, Any]
"""A table, a key, and its value; `None` for no value."""

Content: TypeAlias = Mapping[str, list[tuple[Any, Any]]]
"""The content of tables, by their names: keys and values, the oldest first."""


class Backend(Protocol):
    """A place for tables. `is_shared`: other processes can change them. `is_near`: steps stay on this machine."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes can change its content."""

    @property
    def is_near(self) -> bool:
        """Whether a step is so quick that the serving thread does it itself, instead of using another thread."""

    def table(self, name: str, kind: Kind[V]) -> Table[V]:
        """Return the table with a name, always the same one."""

    def commit(self, expected: Iterable[Entry], written: Iterable[Entry]) -> bool:
        """Write entries in one step if each expected entry is there; return whether they were."""

    def snapshot(self, names: Iterable[str]) -> Content:
        """Return the content of these tables at one moment, for `restore`."""

    def restore(self, content: Content) -> None:
        """Restore the content of tables in one step; other tables stay as they are."""

    def below(self, name: str) -> Backend:
        """Return a separate backend in the same place, always the same one for a name."""

    def sizes(self) -> Mapping[str, int]:
        """Return the number of values in each place that has any. A place is a table, or one below: `name/table`."""

    def drop(self) -> None:
        """Remove its content, and that of all backends below it."""

    def probe(self) -> None:
        """Test whether it can be written. Raises UnreachableStateError."""

    def close(self) -> None:
        """Close its connections."""


def first_few(table: Table[V]) -> tuple[list[V], int]:
    """Return a few values for developers, the oldest of them first, and the number of the others."""
    few = table.newest(FEW)[::-1]
    return few, table.size() - len(few)


def listed(table: Table[V], word: Callable[[V], str]) -> str:
    """Describe a table's content: the newest values, and the number of the others; nothing if it is empty."""
    few, more = first_few(table)
    return f"{', '.join(map(word, few))}{f' and {more} more' if more > 0 else ''}"


def amend(table: Table[V], key: Hashable, changed: Callable[[V], V]) -> V | None:
    """Replace the present value by the result of `changed`, and return that; `None`, and no change, without a value."""
    while (held := table.get(key)) is not None:
        value = changed(held)
        if value is held or table.swap(key, held, value):
            return value
    return None


def change(table: Table[V], key: Hashable, changed: Callable[[V | None], V]) -> V:
    """Replace the present value by the result of `changed`, and return that; retry if another change came first."""
    while True:
        held = table.get(key)
        value = changed(held)
        if table.add(key, value) if held is None else table.swap(key, held, value):
            return value
