"""What the tests of our own code share: one cache of keys a run, for every worker."""

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
