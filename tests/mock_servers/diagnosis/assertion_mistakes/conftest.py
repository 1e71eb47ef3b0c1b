"""The keys of strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_servers.jose.keys import KeyRing


@pytest.fixture(scope="session")
def strangers(key_cache: Path) -> KeyRing:
    """Keys that no platform holds, made once a run."""
    return KeyRing(key_cache)
