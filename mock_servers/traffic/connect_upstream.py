"""Reaches a host outside: straight or through the environment's own proxy, by TLS where that is to end here.

It blocks, and says in one line why a host was not reached.
"""

from __future__ import annotations

import base64
import http.client
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from mock_servers.http.socket_channel import Tls
from mock_servers.http.tunnel import Outside

_LOG: Final = logging.getLogger(__name__)
PATIENCE: Final = 10.0
"""Seconds to reach a host, the handshake of TLS included."""
_PIECE: Final = 16 * 1024
_LARGEST: Final = 64 * 1024
_HTTPS: Final = 443
_HTTP: Final = 80


class UnreachableHostError(OSError):
    """A host was not reached; the message is a sentence of one line that names it and says why."""


class UntrustedCertificateError(UnreachableHostError):
    """A host showed a certificate that does not hold."""


class UnusableProxyError(ValueError):
    """What the environment names as its proxy cannot be used; the message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a host is reached, and for which name its certificate must be good."""

    host: str
    port: int = _HTTPS
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProxy:
    """The environment's own proxy: its URL, empty where there is none, and the hosts that go past it."""

    url: str = ""
    bypass: str = ""

    def for_host(self, host: str, port: int) -> SplitResult | None:
        """Return the proxy for a host, if there is one."""
        if not self.url or any(_covers(each.strip().lower(), host, port) for each in self.bypass.split(",")):
            return None
        return urlsplit(self.url)

    @property
    def address(self) -> tuple[str, int] | None:
        """Its host and port."""
        parts = urlsplit(self.url)
        return (parts.hostname, parts.port or _HTTP) if parts.hostname else None


def _covers(exempt: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY is for a host: its name, a domain that it is in, or either with the port."""
    name, _, its_port = exempt.partition(":") if not exempt.startswith("[") else (exempt, "", "")
    if its_port not in ("", str(port)):
        return False
    bare = name.removeprefix("*").removeprefix(".").strip("[]")
    return name == "*" or (bool(bare) and (host == bare or host.endswith(f".{bare}")))


def own_proxy(environ: Mapping[str, str]) -> OwnProxy:
    """Return the proxy for https that an environment names. Raises UnusableProxyError."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    name, url = next(((name, environ[name]) for name in names if environ.get(name)), ("", ""))
    whole = url if "://" in url or not url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        usable = not url or (parts.scheme == "http" and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        shown = whole.rpartition("@")[2] if "@" in whole else whole
        raise UnusableProxyError(f"{name} is {shown[:100]!r}; allowed: http://host:port")
    return OwnProxy(url=whole, bypass=environ.get("no_proxy") or environ.get("NO_PROXY") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """How hosts are reached: `routes` by host, for those that are elsewhere; `tls` verifies who answers."""

    tls: ssl.SSLContext
    proxy: OwnProxy = field(default_factory=OwnProxy)
    routes: Mapping[str, Route] = field(default_factory=dict)

    def by_tls(self, host: str) -> Outside:
        """Reach a host and speak TLS to it. Raises UnreachedError."""
        route = self.route(host)
        outside = self.plainly(route.host, route.port)
        try:
            return _secured(outside, Tls(self.tls, route.name), route)
        except BaseException:
            outside.socket.close()
            raise

    def route(self, host: str) -> Route:
        """Return where a host is reached."""
        return self.routes.get(host) or Route(host=host, name=host)

    def plainly(self, host: str, port: int) -> Outside:
        """Reach a host, for any protocol. Raises UnreachedError."""
        proxy = self.proxy.for_host(host, port)
        if proxy is None:
            return Outside(socket=_connected(host, port, f"{host}:{port}"))
        sock = _connected(proxy.hostname or "", proxy.port or _HTTP, f"the proxy {proxy.hostname}:{proxy.port}")
        try:
            return Outside(socket=sock, early=_tunnelled(sock, proxy, f"{host}:{port}"))
        except OSError as error:
            sock.close()
            if isinstance(error, UnreachableHostError):
                raise
            raise UnreachableHostError(
                f"the proxy {proxy.hostname}:{proxy.port} broke off ({_reason(error)})"
            ) from error


def public_body(connector: Connector, url: str) -> bytes | None:
    """Return what a GET of a public https URL answers; `None`, and a line in the log, when it gives nothing."""
    parts = urlsplit(url)
    connection = _Connection(connector, parts.hostname or "")
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.read(_LARGEST) if answer.status == HTTPStatus.OK else None
    except (OSError, http.client.HTTPException) as error:
        _LOG.warning("watch: %s was not read: %s", url, error)
        return None
    finally:
        connection.close()


class _Connection(http.client.HTTPSConnection):
    """A connection to where a host is reached."""

    def __init__(self, connector: Connector, host: str) -> None:
        super().__init__(host, timeout=PATIENCE)
        self._connector = connector

    def connect(self) -> None:
        route = self._connector.route(self.host)
        plain = self._connector.plainly(route.host, route.port).socket
        self.sock = self._connector.tls.wrap_socket(plain, server_hostname=route.name)


def _connected(host: str, port: int, called: str) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout=PATIENCE)
    except socket.gaierror as error:
        raise UnreachableHostError(f"{host} has no address ({_reason(error)})") from error
    except (OSError, OverflowError, UnicodeError) as error:  # the last of a name that no DNS could hold
        raise UnreachableHostError(f"{called} cannot be reached ({_reason(error)})") from error


def _tunnelled(sock: socket.socket, proxy: SplitResult, authority: str) -> bytes:
    """Ask a proxy for a tunnel; return what came with its answer."""
    proof = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else ""
    header = f"Proxy-Authorization: Basic {base64.b64encode(proof.encode()).decode()}\r\n" if proof else ""
    sock.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{header}\r\n".encode())
    answer = bytearray()
    while b"\r\n\r\n" not in answer:
        piece = sock.recv(_PIECE)
        answer += piece
        if not piece or len(answer) > _LARGEST:
            raise UnreachableHostError(f"the proxy {proxy.hostname}:{proxy.port} gave no answer to CONNECT {authority}")
    head, _, early = bytes(answer).partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0].decode("latin-1").partition(" ")[2]
    if not status.startswith("2"):
        raise UnreachableHostError(
            f"the proxy {proxy.hostname}:{proxy.port} answered CONNECT {authority} by {ascii(status[:100])[1:-1]}"
        )
    return early


def _secured(outside: Outside, tls: Tls, route: Route) -> Outside:
    """Shake hands. Raises UnreachedError."""
    sock, data, ends = outside.socket, outside.early, time.monotonic() + PATIENCE
    try:
        early = tls.opened(data)
        while not tls.is_open:
            sock.sendall(tls.outgoing())
            sock.settimeout(max(ends - time.monotonic(), 0.01))
            data = sock.recv(_PIECE)
            if not data:
                raise ConnectionResetError("it closed the connection")
            early += tls.opened(data)
        sock.sendall(tls.outgoing())
    except ssl.SSLCertVerificationError as error:
        reason = f"the certificate of {route.host}:{route.port} does not hold for {route.name}: {error.verify_message}"
        raise UntrustedCertificateError(reason) from error
    except (OSError, ValueError) as error:
        raise UnreachableHostError(f"{route.host}:{route.port} speaks no TLS with us ({_reason(error)})") from error
    return Outside(socket=sock, tls=tls, early=early)


def _reason(error: Exception) -> str:
    """Return why something failed, in words of one line."""
    if isinstance(error, TimeoutError):
        return f"no answer within {PATIENCE:.0f} s"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS failed").lower().replace("_", " ")
    return " ".join(str(getattr(error, "strerror", None) or error).split())
