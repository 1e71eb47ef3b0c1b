"""The services behind the real hosts; those of an environment are made when one of its hosts is first called.

`real_host` defines the environments; `service_wiring` makes the services.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from mock_servers.apim.service import Service as TokenService
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.platform.service_wiring import Services
from mock_servers.provider.provider import Provider
from mock_servers.provider.realms import mock_realms
from mock_servers.settings.real_host import trust_of
from mock_servers.settings.sections import ProviderSettings

WITHOUT_MOCK_REALMS: Final = ("prod",)
"""Environments that have no `/oauth2-mock` (S)."""


class Environments:
    """Finds the services that answer at a real host."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._hosts = services.parts.names.hosts
        self._providers: dict[str, ProviderService] = {}
        self._lock = threading.Lock()

    def provider_at(self, origin: str) -> ProviderService:
        """Return the provider of a real host. Raises LookupError for any other origin."""
        real = self._hosts.of_origin(origin)
        if real is None or not self.is_provider(real.plays):
            raise LookupError(f"{origin!r} is no identity provider's host")
        return self.provider(real.plays, real.environment)

    def token_services_at(self, url: str) -> Sequence[TokenService]:
        """Return the token services at a URL: those of the environment if it is a real host's, else all."""
        real = self._hosts.of_origin("://".join(urlsplit(url)[:2]))
        if real is None or real.plays != "platform":
            return self.services.token_services
        return self.token_services(real.environment)

    def is_provider(self, plays: str) -> bool:
        """Whether a host with this `plays` is that of an identity provider."""
        return any(provider.name == plays for provider in self.services.parts.providers)

    def provider(self, plays: str, environment: str) -> ProviderService:
        """Return a provider of one environment: the platform's own, or one with keys, codes and sessions of its own."""
        own = self.services.providers[plays]
        hosts = self._hosts.names_of(plays, environment)
        if hosts == own.provider.hosts:
            return own
        return self._kept(replace(own.provider, name=f"{plays}-{environment}", hosts=hosts), own.settings)

    def providers(self, plays: str, environment: str) -> list[ProviderService]:
        """Return the providers at a provider's host, with the further realms of the environment."""
        return [self.provider(plays, environment), *self._further(plays, environment)]

    def all_realms(self) -> list[ProviderService]:
        """Return the mock realms of every environment: of the platform's hosts, and those of configured realms."""
        of_hosts = [host.environment for host in self._hosts if host.plays == "platform"]
        configured = [name.partition("-mock-")[2] for name in self.services.parts.configuration.realms]
        with_realms = [name for name in dict.fromkeys([*of_hosts, *configured]) if name not in WITHOUT_MOCK_REALMS]
        return [realm for each in with_realms for realm in self.realms(each)]

    def realms(self, environment: str) -> list[ProviderService]:
        """Return the mock realms of an environment of the platform, in the order of the providers."""
        hosts = self._hosts.names_of("realms")
        return [
            self.services.providers.get(realm.name) or self._kept(replace(realm, hosts=hosts), ProviderSettings())
            for realm in mock_realms(environment, self.services.parts.providers)
        ]

    def token_services(self, environment: str) -> list[TokenService]:
        """Return the deployments of the token service in an environment; only the URL that was called is an `aud`."""
        trust, wire = trust_of(environment), self.services.token_service
        trusted = [(each.name, trust.get(each.name, ("",))) for each in self.services.parts.providers]
        first = [self.provider(name, environments[0]) for name, environments in trusted]
        more = [self.provider(name, each) for name, environments in trusted for each in environments[1:]]
        also = [realm for name, environments in trusted for each in environments for realm in self._further(name, each)]
        settings = replace(self.services.parts.configuration.apim, environment=environment, audiences=())
        real = wire("/oauth2", settings, first, also=(*more, *also), is_real=True)
        if environment in WITHOUT_MOCK_REALMS:
            return [real]
        return [real, wire("/oauth2-mock", settings, self.realms(environment), is_real=True)]

    def _further(self, name: str, environment: str) -> list[ProviderService]:
        """Return the further realms of a provider's environment."""
        own, hosts = self.services.providers[name], self._hosts.names_of(name, environment)
        further = own.provider.at_environment.get(environment, ())
        return [self._kept(replace(each, hosts=hosts), own.settings) for each in further]

    def _kept(self, provider: Provider, settings: ProviderSettings) -> ProviderService:
        with self._lock:
            if provider.name not in self._providers:
                only_here = replace(provider, only_at_hosts=True)
                self._providers[provider.name] = self.services.provider(only_here, settings)
            return self._providers[provider.name]
