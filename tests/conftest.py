"""What the tests of our own code share: one cache of keys a run, for every worker."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(autouse=True)
def _nothing_logged_late(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let `caplog` pass over what a mock that tests share has answered in the one before: it is logged afterwards."""
    if "caplog" not in request.fixturenames:
        yield
        return
    earlier = {*threading.enumerate()} - {threading.current_thread()}

    def is_own(record: logging.LogRecord) -> bool:
        return record.name != "mock_servers.exchanges" or threading.current_thread() not in earlier

    handler = request.getfixturevalue("caplog").handler
    handler.addFilter(is_own)
    yield
    handler.removeFilter(is_own)
