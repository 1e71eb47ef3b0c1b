"""Makes a case for the finders of a value that no request has brought, as if one had."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from mock_servers.diagnosis.case import Known
from mock_servers.diagnosis.examination import case_of, findings
from mock_servers.diagnosis.table import FINDERS
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record, request_shown, secrets_sent
from mock_servers.rules import FORESEEABLE, Flow, Kind, Policy, Refusal, own_row
from mock_servers.wire.request import Answer, Request


def foreseen_findings(
    known: Known, exchange: Any, policies: Sequence[Policy[Any]], refusal: Refusal, not_judged: Collection[str]
) -> list[Finding]:
    """Return what the finders see behind a refusal that would come; what could not be judged is not explained."""
    asked = tuple(Policy(name=policy.name, rules=_asked(policy)) for policy in policies)
    flow: Flow[Any, Answer] = Flow(
        name="", row="", takes=lambda _: True, policies=asked, respond=lambda _: Answer(status=0)
    )
    record = record_as_if(
        exchange.request,
        number=known.journal.tally().exchanges + 1,
        at=exchange.now,
        service=getattr(exchange.service, "mount", "/gateway").strip("/"),
    )
    case = case_of(known, flow, exchange, refusal, record, own_row)
    return findings(
        case, [finder for finder in FINDERS if not finder.informational and not set(finder.rules) & set(not_judged)]
    )


def _asked(policy: Policy[Any]) -> tuple[Any, ...]:
    """Return the rules of a policy but for those that claim something: nothing is claimed here."""
    return tuple(rule for rule in policy.rules if rule.kind in FORESEEABLE or rule.kind is Kind.FETCH)


def record_as_if(request: Request, *, number: int, at: float, service: str, client_id: str | None = None) -> Record:
    """Return the record that there would be of a request at a service."""
    return Record(
        id=number,
        at=at,
        service=service,
        method=request.method,
        path=request.target.partition("?")[0],
        status=0,
        request=request_shown(request),
        response={},
        sent=secrets_sent(request),
        client_id=client_id,
    )
