"""Writes exchanges as a HAR file, which a browser opens and `nhsauth explain` reads; secrets are cut unless asked for.

The file is whole JSON after each exchange, however the process ends.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from mock_servers.explain import overheard
from mock_servers.explain.captured import Captured, CapturedAnswer, Pairs
from mock_servers.explain.learning import Seen
from mock_servers.journal.record import shown_parameter
from mock_servers.version import installed

_TAIL: Final = b"\n]}}\n"
_TOLD_HEADERS: Final = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "origin",
        "retry-after",
        "server",
        "transfer-encoding",
        "user-agent",
        "vary",
        "www-authenticate",
    ]
)
_CUT: Final = "_cut"
"""The member of an entry that lists what is cut in its request, by part."""


class HarFile:
    """A HAR file that grows, readable by its owner alone. Raises OSError when it cannot be made."""

    def __init__(self, path: Path, *, with_secrets: bool = False) -> None:
        self._with_secrets = with_secrets
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        if os.name == "posix":
            path.chmod(0o600)  # the file may have been there before
        creator = {"name": "nhsauth", "version": installed()}
        head = json.dumps({"log": {"version": "1.2", "creator": creator, "entries": []}})
        self._file.write(head.removesuffix("]}}").encode())
        self._end = self._file.tell()
        self._is_empty = True
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, seen: Seen) -> None:
        """Write one more exchange."""
        entry = _whole(seen.captured) if self._with_secrets else _cut(seen)
        self._file.seek(self._end)
        self._file.write((b"\n" if self._is_empty else b",\n") + json.dumps(entry).encode())
        self._end, self._is_empty = self._file.tell(), False
        self._finish()

    def _finish(self) -> None:
        self._file.write(_TAIL)
        self._file.truncate()
        self._file.flush()


def _whole(captured: Captured) -> dict[str, Any]:
    answer = captured.answer or CapturedAnswer(status=0)
    return _entry(captured, captured.url, captured.headers, captured.body, answer)


def _cut(seen: Seen) -> dict[str, Any]:
    """Return an entry as the journal would tell it."""
    captured = seen.captured
    parts, body, cut = urlsplit(captured.url), captured.body.decode(errors="replace"), _Cut()
    headers = cut.headers(captured.headers)
    query = cut.parameters("query", parse_qsl(parts.query, keep_blank_values=True))
    is_form = "x-www-form-urlencoded" in captured.header("content-type")
    form = cut.parameters("form", parse_qsl(body, keep_blank_values=True) if is_form else [])
    if body and not form:
        cut.fields["form"] = ["the body"]
    path = overheard.path_shown(seen)
    url = f"{parts.scheme}://{parts.netloc}{path}{'?' if query else ''}{query}"
    answer = _answer_cut(seen)
    return {**_entry(captured, url, headers, form.encode(), answer), _CUT: cut.fields}


class _Cut:
    """Cuts the parts of a request, and notes of each part what it has cut."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}

    def headers(self, headers: Pairs) -> Pairs:
        hidden = [name for name, _ in headers if name.lower() not in _TOLD_HEADERS]
        self.fields["headers"] = [name.lower() for name in hidden]
        return tuple((name, shown_parameter("", value) if name in hidden else value) for name, value in headers)

    def parameters(self, part: str, pairs: Iterable[tuple[str, str]]) -> str:
        told = [(name, value, overheard.parameter_shown(name, value)) for name, value in pairs]
        self.fields[part] = [name for name, value, shown in told if value != shown]
        return urlencode([(name, shown) for name, _, shown in told])


def _answer_cut(seen: Seen) -> CapturedAnswer:
    answer, shown = seen.captured.answer or CapturedAnswer(status=0), overheard.response_of(seen)
    body = json.dumps(shown["body"]).encode() if shown["body"] else b""
    more = tuple((name, value) for name, value in shown["headers"].items() if name == "Location")
    headers = tuple(pair for pair in answer.headers if pair[0].lower() != "location")
    return CapturedAnswer(status=answer.status, headers=(*_Cut().headers(headers), *more), body=body)


def _entry(captured: Captured, url: str, headers: Pairs, body: bytes, answer: CapturedAnswer) -> dict[str, Any]:
    began = datetime.fromtimestamp(captured.at or 0, UTC).isoformat()
    request: dict[str, Any] = {
        "method": captured.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "headers": _named(headers),
        "queryString": _named(tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))),
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(body),
    }
    if body:
        request["postData"] = {"mimeType": captured.header("content-type"), **_text(body)}
    response = {
        "status": answer.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "headers": _named(answer.headers),
        "cookies": [],
        "content": {"size": len(answer.body), "mimeType": answer.header("content-type"), **_text(answer.body)},
        "redirectURL": answer.header("location"),
        "headersSize": -1,
        "bodySize": len(answer.body),
    }
    timings = {"send": 0, "wait": 0, "receive": 0}
    return {
        "startedDateTime": began,
        "time": 0,
        "request": request,
        "response": response,
        "cache": {},
        "timings": timings,
    }


def _named(pairs: Pairs) -> list[Mapping[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}
