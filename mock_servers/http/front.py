"""HTTP, for every service: parse, choose the flow, judge, record, render. No rule here, and no Flask elsewhere.

The renderer of an answer sees the error row and never the diagnosis.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, quote

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import Rule as Route

from mock_servers.diagnosis.case import Known
from mock_servers.faults import answer as faulty
from mock_servers.faults.asker import client_of
from mock_servers.faults.ordered import Faults
from mock_servers.journal import dissection
from mock_servers.journal.journal import Journal
from mock_servers.journal.provenance import LONGEST_NAME
from mock_servers.journal.record import (
    Examination,
    Received,
    Record,
    RecordedError,
    request_shown,
    response_shown,
    secrets_sent,
)
from mock_servers.journal.timeline import Walk
from mock_servers.rules import Flow, Refusal, ServiceError, choose, judge
from mock_servers.state.fault import Fault
from mock_servers.wire.request import Answer, Parameters, Request, Seen
from mock_servers.wire.wording import cut
from mock_servers.wire.wsgi import FAULT, PATIENCE, host

LARGEST_BODY: Final = 1 << 20
"""Bytes of a request body; a larger one is refused unread."""

_JWTS: Final = {"client_assertion": "assertion", "subject_token": "subject"}
"""Which of an exchange's fields holds the JWT of which parameter."""
_LARGEST_JWT: Final = 1 << 14
"""Characters; a journal of a thousand exchanges must not hold a thousand times what a client may post."""

_log = logging.getLogger("mock_servers")


class Asked(Protocol):
    """What an exchange of any service has."""

    request: Request
    now: float


