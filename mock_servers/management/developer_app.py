"""Developer apps over the management API: found, created, changed, approved, revoked and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from mock_servers.management import body, errors, page, view
from mock_servers.management.service import Exchange
from mock_servers.rules import Rule, rejects
from mock_servers.state.developer_app import DeveloperApp, Key, Subscription
from mock_servers.state.table import first_few
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

_MEMBERS: Final = {
    "name": body.NAME,
    "callbackUrl": body.TEXT,
    "attributes": body.ATTRIBUTES,
    "apiProducts": body.TEXTS,
    "scopes": body.TEXTS,
    "status": body.STATUS,
    "keyExpiresIn": body.MILLISECONDS,
}
APPS_AT_ONCE: Final = 100
"""Apps in one list at most (D)."""

decode_new: Final = body.decoded(_MEMBERS, required=("name",))
decode_change: Final = body.decoded(_MEMBERS)


@rejects(errors.APP_UNKNOWN)
def find_app(exchange: Exchange) -> str | None:
    """The developer's app of this name; every developer is known."""
    developer, name = exchange.segments[1], exchange.segments[3]
    exchange.named |= {"developer": developer, "app": name}
    app = exchange.service.apps.get(developer, name)
    if app is None:
        return f"Developer {shown(developer)} has no app {shown(name)}."
    exchange.developer_app = app
    return None


@rejects(errors.APP_ID_UNKNOWN)
def find_app_by_id(exchange: Exchange) -> str | None:
    """The app with this id."""
    exchange.named["app"] = app_id = exchange.segments[1]
    app = exchange.service.apps.by_id(app_id)
    if app is None:
        return f"No app has the id {shown(app_id)}. The id is `appId` of the app, not its name."
    exchange.named |= {"developer": app.developer, "app": app.name}
    exchange.developer_app = app
    return None


@rejects(errors.PRODUCTS_UNKNOWN)
def check_products_known(exchange: Exchange) -> str | None:
    """Each product that the body names."""
    for name in body.texts(exchange.body.get("apiProducts") or []):
        if exchange.service.apps.product(name) is None:
            exchange.named["product"] = name
            few, left = first_few(exchange.service.store.products)
            more = f" and {left} more" if left else ""
            return f"apiProducts names {shown(name)}; there are {shown([product.name for product in few])}{more}."
    return None


@rejects(errors.APP_EXISTS)
def claim_app_name(exchange: Exchange) -> str | None:
    """Of several requests at once for one app, exactly one creates it."""
    developer, sent = exchange.segments[1], exchange.body
    exchange.named |= {"developer": developer, "app": sent["name"]}
    app = DeveloperApp(
        id=exchange.service.identifiers.uuid(),
        developer=developer,
        name=sent["name"],
        created_at=exchange.now,
        modified_at=exchange.now,
        approved=sent.get("status") != "revoked",
        keys=(new_key(exchange, _asked_products(exchange)),),
    )
    exchange.changed_app = _described(exchange, app)
    if exchange.service.apps.add(exchange.changed_app):
        return None
    return f"Developer {shown(developer)} has an app {shown(sent['name'])} already: choose another name, or change it."


def changed(change: Callable[[Exchange, DeveloperApp], DeveloperApp]) -> Rule[Exchange]:
    """Make the rule that changes the app, in one step, also while others change it."""

    @rejects(errors.APP_CHANGED)
    def claim_app_change(exchange: Exchange) -> str | None:
        """The app still exists."""
        changed = exchange.service.apps.change(
            exchange.developer_app, lambda present: replace(change(exchange, present), modified_at=exchange.now)
        )
        if changed is None:
            return "The app was removed, or the key taken, by another request at this moment."
        exchange.changed_app = changed
        return None

    return claim_app_change


@rejects(errors.APP_CHANGED)
def claim_app_removal(exchange: Exchange) -> str | None:
    """Of several requests at once, exactly one removes the app."""
    if exchange.service.apps.remove(exchange.developer_app):
        return None
    return "Another request removed the app at this moment."


def replaced(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    """Replace the app by the body; a key is added if no live one has exactly these products (S)."""
    products = _asked_products(exchange)
    described = _described(exchange, app)
    if "apiProducts" not in exchange.body or any(key.serves(products, exchange.now) for key in app.keys):
        return described
    return replace(described, keys=(*app.keys, new_key(exchange, products)))


def with_new_key(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    """Take over what the body says, and add a key in any case."""
    return replace(_described(exchange, app), keys=(*app.keys, new_key(exchange, _asked_products(exchange))))


def judged(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    """Approve or revoke the app."""
    return replace(app, approved=exchange.request.query.get("action") == "approve")


def _asked_products(exchange: Exchange) -> tuple[str, ...]:
    return body.texts(exchange.body.get("apiProducts") or [])


def _described(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    """Attributes and callback that the body does not repeat are lost (D); status and scopes stay."""
    sent = exchange.body
    return replace(
        app,
        callback_url=sent.get("callbackUrl", ""),
        attributes=body.attributes(sent.get("attributes", [])),
        scopes=body.texts(sent.get("scopes", list(app.scopes))),
        approved=sent["status"] == "approved" if "status" in sent else app.approved,
    )


def new_key(exchange: Exchange, products: Sequence[str]) -> Key:
    """Return a fresh key pair with these products; `keyExpiresIn` of the body counts from now."""
    lifetime = exchange.body.get("keyExpiresIn", view.NEVER)
    return Key(
        consumer_key=exchange.service.identifiers.api_key(),
        consumer_secret=exchange.service.identifiers.client_secret(),
        subscriptions=subscriptions(exchange, products),
        issued_at=exchange.now,
        expires_at=exchange.now + lifetime / 1000 if lifetime > 0 else None,
    )


def subscriptions(exchange: Exchange, products: Sequence[str]) -> tuple[Subscription, ...]:
    """Return subscriptions to products; one that is approved by hand waits for that."""
    known = ((name, exchange.service.apps.product(name)) for name in products)
    return tuple(
        Subscription(product=name, status="pending" if product and product.approval_type == "manual" else "approved")
        for name, product in known
    )


answer_found: Final = view.answering(lambda exchange: view.app(exchange.developer_app))
answer_changed: Final = view.answering(lambda exchange: view.app(exchange.changed_app))
answer_created: Final = view.answering(lambda exchange: view.app(exchange.changed_app), 201)


def answer_list(exchange: Exchange) -> Answer:
    """Answer with the names of the developer's apps, or with the apps whole."""
    apps, developer = exchange.service.apps, exchange.segments[1]
    names = page.of(exchange, apps.names(developer), APPS_AT_ONCE)
    if not page.is_expanded(exchange):
        return view.listed(names)
    found: list[Any] = [app for name in names if (app := apps.get(developer, name)) is not None]
    return Answer(status=200, body={"app": [view.app(app) for app in found]})
