"""Who is asking, told from a request alone and before anything about it has been believed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote

from mock_servers.jose import jwts
from mock_servers.state.store import Store
from mock_servers.wire.request import Request

Trace = Callable[[Request, Store], str | None]


def client_of(request: Request, store: Store) -> str | None:
    """Return the client id that a request names, by a parameter, an assertion, a header, a token or a state."""
    traces: tuple[Trace, ...] = (_by_parameter, _by_assertion, _by_basic, _by_api_key, _by_token, _by_state)
    return next((found for trace in traces if (found := trace(request, store)) is not None), None)


def _by_parameter(request: Request, _: Store) -> str | None:
    return request.form.get("client_id") or request.query.get("client_id")


def _by_assertion(request: Request, _: Store) -> str | None:
    try:
        subject = jwts.decode(request.form.get("client_assertion") or "").claims.get("sub")
    except jwts.MalformedJwtError:
        return None
    return subject if isinstance(subject, str) else None


def _by_basic(request: Request, _: Store) -> str | None:
    scheme, sent = _authorization(request)
    if scheme != "basic":
        return None
    try:
        user, colon = base64.b64decode(sent, validate=True).decode().partition(":")[:2]
    except (binascii.Error, ValueError):
        return None
    return unquote(user) if colon else None


def _authorization(request: Request) -> tuple[str, str]:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), sent.strip()


def _by_api_key(request: Request, _: Store) -> str | None:
    return request.headers.get("apikey")


def _by_token(request: Request, store: Store) -> str | None:
    scheme, token = _authorization(request)
    if scheme != "bearer":
        return None
    of_platform, of_provider = store.access_tokens.get(token), store.provider_access_tokens.get(token)
    if of_platform is not None:
        return of_platform.client_id
    return of_provider.log_in.client_id if of_provider else None


def _by_state(request: Request, store: Store) -> str | None:
    pending = store.pending.get(request.query.get("state") or "")
    return pending.client_id if pending else None
