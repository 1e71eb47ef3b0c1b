"""Finds private keys in requests. They have no place in one, and are leaked once they arrive."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mock_servers.jose import jwts
from mock_servers.wire.request import Request
from mock_servers.wire.wording import name as harmless
from mock_servers.wire.wrapping import json_object, text_of_base64

_WORDS: Final = "PRIVATE KEY"
_PRIVATE: Final = re.compile(rf"-----BEGIN ([A-Z0-9]+ )*{_WORDS}")
_JWT: Final = "eyJ"
_HIDES: Final = (_WORDS.encode(), b"\\")
"""What JSON contains that holds such a line, or an escape that may stand for one."""
_DER: Final = re.compile(r"MII[A-Za-z0-9+/\s]{200,}={0,2}\s*")
_VERSIONED: Final = re.compile(rb"\x30\x82..\x02\x01[\x00\x01]", re.DOTALL)
"""How the DER of a private key begins: a sequence, and in it a version, which a public key does not have."""
_LONGEST: Final = 1 << 16
_SHORTEST: Final = 100
"""Characters; a private key in base64 is never as short."""


def private_key_in(request: Request) -> str | None:
    """Return where in a request a private key is; `None` for most requests."""
    parameters = (*request.form.pairs, *request.query.pairs)
    named = next((name for name, value in parameters if is_private(value[:_LONGEST])), None)
    if named is not None:
        return harmless(named)
    return next((where for where, value in _beside_parameters(request) if is_private(value[:_LONGEST])), None)


def _beside_parameters(request: Request) -> Iterator[tuple[str, str]]:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    yield "The Authorization header", rest if scheme.lower() != "basic" else (text_of_base64(rest.strip()) or "")
    yield "The header apikey", request.headers.get("apikey", "")
    if not request.form.pairs:
        yield "The body", request.body[:_LONGEST].decode(errors="replace")


def is_private(value: str) -> bool:
    """Whether a text holds a private key: as PEM, DER or JWK, as base64 of one of these, or in a claim of a JWT."""
    if _WORDS in value and _PRIVATE.search(value):
        return True
    if len(value) <= _SHORTEST and "." not in value and "{" not in value:  # neither base64, nor a JWT, nor JSON
        return False
    if value.startswith(_JWT) and value.count(".") == 2:  # noqa: PLR2004 - a JWT, like most long values
        return _is_private_jwt(value)
    if _is_private_jwk(json_object(value)) or _is_private_der(value):
        return True
    text = text_of_base64(value.strip()) if len(value) > _SHORTEST else None
    if text is not None:
        return bool(_PRIVATE.search(text) or _is_private_jwk(json_object(text)))
    return _is_private_jwt(value)


def _is_private_jwt(value: str) -> bool:
    parts = value.split(".")
    if len(parts) != 3 or not (_hides(parts[0]) or _hides(parts[1])):  # noqa: PLR2004 - a JWT has three
        return False
    jwt = jwts.decoded(value)
    if jwt is None:
        return False
    texts = (each for each in (*jwt.header.values(), *jwt.claims.values()) if isinstance(each, str))
    return any(_PRIVATE.search(each) for each in texts)


def _hides(part: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:  # not base64url, so not a JWT
        return False
    key, escape = _HIDES
    return key in raw or escape in raw


def _is_private_jwk(members: Mapping[str, Any] | None) -> bool:
    if members is None:
        return False
    keys = members.get("keys")
    jwks = keys if isinstance(keys, list) else [members]
    return any(isinstance(jwk, dict) and "kty" in jwk and isinstance(jwk.get("d"), str) for jwk in jwks)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except ValueError:
        return b""


def _is_private_der(value: str) -> bool:
    if not _DER.fullmatch(value):
        return False
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few requests get here
        from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415 - the same
    except ModuleNotFoundError:  # in a browser, where no private key is read: it begins as one
        return _VERSIONED.match(_decoded(value)) is not None
    try:  # without the proof that its numbers are primes, which takes half a second: it is only recognised
        load_der_private_key(base64.b64decode(value), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
