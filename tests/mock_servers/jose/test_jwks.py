import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mock_servers.jose import jwks
from mock_servers.jose.jwks import LARGEST, HttpFetcher, UnreachableError
from mock_servers.jose.keys import KeyPair, KeyRing

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"

Play = Callable[[socket.socket], None]


def answer(body: bytes, status: bytes = b"200 OK") -> Play:
    return lambda connection: connection.sendall(
        b"HTTP/1.1 %b\r\nContent-Length: %d\r\nLocation: http://127.0.0.1:1/\r\n\r\n%b" % (status, len(body), body)
    )


@contextmanager
def host(play: Play) -> Iterator[str]:
    """A host on loopback that reads a request and then does what `play` says."""
    done = threading.Event()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            try:
                play(self.request)
            except OSError:
                return
            done.wait(30)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False

    with Server(("127.0.0.1", 0), Connection) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
        finally:
            done.set()
            server.shutdown()
            thread.join()


def fetcher(**changes: object) -> HttpFetcher:
    return HttpFetcher(**{"own": lambda _: None, "timeout": 5.0, **changes})  # type: ignore[arg-type] # members of its own


def test_what_a_host_answers_is_returned() -> None:
    with host(answer(b'{"keys": []}')) as url:
        assert fetcher()(url) == b'{"keys": []}'


def test_a_redirect_is_not_followed_and_its_body_counts() -> None:
    with host(answer(b"moved", b"302 Found")) as url:
        assert fetcher()(url) == b"moved"


@pytest.mark.parametrize("status", [b"404 Not Found", b"401 Unauthorized", b"500 Oops", b"503 Busy"])
def test_an_error_status_is_a_failure_that_names_it(status: bytes) -> None:
    with host(answer(b'{"keys": []}', status)) as url, pytest.raises(UnreachableError, match=status[:3].decode()):
        fetcher()(url)


def test_a_host_that_hangs_is_given_up() -> None:
    with host(lambda _: None) as url, pytest.raises(UnreachableError, match="timed out"):
        fetcher(timeout=0.05)(url)


def test_a_host_that_sends_a_byte_now_and_then_is_given_up() -> None:
    ticks = count()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n "

    with host(lambda connection: connection.sendall(head)) as url, pytest.raises(UnreachableError, match="not done"):
        fetcher(monotonic=lambda: next(ticks) * 10.0)(url)


def test_a_host_that_sends_without_end_is_given_up() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(800):
            connection.sendall(b" " * (1 << 16))

    with host(flood) as url, pytest.raises(UnreachableError, match=str(LARGEST)):
        fetcher()(url)


def test_an_answer_that_breaks_off_is_a_failure() -> None:
    def break_off(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        connection.shutdown(socket.SHUT_RDWR)

    with host(break_off) as url, pytest.raises(UnreachableError, match="IncompleteRead"):
        fetcher()(url)


def test_nobody_listening_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        with pytest.raises(UnreachableError, match="NewConnectionError"):
            fetcher()(f"http://127.0.0.1:{taken.getsockname()[1]}/jwks.json")


@pytest.mark.parametrize(
    "url",
    [
        "https://google.com",
        "http://invalid_url",
        "ftp://127.0.0.1/x",
        "jwks.json",
        "",
        "http:///x",
        "http://?x/",
        "file:///x",
    ],
)
def test_a_url_of_another_form_is_not_called(url: str) -> None:
    with pytest.raises(UnreachableError, match="http"):
        fetcher()(url)


@pytest.mark.parametrize("url", ["http://example.com/x", "https://8.8.8.8/x", "http://internal.evil.com/x"])
def test_a_public_host_is_not_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    with pytest.raises(UnreachableError, match="allow_hosts"):
        fetcher()(url)


def test_a_listed_host_is_called() -> None:
    with host(answer(b"listed")) as url:
        by_name = url.replace("127.0.0.1", "localhost")

        assert fetcher(allow_hosts=("localhost",))(by_name) == b"listed"


def test_a_name_of_this_machine_is_called() -> None:
    with host(answer(b"local")) as url:
        assert fetcher()(url.replace("127.0.0.1", "localhost")) == b"local"


def test_a_private_name_that_resolves_to_a_public_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: outside)

    with pytest.raises(UnreachableError, match="allow_hosts"):
        fetcher()("http://keys.internal/x")


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with host(answer(b"direct")) as url:
        assert fetcher()(url) == b"direct"


def test_the_mocks_own_urls_are_answered_in_process() -> None:
    assert fetcher(own=lambda url: (200, url.encode()))("http://mock:8080/keys") == b"http://mock:8080/keys"


def test_an_error_of_the_mock_itself_is_a_failure() -> None:
    with pytest.raises(UnreachableError, match="503"):
        fetcher(own=lambda _: (503, b""))("http://mock:8080/keys")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "a web page, not JSON"),
        (b"-----BEGIN PUBLIC KEY-----", "a PEM key, not JSON"),
        (b"", "nothing, not JSON"),
        (b"keys", "text, not JSON"),
        (b"[]", "not an object"),
        (b"1", "not an object"),
        (b'{"kty": "RSA"}', "a single JWK"),
        (b'{"kids": []}', "without a list named keys"),
        (b'{"keys": {}}', "without a list named keys"),
        (b"[" * 100_000, "text, not JSON"),
        (b"\xff\xfe", "text, not JSON"),
    ],
)
def test_what_is_not_key_set_is_kept_as_that(body: bytes, problem: str) -> None:
    fetched = jwks.read(body, 5.0, "http://host/")

    assert fetched.keys is None
    assert problem in fetched.problem


def test_members_of_a_set_that_are_no_keys_are_passed_over() -> None:
    fetched = jwks.read(b'{"keys": [1, null, {"kid": "a"}]}', 5.0, "http://host/")

    assert fetched.kids == ["a"]


def test_of_two_keys_with_one_kid_the_first_counts() -> None:
    fetched = jwks.read(
        json.dumps({"keys": [{"kid": "a", "n": 1}, {"kid": "a", "n": 2}]}).encode(), 5.0, "http://host/"
    )

    assert fetched.find("a") == {"kid": "a", "n": 1}


def test_a_published_private_key_serves_as_its_public_half(ring: KeyRing) -> None:
    pair = ring.pair("cis2", bits=2048)
    published = pair.public_jwk(alg="RS512") | {"d": "AQAB", "p": "x"}

    assert jwks.public_key(published).public_numbers() == pair.private.public_key().public_numbers()


def test_a_short_key_is_of_no_use() -> None:
    weak = KeyPair(kid="weak", private=rsa.generate_private_key(65537, 1024))

    with pytest.raises(ValueError, match="1024 bits"):
        jwks.public_key(weak.public_jwk(alg="RS512"))


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "kty is 'EC'"),
        ({"kty": "RSA"}, "lacks n or e"),
        ({"kty": "RSA", "n": 5, "e": "AQAB"}, "lacks n or e"),
        ({"kty": "RSA", "n": "", "e": "AQAB"}, "not the base64url numbers"),
        ({"kty": "RSA", "n": "\u2013", "e": "AQAB"}, "not the base64url numbers"),
        ({}, "kty is None"),
    ],
)
def test_a_jwk_that_is_not_rsa_key_is_of_no_use(jwk: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        jwks.public_key(jwk)
