"""Selects the scopes of a token: the app's scopes for its access mode, and for the level of the log-in."""

from __future__ import annotations

from typing import Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwts import Jwt
from mock_servers.provider.provider import Provider
from mock_servers.rules import rejects
from mock_servers.wire.wording import shown

APPLICATION: Final = "urn:nhsd:apim:app:level3:"


def _kept(exchange: Exchange, mark: str) -> str | None:
    """Keep the app's scopes with `mark` on the exchange; say so if none is left."""
    scopes = tuple(dict.fromkeys(scope for scope in exchange.app.scopes if mark in scope))
    if not scopes:
        return f"App {shown(exchange.app.name)} has no scope with {mark}; it has {shown(list(exchange.app.scopes))}."
    exchange.scopes = scopes
    return None


@rejects(errors.APP_SCOPES_NONE_LEFT)
def find_app_scopes(exchange: Exchange) -> str | None:
    """The scopes of application-restricted access."""
    missing = _kept(exchange, APPLICATION)
    return f"{missing} Subscribe it to an API for application-restricted access." if missing else None


def level_mark(provider: Provider, subject: Jwt) -> str:
    """Return the part of a scope for the level of a subject token: `:aal3:`, `:P9:`."""
    level = javascript.text(subject.claims.get(provider.level_claim, UNDEFINED))
    return f":{provider.scope_mark.format(level=level)}:"


@rejects(errors.USER_SCOPES_NONE_LEFT)
def find_user_scopes(exchange: Exchange) -> str | None:
    """§5.18: the app has scopes for the level at which the person logged in."""
    missing = _kept(exchange, level_mark(exchange.provider, exchange.subject))
    return f"{missing} Log in at a level that the app has, or subscribe it to one for this." if missing else None
