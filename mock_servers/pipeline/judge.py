"""Judges an exchange, and lets ordered faults come first.

An exception inside the mock becomes the service's own catch-all, with a traceback in the log.
"""

from __future__ import annotations

import logging
from typing import Final

from mock_servers.journal.outcome import Outcome, X
from mock_servers.pipeline import fault_stage
from mock_servers.pipeline.service import Served
from mock_servers.rules import Flow, Refusal, judge
from mock_servers.state.table import StateError
from mock_servers.wire.request import Answer

_LOG: Final = logging.getLogger("mock_servers")


def outcome_of(served: Served[X], exchange: X, flow: Flow[X, Answer]) -> Outcome[X]:
    """Return what becomes of an exchange. Raises StateError, for which no service has an answer."""
    place = served.place(exchange, flow) if served.faults is not None else None
    if place is None:
        return judged(served, exchange, flow)
    return fault_stage.played(served, place, exchange, flow, lambda: judged(served, exchange, flow))


def judged(served: Served[X], exchange: X, flow: Flow[X, Answer]) -> Outcome[X]:
    """Return what the service makes of an exchange. Raises StateError."""
    try:
        refusal = judge(flow, exchange)
        if refusal is None:
            return Outcome(exchange=exchange, flow=flow, answer=flow.respond(exchange))
    except StateError:
        raise
    except Exception as bug:  # noqa: BLE001 - anything that fails becomes the service's catch-all, and is logged whole
        method, path, world = exchange.request.method, ascii(exchange.request.path), served.journal.world
        _LOG.exception("%s %s failed inside the mock", method, path, extra={"world": world})
        diagnosis = f"The mock itself failed ({type(bug).__name__}): see its log."
        refusal = Refusal(error=served.fault, rule="", policy="", diagnosis=diagnosis)
    row = served.row(refusal.error, exchange)
    answer = served.render(row, exchange, served.message_id())
    return Outcome(exchange=exchange, flow=flow, answer=answer, refusal=refusal, row=row)
