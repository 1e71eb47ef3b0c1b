"""Token exchanges as a measurement needs them: signed beforehand, posted over HTTP or straight into an application."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from benchmarks.measuring import Sample
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyPair
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PATH: Final = "/oauth2/token"
_FORM: Final = "application/x-www-form-urlencoded"
_ASSERTION: Final = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
EXCHANGE: Final = _ASSERTION | {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}
_CREDENTIALS: Final = _ASSERTION | {"grant_type": "client_credentials"}

Get = Callable[[str], bytes]
Post = Callable[[bytes], int]


def id_token(platform: Mock) -> str:
    """Return an id token of CIS2 for the ready-made app."""
    return platform.id_token("cis2", LogInRequest(client_id=READY_MADE_APP.client_id))


def exchange_form(platform: Mock, subject_token: str) -> bytes:
    """Return the body of a correct token exchange, its client assertion signed just now."""
    assertion = platform.client_assertion(READY_MADE_APP.client_id)
    return urlencode(EXCHANGE | {"client_assertion": assertion, "subject_token": subject_token}).encode()


def credentials_form(assertion: str) -> bytes:
    """Return the body of a request for an application's token."""
    return urlencode(_CREDENTIALS | {"client_assertion": assertion}).encode()


def forms(platform: Mock, count: int) -> Iterator[bytes]:
    """Return so many bodies of token exchanges, all signed before the first is used."""
    subject_token = id_token(platform)
    return iter([exchange_form(platform, subject_token) for _ in range(count)])


def client_key(platform: Mock) -> KeyPair:
    """Return the key pair of the ready-made app."""
    pair = platform.apps.key(platform.apps.get(READY_MADE_APP.client_id))
    assert pair is not None, "the ready-made app has a key of the mock's own"
    return pair


def public_keys(platform: Mock) -> tuple[RSAPublicKey, RSAPublicKey]:
    """Return the public keys of the ready-made app and of CIS2."""
    return client_key(platform).private.public_key(), platform.provider("cis2").key().private.public_key()


@contextmanager
def connected(url: str, tls: SSLContext | None = None) -> Iterator[tuple[Get, Post]]:
    """Return a GET of a path and a POST of a token request, both on one kept connection; `tls` for an https URL."""
    address = urlsplit(url).netloc
    with closing(
        http.client.HTTPSConnection(address, context=tls) if tls else http.client.HTTPConnection(address)
    ) as connection:
        yield calls_on(connection)


def calls_on(connection: http.client.HTTPConnection) -> tuple[Get, Post]:
    """Return a GET of a path and a POST of a token request on a connection."""

    def get(path: str) -> bytes:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == http.client.OK, f"{path} answered {answer.status}"
        return body

    def post(form: bytes) -> int:
        connection.request("POST", PATH, form, {"Content-Type": _FORM})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return get, post


def exchanged(post: Post, bodies: Iterator[bytes]) -> Callable[[], None]:
    """Return a call that posts the next body and accepts nothing but success."""

    def exchange() -> None:
        status = post(next(bodies))
        assert status == http.client.OK, f"the exchange was answered {status}"

    return exchange


def called(application: WSGIApplication, bodies: Iterator[bytes]) -> Sample:
    """Return a sample of the application alone, without a server: what an exchange of the next body takes."""

    def sample() -> float:
        environ, statuses = environ_of(next(bodies)), list[str]()
        start = time.perf_counter()
        call(application, environ, statuses)
        took = time.perf_counter() - start
        assert statuses == ["200 OK"], statuses
        return took

    return sample


def call(application: WSGIApplication, environ: dict[str, Any], statuses: list[str]) -> bytes:
    """Call a WSGI application as a server would, and return the body; the status is added to `statuses`."""

    def start_response(status: str, _: object, __: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return _written

    answer = application(environ, start_response)
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return body


def _written(_: bytes) -> None:
    raise NotImplementedError("the applications here return their bodies")


def environ_of(body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a posted token request."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "REQUEST_URI": PATH,
        "CONTENT_TYPE": _FORM,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8080",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmarks",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
