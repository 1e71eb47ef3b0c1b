"""Checks the redirect from a provider: the platform's state, the provider's tokens; then issues a code of its own.

Where the contract is silent (an error of the provider in the query), the answer is the service's catch-all, a guess.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from mock_servers.apim import errors, platform_client
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.received_jwt import ALGORITHMS, out_of_time, unsigned
from mock_servers.apim.redirects import redirect
from mock_servers.apim.tokens import new_session
from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import UnreachableError
from mock_servers.journal import provenance
from mock_servers.rules import rejects
from mock_servers.state.grant import Issued, PlatformCode
from mock_servers.wire.json_text import object_of
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, duration, shown, url

CODE_LIFETIME: Final = 300
"""Seconds (S)."""


@rejects(errors.STATE_UNKNOWN)
def find_pending(exchange: Exchange) -> str | None:
    """A state that this deployment of the platform has issued, and that was not used yet."""
    sent, service = exchange.query("state"), exchange.service
    if sent is None:
        lacks = exchange.request.query.lacking("state")
        return f"The query string has {lacks}: a provider sends people here, with the state that /authorize gave it."
    pending = service.store.pending.get(sent)
    if pending is None or (pending.mount, pending.environment) != (service.mount, service.environment):
        return (
            f"state {cut(sent)} was not issued by {service.mount}/authorize. Your application's own state comes "
            "back to its redirect_uri; this one is between the platform and the provider."
        )
    if pending.spent_at is not None:
        return f"state {cut(sent)} was used {duration(exchange.now - pending.spent_at)} ago: begin at /authorize again."
    exchange.pending = pending
    return None


@rejects(errors.STATE_EXPIRED)
def check_pending_live(exchange: Exchange) -> str | None:
    """How long a state is kept is a guess (I)."""
    late = exchange.now - exchange.pending.expires_at
    if late < 0:
        return None
    return f"The log-in took too long: the state expired {duration(late)} ago (for how long it is kept is our guess)."


@rejects(errors.STATE_TAKEN)
def claim_state(exchange: Exchange) -> str | None:
    """Of several requests at once with one state, exactly one passes."""
    sent, pending = exchange.query("state") or "", exchange.pending
    if exchange.service.store.pending.swap(sent, pending, replace(pending, spent_at=exchange.now)):
        return None
    return f"state {cut(sent)} was used by another request at this moment."


@rejects(errors.CALLBACK_CLIENT_UNKNOWN)
def find_app_of_pending(exchange: Exchange) -> str | None:
    """The app that started the log-in as it is now, with the scopes that it had then (S)."""
    service, pending = exchange.service, exchange.pending
    app = service.store.apps.get(pending.client_id)
    if app is None or not app.known_in(service.environment):
        return f"The app with API key {shown(pending.client_id)} was removed during the log-in."
    exchange.app = replace(app, scopes=pending.scopes)
    exchange.provider = next(provider for provider in service.providers if provider.name == pending.provider)
    exchange.provider_origin = pending.base
    return None


@rejects(errors.PROVIDER_REFUSED)
def check_provider_error(exchange: Exchange) -> str | None:
    """The provider sent the person back without a code (I)."""
    error = exchange.query("error")
    if error is None:
        return None
    description = shown(exchange.query("error_description") or "no description")
    return (
        f"{exchange.provider.title} answered the log-in with error {shown(error)} ({description}). "
        "Our guess is that the platform then shows its own error, and does not send the person back to the application."
    )


@rejects(errors.PROVIDER_TOKENS_REFUSED)
def fetch_provider_tokens(exchange: Exchange) -> str | None:
    """The platform redeems the provider's code, as a client of its own; any refusal ends the log-in (I)."""
    service, provider = exchange.service, exchange.provider
    token_url = f"{exchange.provider_origin}{provider.endpoint('token')}"
    form = {
        "grant_type": "authorization_code",
        "code": exchange.query("code") or "",
        "redirect_uri": exchange.pending.callback_uri,
        **platform_client.proof(provider, token_url, service.own_key(), service.identifiers, exchange.now),
    }
    try:
        status, body = service.call(token_url, form)
    except UnreachableError as reason:
        return f"{provider.title} could not be asked for the tokens: {reason}."
    exchange.provider_tokens, exchange.provider_tokens_at = object_of(body) or {}, service.clock.now()
    if status < HTTPStatus.BAD_REQUEST:
        return None
    said = exchange.provider_tokens.get("error_description") or exchange.provider_tokens.get("error") or "no error"
    return f"{provider.title} answered the platform's token request with {status}: {shown(said)}."


@rejects(errors.EXTERNAL_ID_TOKEN_MISSING, after=["fetch_provider_tokens"])
def check_external_id_token_present(exchange: Exchange) -> str | None:
    """An answer without one gets no further (I)."""
    if isinstance(exchange.provider_tokens.get("id_token"), str):
        return None
    return f"{exchange.provider.title} answered the platform's token request without an id_token."


