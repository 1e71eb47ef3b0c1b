"""The services behind the real hosts, each environment's made when one of its hosts is first called.

What an environment is, `real_host` says; how a service is wired, the platform.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mock_servers.identity_provider.cis2 import CIS2_DEVELOPMENT
from mock_servers.identity_provider.realms import mock_realms
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.state.real_host import Plays, RealHost, trust_of
from mock_servers.state.settings import ProviderSettings

if TYPE_CHECKING:
    from mock_servers.apim.service import Service as TokenService
    from mock_servers.platform.platform import Mount, Platform
    from mock_servers.state.provider import Provider

DEVELOPMENT: Final = "dev"
"""CIS2's environment with a realm more than the others."""

WITHOUT_MOCK_REALMS: Final = ("prod",)
"""Environments that have no `/oauth2-mock` (S)."""


class Environments:
    """Finds for a real host what answers there; nothing of another host's does."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._mounts: dict[str, list[Mount]] = {}
        self._providers: dict[str, ProviderService] = {}
        self._lock = threading.RLock()

    def mounts(self, host: RealHost) -> list[Mount]:
        """Return the applications of a host, the last of which takes what is left."""
        found = self._mounts.get(host.name)
        if found is not None:
            return found
        with self._lock:
            if host.name not in self._mounts:
                self._mounts[host.name] = self._made(host)
            return self._mounts[host.name]

    def provider(self, plays: Plays, environment: str) -> ProviderService:
        """Return a provider of one environment: the platform's own, or one with keys, codes and sessions of its own."""
        own = self._platform.providers[plays]
        hosts = self._platform.hosts.names_of(plays, environment)
        if hosts == own.provider.hosts:
            return own
        return self._kept(replace(own.provider, name=f"{plays}-{environment}", hosts=hosts), own.settings)

    def realms(self, environment: str) -> list[ProviderService]:
        """Return the mock realms of an environment of the platform, that of CIS2 first."""
        hosts = self._platform.hosts.names_of("realms")
        return [
            self._platform.providers.get(realm.name) or self._kept(replace(realm, hosts=hosts), ProviderSettings())
            for realm in mock_realms(environment)
        ]

    def token_services(self, environment: str) -> list[TokenService]:
        """Return the deployments of the token service in an environment; only the URL that was called is an `aud`."""
        trust, platform = trust_of(environment), self._platform
        cis2, *more_cis2 = [self.provider("cis2", each) for each in trust.cis2]
        nhs_login, *more_nhs_login = [self.provider("nhs_login", each) for each in trust.nhs_login]
        settings = replace(platform.configuration.apim, environment=environment, audiences=())
        also = (*more_cis2, *more_nhs_login, *(self._development() if DEVELOPMENT in trust.cis2 else ()))
        real = platform.token_service("/oauth2", settings, (cis2, nhs_login), also=also, is_real=True)
        if environment in WITHOUT_MOCK_REALMS:
            return [real]
        return [real, platform.token_service("/oauth2-mock", settings, self.realms(environment), is_real=True)]

    def _development(self) -> list[ProviderService]:
        """Return the realm that CIS2's development environment has besides."""
        hosts = self._platform.hosts.names_of("cis2", DEVELOPMENT)
        return [self._kept(replace(CIS2_DEVELOPMENT, hosts=hosts), self._platform.providers["cis2"].settings)]

    def _kept(self, provider: Provider, settings: ProviderSettings) -> ProviderService:
        with self._lock:
            if provider.name not in self._providers:
                only_here = replace(provider, only_at_hosts=True)
                self._providers[provider.name] = self._platform.provider_service(only_here, settings)
            return self._providers[provider.name]

    def _made(self, host: RealHost) -> list[Mount]:
        if host.plays == "platform":
            return self._platform.platform_mounts(self.token_services(host.environment))
        if host.plays in ("cis2", "nhs_login"):
            further = self._development() if (host.plays, host.environment) == ("cis2", DEVELOPMENT) else []
            return self._platform.provider_mounts([self.provider(host.plays, host.environment), *further])
        if host.plays == "realms":
            return self._platform.provider_mounts(
                [realm for each in self._realm_environments() for realm in self.realms(each)]
            )
        return self._platform.test_suite_mounts(host.plays)

    def _realm_environments(self) -> list[str]:
        """Return the environments that have mock realms: of the platform's hosts, and those of configured realms."""
        of_hosts = [host.environment for host in self._platform.hosts if host.plays == "platform"]
        configured = [name.partition("-mock-")[2] for name in self._platform.configuration.realms]
        return [name for name in dict.fromkeys([*of_hosts, *configured]) if name not in WITHOUT_MOCK_REALMS]
