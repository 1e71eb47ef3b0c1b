"""A target of https is reached through the proxy of the environment, as networks of the NHS want it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from contract_tests.wire import HttpRequest, Wire

PING = HttpRequest(method="GET", path="/oauth2/_ping", headers={})


class Proxy:
    """Refuses every request, and remembers the first line."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.heads: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def asked(self) -> list[str]:
        return [head.partition("\r\n")[0] for head in self.heads]

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self.heads.append(connection.recv(4096).decode())
                    connection.sendall(b"HTTP/1.1 403 Not by me\r\n\r\n")

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy of the environment."""
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    started = Proxy()
    monkeypatch.setenv("https_proxy", f"http://somebody:secret@{started.address}")
    yield started
    started.close()


@pytest.mark.parametrize(
    ("origin", "asked"),
    [
        ("https://int.api.service.nhs.uk", "CONNECT int.api.service.nhs.uk:443 HTTP/1."),
        ("https://fake.example:8443", "CONNECT fake.example:8443 HTTP/1."),
    ],
)
def test_a_tunnel_reaches_a_target_of_https(proxy: Proxy, origin: str, asked: str) -> None:
    with pytest.raises(OSError, match="403 Not by me"):
        Wire(origin, timeout=5).send(PING)

    assert [line[: len(asked)] for line in proxy.asked] == [asked]


def test_the_proxy_is_reported_who_asks(proxy: Proxy) -> None:
    with pytest.raises(OSError, match="403 Not by me"):
        Wire("https://int.api.service.nhs.uk", timeout=5).send(PING)

    assert "Proxy-Authorization: Basic c29tZWJvZHk6c2VjcmV0\r\n" in proxy.heads[0]


def test_an_exempt_host_is_reached_directly(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    with socket.create_server(("127.0.0.1", 0)) as nobody, pytest.raises(OSError, match="timed out"):
        Wire(f"https://127.0.0.1:{nobody.getsockname()[1]}", timeout=0.2).send(PING)

    assert proxy.asked == []


def test_plain_http_needs_no_proxy(proxy: Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody, pytest.raises(OSError, match="timed out"):
        Wire(f"http://127.0.0.1:{nobody.getsockname()[1]}", timeout=0.2).send(PING)

    assert proxy.asked == []
