"""What the tests of our own code share: one cache of keys a run, for every worker."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mock_servers.http.wsgi_call import Call
from mock_servers.jose.keys import KeyRing


@pytest.fixture(scope="session")
def key_cache(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The cache folder of this run; xdist's workers share it, so that each key is made once."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if hasattr(request.config, "workerinput") else own) / "nhsauth-cache"


@pytest.fixture(scope="session", autouse=True)
def _cached_keys(key_cache: Path) -> Iterator[None]:
    """Processes that tests start use the same cache, and keep what they compiled: else each compiles it all anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NHSAUTH_CACHE_DIR", str(key_cache))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session")
def ring(key_cache: Path) -> KeyRing:
    """The keys of this run, each made when first used."""
    return KeyRing(key_cache)


_CHANGED: Final = threading.Condition()
_UNFINISHED: Final[set[Call]] = set()
_PATIENCE: Final = 2.0
"""Seconds for a call that a test has left behind; some, such as one that waits for events, end when their mock does."""


@pytest.fixture(scope="session", autouse=True)
def _calls_kept() -> Iterator[None]:
    """Know which calls the servers of this process have yet to tidy up after."""
    begin, close = Call.__init__, Call.close

    def begun(call: Call, *given: Any) -> None:
        begin(call, *given)
        with _CHANGED:
            _UNFINISHED.add(call)

    def closed(call: Call) -> None:
        close(call)
        with _CHANGED:
            _UNFINISHED.discard(call)
            _CHANGED.notify_all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Call, "__init__", begun)
        patch.setattr(Call, "close", closed)
        yield


@pytest.fixture(autouse=True)
def _nothing_from_before() -> None:
    """Begin once mocks that tests share have logged what they answered in the test before: the answer leaves first.

    What a test counts, catches or replaces for the whole process would else meet it.
    """
    with _CHANGED:
        _CHANGED.wait_for(lambda: not _UNFINISHED, _PATIENCE)
