"""Seeds a new state once, even if several servers start with it; and keeps snapshots of it."""

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
"""The most snapshots kept for callers of the control API; the oldest are dropped first."""
_CALLBACK: Final = "/_nhsauth/callback"
_CALLBACKS: Final = 10
"""The most redirect URIs of the ready-made app in a shared state."""
_KEY: Final = "start"
_OTHER: Final = (
    "The state was begun with another configuration: its apps, people and APIs stay as they are. To begin anew with "
    "this one, stop the mock and run: nhsauth state clear"
)

_log = logging.getLogger("mock_servers")


def seed_once(store: Store, seed: Callable[[Store], None], name: Callable[[], str]) -> Content:
    """Seed a shared state with the entries that `seed` registers, unless it is seeded already, and return them.

    `name` returns a unique name.
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
    """Write the content in one step unless another server was faster; keep a copy of it for `load_initial`."""
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
    """Return the entries with which a state was seeded; `None` if it was not."""
    seeded = store.seeded.get(_KEY)
    return Store.over(store.backend.below(seeded.place)).snapshot() if seeded is not None else None


def _digest(content: Content) -> str:
    return hashlib.sha256(repr(sorted(content.items())).encode(errors="surrogatepass")).hexdigest()


def call_back_at(store: Store, ready_made: App | None, url: str) -> None:
    """Give the ready-made app a callback below a URL, unless its redirect URIs were configured or changed.

    In a shared state it keeps the callbacks of the other servers, too.
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
    """Return the key sets that need no new fetch: the mock's own at a URL, if its apps have not changed."""
    if store.backend.is_shared or content["apps"] != store.apps.items():
        return {}
    return {key: kept for key, kept in store.jwks.items() if kept.url.startswith(f"{url}/")}


class Snapshots:
    """Earlier states by name, for callers of the control API; each can be restored once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, name: str, content: Content, at: float) -> None:
        """Keep a state; beyond `SNAPSHOTS`, drop the oldest."""
        self._place(name).restore(content)
        self._store.snapshots.put(name, at)
        for each, _ in self._store.snapshots.items()[:-SNAPSHOTS]:
            self._forget(each)

    def take(self, name: str) -> Content | None:
        """Return a state and drop it; `None` if there is none of this name."""
        if self._store.snapshots.get(name) is None:
            return None
        content = self._place(name).snapshot()
        return content if self._forget(name) else None

    def _forget(self, name: str) -> bool:
        """Drop a state; of several calls at once exactly one returns that it was there."""
        was_there = self._store.snapshots.take(name) is not None
        if was_there:
            self._place(name).backend.drop()
        return was_there

    def _place(self, name: str) -> Store:
        return Store.over(self._store.backend.below(f"snapshot {name}"))
