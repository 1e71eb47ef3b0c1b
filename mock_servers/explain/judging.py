"""Judges a whole request as the service behind its host would, as far as anybody but that service can know.

Each rule passed, objected or is unknown; what was lent to it (a key set, a clock) is noted, for it makes no certainty.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from mock_servers.apim.app import served as token_service
from mock_servers.explain.open_world import KEY_SET, any_platform, clock_at, open_store, request_of
from mock_servers.explain.seen_values import SeenValues, ServiceQuestion
from mock_servers.gateway import own_api, subscription
from mock_servers.gateway.app import served as api_behind_gateway
from mock_servers.gateway.flows import NOWHERE, routes
from mock_servers.gateway.flows import ROUTES as HELLO_WORLD
from mock_servers.gateway.service import Exchange as ApiCall
from mock_servers.gateway.service import Service as Gateway
from mock_servers.identity_provider.app import served as identity_provider
from mock_servers.identity_provider.service import Service as ProviderService
from mock_servers.jose.jwks import Fetcher
from mock_servers.pipeline.service import Served
from mock_servers.provider.providers import PROVIDERS
from mock_servers.provider.realms import mock_realms
from mock_servers.reading.captured import Captured
from mock_servers.rules import (
    FORESEEABLE,
    Flow,
    Kind,
    Policy,
    Problem,
    Refusal,
    Rule,
    ServiceError,
    Step,
    UnknownError,
    choose,
    walk,
)
from mock_servers.settings.real_host import Hosts, RealHost
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.store import Store
from mock_servers.wire.request import Answer

_HOSTS: Final = Hosts()
_OF_KEY_SET: Final = frozenset(["check_public_key_registered", "fetch_app_jwks", "check_app_jwks_readable"])
"""Rules that ask of an app where its key set is, and nothing else."""
_NOT_HERE: Final = frozenset(["check_api_known"])
"""Rules that this process would answer by what it plays itself."""
WHICH_APIS: Final = "which APIs there are"
"""Why it is unknown what those say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who answers at a URL: the service, and how findings call it; where it redeems codes, and by what proof.

    `home` is its real origin, `environment` the platform's, `provider` its word where it is an identity provider.
    """

    service: str
    issuer: str
    token_path: str
    home: str
    environment: str = ""
    provider: str = ""
    proof: str = "client_id and client_secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """Under what a request is judged: `now` in seconds since 1970, `clock` says whose; `keys` is the key set lent.

    A `clock` that is empty is the service's own, or was named. `past` is what has passed by before,
    `place` who is asked.
    """

    now: float
    clock: str = ""
    keys: bytes | None = None
    past: SeenValues | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruled:
    """What one rule says: its refusal, by the service's own row; why that is `unknown`; `lent` is what it went by."""

    policy: str
    rule: Rule[Any]
    row: ServiceError
    refusal: Refusal | None = None
    unknown: str | None = None
    lent: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether it had nothing to object, for all that is known."""
        return self.refusal is None and self.unknown is None

    @property
    def cleared(self) -> bool:
        """Whether it had nothing to object by what the request itself shows, so that it cannot have refused."""
        return self.passed and not self.lent

    @property
    def objects(self) -> bool:
        """Whether it objects, by what the request itself shows."""
        return self.refusal is not None and not self.lent


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A request and what each rule of its flow says; `flow` is `None` where even that is not known, for `unrouted`."""

    front: Served[Any]
    exchange: Any
    flow: Flow[Any, Answer] | None
    ruled: tuple[Ruled, ...] = ()
    unrouted: str = ""

    def row(self, error: Problem) -> ServiceError:
        """Return the service's own row for what a rule names."""
        return self.front.row(error, self.exchange)


def host_of(url: str) -> RealHost | None:
    """Return the row of a URL's host, where a service of ours is played there."""
    try:
        return _HOSTS.find(urlsplit(url).hostname or "")
    except ValueError:
        return None


def judged(captured: Captured, circumstance: Circumstance) -> Judged:
    """Judge a request to a known host. Raises LookupError for any other."""
    host = host_of(captured.url)
    if host is None:
        raise LookupError(captured.url)
    front, prefix = _front(captured, host, circumstance)
    exchange = _watched(front.exchange(request_of(captured, prefix)))
    try:
        request = exchange.request
        flow = choose(front.routes.find(request.path).flows[request.method], exchange)
    except UnknownError as unknown:
        return Judged(front=front, exchange=exchange, flow=None, unrouted=str(unknown))
    found = Judged(front=front, exchange=exchange, flow=flow)
    return replace(found, ruled=tuple(_ruled(found, circumstance)))


