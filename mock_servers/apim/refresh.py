"""Checks a refresh token: known, the client's own, within its session, and not used before."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mock_servers.apim import errors, sessions
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.lifetime_parameters import lowered
from mock_servers.journal import provenance
from mock_servers.rules import rejects
from mock_servers.state.grant import RefreshToken
from mock_servers.wire.wording import cut, duration, moment, shown

_ROTATED: Final = "each refresh gives a new refresh_token, and the old one dies at once. Keep the newest, under a lock."


@rejects(errors.REFRESH_TOKEN_MISSING)
def check_refresh_token_present(exchange: Exchange) -> str | None:
    """It is in the form."""
    lacks = exchange.request.form.lacking("refresh_token")
    return lacks and f"The form has {lacks}: send the one of the last token answer. client_credentials gives none."


@rejects(errors.REFRESH_TOKEN_UNKNOWN, after=["check_refresh_token_present"])
def find_refresh_token(exchange: Exchange) -> str | None:
    """It is one of this environment, this client's (I), and unused."""
    sent = exchange.form("refresh_token") or ""
    token = exchange.service.store.refresh_tokens.get(sent)
    if token is None or token.environment != exchange.service.environment:
        return f"refresh_token {cut(sent)} was not issued by this service."
    if token.client_id != exchange.app.client_id:
        return f"refresh_token {cut(sent)} belongs to the app with API key {shown(token.client_id)}."
    if token.spent_at is not None:
        return f"refresh_token {cut(sent)} was used {duration(exchange.now - token.spent_at)} ago: {_ROTATED}"
    exchange.refresh_token = token
    return None


@rejects(errors.REFRESH_TOKEN_REVOKED)
def check_refresh_token_not_revoked(exchange: Exchange) -> str | None:
    """The provider has not ended the session; the sentence for that is a guess (I)."""
    ended_at = sessions.revoked_at(exchange.service.store, exchange.refresh_token)
    if ended_at is None:
        return None
    by_hand = sessions.revoked_by_hand(exchange.refresh_token)
    return by_hand or f"The person logged out at {moment(ended_at)}, and all tokens of the session died: log in again."


def session_ends_at(exchange: Exchange, token: RefreshToken) -> float:
    """Return when the session of a refresh token ends; `_refresh_tokens_validity_ms` may bring that forward (S)."""
    lifetime = lowered(exchange.request.form, "_refresh_tokens_validity_ms", token.session.lifetime)
    return token.session.issued_at + lifetime


@rejects(errors.REFRESH_TOKEN_EXPIRED)
def check_refresh_token_live(exchange: Exchange) -> str | None:
    """Within its own lifetime."""
    token = exchange.refresh_token
    if exchange.now < token.expires_at:
        return None
    begun, ended = moment(token.session.issued_at), moment(token.expires_at)
    return f"The session that began at {begun} ended at {ended}: log in again."


@rejects(errors.REFRESH_TOKEN_SPENT)
def claim_refresh_token(exchange: Exchange) -> str | None:
    """Of several requests at once with one token, exactly one passes."""
    sent, token = exchange.form("refresh_token") or "", exchange.refresh_token
    spent = replace(token, spent_at=exchange.now)
    if exchange.service.store.refresh_tokens.swap(sent, token, spent):
        provenance.mark_spent(exchange.service.store, sent, exchange.now)
        return None
    return f"refresh_token {cut(sent)} was used by another request at this moment: {_ROTATED}"


@rejects(errors.REFRESH_PERIOD_OVER)
def check_session_of_refresh_token(exchange: Exchange) -> str | None:
    """Its session has not ended, and no refresh postpones that end; the token is used up all the same (S)."""
    token = exchange.refresh_token
    if exchange.now < session_ends_at(exchange, token):
        return None
    age = duration(exchange.now - token.session.issued_at)
    return f"The session is {age} old, and this refresh lets it be no older: the refresh token is spent. Log in again."
