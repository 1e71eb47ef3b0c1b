"""Checks how a client authenticates at a token endpoint: a secret in the form or the header, or a signed assertion."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_servers.identity_provider.client import Client
from mock_servers.identity_provider.service import Credentials, Exchange, Service
from mock_servers.jose import javascript, jwks, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwts import Jwt
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.wire import wording
from mock_servers.wire.wording import cut, duration, shown

API_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")
"""What the platform's API keys look like."""

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@rejects(errors.TWO_IDENTITIES)
def check_one_identity(exchange: Exchange) -> str | None:
    """Either the header or the form names the client; a realm accepts both (S)."""
    if exchange.service.provider.proof.counts_registered:
        return None
    if exchange.request.basic is not None and "client_id" in exchange.request.form:
        return "There is an Authorization header and a client_id in the form: name the client in one of them."
    return None


@rejects(errors.CLIENT_NOT_AUTHENTICATED)
def find_credentials(exchange: Exchange) -> str | None:
    """An assertion, a header, or the form, in this order; each names the client. A realm counts the secret (S)."""
    form, basic = exchange.request.form, exchange.request.basic
    if exchange.service.provider.proof.counts_registered and "client_secret" in form:
        return _keep(exchange, "client_secret_post", exchange.form("client_id"), exchange.form("client_secret"))
    if exchange.service.provider.proof.counts_registered and basic is not None:
        return _keep(exchange, "client_secret_basic", *basic)
    if exchange.form("client_assertion_type") == ASSERTION_TYPE and "client_assertion" in form:
        return _keep(exchange, "private_key_jwt", exchange.form("client_id"), exchange.form("client_assertion"))
    if basic is not None:
        return _keep(exchange, "client_secret_basic", *basic)
    if "client_assertion" in form or "client_assertion_type" in form:
        sent = exchange.form("client_assertion_type")
        what = "The form has no client_assertion_type" if sent is None else f"client_assertion_type is {shown(sent)}"
        return f"{what}: it must be {ASSERTION_TYPE}, with the JWT in client_assertion."
    return _keep(exchange, "client_secret_post", exchange.form("client_id"), exchange.form("client_secret"))


def _keep(exchange: Exchange, method: str, client_id: str | None, proof: str | None) -> str | None:
    exchange.assertion = None
    if method != "private_key_jwt" and not client_id:
        return "The request names no client: send client_id, or a client_assertion."
    exchange.credentials = Credentials(method=method, client_id=client_id, proof=proof or "")
    return None


@rejects(errors.ASSERTION_MALFORMED)
def decode_assertion(exchange: Exchange) -> str | None:
    """It is a JWT; neither `kid` nor `typ` is required (S)."""
    if exchange.credentials.method != "private_key_jwt":
        return None
    try:
        exchange.assertion = jwts.decode(exchange.credentials.proof)
    except jwts.MalformedJwtError as reason:
        return f"client_assertion {cut(exchange.credentials.proof)} is not a JWT: {reason}."
    return None


def _claim(exchange: Exchange, name: str) -> Any:
    return UNDEFINED if exchange.assertion is None else exchange.assertion.claims.get(name, UNDEFINED)


@rejects(errors.ASSERTION_NOT_OF_CLIENT)
def check_assertion_names_client(exchange: Exchange) -> str | None:
    """`iss` and `sub` are the client id, which the form may repeat or leave out (S)."""
    if exchange.assertion is None:
        return None
    iss, sub, sent = _claim(exchange, "iss"), _claim(exchange, "sub"), exchange.credentials.client_id
    if isinstance(iss, str) and iss and iss == sub and sent in (None, iss):
        return None
    if sent is None:
        return f"iss is {shown(iss)} and sub is {shown(sub)}: both must be the client id."
    return f"iss is {shown(iss)}, sub is {shown(sub)} and client_id is {shown(sent)}: all three must be the client id."