# which service


class _World(NamedTuple):
    """What a service is judged with: what time it is, what it remembers, how it fetches a key set."""

    clock: Clock
    store: Store
    fetch: Fetcher


def _front(captured: Captured, host: RealHost, circumstance: Circumstance) -> tuple[Served[Any], str]:
    path = unquote(urlsplit(captured.url).path)
    past = circumstance.past
    world = _World(
        clock=clock_at(circumstance.now),
        store=past.store if past is not None else open_store(),
        fetch=_fetching(circumstance),
    )
    if host.plays == "platform":
        return _of_platform(host, path, world)
    service = _provider(host, path)
    here = path == service.provider.path or path.startswith(f"{service.provider.path}/")
    opened = replace(service, **world._asdict(), find_client=_no_client)
    return identity_provider(opened, nowhere=not here), service.provider.path if here else ""


def _no_client(_: str) -> None:
    raise UnknownError("which clients are registered")


def _fetching(circumstance: Circumstance) -> Fetcher:
    keys, past = circumstance.keys, circumstance.past

    def fetch(url: str) -> bytes:
        if keys is not None and url == KEY_SET:
            return keys
        passed_by = past.key_set(url) if past is not None else None
        if passed_by is None:
            raise UnknownError("what the key set holds" if keys is None else "what the provider's key set holds")
        return passed_by

    return fetch


def _of_platform(host: RealHost, path: str, world: _World) -> tuple[Served[Any], str]:
    platform = any_platform()
    services = platform.token_services_at(host.origin)
    service = next((each for each in services if path == each.mount or path.startswith(f"{each.mount}/")), None)
    if service is not None:
        opened = replace(service, **world._asdict(), jwks_url_of=lambda app: app.jwks_url or "")
        return token_service(opened), service.mount
    behind = Gateway(
        settings=services[0].settings,
        clock=world.clock,
        store=world.store,
        identifiers=platform.identifiers,
        journal=platform.exchanges,
    )
    hello = path.startswith("/hello-world/")
    return api_behind_gateway(behind, HELLO_WORLD if hello else _APIS), "/hello-world" if hello else ""


def _is_by_key(exchange: ApiCall) -> bool:
    headers = exchange.request.headers
    return "apikey" in headers and "authorization" not in headers


def _api(name: str, takes: Callable[[ApiCall], bool], policy: Policy[ApiCall]) -> Flow[ApiCall, Answer]:
    policies = (*NOWHERE.policies, policy, subscription.LIMIT)
    return Flow(row="gateway §2", name=name, takes=takes, policies=policies, respond=lambda _: Answer(status=0))


_APIS: Final = routes(
    (_api("api-by-key", _is_by_key, subscription.API_KEY), _api("api", lambda _: True, own_api.TOKEN)),
    everywhere=["api-by-key", "api"],
)
"""Any API of the real platform: which there are, and what each wants, the platform alone knows."""


def place_of(url: str) -> Place | None:
    """Return who answers at a URL of a known host; `None` for any other."""
    host = host_of(url)
    if host is None:
        return None
    path = unquote(urlsplit(url).path)
    if host.plays != "platform":
        return _provider_place(host, "/".join(path.split("/")[:3]) if host.plays == "realms" else path)
    mount = next((each for each in _MOUNTS if path == each or path.startswith(f"{each}/")), "")
    service, home = mount.strip("/") or "gateway", host.origin
    return Place(
        service=service, issuer=_PLATFORM, token_path=f"{mount}/token", home=home, environment=host.environment
    )


_MOUNTS: Final = ("/oauth2", "/oauth2-mock")
_PLATFORM: Final = "the platform"


@functools.lru_cache(maxsize=64)
def _provider_place(host: RealHost, path: str) -> Place:
    provider = _provider(host, f"{path}/").provider
    signs = bool(provider.proof.methods) and provider.proof.methods[0] == "private_key_jwt"
    return Place(
        service=provider.name,
        issuer=provider.title,
        token_path=provider.endpoint("token"),
        home=provider.home,
        provider=provider.name,
        proof="a client assertion whose aud is that URL" if signs else "client_id and client_secret",
    )


def _provider(host: RealHost, path: str) -> ProviderService:
    platform = any_platform()
    if host.plays != "realms":
        return platform.provider_at(host.origin)
    environment = path.removeprefix("/realms/").partition("/")[0].partition("-mock-")[2] or "internal-dev"
    realms = [replace(realm, hosts=(host.name,)) for realm in mock_realms(environment)]
    realm = next((each for each in realms if path.startswith(f"{each.path}/")), realms[0])
    return replace(platform.provider(PROVIDERS[0].name), provider=realm, settings=ProviderSettings())


