"""JWTs as text, header, claims and signature: decoded strictly, and built in any damaged form that a test wants.

cryptography makes and checks the signatures; without it, arithmetic checks them. PyJWT's `decode` also checks `iat` and
more, and loads every other algorithm, which a server would hold for as long as it runs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from mock_servers.jose import rsa_numbers
from mock_servers.jose.rsa_numbers import PlainKey, PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives._asymmetric import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_OUTSIDE = re.compile(r"[^A-Za-z0-9_-]")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_DEEPEST = 100
"""Levels of a header or payload. Real ones have two or three, and their readers may be recursive."""
_SHORT: Final = 200
"""Characters of a usual header: algorithm, type and name of a key."""
_LONGEST_INTEGER = 400
"""Digits; a longer number is infinite to a script, and Python refuses to read it."""


class MalformedJwtError(ValueError):
    """The text is not a JWT. The message says what was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwt:
    """A decoded JWT. Nothing about it has been verified."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Alterations:
    """The changes a test wants: members added or replaced, and members left out (`exp`, `header.kid`)."""

    claims: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    without: Sequence[str] = ()


UNALTERED = Alterations()


def decode(text: str) -> Jwt:
    """Decode a JWT: three base64url parts, header and claims JSON objects. Raises MalformedJwtError."""
    if not text.strip():
        raise MalformedJwtError("there is nothing in it")
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - RFC 7515, section 3.1
        raise MalformedJwtError(f"it has {len(parts)} part{'s' * (len(parts) != 1)} between dots, and a JWT has three")
    header, claims = _header(parts[0]), _json_object("payload", parts[1])
    signature = _bytes("signature", parts[2])
    return Jwt(header=header, claims=claims, signing_input=f"{parts[0]}.{parts[1]}".encode(), signature=signature)


def decoded(text: str) -> Jwt | None:
    """Return the JWT of a text; `None` for any other text."""
    try:
        return decode(text)
    except MalformedJwtError:
        return None


def verify(jwt: Jwt, key: PublicKey, algorithms: Sequence[str]) -> bool:
    """Whether `key` made the signature, by the algorithm of the header, which must be one of `algorithms`."""
    name = jwt.header.get("alg")
    if not isinstance(name, str) or name not in algorithms:
        return False
    if isinstance(key, PlainKey):
        return rsa_numbers.is_signature(key, jwt.signature, jwt.signing_input, name)
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - for the first signature

    try:
        cast("RSAPublicKey", key).verify(jwt.signature, jwt.signing_input, *_scheme(name))
    except InvalidSignature:
        return False
    return True


@cache
def _scheme(name: str) -> tuple[AsymmetricPadding, HashAlgorithm]:
    """Return padding and hash of one of RSA's algorithms (RFC 7518, sections 3.3 and 3.5)."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - for the first signature
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - the same

    sha: HashAlgorithm = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[name[2:]]
    if name.startswith("RS"):
        return padding.PKCS1v15(), sha
    return padding.PSS(mgf=padding.MGF1(sha), salt_length=sha.digest_size), sha


def sign(header: Mapping[str, Any], claims: Mapping[str, Any], key: RSAPrivateKey) -> str:
    """Build a JWT with members in the given order.

    Signed by the header's `alg` if that is an RSA algorithm; with an empty signature if it is `none`; else by RS512, so
    that a test can lie about the algorithm.
    """
    name = header.get("alg")
    signed = signing_input(_json(header), _json(claims))
    if name == "none":
        return f"{signed.decode()}."
    scheme = _scheme(name if isinstance(name, str) and name in _RSA else "RS512")
    return f"{signed.decode()}.{base64url(key.sign(signed, *scheme))}"


def signing_input(header: bytes, payload: bytes) -> bytes:
    """Return the signing input of a JWT with this header and payload."""
    return f"{base64url(header)}.{base64url(payload)}".encode()


def altered(
    members: Mapping[str, Any], changes: Mapping[str, Any], without: Sequence[str], prefix: str = ""
) -> dict[str, Any]:
    """Return `members` with `changes` made and those named in `without` (each after `prefix`) left out."""
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if f"{prefix}{name}" not in without}


def _json(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def base64url(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(part: str, text: str) -> bytes:
    try:
        return _read(text)
    except ValueError:
        raise MalformedJwtError(_why_unread(part, text)) from None


def _read(text: str) -> bytes:
    """Read base64url without padding. Raises ValueError; a slower second look finds out why."""
    if "+" in text or "/" in text or "=" in text:
        raise ValueError(text)
    standard = (text + "=" * (-len(text) % 4)).encode().translate(_STANDARD)
    return binascii.a2b_base64(standard, strict_mode=True)


def _why_unread(part: str, text: str) -> str:
    outside = _OUTSIDE.search(text)
    if outside is not None:
        return f"character {outside.start() + 1} of its {part} is {outside.group()!a}, which base64url does not have"
    return f"its {part} of {len(text)} characters is cut off: no base64url has that length"


def _header(text: str) -> Mapping[str, Any]:
    return dict(_header_again(text)) if len(text) <= _SHORT else _json_object("header", text)


@lru_cache(maxsize=64)
def _header_again(text: str) -> Mapping[str, Any]:
    """Return a header, decoded once: a client sends the same one with each JWT."""
    return _json_object("header", text)


def _json_object(part: str, text: str) -> Mapping[str, Any]:
    try:
        written = _bytes(part, text).decode()
        found = _JSON.decode(written)
    except (UnicodeDecodeError, json.JSONDecodeError) as broken:
        raise MalformedJwtError(f"its {part} decodes to something that is not JSON") from broken
    except RecursionError as too_deep:
        raise MalformedJwtError(f"its {part} is nested too deeply") from too_deep
    if not isinstance(found, dict):
        raise MalformedJwtError(f"its {part} is {_kind(found)}, not an object")
    if written.count("{") + written.count("[") >= _DEEPEST and _is_deep(found):
        raise MalformedJwtError(f"its {part} is nested more than {_DEEPEST} deep")
    return found


def _kind(found: Any) -> str:
    if found is None or isinstance(found, bool):
        return f"a JSON {json.dumps(found)}"
    return "a JSON list" if isinstance(found, list) else f"a JSON {'string' if isinstance(found, str) else 'number'}"


def _is_deep(found: Any) -> bool:
    level = [found]
    for _ in range(_DEEPEST):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < _LONGEST_INTEGER else float(digits)


def _refuse_constant(constant: str) -> Any:
    raise MalformedJwtError(f"it holds {constant}, which JSON does not have")


_JSON: Final = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant)
