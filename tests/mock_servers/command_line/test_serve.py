"""What a server that people start does beyond the mock of a test."""

import requests

from mock_servers.command_line import serve
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.compact import CompactMapping
from mock_servers.mock import Mock


def test_what_it_has_reported_takes_little_memory(ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    (server,) = serve.begin(platform, "127.0.0.1", [0])
    try:
        requests.post(f"{server.url}/oauth2/token", {"grant_type": "x"}, timeout=30)
    finally:
        server.stop()

    assert isinstance(platform.exchanges.last.request, CompactMapping)
