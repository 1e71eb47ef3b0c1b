"""Finds the client that a request names, before any of it has been verified."""

from __future__ import annotations

from collections.abc import Callable

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
    assertion = jwts.decoded(request.form.get("client_assertion") or "")
    subject = assertion.claims.get("sub") if assertion is not None else None
    return subject if isinstance(subject, str) else None


def _by_basic(request: Request, _: Store) -> str | None:
    return request.basic[0] or None if request.basic is not None else None


def _by_api_key(request: Request, _: Store) -> str | None:
    return request.headers.get("apikey")


def _by_token(request: Request, store: Store) -> str | None:
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    of_platform, of_provider = store.access_tokens.get(token), store.provider_access_tokens.get(token)
    if of_platform is not None:
        return of_platform.client_id
    return of_provider.log_in.client_id if of_provider else None


def _by_state(request: Request, store: Store) -> str | None:
    pending = store.pending.get(request.query.get("state") or "")
    return pending.client_id if pending else None
