"""Checks the refresh of a provider's tokens: only the latest refresh token of a log-in is valid."""

from __future__ import annotations

from dataclasses import replace

from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.service import Exchange
from mock_servers.identity_provider.token_request import present
from mock_servers.journal import provenance
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, duration, shown

check_refresh_token_present = present(
    "refresh_token", errors.REFRESH_TOKEN_MISSING, instead="send that of the last token answer"
)


@rejects(errors.REFRESH_TOKEN_UNKNOWN, after=["check_refresh_token_present"])
def find_refresh_token(exchange: Exchange) -> str | None:
    """Issued here, not used yet, and of a live session."""
    sent, service = exchange.form("refresh_token") or "", exchange.service
    token = service.store.provider_refresh_tokens.get(sent)
    if token is None or token.log_in.provider != service.provider.name:
        return f"refresh_token {cut(sent)} was not issued by {service.provider.title}."
    if token.spent_at is not None:
        ago = duration(exchange.now - token.spent_at)
        return f"refresh_token {cut(sent)} was used {ago} ago: only the one of the latest answer is good."
    if not log_ins.is_alive(service, token.log_in):
        return f"refresh_token {cut(sent)} is of a session that has ended: let the person log in again."
    exchange.refresh_token = token
    return None


@rejects(errors.REFRESH_TOKEN_FOREIGN)
def check_refresh_token_own(exchange: Exchange) -> str | None:
    """It was issued to this client."""
    owner = exchange.refresh_token.log_in.client_id
    return None if owner == exchange.client_id else f"The refresh token was issued to client {shown(owner)}."


@rejects(errors.REFRESH_TOKEN_EXPIRED)
def check_refresh_token_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.refresh_token.expires_at
    return None if late < 0 else f"The refresh token expired {duration(late)} ago: let the person log in again."


@rejects(errors.REFRESH_SCOPE_WIDER)
def check_refresh_scope(exchange: Exchange) -> str | None:
    """The scope, if sent, is part of the granted one (D)."""
    wider = set((exchange.form("scope") or "").split()) - set(exchange.refresh_token.scope.split())
    return None if not wider else f"scope has {shown(sorted(wider))}, which the log-in was not granted: leave it out."


@rejects(errors.REFRESH_TOKEN_SPENT)
def claim_refresh_token(exchange: Exchange) -> str | None:
    """Of several requests at once with one token, exactly one passes."""
    sent, token, store = exchange.form("refresh_token") or "", exchange.refresh_token, exchange.service.store
    if store.provider_refresh_tokens.swap(sent, token, replace(token, spent_at=exchange.now)):
        provenance.mark_spent(store, sent, exchange.now)
        return None
    return f"refresh_token {cut(sent)} was used by another request at this moment: refresh once, keep the answer."


def refreshed(exchange: Exchange) -> Answer:
    """The next tokens; a narrower scope holds for this access token alone (RFC 6749, section 6)."""
    token = exchange.refresh_token
    scope = exchange.form("scope") or token.scope
    return log_ins.refreshed(exchange.service, exchange.request.base, token.log_in, scope)
