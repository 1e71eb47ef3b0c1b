"""Developer apps, keys and products, created, changed and removed. Each change is one step and takes effect at once.

The store's `developer_apps` and `products` are the source; what the token service knows of a key, in `apps`, changes in
the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from mock_servers.state.developer_app import DeveloperApp, Key, Product, known_app
from mock_servers.state.store import Store
from mock_servers.state.table import Entry

R = TypeVar("R")

_CHANGES: Final = "portfolio"
"""The number of changes of developer apps and products."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[R]):
    """The plan of a change: its result for the caller, what is written, and what must still be there."""

    result: R
    written: Sequence[Entry]
    expected: Sequence[Entry]


class DeveloperApps:
    """The developer apps and products of one platform, in all its environments."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, developer: str, name: str) -> DeveloperApp | None:
        """Return an app of a developer."""
        return self._store.developer_apps.get((developer, name))

    def by_id(self, app_id: str) -> DeveloperApp | None:
        """Return the app with this id, of any developer."""
        return self._store.developer_apps.get(self._store.app_ids.get(app_id))

    def names(self, developer: str) -> tuple[str, ...]:
        """Return the names of a developer's apps, the oldest first."""
        return self._store.developers.get(developer) or ()

    def add(self, app: DeveloperApp) -> bool:
        """Register an app and its keys; return whether its name and keys were free."""
        place = (app.developer, app.name)

        def plan() -> Plan[DeveloperApp] | None:
            if self._store.developer_apps.get(place) is not None or self._taken(app):
                return None
            written: list[Entry] = [
                (self._store.developer_apps, place, app),
                (self._store.app_ids, app.id, place),
                (self._store.developers, app.developer, (*self.names(app.developer), app.name)),
                *self._published(app),
            ]
            return Plan(result=app, written=written, expected=self._free(app))

        return self._done(plan) is not None

    def change(self, app: DeveloperApp, change: Callable[[DeveloperApp], DeveloperApp]) -> DeveloperApp | None:
        """Replace an app by the result of `change`; return `None` if that is impossible.

        It is if the app is gone, or if a key that it would get belongs to another. Name, developer and id stay.
        """
        place = (app.developer, app.name)

        def plan() -> Plan[DeveloperApp] | None:
            present = self._store.developer_apps.get(place)
            if present is None or present.id != app.id:
                return None
            changed = change(present)
            if self._taken(changed, besides=present):
                return None
            withdrawn, published = self._withdrawn(present, besides=changed), self._published(changed)
            return Plan(
                result=changed,
                written=[(self._store.developer_apps, place, changed), *withdrawn, *published],
                expected=[(self._store.developer_apps, place, present), *self._free(changed, besides=present)],
            )

        return self._done(plan)

    def remove(self, app: DeveloperApp) -> bool:
        """Remove an app and its keys; return whether it existed."""
        place = (app.developer, app.name)

        def plan() -> Plan[DeveloperApp] | None:
            present = self._store.developer_apps.get(place)
            if present is None or present.id != app.id:
                return None
            left = tuple(name for name in self.names(app.developer) if name != app.name)
            written: list[Entry] = [
                (self._store.developer_apps, place, None),
                (self._store.app_ids, app.id, None),
                (self._store.developers, app.developer, left),
                *self._withdrawn(present),
            ]
            return Plan(result=present, written=written, expected=[(self._store.developer_apps, place, present)])

        return self._done(plan) is not None

    # products

    def product(self, name: str) -> Product | None:
        """Return a product."""
        return self._store.products.get(name)

    def products(self) -> list[Product]:
        """Return every product, the oldest first."""
        return self._store.products.values()

    def products_of(self, key: Key) -> list[Product]:
        """Return the products that a key is approved for, in the order in which it got them."""
        named = (each.product for each in key.subscriptions if each.approved)
        return [product for name in named if (product := self.product(name)) is not None]

    def add_product(self, product: Product) -> bool:
        """Add a product; return whether its name was free."""
        return self._store.products.add(product.name, product)

    def change_product(self, name: str, change: Callable[[Product], Product]) -> Product | None:
        """Replace a product by the result of `change`, for every key that has it; return `None` if it is gone."""

        def plan() -> Plan[Product] | None:
            present = self._store.products.get(name)
            if present is None:
                return None
            changed = change(present)
            known = [entry for app in self._having(name) for entry in self._published(app, {name: changed})]
            return Plan(
                result=changed,
                written=[(self._store.products, name, changed), *known],
                expected=[(self._store.products, name, present)],
            )

        return self._done(plan)

    def remove_product(self, name: str) -> bool:
        """Remove a product that no key has; return whether it existed and is gone."""

        def plan() -> Plan[Product] | None:
            present = self._store.products.get(name)
            if present is None or self._having(name):
                return None
            entry = (self._store.products, name)
            return Plan(result=present, written=[(*entry, None)], expected=[(*entry, present)])

        return self._done(plan) is not None

    def _having(self, product: str) -> list[DeveloperApp]:
        return self._store.developer_apps.find("product", product)

    def _done(self, plan: Callable[[], Plan[R] | None]) -> R | None:
        """Carry out `plan` in one step, and return its result; `None` if it has none.

        The plan is made again if another change came first: each change is counted, so what it has read is still true.
        """
        counters = self._store.counters
        while True:
            number = counters.get(_CHANGES)
            planned = plan()
            if planned is None:
                return None
            counted = (counters, _CHANGES, (number or 0) + 1)
            if self._store.commit([(counters, _CHANGES, number), *planned.expected], [counted, *planned.written]):
                return planned.result

    # what the token service knows

    def _taken(self, app: DeveloperApp, besides: DeveloperApp | None = None) -> bool:
        return any(self._store.apps.get(key) is not None for _, key, _ in self._free(app, besides))

    def _free(self, app: DeveloperApp, besides: DeveloperApp | None = None) -> list[Entry]:
        """Return what must be free for the keys of an app, other than those that it has."""
        own = {key.consumer_key for key in besides.keys} if besides else set()
        return [(self._store.apps, key.consumer_key, None) for key in app.keys if key.consumer_key not in own]

    def _published(self, app: DeveloperApp, changed: Mapping[str, Product] = {}) -> list[Entry]:
        """Return what the token service knows of the keys of an app, `changed` products in the place of the present."""
        found: list[Entry] = []
        for key in app.keys:
            products = [changed.get(each.name, each) for each in self.products_of(key)]
            found.append((self._store.apps, key.consumer_key, known_app(app, key, products)))
        return found

    def _withdrawn(self, app: DeveloperApp, besides: DeveloperApp | None = None) -> list[Entry]:
        kept = {key.consumer_key for key in besides.keys} if besides else set()
        return [(self._store.apps, key.consumer_key, None) for key in app.keys if key.consumer_key not in kept]
