"""HTTP before every service, one straight way: parse, choose, judge, render, keep, hand over.

The answer goes out before it is explained to anybody. An exception inside the mock becomes the service's own catch-all,
with a traceback in the log. What renders sees the error row and never the diagnosis.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from mock_servers.diagnosis.case import Known
from mock_servers.faults.answer import phrase
from mock_servers.faults.ordered import Faults
from mock_servers.http import outgoing, stage
from mock_servers.http.outgoing import Outgoing
from mock_servers.http.parsing import parsed
from mock_servers.journal import dissection
from mock_servers.journal.journal import Journal
from mock_servers.journal.outcome import Outcome, X, record_of
from mock_servers.journal.record import Examination, Record
from mock_servers.journal.registered import misplaced
from mock_servers.rules import Flow, Problem, Refusal, ServiceError, choose, judge, own_row
from mock_servers.state.table import StateError
from mock_servers.wire.request import Answer, Request, Seen

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger("mock_servers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front(Generic[X]):
    """One service as HTTP sees it.

    `known` is what explanations look up, `fault` the row for whatever no rule names. `row` finds the service's own row
    for what a rule names, `render` makes an answer of it, `write` text of its members; `advise` tells, afterwards, what
    a success should make its client think about; `trace` may record what became of any exchange. Without
    `keeps_successes` the journal has the refusals alone: such answers are full of secrets. `place` is where a fault
    would have to be ordered for a request to meet it, and `reach_quota` uses up what the service does before it counts.
    """

    name: str
    flows: Sequence[Flow[X, Answer]]
    exchange: Callable[[Request], X]
    render: Callable[[ServiceError, X, str], Answer]
    write: Callable[[Mapping[str, Any]], str]
    message_id: Callable[[], str]
    known: Known
    fault: Problem
    journal: Journal
    faults: Faults | None = None
    place: Callable[[X], str | None] = lambda _: None
    reach_quota: Callable[[X], None] = lambda _: None
    advise: Callable[[X, Record], Iterable[str]] = lambda _, __: ()
    row: Callable[[Problem, X], ServiceError] = own_row
    trace: Callable[[X, Seen], None] = lambda *_: None
    keeps_successes: bool = True
    reads_body: bool = True


def create_app(front: Front[X]) -> WSGIApplication:
    """Return a WSGI application that gives every method and path to the flows.

    No framework stands before them: there is one answer for every path, no session and no hook, and what a framework
    does for these costs more than all the rules.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return _respond(front, environ)(environ, start_response)

    return application


def compact(body: Mapping[str, Any]) -> str:
    """Write JSON without blanks."""
    return json.dumps(body, separators=(",", ":"))


def _respond(front: Front[X], environ: WSGIEnvironment) -> Outgoing:
    exchange = front.exchange(parsed(environ, reads_body=front.reads_body))
    flow = choose(front.flows, exchange)
    outcome = _played(front, exchange, flow)
    response = _written(front, outcome)
    _keep(front, outcome, response)
    if front.faults and outcome.fault:
        stage.spoil(front.faults, environ, response, outcome.fault)
    return response


def _played(front: Front[X], exchange: X, flow: Flow[X, Answer]) -> Outcome[X]:
    place = front.place(exchange)
    if front.faults is None or place is None:
        return _judged(front, exchange, flow)
    return stage.played(
        front.faults,
        front.known.store,
        place,
        exchange,
        flow,
        message_id=front.message_id,
        reach_quota=front.reach_quota,
        judge=lambda: _judged(front, exchange, flow),
    )


def _judged(front: Front[X], exchange: X, flow: Flow[X, Answer]) -> Outcome[X]:
    try:
        refusal = judge(flow, exchange)
        if refusal is None:
            return Outcome(exchange=exchange, flow=flow, answer=flow.respond(exchange))
    except StateError:
        raise  # no answer of the service's: the state is out of reach
    except Exception as bug:  # noqa: BLE001 - whatever fails becomes the service's catch-all, and is logged whole
        _log.exception("%s %s failed inside the mock", exchange.request.method, ascii(exchange.request.path))
        diagnosis = f"The mock itself failed ({type(bug).__name__}): see its log."
        refusal = Refusal(error=front.fault, rule="", policy="", diagnosis=diagnosis)
    row = front.row(refusal.error, exchange)
    answer = front.render(row, exchange, front.message_id())
    return Outcome(exchange=exchange, flow=flow, answer=answer, refusal=refusal, row=row)


def _written(front: Front[X], outcome: Outcome[X]) -> Outgoing:
    answer = outcome.answer
    body = answer.body if isinstance(answer.body, str) else front.write(answer.body)
    status = f"{answer.status} {phrase(answer.status)}"
    seen = Seen(flow=outcome.flow.name, refused=outcome.was_refused, status=answer.status, body=body)
    front.trace(outcome.exchange, seen)
    if answer.pieces is not None:
        return Outgoing(status, answer.pairs, answer.pieces)
    headers = [(name, _sent(value) if name == "Location" else value) for name, value in answer.headers.items()]
    return outgoing.whole(status, headers, body.encode(), answer.content_type)


def _sent(location: str) -> str:
    """Return a Location as it goes out: as it was written, blanks of the real service's included, if it is ASCII."""
    if location.isascii():
        return location
    from werkzeug.urls import iri_to_uri  # noqa: PLC0415 - for who brings letters that no URL has

    return iri_to_uri(location)


def _keep(front: Front[X], outcome: Outcome[X], response: Outgoing) -> None:
    """Keep the record before the answer leaves, and report it afterwards."""
    is_wanted = outcome.flow.recorded and (outcome.refusal is not None or front.keeps_successes)
    if not is_wanted and outcome.fault is None:
        return
    record = record_of(outcome, service=front.name, explains=front.journal.explains)
    hidden = misplaced(outcome.exchange.request, front.known.store)
    if hidden:
        record.hide(hidden)
    if front.journal.explains:
        record.explain_with(lambda kept: _explained(front, outcome, kept))
    front.journal.add(record)
    response.at_end(lambda: front.journal.report(record))


def _explained(front: Front[X], outcome: Outcome[X], record: Record) -> Examination:
    """Tell what the finders see behind a refusal, or what a success should make its client think about."""
    refusal, exchange = outcome.refusal, outcome.exchange
    if refusal is None and outcome.was_judged:
        return Examination(advice=tuple(front.advise(exchange, record)))
    found = Examination()
    if refusal is not None and refusal.rule:
        from mock_servers.diagnosis.examination import examine  # noqa: PLC0415 - nothing of it is needed to start

        found = examine(front.known, outcome.flow, exchange, refusal, record, lambda error: front.row(error, exchange))
    return replace(found, jwts=dissection.jwts_of(exchange.request, record.at))
