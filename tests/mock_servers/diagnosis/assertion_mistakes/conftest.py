"""The keys of strangers, and the world of one platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from tests.mock_servers.diagnosis.assertion_mistakes.world import World


@pytest.fixture(scope="session")
def strangers(key_cache: Path) -> KeyRing:
    """Keys that no platform holds, made once a run."""
    return KeyRing(key_cache)


@pytest.fixture
def world(platform: Mock, http: Client, strangers: KeyRing) -> World:
    return World(platform=platform, http=http, strangers=strangers)
