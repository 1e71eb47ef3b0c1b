"""Indexes of tables: how answers and findings look up an entry without its key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.state.app import App, own_key_name
from mock_servers.state.configuration import page_of
from mock_servers.state.developer_app import DeveloperApp
from mock_servers.state.grant import AccessToken, fingerprint

Indexes = Mapping[str, Callable[[Any, Any], Iterable[Hashable]]]

START: Final = 6
"""Characters of a value, in small letters, that find it when it was cut off or extended, or its letters changed."""


def start_of(value: str) -> str:
    """Return what a value is found by when only its beginning is right, in small or capital letters."""
    return value[:START].lower()


def _by_start(value: str, _: object) -> list[str]:
    return [start_of(value)]


def _by_hash(value: str, _: object) -> list[bytes]:
    return [fingerprint(value)]


def _kids(jwks: Iterable[Any]) -> set[str]:
    return {jwk["kid"] for jwk in jwks if isinstance(jwk, Mapping) and isinstance(jwk.get("kid"), str)}


def _words(_: str, app: App) -> set[str]:
    secret = app.client_secret
    return {app.client_id.lower(), app.name, secret, secret.lower(), *filter(None, [app.kid])}


def _pages(_: str, app: App) -> set[str]:
    return set(filter(None, map(page_of, app.redirect_uris)))


def _page_hosts(client_id: str, app: App) -> Iterator[str]:
    return filter(None, (urlsplit(page).hostname for page in _pages(client_id, app)))


def _clients_and_people(_: str, token: AccessToken) -> Iterator[tuple[str, str]]:
    yield "client", token.client_id
    yield "person", token.session.subject if token.session else ""


def _products(_: tuple[str, str], app: DeveloperApp) -> set[str]:
    return {product for key in app.keys for product in key.products}


APPS: Final[Indexes] = {
    "hash": lambda _, app: {fingerprint(app.client_id), fingerprint(app.client_secret)},
    "word": _words,
    "key name": lambda client_id, app: {own_key_name(client_id), *filter(None, [app.key_name])},
    "kid": lambda _, app: _kids((app.jwks or {}).get("keys") or ()),
    "jwks_url": lambda _, app: filter(None, [app.jwks_url]),
    "page": _pages,
    "page host": _page_hosts,
}
PEOPLE: Final[Indexes] = {"provider": lambda key, _: [key[0]], "id": lambda key, _: [key[1]]}
JWKS: Final[Indexes] = {"owner": lambda key, _: [key[0]], "kid": lambda _, kept: _kids(kept.keys or ())}
CODES: Final[Indexes] = {"start": _by_start}
ACCESS_TOKENS: Final[Indexes] = {"start": _by_start, "hash": _by_hash, "whose": _clients_and_people}
REFRESH_TOKENS: Final[Indexes] = {
    "start": _by_start,
    "hash": _by_hash,
    "turn": lambda _, token: [(token.family, token.count)],
}
OF_PROVIDER: Final[Indexes] = {
    "start": _by_start,
    "session": lambda _, token: [token.log_in.session_id],
}
PENDING: Final[Indexes] = {"state": lambda _, pending: [pending.state]}
DEVELOPER_APPS: Final[Indexes] = {"product": _products}
FAULTS: Final[Indexes] = {"on": lambda _, fault: [fault.on]}
