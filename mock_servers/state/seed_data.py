"""The products and proxies at the start: the platform's own, and one of each for a team's own API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mock_servers.state.app import ACCESSES
from mock_servers.state.developer_app import Product

_NAMES: Final = {"dev": "dep-dev"}
"""The names of environments in products and proxies, if they differ (S)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A deployed API: its name, its base path without a leading slash, and its one environment."""

    name: str
    base_path: str
    environment: str


def proxy_of(path: str, environment: str) -> str:
    """Return the name of the proxy of a path of the platform, by the first part of the path."""
    first = path.strip("/").partition("/")[0]
    return proxy_name(next((api for api, own in _BASE_PATHS.items() if own == first), first), environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """An API of the platform and its product: `api` is its own proxy, `levels` its scopes without ends.

    `flows` (`module:name`) behind the gateway answer below `/` and its name; the token services have none there.
    `with_faults`: ordered faults may affect it.
    """

    api: str
    levels: tuple[str, ...] = ()
    with_identity_service: bool = True
    flows: str = ""
    with_faults: bool = True

    def product(self, environment: str, scopes: Iterable[str] = ()) -> Product:
        """Return the product of one environment; `scopes` are added to its own."""
        apis = (self.api, "identity-service", "identity-service-mock") if self.with_identity_service else (self.api,)
        own = tuple(f"urn:nhsd:apim:{level}:{_scope_end(self.api)}" for level in self.levels)
        return Product(
            name=proxy_name(self.api, environment),
            proxies=tuple(proxy_name(api, environment) for api in apis),
            scopes=tuple(dict.fromkeys((*own, *scopes))),
            environments=(environment,),
            created_at=0,
            modified_at=0,
        )


def _scope_end(api: str) -> str:
    return "identity-service" if api == "identity-service-mock" else api


SEEDS: Final = (
    Seed(api="identity-service-mock", levels=ACCESSES, with_identity_service=False),
    Seed(api="identity-service", with_identity_service=False),
    Seed(api="mock-jwks", levels=("app:level0", *ACCESSES), flows="mock_jwks:FLOWS", with_faults=False),
    Seed(api="canary-api", levels=("app:level3", "user-nhs-id:aal3", "user-nhs-login:P9"), flows="canary:FLOWS"),
    Seed(api="hello-world", levels=ACCESSES, flows="flows:HELLO_WORLD"),
)
"""In this order: clients take the first product that covers the proxy they test (S).

An API behind the gateway is registered here; everything else follows from this row.
"""

APIS: Final = tuple(seed for seed in SEEDS if seed.flows)
"""The APIs that the mock plays behind the gateway."""

_ABSENT: Final = (("identity-service-mock", "prod"),)
"""APIs that are not deployed in an environment (S)."""

_BASE_PATHS: Final = {"identity-service": "oauth2", "identity-service-mock": "oauth2-mock"}


def proxy_name(api: str, environment: str) -> str:
    """Return the name of an API's proxy and product in an environment, such as `mock-jwks-internal-dev`."""
    return f"{api}-{_NAMES.get(environment, environment)}"


def proxies(environments: Iterable[str], own: Iterable[str] = ()) -> dict[str, Proxy]:
    """Return the proxies of these environments by name; `own` are the base paths of a team's own APIs."""
    apis = {api: _BASE_PATHS.get(api, api) for api in (seed.api for seed in SEEDS)}
    apis |= {name_of(path): path.strip("/") for path in own}
    deployed = [
        Proxy(name=proxy_name(api, each), base_path=path, environment=each)
        for each in environments
        for api, path in apis.items()
        if (api, each) not in _ABSENT
    ]
    return {proxy.name: proxy for proxy in deployed}


def products(environments: Iterable[str], own: Iterable[tuple[str, tuple[str, ...]]] = ()) -> tuple[Product, ...]:
    """Return the products at the start; `own` are base path and scopes of a team's own APIs.

    A team's own API has the scopes it was given, and those of each access and level.
    """
    return _products(tuple(environments), tuple(own))


@lru_cache  # for tests that start a mock each
def _products(environments: tuple[str, ...], own: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Product, ...]:
    given = {name_of(path): scopes for path, scopes in own}
    seeds = {seed.api: seed for seed in SEEDS}
    seeds |= {api: Seed(api=api, levels=ACCESSES) for api in given}
    return tuple(
        seed.product(each, given.get(api, ()))
        for each in environments
        for api, seed in seeds.items()
        if (api, each) not in _ABSENT
    )


def name_of(path: str) -> str:
    """Return the name of the API at a base path: that of `/my/api` is `my-api`."""
    return path.strip("/").replace("/", "-")