@rejects(errors.ASSERTION_BY_API_KEY, after=["check_assertion_names_client"])
def check_assertion_not_by_api_key(exchange: Exchange) -> str | None:
    """It names a client, not the app's key at the platform, unless the app is registered under the same text (Q)."""
    iss, service = _claim(exchange, "iss"), exchange.service
    if exchange.assertion is None or not isinstance(iss, str) or service.client(iss) is not None:
        return None
    if not API_KEY.fullmatch(iss) and service.store.apps.get(iss) is None:
        return None
    title = service.provider.title
    return f"iss is {shown(iss)}, an API key of the platform and no client of {title}: send the client id of {title}."


@rejects(errors.TOKEN_CLIENT_UNKNOWN)
def find_client(exchange: Exchange) -> str | None:
    """It is known."""
    client_id = exchange.credentials.client_id if exchange.assertion is None else _claim(exchange, "iss")
    client = exchange.service.client(str(client_id))
    if client is None:
        return exchange.service.not_a_client(str(client_id))
    exchange.client_id, exchange.client = client.client_id, client
    return None


@rejects(errors.ASSERTION_EXPIRED)
def check_assertion_live(exchange: Exchange) -> str | None:
    """`exp` is a time to come."""
    exp = _claim(exchange, "exp")
    if exchange.assertion is None or (javascript.is_number(exp) and exp > exchange.now):
        return None
    if not javascript.is_number(exp):
        return f"exp is {shown(exp)}: set it to a number, seconds since 1970."
    return f"exp was {duration(exchange.now - exp)} ago: sign a fresh assertion for each request."


@rejects(errors.ASSERTION_TOO_LONG, after=["check_assertion_live"])
def check_assertion_near(exchange: Exchange) -> str | None:
    """30 minutes at CIS2, where 5 are documented; no limit at NHS login (S)."""
    longest = exchange.service.provider.proof.longest
    if exchange.assertion is None or longest is None:
        return None
    ahead = _claim(exchange, "exp") - exchange.now
    return None if ahead <= longest else f"exp is {duration(ahead)} ahead: set it to now + 300, in seconds."


@rejects(errors.CLIENT_KEYS_UNREACHABLE)
def fetch_client_keys(exchange: Exchange) -> str | None:
    """The registered key set, or what its URL answers now."""
    if exchange.assertion is None:
        return None
    exchange.jwks, problem = registered_keys(exchange.service, exchange.client, exchange.now)
    return problem


def registered_keys(service: Service, client: Client, now: float) -> tuple[Sequence[Mapping[str, object]], str | None]:
    """Return a client's public keys, or the reason for having none."""
    if client.key_set is not None:
        return jwks.read(json.dumps(client.key_set).encode(), now, "").keys or (), None
    if client.jwks_url is None:
        return (), f"Client {shown(client.client_id)} has registered no key: give the app jwks or jwks_url."
    try:
        found = jwks.read(service.fetch(client.jwks_url), now, client.jwks_url)
    except jwks.UnreachableError as reason:
        return (), f"{wording.url(client.jwks_url)} could not be fetched: {reason}."
    if found.keys is None:
        return (), f"{wording.url(client.jwks_url)} answered {found.problem}."
    return found.keys, None


@rejects(errors.ASSERTION_KEY_UNKNOWN)
def check_assertion_key(exchange: Exchange) -> str | None:
    """A `kid` that is sent names one of the keys; without one all are tried."""
    if exchange.assertion is None or _candidates(exchange):
        return None
    kid, known = exchange.assertion.header.get("kid", UNDEFINED), jwks.kids_of(exchange.jwks)
    return f"kid is {shown(kid)}; the client has registered {shown(known)}."


def _candidates(exchange: Exchange) -> Sequence[Mapping[str, object]]:
    kid = exchange.assertion.header.get("kid") if exchange.assertion is not None else None
    return exchange.jwks if kid is None else [key for key in exchange.jwks if key.get("kid") == kid]


