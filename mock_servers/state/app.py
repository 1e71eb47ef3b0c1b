"""An app as the platform knows it. Every app is also a client of both identity providers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.limits import CALLED_URL, COUNT, KEY_SET, KEY_SET_URL, REDIRECT, SCOPE, TEXT, WORD, one_of
from mock_servers.settings.real_host import ENVIRONMENT

ACCESSES = ("app:level3", *(f"user-{each.word}:{mark}" for each in PROVIDERS for mark in each.scope_marks))
"""All access modes and levels that a scope can name."""

DEFAULT_SCOPES = tuple(f"urn:nhsd:apim:{access}:hello-world" for access in ACCESSES)
"""The scopes of an app without configured ones: all of the mock's hello-world API."""


PLATFORM = "platform"
SERVICES = (PLATFORM, *(each.name for each in PROVIDERS), "realms")
"""The services that can know an app: the platform, each identity provider, and the mock realms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a product gives access to: its proxies in its environments. An empty list means all of them (D)."""

    proxies: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def holds(self, proxy: str, environment: str) -> bool:
        """Whether the product covers a proxy in an environment."""
        here = not self.environments or environment in self.environments
        return here and (not self.proxies or proxy in self.proxies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The part of an app that only the management API changes.

    `products` are the ones it is approved for, `None` if it has none: then every API is open to it. `expires_at` is
    seconds since 1970.
    """

    developer: str
    app: str
    products: tuple[Coverage, ...] | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A registered app.

    `client_id` is its API key. Its public keys are `jwks` (served by the mock), or at `jwks_url`, or those of the
    mock's own key `key_name`. `services` know it: an API key of the platform is a client id of CIS2 only if the app is
    registered so. Empty `environments` mean the environment that the mock plays. `subscribed = False`: it
    has products, but none that covers the token service. `registration` is what the management API adds to an app that
    was created there. `cis2_auth_method` is the only way in which it may authenticate at CIS2: `client_secret_post`,
    `client_secret_basic` or `private_key_jwt`, the last signed with `cis2_signing_algorithm`, `RS512` or `RS256`.
    `grant_types` (RFC 7591, section 2) are those it is registered for at the identity providers; `None` means each
    provider's usual ones: codes and refreshes, but CIS2 gives no refresh token. `cis2_realm_secret` and
    `nhs_login_realm_secret` are its secrets at the mock realms of CIS2 and NHS login, else `client_secret`.
    """

    client_id: Annotated[str, WORD]
    client_secret: Annotated[str, WORD]
    name: Annotated[str, TEXT]
    kid: Annotated[str, TEXT] | None = None
    key_name: str | None = None
    jwks: Annotated[Mapping[str, Any], KEY_SET] | None = None
    jwks_url: Annotated[str, KEY_SET_URL] | None = None
    redirect_uris: tuple[Annotated[str, REDIRECT], ...] = ()
    scopes: tuple[Annotated[str, SCOPE], ...] = DEFAULT_SCOPES
    approved: bool = True
    key_approved: bool = True
    developer_active: bool = True
    company_active: bool = True
    subscribed: bool = True
    quota_per_minute: Annotated[int, COUNT] = 300
    environments: tuple[Annotated[str, ENVIRONMENT], ...] = ()
    services: tuple[Annotated[str, one_of(*SERVICES)], ...] = SERVICES
    backchannel_logout_uri: Annotated[str, CALLED_URL] | None = None
    post_logout_redirect_uris: tuple[Annotated[str, REDIRECT], ...] = ()
    cis2_auth_method: Literal["client_secret_post", "private_key_jwt", "client_secret_basic"] = "client_secret_post"
    cis2_signing_algorithm: Literal["RS512", "RS256"] = "RS512"
    grant_types: tuple[Literal["authorization_code", "refresh_token"], ...] | None = None
    cis2_realm_secret: Annotated[str, WORD] | None = None
    nhs_login_realm_secret: Annotated[str, WORD] | None = None
    registration: Registration | None = None

    def known_in(self, environment: str) -> bool:
        """Whether the app exists in this environment of the platform."""
        return self.known_at(PLATFORM) and (not self.environments or environment in self.environments)

    def known_at(self, service: str) -> bool:
        """Whether the app is registered at a service; one that `services` has no word for knows every app."""
        return service in self.services or service not in SERVICES

    @property
    def auth_method(self) -> str:
        """How it authenticates at a provider that enforces the registered method."""
        return self.cis2_auth_method

    @property
    def signing_algorithm(self) -> str:
        """The algorithm it signs with at a provider that enforces the registered one."""
        return self.cis2_signing_algorithm

    @property
    def secrets(self) -> tuple[str, ...]:
        """All of its secrets."""
        return tuple(filter(None, (self.client_secret, self.cis2_realm_secret, self.nhs_login_realm_secret)))

    def realm_secret(self, people: str) -> str | None:
        """Return its own secret at the mock realm for these people; `None` if it has only one secret."""
        own = {"cis2": self.cis2_realm_secret, "nhs_login": self.nhs_login_realm_secret}
        return own.get(people)

    @property
    def usable(self) -> bool:
        """Whether app and key are approved, developer and company active."""
        return self.approved and self.key_approved and self.developer_active and self.company_active

    def covers(self, proxy: str, environment: str) -> bool:
        """Whether it may use a proxy, such as `identity-service-int`, in an environment; without products, all."""
        products = self.registration.products if self.registration else None
        return self.subscribed and (products is None or any(each.holds(proxy, environment) for each in products))

    def expired(self, now: float) -> bool:
        """Whether its key has expired."""
        expires_at = self.registration.expires_at if self.registration else None
        return expires_at is not None and expires_at <= now

    @property
    def has_keys(self) -> bool:
        """Whether a JWKS URL is registered for the app."""
        return self.jwks is not None or self.jwks_url is not None or self.key_name is not None


def own_key_name(client_id: str) -> str:
    """Return the key ring's name for the key of an app's own file; it differs for any two client ids."""
    return f"configured-{hashlib.sha256(client_id.encode()).hexdigest()[:16]}"
