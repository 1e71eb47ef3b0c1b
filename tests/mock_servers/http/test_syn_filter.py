"""On Linux a server that stops lets nobody begin to connect, and still hears who has."""

import socket
import sys

import pytest

from mock_servers.http.syn_filter import refuse_clients

PATIENCE = 10.0


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_nobody_begins_to_connect_and_who_has_connected_is_heard() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address, timeout=PATIENCE) as early:
            refuse_clients(listening)

            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.2)

            early.sendall(b"still here")
            accepted, _ = listening.accept()
            with accepted:
                accepted.settimeout(PATIENCE)
                assert accepted.recv(100) == b"still here"
