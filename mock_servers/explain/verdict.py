"""How the service would judge a value in a role, foreseen: nothing is spent, remembered or fetched over the network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from mock_servers.apim import flows as apim
from mock_servers.apim.app import known_of
from mock_servers.apim.exchange import Exchange as TokenExchange
from mock_servers.apim.request_form import ASSERTION_TYPE, FORM, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.apim.service import Service as TokenService
from mock_servers.diagnosis.case import Known
from mock_servers.explain.foreseeing import foreseen_findings
from mock_servers.explain.judging import Ruled
from mock_servers.explain.open_world import open_store
from mock_servers.gateway import flows as gateway
from mock_servers.gateway.service import Exchange as ApiCall
from mock_servers.gateway.service import Service as Gateway
from mock_servers.identity_provider import token_request
from mock_servers.identity_provider.service import Exchange as Redemption
from mock_servers.jose.jwks import Fetcher, UnreachableError
from mock_servers.journal import provenance
from mock_servers.journal.finding import Finding
from mock_servers.provider.providers import PROVIDERS
from mock_servers.rules import FORESEEABLE, Kind, Policy, Problem, Refusal, ServiceError, Step, own_row, walk
from mock_servers.state.grant import fingerprint
from mock_servers.state.memory import MemoryTable
from mock_servers.state.store import Store
from mock_servers.wire.origins import origin_of
from mock_servers.wire.request import Parameters, Request

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform
    from mock_servers.state.app import App

_TOKEN_PATH: Final = re.compile(r"/oauth2(?:-mock)?/token$")
HARMLESS: Final = FORESEEABLE | {Kind.FETCH}
"""Kinds of rules that are asked here: fetching is done by who explains, and not over the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A part that a value can play: the field (or header) it stands in, and what judges it there.

    `judge` takes the context and the value.
    """

    field: str
    judge: Callable[[Context, str], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a value is judged on: `url` is where it would be posted to.

    `fetch` gets key sets, and raises UnreachableError for those that it does not have. With `is_open`, what only the
    service itself could know is unknown: which apps there are, what it has issued, what it has seen before. `app` is
    the supposed sender of the assertion, where no app is known.
    """

    platform: Platform
    url: str
    fetch: Fetcher
    is_open: bool = False
    app: App | None = None

    @property
    def stranger(self) -> str:
        """What is to be said of a value that the platform has no memory of; one that has none says nothing."""
        return "" if self.is_open else "; this mock has not issued it, or not like this, or has forgotten it"

    @property
    def store(self) -> Store:
        """What the service remembers, or its refusal to say."""
        return open_store() if self.is_open else self.platform.store

    @property
    def services(self) -> Sequence[TokenService]:
        """The token services at that URL's host."""
        return self.platform.token_services_at(self.url)


