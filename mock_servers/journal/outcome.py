"""Turns a finished request into a journal record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypeVar

from mock_servers.journal.provenance import LONGEST_NAME
from mock_servers.journal.record import (
    ReceivedJwt,
    Record,
    RecordedError,
    request_shown,
    response_shown,
    secrets_sent,
)
from mock_servers.journal.rule_trace import Walk
from mock_servers.rules import Flow, Refusal, ServiceError
from mock_servers.state.fault import Fault
from mock_servers.wire.request import Answer, Request
from mock_servers.wire.wording import cut

_JWTS: Final = {"client_assertion": "assertion", "subject_token": "subject"}
"""The field of an exchange that holds the JWT of each parameter."""
_LARGEST_JWT: Final = 1 << 14
"""Characters; a journal of a thousand exchanges must not hold a thousand of the largest JWTs."""

_FAULT: Final = "fault"
"""What stands for a rule where a fault has refused."""


class Judged(Protocol):
    """The members of an exchange with any service."""

    request: Request
    now: float


X = TypeVar("X", bound=Judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[X]):
    """The result of an exchange: its flow, its answer, the first refusal, and a fault that it met.

    `row` is the service's own row for the refusal's problem.
    """

    exchange: X
    flow: Flow[X, Answer]
    answer: Answer
    refusal: Refusal | None = None
    row: ServiceError | None = None
    fault: Fault | None = None

    @property
    def was_judged(self) -> bool:
        """Whether the service saw the request."""
        return self.fault is None or not self.fault.comes_first

    @property
    def was_refused(self) -> bool:
        """Whether the service, or a fault in its place, refused the request."""
        return self.refusal is not None or self.fault is not None

    @property
    def status_that_left(self) -> int:
        """The status that was sent, 0 for no answer."""
        fault = self.fault
        if fault is None:
            return self.answer.status
        if fault.do == "malformed" and fault.kind in (None, "html"):
            return HTTPStatus.OK
        return 0 if fault.do == "drop" else self.answer.status

    @property
    def refused_by(self) -> str:
        """The name of the rule that refused, or `fault`; empty if neither did."""
        if self.refusal is not None and self.row is not None:
            return self.refusal.rule
        return "" if self.fault is None or self.fault.do == "delay" else _FAULT


def record_of(outcome: Outcome[X], *, service: str, explains: bool) -> Record:
    """Return the record of an outcome at a service; without `explains` it has what was sent, and not why."""
    request = outcome.exchange.request
    return Record(
        at=outcome.exchange.now,
        service=service,
        method=request.method,
        path=request.target.partition("?")[0],
        status=outcome.status_that_left,
        request=request_shown(request),
        response=response_shown(outcome.answer),
        sent=secrets_sent(request),
        received=_received(outcome.exchange),
        client_id=_client_id(outcome.exchange),
        message_id=_members(outcome.answer).get("message_id"),
        refusal=_error(outcome),
        diagnosis=_diagnosis(outcome) if explains else None,
        walk=Walk(flow=outcome.flow, refusal=outcome.refusal) if explains and outcome.was_judged else None,
    )


def _received(exchange: Judged) -> dict[str, ReceivedJwt]:
    """Keep the JWTs that the rules have decoded, to compare later exchanges with; no large ones."""
    read = {field: getattr(exchange, name, None) for field, name in _JWTS.items()}
    return {
        field: ReceivedJwt(header=jwt.header, claims=jwt.claims)
        for field, jwt in read.items()
        if jwt is not None and len(jwt.signing_input) <= _LARGEST_JWT
    }


def _client_id(exchange: Judged) -> str | None:
    """Return the client that the rules have identified, in an exchange of any kind."""
    client = getattr(exchange, "app", None) or getattr(exchange, "client", None)
    if client is not None:
        return str(client.client_id)
    named = exchange.request.form.get("client_id")
    return named if named is None or len(named) <= LONGEST_NAME else cut(named)


def _error(outcome: Outcome[X]) -> RecordedError | None:
    """Return the error that was sent; a fault's only if the client got nothing of the service's own answer."""
    fault, refusal, row = outcome.fault, outcome.refusal, outcome.row
    if fault is None and refusal is None:
        return None
    members = _members(outcome.answer)
    if refusal is not None and row is not None:
        written = members.get("error_description") or members.get("message") or members.get("faultstring") or ""
        description = row.sentence if isinstance(outcome.answer.body, str) else written
        return RecordedError(
            code=members.get("error") or row.code, description=description, rule=refusal.rule, evidence=row.evidence
        )
    if fault is None or fault.do == "delay":
        return None
    description = members.get("error_description") or members.get("message") or str(fault)
    return RecordedError(
        code=members.get("error") or "", description=str(description), rule=_FAULT, evidence=fault.evidence
    )


def _diagnosis(outcome: Outcome[X]) -> str | None:
    of_rule = [outcome.refusal.diagnosis] if outcome.refusal else []
    of_fault = [f"This is {outcome.fault.words}."] if outcome.fault else []
    is_spent = outcome.fault is not None and outcome.fault.is_quota and hasattr(outcome.exchange, "jti")
    return (
        " ".join(
            of_rule
            + of_fault
            + ["The quota is counted after the jti is remembered: sign a new assertion for the next try."] * is_spent
        )
        or None
    )


def _members(answer: Answer) -> Mapping[str, Any]:
    if isinstance(answer.body, str):
        return {}
    fault = answer.body.get("fault")
    return fault if isinstance(fault, dict) else answer.body
