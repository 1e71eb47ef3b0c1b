"""The mock calls itself: the same applications and faults, no socket, and so no deadlock of the server's threads."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from wsgiref.util import setup_testing_defaults

from mock_servers.jose.jwks import UnreachableError
from mock_servers.wire.wsgi import FAULT, IN_PROCESS, PATIENCE

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

_LARGEST_GOOD: Final = 399


class InProcess:
    """Calls one WSGI application, which plays every URL of the mock; `script_of` says where a URL has it mounted."""

    def __init__(self, application: WSGIApplication, script_of: Callable[[str], str]) -> None:
        self._application = application
        self._script_of = script_of

    def call(
        self,
        url: str,
        form: Mapping[str, str] | None = None,
        bearer: str | None = None,
        *,
        patience: float | None = None,
    ) -> tuple[int, bytes]:
        """Call a URL of the mock: a GET, or a POST of `form`; returns status and body.

        `patience` is for how many seconds the caller waits. Raises UnreachableError for a fault that leaves no answer
        of the service, or one that says that it is not well.
        """
        environ = self._environ(url, form, bearer)
        if patience is not None:
            environ[PATIENCE] = patience
        status, _, body = self._answered(environ)
        if FAULT in environ and status > _LARGEST_GOOD:
            raise UnreachableError(f"it answered {status}, {environ[FAULT]}", status)
        return status, body

    def visit(
        self, url: str, form: Mapping[str, str] | None = None, bearer: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Call a URL of the mock as a browser does; returns status, headers and body, and follows no redirect.

        Raises UnreachableError when the connection is dropped.
        """
        return self._answered(self._environ(url, form, bearer))

    def _answered(self, environ: WSGIEnvironment) -> tuple[int, dict[str, str], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = self._application(environ, lambda status, headers, *_: started.append((status, headers)))  # type: ignore[arg-type] # nothing calls write()
        try:
            answer = b"".join(body)
        except ConnectionAbortedError as broken:
            raise UnreachableError(f"it gave no whole answer, {environ.get(FAULT, broken)}") from broken
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        (status, headers) = started[0]
        return int(status.partition(" ")[0]), dict(headers), answer

    def _environ(self, url: str, form: Mapping[str, str] | None, bearer: str | None) -> WSGIEnvironment:
        script = self._script_of(url)
        environ = _environ(url, form, bearer)
        return {**environ, "SCRIPT_NAME": script, "PATH_INFO": environ["PATH_INFO"].removeprefix(script)}


def _environ(url: str, form: Mapping[str, str] | None, bearer: str | None) -> WSGIEnvironment:
    parts, body = urlsplit(url), urlencode(form or {}).encode()
    environ: WSGIEnvironment = {
        IN_PROCESS: True,
        "REQUEST_METHOD": "GET" if form is None else "POST",
        "wsgi.url_scheme": parts.scheme,
        "HTTP_HOST": parts.netloc,
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if form is not None else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    if bearer is not None:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {bearer}"
    setup_testing_defaults(environ)
    return environ
