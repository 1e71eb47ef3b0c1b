"""The dependencies of the management API, in one value; and one request to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from mock_servers.journal.journal import Journal
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.debug_session import DebugSession, Transaction
from mock_servers.state.developer_app import DeveloperApp, Key, Product
from mock_servers.state.developer_apps import DeveloperApps
from mock_servers.state.grant import AccessToken
from mock_servers.state.seed_data import Proxy
from mock_servers.state.store import Store
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The management API of the organisation whose environment the mock plays."""

    settings: ApimSettings
    clock: Clock
    store: Store
    identifiers: Identifiers
    journal: Journal
    apps: DeveloperApps
    proxies: Mapping[str, Proxy]


@dataclass
class Exchange:
    """One call, and what the rules have learned of it.

    `named` fills the text of an error row; `body` is the JSON object that was sent, as far as it was read. What is
    changed stays as it was found; the result is beside it as `changed_…`.
    """

    request: Request
    service: Service
    now: float
    named: dict[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(init=False)
    developer_app: DeveloperApp = field(init=False)
    changed_app: DeveloperApp = field(init=False)
    key: Key = field(init=False)
    product: Product = field(init=False)
    changed_product: Product = field(init=False)
    proxy: Proxy = field(init=False)
    token: AccessToken = field(init=False)
    session: DebugSession = field(init=False)
    transaction: Transaction = field(init=False)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path below the organisation; a doubled slash makes no part."""
        parts = urlsplit(self.request.target).path.split("/")
        return tuple(unquote(part) for part in parts if part)[3:]

    @property
    def organization(self) -> str:
        """The organisation that the path names."""
        return self.request.path.strip("/").partition("/")[0]
