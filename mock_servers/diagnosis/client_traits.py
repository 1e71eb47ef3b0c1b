"""Traits of a request that identify the client library: the order of members, lifetimes, forms of values, headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_servers.jose import javascript
from mock_servers.jose.jwts import Jwt
from mock_servers.wire.request import Request

_SKU: Final = "x-client-sku"
_SKU_FIELD: Final = "x-client-SKU"
_LONGEST: Final = 300
"""Characters of a trait; no library makes a longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Traits of a request that identify the client library.

    `header` and `claims` are names in their order with spaces between, empty without a JWT; `lifetime` is seconds,
    `None` if unknown; `sku` is what Microsoft's libraries say of themselves; `audience` is `text`, `list` or empty;
    `fraction`: a time of the JWT has one; `client_info`: a log-in asks for it, as those libraries do.
    """

    header: str = ""
    claims: str = ""
    kid: str = ""
    jti: str = ""
    lifetime: float | None = None
    audience: str = ""
    fraction: bool = False
    basic: bool = False
    content_type: str = ""
    user_agent: str = ""
    sku: str = ""
    client_info: bool = False


def traits_of(request: Request, jwt: Jwt | None, now: float) -> Traits:
    """Read the traits of a request and of the JWT that its client signed; `now` stands in for a missing `iat`."""
    headers = request.headers
    carried = Traits(
        basic=headers.get("authorization", "").lower().startswith("basic "),
        content_type=headers.get("content-type", "")[:_LONGEST],
        user_agent=headers.get("user-agent", "")[:_LONGEST],
        sku=(headers.get(_SKU) or request.form.get(_SKU_FIELD) or request.query.get(_SKU_FIELD) or "")[:_LONGEST],
        client_info="client_info" in request.query and "response_type" in request.query,
    )
    return carried if jwt is None else _with_jwt(carried, jwt, now)


def _with_jwt(carried: Traits, jwt: Jwt, now: float) -> Traits:
    claims, aud = jwt.claims, jwt.claims.get("aud")
    return replace(
        carried,
        header=_names(jwt.header),
        claims=_names(claims),
        kid=str(jwt.header.get("kid", ""))[:_LONGEST],
        jti=str(claims.get("jti", ""))[:_LONGEST],
        lifetime=_lifetime(claims.get("exp"), claims.get("iat", now)),
        audience="text" if isinstance(aud, str) else "list" if isinstance(aud, list) else "",
        fraction=any(_has_fraction(claims.get(name)) for name in ("exp", "iat", "nbf")),
    )


def _names(members: Iterable[str]) -> str:
    return " ".join(members)[:_LONGEST]


def _lifetime(exp: Any, begun: Any) -> float | None:
    if not javascript.is_number(exp) or not javascript.is_number(begun):
        return None
    return javascript.number(exp) - javascript.number(begun)


def _has_fraction(moment: Any) -> bool:
    return isinstance(moment, float) and not moment.is_integer()
