"""The stage around a service on which ordered faults play: before it, in its place, and on the answer's way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from mock_servers.faults import answer as faulty
from mock_servers.faults.asker import client_of
from mock_servers.faults.ordered import Faults
from mock_servers.journal.outcome import Outcome, X
from mock_servers.rules import Flow
from mock_servers.state.fault import Fault
from mock_servers.state.store import Store
from mock_servers.wire.request import Answer
from mock_servers.wire.wsgi import FAULT, PATIENCE

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


def played(
    faults: Faults,
    store: Store,
    place: str,
    exchange: X,
    flow: Flow[X, Answer],
    *,
    message_id: Callable[[], str],
    judge: Callable[[], Outcome[X]],
    reach_quota: Callable[[X], None],
) -> Outcome[X]:
    """Return the outcome of an exchange at a place; one that meets a fault that comes first is not judged.

    A quota alone is met where the service counts: what `reach_quota` uses up by then is spent.
    """
    fault = faults.claim(place, lambda: client_of(exchange.request, store))
    if fault is None:
        return judge()
    if not fault.comes_first:
        return replace(judge(), fault=fault)
    if fault.is_quota:
        reach_quota(exchange)
    app = store.apps.get(client_of(exchange.request, store))
    facts = faulty.Facts(app=app, now=exchange.now, message_id=message_id())
    return Outcome(exchange=exchange, flow=flow, answer=faulty.instead(fault, facts, faults.other_keys), fault=fault)


def spoil(faults: Faults, environ: WSGIEnvironment, response: Response, fault: Fault) -> None:
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


def _break_off(response: Response) -> None:
    response.call_on_close(getattr(response.response, "close", lambda: None))
    response.response = faulty.broken_off()


def _malform(response: Response, fault: Fault) -> None:
    whole = response.get_data()
    body = faulty.spoiled(fault, whole)
    if fault.kind == "truncated":
        response.response = faulty.broken_off(body)
        response.headers["Content-Length"] = str(len(whole))
        return
    response.set_data(body)
    if fault.kind in (None, "html"):
        response.status, response.content_type = "200 OK", faulty.HTML
