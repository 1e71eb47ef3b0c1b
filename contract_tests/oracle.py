"""The contract of the token endpoint as a function of any request: the row that is answered, or success.

A third source beside the mock's flows and the list of breakages, for random requests; it verifies the signatures
itself. Where the contract is silent it has no opinion.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512

from contract_tests.jwts import from_base64url
from contract_tests.wire import HttpRequest

ISSUED: Final = "a token"
"""The result for a valid request."""

_JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
_FORM: Final = "application/x-www-form-urlencoded"
_FURTHEST: Final = 310
_GRACE: Final = 10
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?)", re.IGNORECASE | re.ASCII)
_ABSENT: Final = object()


class NoOpinionError(Exception):
    """The contract has no answer for this request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the service knows: the time, the app that asks and its key, and which subject tokens a provider signed."""

    now: int
    origin: str
    client_id: str
    kid: str
    key: RSAPublicKey
    issuers: Sequence[str]
    provider_kids: Sequence[str]
    signed: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A decoded JWT; `text` as it was sent."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    def head(self, name: str) -> Any:
        """Return a member of the header; `_ABSENT` without one."""
        return self.header.get(name, _ABSENT)

    def claim(self, name: str) -> Any:
        """Return a claim; `_ABSENT` without one."""
        return self.claims.get(name, _ABSENT)


Judge: TypeAlias = Callable[[Token, World, HttpRequest], bool]
"""Whether a rule refuses."""


def row_of(request: HttpRequest, world: World) -> str:
    """Return the row that answers a POST to the token endpoint. Raises NoOpinionError."""
    content_type = {name.lower(): value for name, value in request.headers.items()}.get("content-type", "")
    if content_type.partition(";")[0].strip() != _FORM:
        return "§2.4"
    sent = dict(reversed(parse_qsl(request.body, keep_blank_values=True, errors="surrogateescape")))
    form = {name: value for name, value in sent.items() if value}
    return _routed(form) or _asserted(form, world, request) or _exchanged(form, world, request) or ISSUED


def _routed(form: Mapping[str, str]) -> str | None:
    grant, kind = form.get("grant_type"), form.get("subject_token_type")
    if kind == _ID_TOKEN or grant == "client_credentials":
        return None
    if grant in ("authorization_code", "refresh_token"):
        raise NoOpinionError
    if grant == _EXCHANGE:
        return "§2.13"
    return "§2.14" if grant else "§2.15"


def _asserted(form: Mapping[str, str], world: World, request: HttpRequest) -> str | None:
    if form.get("client_assertion_type") != _JWT_BEARER:
        return "§3.1"
    if form.get("subject_token_type") == _ID_TOKEN and form.get("grant_type") != _EXCHANGE:
        return "§3.2"
    if "client_assertion" not in form:
        return "§3.3a" if "subject_token_type" in form and "subject_token" not in form else "§3.3"
    token = _decoded(form["client_assertion"])
    return "§3.4" if token is None else _first(_CLIENT_ASSERTION, token, world, request)


def _exchanged(form: Mapping[str, str], world: World, request: HttpRequest) -> str | None:
    if form.get("subject_token_type") != _ID_TOKEN:
        return None
    if "subject_token" not in form:
        return "§5.1"
    token = _decoded(form["subject_token"])
    if token is None:
        return "§5.2"
    if "act" in token.claims:
        raise NoOpinionError
    return _first(_SUBJECT_TOKEN, token, world, request)


def _first(rules: Sequence[tuple[str, Judge]], token: Token, world: World, request: HttpRequest) -> str | None:
    return next((row for row, minds in rules if minds(token, world, request)), None)


def _decoded(text: str) -> Token | None:
    """Decode a JWT; None for another text. Raises NoOpinionError if decoders differ."""
    parts = text.split(".")
    if len(parts) != 3 or any(re.search(r"[^A-Za-z0-9_=+/\s-]", part) for part in parts):
        return None
    if any(re.search(r"[=+/\s]", part) for part in parts):
        raise NoOpinionError
    if any(len(part) % 4 == 1 for part in parts):
        return None
    header, claims = (_object(part) for part in parts[:2])
    return None if header is None or claims is None else Token(text=text, header=header, claims=claims)


def _object(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(from_base64url(part).decode(), parse_constant=_refuse)
    except ValueError:
        return None
    except RecursionError:
        raise NoOpinionError from None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _truthy(value: Any) -> bool:
    if value is _ABSENT or value is None or (isinstance(value, float) and math.isnan(value)):
        return False
    return isinstance(value, list | dict) or bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(value: Any) -> float:
    """Return the number that a script compares; NaN for other values."""
    if value is None or value == []:
        return 0.0
    if value is _ABSENT or isinstance(value, dict):
        return math.nan
    if isinstance(value, list):
        raise NoOpinionError
    if isinstance(value, str):
        return _read(value.strip())
    return float(value) if abs(value) < 2**1023 else math.inf * (1 if value > 0 else -1)


def _read(text: str) -> float:
    if not text:
        return 0.0
    if _NUMBER.fullmatch(text):
        return float(text)
    if re.fullmatch(r"0[xob][0-9a-f]+|[+-]?Infinity", text, re.IGNORECASE):
        raise NoOpinionError
    return math.nan


def _same(one: Any, other: Any) -> bool:
    """Whether a script's == holds, for texts and for numbers; of anything mixed the contract does not speak."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if _is_number(one) and _is_number(other):
        return _seconds(one) == _seconds(other)
    if isinstance(one, list | dict) and isinstance(other, list | dict):
        return False
    if not (_truthy(one) and _truthy(other)):
        return False
    raise NoOpinionError


