"""The services behind the real hosts, each environment's made when one of its hosts is first called.

What an environment is, `real_host` says; how a service is wired, `services`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from mock_servers.apim.service import Service as TokenService
from mock_servers.identity_provider.cis2 import CIS2_DEVELOPMENT
from mock_servers.identity_provider.realms import mock_realms
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.platform.services import Services
from mock_servers.state.provider import Provider
from mock_servers.state.real_host import Plays, trust_of
from mock_servers.state.settings import ProviderSettings

DEVELOPMENT: Final = "dev"
"""CIS2's environment with a realm more than the others."""

WITHOUT_MOCK_REALMS: Final = ("prod",)
"""Environments that have no `/oauth2-mock` (S)."""


class Environments:
    """Finds for a real host the services that answer there; nothing of another host's does."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._hosts = services.parts.names.hosts
        self._providers: dict[str, ProviderService] = {}
        self._lock = threading.Lock()

    def provider_at(self, origin: str) -> ProviderService:
        """Return the provider of a real host. Raises LookupError for any other origin."""
        real = self._hosts.of_origin(origin)
        if real is None or real.plays not in ("cis2", "nhs_login"):
            raise LookupError(f"{origin!r} is no identity provider's host")
        return self.provider(real.plays, real.environment)

    def token_services_at(self, url: str) -> Sequence[TokenService]:
        """Return the token services that answer where a URL leads: those of a real host's environment, else all."""
        real = self._hosts.of_origin("://".join(urlsplit(url)[:2]))
        if real is None or real.plays != "platform":
            return self._services.token_services
        return self.token_services(real.environment)

    def provider(self, plays: Plays, environment: str) -> ProviderService:
        """Return a provider of one environment: the platform's own, or one with keys, codes and sessions of its own."""
        own = self._services.providers[plays]
        hosts = self._hosts.names_of(plays, environment)
        if hosts == own.provider.hosts:
            return own
        return self._kept(replace(own.provider, name=f"{plays}-{environment}", hosts=hosts), own.settings)

    def providers(self, plays: Plays, environment: str) -> list[ProviderService]:
        """Return all that answers at a provider's host: of CIS2's development environment a further realm as well."""
        further = self._development() if (plays, environment) == ("cis2", DEVELOPMENT) else []
        return [self.provider(plays, environment), *further]

    def all_realms(self) -> list[ProviderService]:
        """Return the mock realms of every environment: of the platform's hosts, and those of configured realms."""
        of_hosts = [host.environment for host in self._hosts if host.plays == "platform"]
        configured = [name.partition("-mock-")[2] for name in self._services.parts.configuration.realms]
        with_realms = [name for name in dict.fromkeys([*of_hosts, *configured]) if name not in WITHOUT_MOCK_REALMS]
        return [realm for each in with_realms for realm in self.realms(each)]

    def realms(self, environment: str) -> list[ProviderService]:
        """Return the mock realms of an environment of the platform, that of CIS2 first."""
        hosts = self._hosts.names_of("realms")
        return [
            self._services.providers.get(realm.name) or self._kept(replace(realm, hosts=hosts), ProviderSettings())
            for realm in mock_realms(environment)
        ]

    def token_services(self, environment: str) -> list[TokenService]:
        """Return the deployments of the token service in an environment; only the URL that was called is an `aud`."""
        trust, wire = trust_of(environment), self._services.token_service
        cis2, *more_cis2 = [self.provider("cis2", each) for each in trust.cis2]
        nhs_login, *more_nhs_login = [self.provider("nhs_login", each) for each in trust.nhs_login]
        settings = replace(self._services.parts.configuration.apim, environment=environment, audiences=())
        also = (*more_cis2, *more_nhs_login, *(self._development() if DEVELOPMENT in trust.cis2 else ()))
        real = wire("/oauth2", settings, (cis2, nhs_login), also=also, is_real=True)
        if environment in WITHOUT_MOCK_REALMS:
            return [real]
        return [real, wire("/oauth2-mock", settings, self.realms(environment), is_real=True)]

    def _development(self) -> list[ProviderService]:
        """Return the realm that CIS2's development environment has besides."""
        hosts = self._hosts.names_of("cis2", DEVELOPMENT)
        return [self._kept(replace(CIS2_DEVELOPMENT, hosts=hosts), self._services.providers["cis2"].settings)]

    def _kept(self, provider: Provider, settings: ProviderSettings) -> ProviderService:
        with self._lock:
            if provider.name not in self._providers:
                only_here = replace(provider, only_at_hosts=True)
                self._providers[provider.name] = self._services.provider(only_here, settings)
            return self._providers[provider.name]