# what its rules say


def _ruled(found: Judged, circumstance: Circumstance) -> Iterator[Ruled]:
    """Ask each rule, and follow what was lent through what the rules learn of it."""
    exchange, lent = found.exchange, _lend(found.exchange, circumstance)
    policies = found.flow.policies if found.flow is not None else ()
    rows = [found.front.row(rule.error, exchange) for policy in policies for rule in policy.rules]
    before, read = _learned(exchange), exchange.read
    for row, step in zip(rows, walk(policies, exchange, FORESEEABLE | {Kind.FETCH}), strict=True):
        went_by = frozenset(lent[name] for name in read if name in lent)
        if step.rule.kind is Kind.FETCH and step.unknown is None:
            went_by |= {"the key set"}
        learned = _learned(exchange)
        lent |= {name: ", ".join(sorted(went_by)) for name in learned - before if went_by}
        before = learned
        ruled = _of_step(step, row, went_by)
        if "app" in lent and "app" in read and step.rule.name not in _OF_KEY_SET:
            ruled = replace(ruled, refusal=None, unknown="what is registered for the app")
        yield _by_the_past(found, ruled, circumstance)
        read.clear()


def _by_the_past(found: Judged, ruled: Ruled, circumstance: Circumstance) -> Ruled:
    """Let a rule object by what has passed by, where nothing else shows whether it does."""
    past, row, place = circumstance.past, ruled.row, circumstance.place
    if past is None or place is None or ruled.refusal is not None:
        return ruled
    asked = ServiceQuestion(
        rule=ruled.rule.name,
        request=found.exchange.request,
        home=place.home,
        token_path=place.token_path,
        is_provider=bool(place.provider),
        now=circumstance.now,
    )
    words = past.objection(asked)
    if words is None:
        return ruled
    refusal = Refusal(error=row, rule=ruled.rule.name, policy=ruled.policy, diagnosis=words)
    return replace(ruled, refusal=refusal, unknown=None, lent=frozenset())


def _of_step(step: Step[Any], row: ServiceError, lent: frozenset[str]) -> Ruled:
    refusal = replace(step.refusal, error=row) if step.refusal is not None else None
    unknown = WHICH_APIS if step.rule.name in _NOT_HERE else step.unknown
    return Ruled(
        policy=step.policy.name,
        rule=step.rule,
        row=row,
        refusal=refusal if unknown is None else None,
        unknown=unknown,
        lent=lent,
    )


def _lend(exchange: Any, circumstance: Circumstance) -> dict[str, str]:
    """Give an exchange what was lent for it; return by the name of the field what that is."""
    lent = {"now": circumstance.clock} if circumstance.clock else {}
    names = {each.name for each in fields(exchange)}
    if circumstance.keys is None:
        return lent
    if "app_jwks" in names:
        exchange.app = App(client_id="", client_secret="", name="", jwks_url=KEY_SET)
        return lent | {"app": "the key set"}
    if "jwks" in names:
        exchange.jwks = json.loads(circumstance.keys)["keys"]
        return lent | {"jwks": "the key set"}
    return lent


def _learned(exchange: Any) -> set[str]:
    return {each.name for each in fields(exchange) if not each.init and _has(exchange, each.name)}


def _has(exchange: Any, name: str) -> bool:
    try:
        object.__getattribute__(exchange, name)
    except AttributeError:
        return False
    return True


def _watched(exchange: Any) -> Any:
    """Return a copy of an exchange that notes in `read` which of its fields were."""
    cls: Any = type(exchange)
    copied: Any = object.__new__(_watching(cls))
    copied.read = set()
    for each in fields(exchange):
        if _has(exchange, each.name):
            setattr(copied, each.name, getattr(exchange, each.name))
    return copied


@functools.cache
def _watching(cls: type[Any]) -> type[Any]:
    names = {each.name for each in fields(cls)}

    def noted(self: Any, name: str) -> Any:
        if name in names:
            object.__getattribute__(self, "read").add(name)
        try:
            return object.__getattribute__(self, name)
        except AttributeError as unlearned:  # from 3.12 on, a quick way of the interpreter does not say whose it is
            unlearned.name, unlearned.obj = name, self
            raise

    members: Mapping[str, Any] = {"__slots__": ("read",), "__getattribute__": noted}
    return type(cls.__name__, (cls,), dict(members))
