"""Keys of a developer app over the management API, and the products that they have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mock_servers.management import body, developer_app, errors, view
from mock_servers.management.body import Form
from mock_servers.management.service import Exchange
from mock_servers.rules import rejects
from mock_servers.state.developer_app import DeveloperApp, Key, Status, scopes_of
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, shown

_LONGEST: Final = 2048
_LETTERS: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST}}}")
_CREDENTIAL: Final = Form(
    allowed="a string of at most 2048 letters, digits, hyphens and underscores",
    fits=lambda value: isinstance(value, str) and _LETTERS.fullmatch(value) is not None,
)
"""The characters of a consumer key or secret (D)."""

Change = Callable[[Exchange, Key], Key]

decode_imported: Final = body.decoded(
    {"consumerKey": _CREDENTIAL, "consumerSecret": _CREDENTIAL}, required=("consumerKey", "consumerSecret")
)
decode_added: Final = body.decoded({"apiProducts": body.TEXTS, "attributes": body.ATTRIBUTES})
decode_scopes: Final = body.decoded({"scopes": body.TEXTS}, required=("scopes",))


@rejects(errors.KEY_UNKNOWN)
def find_key(exchange: Exchange) -> str | None:
    """A key of this very app."""
    exchange.named["key"] = name = exchange.segments[5]
    key = exchange.developer_app.key(name)
    if key is None:
        known = [each.consumer_key for each in exchange.developer_app.keys]
        return f"App {shown(exchange.developer_app.name)} has no key {shown(name)}; it has {shown(known)}."
    exchange.key = key
    return None


@rejects(errors.KEY_EXISTS)
def check_key_free(exchange: Exchange) -> str | None:
    """No app at all has this key."""
    exchange.named["key"] = name = exchange.body["consumerKey"]
    taken = exchange.service.store.apps.get(name)
    return None if taken is None else f"Key {shown(name)} is that of app {shown(taken.name)} already."


@rejects(errors.ACTION_UNKNOWN)
def check_action(exchange: Exchange) -> str | None:
    """`approve` or `revoke`."""
    exchange.named["action"] = sent = exchange.request.query.get("action")
    return None if sent in ("approve", "revoke") else f"action is {shown(sent)}: it is approve or revoke."


@rejects(errors.PRODUCT_NOT_OF_KEY)
def find_product_of_key(exchange: Exchange) -> str | None:
    """A product that the key has."""
    exchange.named["product"] = name = exchange.segments[7]
    if name in exchange.key.products:
        return None
    return f"Key {cut(exchange.key.consumer_key)} has no product {shown(name)}; it has {shown(exchange.key.products)}."


@rejects(errors.KEY_SCOPES_INVALID)
def check_scopes_of_products(exchange: Exchange) -> str | None:
    """Scopes that the products of the key have."""
    allowed = scopes_of(exchange.service.apps.products_of(exchange.key))
    exchange.named["allowed"] = ", ".join(allowed)
    foreign = [scope for scope in body.texts(exchange.body["scopes"]) if scope not in allowed]
    return f"No product of the key has {shown(foreign)}; they have {shown(allowed)}." if foreign else None


def _changed(change: Change) -> Callable[[Exchange, DeveloperApp], DeveloperApp]:
    def changed(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
        keys = (change(exchange, key) if key.consumer_key == exchange.key.consumer_key else key for key in app.keys)
        return replace(app, keys=tuple(keys))

    return changed


def _imported(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    key = Key(
        consumer_key=exchange.body["consumerKey"],
        consumer_secret=exchange.body["consumerSecret"],
        issued_at=exchange.now,
    )
    return replace(app, keys=(*app.keys, key))


def _added(exchange: Exchange, key: Key) -> Key:
    """Products come to those that the key has; attributes take the place of its own (D)."""
    new = [name for name in body.texts(exchange.body.get("apiProducts", [])) if name not in key.products]
    sent = exchange.body.get("attributes")
    return replace(
        key,
        subscriptions=(*key.subscriptions, *developer_app.subscriptions(exchange, new)),
        attributes=key.attributes if sent is None else body.attributes(sent),
    )


def _approves(exchange: Exchange) -> bool:
    return exchange.request.query.get("action") == "approve"


def _product_judged(exchange: Exchange, key: Key) -> Key:
    status: Status = "approved" if _approves(exchange) else "revoked"
    judged = (
        replace(each, status=status) if each.product == exchange.segments[7] else each for each in key.subscriptions
    )
    return replace(key, subscriptions=tuple(judged))


def _without_product(exchange: Exchange, key: Key) -> Key:
    kept = (each for each in key.subscriptions if each.product != exchange.segments[7])
    return replace(key, subscriptions=tuple(kept))


def _removed(exchange: Exchange, app: DeveloperApp) -> DeveloperApp:
    return replace(app, keys=tuple(key for key in app.keys if key.consumer_key != exchange.key.consumer_key))


claim_import: Final = developer_app.changed(_imported)
claim_products: Final = developer_app.changed(_changed(_added))
claim_status: Final = developer_app.changed(_changed(lambda exchange, key: replace(key, approved=_approves(exchange))))
claim_scopes: Final = developer_app.changed(
    _changed(lambda exchange, key: replace(key, scopes=body.texts(exchange.body["scopes"])))
)
claim_product_status: Final = developer_app.changed(_changed(_product_judged))
claim_product_removal: Final = developer_app.changed(_changed(_without_product))
claim_removal: Final = developer_app.changed(_removed)

answer_found: Final = view.answering(lambda exchange: view.key(exchange.key))
answer_imported: Final = view.answering(lambda exchange: view.key(exchange.changed_app.keys[-1]), 201)


def answer_changed(exchange: Exchange) -> Answer:
    """Answer with the present key."""
    changed = exchange.changed_app.key(exchange.key.consumer_key)
    return Answer(status=200, body=view.key(changed or exchange.key))
