"""Checks a logout token of CIS2 (OpenID Connect Back-Channel Logout 1.0), and ends its session."""

from __future__ import annotations

from typing import Any, Final

from mock_servers.apim import errors, sessions
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.received_jwt import out_of_time, unsigned
from mock_servers.apim.subject_token import key_set_url
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import UnreachableError, read
from mock_servers.provider.provider import Provider
from mock_servers.rules import rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, shown, url

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


@rejects(errors.LOGOUT_TOKEN_MISSING)
def check_logout_token_present(exchange: Exchange) -> str | None:
    """It is in the form; the sentence is a guess (I)."""
    lacks = exchange.request.form.lacking("logout_token")
    return lacks and f"The form has {lacks}: CIS2 posts one here."


@rejects(errors.LOGOUT_TOKEN_MALFORMED, after=["check_logout_token_present"])
def decode_logout_token(exchange: Exchange) -> str | None:
    """A JWT."""
    sent = exchange.form("logout_token") or ""
    try:
        exchange.logout = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"logout_token {cut(sent)} is not a JWT: {reason}."
    return None


def _claim(exchange: Exchange, name: str) -> Any:
    return exchange.logout.claims.get(name, UNDEFINED)


def _notifying(exchange: Exchange) -> list[Provider]:
    """Return the providers whose log-outs the platform believes."""
    return [each for each in exchange.service.providers if each.on_platform.sends_logout_tokens]


@rejects(errors.LOGOUT_AUD_WRONG)
def check_logout_aud(exchange: Exchange) -> str | None:
    """The first audience is the platform, as CIS2 knows it."""
    aud, own = _claim(exchange, "aud"), _notifying(exchange)[0].on_platform.client_id
    first = aud[0] if isinstance(aud, list) and aud else aud
    return None if first == own else f"aud is {shown(aud)}: this token is for another client; the platform is {own}."


@rejects(errors.LOGOUT_ISS_WRONG)
def find_logout_provider(exchange: Exchange) -> str | None:
    """The issuer is CIS2's, in any case, under any of this mock's names."""
    issuer = _claim(exchange, "iss")
    for provider in _notifying(exchange):
        base = exchange.service.origin_of(issuer, provider)
        if base is not None:
            exchange.provider, exchange.provider_origin = provider, base
            return None
    return f"iss is {url(issuer)}, which is not the CIS2 that {exchange.service.mount} trusts."


@rejects(errors.LOGOUT_SID_MISSING)
def check_logout_sid_present(exchange: Exchange) -> str | None:
    """The session by its id; an empty text is one (S)."""
    sid = _claim(exchange, "sid")
    return None if _is_there(sid) else f"sid is {shown(sid)}: it names the session that has ended."


def _is_there(value: Any) -> bool:
    """Whether a claim is neither absent nor null, as the script asks; an empty text, 0 and false are present (S)."""
    return value is not UNDEFINED and value is not None


@rejects(errors.LOGOUT_EVENTS_WRONG)
def check_logout_events(exchange: Exchange) -> str | None:
    """The event, with any value (S), makes it a logout token."""
    events = _claim(exchange, "events")
    if isinstance(events, dict) and EVENT in events:
        return None
    return f'events is {shown(events)}: it must be {{"{EVENT}": {{}}}}.'


@rejects(errors.LOGOUT_NONCE_PRESENT)
def check_logout_nonce_absent(exchange: Exchange) -> str | None:
    """A nonce would make it an id token."""
    nonce = _claim(exchange, "nonce")
    return f"nonce is {shown(nonce)}, as in an id_token. A logout token has no nonce." if _is_there(nonce) else None


@rejects(errors.LOGOUT_JWKS_UNREACHABLE)
def fetch_logout_jwks(exchange: Exchange) -> str | None:
    """The provider's key set, fetched each time and not kept (S)."""
    where = key_set_url(exchange)
    try:
        exchange.provider_jwks = read(exchange.service.fetch(where), exchange.now, where)
    except UnreachableError as reason:
        return f"{exchange.provider.title}'s key set could not be fetched: {reason}."
    return None


@rejects(errors.LOGOUT_KID_UNKNOWN)
def find_logout_jwk(exchange: Exchange) -> str | None:
    """A key of that set."""
    kid: Any = exchange.logout.header.get("kid")
    jwk = exchange.provider_jwks.find(kid)
    if jwk is None:
        return f"kid is {shown(kid)}; {exchange.provider.title} publishes {shown(exchange.provider_jwks.kids)}."
    exchange.provider_jwk = jwk
    return None


@rejects(errors.LOGOUT_SIGNATURE_WRONG)
def check_logout_signature(exchange: Exchange) -> str | None:
    """Made by that key, with RS256 or RS512."""
    problem = unsigned(exchange, exchange.logout)
    return None if problem is None else f"{problem}."


@rejects(errors.LOGOUT_OUT_OF_TIME)
def check_logout_in_time(exchange: Exchange) -> str | None:
    """Neither expired nor of the future (I)."""
    problem = out_of_time(exchange.logout, exchange.now)
    return None if problem is None else f"{problem}: post CIS2's token when it arrives, and compare the clocks."


@rejects(errors.LOGOUT_SID_UNKNOWN)
def claim_session_end(exchange: Exchange) -> str | None:
    """A session whose code was redeemed (S): this one mark ends its tokens, refreshed ones included."""
    service, sid = exchange.service, javascript.text(_claim(exchange, "sid"))
    if sessions.end(service.store, service.environment, exchange.provider.name, sid, exchange.now):
        return None
    return (
        f"sid {cut(sid)} is no session of a log-in through {service.mount}/authorize whose code was redeemed. A code "
        "that is still to be redeemed lives on."
    )


def logged_out(_: Exchange) -> Answer:
    """Answer CIS2 with success."""
    return Answer(status=200, body={"success": True})
