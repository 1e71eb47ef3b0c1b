"""Checks the subject token of a token exchange (RFC 8693): an id token, its issuer, and its signature."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

from mock_servers.apim import errors, received_jwt
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.received_jwt import unsigned
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import FetchedJwks, UnreachableError, read
from mock_servers.jose.jwts import Jwt
from mock_servers.rules import rejects
from mock_servers.wire.wording import cut, duration, mismatch, shown, url

PROVIDER_JWKS_KEPT: Final = 86400
"""Seconds for which a provider's key set is kept; an unknown kid does fetch it again (S)."""


@rejects(errors.SUBJECT_TOKEN_MISSING)
def check_subject_token_present(exchange: Exchange) -> str | None:
    """§5.1: the form has the token of the person."""
    lacks = exchange.request.form.lacking("subject_token")
    return lacks and f"The form has {lacks}: send the id_token of CIS2 or NHS login."


@rejects(errors.SUBJECT_TOKEN_MALFORMED, after=["check_subject_token_present"])
def decode_subject_token(exchange: Exchange) -> str | None:
    """§5.2: it has three parts, and its header and payload are JSON objects."""
    sent = exchange.form("subject_token") or ""
    try:
        exchange.subject = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"subject_token {cut(sent)} is not a JWT: {reason}. Send the id_token of the provider's token answer."
    return None


SUBJECT_TOKEN_CHECKS: Final = received_jwt.checks(
    "subject_token",
    attrgetter("subject"),
    received_jwt.Rows(
        kid_missing=errors.SUBJECT_TOKEN_KID_MISSING,
        typ_not_jwt=errors.SUBJECT_TOKEN_TYP_NOT_JWT,
        alg_missing=errors.SUBJECT_TOKEN_ALG_MISSING,
        exp_missing=errors.SUBJECT_TOKEN_EXP_MISSING,
        exp_not_number=errors.SUBJECT_TOKEN_EXP_NOT_NUMBER,
        expired=errors.SUBJECT_TOKEN_EXPIRED,
        iss_missing=errors.SUBJECT_TOKEN_ISS_MISSING,
        aud_missing=errors.SUBJECT_TOKEN_AUD_MISSING,
    ),
)
"""§5.3 to §5.10."""


@rejects(errors.ACTOR_TOKEN_MALFORMED)
def decode_actor_token(exchange: Exchange) -> str | None:
    """§5.11: a patient who acts for another; an empty `act.sub` counts as absent, its signature is unchecked (S, I)."""
    act = exchange.subject.claims.get("act")
    sent = act.get("sub") if isinstance(act, dict) else None
    if not isinstance(sent, str) or not sent or not javascript.truthy(exchange.subject.claims.get("nhs_number")):
        exchange.actor = None
        return None
    try:
        exchange.actor = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return (
            f"act.sub {cut(sent)} is not a JWT: {reason} (our guess is that the service then knows no better answer)."
        )
    return None


ACTOR_TOKEN_CHECKS: Final = received_jwt.checks(
    "act.sub",
    attrgetter("actor"),
    received_jwt.Rows(
        kid_missing=errors.ACTOR_TOKEN_KID_MISSING,
        typ_not_jwt=errors.ACTOR_TOKEN_TYP_NOT_JWT,
        alg_missing=errors.ACTOR_TOKEN_ALG_MISSING,
        exp_missing=errors.ACTOR_TOKEN_EXP_MISSING,
        exp_not_number=errors.ACTOR_TOKEN_EXP_NOT_NUMBER,
        expired=None,
        iss_missing=errors.ACTOR_TOKEN_ISS_MISSING,
        aud_missing=errors.ACTOR_TOKEN_AUD_MISSING,
    ),
)
"""§5.11; whether the token has expired is not judged."""


@rejects(errors.ACTOR_TOKEN_NHS_NUMBER_MISSING)
def check_actor_nhs_number(exchange: Exchange) -> str | None:
    """The last check of §5.11."""
    if exchange.actor is None or javascript.truthy(exchange.actor.claims.get("nhs_number")):
        return None
    return "act.sub has no nhs_number: it must be the id token of the person who acts."


