"""Checks the bearer token (RFC 6750) or the API key of a call."""

from __future__ import annotations

from mock_servers.apim import sessions
from mock_servers.gateway import errors
from mock_servers.gateway.service import Exchange
from mock_servers.rules import rejects
from mock_servers.wire.wording import cut, duration, moment, shown

_BEARER = "bearer "


@rejects(errors.TOKEN_MISSING)
def find_bearer(exchange: Exchange) -> str | None:
    """Refuse a call without the header, with another scheme (I), or with nothing after `Bearer`."""
    sent = exchange.request.headers.get("authorization", "")
    token = sent[len(_BEARER) :].strip() if sent.lower().startswith(_BEARER) else ""
    if not token:
        return "There is no `Authorization: Bearer …` header with a token: look at what the token request answered."
    exchange.bearer = token
    return None


@rejects(errors.TOKEN_UNKNOWN)
def find_token(exchange: Exchange) -> str | None:
    """Issued by this environment of the platform, to an app that is still there (I)."""
    store = exchange.service.store
    token = store.access_tokens.get(exchange.bearer)
    app = store.apps.get(token.client_id) if token else None
    if token is None or app is None or token.environment != exchange.service.settings.environment:
        return f"Bearer token {cut(exchange.bearer)} was not issued by this environment's token service."
    exchange.token = token
    return None


@rejects(errors.TOKEN_REVOKED)
def check_token_not_revoked(exchange: Exchange) -> str | None:
    """The provider has not ended the session (I)."""
    ended_at = sessions.revoked_at(exchange.service.store, exchange.token)
    if ended_at is None:
        return None
    by_hand = sessions.revoked_by_hand(exchange.token)
    return (
        by_hand or f"The token was revoked at {moment(ended_at)}: the person logged out at the provider. Log in again."
    )


@rejects(errors.TOKEN_EXPIRED)
def check_token_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.token.expires_at
    return None if late < 0 else f"The token expired {duration(late)} ago: renew it a minute before it does."


@rejects(errors.API_KEY_INVALID)
def check_api_key_known(exchange: Exchange) -> str | None:
    """The key of an app of this environment."""
    sent = exchange.request.headers.get("apikey", "")
    app = exchange.service.store.apps.get(sent)
    if app is not None and app.known_in(exchange.service.settings.environment):
        return None
    return f"apikey {cut(sent)} is the key of no app of environment {exchange.service.settings.environment}."


@rejects(errors.API_KEY_NOT_APPROVED, after=["check_api_key_known"])
def check_api_key_approved(exchange: Exchange) -> str | None:
    """App, key, developer and company in order."""
    app = exchange.service.store.apps.get(exchange.request.headers.get("apikey", ""))
    live = app is not None and app.usable and not app.expired(exchange.now)
    return None if live else "The app behind the API key, or the key, is not approved, or the key has expired."


@rejects(errors.NO_SUCH_API)
def check_api_known(exchange: Exchange) -> str | None:
    """An API exists at the path."""
    path = exchange.request.target.partition("?")[0]
    return f"{shown(path)} belongs to no API here: call one that exists. A mock plays those listed under apis."
