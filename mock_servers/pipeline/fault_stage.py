"""The stage around a service on which ordered faults play: before it, in its place, and on the answer's way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mock_servers.faults import answer as faulty
from mock_servers.faults.client_of_request import client_of
from mock_servers.faults.ordered import Faults
from mock_servers.journal.outcome import Outcome, X
from mock_servers.pipeline.response import Outgoing
from mock_servers.pipeline.service import Served
from mock_servers.rules import Flow
from mock_servers.state.fault import Fault
from mock_servers.wire.request import Answer
from mock_servers.wire.wsgi import FAULT, PATIENCE

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


def played(
    served: Served[X], place: str, exchange: X, flow: Flow[X, Answer], judge: Callable[[], Outcome[X]]
) -> Outcome[X]:
    """Return the outcome of an exchange at a place; one that meets a fault that comes first is not judged.

    A quota alone is met where the service counts: what `reach_quota` uses up on the way is spent.
    """
    faults, store = served.faults, served.store
    fault = faults.claim(place, lambda: client_of(exchange.request, store)) if faults is not None else None
    if faults is None or fault is None:
        return judge()
    if not fault.comes_first:
        return replace(judge(), fault=fault)
    if fault.is_quota:
        served.reach_quota(exchange, flow)
    app = store.apps.get(client_of(exchange.request, store))
    facts = faulty.Facts(app=app, now=exchange.now, message_id=served.message_id())
    return Outcome(exchange=exchange, flow=flow, answer=faulty.instead(fault, facts, faults.other_keys), fault=fault)


def spoil(faults: Faults, environ: WSGIEnvironment, response: Outgoing, fault: Fault) -> None:
    """Do to a response what was ordered, once its exchange is in the journal."""
    environ[FAULT] = fault.words
    if fault.do == "delay":
        seconds, patience = fault.seconds or 0, environ.get(PATIENCE)
        faults.pause.wait(seconds if patience is None else min(seconds, patience))
        if patience is not None and seconds > patience:
            _break_off(response)
    if fault.do == "drop":
        _break_off(response)
    if fault.do == "malformed":
        _malform(response, fault)


def _break_off(response: Outgoing) -> None:
    response.replace(faulty.broken_off())


def _malform(response: Outgoing, fault: Fault) -> None:
    whole = b"".join(response.pieces)
    body = faulty.spoiled(fault, whole)
    response.replace(faulty.broken_off(body) if fault.kind == "truncated" else [body])
    response.put("Content-Length", str(len(whole if fault.kind == "truncated" else body)))
    if fault.kind in (None, "html"):
        response.status = "200 OK"
        response.put("Content-Type", faulty.HTML)
