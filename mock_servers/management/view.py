"""Apps, keys and products as the management API shows them (D); times are milliseconds since 1970."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mock_servers.management.service import Exchange
from mock_servers.state.developer_app import Attributes, DeveloperApp, Key, Product
from mock_servers.wire.request import Answer

NEVER: Final = -1
"""When a key expires that does not (D)."""


def ms(moment: float | None) -> int:
    """Return a time in milliseconds; `None` is never."""
    return NEVER if moment is None else int(moment * 1000)


def attributes(held: Attributes) -> list[dict[str, str]]:
    """Show attributes."""
    return [{"name": name, "value": value} for name, value in held]


def status(*, approved: bool) -> str:
    """Show whether an app or a key may be used."""
    return "approved" if approved else "revoked"


def key(held: Key) -> dict[str, Any]:
    """Show a key with its secret."""
    return {
        "apiProducts": [{"apiproduct": each.product, "status": each.status} for each in held.subscriptions],
        "attributes": attributes(held.attributes),
        "consumerKey": held.consumer_key,
        "consumerSecret": held.consumer_secret,
        "expiresAt": ms(held.expires_at),
        "issuedAt": ms(held.issued_at),
        "scopes": list(held.scopes),
        "status": status(approved=held.approved),
    }


def app(held: DeveloperApp) -> dict[str, Any]:
    """Show an app with its keys."""
    return {
        "appId": held.id,
        "attributes": attributes(held.attributes),
        "callbackUrl": held.callback_url,
        "createdAt": ms(held.created_at),
        "createdBy": held.developer,
        "credentials": [key(each) for each in held.keys],
        "developerId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{held.developer}")),
        "lastModifiedAt": ms(held.modified_at),
        "lastModifiedBy": held.developer,
        "name": held.name,
        "appFamily": "default",
        "scopes": list(held.scopes),
        "status": status(approved=held.approved),
    }


def product(held: Product) -> dict[str, Any]:
    """Show a product."""
    return {
        "apiResources": list(held.resources),
        "approvalType": held.approval_type,
        "attributes": attributes(held.attributes),
        "createdAt": ms(held.created_at),
        "createdBy": "admin",
        "description": held.description,
        "displayName": held.display_name or held.name,
        "environments": list(held.environments),
        "lastModifiedAt": ms(held.modified_at),
        "lastModifiedBy": "admin",
        "name": held.name,
        "proxies": list(held.proxies),
        **dict(held.quota),
        "scopes": list(held.scopes),
    }


def listed(values: Sequence[Any]) -> Answer:
    """Answer with a JSON list."""
    return Answer(status=200, body=json.dumps(values, separators=(",", ":")))


def answering(show: Callable[[Exchange], Mapping[str, Any]], status: int = 200) -> Callable[[Exchange], Answer]:
    """Make what answers with that which `show` finds in an exchange."""
    return lambda exchange: Answer(status=status, body=show(exchange))
