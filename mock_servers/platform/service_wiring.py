"""Makes each service from the parts that all share, and from the calls it may make to other services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mock_servers.apim import platform_client
from mock_servers.apim.service import Service as TokenService
from mock_servers.faults.fetching import FaultyFetcher
from mock_servers.gateway.reply import Reply
from mock_servers.gateway.service import Service as Gateway
from mock_servers.identity_provider.client import Client, client_of
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.jose.jwks import HttpFetcher
from mock_servers.jose.keys import KeyPair, read_private_key
from mock_servers.platform.in_process import InProcess
from mock_servers.platform.shared_parts import SharedParts
from mock_servers.provider.provider import Provider
from mock_servers.provider.realms import mock_realms
from mock_servers.settings.real_host import trust_of
from mock_servers.settings.sections import ApimSettings, ProviderSettings
from mock_servers.state import registration, seed_data
from mock_servers.state.app import App
from mock_servers.state.configuration import REALMS, Api
from mock_servers.wire.request import Request

if TYPE_CHECKING:
    from mock_servers.management.service import Service as Management

PROVIDER_BITS: Final = 2048
"""What the providers' own keys have; enough for RS256 and RS512, and quick to make."""

FETCH_TIMEOUT: Final = 5.0
"""Seconds for which a service waits for a key set."""