X = TypeVar("X", bound=Asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front(Generic[X]):
    """One service as HTTP sees it.

    `known` is what explanations look up, `fault` the row for whatever no rule names. `row` finds the service's own row
    for what a rule names, `render` makes an answer of it, `write` text of its members; `advise` tells, afterwards, what
    a success should make its client think about; `trace` may record what became of any exchange. Without
    `keeps_successes` the journal has the refusals alone: such answers are full of secrets. `place` is where a fault
    would have to be ordered for a request to meet it.
    """

    name: str
    flows: Sequence[Flow[X, Answer]]
    exchange: Callable[[Request], X]
    render: Callable[[ServiceError, X, str], Answer]
    write: Callable[[Mapping[str, Any]], str]
    message_id: Callable[[], str]
    known: Known
    fault: ServiceError
    journal: Journal
    faults: Faults | None = None
    place: Callable[[X], str | None] = lambda _: None
    advise: Callable[[X, Record], Iterable[str]] = lambda _, __: ()
    row: Callable[[ServiceError, X], ServiceError] = lambda row, _: row
    trace: Callable[[X, Seen], None] = lambda *_: None
    keeps_successes: bool = True
    reads_body: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome(Generic[X]):
    exchange: X
    flow: Flow[X, Answer]
    answer: Answer
    refusal: Refusal | None
    fault: Fault | None = None

    @property
    def judged(self) -> bool:
        """Whether the service got to see the request."""
        return self.fault is None or not self.fault.comes_first


def create_app(front: Front[X], import_name: str) -> flask.Flask:
    """Return a Flask application that gives every method and path to the flows."""
    app = flask.Flask(import_name, static_folder=None)
    if front.reads_body:
        app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1  # what werkzeug cuts off a chunked body shows in its length
    app.url_map.merge_slashes = False
    for path in ("/", "/<path:path>"):
        app.url_map.add(Route(path, endpoint="answer", methods=None))
    app.view_functions["answer"] = lambda **_: _respond(front)
    return app


def compact(body: Mapping[str, Any]) -> str:
    """Write JSON without blanks."""
    return json.dumps(body, separators=(",", ":"))


def _respond(front: Front[X]) -> flask.Response:
    exchange = front.exchange(_request(reads_body=front.reads_body))
    fault = _met(front, exchange)
    outcome = _outcome(front, exchange, fault)
    response = _response(front, outcome)
    if fault or _is_kept(front, outcome):
        record = _record(front, outcome)
        front.journal.add(record)
        response.call_on_close(lambda: front.journal.report(record))
    if fault and front.faults:
        _spoil(front.faults, response, fault)
    return response


def _is_kept(front: Front[X], outcome: _Outcome[X]) -> bool:
    return outcome.flow.recorded and (outcome.refusal is not None or front.keeps_successes)


def _response(front: Front[X], outcome: _Outcome[X]) -> flask.Response:
    answer = outcome.answer
    body = front.write(answer.body) if isinstance(answer.body, Mapping) else answer.body
    status = f"{answer.status} {faulty.phrase(answer.status)}"  # werkzeug would write the phrase in capitals
    refused = outcome.refusal is not None or outcome.fault is not None
    front.trace(outcome.exchange, Seen(flow=outcome.flow.name, refused=refused, status=answer.status, body=body))
    if answer.pieces is None:
        return flask.Response(body, status, dict(answer.headers), content_type=answer.content_type)
    response = flask.Response(answer.pieces, status)
    response.headers = Headers(answer.pairs)  # and none of Flask's own
    return response


def _met(front: Front[X], exchange: X) -> Fault | None:
    place = front.place(exchange)
    if place is None or front.faults is None:
        return None
    return front.faults.claim(place, lambda: client_of(exchange.request, front.known.store))


def _faulted(front: Front[X], exchange: X, fault: Fault, faults: Faults) -> _Outcome[X]:
    """Answer without the service: nothing is judged, and nothing used up."""
    app = front.known.store.apps.get(client_of(exchange.request, front.known.store))
    facts = faulty.Facts(app=app, now=exchange.now, message_id=front.message_id())
    answer = faulty.instead(fault, facts, faults.other_keys)
    flow = choose(front.flows, exchange)
    return _Outcome(exchange=exchange, flow=flow, answer=answer, refusal=None, fault=fault)


def _spoil(faults: Faults, response: flask.Response, fault: Fault) -> None:
    """Do to a response what was ordered, once its exchange is in the journal."""
    environ = flask.request.environ
    environ[FAULT] = fault.told
    if fault.do == "delay":
        seconds, patience = fault.seconds or 0, environ.get(PATIENCE)
        faults.pause.wait(seconds if patience is None else min(seconds, patience))
        if patience is not None and seconds > patience:
            _break_off(response)
    if fault.do == "drop":
        _break_off(response)
    if fault.do == "malformed":
        _malform(response, fault)


def _break_off(response: flask.Response) -> None:
    response.call_on_close(getattr(response.response, "close", lambda: None))
    response.response = faulty.broken_off()


def _malform(response: flask.Response, fault: Fault) -> None:
    whole = response.get_data()
    body = faulty.spoiled(fault, whole)
    if fault.kind == "truncated":
        response.response = faulty.broken_off(body)
        response.headers["Content-Length"] = str(len(whole))
        return
    response.set_data(body)
    if fault.kind in (None, "html"):
        response.status, response.content_type = "200 OK", faulty.HTML


def _outcome(front: Front[X], exchange: X, fault: Fault | None) -> _Outcome[X]:
    if fault and front.faults and fault.comes_first:
        return _faulted(front, exchange, fault, front.faults)
    flow = choose(front.flows, exchange)
    try:
        refusal = judge(flow, exchange)
        if refusal is None:
            answer = flow.respond(exchange)
            return _Outcome(exchange=exchange, flow=flow, answer=answer, refusal=None, fault=fault)
    except Exception as bug:  # noqa: BLE001 - whatever fails becomes the service's catch-all, and is logged whole
        _log.exception("%s %s failed inside the mock", exchange.request.method, exchange.request.path)
        refusal = Refusal(
            error=front.fault,
            rule="",
            policy="",
            diagnosis=f"The mock itself failed ({type(bug).__name__}): see its log.",
        )
    message_id = front.message_id()
    answer = front.render(refusal.error, exchange, message_id)
    return _Outcome(exchange=exchange, flow=flow, answer=answer, refusal=refusal, fault=fault)


def _record(front: Front[X], outcome: _Outcome[X]) -> Record:
    request, refusal = outcome.exchange.request, outcome.refusal
    return Record(
        at=outcome.exchange.now,
        service=front.name,
        method=request.method,
        path=request.target.partition("?")[0],
        status=_status_that_left(outcome),
        request=request_shown(request),
        response=response_shown(outcome.answer),
        sent=secrets_sent(request),
        received=_received(outcome.exchange),
        client_id=_client_id(outcome.exchange),
        message_id=_told(outcome.answer).get("message_id"),
        refusal=_recorded(front, outcome, refusal) if refusal else _recorded_fault(outcome),
        diagnosis=_diagnosis(outcome) if front.journal.explains else None,
        walk=Walk(flow=outcome.flow, refusal=refusal) if front.journal.explains and outcome.judged else None,
        _examine=_explains(front, outcome),
    )


def _received(exchange: Asked) -> dict[str, Received]:
    """Keep what the JWTs said that the rules have read, for later exchanges to be compared with; not a large one's."""
    read = {field: getattr(exchange, name, None) for field, name in _JWTS.items()}
    return {
        field: Received(header=jwt.header, claims=jwt.claims)
        for field, jwt in read.items()
        if jwt is not None and len(jwt.signing_input) <= _LARGEST_JWT
    }


def _client_id(exchange: Asked) -> str | None:
    """Tell the client that the rules have come to know, whatever kind of exchange it is."""
    client = getattr(exchange, "app", None) or getattr(exchange, "client", None)
    if client is not None:
        return str(client.client_id)
    named = exchange.request.form.get("client_id")
    return named if named is None or len(named) <= LONGEST_NAME else cut(named)


def _explains(front: Front[X], outcome: _Outcome[X]) -> Callable[[Record], Examination] | None:
    if not front.journal.explains:
        return None

    def examine(record: Record) -> Examination:
        found = _explained(front, outcome, record)
        if outcome.judged and outcome.refusal is None:
            return found  # the rules have read every JWT there is
        return replace(found, jwts=dissection.jwts_of(outcome.exchange.request, record.at))

    return examine


def _explained(front: Front[X], outcome: _Outcome[X], record: Record) -> Examination:
    refusal, exchange = outcome.refusal, outcome.exchange
    if not outcome.judged:
        return Examination()
    if refusal is None:
        return Examination(advice=tuple(front.advise(exchange, record)))
    if not refusal.rule:
        return Examination()
    from mock_servers.diagnosis.examination import examine  # noqa: PLC0415 - nothing of it is needed to start

    return examine(front.known, outcome.flow, exchange, refusal, record, lambda error: front.row(error, exchange))


def _recorded(front: Front[X], outcome: _Outcome[X], refusal: Refusal) -> RecordedError:
    row, told = front.row(refusal.error, outcome.exchange), _told(outcome.answer)
    description = told.get("error_description") or told.get("message") or told.get("faultstring") or ""
    if not isinstance(outcome.answer.body, Mapping):
        description = row.sentence
    code = told.get("error") or row.code
    return RecordedError(code=code, description=description, rule=refusal.rule, evidence=row.evidence)


def _recorded_fault(outcome: _Outcome[X]) -> RecordedError | None:
    """Tell of a fault as of an error when the client got none of what the service would have answered."""
    fault, answer = outcome.fault, outcome.answer
    if fault is None or fault.do == "delay":
        return None
    told = _told(answer)
    description = told.get("error_description") or told.get("message") or str(fault)
    return RecordedError(
        code=told.get("error") or "", description=str(description), rule="fault", evidence=faulty.evidence(fault)
    )


def _diagnosis(outcome: _Outcome[X]) -> str | None:
    judged = [outcome.refusal.diagnosis] if outcome.refusal else []
    ordered = [f"This is {outcome.fault.told}."] if outcome.fault else []
    return " ".join(judged + ordered) or None


def _status_that_left(outcome: _Outcome[X]) -> int:
    """0 when no answer left at all."""
    fault = outcome.fault
    if fault is None:
        return outcome.answer.status
    if fault.do == "malformed" and fault.kind in (None, "html"):
        return HTTPStatus.OK
    return 0 if fault.do == "drop" else outcome.answer.status


def _told(answer: Answer) -> Mapping[str, Any]:
    body = answer.body if isinstance(answer.body, Mapping) else {}
    fault = body.get("fault")
    return fault if isinstance(fault, Mapping) else body


def _request(*, reads_body: bool) -> Request:
    environ, asked = flask.request.environ, flask.request
    body, oversized = _body() if reads_body else (b"", False)
    is_form = "application/x-www-form-urlencoded" in asked.mimetype
    return Request(
        method=asked.method,
        origin=f"{environ['wsgi.url_scheme']}://{host(environ)}",
        target=target(environ),
        path=asked.path,
        headers={name.lower(): value for name, value in asked.headers.items()},
        query=Parameters(_pairs(asked.query_string)),
        form=Parameters(_pairs(body) if is_form else ()),
        body=body,
        oversized=oversized,
        stream=None if reads_body else _stream(environ),
    )


def _stream(environ: Mapping[str, Any]) -> Callable[[int], bytes]:
    """Read a body as it comes, where the server can; every server ends it where it ends."""
    source = environ["wsgi.input"]
    return getattr(source, "read1", source.read)  # type: ignore[no-any-return] # WSGI says that it reads bytes


def _body() -> tuple[bytes, bool]:
    try:
        body = flask.request.get_data(cache=False)
    except RequestEntityTooLarge:
        return b"", True
    return (b"", True) if len(body) > LARGEST_BODY else (body, False)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)


def target(environ: Mapping[str, Any]) -> str:
    """Return the path and query string as the client wrote them."""
    raw = str(environ.get("REQUEST_URI") or "")
    if raw.startswith("/"):
        return raw
    path = quote(f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}", encoding="latin-1")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path
