"""Access tokens over the management API: their data, their attributes, and their end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

from mock_servers.apim.token_attributes import attributes_of
from mock_servers.management import body, errors, page, view
from mock_servers.management.service import Exchange
from mock_servers.rules import rejects
from mock_servers.state.grant import AccessToken
from mock_servers.state.table import amend
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, shown

decode_change: Final = body.decoded({"scope": body.TEXT, "attributes": body.ATTRIBUTES})
TOKENS_AT_ONCE: Final = 1000
"""Tokens that one search finds at most (I)."""


@rejects(errors.TOKEN_UNKNOWN)
def find_token(exchange: Exchange) -> str | None:
    """Issued by a token service of the mock, to a key that still exists."""
    value = exchange.segments[-1]
    token = exchange.service.store.access_tokens.get(value)
    if token is None or exchange.service.store.apps.get(token.client_id) is None:
        return f"{cut(value)} is no access token of this platform: it was never issued, or deleted, or its key was."
    exchange.token = token
    return None


@rejects(errors.TOKEN_UNKNOWN)
def claim_change(exchange: Exchange) -> str | None:
    """Only named attributes change, and the scope when it is given (D)."""
    sent, level = exchange.body, attributes_of(exchange.token)["auth_level"]
    kept = {"auth_level": level} if "scope" in sent else {}  # otherwise it would follow the scopes
    set_by_hand = kept | dict(exchange.token.attributes) | dict(body.attributes(sent.get("attributes", [])))
    scopes = tuple(sent["scope"].split()) if "scope" in sent else exchange.token.scopes
    return _put(exchange, replace(exchange.token, scopes=scopes, attributes=tuple(set_by_hand.items())))


@rejects(errors.TOKEN_UNKNOWN)
def claim_status(exchange: Exchange) -> str | None:
    """Approve or revoke it; with `cascade=true` the refresh token that came with it as well (D)."""
    asked = exchange.request.query
    revoked_at = exchange.now if asked.get("action") == "revoke" else None
    if (asked.get("cascade") or "").lower() == "true":
        _cascade(exchange, exchange.token, revoked_at)
    return _put(exchange, replace(exchange.token, revoked_at=revoked_at))


def _put(exchange: Exchange, changed: AccessToken) -> str | None:
    if exchange.service.store.access_tokens.swap(exchange.segments[-1], exchange.token, changed):
        exchange.token = changed
        return None
    return "Another request changed the token at this moment."


def _cascade(exchange: Exchange, token: AccessToken, revoked_at: float | None) -> None:
    amend(exchange.service.store.refresh_tokens, token.refresh_token, partial(replace, revoked_at=revoked_at))


@rejects(errors.TOKEN_UNKNOWN)
def claim_removal(exchange: Exchange) -> str | None:
    """Of several requests at once, exactly one deletes the token."""
    taken = exchange.service.store.access_tokens.take(exchange.segments[-1])
    return "Another request deleted the token at this moment." if taken is None else None


@rejects(errors.SEARCH_EMPTY)
def check_search(exchange: Exchange) -> str | None:
    """An end user or an app, or both (D)."""
    asked = exchange.request.query
    if "enduser" in asked or "app" in asked:
        return None
    return "Neither enduser nor app is in the query: say whose tokens are meant."


@rejects(errors.APP_ID_UNKNOWN)
def check_app_of_search(exchange: Exchange) -> str | None:
    """An app by its id."""
    exchange.named["app"] = app_id = exchange.request.query.get("app")
    if app_id is None or exchange.service.apps.by_id(app_id) is not None:
        return None
    return f"No app has the id {shown(app_id)}. The id is `appId` of the app, not its name."


def _sought(exchange: Exchange) -> list[tuple[str, AccessToken]]:
    """Return the tokens, the oldest first."""
    asked = exchange.request.query
    app = exchange.service.apps.by_id(asked.get("app") or "")
    user, table = asked.get("enduser"), exchange.service.store.access_tokens
    keys = [("client", key.consumer_key) for key in app.keys] if app else [("person", user)]
    found = [entry for each in keys for entry in table.entries("whose", each)]
    wanted = [entry for entry in found if user in (None, entry[1].session.subject if entry[1].session else "")]
    return sorted(wanted, key=lambda entry: entry[1].issued_at)


def answer_search(exchange: Exchange) -> Answer:
    """Answer with the tokens of a person, of an app, or of a person at an app."""
    found = [value for value, _ in _sought(exchange)]
    return view.listed(page.of(exchange, found, TOKENS_AT_ONCE))


def answer_revoked(exchange: Exchange) -> Answer:
    """Revoke the tokens of a person or an app, with `cascade` their refresh tokens, and answer with them."""
    cascade = (exchange.request.query.get("cascade") or "").lower() == "true"
    revoked = list(_sought(exchange))
    for value, token in revoked:
        amend(exchange.service.store.access_tokens, value, partial(replace, revoked_at=exchange.now))
        if cascade:
            _cascade(exchange, token, exchange.now)
    return view.listed([value for value, _ in revoked])


def answer_token(exchange: Exchange) -> Answer:
    """Answer with the present token."""
    return Answer(status=200, body=_view(exchange, exchange.segments[-1], exchange.token))


def _view(exchange: Exchange, value: str, token: AccessToken) -> dict[str, Any]:
    store = exchange.service.store
    app, refresh_token = store.apps.get(token.client_id), store.refresh_tokens.get(token.refresh_token)
    return {
        "token": value,
        "clientId": token.client_id,
        "app": app.name if app else "",
        "scope": " ".join(token.scopes),
        "status": view.status(approved=token.revoked_at is None),
        "tokenType": "Bearer",
        "grantType": dict(attributes_of(token))["auth_grant_type"],
        "issuedAt": view.ms(token.issued_at),
        "expiresAt": view.ms(token.expires_at),
        "refreshToken": token.refresh_token or "",
        "refreshCount": str(refresh_token.count if refresh_token else 0),
        "attributes": view.attributes(tuple(attributes_of(token).items())),
    }
