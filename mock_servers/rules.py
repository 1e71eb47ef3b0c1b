"""The whole engine: a flow is ordered policies, a policy is ordered rules, the first rule that objects decides.

A rule answers `None`, or a sentence for the developer's eyes; what goes out on the wire comes from the rule's error row
alone. Nothing here knows HTTP, and no rule knows what the engine does with its sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, TypeVar

E = TypeVar("E")
A = TypeVar("A")

Evidence = Literal["S", "Q", "D", "I"]
"""S: read in the service's source or its own tests. D: documented. Q: quoted by a user. I: inferred, a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceError:
    """One row of a catalogue: what goes out when its rule objects.

    `shape` names the renderer (`oauth` is the service's usual envelope), `row` the paragraph of the contract,
    `headers` what the answer carries besides its body.
    """

    status: int
    code: str
    sentence: str
    evidence: Evidence
    row: str
    shape: str = "oauth"
    headers: Mapping[str, str] = field(default_factory=dict)


class Kind(StrEnum):
    """What a rule does besides objecting; told by the first word of its name."""

    CHECK = "check"
    DECODE = "decode"
    FIND = "find"
    FETCH = "fetch"
    CLAIM = "claim"
    ACTION = "remember"


FORESEEABLE = frozenset({Kind.CHECK, Kind.DECODE, Kind.FIND})
"""The kinds that neither change the store nor speak to anybody: safe to run again on a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[E]):
    """One check that owns exactly one error; an action owns none and cannot object."""

    kind: Kind
    error: ServiceError | None
    objection: Callable[[E], str | None]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Generic[E]):
    """One named step of the real service, under its real name where that is known."""

    name: str
    rules: Sequence[Rule[E]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[E, A]):
    """The ordered policies behind one kind of request, and what is answered when none of them objects.

    What is not `recorded` leaves no trace in the journal: health checks, discovery, key sets.
    """

    name: str
    row: str
    takes: Callable[[E], bool]
    policies: Sequence[Policy[E]]
    respond: Callable[[E], A]
    recorded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The first objection: its error row for the wire, its diagnosis for the developer. They never meet."""

    error: ServiceError
    rule: str
    policy: str
    diagnosis: str


def rejects(error: ServiceError) -> Callable[[Callable[[E], str | None]], Rule[E]]:
    """Make a rule of a function whose name begins with its kind: `check_`, `decode_`, `find_`, `fetch_`, `claim_`."""

    def rule(objection: Callable[[E], str | None]) -> Rule[E]:
        name = objection.__name__
        return Rule(kind=Kind(name.partition("_")[0]), error=error, objection=objection, name=name)

    return rule


def action(step: Callable[[E], None]) -> Rule[E]:
    """Make a rule of a step that cannot object; its name begins with `remember_`."""
    name = step.__name__
    return Rule(kind=Kind(name.partition("_")[0]), error=None, objection=step, name=name)


def choose(flows: Sequence[Flow[E, A]], exchange: E) -> Flow[E, A]:
    """Return the first flow that takes the exchange; the last flow of a service takes everything."""
    return next(flow for flow in flows if flow.takes(exchange))


def judge(flow: Flow[E, A], exchange: E) -> Refusal | None:
    """Walk the flow until a rule objects; `None` when none does."""
    return next(_objections(flow, exchange), None)


def foresee(flow: Flow[E, A], exchange: E, refusal: Refusal) -> list[Refusal]:
    """List what would object after `refusal`, on a copy, without I/O and without touching the store.

    A rule that needs something which no rule has learned is passed over.
    """
    ahead = copy.copy(exchange)
    steps = iter(_steps(flow))
    for policy, rule in steps:
        if rule.name == refusal.rule and policy.name == refusal.policy:
            break
    later = ((policy, rule) for policy, rule in steps if rule.kind in FORESEEABLE)
    return [found for policy, rule in later if (found := _foreseen(policy, rule, ahead))]


def _steps(flow: Flow[E, A]) -> Iterator[tuple[Policy[E], Rule[E]]]:
    return ((policy, rule) for policy in flow.policies for rule in policy.rules)


def _objections(flow: Flow[E, A], exchange: E) -> Iterator[Refusal]:
    for policy, rule in _steps(flow):
        diagnosis = rule.objection(exchange)
        if diagnosis is not None and rule.error is not None:
            yield Refusal(error=rule.error, rule=rule.name, policy=policy.name, diagnosis=diagnosis)


def _foreseen(policy: Policy[E], rule: Rule[E], ahead: E) -> Refusal | None:
    try:
        diagnosis = rule.objection(ahead)
    except AttributeError as unlearned:
        if unlearned.obj is ahead:
            return None
        raise
    if diagnosis is None or rule.error is None:
        return None
    return Refusal(error=rule.error, rule=rule.name, policy=policy.name, diagnosis=diagnosis)
