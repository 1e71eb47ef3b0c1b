"""The target of the contract tests, one a worker; options are the plugin's, as a conftest in a package comes late."""

from collections.abc import Iterator

import pytest

from contract_tests.jwks_host import jwks_host
from contract_tests.target import MockTarget, Target
from mock_servers.platform import Platform


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """The mock, started on a free port, with a host for key sets beside it."""
    with Platform().serving() as server, jwks_host() as hosted, MockTarget(server.url, hosted) as mock:
        yield mock
