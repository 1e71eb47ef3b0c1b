"""Finds the realm of a path below CIS2's product: only one of them is a provider."""

from __future__ import annotations

from mock_servers.identity_provider.service import Exchange
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.wire.wording import shown


def named(exchange: Exchange) -> str | None:
    """Return the realm of a path such as `…/root/realms/A/realms/B/authorize`, as `/A/B`; `None` for another path."""
    root = exchange.service.provider.realms_path
    if not root or not exchange.request.path.startswith(f"{root}/"):
        return None
    segments, names = exchange.request.path.removeprefix(f"{root}/").split("/"), []
    while len(segments) > 1 and segments[0] == "realms":
        names.append(segments[1])
        segments = segments[2:]
    return f"/{'/'.join(names)}"


@rejects(errors.REALM_UNKNOWN)
def check_realm_known(exchange: Exchange) -> str | None:
    """Below the product's path there is only one realm, which has paths of its own (I)."""
    realm, provider = named(exchange), exchange.service.provider
    if realm is None:
        return None
    return f"The path names the realm {shown(realm)}; {provider.title} is at {provider.path}."
