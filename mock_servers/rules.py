"""The whole engine: a flow is ordered policies, a policy is ordered rules, the first rule that objects decides.

A rule answers `None`, or a sentence for the developer's eyes; what goes out on the wire comes from the rule's error row
alone. Nothing here knows HTTP, and no rule knows what the engine does with its sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, NoReturn, TypeVar

E = TypeVar("E")
A = TypeVar("A")

Evidence = Literal["S", "Q", "D", "I"]
"""S: read in the service's source or its own tests. D: documented. Q: quoted by a user. I: inferred, a guess."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A problem of a request to any service: its usual cause, and its cure.

    `heading` is what a page says of it in plain words.
    """

    cause: str
    cure: str
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceError(Problem):
    """What goes out for a problem: one row of a service. A row that only one service has is the problem itself.

    Where several services answer one problem, it has cause and cure, and each service a row for it without them.
    `shape` names the renderer (`oauth` is the service's usual envelope), `row` the paragraph of the contract,
    `headers` what the answer carries besides its body.
    """

    cause: str = ""
    cure: str = ""
    status: int
    code: str
    sentence: str
    evidence: Evidence
    row: str
    shape: str = "oauth"
    headers: Mapping[str, str] = field(default_factory=dict)


class Kind(StrEnum):
    """What a rule does besides refusing, as the first word of its name says."""

    CHECK = "check"
    DECODE = "decode"
    FIND = "find"
    FETCH = "fetch"
    CLAIM = "claim"


FORESEEABLE = frozenset({Kind.CHECK, Kind.DECODE, Kind.FIND})
"""The kinds that neither change the store nor speak to anybody: safe to run again on a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[E]):
    """One check that owns exactly one error.

    `after` names the rules on which this one rests: where one of them has objected, this one has nothing to say.
    """

    kind: Kind
    error: Problem
    objection: Callable[[E], str | None]
    name: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Generic[E]):
    """One named step of the real service, under its real name where that is known."""

    name: str
    rules: Sequence[Rule[E]]


def anything(_: object) -> bool:
    """Take every exchange."""
    return True


def _never(_: object) -> NoReturn:
    raise AssertionError("the last rule of this flow always objects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[E, A]):
    """The ordered policies behind one kind of request, and what is answered when none of them objects.

    A flow whose last rule always objects has no answer of its own. What is not `recorded` leaves no trace in the
    journal: health checks, discovery, key sets.
    """

    name: str
    row: str
    takes: Callable[[E], bool] = anything
    policies: Sequence[Policy[E]]
    respond: Callable[[E], A] = _never
    recorded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The first objection: its error row for the wire, its diagnosis for the developer. They never meet."""

    error: Problem
    rule: str
    policy: str
    diagnosis: str


class UnknownError(Exception):
    """A rule, or the explanation of one, needs a value that is not known; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[E]):
    """What one rule says of an exchange: it objects by `refusal`; or it is `unknown`, and why; else it is passed.

    Why is empty where the rule waits for what an earlier one would have taught, or is not asked at all.
    """

    policy: Policy[E]
    rule: Rule[E]
    refusal: Refusal | None
    unknown: str | None


def own_row(problem: Problem, _: object = None) -> ServiceError:
    """Return a problem that is a row itself. Raises TypeError for one of which each provider has a row of its own."""
    if not isinstance(problem, ServiceError):
        raise TypeError(f"this problem has no row of its own: {problem.cause}")
    return problem


def rejects(error: Problem, *, after: Sequence[str] = ()) -> Callable[[Callable[[E], str | None]], Rule[E]]:
    """Make a rule of a function whose name begins with its kind: `check_`, `decode_`, `find_`, `fetch_`, `claim_`."""

    def rule(objection: Callable[[E], str | None]) -> Rule[E]:
        name = objection.__name__
        return Rule(kind=Kind(name.partition("_")[0]), error=error, objection=objection, name=name, after=tuple(after))

    return rule


def choose(flows: Sequence[Flow[E, A]], exchange: E) -> Flow[E, A]:
    """Return the first flow that takes the exchange; the last flow of a service takes everything."""
    return next(flow for flow in flows if flow.takes(exchange))


def judge(flow: Flow[E, A], exchange: E) -> Refusal | None:
    """Walk the flow until a rule objects; `None` when none does."""
    for policy in flow.policies:
        for rule in policy.rules:
            diagnosis = rule.objection(exchange)
            if diagnosis is not None:
                return Refusal(error=rule.error, rule=rule.name, policy=policy.name, diagnosis=diagnosis)
    return None


def foresee(flow: Flow[E, A], exchange: E, refusal: Refusal) -> list[Refusal]:
    """Return the refusals that would follow `refusal` if the client corrected only that."""
    return [step.refusal for step in beyond(flow, exchange, refusal) if step.refusal is not None]


def beyond(flow: Flow[E, A], exchange: E, refusal: Refusal) -> list[Step[E]]:
    """Run the rules after `refusal` on a copy of the exchange, without I/O and without changing the store.

    It skips a rule that needs a value which no rule has learned, and a rule that depends on one that refused.
    """
    steps = iter(_steps(flow.policies))
    any((policy.name, rule.name) == (refusal.policy, refusal.rule) for policy, rule in steps)
    return list(_asked(steps, copy.copy(exchange), FORESEEABLE, {refusal.rule}))


def walk(policies: Sequence[Policy[E]], exchange: E, kinds: Collection[Kind] = FORESEEABLE) -> Iterator[Step[E]]:
    """Run every rule of these kinds in turn, even after a refusal; the results of other kinds are unknown."""
    return _asked(_steps(policies), exchange, kinds, set())


def _steps(policies: Sequence[Policy[E]]) -> Iterator[tuple[Policy[E], Rule[E]]]:
    return ((policy, rule) for policy in policies for rule in policy.rules)


def _asked(
    steps: Iterable[tuple[Policy[E], Rule[E]]], exchange: E, kinds: Collection[Kind], fallen: set[str]
) -> Iterator[Step[E]]:
    for policy, rule in steps:
        rests, refusal = not fallen.isdisjoint(rule.after), None
        diagnosis, unknown = _answered(rule, exchange) if rule.kind in kinds and not rests else (None, "")
        if rests or diagnosis is not None:
            fallen.add(rule.name)
        if diagnosis is not None:
            refusal = Refusal(error=rule.error, rule=rule.name, policy=policy.name, diagnosis=diagnosis)
        yield Step(policy=policy, rule=rule, refusal=refusal, unknown=unknown)


def _answered(rule: Rule[E], exchange: E) -> tuple[str | None, str | None]:
    try:
        return rule.objection(exchange), None
    except UnknownError as unknown:
        return None, str(unknown)
    except AttributeError as unlearned:
        if unlearned.obj is exchange:
            return None, ""
        raise
