"""What the pipeline has to know of a service, in one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from mock_servers.faults.ordered import Faults
from mock_servers.journal.journal import Journal
from mock_servers.journal.outcome import X
from mock_servers.journal.record import Record
from mock_servers.rules import Flow, Problem, ServiceError, own_row
from mock_servers.wire.request import Answer, Request, Seen
from mock_servers.wire.routes import Routes

if TYPE_CHECKING:
    from mock_servers.diagnosis.case import Known
    from mock_servers.state.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Generic[X]):
    """One service as the pipeline sees it.

    `mount` is the path that its own paths lie below. `exchange` begins an exchange, `row` finds the service's own row
    for what a rule names, `render` makes an answer of it, and `write` makes text of an answer's members. `fault` is the
    row for an exception inside the mock, `known` makes what explanations look up. `advise` says afterwards what the
    client of a success should think about; `trace` may note what became of an exchange. `headers` are those that every
    answer has besides its own. `place` names the endpoint for which a fault may be ordered, and `reach_quota` uses up
    what the service uses up before it counts a quota. Without `keeps_successes` the journal has refusals alone. Without
    `reads_body` the body is left to be passed on.
    """

    name: str
    mount: str = ""
    routes: Routes[X]
    exchange: Callable[[Request], X]
    render: Callable[[ServiceError, X, str], Answer]
    write: Callable[[Mapping[str, Any]], str]
    message_id: Callable[[], str]
    store: Store
    known: Callable[[], Known]
    fault: Problem
    journal: Journal
    faults: Faults | None = None
    place: Callable[[X, Flow[X, Answer]], str | None] = lambda *_: None
    reach_quota: Callable[[X, Flow[X, Answer]], None] = lambda *_: None
    advise: Callable[[X, Record], Iterable[str]] = lambda *_: ()
    row: Callable[[Problem, X], ServiceError] = own_row
    trace: Callable[[X, Seen], None] = lambda *_: None
    headers: Callable[[X], Iterable[tuple[str, str]]] = lambda _: ()
    keeps_successes: bool = True
    reads_body: bool = True
