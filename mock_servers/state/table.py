"""What a table and a backend offer, wherever they lie: each call is one atomic step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

V = TypeVar("V")
D = TypeVar("D")

LIMIT: Final = 10_000
"""Entries a table keeps at most; the oldest tenth goes first, so that a server that runs for weeks does not grow."""


FEW: Final = 50
"""How many values of a table a sentence, or a finding, looks at."""


class StateError(Exception):
    """The state cannot be read or written; the message says why, in one line."""


class UnreachableStateError(StateError):
    """The state is out of reach at the moment: its disk is full, its server is down. It may come back by itself."""


class UnusableStateError(StateError):
    """The state cannot be used as it is: it is broken, locked, foreign or newer. Nothing in it was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[V]):
    """What a table holds: the typing forms of its values and keys.

    Beyond `limit` the oldest tenth goes first. `indexes` give, by name, what an entry can be found by: pure functions
    of key and value.
    """

    value: Any
    key: Any = str
    limit: int | None = LIMIT
    indexes: Mapping[str, Callable[[Any, V], Iterable[Hashable]]] = field(default_factory=dict)


class Table(Protocol[V]):
    """Values by key, in the order in which they came; values are frozen and shared, and compared by what they hold."""

    @property
    def name(self) -> str:
        """What its backend calls it."""

    def get(self, key: Hashable) -> V | None:
        """Return the value at `key`."""

    def add(self, key: Hashable, value: V) -> bool:
        """Set unless there; whether it was set. Of many at once exactly one is told yes."""

    def put(self, key: Hashable, value: V) -> None:
        """Set, whatever was there; what was there keeps its place in the order."""

    def swap(self, key: Hashable, old: V, new: V) -> bool:
        """Set to `new` when what is there equals `old`; whether it did. Of many at once exactly one is told yes."""

    def take(self, key: Hashable) -> V | None:
        """Remove the value at `key` and return it. Of many at once exactly one gets it."""

    def count(self: Table[int], key: Hashable) -> int:
        """Add one to the number at `key`, 0 when there is none, and return it."""

    def values(self) -> list[V]:
        """Return all values, the oldest first: for pages and commands, never for an answer or a finding."""

    def items(self) -> list[tuple[Any, V]]:
        """Return all keys and values, the oldest first; for whom `values` is."""

    def newest(self, most: int) -> list[V]:
        """Return at most so many values, the newest first."""

    def find(self, index: str, value: Hashable, most: int | None = None) -> list[V]:
        """Return the values that an index of the table's kind has at `value`, the oldest first; `most` of them."""

    def entries(self, index: str, value: Hashable, most: int | None = None) -> list[tuple[Any, V]]:
        """Return the keys and values that an index of the table's kind has at `value`, as `find` does."""

    def size(self) -> int:
        """Return how many values there are."""

    def derived(self, derive: Callable[[Iterable[V]], D]) -> D:
        """Return what `derive` makes of all values; it is asked again once one of them has changed."""

    def clear(self) -> None:
        """Remove all values."""


Entry: TypeAlias = tuple[Table[Any], Hashable, Any]
"""A table, a key, and the value there; `None` where nothing is."""

Content: TypeAlias = Mapping[str, list[tuple[Any, Any]]]
"""What was in tables, by their names: keys and values, the oldest first."""


class Backend(Protocol):
    """Where tables lie. `is_shared`: other processes may change them. `is_near`: a step waits for no other machine."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may change what is in it."""

    @property
    def is_near(self) -> bool:
        """Whether a step is so quick that who answers many clients takes it himself, rather than let others wait."""

    def table(self, name: str, kind: Kind[V]) -> Table[V]:
        """Return the table of a name; of one name it is always the same."""

    def commit(self, expected: Iterable[Entry], written: Iterable[Entry]) -> bool:
        """Write entries in one step when what is there equals each expected one; whether it did."""

    def snapshot(self, names: Iterable[str]) -> Content:
        """Return what is in these tables at one moment, for `restore`."""

    def restore(self, content: Content) -> None:
        """Put tables back to an earlier content, in one step; other tables stay as they are."""

    def below(self, name: str) -> Backend:
        """Return a backend of its own in the same place; of one name it is always the same."""

    def drop(self) -> None:
        """Forget all that is in it, and below it."""

    def probe(self) -> None:
        """Find out whether it can be written. Raises UnreachableStateError."""

    def close(self) -> None:
        """Let go of what it holds open."""


def first_few(table: Table[V]) -> tuple[list[V], int]:
    """Return few values for a developer's eyes, the oldest of them first, and how many more there are."""
    few = table.newest(FEW)[::-1]
    return few, table.size() - len(few)


def listed(table: Table[V], word: Callable[[V], str]) -> str:
    """Say what is in a table: of many things the newest, and how many more there are; nothing when it is empty."""
    few, more = first_few(table)
    return f"{', '.join(map(word, few))}{f' and {more} more' if more > 0 else ''}"


def amend(table: Table[V], key: Hashable, changed: Callable[[V], V]) -> V | None:
    """Set what is there to what `changed` makes of it, and return that; `None`, and nothing set, where nothing is."""
    while (held := table.get(key)) is not None:
        value = changed(held)
        if value is held or table.swap(key, held, value):
            return value
    return None


def change(table: Table[V], key: Hashable, changed: Callable[[V | None], V]) -> V:
    """Set to what `changed` makes of the present value, and return that; it is asked again when another was faster."""
    while True:
        held = table.get(key)
        value = changed(held)
        if table.add(key, value) if held is None else table.swap(key, held, value):
            return value
