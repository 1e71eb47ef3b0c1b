"""Decodes JWTs for reading: header, claims and times in words. Nothing is verified, and nothing secret is shown whole.

A client may send a megabyte, endless nesting, or something made to confuse the reader.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.wire.request import Request
from mock_servers.wire.wording import cut, duration, moment, shown

_LAST: Final = 253_402_300_799
"""The last second of the year 9999."""
_LONGEST: Final = 200
_LONGEST_NAME: Final = 100
_MOST: Final = 40
_LARGEST: Final = 10_000
_DEPTHS: Final = (6, 2, 1)


def taken_apart(jwt: Jwt, now: float) -> dict[str, Any]:
    """Return header, claims, times in words and the size of the signature, as JSON values that may be shown."""
    return {
        "header": harmless(jwt.header),
        "claims": harmless(jwt.claims),
        "times": {
            name: time_in_words(jwt.claims[name], now)
            for name in ("exp", "nbf", "iat", "auth_time", "updated_at")
            if name in jwt.claims
        },
        "signature": f"{len(jwt.signature)} bytes",
    }


def jwts_of(request: Request, now: float) -> dict[str, str]:
    """Return the JWTs in a request, by field, header or parameter, each decoded and written as JSON.

    As text they need a fraction of the memory, and a journal keeps a thousand exchanges.
    """
    return {name: json.dumps(taken_apart(jwt, now)) for name, jwt in _found(request)}


def harmless(value: Any) -> Any:
    """Return a JSON value with long texts, tokens, deep nesting and long lists cut; other values become text."""
    for depth in _DEPTHS:
        small = _cut_down(value, depth)
        if depth == _DEPTHS[-1] or len(json.dumps(small)) <= _LARGEST:
            break
    return small


def time_in_words(value: Any, now: float) -> str:
    """Return a time claim in words, and how far from now it is."""
    if not javascript.is_number(value) or not 0 <= value <= _LAST:
        return f"{shown(harmless(value))} is no time in seconds since 1970"
    return f"{moment(value)}, {duration(value - now)} {'ahead' if value > now else 'ago'}"


def _found(request: Request) -> Iterator[tuple[str, Jwt]]:
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    for name, value in (*request.form.pairs, *request.query.pairs, ("authorization", bearer)):
        jwt = jwts.decoded(value) if value.count(".") == 2 else None  # noqa: PLR2004 - RFC 7515, section 3.1
        if jwt is not None:
            yield name if len(name) <= _LONGEST_NAME else cut(name), jwt


def _cut_down(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return cut(value) if len(value) > _LONGEST or value.startswith("eyJ") else value
    if isinstance(value, dict | list) and depth == 0:
        return "…"
    if isinstance(value, Mapping):
        names = list(value)[:_MOST]
        members = {
            name if len(name) <= _LONGEST_NAME else cut(name): _cut_down(value[name], depth - 1) for name in names
        }
        return members | ({"…": f"{len(value) - _MOST} more"} if len(value) > _MOST else {})
    if isinstance(value, list):
        more = [f"… {len(value) - _MOST} more"] if len(value) > _MOST else []
        return [_cut_down(each, depth - 1) for each in value[:_MOST]] + more
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)
