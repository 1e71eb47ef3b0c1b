"""The client of these tests."""

import pytest

from mock_servers.mock import Mock
from tests.mock_servers.diagnosis.cures.bench import REDIRECT, Bench


@pytest.fixture
def bench(platform: Mock) -> Bench:
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    for host in platform.names.hosts:
        platform.names.origins.add(host.origin)
    return Bench(platform=platform)
