"""Where the mock may call: every address of a name is judged, and a judged one is the one that is called."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mock_servers.gateway.reply import UnreachableUpstreamError
from mock_servers.gateway.upstream import Upstream
from mock_servers.jose.destination import ForbiddenHostError, addresses
from mock_servers.jose.jwks import HttpFetcher, UnreachableError
from mock_servers.real_hosts.certificate import make_authority, real_time
from mock_servers.state.configuration import Api
from mock_servers.wire.request import Request

Resolve = Callable[..., None]

NEAR = ["127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "::1", "fd12::1"]
NOBODY, CLOUD, LINK_LOCAL = "no address of anybody", "where a cloud keeps its metadata", "link-local"
OF_ANOTHER = "a private address of another network"
LINK_LOCAL_4 = "link-local, where clouds keep their metadata"
NEVER = {
    **dict.fromkeys(("0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"), NOBODY),  # noqa: S104 - nothing is bound
    **dict.fromkeys(("169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254"), LINK_LOCAL_4),
    **dict.fromkeys(("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe"), LINK_LOCAL_4),
    **dict.fromkeys(("224.0.0.1", "239.255.255.255", "ff02::1", "::ffff:224.0.0.1"), "multicast"),
    **dict.fromkeys(("240.0.0.1", "255.255.255.255"), "reserved"),
    **dict.fromkeys(("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"), CLOUD),
    **dict.fromkeys(("64:ff9b::7f00:1", "2002:7f00:1::1", "::7f00:1"), OF_ANOTHER),
    "fe80::1": LINK_LOCAL,
    "fec0::1": "site-local, which is no longer used",
    "64:ff9b:1::1": "translated to another network",
}
FOREIGN = ["8.8.8.8", "172.32.0.1", "100.64.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let every name lead to these addresses; look-ups after the first find the last list."""

    def set_answers(*answers: list[str]) -> None:
        left = list(answers)
        real = socket.getaddrinfo

        def look_up(host: str, port: object, *rest: object, **more: object) -> object:
            with contextlib.suppress(OSError, ValueError):
                socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
                return real(host, port, *rest, **more)  # type: ignore[arg-type] # as it was called
            found = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return set_answers


@pytest.mark.parametrize("address", [*NEAR, "::ffff:127.0.0.1", "::ffff:10.0.0.1"])
def test_loopback_and_private_addresses_may_be_called(resolve: Resolve, address: str) -> None:
    resolve([address])

    assert addresses(address) == [address]
    assert addresses("keys.internal") == [address]


@pytest.mark.parametrize(("address", "words"), NEVER.items())
@pytest.mark.parametrize("listed", [(), ("keys.internal", *NEVER)])
def test_what_nobody_serves_from_is_never_called_though_it_is_listed(
    resolve: Resolve, address: str, words: str, listed: tuple[str, ...]
) -> None:
    resolve(["127.0.0.1", address])

    for host, where in {address: address, "keys.internal": f"keys.internal resolves to {address}, which"}.items():
        with pytest.raises(ForbiddenHostError) as reported:
            addresses(host, listed)
        assert str(reported.value) == f"{where} is {words}: this mock never calls it"


@pytest.mark.parametrize("address", FOREIGN)
def test_what_is_elsewhere_is_called_when_it_is_listed(resolve: Resolve, address: str) -> None:
    resolve(["10.0.0.1", address])

    for host in (address, "keys.internal"):
        with pytest.raises(ForbiddenHostError, match="allow_hosts"):
            addresses(host)
    assert addresses("keys.internal", ["keys.internal"]) == ["10.0.0.1", address]


def test_a_scope_of_an_interface_makes_no_link_local_address_another(resolve: Resolve) -> None:
    resolve(["fe80::1%eth0"])

    with pytest.raises(ForbiddenHostError, match="link-local"):
        addresses("keys.internal")


def _request_of(client: socket.socket) -> bytes:
    """Read a whole request: what is left unread would break off the answer."""
    request = b""
    while not request.endswith(b"logout_token=x" if request.startswith(b"POST") else b"\r\n\r\n"):
        piece = client.recv(1 << 16)
        assert piece, "the request broke off"
        request += piece
    return request


@contextlib.contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A host on loopback that answers one request; yields its port, and what it was asked."""
    asked: list[bytes] = []

    def answer(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, context.wrap_socket(connection, server_side=True) if context else connection as client:
                asked.append(_request_of(client))
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        yield listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def fetch(url: str, **changes: object) -> bytes:
    return HttpFetcher(own=lambda _: None, **changes)(url)  # type: ignore[arg-type] # members of its own


def forward(upstream: str, **changes: object) -> bytes:
    request = Request(method="GET", base="http://mock", target="/mine/x", path="/mine/x")
    reply = Upstream(**changes).send(Api(path="/mine", upstream=upstream), request)  # type: ignore[arg-type] # members of its own
    return b"".join(reply.pieces)


def post(url: str, **changes: object) -> bytes:
    return HttpFetcher(own=lambda _: None, **changes).post(url, {"logout_token": "x"})[1]  # type: ignore[arg-type] # members of its own


CALLS = pytest.mark.parametrize("call", [fetch, forward, post])


@CALLS
def test_the_address_that_was_judged_is_the_one_that_is_called(resolve: Resolve, call: Callable[..., bytes]) -> None:
    resolve(["127.0.0.1"], ["169.254.169.254"])

    with answering() as (port, asked):
        assert call(f"http://keys.internal:{port}/x") == b"{}"
    assert f"Host: keys.internal:{port}".encode() in asked[0]


@CALLS
def test_the_next_address_of_a_name_is_tried(resolve: Resolve, call: Callable[..., bytes]) -> None:
    resolve(["127.0.0.9", "127.0.0.1"])

    with answering() as (port, _):
        assert call(f"http://keys.internal:{port}/x") == b"{}"


@CALLS
@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:a9fe:a9fe]", "[fe80::1]"])
def test_the_three_that_call_are_reported_why_not(call: Callable[..., bytes], host: str) -> None:
    with pytest.raises((UnreachableError, UnreachableUpstreamError), match="never calls it"):
        call(f"http://{host}/x")


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """TLS for `keys.internal` alone, by an authority that this process trusts."""
    authority = make_authority(["keys.internal", "other.internal"], real_time())
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "leaf.pem").write_bytes(authority.leaf(["keys.internal"], real_time()))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")
    return context


@CALLS
def test_the_certificate_is_that_of_the_name(
    resolve: Resolve, call: Callable[..., bytes], trusting: ssl.SSLContext
) -> None:
    resolve(["127.0.0.1"])

    with answering(trusting) as (port, _):
        assert call(f"https://keys.internal:{port}/x") == b"{}"
    failures = (UnreachableError, UnreachableUpstreamError)
    with answering(trusting) as (port, asked), pytest.raises(failures, match=r"other\.internal"):
        call(f"https://other.internal:{port}/x")
    assert asked == []
