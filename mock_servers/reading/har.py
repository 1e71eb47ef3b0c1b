"""Reads a HAR file, as browsers and proxies write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlencode

from mock_servers.reading.captured import Captured, CapturedAnswer, Gaps, Pairs, UnreadableError, of_base64
from mock_servers.wire.wording import one_line, shown

_ENCODED: Final = re.compile(r"(?:[A-Za-z0-9*._+~-]|%[0-9A-Fa-f]{2})*")


def is_har(document: Any) -> bool:
    """Whether a JSON document is a HAR file, or one entry of such a file."""
    return isinstance(document, dict) and (isinstance(document.get("log"), dict) or _is_entry(document))


def read(document: Mapping[str, Any]) -> list[Captured]:
    """Return every exchange of a file, or that of a single entry. Raises UnreadableError."""
    if _is_entry(document):
        return [_captured(document, "the entry")]
    entries = document["log"].get("entries")
    if not isinstance(entries, list):
        raise UnreadableError(f"log.entries is {shown(entries, 20)}; allowed: a list of exchanges")
    return [_captured(entry, f"log.entries[{place}]") for place, entry in enumerate(entries)]


def _is_entry(document: Mapping[str, Any]) -> bool:
    request = document.get("request")
    return isinstance(request, dict) and "url" in request and "method" in request


def _captured(entry: Any, where: str) -> Captured:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise UnreadableError(f"{where} has no request with a URL; is the file cut off, or no HAR file?")
    gaps = Gaps()
    named = entry.get("_cut")
    cut = _Cut(named if isinstance(named, dict) else {}, gaps)
    body = cut.body(_body(request.get("postData"), gaps, where))
    return Captured(
        source="har",
        method=str(request.get("method", "GET")).upper(),
        url=cut.url(request["url"].partition("#")[0]),
        headers=cut.headers(_headers(request, where)),
        body=body,
        gaps=tuple(gaps.found),
        answer=_answer(entry.get("response"), where),
        at=_moment(entry.get("startedDateTime")),
        is_shaped=bool(entry.get("_shaped")),
    )


@dataclass(frozen=True, slots=True)
class _Cut:
    """What the file's writer has cut, by part of the request: those values are unknown."""

    fields: Mapping[str, Any]
    gaps: Gaps

    def headers(self, headers: Pairs) -> Pairs:
        return tuple(
            (name, self._gap(name) if self._has("headers", name.lower()) else value) for name, value in headers
        )

    def url(self, url: str) -> str:
        path, mark, query = url.partition("?")
        return f"{path}{mark}{self._pairs('query', query)}" if self.fields.get("query") else url

    def body(self, body: bytes) -> bytes:
        if not self.fields.get("form"):
            return body
        return self._pairs("form", body.decode(errors="replace")).encode() if body else self._gap("the body").encode()

    def _pairs(self, part: str, text: str) -> str:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode([(name, self._gap(name) if self._has(part, name) else value) for name, value in pairs])

    def _has(self, part: str, name: str) -> bool:
        named = self.fields.get(part)
        return isinstance(named, list) and name in named

    def _gap(self, name: str) -> str:
        return self.gaps.mark(f"{one_line(name)}, which is cut in the file")


def _headers(message: Mapping[str, Any], where: str) -> Pairs:
    """Return the headers; HTTP/2 writes the host as `:authority`, and its other pseudo headers tell nothing more."""
    found = tuple(
        (str(each.get("name", "")), str(each.get("value", ""))) for each in _objects(message.get("headers", []), where)
    )
    hosts = [("Host", value) for name, value in found if name == ":authority"]
    named = any(name.lower() == "host" for name, _ in found)
    own = tuple((name, value) for name, value in found if not name.startswith(":"))
    return own if named else (*hosts, *own)


def _objects(value: Any, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UnreadableError(f"{where} has {shown(value, 20)} where a list of names and values belongs")
    return value


def _body(data: Any, gaps: Gaps, where: str) -> bytes:
    if not isinstance(data, dict):
        return b""
    text, params = data.get("text"), data.get("params")
    if isinstance(text, str) and (text or not params):
        return _decoded(text, data.get("encoding", data.get("_encoding")), where)
    if isinstance(params, list):
        return _of_params(_objects(params, where))
    return gaps.mark("the body, which the file leaves out").encode()


def _of_params(params: Sequence[Mapping[str, Any]]) -> bytes:
    """Write a form: some browsers give its values as they were sent, others as they read."""
    pairs = [(str(each.get("name", "")), str(each.get("value", ""))) for each in params]
    as_sent = all(_ENCODED.fullmatch(text) for pair in pairs for text in pair)
    write = str if as_sent else quote_plus
    return "&".join(f"{write(name)}={write(value)}" for name, value in pairs).encode()


def _decoded(text: str, encoding: object, where: str) -> bytes:
    if encoding != "base64":
        return text.encode("utf-8", "surrogateescape")
    return of_base64(text, where)


def _answer(response: Any, where: str) -> CapturedAnswer | None:
    status = response.get("status") if isinstance(response, dict) else None
    if not isinstance(status, int) or not status:
        return None
    content = response.get("content")
    members = content if isinstance(content, dict) else {}
    text = members.get("text")
    body = _decoded(text, members.get("encoding"), where) if isinstance(text, str) else b""
    return CapturedAnswer(status=status, headers=_headers(response, where), body=body)


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
