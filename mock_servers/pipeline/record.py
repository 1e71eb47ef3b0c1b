"""Keeps the record of an exchange before its answer leaves; it is reported and explained afterwards."""

from __future__ import annotations

from dataclasses import replace

from mock_servers.journal import decoded_jwt
from mock_servers.journal.leaked_secret import misplaced
from mock_servers.journal.outcome import Outcome, X, record_of
from mock_servers.journal.record import Examination, Record
from mock_servers.pipeline.response import Outgoing
from mock_servers.pipeline.service import Served


def keep(served: Served[X], outcome: Outcome[X], response: Outgoing) -> None:
    """Keep the record, unless the flow leaves none, and report it once the answer has left."""
    is_wanted = outcome.flow.recorded and (outcome.refusal is not None or served.keeps_successes)
    if not is_wanted and outcome.fault is None:
        return
    record = record_of(outcome, service=served.name, explains=served.journal.explains)
    hidden = misplaced(outcome.exchange.request, served.store)
    if hidden:
        record.hide(hidden)
    if served.journal.explains:
        record.explain_with(lambda kept: _explained(served, outcome, kept))
    served.journal.add(record)
    response.at_end(lambda: served.journal.report(record))


def _explained(served: Served[X], outcome: Outcome[X], record: Record) -> Examination:
    """Return what the finders see behind a refusal, or what the client of a success should think about."""
    refusal, exchange = outcome.refusal, outcome.exchange
    if refusal is None and outcome.was_judged:
        return Examination(advice=tuple(served.advise(exchange, record)))
    found = Examination()
    if refusal is not None and refusal.rule:
        from mock_servers.diagnosis.examination import examine  # noqa: PLC0415 - nothing of it is needed to start

        found = examine(
            served.known(), outcome.flow, exchange, refusal, record, lambda error: served.row(error, exchange)
        )
    for finding in (each for each in found.findings if not each.later):
        served.journal.counts.finding(finding.certainty, finding.id)
    return replace(found, jwts=decoded_jwt.jwts_of(exchange.request, record.at))
