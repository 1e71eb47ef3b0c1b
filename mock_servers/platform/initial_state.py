"""How a state begins, once and whoever is first; and earlier states of it, each in a place of its own beside it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from mock_servers.jose.jwks import FetchedJwks
from mock_servers.state.app import App
from mock_servers.state.configuration import READY_MADE_APP
from mock_servers.state.store import Seeded, Store, in_memory
from mock_servers.state.table import Content, Entry, amend

SNAPSHOTS: Final = 20
"""States that are remembered for who asks over HTTP; the oldest go first."""
_CALLBACK: Final = "/_nhsauth/callback"
_CALLBACKS: Final = 10
"""Redirect URIs of the ready-made app at most, of servers that share a state."""
_KEY: Final = "start"
_OTHER: Final = (
    "The state was begun with another configuration: its apps, people and APIs stay as they are. To begin anew with "
    "this one, stop the mock and run: nhsauth state clear"
)

_log = logging.getLogger("mock_servers")


def seed_once(store: Store, seed: Callable[[Store], None], name: Callable[[], str]) -> Content:
    """Let a state that others may share begin with what `seed` registers, unless it has begun, and return that.

    `name` gives names that nobody else gives.
    """
    seeds = in_memory()
    seed(seeds)
    content = seeds.snapshot()
    own = Seeded(place=f"start {name()}", digest=_digest(content))
    content = {**content, "clock": store.clock.items()}
    seeded = store.seeded.get(_KEY) or _seed(store, content, own)
    if seeded.digest != own.digest:
        _log.warning(_OTHER)
    return content


def _seed(store: Store, content: Content, own: Seeded) -> Seeded:
    """Put the content there in one step, if nobody else was faster; what it begins with is kept before."""
    place = Store.over(store.backend.below(own.place))
    place.restore(content)
    entries: list[Entry] = [
        (getattr(store, table), key, value) for table, values in content.items() for key, value in values
    ]
    if store.commit([(store.seeded, _KEY, None)], [(store.seeded, _KEY, own), *entries]):
        return own
    place.backend.drop()
    return store.seeded.get(_KEY) or own


def load_initial(store: Store) -> Content | None:
    """Return what a state has begun with; `None` where it has not."""
    seeded = store.seeded.get(_KEY)
    return Store.over(store.backend.below(seeded.place)).snapshot() if seeded is not None else None


def _digest(content: Content) -> str:
    return hashlib.sha256(repr(sorted(content.items())).encode(errors="surrogatepass")).hexdigest()


def call_back_at(store: Store, ready_made: App | None, url: str) -> None:
    """Give the ready-made app a callback below a URL, unless it was configured, or changed, to have others.

    In a state that others share it keeps theirs.
    """
    own = f"{url}{_CALLBACK}"

    def moved(app: App) -> App:
        if ready_made is None or replace(app, redirect_uris=ready_made.redirect_uris) != ready_made:
            return app
        if not store.backend.is_shared:
            return replace(app, redirect_uris=(own,)) if app == ready_made else app
        if not all(uri.endswith(_CALLBACK) for uri in app.redirect_uris):
            return app
        others = [uri for uri in app.redirect_uris if uri not in (own, *READY_MADE_APP.redirect_uris)]
        return replace(app, redirect_uris=(own, *others)[:_CALLBACKS])

    if ready_made is not None and ready_made.redirect_uris == READY_MADE_APP.redirect_uris:
        amend(store.apps, READY_MADE_APP.client_id, moved)


def own_key_sets(store: Store, content: Content, url: str) -> dict[Any, FetchedJwks]:
    """Return the key sets that need not be fetched again: the mock's own at a URL, while its apps are the same."""
    if store.backend.is_shared or content["apps"] != store.apps.items():
        return {}
    return {key: kept for key, kept in store.jwks.items() if kept.url.startswith(f"{url}/")}


class Snapshots:
    """Earlier states by name, for who asks over HTTP; each can be taken once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, name: str, content: Content, at: float) -> None:
        """Keep a state, and forget the oldest of too many."""
        self._place(name).restore(content)
        self._store.snapshots.put(name, at)
        for each, _ in self._store.snapshots.items()[:-SNAPSHOTS]:
            self._forget(each)

    def take(self, name: str) -> Content | None:
        """Return a state, and forget it."""
        if self._store.snapshots.get(name) is None:
            return None
        content = self._place(name).snapshot()
        return content if self._forget(name) else None

    def _forget(self, name: str) -> bool:
        """Forget a state; of many at once exactly one is told that it was there."""
        was_there = self._store.snapshots.take(name) is not None
        if was_there:
            self._place(name).backend.drop()
        return was_there

    def _place(self, name: str) -> Store:
        return Store.over(self._store.backend.below(f"snapshot {name}"))
