"""The way of one request through its flow: which rules it passed, which one stopped it, what would have come next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from mock_servers.rules import Flow, Refusal

State = Literal["passed", "stopped", "foreseen", "unasked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The flow that took a request, and the refusal that ended it there, if any."""

    flow: Flow[Any, Any]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule of the flow: passed, or what stopped the request, or what would have been refused after that.

    `words` say what the client did wrong there; `unasked` is what nobody knows the outcome of.
    """

    policy: str
    rule: str
    state: State
    words: str | None = None


def steps(walk: Walk, foreseen: Iterable[Refusal] = ()) -> list[Step]:
    """Return every rule of the flow in its order, with what became of it; none when the mock itself failed.

    `foreseen` are the refusals that would have come later.
    """
    refusal = walk.refusal
    if refusal is not None and not refusal.rule:
        return []
    later = {(each.policy, each.rule): each.diagnosis for each in foreseen}
    found: list[Step] = []
    state: State = "passed"
    for policy in walk.flow.policies:
        for rule in policy.rules:
            place = (policy.name, rule.name)
            if refusal is not None and place == (refusal.policy, refusal.rule):
                found.append(Step(policy=policy.name, rule=rule.name, state="stopped", words=refusal.diagnosis))
                state = "unasked"
            else:
                words = later.get(place) if state == "unasked" else None
                of_rule: State = "foreseen" if words is not None else state
                found.append(Step(policy=policy.name, rule=rule.name, state=of_rule, words=words))
    return found
