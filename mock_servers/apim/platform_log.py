"""The variables that the token service writes to the platform's log, as debug sessions show them (S)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_servers.apim import authorize, token_attributes
from mock_servers.apim.exchange import Exchange
from mock_servers.journal import debug_session_trace
from mock_servers.state.grant import Session
from mock_servers.wire.request import Seen


def trace(exchange: Exchange, seen: Seen) -> None:
    """Let the debug sessions of this token service record the exchange."""
    service = exchange.service
    debug_session_trace.record(
        service.store,
        (service.environment, service.proxy),
        exchange.request,
        now=exchange.now,
        identifiers=service.identifiers,
        variables=lambda: _variables(exchange, seen),
    )


def _variables(exchange: Exchange, seen: Seen) -> dict[str, Any]:
    if seen.refused:
        return {
            "error.status.code": seen.status,
            "error.content": seen.body,
            "message.status.code": seen.status,
        }
    fields: dict[str, Any] = {"message.status.code": seen.status}
    if seen.flow in _AUTH:
        fields["splunkCalloutRequest.content"] = json.dumps(_content(_AUTH[seen.flow](exchange)))
    return fields


def _content(auth: Mapping[str, str]) -> dict[str, Any]:
    meta = {name: auth[f"auth_{name}"] for name in ("grant_type", "level", "provider")}
    return {"auth": {"meta": {"auth_type": auth["auth_type"], **meta}, "user": {"user_id": auth["auth_user_id"]}}}


def _of_application(_: Exchange) -> dict[str, str]:
    return token_attributes.auth(None, ())


def _of_subject(grant_type: str) -> Callable[[Exchange], dict[str, str]]:
    def auth(exchange: Exchange) -> dict[str, str]:
        provider, claims = exchange.provider, exchange.subject.claims
        word = token_attributes.provider_word(provider.name, provider.people, str(claims.get("iss") or ""))
        user_id = str(claims.get("nhs_number") or claims.get("sub") or "")
        return token_attributes.of_person(grant_type, token_attributes.level_in(exchange.scopes), word, user_id)

    return auth


def _on_the_way(exchange: Exchange) -> dict[str, str]:
    """No person has logged in yet."""
    provider = authorize.provider_of(exchange)
    issuer = provider.issuer(exchange.request.base)
    word = token_attributes.provider_word(provider.name, provider.people, issuer)
    return token_attributes.of_person("authorization_code", "", word, "")


def _of(grant: Callable[[Exchange], tuple[Session, tuple[str, ...]]]) -> Callable[[Exchange], dict[str, str]]:
    return lambda exchange: token_attributes.auth(*grant(exchange))


_AUTH: Final[Mapping[str, Callable[[Exchange], dict[str, str]]]] = {
    "authorize": _on_the_way,
    "callback": _of_subject("authorization_code"),
    "client-credentials": _of_application,
    "token-exchange": _of_subject("token_exchange"),
    "authorization-code": _of(lambda exchange: (exchange.code.session, exchange.code.scopes)),
    "refresh": _of(lambda exchange: (exchange.refresh_token.session, exchange.refresh_token.scopes)),
}
"""By the name of the flow."""
