"""Finds JWTs: whole, broken over lines, or as their decoded parts; and key sets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mock_servers.reading.facts import Token
from mock_servers.reading.objects import Found

_BEGINS: Final = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}")
_REST: Final = re.compile(r"[A-Za-z0-9_.-]*")
_PLAIN: Final = re.compile(r"[\w-]{8,4000}+={0,2}(?:\.[\w+/-]{8,9000}+={0,2}){2}")
"""A JWT whose parts may be plain Base64; a header has hardly ever a + or a /."""
_NEXT_LINE: Final = re.compile(r"[ \t]*\n[ \t]*([A-Za-z0-9_.-]+)(?=[\"'&,;)}]*[ \t]*(?:\n|\Z))")
_SHORTEST_LINE: Final = 40
_SIGNATURES: Final = frozenset([171, 342, 512, 683])
"""Characters of signatures by RSA keys of 1024 to 4096 bits: what follows one on the next line is not its own."""
_NAME: Final = re.compile(r"""([A-Za-z_][\w-]*)["'\]]*\s*(?:=>|[:=,])?\s*(?:string\(\d+\)\s*)?(?:Bearer\s+)?["']?$""")
_LONGEST_NAME: Final = 60
_HEADER: Final = frozenset(["alg", "kid", "typ", "x5t", "x5c", "jku", "cty", "iss", "sub", "aud", "exp", "iat", "jti"])
"""Members of a header; NHS login repeats claims there."""
_CLAIMS: Final = frozenset(["iss", "sub", "aud", "exp", "jti", "iat", "nbf"])
_BESIDE: Final = 600
"""Characters that may stand between a decoded header and the decoded payload below it."""


def tokens(text: str, objects: Sequence[Found]) -> list[Token]:
    """Return the JWTs of a text: as they stand, and those of which only the decoded parts do."""
    whole = list(_whole(text))
    known = [each.claims for each in whole]
    decoded = [each for each in _decoded(objects) if not any(_is_same(each, claims) for claims in known)]
    return sorted([*whole, *decoded], key=lambda each: each.start)


def key_sets(objects: Sequence[Found]) -> list[Mapping[str, Any]]:
    """Return the key sets among some objects; a lone key is a set of one."""
    found = [each.members for each in objects]
    sets = [each for each in found if _is_keys(each.get("keys"))]
    return sets or [{"keys": [each]} for each in found if each.get("kty") == "RSA" and "n" in each]


def _is_keys(keys: Any) -> bool:
    return isinstance(keys, list) and bool(keys) and all(isinstance(each, dict) and "kty" in each for each in keys)


def _is_same(token: Token, claims: Mapping[str, Any]) -> bool:
    return bool(token.claims) and all(claims.get(name) == value for name, value in token.claims.items())


def _whole(text: str) -> Iterator[Token]:
    end = 0
    for found in _BEGINS.finditer(text):
        if found.start() < end:
            continue
        value, end = _joined(text, found.start())
        header, claims = (_part(value, place) for place in (0, 1))
        if header is not None:
            name = _NAME.search(text, max(0, found.start() - _LONGEST_NAME), found.start())
            yield Token(
                text=value,
                header=header,
                claims=claims or {},
                start=found.start(),
                end=end,
                name=name[1] if name else "",
            )


def _joined(text: str, start: int) -> tuple[str, int]:
    """Return a JWT from its start on, with the lines that it goes on in, and where it ends."""
    plain = _PLAIN.match(text, start)
    if plain is not None and re.search(r"[+=]", plain[0]):
        return plain[0], plain.end()
    found = _REST.match(text, start)
    value, end = (found[0], found.end()) if found else ("", start)
    line = end - (text.rfind("\n", 0, start) + 1)
    while line >= _SHORTEST_LINE and not (value.count(".") == 2 and len(value.rpartition(".")[2]) in _SIGNATURES):  # noqa: PLR2004 - a JWT has three parts
        following = _NEXT_LINE.match(text, end)
        if following is None or len(following[1]) > line:
            break
        value, end, line = value + following[1], following.end(1), len(following[1])
    return value.rstrip("."), end


def _part(value: str, place: int) -> dict[str, Any] | None:
    parts = value.split(".")
    if place >= len(parts):
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[place] + "=" * (-len(parts[place]) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _decoded(objects: Sequence[Found]) -> Iterator[Token]:
    """Yield the JWTs of decoded parts: a payload goes with the header that stands beside it, before or behind."""
    own = [each for each in objects if "kty" not in each.members and not {"error", "grant_type"} & each.members.keys()]
    headers = [each for each in own if "alg" in each.members and each.members.keys() <= _HEADER]
    payloads = [each for each in own if each not in headers and len(each.members.keys() & _CLAIMS) >= 2]  # noqa: PLR2004 - one may be of anything
    for payload in payloads:
        beside = [each for each in headers if _gap(each, payload) < _BESIDE]
        header = min(beside, key=lambda each: _gap(each, payload), default=None)
        if header is not None:
            headers.remove(header)
        yield _of_parts(header, payload)
    if headers and not payloads:
        yield _of_parts(headers[0], None)


def _gap(one: Found, other: Found) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _of_parts(header: Found | None, payload: Found | None) -> Token:
    parts = [each for each in (header, payload) if each is not None]
    return Token(
        header=header.members if header is not None else {},
        claims=payload.members if payload is not None else {},
        start=min(each.start for each in parts),
        end=max(each.end for each in parts),
    )