@rejects(errors.EXTERNAL_ID_TOKEN_MALFORMED, after=["check_external_id_token_present"])
def decode_external_id_token(exchange: Exchange) -> str | None:
    """A JWT."""
    sent = exchange.provider_tokens["id_token"]
    try:
        exchange.subject = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"The id_token of {exchange.provider.title}, {cut(sent)}, is not a JWT: {reason}."
    return None


@rejects(errors.EXTERNAL_ID_TOKEN_AUD_WRONG)
def check_external_aud(exchange: Exchange) -> str | None:
    """The platform's client id, compared as a script does: a list of one passes, a list of two fails."""
    aud: Any = exchange.subject.claims.get("aud", UNDEFINED)
    own = exchange.provider.on_platform.client_id
    if javascript.loosely_equal(aud, own):
        return None
    return f"aud of the provider's id_token is {shown(aud)}; the platform is {shown(own)} there."


@rejects(errors.EXTERNAL_ID_TOKEN_ISS_MISSING)
def check_external_iss_present(exchange: Exchange) -> str | None:
    """The script converts it to lower case, and fails if it is not text (I)."""
    issuer: Any = exchange.subject.claims.get("iss", UNDEFINED)
    if isinstance(issuer, str):
        return None
    return f"iss of the provider's id_token is {shown(issuer)}: the platform's script fails over that (our guess)."


@rejects(errors.EXTERNAL_ID_TOKEN_ISS_WRONG)
def check_external_iss(exchange: Exchange) -> str | None:
    """The provider's issuer, in any case, under any of this mock's names."""
    issuer: Any = exchange.subject.claims.get("iss", UNDEFINED)
    if exchange.service.origin_of(issuer, exchange.provider) is not None:
        return None
    return f"iss of the provider's id_token is {url(issuer)}, which is not {exchange.provider.title}'s."


@rejects(errors.EXTERNAL_ID_TOKEN_KID_UNKNOWN)
def find_external_jwk(exchange: Exchange) -> str | None:
    """A key of the provider's set."""
    kid: Any = exchange.subject.header.get("kid")
    jwk = exchange.provider_jwks.find(kid)
    if jwk is None:
        kids = shown(exchange.provider_jwks.kids)
        return f"kid of the provider's id_token is {shown(kid)}; {exchange.provider.title} publishes {kids}."
    exchange.provider_jwk = jwk
    return None


@rejects(errors.EXTERNAL_ID_TOKEN_ALG_UNSUPPORTED)
def check_external_alg(exchange: Exchange) -> str | None:
    """RS256 or RS512 (I)."""
    alg = exchange.subject.header.get("alg")
    if alg in ALGORITHMS:
        return None
    return f"The provider's id_token is signed by {shown(alg)}; the platform knows RS256 and RS512."


@rejects(errors.EXTERNAL_ID_TOKEN_SIGNATURE_WRONG)
def check_external_signature(exchange: Exchange) -> str | None:
    """Made by that key, with RS256 or RS512; the sentence is that of the token exchange (I)."""
    problem = unsigned(exchange, exchange.subject)
    return None if problem is None else f"Of the provider's id_token: {problem}."


@rejects(errors.EXTERNAL_ID_TOKEN_OUT_OF_TIME)
def check_external_in_time(exchange: Exchange) -> str | None:
    """Neither expired nor issued in the future when it arrived (I), which is later than the request for it."""
    problem = out_of_time(exchange.subject, exchange.provider_tokens_at)
    return None if problem is None else f"Of the provider's id_token, {problem}: compare the clocks."


def send_back(exchange: Exchange) -> Answer:
    """Give the client a code of the platform's own, and its state back."""
    service, pending = exchange.service, exchange.pending
    tokens = exchange.provider_tokens
    session = new_session(exchange, str(tokens.get("id_token") or ""), str(tokens.get("access_token") or ""))
    code = service.identifiers.apigee_code()
    granted = PlatformCode(
        mount=service.mount,
        environment=service.environment,
        client_id=pending.client_id,
        redirect_uri=pending.redirect_uri,
        scopes=exchange.scopes,
        session=session,
        expires_at=exchange.now + CODE_LIFETIME,
    )
    service.store.platform_codes.put(code, granted)
    provenance.remember(service.store, code, _issued(exchange, granted))
    return redirect(pending.redirect_uri, {"code": code, "state": pending.state})


def _issued(exchange: Exchange, granted: PlatformCode) -> Issued:
    return Issued(
        kind="authorization code",
        issuer="the platform",
        client_id=granted.client_id,
        person=granted.session.subject,
        at=exchange.now,
        expires_at=granted.expires_at,
        environment=granted.environment,
        redeem_at=f"{granted.mount}/token",
        home=exchange.request.base if exchange.service.is_real else "",
        only_at_home=exchange.service.is_real,
    )