def context(platform: Platform, url: str) -> Context:
    """Return the context of a mock that runs: it knows its apps and tokens, and asks no other host for a key set."""

    def fetch(url: str) -> bytes:
        with platform.faults.suspended():
            status, body = platform.own(url) or (0, b"")
        if status != 200:  # noqa: PLR2004 - the mock's own key sets redirect nowhere
            raise UnreachableError("it is not one of the mock's own")
        return body

    return Context(platform=platform, url=url, fetch=fetch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would object, the first of which goes out; without any, which rules could not be asked.

    A rule cannot be asked when it needs what only a whole request, or a server elsewhere, could tell. `findings` are
    what the finders see behind the refusals.
    """

    refusals: tuple[Refusal, ...] = ()
    not_judged: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ruled: tuple[Ruled, ...] = ()

    def as_json(self, role: str) -> dict[str, Any]:
        """Return the verdict as the control API sends it."""
        first = next(iter(self.refusals), None)
        return {
            "as": role,
            "would_be": "refused" if first else "undecided" if self.not_judged else "accepted",
            "error": _error(first) if first else None,
            "diagnosis": first.diagnosis if first else None,
            "then": [later.diagnosis for later in self.refusals[1:]],
            "not_judged": list(self.not_judged),
        }


def _error(refusal: Refusal) -> dict[str, Any]:
    row = own_row(refusal.error)
    return {
        "status": row.status,
        "code": row.code,
        "description": row.sentence,
        "rule": refusal.rule,
        "evidence": row.evidence,
    }


@dataclass(slots=True)
class _Walk:
    """A walk over policies with one exchange, which rules may teach; what they say piles up here."""

    exchange: Any
    row: Callable[[Problem], ServiceError] = own_row
    refusals: list[Refusal] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    ruled: list[Ruled] = field(default_factory=list)

    def over(self, policies: Sequence[Policy[Any]], known: Known | None = None) -> Verdict:
        """Ask every rule that can be asked without harm; with what is `known`, ask the finders as well."""
        for step in walk(policies, self.exchange, HARMLESS):
            self.ruled.append(self._ruled(step))
            if step.rule.kind in HARMLESS:
                if step.unknown is not None or (step.refusal is not None and step.rule.kind is Kind.FETCH):
                    self.not_judged.append(step.rule.name)
                elif step.refusal is not None:
                    self.refusals.append(replace(step.refusal, error=self.row(step.refusal.error)))
        if not self.refusals:
            return Verdict(not_judged=tuple(self.not_judged), ruled=tuple(self.ruled))
        found = known and foreseen_findings(known, self.exchange, policies, self.refusals[0], self.not_judged)
        return Verdict(refusals=tuple(self.refusals), findings=tuple(found or ()), ruled=tuple(self.ruled))

    def _ruled(self, step: Step[Any]) -> Ruled:
        """Return what a rule says; that a key set cannot be fetched from here says nothing of the service."""
        row, name = self.row(step.rule.error), step.policy.name
        if step.refusal is None or step.rule.kind is Kind.FETCH:
            unknown = "" if step.refusal is not None else step.unknown
            return Ruled(policy=name, rule=step.rule, row=row, unknown=unknown)
        return Ruled(policy=name, rule=step.rule, row=row, refusal=replace(step.refusal, error=row))


def base_of(token_url: str) -> str:
    """Return what the URLs of a platform begin with, by its token URL."""
    return _TOKEN_PATH.sub("", token_url) if _TOKEN_PATH.search(token_url) else origin_of(token_url)


def _post(url: str, form: Mapping[str, str]) -> Request:
    base = base_of(url)
    return Request(
        method="POST",
        base=base,
        target=url.removeprefix(base),
        path="/token",
        headers={"content-type": FORM},
        form=Parameters(form.items()),
    )


def _token_exchange(context: Context, form: Mapping[str, str]) -> TokenExchange:
    services, path = context.services, context.url.removeprefix(base_of(context.url))
    service = next((each for each in services if path == f"{each.mount}/token"), services[0])
    return TokenExchange(
        request=_post(context.url, form), service=_harmless(context, service), now=context.platform.clock.now()
    )


def _harmless(context: Context, service: TokenService) -> TokenService:
    """Return the service with a copy of the key sets that it keeps."""
    kept = MemoryTable[Any]()
    for key, value in service.store.jwks.items():
        kept.put(key, value)
    return replace(service, fetch=context.fetch, store=replace(context.store, jwks=kept))


def _client_assertion(context: Context, value: str) -> Verdict:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": value,
    }
    exchange = _token_exchange(context, form)
    _teach_app(exchange, context.app)
    return _Walk(exchange).over(apim.CLIENT_ASSERTION, _known(context, exchange))


def _subject_token(context: Context, value: str) -> Verdict:
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN_TYPE, "subject_token": value}
    exchange = _token_exchange(context, form)
    issued = provenance.recognise(context.platform.store, fingerprint(value))
    _teach_app(exchange, context.platform.store.apps.get(issued.client_id) if issued else None)
    return _Walk(exchange).over(apim.SUBJECT_TOKEN, _known(context, exchange))


def _known(context: Context, exchange: TokenExchange) -> Known:
    return replace(known_of(exchange.service), is_all=not context.is_open)


def _teach_app(exchange: TokenExchange, app: App | None) -> None:
    """Let the exchange know of which app the value is taken to be: that it is sent by another is another question."""
    if app is not None:
        exchange.app = app


def _refresh_token(context: Context, value: str) -> Verdict:
    exchange = _token_exchange(context, {"grant_type": "refresh_token", "refresh_token": value})
    token = context.platform.store.refresh_tokens.get(value)
    _teach_app(exchange, context.platform.store.apps.get(token.client_id) if token else None)
    return _Walk(exchange).over((apim.REFRESH_TOKEN,), _known(context, exchange))


def _code(context: Context, value: str) -> Verdict:
    platform = context.platform
    code = platform.store.codes.get(value)
    service = replace(platform.providers[code.log_in.provider if code else PROVIDERS[0].name], store=context.store)
    form = {"grant_type": "authorization_code", "code": value, "redirect_uri": code.redirect_uri if code else ""}
    exchange = Redemption(request=_post(context.url, form), service=service, now=platform.clock.now())
    if code is not None:
        exchange.client_id = code.log_in.client_id
    policy = Policy(name="token", rules=(token_request.find_code, token_request.check_code_live))
    row = service.provider.errors
    return _Walk(exchange, row=lambda problem: row[problem]).over((policy,))


def _api_call(context: Context, path: str, headers: Mapping[str, str]) -> ApiCall:
    platform = context.platform
    service = Gateway(
        settings=platform.configuration.apim,
        clock=platform.clock,
        store=context.store,
        identifiers=platform.identifiers,
        journal=platform.exchanges,
    )
    request = Request(method="GET", base=platform.url, target=f"/hello-world{path}", path=path, headers=headers)
    return ApiCall(request=request, service=service, now=platform.clock.now())


def _access_token(context: Context, value: str) -> Verdict:
    """Judge it at an API of the kind it was made for; that it fits no other is not its fault."""
    token = context.platform.store.access_tokens.get(value)
    path = "/hello/user" if token is not None and token.session is not None else "/hello/application"
    exchange = _api_call(context, path, {"authorization": f"Bearer {value}"})
    return _Walk(exchange).over((gateway.TOKEN,))


def _api_key(context: Context, value: str) -> Verdict:
    exchange = _api_call(context, "/hello/application", {"apikey": value})
    return _Walk(exchange).over((gateway.API_KEY,))


ROLES: Final[Mapping[str, Role]] = {
    "client_assertion": Role(field="client_assertion", judge=_client_assertion),
    "subject_token": Role(field="subject_token", judge=_subject_token),
    "refresh_token": Role(field="refresh_token", judge=_refresh_token),
    "code": Role(field="code", judge=_code),
    "access_token": Role(field="authorization", judge=_access_token),
    "apikey": Role(field="apikey", judge=_api_key),
}
"""By the words of `as`."""
