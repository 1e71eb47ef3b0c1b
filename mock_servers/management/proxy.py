"""Proxies over the management API: their deployments, and their paths."""

from __future__ import annotations

from typing import Final

from mock_servers.management import errors
from mock_servers.management.service import Exchange
from mock_servers.rules import rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

REVISION: Final = "1"
"""Each proxy has one revision, deployed in one environment."""


def find(exchange: Exchange, name: str) -> str | None:
    """Return a proxy by its name, or say that it does not exist."""
    exchange.named |= {"proxy": name, "org": exchange.organization}
    proxy = exchange.service.proxies.get(name)
    if proxy is None:
        return f"No proxy is called {shown(name)}: its name ends with its environment, as mock-jwks-internal-dev."
    exchange.proxy = proxy
    return None


def check(exchange: Exchange, revision: str) -> str | None:
    """Say so if a revision is not the existing one."""
    exchange.named["revision"] = revision
    if revision == REVISION:
        return None
    return f"Revision {shown(revision)} does not exist: each proxy has revision {REVISION}."


@rejects(errors.PROXY_UNKNOWN)
def find_proxy(exchange: Exchange) -> str | None:
    """One of the platform's, or of the team's own APIs."""
    return find(exchange, exchange.segments[1])


@rejects(errors.REVISION_UNKNOWN)
def check_revision(exchange: Exchange) -> str | None:
    """The only one that exists."""
    return check(exchange, exchange.segments[3])


def answer_deployments(exchange: Exchange) -> Answer:
    """Answer with exactly one environment, which clients insist on (S)."""
    proxy, revision = exchange.proxy, {"name": REVISION, "state": "deployed"}
    return Answer(
        status=200,
        body={
            "environment": [{"name": proxy.environment, "revision": [revision]}],
            "name": proxy.name,
            "organization": exchange.organization,
        },
    )


def answer_revision(exchange: Exchange) -> Answer:
    """Answer with the base path, which has no slash at its beginning (S): clients put it behind one."""
    proxy = exchange.proxy
    return Answer(
        status=200,
        body={"basepaths": [proxy.base_path], "name": proxy.name, "revision": REVISION, "type": "Application"},
    )
