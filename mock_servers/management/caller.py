"""Checks the caller of the management API: any bearer token is accepted."""

from __future__ import annotations

from typing import Final

from mock_servers.management import errors
from mock_servers.management.service import Exchange
from mock_servers.rules import rejects
from mock_servers.wire.wording import shown

ORGANIZATIONS: Final = ("nhsd-nonprod", "nhsd-prod")
_BEARER: Final = "bearer "


@rejects(errors.BEARER_MISSING)
def check_bearer(exchange: Exchange) -> str | None:
    """A header `Authorization: Bearer …`. Its content is not checked: clients read it, the mock need not."""
    sent = exchange.request.headers.get("authorization", "")
    if sent.lower().startswith(_BEARER) and sent[len(_BEARER) :].strip():
        return None
    return "There is no `Authorization: Bearer …` header: set APIGEE_ACCESS_TOKEN to any JWT."


@rejects(errors.ORGANIZATION_UNKNOWN)
def check_organization(exchange: Exchange) -> str | None:
    """One of the two that exist."""
    exchange.named["org"] = exchange.organization
    if exchange.organization in ORGANIZATIONS:
        return None
    return f"Organization {shown(exchange.organization)} is not one of {', '.join(ORGANIZATIONS)}."
