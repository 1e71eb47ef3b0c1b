"""The backends there are: whatever holds of a table holds in each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mock_servers.state.memory import MemoryBackend
from mock_servers.state.table import Backend, Kind, Table

LIMIT = 20
NUMBERS: Kind[int] = Kind(
    value=int, limit=LIMIT, indexes={"parity": lambda _, number: ["odd" if number % 2 else "even"]}
)


@pytest.fixture(params=["memory"])
def backend() -> Iterator[Backend]:
    opened = MemoryBackend()
    yield opened
    opened.close()


@pytest.fixture
def table(backend: Backend) -> Table[int]:
    return backend.table("numbers", NUMBERS)


@pytest.fixture
def table_of(backend: Backend) -> Callable[..., Table[Any]]:
    """Make a table that holds what a kind says."""
    return lambda **kind: backend.table("others", Kind(**kind))
