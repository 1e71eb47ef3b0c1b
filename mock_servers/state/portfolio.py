"""Developer apps, keys and products as they are made, changed and removed: each change one step, known at once.

The truth is the store's `developer_apps` and `products`; what the token service knows of a key, in `apps`, follows it
within the same step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from mock_servers.state.developer_app import DeveloperApp, Key, Product, known_app
from mock_servers.state.store import Store


class DeveloperApps:
    """The developer apps and products of one platform, in all its environments."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing = threading.Lock()

    def get(self, developer: str, name: str) -> DeveloperApp | None:
        """Return an app of a developer."""
        return self._store.developer_apps.get((developer, name))

    def by_id(self, app_id: str) -> DeveloperApp | None:
        """Return the app with this id, whoever's it is."""
        return self._store.developer_apps.get(self._store.app_ids.get(app_id))

    def names(self, developer: str) -> tuple[str, ...]:
        """Return the names of a developer's apps, the oldest first."""
        return self._store.developers.get(developer) or ()

    def add(self, app: DeveloperApp) -> bool:
        """Register an app and its keys; whether its name and keys were free."""
        place = (app.developer, app.name)
        with self._changing:
            if self._store.developer_apps.get(place) is not None or self._taken(app):
                return False
            self._store.developer_apps.put(place, app)
            self._store.app_ids.put(app.id, place)
            self._store.developers.put(app.developer, (*self.names(app.developer), app.name))
            self._publish(app)
            return True

    def change(self, app: DeveloperApp, change: Callable[[DeveloperApp], DeveloperApp]) -> DeveloperApp | None:
        """Put what `change` makes of the present state of an app in its place; `None` when it cannot be.

        That is when it is gone, or when a key that it would get belongs to another. Name, developer and id stay.
        """
        place = (app.developer, app.name)
        with self._changing:
            present = self._store.developer_apps.get(place)
            if present is None or present.id != app.id:
                return None
            changed = change(present)
            if self._taken(changed, besides=present):
                return None
            self._store.developer_apps.put(place, changed)
            self._withdraw(present, besides=changed)
            self._publish(changed)
            return changed

    def remove(self, app: DeveloperApp) -> bool:
        """Forget an app and its keys; whether it was still there."""
        place = (app.developer, app.name)
        with self._changing:
            present = self._store.developer_apps.get(place)
            if present is None or present.id != app.id:
                return False
            self._store.developer_apps.take(place)
            self._store.app_ids.take(app.id)
            left = tuple(name for name in self.names(app.developer) if name != app.name)
            self._store.developers.put(app.developer, left)
            self._withdraw(present)
            return True

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
        """Add a product; whether its name was free."""
        return self._store.products.add(product.name, product)

    def change_product(self, name: str, change: Callable[[Product], Product]) -> Product | None:
        """Put what `change` makes of a product in its place, for every key that has it; `None` when it is gone."""
        with self._changing:
            present = self._store.products.get(name)
            if present is None:
                return None
            changed = change(present)
            self._store.products.put(name, changed)
            for app in self._having(name):
                self._publish(app)
            return changed

    def remove_product(self, name: str) -> bool:
        """Forget a product that no key has; whether it was there and is gone."""
        with self._changing:
            if next(self._having(name), None) is not None:
                return False
            return self._store.products.take(name) is not None

    def _having(self, product: str) -> Iterator[DeveloperApp]:
        apps = self._store.developer_apps.values()
        return (app for app in apps if any(product in key.products for key in app.keys))

    # what the token service knows

    def _taken(self, app: DeveloperApp, besides: DeveloperApp | None = None) -> bool:
        own = {key.consumer_key for key in besides.keys} if besides else set()
        return any(self._store.apps.get(key.consumer_key) for key in app.keys if key.consumer_key not in own)

    def _publish(self, app: DeveloperApp) -> None:
        for key in app.keys:
            self._store.apps.put(key.consumer_key, known_app(app, key, self.products_of(key)))

    def _withdraw(self, app: DeveloperApp, besides: DeveloperApp | None = None) -> None:
        kept = {key.consumer_key for key in besides.keys} if besides else set()
        for key in app.keys:
            if key.consumer_key not in kept:
                self._store.apps.take(key.consumer_key)
