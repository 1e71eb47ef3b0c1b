"""Parses a WSGI environ into the frozen `Request` that every service judges."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from mock_servers.wire.request import Parameters, Request
from mock_servers.wire.wsgi import PREFIX, base

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

LARGEST_BODY: Final = 1 << 20
"""Bytes of a request body; a larger one is refused unread."""
_SHORT: Final = 100
"""Characters of such a parameter; a longer one is no value that the protocol has, and is not kept."""
_FEW: Final = 16
"""Parameters that are read one by one; a body may hold a million, which are read at once."""


def parsed(environ: WSGIEnvironment, *, reads_body: bool) -> Request:
    """Return the request of a WSGI environ. Without `reads_body` its body stays unread, to be passed on."""
    body = _body(environ) if reads_body else b""
    oversized = body is None
    is_form = "application/x-www-form-urlencoded" in environ.get("CONTENT_TYPE", "").partition(";")[0].lower()
    query = environ.get("QUERY_STRING", "")
    return Request(
        method=environ["REQUEST_METHOD"].upper(),
        base=base(environ),
        target=target_of(environ),
        path=path_of(environ),
        headers=_headers(environ),
        query=_parameters(query.encode("latin-1")),
        form=_parameters(body) if body and is_form else Parameters(),
        body=body or b"",
        oversized=oversized,
        stream=None if reads_body else _stream(environ),
    )


def path_of(environ: WSGIEnvironment) -> str:
    """Return the path below the service, with one slash at its beginning."""
    return f"/{_utf8(environ.get('PATH_INFO', '')).lstrip('/')}"


def keep_body(environ: WSGIEnvironment) -> None:
    """Read the body, so that it can be read by others and then once more; a larger one than is read stays as it is."""
    read = _read_body(environ)
    if read is not None:
        environ["wsgi.input"] = _Kept(read)


class _Kept(io.BytesIO):
    """A body that somebody may have read before."""


def _body(environ: WSGIEnvironment) -> bytes | None:
    """Return the body; `None` of one that is too large."""
    source = environ["wsgi.input"]
    if isinstance(source, _Kept):
        source.seek(0)
    body = _read_body(environ)
    if isinstance(source, _Kept):
        source.seek(0)
    return None if body is None or len(body) > LARGEST_BODY else body


def _read_body(environ: WSGIEnvironment) -> bytes | None:
    """Return what is read of a body; `None` where its length says that it is too large.

    Where the server does not end it, its length does.
    """
    sent = environ.get("CONTENT_LENGTH", "")
    length = int(sent) if sent.isdecimal() else 0
    if length > LARGEST_BODY:
        return None
    most = LARGEST_BODY + 1 if "wsgi.input_terminated" in environ else length
    body: bytes = environ["wsgi.input"].read(most) if most else b""
    return body


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the headers by their names in small letters."""
    headers = {}
    for name, value in environ.items():
        if name.startswith("HTTP_") and name not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            headers[name[5:].replace("_", "-").lower()] = value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            headers[name.replace("_", "-").lower()] = value
    return headers


def target_of(environ: WSGIEnvironment) -> str:
    """Return the path and query string, below the base, as the client wrote them."""
    raw, prefix = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""), environ.get(PREFIX, "")
    if raw.startswith(f"{prefix}/"):
        return raw.removeprefix(prefix)
    path = quote(
        f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}".removeprefix(prefix), encoding="latin-1"
    )
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path


def _utf8(text: str) -> str:
    """Return a text that WSGI hands over as if it were Latin-1."""
    return text if text.isascii() else text.encode("latin-1").decode(errors="replace")


def _parameters(raw: bytes) -> Parameters:
    if not raw:
        return Parameters()
    return Parameters([pair for each in raw.decode(errors="replace").split("&", _FEW) for pair in _read(each)])


def _read(piece: str) -> Sequence[tuple[str, str]]:
    return (
        _again(piece)
        if len(piece) <= _SHORT and piece.startswith(("grant_type=", "client_assertion_type=", "subject_token_type="))
        else _pairs(piece)
    )


def _pairs(piece: str) -> Sequence[tuple[str, str]]:
    return parse_qsl(piece, keep_blank_values=True)


@lru_cache(maxsize=64)
def _again(piece: str) -> Sequence[tuple[str, str]]:
    """Return a parameter that is read once: the protocol has few values for it, in which are many percent signs."""
    return _pairs(piece)


def _stream(environ: WSGIEnvironment) -> Callable[[int], bytes]:
    """Read a body as it comes, where the server can; every server ends it where it ends."""
    source = environ["wsgi.input"]
    return getattr(source, "read1", source.read)  # type: ignore[no-any-return] # WSGI says that it reads bytes
