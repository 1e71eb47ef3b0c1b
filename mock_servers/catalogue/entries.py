"""Every error row of every service, with its usual cause and cure, its rules and the mistakes that cause it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from mock_servers.apim import errors as token_service
from mock_servers.apim import flows as apim
from mock_servers.catalogue import apis
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.table import FINDERS
from mock_servers.gateway import errors as gateway
from mock_servers.gateway import own_api
from mock_servers.gateway.flows import NOWHERE
from mock_servers.gateway.service import flows_named
from mock_servers.identity_provider.flows import FLOWS as PROVIDER_FLOWS
from mock_servers.management import errors as management
from mock_servers.management import log_in
from mock_servers.management.flows import FLOWS as MANAGEMENT_FLOWS
from mock_servers.provider import errors as problems
from mock_servers.provider import keycloak
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.rules import Flow, Problem, ServiceError, own_row
from mock_servers.state.seed_data import APIS

_GENERAL: Final = 6
"""A finder for more rules than these is too general to explain any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service: its error rows by name, their problems, and the flows whose rules answer with them.

    `row` finds the service's own row for what a rule names; `problems` are by the names of the rows. `plays` is the
    word of the real hosts that it stands behind. One that is not `played` is recognised: no mock answers so.
    """

    title: str
    plays: str
    rows: Mapping[str, ServiceError]
    problems: Mapping[str, Problem]
    flows: tuple[Flow[Any, Any], ...]
    row: Callable[[Problem], ServiceError | None] = own_row
    played: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row: the rules that answer with it, its name in the catalogue, and its usual causes.

    `rules` are those that answer it, each with the names of its policy and of its flows; `finders` recognise mistakes
    that lead there, those that lead to little else first. `plays` is the word of the real hosts that answer it.
    One that is not `played` is recognised in a text, and no mock answers it.
    """

    service: str
    plays: str
    name: str
    error: ServiceError
    problem: Problem
    rules: Mapping[tuple[str, str], tuple[str, ...]]
    finders: tuple[Finder, ...]
    played: bool = True

    @property
    def mistakes(self) -> dict[str, str]:
        """The mistakes that cause it, each described, by id."""
        return {name: finder.words_of(name) for finder in self.finders for name in finder.mistakes}

    def as_json(self) -> dict[str, Any]:
        """Return the row for programs."""
        error = self.error
        return {
            "service": self.service,
            "name": self.name,
            "status": error.status,
            "error": error.code,
            "error_description": error.sentence,
            "evidence": error.evidence,
            "evidence_means": EVIDENCE[error.evidence],
            "row": error.row,
            "played": self.played,
            "rules": list(dict.fromkeys(rule for _, rule in self.rules)),
            "cause": self.problem.cause,
            "cure": self.problem.cure,
            "mistakes": self.mistakes,
        }


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return every row, in the order of the catalogues."""
    return tuple(entry for service in SERVICES for entry in entries_of(service))


def entries_of(service: Service) -> Iterator[Entry]:
    """Yield the rows of one service."""
    for name, error in service.rows.items():
        rules = _rules(service, error)
        yield Entry(
            service=service.title,
            plays=service.plays,
            name=name,
            error=error,
            problem=service.problems[name],
            rules=rules,
            finders=_finders({rule for _, rule in rules}),
            played=service.played,
        )


def _rules(service: Service, error: ServiceError) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for flow in service.flows:
        for policy in flow.policies:
            for rule in policy.rules:
                if service.row(rule.error) is error:
                    found.setdefault((policy.name, rule.name), []).append(flow.name)
    return {place: tuple(dict.fromkeys(flows)) for place, flows in found.items()}


def _finders(rules: set[str]) -> tuple[Finder, ...]:
    fitting = [
        each
        for each in FINDERS
        if each.words and not each.general and len(each.rules) < _GENERAL and rules & set(each.rules)
    ]
    return tuple(sorted(fitting, key=lambda finder: len(finder.rules)))


def _own(
    title: str, plays: str, module: ModuleType, flows: Iterable[Flow[Any, Any]] = (), *, played: bool = True
) -> Service:
    rows = {name: row for name, row in vars(module).items() if isinstance(row, ServiceError)}
    return Service(title=title, plays=plays, rows=rows, problems=rows, flows=tuple(flows), played=played)


def _provider(title: str, plays: str, rows: Mapping[Problem, ServiceError]) -> Service:
    return Service(
        title=title,
        plays=plays,
        rows={problems.name_of(problem): row for problem, row in rows.items()},
        problems={problems.name_of(problem): problem for problem in rows},
        flows=PROVIDER_FLOWS,
        row=rows.get,
    )


def _of_provider(provider: Provider) -> Iterator[Service]:
    yield _provider(provider.title, provider.name, provider.errors)
    if provider.ancestor_errors:
        yield _provider(
            f"{provider.title}, by the settings unusable_code and foreign_assertion",
            provider.name,
            provider.ancestor_errors,
        )


SERVICES: Final = (
    _own("the token service", "platform", token_service, apim.FLOWS),
    _own(
        "an API's gateway",
        "platform",
        gateway,
        (*own_api.FLOWS, *(flow for seed in APIS for flow in flows_named(seed.flows)), NOWHERE),
    ),
    _own("APIs behind the gateway", "", apis, played=False),
    *(service for provider in PROVIDERS for service in _of_provider(provider)),
    _provider("the mock realms", "realms", keycloak.ROWS),
    _own("the management API", "management", management, (*log_in.FLOWS, *MANAGEMENT_FLOWS)),
)
"""All services that answer with errors."""