@rejects(errors.ASSERTION_SIGNATURE_WRONG)
def check_assertion_signature(exchange: Exchange) -> str | None:
    """By the algorithm that the provider requires, or that is registered."""
    if exchange.assertion is None:
        return None
    algorithms = exchange.service.provider.proof.algorithms or (exchange.client.signing_algorithm,)
    alg = exchange.assertion.header.get("alg", UNDEFINED)
    if alg not in algorithms:
        return f"alg is {shown(alg)}: sign with {' or '.join(algorithms)}."
    if any(made(exchange.assertion, key, algorithms) for key in _candidates(exchange)):
        return None
    return "No registered key made the signature: sign with the private half of the key that you registered."


def made(token: Jwt, key: Mapping[str, object], algorithms: Sequence[str]) -> bool:
    """Whether a registered key made a JWT's signature; an unusable key made none."""
    try:
        return jwts.verify(token, jwks.public_key(key), algorithms)
    except ValueError:
        return False


@rejects(errors.TWO_METHODS)
def check_one_method(exchange: Exchange) -> str | None:
    """An assertion and no other credential (RFC 6749, section 2.3)."""
    if exchange.assertion is None or (exchange.request.basic is None and "client_secret" not in exchange.request.form):
        return None
    return "There is an assertion and a secret: send the assertion alone."


@rejects(errors.ASSERTION_AUDIENCE_WRONG)
def check_assertion_audience(exchange: Exchange) -> str | None:
    """The token endpoint as discovery gives it; NHS login takes its issuer, too, and a list (S)."""
    if exchange.assertion is None:
        return None
    proof, aud, good = exchange.service.provider.proof, _claim(exchange, "aud"), _audiences(exchange)
    found = aud if isinstance(aud, list) and proof.audience_list else [aud]
    if any(each in good for each in found if isinstance(each, str)):
        return None
    return _of_audience(aud, exchange.service.issuer(exchange.request.base), good[0])


def _of_audience(aud: Any, issuer: str, endpoint: str) -> str:
    if aud == issuer:
        return f"aud is the issuer: it must be the token endpoint, {wording.url(endpoint)}."
    if not isinstance(aud, str):
        return f"aud is {wording.url(aud)}: it must be the token endpoint, {wording.url(endpoint)}."
    return f"aud is {wording.url(aud)}: it must be the token endpoint, {wording.mismatch(aud, [endpoint])}."


def _audiences(exchange: Exchange) -> list[str]:
    service, issuer = exchange.service, exchange.service.issuer(exchange.request.base)
    return [f"{issuer}{service.provider.endpoints.get(word, '')}" for word in service.provider.proof.audiences]


@rejects(errors.METHOD_NOT_REGISTERED)
def check_method_registered(exchange: Exchange) -> str | None:
    """The method that the client has registered, or the only one that exists."""
    used, good = exchange.credentials.method, exchange.service.provider.proof.methods or (exchange.client.auth_method,)
    title = exchange.service.provider.title
    if used in good:
        return None
    if used == "private_key_jwt":
        return f"The client signs, and {title} has no assertion registered for it: see how the app is registered there."
    return f"The client proves itself by {used}: {title} wants {' or '.join(good)} of it."


@rejects(errors.CLIENT_SECRET_WRONG)
def check_client_secret(exchange: Exchange) -> str | None:
    """It is the client's."""
    credentials, client = exchange.credentials, exchange.client
    if exchange.assertion is not None:
        return None
    if not credentials.proof and "client_secret" not in list(exchange.request.form):
        return (
            f"The request has no client_secret and no client_assertion, and client {shown(client.client_id)} needs one."
        )
    if hmac.compare_digest(credentials.proof.encode(errors="replace"), client.client_secret.encode()):
        return None
    return f"The client secret ({len(credentials.proof)} characters) is not that of client {shown(client.client_id)}."
