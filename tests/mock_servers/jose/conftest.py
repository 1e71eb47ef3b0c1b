"""Two keys a run, and rings that take theirs from those."""

from pathlib import Path

import pytest

from mock_servers.jose import keys
from tests.mock_servers.jose.written import Key, MakeRing


@pytest.fixture(scope="session")
def key() -> Key:
    return keys.generate(2048)


@pytest.fixture(scope="session")
def other_key() -> Key:
    return keys.generate(2048)


@pytest.fixture
def make_ring(key: Key) -> MakeRing:
    """A ring that takes its keys from those given, and the sizes that it asked for."""

    def make(folder: Path | None = None, made: Key = key) -> tuple[keys.KeyRing, list[int]]:
        asked: list[int] = []

        def generate(bits: int) -> Key:
            asked.append(bits)
            return made

        return keys.KeyRing(folder, generate=generate), asked

    return make


@pytest.fixture
def cached(tmp_path: Path, key: Key) -> Path:
    """The file in which a ring on tmp_path keeps `key` as app."""
    keys.KeyRing(tmp_path, generate=lambda _: key).pair("app", bits=2048)
    return tmp_path / "keys" / "app-2048.pem"
