"""Checks the client assertion, the JWT with which an app authenticates (RFC 7523): §3.4 to §3.16, §3.20a to §3.23."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.rules import rejects
from mock_servers.state.grant import fingerprint
from mock_servers.wire.wording import cut, duration, shown, url

_LONGEST_LIFETIME: Final = 300
_GRACE: Final = 10
_DAY: Final = 86400


def _header(exchange: Exchange, name: str) -> Any:
    return exchange.assertion.header.get(name, UNDEFINED)


def _claim(exchange: Exchange, name: str) -> Any:
    return exchange.assertion.claims.get(name, UNDEFINED)


@rejects(errors.CLIENT_ASSERTION_MALFORMED, after=["check_client_assertion_present"])
def decode_client_assertion(exchange: Exchange) -> str | None:
    """§3.4: it has three parts, and its header and payload are JSON objects."""
    sent = exchange.form("client_assertion") or ""
    try:
        exchange.assertion = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"client_assertion {cut(sent)} is not a JWT: {reason}. Send the assertion as the library returned it."
    return None


@rejects(errors.CLIENT_ASSERTION_ALG_NOT_RS512)
def check_client_assertion_alg(exchange: Exchange) -> str | None:
    """§3.5: it says RS512, the one algorithm that is taken."""
    alg = _header(exchange, "alg")
    if alg == "RS512":
        return None
    return f"The assertion's header says alg {shown(alg)}; many libraries sign with RS256 by default. Sign with RS512."


@rejects(errors.CLIENT_ASSERTION_EXPIRED)
def check_client_assertion_not_expired(exchange: Exchange) -> str | None:
    """§3.6: a script compares, so null, false, "" and [] mean 1970; text that is not a number is not checked here."""
    exp = _claim(exchange, "exp")
    seconds = javascript.number(exp) if exp is not UNDEFINED else math.nan
    if not seconds < exchange.now:
        return None
    if not javascript.is_number(exp):
        return f"exp is {shown(exp)}, which reads as a time in the past: set it to a whole number, now + 300 at most."
    ago = exchange.now - seconds
    return f"exp is {duration(ago)} in the past: set it to now + 300, in seconds since 1970, UTC, when you sign."


@rejects(errors.CLIENT_ASSERTION_KID_MISSING)
def find_client_assertion_kid(exchange: Exchange) -> str | None:
    """§3.7: it names its key, which is looked for later."""
    kid = _header(exchange, "kid")
    if javascript.truthy(kid):
        exchange.kid = kid
        return None
    if "kid" in exchange.assertion.claims:
        return "kid is among the claims; it belongs in the header of the assertion."
    has = "no kid" if kid is javascript.UNDEFINED else f"kid {shown(kid)}"
    return f"The assertion's header has {has}: name there the key that you registered."


@rejects(errors.CLIENT_ASSERTION_TYP_NOT_JWT)
def check_client_assertion_typ(exchange: Exchange) -> str | None:
    """§3.8: its type is JWT, in any case."""
    typ = _header(exchange, "typ")
    if isinstance(typ, str) and typ.lower() == "jwt":
        return None
    return f"The assertion's header says typ {shown(typ)}; not every library sets it by itself. Set typ to JWT."


@rejects(errors.CLIENT_ASSERTION_EXP_MISSING)
def check_client_assertion_exp_present(exchange: Exchange) -> str | None:
    """§3.9: it ends; zero, null and empty text count as no end."""
    if javascript.truthy(_claim(exchange, "exp")):
        return None
    return "The assertion has no exp: set it to now + 300, in seconds since 1970."


@rejects(errors.CLIENT_ASSERTION_EXP_NOT_NUMBER, after=["check_client_assertion_exp_present"])
def find_client_assertion_exp(exchange: Exchange) -> str | None:
    """§3.10: a fraction is accepted, despite the sentence."""
    exp = _claim(exchange, "exp")
    if javascript.is_number(exp):
        exchange.exp = javascript.number(exp)
        return None
    return f"exp is {shown(exp)}: make it a JSON number, seconds since 1970, without quotes."


@rejects(errors.CLIENT_ASSERTION_ISS_NOT_SUB)
def find_client_id(exchange: Exchange) -> str | None:
    """§3.11: compared as a script does, so 1 equals "1"."""
    iss, sub = _claim(exchange, "iss"), _claim(exchange, "sub")
    if javascript.truthy(iss) and javascript.truthy(sub) and javascript.loosely_equal(iss, sub):
        exchange.client_id = sub
        return None
    return f"iss is {shown(iss)} and sub is {shown(sub)}: both are the app's API key."


@rejects(errors.CLIENT_ASSERTION_JTI_MISSING)
def check_client_assertion_jti_present(exchange: Exchange) -> str | None:
    """§3.12: it has an id of its own; zero, null and empty text count as none."""
    jti = _claim(exchange, "jti")
    if javascript.truthy(jti):
        return None
    return f"jti is {shown(jti)}: add a fresh UUID as text to each assertion."


@rejects(errors.CLIENT_ASSERTION_JTI_NOT_STRING, after=["check_client_assertion_jti_present"])
def find_client_assertion_jti(exchange: Exchange) -> str | None:
    """§3.13: that id is text."""
    jti = _claim(exchange, "jti")
    if isinstance(jti, str):
        exchange.jti = jti
        return None
    return f"jti is {shown(jti)}: it must be text, best a fresh UUID."


def jti_key(environment: str, client_id: Any, jti: Any) -> bytes:
    """Return the key a jti is stored under."""
    return fingerprint(json.dumps([environment, client_id, jti]))


def _jti_key(exchange: Exchange) -> bytes:
    if exchange.jti_key is None:
        exchange.jti_key = jti_key(exchange.service.environment, exchange.client_id, exchange.jti)
    return exchange.jti_key


def _used(exchange: Exchange) -> str:
    return (
        f"jti {shown(exchange.jti)} was used before by {shown(exchange.client_id)}, even if that request was refused "
        "later on: sign a new assertion, with a new jti, for each request and each retry."
    )


@rejects(errors.CLIENT_ASSERTION_JTI_USED)
def check_client_assertion_jti_fresh(exchange: Exchange) -> str | None:
    """§3.14: the id was not remembered for this `sub` before."""
    remembered_until = exchange.service.store.jtis.get(_jti_key(exchange))
    return _used(exchange) if remembered_until is not None and remembered_until > exchange.now else None


@rejects(errors.CLIENT_ASSERTION_EXP_TOO_FAR)
def check_client_assertion_exp_near(exchange: Exchange) -> str | None:
    """§3.15: it ends within 310 seconds."""
    ahead = exchange.exp - exchange.now
    if ahead <= _LONGEST_LIFETIME + _GRACE:
        return None
    return (
        f"exp is {duration(ahead)} ahead; the service allows {_LONGEST_LIFETIME} s and {_GRACE} s of grace: set exp to "
        f"now + {_LONGEST_LIFETIME} or less, in seconds."
    )


@rejects(errors.CLIENT_ASSERTION_JTI_TAKEN)
def claim_client_assertion_jti(exchange: Exchange) -> str | None:
    """§3.16: remembered before key and signature are looked at; of many at once one passes."""
    until = exchange.now + exchange.service.settings.remember_jti_days * _DAY
    key, jtis = _jti_key(exchange), exchange.service.store.jtis
    if jtis.add(key, until):
        return None
    earlier = jtis.get(key)
    if earlier is not None and earlier <= exchange.now and jtis.swap(key, earlier, until):
        return None
    return _used(exchange)


@rejects(errors.CLIENT_ASSERTION_SIGNATURE_WRONG, after=["check_client_assertion_alg"])
def check_client_assertion_signature(exchange: Exchange) -> str | None:
    """§3.21: the app's key made the signature, by RS512."""
    if jwts.verify(exchange.assertion, exchange.app_key, ("RS512",)):
        return None
    kid = shown(exchange.kid)
    return (
        f"The signature was not made by the key that is registered as kid {kid}: sign with the private half of that "
        "key, and send the assertion unchanged."
    )


@rejects(errors.CLIENT_ASSERTION_NOT_YET_VALID)
def check_client_assertion_begun(exchange: Exchange) -> str | None:
    """§3.22 (I)."""
    for name in ("nbf", "iat"):
        moment = _claim(exchange, name)
        if moment is UNDEFINED or moment is None:
            continue
        if not javascript.is_number(moment):
            return f"{name} is {shown(moment)}, not a number. The service may refuse that as well, so leave it out."
        ahead = javascript.number(moment) - exchange.now
        if ahead > _GRACE:
            return f"{name} is {duration(ahead)} ahead of the service's clock: set the clock, or leave {name} out."
    return None


@rejects(errors.CLIENT_ASSERTION_AUD_WRONG)
def check_client_assertion_aud(exchange: Exchange) -> str | None:
    """§3.23: one of the accepted URLs, exactly, alone or in a list."""
    aud = _claim(exchange, "aud")
    accepted = (exchange.request.url, *exchange.service.settings.audiences)
    if aud in accepted or (isinstance(aud, list) and any(each in aud for each in accepted)):
        return None
    return f"aud is {url(aud)}: it must be the exact URL that you post to, {url(exchange.request.url)}."
