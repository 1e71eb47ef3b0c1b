"""Attributes of an app or a product: read, replaced all at once, set and removed one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from mock_servers.management import body, errors, view
from mock_servers.management.service import Exchange
from mock_servers.rules import Rule, rejects
from mock_servers.state.developer_app import Attributes, DeveloperApp, Product
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

H = TypeVar("H", DeveloperApp, Product)
Held = Callable[[Exchange], Attributes]

decode_all: Final = body.decoded({"attribute": body.ATTRIBUTES}, required=("attribute",))
decode_one: Final = body.decoded({"value": body.TEXT}, required=("value",))


def _name(exchange: Exchange) -> str:
    return exchange.segments[-1]


def found(held: Held) -> Rule[Exchange]:
    """Make the rule that finds the attribute which the path names."""

    @rejects(errors.ATTRIBUTE_UNKNOWN)
    def find_attribute(exchange: Exchange) -> str | None:
        """The attribute exists."""
        exchange.named["attribute"] = name = _name(exchange)
        if name in dict(held(exchange)):
            return None
        return f"There is no attribute {shown(name)}; there are {shown([known for known, _ in held(exchange)])}."

    return find_attribute


def all_replaced(exchange: Exchange, holder: H) -> H:
    """Give it the attributes of the body and no others."""
    return replace(holder, attributes=body.attributes(exchange.body["attribute"]))


def one_set(exchange: Exchange, holder: H) -> H:
    """Set the attribute that the path names; a new one comes last."""
    kept = {**dict(holder.attributes), _name(exchange): exchange.body["value"]}
    return replace(holder, attributes=tuple(kept.items()))


def one_removed(exchange: Exchange, holder: H) -> H:
    """Take the attribute away that the path names."""
    kept = tuple((name, value) for name, value in holder.attributes if name != _name(exchange))
    return replace(holder, attributes=kept)


def answer_all(held: Held) -> Callable[[Exchange], Answer]:
    """Answer with all attributes."""
    return lambda exchange: Answer(status=200, body={"attribute": view.attributes(held(exchange))})


def answer_one(held: Held) -> Callable[[Exchange], Answer]:
    """Answer with one attribute."""
    return lambda exchange: Answer(
        status=200, body={"name": _name(exchange), "value": dict(held(exchange))[_name(exchange)]}
    )
