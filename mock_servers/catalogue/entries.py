"""Every error row of every service, with its usual causes: the data behind a search for a sentence."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any, Final

from mock_servers.apim import errors as token_service
from mock_servers.apim import flows as apim
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
from mock_servers.provider.registered import PROVIDERS
from mock_servers.rules import Flow, Problem, ServiceError, own_row
from mock_servers.state.seeds import APIS

_PLACEHOLDER: Final = re.compile(r"\\\{\w+\\\}")
_ANCESTOR: Final = "by the settings unusable_code and foreign_assertion"
_GENERAL: Final = 6
"""A finder for more rules than these is too general to explain any of them."""


_WORD: Final = re.compile(r"[a-z0-9]+")
_ALIKE: Final = 0.8


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service: its error rows by name, their problems, and the flows whose rules answer with them.

    `row` returns the service's own row for a rule's problem; `problems` are by the names of the rows. `plays` is the
    word for its real hosts.
    """

    title: str
    plays: str
    rows: Mapping[str, ServiceError]
    problems: Mapping[str, Problem]
    flows: tuple[Flow[Any, Any], ...]
    row: Callable[[Problem], ServiceError | None] = own_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row: the rules that answer with it, its name in the catalogue, and its usual causes.

    `rules` have the names of their policy and flows; `finders` recognise mistakes that cause it, the most specific
    first. `plays` is the word for the real hosts that answer with it.
    """

    service: str
    plays: str
    name: str
    error: ServiceError
    problem: Problem
    rules: Mapping[tuple[str, str], tuple[str, ...]]
    finders: tuple[Finder, ...]

    def is_about(self, text: str) -> bool:
        """Whether the row's name, code, status or sentence contains the text, or the text its sentence, in any case."""
        error, wanted = self.error, text.strip().casefold()
        own = (self.name, error.code, error.sentence, str(error.status), error.row)
        return any(wanted in each.casefold() for each in own) or self._stands_in(wanted)

    def resembles(self, text: str) -> bool:
        """Whether each word of the text is, almost, one of the row's: `subject tokn` finds `subject_token`."""
        known = _words(f"{self.name} {self.error.code} {self.error.sentence}")
        wanted = _words(text)
        return bool(wanted) and all(get_close_matches(each, known, n=1, cutoff=_ALIKE) for each in wanted)

    def _stands_in(self, text: str) -> bool:
        sentence = _PLACEHOLDER.sub(".*", re.escape(self.error.sentence.casefold()))
        return bool(sentence) and re.search(sentence, text) is not None

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
            "rules": list(dict.fromkeys(rule for _, rule in self.rules)),
            "cause": self.problem.cause,
            "cure": self.problem.cure,
            "mistakes": self.mistakes,
        }


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return every row, in the order of the catalogues."""
    return tuple(entry for service in SERVICES for entry in entries_of(service))


def about(text: str) -> list[Entry]:
    """Return the rows that match a text; if none has it word for word, those that have similar words."""
    every = entries()
    return [each for each in every if each.is_about(text)] or [each for each in every if each.resembles(text)]


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
        )


def _rules(service: Service, error: ServiceError) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for flow in service.flows:
        for policy in flow.policies:
            for rule in policy.rules:
                if rule.error is not None and service.row(rule.error) is error:
                    found.setdefault((policy.name, rule.name), []).append(flow.name)
    return {place: tuple(dict.fromkeys(flows)) for place, flows in found.items()}


def _finders(rules: set[str]) -> tuple[Finder, ...]:
    fitting = [each for each in FINDERS if each.words and len(each.rules) < _GENERAL and rules & set(each.rules)]
    return tuple(sorted(fitting, key=lambda finder: len(finder.rules)))


def _own(title: str, plays: str, module: ModuleType, flows: Iterable[Flow[Any, Any]]) -> Service:
    rows = {name: row for name, row in vars(module).items() if isinstance(row, ServiceError)}
    return Service(title=title, plays=plays, rows=rows, problems=rows, flows=tuple(flows))


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
        yield _provider(f"{provider.title}, {_ANCESTOR}", provider.name, provider.ancestor_errors)


SERVICES: Final = (
    _own("the token service", "platform", token_service, apim.FLOWS),
    _own(
        "an API's gateway",
        "platform",
        gateway,
        (*own_api.FLOWS, *(flow for seed in APIS for flow in flows_named(seed.flows)), NOWHERE),
    ),
    *(service for provider in PROVIDERS for service in _of_provider(provider)),
    _provider("the mock realms", "realms", keycloak.ROWS),
    _own("the management API", "management", management, (*log_in.FLOWS, *MANAGEMENT_FLOWS)),
)
"""All services that answer with errors."""
