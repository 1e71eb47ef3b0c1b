"""Knows what of a request must never be shown whole."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.jose import javascript, jwts
from mock_servers.journal.record import PROTOCOL
from mock_servers.reading.captured import Captured
from mock_servers.reading.facts import Facts
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.json_text import object_of

_HARMLESS: Final = PROTOCOL | frozenset(["response_mode", "prompt", "display", "vtr"])
"""Parameters whose values are nobody's secret."""
_HARMLESS_HEADERS: Final = frozenset(
    [
        "host",
        "content-type",
        "content-length",
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "origin",
        "user-agent",
        "transfer-encoding",
        "expect",
        "cache-control",
        "pragma",
        "x-requested-with",
    ]
)
HARMLESS_CLAIMS: Final = frozenset(
    ["aud", "exp", "iat", "nbf", "typ", "token_use", "tokenName", "auth_time", "alg", "kid"]
)
_SECRET: Final = {"client_secret": 6, "refresh_token": 12, "code": 8, "subject_token": 12, "client_assertion": 40}
"""Parameters whose values are nobody's business, and how long each is at least: a word of prose is shorter."""
_ID: Final = re.compile(r".*\d{4}|.{41}|.*@|.*[^A-Za-z0-9._~-]")
"""What of an API's path may name a person; a word of the API does not look like it."""
_ERROR_CODE: Final = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
"""The code of an error, such as INVALID_VALUE, which is nobody's secret."""
_PUBLIC: Final = re.compile(
    r"urn:ietf:params:oauth:[a-z0-9:_-]+|client_credentials|authorization_code|refresh_token|private_key_jwt"
)
"""Values that the standards define: nobody's secret, even where they were sent as one (RFC 6749, 7523 and 8693)."""
_SHORTEST: Final = 4
_SHORTEST_HEADER: Final = 6


def of(captured: Iterable[Captured]) -> Confidential:
    """Return the values of some requests that are nobody's business."""
    return Confidential(values_of(captured))


def values_of(captured: Iterable[Captured]) -> set[str]:
    """Return them one by one."""
    return {value for each in captured for value in _values(each) if not _PUBLIC.fullmatch(value)}


def values_in(facts: Facts | None) -> set[str]:
    """Return those of a text: secrets, and what the JWTs say of people."""
    if facts is None:
        return set()
    sent = {
        each.value
        for each in facts.pairs
        if each.name in _SECRET and not is_unfilled(each.value) and len(each.value) >= _SECRET[each.name]
        if not _ERROR_CODE.fullmatch(each.value)
    }
    said = {claim for each in facts.tokens for value in each.claims.items() for claim in _said(*value)}
    return {each for each in sent | said if len(each) >= _SHORTEST and not _PUBLIC.fullmatch(each)}


def _said(name: str, claim: Any) -> Iterator[str]:
    yield from _texts(claim) if name not in HARMLESS_CLAIMS else ()


def may_name_a_person(part: str) -> bool:
    """Whether a part of an API's path may do so."""
    return _ID.match(unquote(part)) is not None


def ids_in(url: str) -> Iterator[str]:
    """Yield the parts of an API's path that may name a person."""
    for part in filter(may_name_a_person, urlsplit(url).path.split("/")):
        yield part
        yield unquote(part)


def _values(captured: Captured) -> Iterator[str]:
    for value in _sent(captured):
        if len(value) >= _SHORTEST and not is_unfilled(value):
            yield value
            yield from (claim for claim in _claims(value) if len(claim) >= _SHORTEST)


def _sent(captured: Captured) -> Iterator[str]:
    parts = urlsplit(captured.url)
    body = captured.body.decode(errors="replace")
    yield from (value for name, value in _pairs(parts.query, body) if name not in _HARMLESS)
    members = object_of(body) or {}
    yield from (value for name, value in members.items() if isinstance(value, str) and name not in _HARMLESS)
    for name, value in captured.headers:
        if name.lower() not in _HARMLESS_HEADERS and len(value) >= _SHORTEST_HEADER:
            scheme, _, rest = value.partition(" ")
            yield from (rest,) if rest and scheme.isalpha() else (value,)
            yield from _of_basic(value)


def parameters(captured: Captured) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a request's query and form."""
    return _pairs(urlsplit(captured.url).query, captured.body.decode(errors="replace"))


def _pairs(*texts: str) -> Iterator[tuple[str, str]]:
    return (pair for text in texts for pair in parse_qsl(text))


def _of_basic(header: str) -> Sequence[str]:
    scheme, _, sent = header.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        return base64.b64decode(sent, validate=True).decode().split(":", 1)
    except ValueError:
        return ()


def _claims(value: str) -> Iterator[str]:
    jwt = jwts.decoded(value.strip("\"' "))
    claims = jwt.claims if jwt is not None else {}
    yield from (text for name, claim in claims.items() if name not in HARMLESS_CLAIMS for text in _texts(claim))


def _texts(claim: Any) -> Iterator[str]:
    if isinstance(claim, str):
        # An issuer is an address that everybody knows.
        yield from () if "://" in claim else (claim,)
    elif javascript.is_number(claim):
        yield str(claim)
    elif isinstance(claim, dict | list):
        yield from (text for each in (claim.values() if isinstance(claim, dict) else claim) for text in _texts(each))
