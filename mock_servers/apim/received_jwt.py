"""The checks that a subject token and an actor token share, each with its own rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.apim.exchange import Exchange
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import public_key
from mock_servers.jose.jwts import Jwt
from mock_servers.rules import Kind, Rule, ServiceError
from mock_servers.wire.wording import duration, shown

ALGORITHMS: Final = ("RS256", "RS512")
"""The algorithms of a provider's signature that the platform accepts (I)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The row of each check of one token; `expired` is `None` where expiry is not checked."""

    kid_missing: ServiceError
    typ_not_jwt: ServiceError
    alg_missing: ServiceError
    exp_missing: ServiceError
    exp_not_number: ServiceError
    expired: ServiceError | None
    iss_missing: ServiceError
    aud_missing: ServiceError


def checks(noun: str, token: Callable[[Exchange], Jwt | None], rows: Rows) -> list[Rule[Exchange]]:
    """Return the rules for the token that `token` finds, in the order of the contract; no token, no objection."""
    ordered = (
        ("kid", rows.kid_missing, _header_present("kid")),
        ("typ", rows.typ_not_jwt, _typ),
        ("alg", rows.alg_missing, _header_present("alg")),
        ("exp_present", rows.exp_missing, _claim_present("exp")),
        ("exp_number", rows.exp_not_number, _exp_number),
        ("not_expired", rows.expired, _not_expired),
        ("iss_present", rows.iss_missing, _claim_present("iss")),
        ("aud_present", rows.aud_missing, _claim_present("aud")),
    )
    return [_rule(noun, name, error, token, check) for name, error, check in ordered if error is not None]


def _rule(
    noun: str,
    name: str,
    error: ServiceError,
    token: Callable[[Exchange], Jwt | None],
    check: Callable[[Exchange, str, Jwt], str | None],
) -> Rule[Exchange]:
    def objection(exchange: Exchange) -> str | None:
        jwt = token(exchange)
        return check(exchange, noun, jwt) if jwt is not None else None

    prefix = f"check_{noun.replace('.', '_')}"
    after = (f"{prefix}_exp_present",) if name == "exp_number" else ()
    return Rule(kind=Kind.CHECK, error=error, objection=objection, name=f"{prefix}_{name}", after=after)


def _header_present(name: str) -> Callable[[Exchange, str, Jwt], str | None]:
    def check(_: Exchange, noun: str, jwt: Jwt) -> str | None:
        value: Any = jwt.header.get(name, UNDEFINED)
        if javascript.truthy(value):
            return None
        return f"The header of {noun} has {name} {shown(value)}: send the provider's id_token unchanged."

    return check


def _claim_present(name: str) -> Callable[[Exchange, str, Jwt], str | None]:
    def check(_: Exchange, noun: str, jwt: Jwt) -> str | None:
        value: Any = jwt.claims.get(name, UNDEFINED)
        if javascript.truthy(value):
            return None
        return f"{noun} has {name} {shown(value)}: send the provider's id_token unchanged, not another of its tokens."

    return check


def _typ(_: Exchange, noun: str, jwt: Jwt) -> str | None:
    typ: Any = jwt.header.get("typ", UNDEFINED)
    if isinstance(typ, str) and typ.lower() == "jwt":
        return None
    says = "has no typ" if typ is UNDEFINED else f"says typ {shown(typ)}"
    return f"The header of {noun} {says}: an id_token says JWT. Is this another kind of token, or another provider's?"


def _exp_number(_: Exchange, noun: str, jwt: Jwt) -> str | None:
    exp = jwt.claims.get("exp", UNDEFINED)
    if javascript.is_number(exp):
        return None
    return f"exp of {noun} is {shown(exp)}: it must be a JSON number, seconds since 1970."


def _not_expired(exchange: Exchange, noun: str, jwt: Jwt) -> str | None:
    exp = javascript.number(jwt.claims.get("exp", UNDEFINED))
    if not exp < exchange.now:
        return None
    return (
        f"{noun} expired {duration(exchange.now - exp)} ago: exchange the id_token right after the log-in, and keep "
        "the refresh_token that the exchange gives."
    )


def unsigned(exchange: Exchange, jwt: Jwt) -> str | None:
    """Say why a JWT is not signed by the key that was found at its provider, with RS256 or RS512; null when it is."""
    title = exchange.provider.title
    try:
        key = public_key(exchange.provider_jwk)
    except ValueError as reason:
        return f"{title}'s key cannot be used: {reason}"
    if jwts.verify(jwt, key, ALGORITHMS):
        return None
    return f"The signature is not that of {title}'s key {shown(jwt.header.get('kid'))}"


def out_of_time(jwt: Jwt, now: float) -> str | None:
    """Name the time of a JWT that is invalid, as the gateway's own check has it (I); null means none."""
    bounds = {"exp": (now, math.inf), "nbf": (-math.inf, now), "iat": (-math.inf, now)}
    for name, (first, last) in bounds.items():
        value: Any = jwt.claims.get(name)
        if value is not None and not javascript.is_number(value):
            return f"{name} is {shown(value)}, not a number (we guess that the service refuses it)"
        if value is not None and not first <= javascript.number(value) <= last:
            ago = now - javascript.number(value)
            return f"{name} is {duration(ago)} {'ago' if ago > 0 else 'ahead'}"
    return None
