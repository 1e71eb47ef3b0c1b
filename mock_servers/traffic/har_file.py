"""Writes exchanges as a HAR file, which a browser opens and `nhsauth explain` reads.

In place of a secret stands its shape, unless secrets are asked for: the file explains as the traffic did. The file is
whole JSON after each exchange, however the process ends.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.explain import confidential
from mock_servers.journal.record import response_shown
from mock_servers.reading.captured import Captured, CapturedAnswer, Pairs
from mock_servers.traffic import observed_exchange
from mock_servers.traffic.observed_values import SeenExchange
from mock_servers.version import installed
from mock_servers.wire import wording
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.disguise import Disguise
from mock_servers.wire.request import Answer

_TAIL: Final = b"\n]}}\n"
_KEPT_HEADERS: Final = frozenset(
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
SHAPED: Final = "_shaped"
"""The member of an entry in which shapes stand in place of secrets: no signature in it is that of its JWT."""
_KEPT_MEMBERS: Final = frozenset(
    [
        *("alg", "typ", "kid", "exp", "iat", "nbf", "auth_time", "scope", "token_use", "tokenName"),
        *("acr", "amr", "vot", "vtm", "id_assurance_level", "authentication_assurance_level"),
        "identity_proofing_level",
    ]
)
"""Members of JWTs that name nobody, and that the services judge by."""


class HarFile:
    """A HAR file that grows, readable by its owner alone. Raises OSError when it cannot be made.

    `key` makes the shapes; each file has one of its own, which is written nowhere.
    """

    def __init__(self, path: Path, *, with_secrets: bool = False, key: bytes | None = None) -> None:
        self._with_secrets = with_secrets
        self._shapes = _Shapes(secrets.token_bytes(32) if key is None else key)
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

    def keep(self, seen: SeenExchange) -> None:
        """Write one more exchange."""
        entry = _whole(seen.captured) if self._with_secrets else self._shapes.entry(seen)
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


class _Shapes:
    """Writes exchanges with shapes in place of secrets."""

    def __init__(self, key: bytes) -> None:
        self._disguise = Disguise(key, _KEPT_MEMBERS, _is_placeholder)

    def entry(self, seen: SeenExchange) -> dict[str, Any]:
        """Return an exchange without a secret in it."""
        captured = seen.captured
        parts, body = urlsplit(captured.url), captured.body.decode(errors="replace")
        is_form = "x-www-form-urlencoded" in captured.header("content-type")
        form = self._parameters(parse_qsl(body, keep_blank_values=True) if is_form else [])
        query = self._parameters(parse_qsl(parts.query, keep_blank_values=True))
        url = f"{parts.scheme}://{parts.netloc}{observed_exchange.path_shown(seen)}{'?' if query else ''}{query}"
        entry = _entry(captured, url, self._headers(captured.headers), form.encode(), self._answer(seen))
        return {**entry, SHAPED: True, "_cut": {"form": ["the body"]} if body and not form else {}}

    def _headers(self, headers: Pairs) -> Pairs:
        return tuple(
            (name, value if name.lower() in _KEPT_HEADERS else self._disguise.of(value)) for name, value in headers
        )

    def _parameters(self, pairs: Iterable[tuple[str, str]]) -> str:
        return urlencode([(self._name(name), self._parameter(name, value)) for name, value in pairs])

    def _name(self, name: str) -> str:
        """Return what a parameter is called; what is no name, or has a digit, may be a whole body with its secrets."""
        is_name = wording.name(name) == name and not any(each.isdigit() for each in name)
        return name if is_name else self._disguise.of(name)

    def _parameter(self, name: str, value: str) -> str:
        is_harmless = name != "client_id" and observed_exchange.parameter_shown(name, value) == value
        return value if is_harmless else self._disguise.of(value)

    def _answer(self, seen: SeenExchange) -> CapturedAnswer:
        answer, members = seen.captured.answer or CapturedAnswer(status=0), observed_exchange.members_shown(seen)
        shown = response_shown(Answer(status=answer.status, headers={}, body=members))["body"]
        members |= {name: self._disguise.of(str(each)) for name, each in members.items() if shown[name] != each}
        body = json.dumps(self._cut(seen, members)).encode() if members else b""
        headers = self._headers(tuple(pair for pair in answer.headers if pair[0].lower() != "location"))
        return CapturedAnswer(status=answer.status, headers=(*headers, *self._location(answer)), body=body)

    def _location(self, answer: CapturedAnswer) -> Pairs:
        """Return where it redirects to: an error as it is, a code and a state as shapes."""
        target, mark, query = answer.header("location").partition("#")[0].partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        return (("Location", f"{target}{mark}{self._parameters(pairs)}"),) if target else ()

    def _cut(self, seen: SeenExchange, members: dict[str, Any]) -> dict[str, Any]:
        """Disguise what of the request an answer repeats: a sentence may have an API key in it."""
        values = {*confidential.values_of([seen.captured]), *confidential.ids_in(seen.captured.url)}
        return Confidential(values, self._disguise.of).cut_in(members)


def _is_placeholder(value: str) -> bool:
    """Whether nothing was filled into a template; with a digit it may be a secret in brackets."""
    return is_unfilled(value) and not any(each.isdigit() for each in value)


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
