"""Runs every finder that fits a case, and orders the findings: the best first, at most three."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain, dropwhile
from types import MappingProxyType
from typing import Any, Final

from mock_servers.apim import flows
from mock_servers.diagnosis.case import Case, Known, RowOf, tokens_of
from mock_servers.diagnosis.client_traits import traits_of
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.fingerprints import hint
from mock_servers.diagnosis.table import FINDERS
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.journal.finding import CERTAINTIES, Finding, first_step
from mock_servers.journal.record import Examination, Record
from mock_servers.rules import Flow, Refusal, Rule, UnknownError, beyond, own_row
from mock_servers.state.table import StateError
from mock_servers.wire.request import Request

MOST: Final = 3
_BEFORE_GRANT: Final = (
    "check_content_type_form",
    "check_subject_token_type_id_token",
    "check_grant_type_supported",
    "check_grant_type_present",
)
"""The rules of a token service that refuse before any grant is chosen."""
_OF_EVERY_GRANT: Final = tuple(
    dict.fromkeys(rule.name for flow in flows.FLOWS for policy in flow.policies for rule in policy.rules)
)
_CLAIM: Final = "claim_client_assertion_jti"

_log = logging.getLogger("mock_servers")


def examine(
    known: Known,
    flow: Flow[Any, Any],
    exchange: Any,
    refusal: Refusal,
    record: Record,
    row: RowOf = own_row,
) -> Examination:
    """Explain a refusal: its cause, and what would have been refused next. Changes nothing.

    `row` returns the service's own error row for a rule's problem.
    """
    case = case_of(known, flow, exchange, refusal, record, row)
    steps = beyond(flow, exchange, refusal)
    passed = {step.rule.name for step in steps if step.refusal is None and step.unknown is None}
    case = replace(case, ahead=tuple(rule for rule in case.ahead if rule.name not in passed))
    found = _ranked(case, FINDERS)
    first = next((finding for distance, finding in found[:1] if not distance), None)
    by_rule = f"{refusal.diagnosis} {first_step(refusal.error.cure)}".strip()
    return Examination(
        headline=first.seen if first is not None and first.certainty == "certain" else None,
        answer=first.answer if first is not None else by_rule,
        findings=tuple(replace(finding, later=0 < distance < len(case.ahead)) for distance, finding in found),
        foreseen=tuple(step.refusal for step in steps if step.refusal is not None),
    )


def case_of(known: Known, flow: Flow[Any, Any], exchange: Any, refusal: Refusal, record: Record, row: RowOf) -> Case:
    """Return the case that finders look at."""
    request: Request = exchange.request
    tokens, ahead = tokens_of(request, known), tuple(_ahead(flow, refusal))
    case = Case(
        record=record,
        request=request,
        refusal=refusal,
        ahead=ahead,
        later=_OF_EVERY_GRANT if refusal.rule in _BEFORE_GRANT else (),
        jti_spent=any(rule.name == _CLAIM for policy in flow.policies for rule in policy.rules)
        and all(rule.name != _CLAIM for rule in ahead),
        learned=MappingProxyType({each.name: getattr(exchange, each.name) for each in _taught(exchange)}),
        known=known,
        row=row,
        tokens=MappingProxyType(tokens),
        traits=traits_of(request, tokens.get("client_assertion") or tokens.get("assertion"), record.at),
    )
    return replace(case, key_set=_key_set(case))


def _key_set(case: Case) -> FetchedJwks | None:
    """Return the key set that the signature was or would be verified with; nothing without a signature."""
    found = case.learned.get("app_jwks")
    if isinstance(found, FetchedJwks):
        return found
    return case.known.key_set(case.app) if case.app is not None and case.assertion is not None else None


def _ahead(flow: Flow[Any, Any], refusal: Refusal) -> Iterator[Rule[Any]]:
    steps = ((policy.name, rule) for policy in flow.policies for rule in policy.rules)
    left = dropwhile(lambda step: (step[0], step[1].name) != (refusal.policy, refusal.rule), steps)
    return (rule for _, rule in left)


def _taught(exchange: Any) -> Iterator[Any]:
    return (each for each in fields(exchange) if not each.init and hasattr(exchange, each.name))


def findings(case: Case, finders: Sequence[Finder]) -> list[Finding]:
    """Return the findings: first those that explain the refusal, then what would be refused next, in that order."""
    return [finding for _, finding in _ranked(case, finders)]


def _ranked(case: Case, finders: Sequence[Finder]) -> list[tuple[int, Finding]]:
    """Return the same, each with the number of rules between the refusal and its mistake."""
    found: list[tuple[int, Finding]] = []
    doubted: set[int] = set()
    for finder in (each for each in finders if not each.last_resort):
        own = list(asked(finder, case))
        found += own
        doubted.update(distance for distance, _ in own if finder.doubts)
    explained = {distance for distance, _ in found}
    last = (one for finder in finders if finder.last_resort for one in asked(finder, case))
    found.extend(one for one in last if one[0] not in explained)
    found = [(distance, _hedged(finding) if distance in doubted else finding) for distance, finding in found]
    found.sort(key=lambda one: (one[0], CERTAINTIES.index(one[1].certainty)))
    nearest: dict[Finding, int] = {}
    for distance, finding in found:
        nearest.setdefault(finding, distance)
    best = [(distance, finding) for finding, distance in nearest.items()][:MOST]
    return [(best[0][0], _with_cost(best[0][1])), *best[1:]] if best and case.jti_spent else best


def _hedged(finding: Finding) -> Finding:
    return replace(finding, certainty="likely") if finding.certainty == "certain" else finding


def _with_cost(finding: Finding) -> Finding:
    return replace(
        finding, cure=f"{finding.cure} The jti of this assertion is spent: sign a new assertion for the next try."
    )


def asked(finder: Finder, case: Case) -> Iterator[tuple[int, Finding]]:
    """Yield what a finder finds, and the number of rules between the refusal and its mistake."""
    distance = distance_of(finder, case)
    if distance is None:
        return
    try:
        finding = finder.find(case)
    except UnknownError:
        return
    except StateError:
        raise
    except Exception:  # noqa: BLE001 - one finder's mistake must not keep the others from being heard
        _log.exception(
            "the finder %s failed on exchange %s", finder.name, case.record.id, extra={"world": case.record.world}
        )
        return
    if finding is not None:
        yield distance, _completed(finding, distance, case)


def distance_of(finder: Finder, case: Case) -> int | None:
    """Return the number of rules between the refusal and a finder's mistake; `None` if the case cannot have it."""
    if finder.informational:
        return len(case.ahead) + len(case.later)
    if not finder.rules:
        return 0
    names = chain((rule.name for rule in case.ahead), case.later)
    return next((place for place, name in enumerate(names) if name in finder.rules), None)


def _completed(finding: Finding, distance: int, case: Case) -> Finding:
    """Add how sure the row is that the mistake runs into, and the recognised library's own words."""
    error = case.ahead[distance].error if distance < len(case.ahead) else None
    row = case.row(error) if error is not None else None
    change = hint(case.traits, finding.id)
    return replace(
        finding,
        evidence=row.evidence if row else None,
        row=row.row if row else None,
        change=str(change) if change else None,
    )
