"""Everything a platform is started with, as one frozen value; read from a file elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mock_servers.state.app import App
from mock_servers.state.person import READY_MADE, Person
from mock_servers.state.real_host import TEST_SUITE_HOSTS, RealHost
from mock_servers.state.settings import ApimSettings, ProviderSettings

READY_MADE_APP: Final = App(
    client_id="nhsauth-app",
    client_secret="nhsauth-secret",
    name="nhsauth app",
    kid="nhsauth-1",
    key_name="nhsauth-app",
    redirect_uris=("http://127.0.0.1:8080/_nhsauth/callback",),
)
"""The app that is there when no other is configured."""

REALMS: Final = "internal-dev"
"""The environment whose mock realms `/oauth2-mock` sends people to, unless set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A team's own API behind the gateway; without `scopes` any live token will do, `open` asks for none."""

    path: str
    upstream: str
    scopes: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a platform is started with.

    `public_urls` are further names of the mock, `trusted_proxies` the addresses whose `X-Forwarded-*` count,
    `allow_hosts` the hosts, besides loopback and private ones, that key sets may be fetched from, where
    `apis` may be, and that the proxy leads to. `private_keys` are the files of apps that sign with a key of their own,
    by client id. `users` come besides the ready-made people,
    `hosts` besides the real hosts that the mock knows; with `test_suite_hosts` it knows those that only public test
    suites call, too.
    """

    public_urls: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    diagnosis: bool = True
    apim: ApimSettings = field(default_factory=ApimSettings)
    cis2: ProviderSettings = field(default_factory=ProviderSettings)
    nhs_login: ProviderSettings = field(default_factory=ProviderSettings)
    realms: Mapping[str, ProviderSettings] = field(default_factory=dict)
    apps: tuple[App, ...] = (READY_MADE_APP,)
    private_keys: Mapping[str, Path] = field(default_factory=dict)
    apis: tuple[Api, ...] = ()
    users: tuple[Person, ...] = ()
    hosts: tuple[RealHost, ...] = ()
    test_suite_hosts: bool = False

    @property
    def more_hosts(self) -> tuple[RealHost, ...]:
        """The hosts that are played besides those of the services."""
        return (*(TEST_SUITE_HOSTS if self.test_suite_hosts else ()), *self.hosts)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who can log in; a configured user takes the place of a ready-made one with the same id."""
        by_id = {(person.provider, person.id): person for person in (*READY_MADE, *self.users)}
        return tuple(by_id.values())