class Services:
    """The services of one mock. `providers` has those of the configured environment, and all realms, by their words."""

    def __init__(self, parts: SharedParts, in_process: InProcess) -> None:
        self.parts = parts
        self.in_process = in_process
        self._fetcher = HttpFetcher(
            own=self.own,
            allow_hosts=parts.configuration.allow_hosts,
            timeout=FETCH_TIMEOUT,
            waiting=parts.faults.pause.with_extra_workers,
        )
        self._fetch = FaultyFetcher(
            fetch=self._fetcher, faults=parts.faults, owner=self._owner_of_key_set, timeout=FETCH_TIMEOUT
        )
        self.providers = {service.provider.name: service for service in self._configured_providers()}
        self.token_services = self._token_services()

    def provider(self, provider: Provider, settings: ProviderSettings) -> ProviderService:
        """Make the service of a provider."""
        parts = self.parts
        if settings.signing_key is not None:
            key = read_private_key(settings.signing_key, parts.configuration.key_files.get(settings.signing_key, ""))
            parts.ring.add(provider.name, key, settings.kid)
        lifetimes = {
            name: value
            for name in ("id_token_lifetime", "access_token_lifetime", "refresh_token_lifetime", "code_lifetime")
            if (value := getattr(settings, name)) is not None
        }
        return ProviderService(
            provider=replace(provider, **lifetimes),
            settings=settings,
            clock=parts.clock,
            store=parts.store,
            identifiers=parts.identifiers,
            journal=parts.exchanges,
            elsewhere=parts.elsewhere,
            key=lambda: parts.ring.pair(provider.name, bits=PROVIDER_BITS, kid=settings.kid),
            find_client=lambda client_id: self._client(provider, client_id),
            fetch=self._fetch,
            send=self._send,
            form_key=parts.seal,
        )

    def token_service(
        self,
        mount: str,
        settings: ApimSettings,
        providers: Iterable[ProviderService],
        *,
        also: Iterable[ProviderService] = (),
        is_real: bool = False,
    ) -> TokenService:
        """Make a deployment of the token service."""
        parts = self.parts
        return TokenService(
            mount=mount,
            settings=settings,
            providers=tuple(service.provider for service in providers),
            also=tuple(service.provider for service in also),
            is_real=is_real,
            hosts=parts.names.hosts,
            clock=parts.clock,
            store=parts.store,
            identifiers=parts.identifiers,
            fetch=self._fetch,
            origins=parts.names.origins,
            journal=parts.exchanges,
            elsewhere=parts.elsewhere,
            jwks_url_of=self._jwks_url,
            call=self.in_process.call,
            own_key=self._platform_key,
            loaded_keys=parts.ring.loaded,
        )

    def gateway(self, settings: ApimSettings) -> Gateway:
        """Make the gateway for the APIs of one environment."""
        parts = self.parts
        return Gateway(
            settings=settings,
            clock=parts.clock,
            store=parts.store,
            identifiers=parts.identifiers,
            journal=parts.exchanges,
            elsewhere=parts.elsewhere,
            send=self._pass_on,
            providers=parts.providers,
            has_page=lambda: parts.names.control_url is None,
        )

    def management(self) -> Management:
        """Make the management API."""
        from mock_servers.management.service import Service as Management  # noqa: PLC0415 - few ever call it

        parts = self.parts
        return Management(
            settings=parts.configuration.apim,
            clock=parts.clock,
            store=parts.store,
            identifiers=parts.identifiers,
            journal=parts.exchanges,
            apps=parts.developer_apps,
            proxies=seed_data.proxies(parts.names.environments, (api.path for api in parts.configuration.apis)),
        )

    def own(self, url: str) -> tuple[int, bytes] | None:
        """Answer a GET for a URL of the mock itself, in process; `None` for any other URL."""
        parts = self.parts
        if not parts.names.is_own(url):
            return None
        app = parts.apps.at_path(parts.names.below(url))
        if app is not None:
            return 200, json.dumps(parts.apps.jwks(app)).encode()
        return self.in_process.call(url, patience=FETCH_TIMEOUT)

    def _pass_on(self, api: Api, request: Request) -> Reply:
        from mock_servers.gateway.upstream import Upstream  # noqa: PLC0415 - for who has an API of their own

        parts = self.parts
        upstream = Upstream(allow_hosts=parts.configuration.allow_hosts, waiting=parts.faults.pause.elsewhere)
        return upstream.send(api, request)

    def _configured_providers(self) -> list[ProviderService]:
        configuration, hosts = self.parts.configuration, self.parts.names.hosts
        realms: Mapping[str, ProviderSettings] = configuration.realms
        trust = trust_of(configuration.apim.environment)
        configured = [
            (replace(each, hosts=hosts.names_of(each.name, trusted[0])), configuration.settings_of(each.name))
            for each in self.parts.providers
            for trusted in [trust.get(each.name, ("",))]
        ]
        for environment in dict.fromkeys([REALMS, *(name.partition("-mock-")[2] for name in realms)]):
            configured += [
                (replace(realm, hosts=hosts.names_of("realms")), realms.get(realm.name, ProviderSettings()))
                for realm in mock_realms(environment, self.parts.providers)
            ]
        return [self.provider(provider, settings) for provider, settings in configured]

    def _token_services(self) -> Sequence[TokenService]:
        named = {each.name for each in self.parts.providers}
        real = [service for name, service in self.providers.items() if name in named]
        realms = [service for name, service in self.providers.items() if name not in named]
        settings = self.parts.configuration.apim
        return self.token_service("/oauth2", settings, real), self.token_service("/oauth2-mock", settings, realms)

    def _client(self, provider: Provider, client_id: str) -> Client | None:
        names = self.parts.names
        if client_id == provider.on_platform.client_id:
            return platform_client.platform_client(
                provider,
                "/oauth2-mock" if provider.hosts == names.hosts.names_of("realms") else "/oauth2",
                url=names.url,
                own_key=self._platform_key,
                is_own=names.is_own,
            )
        app = self.parts.store.apps.get(client_id)
        if app is None or not app.known_at(provider.knows_as):
            return None
        secret = app.realm_secret(provider.people) if provider.name != provider.people else None
        return client_of(app, jwks_url=self._jwks_url(app) if app.has_keys else None, secret=secret)

    def _jwks_url(self, app: App) -> str:
        return app.jwks_url or f"{self.parts.names.url}{self.parts.apps.jwks_path(app)}"

    def _owner_of_key_set(self, url: str) -> str | None:
        apps = registration.at_url(self.parts.store, url)
        return next((app.client_id for app in apps if self._jwks_url(app) == url), None)

    def _send(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Post a form: to the mock's own URLs in process, else within the fetcher's bounds. Raises UnreachableError."""
        is_own = self.parts.names.is_own(url)
        return self.in_process.call(url, form) if is_own else self._fetcher.post(url, form)

    def _platform_key(self) -> KeyPair:
        return self.parts.ring.pair(platform_client.KEY_NAME, bits=platform_client.KEY_BITS)
