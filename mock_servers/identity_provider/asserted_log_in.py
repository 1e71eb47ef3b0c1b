"""Checks a log-in that another client vouches for: NHS login's `asserted_login_identity` (D), a JWT of that client.

Its `code` is the jti of the id token that the client got for the person. The error for a bad one is not documented.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mock_servers.identity_provider import client_proof
from mock_servers.identity_provider.service import Exchange
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.state.grant import fingerprint
from mock_servers.wire.wording import cut, duration, shown

PARAMETER: Final = "asserted_login_identity"
LONGEST: Final = 60
"""Seconds that it may live (D)."""


@rejects(errors.ASSERTED_INVALID)
def decode_asserted(exchange: Exchange) -> str | None:
    """A JWT with `iss`, `code`, `jti` and `iat`, and an `exp` within a minute (D)."""
    sent = exchange.ask(PARAMETER) or ""
    try:
        exchange.asserted = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"{PARAMETER} {cut(sent)} is not a JWT: {reason}."
    lacking = [name for name in ("iss", "code", "jti") if not isinstance(_claim(exchange, name), str)]
    if not javascript.is_number(_claim(exchange, "iat")):
        lacking.append("iat")
    return f"{PARAMETER} lacks {' and '.join(lacking)}." if lacking else _not_near(exchange)


def _not_near(exchange: Exchange) -> str | None:
    exp = _claim(exchange, "exp")
    if not javascript.is_number(exp):
        return f"exp is {shown(exp)}: set it to a number, seconds since 1970."
    if exp <= exchange.now:
        return f"exp was {duration(exchange.now - exp)} ago: let the other client sign a new one for each log-in."
    ahead = exp - exchange.now
    return None if ahead <= LONGEST else f"exp is {duration(ahead)} ahead: {LONGEST} s are allowed."


def _claim(exchange: Exchange, name: str) -> Any:
    return exchange.asserted.claims.get(name, UNDEFINED)


@rejects(errors.ASSERTED_UNTRUSTED)
def fetch_voucher(exchange: Exchange) -> str | None:
    """`iss` is a client, and one of its keys made the signature."""
    service, iss = exchange.service, _claim(exchange, "iss")
    client = service.client(iss)
    if client is None:
        return f"iss is {shown(iss)}: it must be the client id for which the person logged in first."
    keys, problem = client_proof.registered_keys(service, client, exchange.now)
    if problem is not None:
        return problem
    algorithms = service.provider.proof.algorithms
    if any(client_proof.made(exchange.asserted, key, algorithms) for key in keys):
        return None
    return f"No key of client {shown(iss)} made the signature, by {' or '.join(algorithms)}."


@rejects(errors.ASSERTED_UNKNOWN)
def find_asserted_session(exchange: Exchange) -> str | None:
    """`code` is the jti of an id token of that client's, whose session goes on."""
    service, iss, jti = exchange.service, _claim(exchange, "iss"), _claim(exchange, "code")
    begun = service.store.vouchable.get((service.provider.name, iss, jti))
    if begun is None:
        return f"code is {shown(jti)}: it must be the jti of an id_token that client {shown(iss)} got here."
    session = service.store.provider_sessions.get(begun.session_id)
    if session is None or session.ended or session.expires_at <= exchange.now:
        return "The session of that log-in has ended: let the person log in again."
    exchange.session = session
    return None


@rejects(errors.ASSERTED_SPENT)
def claim_asserted(exchange: Exchange) -> str | None:
    """It is good once (D)."""
    iss, jti = _claim(exchange, "iss"), _claim(exchange, "jti")
    if exchange.service.store.jtis.add(fingerprint(json.dumps([PARAMETER, iss, jti])), _claim(exchange, "exp")):
        return None
    return f"jti {shown(jti)} was used before: let the other client sign a new one for each log-in."
