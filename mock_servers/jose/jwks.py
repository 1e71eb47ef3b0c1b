"""JSON Web Key Sets: fetched within bounds, read key by key, and kept for as long as their owner's cache keeps them.

The rules decide what an unreachable or unreadable set means to a client.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from mock_servers.jose import destination
from mock_servers.jose.rsa_numbers import PlainKey, PublicKey

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

LARGEST: Final = 1 << 20
"""Bytes of a JWKS that are read; the largest published set has some tens of thousands."""
_PIECE: Final = 1 << 16
_LARGEST_STATUS: Final = 399
_SMALLEST_REDIRECT: Final = 300
_SHORTEST_RSA_KEY: Final = 2048
_URL = re.compile(r"https?://[^/?#]+/.*", re.IGNORECASE | re.DOTALL)


class UnreachableError(Exception):
    """A URL could not be fetched. The message says what was met, `status` is that of a refusing answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedJwks:
    """The answer of a URL, and its time; `keys` is `None` if it was not a key set, and `problem` says what it was.

    A set whose list holds something other than JWKs also has a `problem`.
    """

    at: float
    url: str
    keys: tuple[Mapping[str, Any], ...] | None
    problem: str = ""

    def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the first key with this `kid`."""
        return next((key for key in self.keys or () if key.get("kid") == kid), None)

    @property
    def kids(self) -> list[Any]:
        """The `kid`s of the set, in order; a key may have none."""
        return kids_of(self.keys or ())


def kids_of(keys: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the `kid`s of those keys that have one, as written."""
    return [key["kid"] for key in keys if "kid" in key]


class Redirect(bytes):
    """The bytes of a redirect, which is not followed: its body is the answer."""


class Fetcher(Protocol):
    """Fetches the bytes behind a URL. Raises UnreachableError."""

    def __call__(self, url: str, /) -> bytes:
        """Return the body of the answer to a GET."""


def read(body: bytes, at: float, url: str) -> FetchedJwks:
    """Read a key set from the body of an answer; any body is allowed."""
    try:
        found = json.loads(body)
        keys = found.get("keys")
    except (ValueError, RecursionError):
        what = "a redirect, which is not followed" if isinstance(body, Redirect) else f"{_kind(body)}, not JSON"
        return FetchedJwks(at=at, url=url, keys=None, problem=what)
    except AttributeError:
        return FetchedJwks(at=at, url=url, keys=None, problem="JSON, but not an object")
    if not isinstance(keys, list):
        problem = "a single JWK" if "kty" in found else "JSON without a list named keys"
        return FetchedJwks(at=at, url=url, keys=None, problem=problem)
    return FetchedJwks(
        at=at, url=url, keys=tuple(key for key in keys if isinstance(key, dict)), problem=_problem_of(keys)
    )


