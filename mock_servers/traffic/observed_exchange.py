"""Makes of an exchange that passed by what can be explained, and what may be kept of it: no value that is a secret."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.explain import confidential
from mock_servers.explain.open_world import request_of
from mock_servers.journal import unregistered
from mock_servers.journal.provenance import of_jti
from mock_servers.journal.record import (
    ReceivedJwt,
    Record,
    RecordedError,
    request_shown,
    response_shown,
    secrets_sent,
    shown_parameter,
)
from mock_servers.reading.captured import Captured, CapturedAnswer, Gaps
from mock_servers.traffic.http_observer import LARGEST_KEPT, Message, ObservedExchange
from mock_servers.traffic.observed_values import GATEWAY, SeenExchange
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Answer, Parameters, Request
from mock_servers.wire.wording import one_line

_KEPT_HEADERS: Final = ("content-type", "date", "location", "set-cookie", "retry-after", "www-authenticate")
_TOKENS: Final = frozenset(["access_token", "refresh_token", "id_token"])
_KEPT_MEMBERS: Final = frozenset(["error", "error_description", "message", "message_id", "fault"])
_LONGEST_CLAIM: Final = 200


def captured_of(heard: ObservedExchange) -> Captured:
    """Return an exchange as `explain_captured` takes it; what did not pass whole is a gap."""
    gaps = Gaps()
    body = bytes(heard.asked.body)
    if not heard.asked.is_whole:
        body = gaps.mark("the body, of which not all was heard").encode()
    target = heard.target if heard.target.startswith("/") else f"/{heard.target.partition('://')[2].partition('/')[2]}"
    return Captured(
        source="watch",
        method=heard.method,
        url=f"https://{heard.host}{target}",
        headers=heard.asked.headers,
        body=body,
        gaps=tuple(gaps.found),
        answer=_answer(heard.answer, heard.status) if heard.answer is not None else None,
        at=heard.asked.began_at,
    )


def _answer(message: Message, status: int) -> CapturedAnswer:
    body = _unpacked(bytes(message.body), message.header("content-encoding")) if message.is_whole else None
    return CapturedAnswer(status=status, headers=message.headers, body=body or b"", is_read=body is not None)


def _unpacked(body: bytes, coding: str) -> bytes | None:
    """Return a body without its packing; `None` where that is not ours to undo, or it is too large."""
    if coding.lower() in ("", "identity"):
        return body
    if coding.lower() not in ("gzip", "deflate"):
        return None
    unpacking = zlib.decompressobj(wbits=47 if coding.lower() == "gzip" else 15)  # 47: any header
    try:
        found = unpacking.decompress(body, LARGEST_KEPT)
    except zlib.error:
        return None
    return found if unpacking.eof else None


def harmless(seen: SeenExchange) -> Captured:
    """Return an exchange without what an API behind the platform answers: that is about people, not about access."""
    captured, answer = seen.captured, seen.captured.answer
    if answer is None or seen.place.service != GATEWAY or seen.rows:
        return captured
    headers = tuple(pair for pair in answer.headers if pair[0].lower() == "date")
    return replace(captured, answer=CapturedAnswer(status=answer.status, headers=headers))


def record_of(seen: SeenExchange, *, keeps_values: bool) -> Record:
    """Return what is kept of an exchange, with its error when it was refused."""
    plain, status = _plain(request_of(seen.captured, "")), seen.answered.status
    record = Record(
        at=seen.at,
        service=seen.place.service,
        method=seen.captured.method,
        path=path_shown(seen),
        status=status,
        request=_unknown_in((*plain.query.pairs, *plain.form.pairs)).cut_in(request_shown(plain)),
        response=response_of(seen),
        sent={**secrets_sent(plain), **_jti_sent(seen)},
        received=_received(seen),
        client_id=seen.secrets.cut(seen.client_id) or None,
        message_id=_text(seen.members.get("message_id")),
        refusal=_error(seen),
    )
    return record if keeps_values else _without_values(record)


def path_shown(seen: SeenExchange) -> str:
    """Return a path as it may be shown: of an API's, what may name a person is left out."""
    path = urlsplit(seen.captured.url).path
    if seen.place.service != GATEWAY:
        return unregistered.without_secrets(path)
    return "/".join("…" if confidential.may_name_a_person(part) else part for part in path.split("/"))


