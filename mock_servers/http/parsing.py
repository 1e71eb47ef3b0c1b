"""Parses a request of Flask's into the one frozen view that every service judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from mock_servers.wire.request import Parameters, Request
from mock_servers.wire.wsgi import host

LARGEST_BODY: Final = 1 << 20
"""Bytes of a request body; a larger one is refused unread."""


def parsed(*, reads_body: bool) -> Request:
    """Return the request that Flask is answering; without `reads_body` its body is left to be passed on."""
    environ, asked = flask.request.environ, flask.request
    body, oversized = _body() if reads_body else (b"", False)
    is_form = "application/x-www-form-urlencoded" in asked.mimetype
    return Request(
        method=asked.method,
        origin=f"{environ['wsgi.url_scheme']}://{host(environ)}",
        target=_target(environ),
        path=asked.path,
        headers={name.lower(): value for name, value in asked.headers.items()},
        query=Parameters(_pairs(asked.query_string)),
        form=Parameters(_pairs(body) if is_form else ()),
        body=body,
        oversized=oversized,
        stream=None if reads_body else _stream(environ),
    )


def _body() -> tuple[bytes, bool]:
    try:
        body = flask.request.get_data(cache=False)
    except RequestEntityTooLarge:
        return b"", True
    return (b"", True) if len(body) > LARGEST_BODY else (body, False)


def _target(environ: Mapping[str, Any]) -> str:
    """Return the path and query string as the client wrote them."""
    raw = str(environ.get("REQUEST_URI") or "")
    if raw.startswith("/"):
        return raw
    path = quote(f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}", encoding="latin-1")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)


def _stream(environ: Mapping[str, Any]) -> Callable[[int], bytes]:
    """Read a body as it comes, where the server can; every server ends it where it ends."""
    source = environ["wsgi.input"]
    return getattr(source, "read1", source.read)  # type: ignore[no-any-return] # WSGI says that it reads bytes