@rejects(errors.SUBJECT_TOKEN_ISS_UNTRUSTED)
def find_provider(exchange: Exchange) -> str | None:
    """§5.12: exactly one of the two issuers, under any of this mock's names."""
    issuer = exchange.subject.claims.get("iss")
    found = exchange.service.provider_of(issuer)
    if found is None:
        trusted = mismatch(issuer if isinstance(issuer, str) else "", exchange.service.issuers())
        return f"iss is {url(issuer)}; this environment trusts {trusted}: log in where the token is exchanged."
    exchange.provider, exchange.provider_origin = found
    return None


@rejects(errors.PROVIDER_JWKS_UNREACHABLE)
def fetch_provider_jwks(exchange: Exchange) -> str | None:
    """§5.13: the provider's key set can be fetched; it is kept for a day."""
    try:
        exchange.provider_jwks = provider_jwks(exchange, exchange.subject)
    except UnreachableError as reason:
        where = url(key_set_url(exchange))
        return f"{exchange.provider.title}'s key set at {where} could not be fetched: {reason}. Try again later."
    return None


def provider_jwks(exchange: Exchange, token: Jwt) -> FetchedJwks:
    """Return the key set of the exchange's provider: kept a day, fetched again when it lacks the token's kid.

    Raises UnreachableError.
    """
    url, table = key_set_url(exchange), exchange.service.store.jwks
    kept = table.get(("provider", url))
    fresh = kept is not None and 0 <= exchange.now - kept.at < PROVIDER_JWKS_KEPT
    if kept is None or not fresh or kept.find(_kid_of(token)) is None:
        kept = read(exchange.service.fetch(url), exchange.now, url)
        table.put(("provider", url), kept)
    return kept


def key_set_url(exchange: Exchange) -> str:
    """Return where the provider of an exchange has its key set, under the name by which it was called."""
    return f"{exchange.provider_origin}{exchange.provider.endpoint('jwks')}"


def _kid_of(token: Jwt) -> Any:
    return token.header.get("kid")


def _kid(exchange: Exchange) -> Any:
    return _kid_of(exchange.subject)


@rejects(errors.SUBJECT_TOKEN_KID_UNKNOWN)
def find_provider_jwk(exchange: Exchange) -> str | None:
    """§5.14: the provider has the key that the header names."""
    jwk = exchange.provider_jwks.find(_kid(exchange))
    if jwk is None:
        kids = shown(exchange.provider_jwks.kids)
        return f"kid is {shown(_kid(exchange))}; {exchange.provider.title} signs with {kids}. Who made this token?"
    exchange.provider_jwk = jwk
    return None


@rejects(errors.SUBJECT_TOKEN_ALG_UNSUPPORTED)
def check_subject_token_alg(exchange: Exchange) -> str | None:
    """§5.15 (I)."""
    alg = exchange.subject.header.get("alg")
    if alg in received_jwt.ALGORITHMS:
        return None
    return f"subject_token is signed by {shown(alg)}; providers sign by RS256 or RS512. Who made this token?"


@rejects(errors.SUBJECT_TOKEN_SIGNATURE_WRONG, after=["check_subject_token_alg"])
def check_subject_token_signature(exchange: Exchange) -> str | None:
    """§5.16: the provider's key made the signature."""
    problem = unsigned(exchange, exchange.subject)
    return None if problem is None else f"{problem}: send the id_token exactly as received."


@rejects(errors.SUBJECT_TOKEN_NOT_YET_VALID)
def check_subject_token_begun(exchange: Exchange) -> str | None:
    """§5.17 (I)."""
    for name in ("nbf", "iat"):
        moment = exchange.subject.claims.get(name)
        if moment is None:
            continue
        if not javascript.is_number(moment):
            return f"{name} of subject_token is {shown(moment)}, not a number (we guess that the service refuses it)."
        ahead = javascript.number(moment) - exchange.now
        if ahead > 0:
            return f"{name} of subject_token is {duration(ahead)} ahead of the service's clock."
    return None


@rejects(errors.PROOFING_LEVEL_MISSING)
def check_proofing_level(exchange: Exchange) -> str | None:
    """§5.18a (I): a script takes the first two characters of a value that is not text, and fails."""
    name = exchange.provider.level_claim
    level = exchange.subject.claims.get(name, UNDEFINED)
    if name != "identity_proofing_level" or isinstance(level, str):
        return None
    return f"{name} is {shown(level)}: send NHS login's id_token, not its access token."
