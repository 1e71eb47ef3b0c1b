"""The configuration of a platform, as one frozen value. Another module reads it from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.control import ControlSettings
from mock_servers.settings.limits import (
    FULL_HOST,
    HOST,
    IP_NETWORK,
    ORIGIN,
    SCOPE,
    UPSTREAM,
    Contradictions,
    Limit,
    matching,
)
from mock_servers.settings.real_host import HOSTS, TEST_SUITE_HOSTS, RealHost, environment_among
from mock_servers.settings.sections import (
    ApimSettings,
    EvidenceSettings,
    ProviderSettings,
    ServerSettings,
    StateSettings,
    WatchSettings,
)
from mock_servers.state.app import App
from mock_servers.state.person import Person, everybody
from mock_servers.state.seed_data import APIS

READY_MADE_APP: Final = App(
    client_id="nhsauth-app",
    client_secret="nhsauth-secret",
    name="nhsauth app",
    kid="nhsauth-1",
    key_name="nhsauth-app",
    redirect_uris=("http://127.0.0.1:8080/_nhsauth/callback",),
)
"""The app that exists when no other is configured."""

REALMS: Final = "internal-dev"
"""The environment of the mock realms to which `/oauth2-mock` sends people by default."""

_PAGE: Final = re.compile(r"(https?)://([^/:?#@]+)(?::(\d+))?(?:[/?#]|$)")
_PORTS: Final = {"https": "443", "http": "80"}
_MOCKED: Final = "|".join(
    (
        *("_nhsauth", "_worlds", "oauth2", "oauth2-mock", "openam", "realms", "authorize", "token", "userinfo"),
        *(r"\.well-known", *(seed.api for seed in APIS), "v1/organizations"),
    )
)
_PATH: Final = matching(
    rf"(?!/(?:{_MOCKED})(?:/|$))/[^?#\s]*[^/?#\s]",
    'a path such as "/my-api", without a slash at its end, and not one that the mock plays',
)
_REALMS: Final = [each.mock_realm.name for each in PROVIDERS if each.mock_realm is not None]
REALM: Final = matching(
    rf"(?:{'|'.join(_REALMS)})-[a-z0-9-]+", f"{' or '.join(f'{each}-…' for each in _REALMS)} and an environment"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A team's own API behind the gateway. Without `scopes` any live token is accepted; `open` requires none."""

    path: Annotated[str, _PATH]
    upstream: Annotated[str, UPSTREAM]
    scopes: tuple[Annotated[str, SCOPE], ...] = ()
    open: bool = False

    def contradictions(self) -> Contradictions:
        """Yield settings of an API that exclude each other."""
        if self.open and self.scopes:
            yield "open", True, Limit(allowed="false beside scopes", holds=lambda value: value is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The configuration of a platform.

    `public_urls` are further names of the mock, `trusted_proxies` the addresses and networks whose `X-Forwarded-*`
    count. `allow_hosts` are hosts, besides loopback and private ones, from which key sets may be fetched, where `apis`
    may be, and which the proxy may reach. `private_keys` are the files of apps that sign with a key of their own, by
    client id. `users` are added to the ready-made people, `hosts` to the real hosts that the mock knows;
    `test_suite_hosts` adds those that only public test suites call. `source` is the name in messages of the place that
    the configuration was read from.
    """

    public_urls: tuple[Annotated[str, ORIGIN], ...] = ()
    trusted_proxies: tuple[Annotated[str, IP_NETWORK], ...] = ()
    allow_hosts: tuple[Annotated[str, HOST], ...] = ()
    diagnosis: bool = True
    apim: ApimSettings = field(default_factory=ApimSettings)
    cis2: ProviderSettings = field(default_factory=ProviderSettings)
    nhs_login: ProviderSettings = field(default_factory=ProviderSettings)
    realms: Mapping[Annotated[str, REALM], ProviderSettings] = field(default_factory=dict)
    apps: tuple[App, ...] = (READY_MADE_APP,)
    private_keys: Mapping[str, Path] = field(default_factory=dict)
    apis: tuple[Api, ...] = ()
    users: tuple[Person, ...] = ()
    hosts: tuple[RealHost, ...] = ()
    test_suite_hosts: bool = False
    server: ServerSettings = field(default_factory=ServerSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    state: StateSettings = field(default_factory=StateSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    source: str = field(default="", compare=False)

    @property
    def more_hosts(self) -> tuple[RealHost, ...]:
        """The hosts that the mock plays besides those of the services."""
        return (*(TEST_SUITE_HOSTS if self.test_suite_hosts else ()), *self.hosts)

    @property
    def client_hosts(self) -> frozenset[str]:
        """The hosts of redirect URIs that belong to no service.

        Browsers are redirected to them by https, by their names alone.
        """
        known = {host.name for host in (*HOSTS, *self.more_hosts)} | {
            urlsplit(url).hostname for url in self.public_urls
        }
        pages = (page_of(uri) or "" for app in self.apps for uri in app.redirect_uris)
        named = {
            page.removeprefix("https://") for page in pages if page.startswith("https://") and page.count(":") == 1
        }
        return frozenset(named - known - {*self.allow_hosts})

    @property
    def people(self) -> tuple[Person, ...]:
        """Every person who can log in. A configured user replaces a ready-made one with the same id."""
        return everybody(PROVIDERS, self.users)

    def settings_of(self, provider: str) -> ProviderSettings:
        """Return the settings of a provider; the defaults if it has no table of its own."""
        return {"cis2": self.cis2, "nhs_login": self.nhs_login}.get(provider, ProviderSettings())

    @property
    def key_files(self) -> Mapping[Path, str]:
        """The files of users' own private keys, and the name of the member of each in messages."""
        providers = {each.name: self.settings_of(each.name) for each in PROVIDERS}
        providers |= {f"realms.{name}": settings for name, settings in self.realms.items()}
        named = {each.signing_key: f"{table}.signing_key" for table, each in providers.items()}
        named |= {self.private_keys.get(app.client_id): f"apps[{at}].private_key" for at, app in enumerate(self.apps)}
        return {path: f"{self.source}{member}" for path, member in named.items() if path is not None}

    def contradictions(self) -> Contradictions:
        """Yield unknown environments, and entries that are in a table twice; ignore broken entries."""
        apps: Sequence[object] = self.apps
        hosts: Sequence[object] = self.hosts
        known = environment_among(host for host in hosts if isinstance(host, RealHost))
        named = {"apim.environment": self.apim.environment}
        for index, app in enumerate(apps):
            environments = app.environments if isinstance(app, App) else ()
            named |= {f"apps[{index}].environments[{at}]": each for at, each in enumerate(environments)}
        yield from ((member, name, known) for member, name in named.items() if not known.holds(name))
        yield from _repeated("apps", "client_id", self.apps)
        yield from _repeated("apis", "path", self.apis)
        yield from _repeated("hosts", "name", self.hosts)


def _repeated(table: str, member: str, entries: Sequence[Any]) -> Contradictions:
    values = [getattr(entry, member, None) for entry in entries]
    for index, value in enumerate(values):
        if value is not None and value in values[:index]:
            once = Limit(allowed=f"each {member} once", holds=lambda each: values.count(each) == 1)
            yield f"{table}[{index}].{member}", value, once


def page_of(redirect_uri: str) -> str | None:
    """Return the origin of a redirect URI's page, if its host is a full name.

    Lower case, without the port that its scheme implies. `None` for addresses and this machine's own names.
    """
    match = _PAGE.match(redirect_uri.lower())
    if match is None or not FULL_HOST.holds(match[2]):
        return None
    scheme, name, port = match.groups()
    last = name.rpartition(".")[2]
    if last.isdigit() or last == "localhost":
        return None
    return f"{scheme}://{name}" if port in (None, _PORTS[scheme]) else f"{scheme}://{name}:{port}"
