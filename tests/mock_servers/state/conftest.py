"""All backends: each has the same tables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_servers.state.memory import MemoryBackend
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.table import Backend, Kind, Table
from mock_servers.state.valkey import open_valkey
from tests.mock_servers.state import valkeys
from tests.mock_servers.state.valkeys import Valkey

LIMIT = 20
NUMBERS: Kind[int] = Kind(
    value=int, limit=LIMIT, indexes={"parity": lambda _, number: ["odd" if number % 2 else "even"]}
)


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    """A Valkey for all tests of a process, each with a prefix of its own."""
    if valkeys.PROGRAM is None:
        pytest.skip("neither valkey-server nor redis-server is on this machine")
    with valkeys.started() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "valkey"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    opened = opened_as(request.param, request, tmp_path)
    yield opened
    opened.close()


def opened_as(name: str, request: pytest.FixtureRequest, folder: Path) -> Backend:
    if name == "memory":
        return MemoryBackend()
    if name == "sqlite":
        return open_sqlite(folder / "state.db", {})
    url = request.getfixturevalue("shared_valkey").url
    return open_valkey(url, folder.name, {}, shown=url)


@pytest.fixture
def table(backend: Backend) -> Table[int]:
    return backend.table("numbers", NUMBERS)


@pytest.fixture
def table_of(backend: Backend) -> Callable[..., Table[Any]]:
    """Make a table that holds what a kind says."""
    return lambda **kind: backend.table("others", Kind(**kind))
