"""Developer apps, keys and products as the management API knows them, and as the token service knows a key.

A key of a developer app *is* an app of the token service: `known_app` converts it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mock_servers.state.app import App, Coverage, Registration

JWKS_URL: Final = "jwks-resource-url"
"""The attribute of an app that says where its public keys are (S)."""

DISPLAY_NAME: Final = "DisplayName"
"""The attribute of an app that holds its name for people (D)."""

Attributes = tuple[tuple[str, str], ...]
"""Names and values, in their order; no name twice."""


Status = Literal["approved", "pending", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A product of a key, and its status."""

    product: str
    status: Status = "approved"

    @property
    def approved(self) -> bool:
        """Whether the key may use the product."""
        return self.status == "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A consumer key with its secret; a key that never expires has no `expires_at` (seconds since 1970)."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    subscriptions: tuple[Subscription, ...] = ()
    attributes: Attributes = ()
    scopes: tuple[str, ...] = ()
    approved: bool = True
    issued_at: float
    expires_at: float | None = None

    @property
    def products(self) -> tuple[str, ...]:
        """The names of its products, approved or not."""
        return tuple(each.product for each in self.subscriptions)

    def serves(self, products: Collection[str], now: float) -> bool:
        """Whether it is a live key for exactly these products."""
        live = self.approved and (self.expires_at is None or now < self.expires_at)
        return live and all(each.approved for each in self.subscriptions) and set(self.products) == set(products)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeveloperApp:
    """An app of a developer, with its keys, the oldest first; `id` is a UUID, moments are seconds since 1970."""

    id: str
    developer: str
    name: str
    callback_url: str = ""
    attributes: Attributes = ()
    scopes: tuple[str, ...] = ()
    approved: bool = True
    keys: tuple[Key, ...] = ()
    created_at: float
    modified_at: float

    def key(self, consumer_key: str) -> Key | None:
        """Return the key of this name."""
        return next((key for key in self.keys if key.consumer_key == consumer_key), None)

    def attribute(self, name: str) -> str | None:
        """Return the value of an attribute."""
        return dict(self.attributes).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product that keys subscribe to.

    Without `proxies` it covers every API, without `environments` every environment (D).
    """

    name: str
    display_name: str = ""
    description: str = ""
    proxies: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    resources: tuple[str, ...] = ("/",)
    approval_type: str = "auto"
    attributes: Attributes = ()
    quota: tuple[tuple[str, str], ...] = ()
    created_at: float
    modified_at: float


def known_app(app: DeveloperApp, key: Key, products: Sequence[Product]) -> App:
    """Return the app that the token service sees for a key; `products` are those it is approved for.

    A key without products may use everything and has no scopes (Apigee's unbounded key). Its own `scopes` limit it to
    those (I).
    """
    covered = tuple(Coverage(proxies=each.proxies, environments=each.environments) for each in products)
    return App(
        client_id=key.consumer_key,
        client_secret=key.consumer_secret,
        name=app.attribute(DISPLAY_NAME) or app.name,
        jwks_url=app.attribute(JWKS_URL),
        redirect_uris=(app.callback_url,) if app.callback_url else (),
        scopes=tuple(scope for scope in scopes_of(products) if not key.scopes or scope in key.scopes),
        approved=app.approved,
        key_approved=key.approved,
        registration=Registration(
            developer=app.developer,
            app=app.name,
            products=covered if key.subscriptions else None,
            expires_at=key.expires_at,
        ),
    )


def scopes_of(products: Iterable[Product]) -> tuple[str, ...]:
    """Return the scopes of products, each once, in the products' order."""
    return tuple(dict.fromkeys(scope for product in products for scope in product.scopes))
