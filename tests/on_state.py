"""A pytest plugin, `-p tests.on_state --on-state sqlite`: every mock of the run has a state that lasts.

So that all tests of a mock in memory run with the others, too.
"""

import gc
import itertools
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

from mock_servers.mock import Mock
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.store import KINDS
from mock_servers.state.table import Backend
from mock_servers.state.valkey import open_valkey
from tests.mock_servers.state import valkeys

Open = Callable[[str], Backend]
_COLLECTED: Final = 20
"""Mocks after which those that nobody has any more let go of what they held open."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--on-state", choices=["sqlite", "valkey"], help="where every mock of this run remembers")


@pytest.fixture(scope="session", autouse=True)
def _on_state(request: pytest.FixtureRequest) -> Iterator[None]:
    name = request.config.getoption("--on-state")
    with ExitStack() as stack:
        if name is not None:
            stack.enter_context(_everywhere(stack.enter_context(_opener(name))))
        yield


@contextmanager
def _opener(name: str) -> Iterator[Open]:
    """Give what opens a fresh state."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield lambda number: open_sqlite(Path(folder) / f"{number}.db", KINDS)
        return
    if valkeys.PROGRAM is None:
        pytest.skip("neither valkey-server nor redis-server is on this machine")
    with valkeys.started() as server:
        yield lambda number: open_valkey(server.url, number, KINDS, shown=server.url)


@contextmanager
def _everywhere(opened: Open) -> Iterator[None]:
    """Let each mock have a state of its own, unless it is given one or is a world of another."""
    numbers, begin = itertools.count(1), Mock.__init__

    @wraps(begin)
    def begun(mock: Mock, *given: Any, **named: Any) -> None:
        if named.get("backend") is None and named.get("world") is None:
            number = next(numbers)
            if not number % _COLLECTED:
                gc.collect()
            named["backend"] = opened(str(number))
            weakref.finalize(mock, named["backend"].close)
        begin(mock, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mock, "__init__", begun)
        yield
