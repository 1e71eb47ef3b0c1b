"""Checks a request for userinfo, and returns what the token's scopes allow; NHS login's PATCH stores metadata."""

from __future__ import annotations

import json
from typing import Any, Final

from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.service import Exchange
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.state import person as people
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, duration, shown

_LONGEST_METADATA: Final = 1024
_MEMBER: Final = "client_user_metadata"
_REGENERATED: Final = "auto"


@rejects(errors.USERINFO_METHOD)
def check_userinfo_method(exchange: Exchange) -> str | None:
    """GET or POST (OpenID Connect Core 1.0, section 5.3.1)."""
    method = exchange.request.method
    return None if method in ("GET", "HEAD", "POST") else f"{method} at userinfo: ask with GET."


@rejects(errors.ACCESS_TOKEN_INVALID)
def find_access_token(exchange: Exchange) -> str | None:
    """A bearer token of this provider's, of a session that goes on."""
    scheme, _, value = exchange.request.headers.get("authorization", "").partition(" ")
    sent = value.strip()
    if scheme.lower() != "bearer" or not sent:
        return "There is no access token: send the provider's, as Authorization: Bearer."
    token = exchange.service.store.provider_access_tokens.get(sent)
    if token is None or token.log_in.provider != exchange.service.provider.name:
        return f"The token {cut(sent)} is no access token of {exchange.service.provider.title}."
    if not log_ins.is_alive(exchange.service, token.log_in):
        return f"The token {cut(sent)} is of a session that has ended: let the person log in again."
    exchange.access_token = token
    return None


@rejects(errors.ACCESS_TOKEN_EXPIRED)
def check_access_token_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.access_token.expires_at
    return None if late < 0 else f"The access token expired {duration(late)} ago: get another."


@rejects(errors.SCOPE_INSUFFICIENT)
def check_scope_userinfo(exchange: Exchange) -> str | None:
    """Userinfo is OpenID Connect's."""
    return _lacks(exchange, "openid")


@rejects(errors.METADATA_SCOPE_INSUFFICIENT)
def check_scope_metadata(exchange: Exchange) -> str | None:
    """One scope allows reading and changing the metadata (D)."""
    return _lacks(exchange, "client_metadata")


def _lacks(exchange: Exchange, scope: str) -> str | None:
    granted = exchange.access_token.scope
    return None if scope in granted.split() else f"The token has scope {shown(granted)}: log in with {scope} as well."


@rejects(errors.METADATA_INVALID)
def find_metadata(exchange: Exchange) -> str | None:
    """One member, text of 1,024 characters at most (D)."""
    try:
        found: Any = json.loads(exchange.request.body)
    except (ValueError, RecursionError):
        return "The body is not JSON: send an object with client_user_metadata."
    if not isinstance(found, dict) or list(found) != [_MEMBER] or not isinstance(found[_MEMBER], str):
        return "The body must be a JSON object with client_user_metadata, text, and nothing else."
    if len(found[_MEMBER]) > _LONGEST_METADATA:
        return f"client_user_metadata has {len(found[_MEMBER])} characters: {_LONGEST_METADATA} at most."
    exchange.metadata = found[_MEMBER]
    return None


def _key(exchange: Exchange) -> tuple[str, str, str]:
    login = exchange.access_token.log_in
    return login.provider, login.client_id, login.person.id


def answer_claims(exchange: Exchange) -> Answer:
    """The members that the scopes allow; a mock realm returns all of them (S)."""
    login, service = exchange.access_token.log_in, exchange.service
    known = {
        "iss": service.issuer(exchange.request.base),
        "aud": login.client_id,
        _MEMBER: service.store.client_metadata.get(_key(exchange)),
    }
    scopes = None if service.provider.ignores_scope else exchange.access_token.scope.split()
    body = people.userinfo(
        service.provider,
        login.person,
        scopes,
        level=login.level,
        known=known if service.provider.userinfo_rules.names_itself else None,
    )
    return Answer(status=200, body=body, headers=log_ins.NO_STORE)


def kept(exchange: Exchange) -> Answer:
    """Keep the note: empty clears it, `auto` makes a new one (D)."""
    table, sent = exchange.service.store.client_metadata, exchange.metadata
    if sent:
        table.put(_key(exchange), exchange.service.identifiers.uuid() if sent == _REGENERATED else sent)
    else:
        table.take(_key(exchange))
    return Answer(status=204, headers=log_ins.NO_STORE)
