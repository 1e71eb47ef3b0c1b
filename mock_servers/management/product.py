"""Products over the management API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from mock_servers.management import body, errors, page, view
from mock_servers.management.service import Exchange
from mock_servers.rules import Rule, rejects
from mock_servers.state.developer_app import Product
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

PRODUCTS_AT_ONCE: Final = 1000
"""Products in one list at most (D)."""

_QUOTA: Final = ("quota", "quotaInterval", "quotaTimeUnit")
_APPROVAL: Final = body.Form(allowed="auto or manual", fits=lambda value: value in ("auto", "manual"))
_MEMBERS: Final = {
    "name": body.NAME,
    "displayName": body.TEXT,
    "description": body.TEXT,
    "proxies": body.TEXTS,
    "scopes": body.TEXTS,
    "environments": body.TEXTS,
    "apiResources": body.TEXTS,
    "approvalType": _APPROVAL,
    "attributes": body.ATTRIBUTES,
    **dict.fromkeys(_QUOTA, body.QUOTA),
}

decode_new: Final = body.decoded(_MEMBERS, required=("name",))
decode_change: Final = body.decoded(_MEMBERS)


@rejects(errors.PRODUCT_UNKNOWN)
def find_product(exchange: Exchange) -> str | None:
    """The product with this name, which is not its display name."""
    exchange.named["product"] = name = exchange.segments[1]
    product = exchange.service.apps.product(name)
    if product is None:
        return f"There is no product {shown(name)}."
    exchange.product = product
    return None


@rejects(errors.PRODUCT_EXISTS)
def claim_product_name(exchange: Exchange) -> str | None:
    """Of several requests at once for one product, exactly one creates it."""
    exchange.named["product"] = name = exchange.body["name"]
    product = _described(exchange, Product(name=name, created_at=exchange.now, modified_at=exchange.now))
    exchange.changed_product = product
    if exchange.service.apps.add_product(product):
        return None
    return f"There is a product {shown(name)} already: choose another name, or change it."


def changed(change: Callable[[Exchange, Product], Product]) -> Rule[Exchange]:
    """Make the rule that changes the product for every key that has it, in one step."""

    @rejects(errors.PRODUCT_UNKNOWN)
    def claim_product_change(exchange: Exchange) -> str | None:
        """The product still exists."""
        changed = exchange.service.apps.change_product(
            exchange.product.name, lambda present: replace(change(exchange, present), modified_at=exchange.now)
        )
        if changed is None:
            return "Another request removed the product at this moment."
        exchange.changed_product = changed
        return None

    return claim_product_change


@rejects(errors.PRODUCT_IN_USE)
def claim_product_removal(exchange: Exchange) -> str | None:
    """No key has it (I): its clients would lose their access."""
    if exchange.service.apps.remove_product(exchange.product.name):
        return None
    return f"A key still has {shown(exchange.product.name)}: take it from the key first, or remove the app."


def replaced(exchange: Exchange, product: Product) -> Product:
    """Take over what the body says; the name stays that of the path."""
    fresh = Product(name=product.name, created_at=product.created_at, modified_at=exchange.now)
    return _described(exchange, fresh)


def _described(exchange: Exchange, product: Product) -> Product:
    sent = exchange.body
    return replace(
        product,
        display_name=sent.get("displayName", ""),
        description=sent.get("description", ""),
        proxies=body.texts(sent.get("proxies", [])),
        scopes=body.texts(sent.get("scopes", [])),
        environments=body.texts(sent.get("environments", [])),
        resources=body.texts(sent.get("apiResources", list(product.resources))),
        approval_type=sent.get("approvalType", product.approval_type),
        attributes=body.attributes(sent.get("attributes", [])),
        quota=tuple((name, str(sent[name])) for name in _QUOTA if name in sent),
    )


answer_found: Final = view.answering(lambda exchange: view.product(exchange.product))
answer_changed: Final = view.answering(lambda exchange: view.product(exchange.changed_product))
answer_created: Final = view.answering(lambda exchange: view.product(exchange.changed_product), 201)


def answer_list(exchange: Exchange) -> Answer:
    """Answer with the names of the products, or with the products whole."""
    products = {product.name: product for product in exchange.service.apps.products()}
    names = page.of(exchange, list(products), PRODUCTS_AT_ONCE)
    if not page.is_expanded(exchange):
        return view.listed(names)
    listed: list[Any] = [view.product(products[name]) for name in names]
    return Answer(status=200, body={"apiProduct": listed})