def _names_jwt(typ: Any) -> bool:
    return isinstance(typ, str) and typ.lower() == "jwt"


def _begins(token: Token, latest: int) -> bool:
    """Whether the token says that it begins, or was made, after the latest moment that is allowed."""
    moments = [token.claim(name) for name in ("nbf", "iat") if token.claim(name) not in (_ABSENT, None)]
    if not all(map(_is_number, moments)):
        raise NoOpinionError
    return any(_seconds(moment) > latest for moment in moments)


def _hears(aud: Any, url: str) -> bool:
    return aud == url or (isinstance(aud, list) and url in aud)


def _verified(token: Token, key: RSAPublicKey) -> bool:
    signed, _, signature = token.text.rpartition(".")
    try:
        key.verify(from_base64url(signature), signed.encode(), PKCS1v15(), SHA512())
    except InvalidSignature:
        return False
    return True


_CLIENT_ASSERTION: Final[Sequence[tuple[str, Judge]]] = (
    ("§3.5", lambda token, _w, _r: token.head("alg") != "RS512"),
    ("§3.6", lambda token, world, _r: _seconds(token.claim("exp")) < world.now),
    ("§3.7", lambda token, _w, _r: not _truthy(token.head("kid"))),
    ("§3.8", lambda token, _w, _r: not _names_jwt(token.head("typ"))),
    ("§3.9", lambda token, _w, _r: not _truthy(token.claim("exp"))),
    ("§3.10", lambda token, _w, _r: not _is_number(token.claim("exp"))),
    (
        "§3.11",
        lambda token, _w, _r: not _truthy(token.claim("iss")) or not _same(token.claim("iss"), token.claim("sub")),
    ),
    ("§3.12", lambda token, _w, _r: not _truthy(token.claim("jti"))),
    ("§3.13", lambda token, _w, _r: not isinstance(token.claim("jti"), str)),
    ("§3.15", lambda token, world, _r: _seconds(token.claim("exp")) > world.now + _FURTHEST),
    ("§3.17", lambda token, world, _r: token.claim("sub") != world.client_id),
    ("§3.20", lambda token, world, _r: token.head("kid") != world.kid),
    ("§3.21", lambda token, world, _r: not _verified(token, world.key)),
    ("§3.22", lambda token, world, _r: _begins(token, world.now + _GRACE)),
    ("§3.23", lambda token, world, request: not _hears(token.claim("aud"), world.origin + request.path)),
)
"""§3.14 and §3.16 are left out: a jti is never drawn twice."""

_SUBJECT_TOKEN: Final[Sequence[tuple[str, Judge]]] = (
    ("§5.3", lambda token, _w, _r: not _truthy(token.head("kid"))),
    ("§5.4", lambda token, _w, _r: not _names_jwt(token.head("typ"))),
    ("§5.5", lambda token, _w, _r: not _truthy(token.head("alg"))),
    ("§5.6", lambda token, _w, _r: not _truthy(token.claim("exp"))),
    ("§5.7", lambda token, _w, _r: not _is_number(token.claim("exp"))),
    ("§5.8", lambda token, world, _r: _seconds(token.claim("exp")) < world.now),
    ("§5.9", lambda token, _w, _r: not _truthy(token.claim("iss"))),
    ("§5.10", lambda token, _w, _r: not _truthy(token.claim("aud"))),
    ("§5.12", lambda token, world, _r: token.claim("iss") not in world.issuers),
    ("§5.14", lambda token, world, _r: token.head("kid") not in world.provider_kids),
    ("§5.15", lambda token, _w, _r: token.head("alg") not in ("RS256", "RS512")),
    ("§5.16", lambda token, world, _r: not world.signed(token.text)),
    ("§5.17", lambda token, world, _r: _begins(token, world.now)),
)
