"""The products and proxies that are there at the start: the platform's own, and one of each for a team's own API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mock_servers.state.app import ACCESSES
from mock_servers.state.developer_app import Product

_NAMES: Final = {"dev": "dep-dev"}
"""How products and proxies name an environment, where that is not its own name (S)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An API as it is deployed: its name, its base path without a slash at its beginning, and its one environment."""

    name: str
    base_path: str
    environment: str


def proxy_of(path: str, environment: str) -> str:
    """Return the name of the proxy that a path of the platform leads to, by the first of its parts."""
    first = path.strip("/").partition("/")[0]
    return proxy_name(next((api for api, own in _BASE_PATHS.items() if own == first), first), environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """An API of the platform, and its product in the making: `api` is its own proxy, `levels` its scopes without ends.

    What lies below `/` and its name is answered by `flows` behind the gateway, as `module:name`; the token services
    have none there. `with_faults`: what is ordered to fail may fail there.
    """

    api: str
    levels: tuple[str, ...] = ()
    with_identity_service: bool = True
    flows: str = ""
    with_faults: bool = True

    def product(self, environment: str, scopes: Iterable[str] = ()) -> Product:
        """Return the product of one environment; `scopes` come besides its own."""
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

This is where an API behind the gateway is registered; the rest follows from it.
"""

APIS: Final = tuple(seed for seed in SEEDS if seed.flows)
"""Those that are mocked behind the gateway."""

_ABSENT: Final = (("identity-service-mock", "prod"),)
"""What is not deployed in an environment (S)."""

_BASE_PATHS: Final = {"identity-service": "oauth2", "identity-service-mock": "oauth2-mock"}


def proxy_name(api: str, environment: str) -> str:
    """Return what an API's proxy, and its product, is called in an environment: `mock-jwks-internal-dev`."""
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
    """Return the products that are there at the start; `own` are base path and scopes of a team's own APIs.

    A team's own API has the scopes it was given, and those of each access and level besides.
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