def _problem_of(keys: Iterable[Any]) -> str:
    """Describe what a list of keys holds besides JWKs."""
    strange = next((key for key in keys if not isinstance(key, dict)), None)
    if strange is None:
        return ""
    is_pem = isinstance(strange, str) and "-----BEGIN" in strange
    return f"a list of keys with {'a PEM key' if is_pem else 'something that is not a JWK'} in it"


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Build the RSA public key of a JWK. Raises ValueError, saying why the service would not use it."""
    if jwk.get("kty") != "RSA":
        raise ValueError(f"its kty is {jwk.get('kty')!r:.20}, not 'RSA'")
    n, e = jwk.get("n"), jwk.get("e")
    if not isinstance(n, str) or not isinstance(e, str):
        raise ValueError("it lacks n or e")  # noqa: TRY004 - for the caller a key that cannot be used, like any other
    key = _rsa_key(n, e)
    if key.key_size < _SHORTEST_RSA_KEY:
        raise ValueError(f"it has {key.key_size} bits, fewer than {_SHORTEST_RSA_KEY}")
    return key


@functools.lru_cache(maxsize=1024)
def _rsa_key(n: str, e: str) -> PublicKey:
    try:
        return _made(_number(n), _number(e))
    except ValueError as broken:
        raise ValueError("its n and e are not the base64url numbers of an RSA key") from broken


def _made(n: int, e: int) -> PublicKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415 - for the first key
    except ModuleNotFoundError:  # in a browser
        return PlainKey(n=n, e=e)
    return RSAPublicNumbers(n=n, e=e).public_key()


def _number(text: str) -> int:
    """Read a number as services do, ignoring characters that base64url does not have. Raises ValueError."""
    raw = text.encode()
    return int.from_bytes(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFetcher:
    """Fetches over HTTP from loopback, private and listed hosts only: offline means offline.

    `own` answers for URLs that the mock plays itself, without a socket, and returns `None` for any other. Proxies of
    the environment are ignored. `timeout` is seconds, for each step and for the whole fetch by `monotonic`; `waiting`
    is entered meanwhile.
    """

    own: Callable[[str], tuple[int, bytes] | None]
    allow_hosts: Collection[str] = ()
    timeout: float = 5.0
    waiting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    monotonic: Callable[[], float] = time.monotonic

    def __call__(self, url: str) -> bytes:
        """Fetch a URL: a status up to 399 is an answer. Raises UnreachableError."""
        if not _URL.fullmatch(url):
            raise UnreachableError("the URL must be http(s)://host/path")
        status, body = self.own(url) or self._fetched(url)
        if status > _LARGEST_STATUS:
            raise UnreachableError(f"it answered {status}", status)
        return Redirect(body) if status >= _SMALLEST_REDIRECT else body

    def post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Post a form to a URL that is not the mock's own, within the same bounds. Raises UnreachableError."""
        if not _URL.fullmatch(url):
            raise UnreachableError("the URL must be http(s)://host/path")
        return self._fetched(url, "POST", urlencode(form).encode())

    def _fetched(self, url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        import urllib3  # noqa: PLC0415 - most key sets are the mock's own; loading it would slow each start

        try:
            with self.waiting():
                *others, last = destination.addresses(urlsplit(url).hostname or "", self.allow_hosts)
                for address in others:
                    with contextlib.suppress(
                        urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError
                    ):
                        return self._answered(address, url, method, body)
                return self._answered(last, url, method, body)
        except destination.ForbiddenHostError as forbidden:
            raise UnreachableError(str(forbidden)) from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as failure:
            raise UnreachableError(f"{type(failure).__name__}: {failure}"[:300]) from failure

    def _answered(self, address: str, url: str, method: str, body: bytes | None) -> tuple[int, bytes]:
        """Fetch a URL from one address; the certificate is still that of the URL's host."""
        import urllib3  # noqa: PLC0415 - as above

        parts = urlsplit(url)
        headers = {"Host": parts.netloc.rpartition("@")[2]}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        bounds: Any = {"timeout": self.timeout, "retries": False}
        pool = (
            urllib3.HTTPSConnectionPool(address, parts.port, server_hostname=parts.hostname, **bounds)
            if parts.scheme == "https"
            else urllib3.HTTPConnectionPool(address, parts.port, **bounds)
        )
        target = urllib3.util.parse_url(url).request_uri
        with pool:
            answer = pool.urlopen(method, target, body, headers, redirect=False, preload_content=False)
            with contextlib.closing(answer):
                return answer.status, self._body(answer)

    def _body(self, answer: BaseHTTPResponse) -> bytes:
        """Read the bytes as they come, so that a host that sends one now and then reaches the deadline."""
        deadline, body = self.monotonic() + self.timeout, bytearray()
        while piece := answer.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > LARGEST:
                raise UnreachableError(f"it sent more than {LARGEST} bytes")
            if self.monotonic() > deadline:
                raise UnreachableError(f"it was not done after {self.timeout} s")
        return bytes(body)


def _kind(body: bytes) -> str:
    start = body.lstrip()[:20]
    if start.startswith(b"<"):
        return "a web page"
    return "a PEM key" if start.startswith(b"-----BEGIN") else "text" if start else "nothing"