def parameter_shown(name: str, value: str) -> str:
    """Return a parameter's value as it may be shown: nobody registers anything here, so that words alone are known."""
    return _unknown_in([(name, value)]).cut(shown_parameter(name, value))


def _unknown_in(pairs: Iterable[tuple[str, str]]) -> Confidential:
    return Confidential(unregistered.values(pairs, "", lambda _: False))


def _plain(request: Request) -> Request:
    return replace(
        request,
        headers=dict(request.headers.items()),
        query=Parameters(request.query.pairs),
        form=Parameters(request.form.pairs),
    )


def response_of(seen: SeenExchange) -> dict[str, Any]:
    """Return an answer as it may be shown."""
    answer = seen.captured.answer or CapturedAnswer(status=0)
    found = {name.lower(): value for name, value in reversed(answer.headers) if name.lower() in _KEPT_HEADERS}
    headers = {name.title(): value.partition("#")[0] for name, value in found.items()}
    shown = response_shown(Answer(status=answer.status, headers=headers, body=members_shown(seen)))
    return seen.secrets.cut_in(shown) if shown["body"] or "Location" in headers else shown


def members_shown(seen: SeenExchange) -> dict[str, Any]:
    """Return the answer's members, in place of values that may be about a person what kind they are.

    Of text the journal shows what is harmless in an answer with tokens; that of any other answer may tell anything.
    """
    members = seen.members if seen.place.service != GATEWAY or seen.rows else {}
    has_tokens = not _TOKENS.isdisjoint(members)
    return {
        name: value if name in _KEPT_MEMBERS or (has_tokens and isinstance(value, str)) else _word(value)
        for name, value in members.items()
    }


def _word(value: Any) -> str:
    """Return what kind of value was there."""
    words = {str: "text", dict: "an object", list: "a list", bool: "true or false", type(None): "null"}
    return words.get(type(value), "a number")


def _jti_sent(seen: SeenExchange) -> dict[str, bytes]:
    assertion = seen.assertion
    if assertion is None:
        return {}
    return {"jti": of_jti(assertion.claims.get("sub"), assertion.claims.get("jti"))}


def _received(seen: SeenExchange) -> dict[str, ReceivedJwt]:
    """Keep of a client assertion what later ones are compared with; of a person's token nothing."""
    assertion = seen.assertion
    if assertion is None:
        return {}
    header = {name: assertion.header[name] for name in ("alg", "kid", "typ") if _is_short(assertion.header.get(name))}
    claims = {
        name: assertion.claims[name] for name in ("iss", "sub", "aud", "exp") if _is_short(assertion.claims.get(name))
    }
    return {"client_assertion": ReceivedJwt(header=header, claims=claims)}


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _LONGEST_CLAIM)


def _error(seen: SeenExchange) -> RecordedError | None:
    answer = seen.answered
    if not answer.refuses:
        return None
    rules = list(dict.fromkeys(rule for entry in seen.rows for _, rule in entry.rules))
    error = RecordedError(
        code=answer.code,
        description=one_line(answer.sentence if not answer.page else "a web page"),
        rule=rules[0] if len(rules) == 1 else "",
        evidence=seen.rows[0].error.evidence if seen.rows else "I",
    )
    return seen.secrets.cut_in(error)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _without_values(record: Record) -> Record:
    """Return a record of production: the names of what was sent, and no value."""
    request = {part: dict.fromkeys(values, "…") for part, values in record.request.items()}
    response = {"status": record.status, "headers": {}, "body": {}}
    received = {name: ReceivedJwt(header={}, claims={}) for name in record.received}
    return replace(record, request=request, response=response, received=received, client_id=None, message_id=None)
