"""The products and proxies that are there at the start: the platform's own, and one of each for a team's own API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mock_servers.state.app import DEFAULT_SCOPES
from mock_servers.state.developer_app import Product

_NAMES: Final = {"dev": "dep-dev"}
"""How products and proxies name an environment, where that is not its own name (S)."""

_CIS2: Final = tuple(f"user-nhs-cis2:{level}" for level in ("aal1", "aal2", "aal3"))
_NHS_LOGIN: Final = tuple(f"user-nhs-login:{level}" for level in ("P0", "P5", "P9"))
_LEVELS: Final = ("app:level3", *_CIS2, *_NHS_LOGIN)


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
class _Seed:
    """A product in the making: `api` is its own proxy, `levels` its scopes without their ends."""

    api: str
    levels: tuple[str, ...] = ()
    with_identity_service: bool = True

    def product(self, environment: str, scopes: Iterable[str] = ()) -> Product:
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


_SEEDS: Final = (
    _Seed(api="identity-service-mock", levels=_LEVELS, with_identity_service=False),
    _Seed(api="identity-service", with_identity_service=False),
    _Seed(api="mock-jwks", levels=("app:level0", *_LEVELS)),
    _Seed(api="canary-api", levels=("app:level3", "user-nhs-id:aal3", "user-nhs-login:P9")),
)
"""In this order: clients take the first product that covers the proxy they test (S)."""

_ABSENT: Final = (("identity-service-mock", "prod"),)
"""What is not deployed in an environment (S)."""

_BASE_PATHS: Final = {"identity-service": "oauth2", "identity-service-mock": "oauth2-mock"}


def proxy_name(api: str, environment: str) -> str:
    """Return what an API's proxy, and its product, is called in an environment: `mock-jwks-internal-dev`."""
    return f"{api}-{_NAMES.get(environment, environment)}"


def proxies(environments: Iterable[str], own: Iterable[str] = ()) -> dict[str, Proxy]:
    """Return the proxies of these environments by name; `own` are the base paths of a team's own APIs."""
    apis = {api: _BASE_PATHS.get(api, api) for api in (*(seed.api for seed in _SEEDS), "hello-world")}
    apis |= {name_of(path): path.strip("/") for path in own}
    deployed = [
        Proxy(name=proxy_name(api, each), base_path=path, environment=each)
        for each in environments
        for api, path in apis.items()
        if (api, each) not in _ABSENT
    ]
    return {proxy.name: proxy for proxy in deployed}


def products(environments: Iterable[str], own: Iterable[tuple[str, tuple[str, ...]]] = ()) -> list[Product]:
    """Return the products that are there at the start; `own` are base path and scopes of a team's own APIs.

    A team's own API has the scopes it was given, and those of each access and level besides.
    """
    given = {name_of(path): scopes for path, scopes in own}
    seeds = {seed.api: seed for seed in (*_SEEDS, _Seed(api="hello-world"))}
    seeds |= {api: _Seed(api=api, levels=_LEVELS) for api in given}
    scopes = {"hello-world": DEFAULT_SCOPES, **given}
    return [
        seed.product(each, scopes.get(api, ()))
        for each in environments
        for api, seed in seeds.items()
        if (api, each) not in _ABSENT
    ]


def name_of(path: str) -> str:
    """Return the name of the API at a base path: that of `/my/api` is `my-api`."""
    return path.strip("/").replace("/", "-")
