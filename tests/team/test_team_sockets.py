"""A team's tests that must never reach a real host: pytest-socket lets them through to the mock alone."""

import socket

import pytest

from pytest_nhsauth import Client

pytest_socket = pytest.importorskip("pytest_socket", reason="the group test brings pytest-socket")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_mock_is_reached(nhsauth_client: Client) -> None:
    assert nhsauth_client.client_credentials().token_type == "Bearer"


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.usefixtures("nhsauth")
@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_another_host_is_not() -> None:
    with pytest.raises(pytest_socket.SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
