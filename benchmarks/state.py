"""What a step of a table takes in each store, beside a bare one of that store; and whether full tables slow it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple

from benchmarks.bench import Bench
from benchmarks.figure import Figure, not_here, times
from benchmarks.measuring import timed
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.table import Backend, Kind, Table
from mock_servers.state.valkey import open_valkey
from tests.mock_servers.state import valkeys

_VALUE: Final = "v" * 300
_KIND: Final[Kind[str]] = Kind(value=str, limit=None, indexes={"tenth": lambda key, _: [int(key) // 10]})
_PLAIN: Final[Kind[str]] = Kind(value=str, limit=None)
_FEW: Final = 10
_MANY: Final = 10_000
_GOAL: Final = 1.5

_Step = Callable[[str], object]


class _Store(NamedTuple):
    """A store by its name, and its own bare steps by the names of ours."""

    name: str
    backend: Backend
    bare: Mapping[str, _Step]


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    found: list[Figure] = []
    for opened in (_memory, _sqlite, _valkey):
        with opened(bench) as store:
            if store is None:
                found.append(not_here("a step in Valkey", "", needs="valkey-server or redis-server"))
                continue
            found += [*_steps(bench, store), *_full(bench, store)]
    return found


def _of_new_keys(step: _Step) -> Callable[[], object]:
    """Return a call of the step with a key that it has not had."""
    keys = count()
    return lambda: step(str(next(keys)))


def _steps(bench: Bench, store: _Store) -> Iterator[Figure]:
    table: Table[Any] = store.backend.table("steps", _PLAIN)
    ours: dict[str, _Step] = {
        "add": lambda key: table.add(key, _VALUE),
        "get": table.get,
        "swap": lambda key: table.swap(key, _VALUE, _VALUE),
        "take": table.take,
    }
    for name, step in ours.items():
        turns = bench.in_turn(
            bench.effort.calls,
            timed(_of_new_keys(step)),
            timed(_of_new_keys(store.bare[name])),
        )
        yield Figure(
            name=f"{name} in {store.name}",
            measured=_span(turns.median(0)),
            beside=f"{_span(turns.median(1))} a bare one",
            ratio=times(turns.ratio()),
        )


def _full(bench: Bench, store: _Store) -> Iterator[Figure]:
    tables = [store.backend.table(f"filled {size}", _KIND) for size in (_MANY, _FEW)]
    for table, size in zip(tables, (_MANY, _FEW), strict=True):
        store.backend.restore({table.name: [(str(number), _VALUE) for number in range(size)]})
    many, few = tables
    steps: dict[str, Callable[[Table[str]], object]] = {
        "get": lambda table: table.get("5"),
        "find ten by an index": lambda table: table.find("tenth", 0),
        "the newest ten": lambda table: table.newest(10),
    }
    for name, step in steps.items():
        turns = bench.in_turn(
            bench.effort.calls,
            timed(partial(step, many)),
            timed(partial(step, few)),
        )
        yield Figure(
            name=f"{name} in {store.name}, of {_MANY:,} entries",
            measured=_span(turns.median(0)),
            beside=f"{_span(turns.median(1))} of {_FEW}",
            ratio=times(turns.ratio()),
            goal=f"≤ {_GOAL}",
            met=turns.ratio() <= _GOAL,
        )


def _span(seconds: float) -> str:
    return f"{seconds * 1_000_000:.3g} µs"


@contextmanager
def _memory(_: Bench) -> Iterator[_Store]:
    values: dict[str, str] = {}
    lock = threading.Lock()

    def add(key: str) -> None:
        with lock:
            values.setdefault(key, _VALUE)

    def swap(key: str) -> None:
        with lock:
            if values.get(key) == _VALUE:
                values[key] = _VALUE

    def take(key: str) -> None:
        with lock:
            values.pop(key, None)

    yield _Store("memory", MemoryBackend(), {"add": add, "get": values.get, "swap": swap, "take": take})


@contextmanager
def _sqlite(bench: Bench) -> Iterator[_Store]:
    bare = sqlite3.connect(bench.folder / "bare.db", isolation_level=None)
    with closing(open_sqlite(bench.folder / "state.db", {})) as backend, closing(bare):
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = NORMAL")
        bare.execute("CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT)")
        steps: dict[str, _Step] = {
            "add": lambda key: bare.execute("INSERT OR IGNORE INTO entries VALUES (?, ?)", (key, _VALUE)),
            "get": lambda key: bare.execute("SELECT value FROM entries WHERE key = ?", (key,)).fetchone(),
            "swap": lambda key: bare.execute("UPDATE entries SET value = ? WHERE key = ?", (_VALUE, key)),
            "take": lambda key: bare.execute("DELETE FROM entries WHERE key = ?", (key,)),
        }
        yield _Store("SQLite", backend, steps)


@contextmanager
def _valkey(_: Bench) -> Iterator[_Store | None]:
    if valkeys.PROGRAM is None:
        yield None
        return
    with (
        valkeys.started() as server,
        server.client() as bare,
        closing(open_valkey(server.url, "nhsauth", {}, shown=server.url)) as backend,
    ):
        steps: dict[str, _Step] = {
            "add": lambda key: bare.set(key, _VALUE, nx=True),
            "get": bare.get,
            "swap": lambda key: bare.set(key, _VALUE, xx=True),
            "take": bare.getdel,
        }
        yield _Store("Valkey", backend, steps)
