"""Two mistakes in one request: the one that stands first in the contract is answered, whichever they are."""

from collections.abc import Sequence

import pytest

from contract_tests.answers import Said, accepted, said_of
from contract_tests.breakage import Breakage, Flow
from contract_tests.breakages import of_flow
from contract_tests.broken_request import ask
from contract_tests.reach import Ability, OutOfReachError, need
from contract_tests.target import Kind, Target


def _paired(flow: Flow) -> Sequence[Breakage]:
    """Return the breakages that stand for a flow, in the order of the contract.

    All of them; but at the token exchange one for each row of what is judged as at client credentials, where all the
    ways to break that row are paired. Else these few thousand pairs would take as long as all others together.
    """
    in_order = of_flow(flow)
    if flow is not Flow.TOKEN_EXCHANGE:
        return in_order
    leading = {breakage.row.paragraph: breakage for breakage in reversed(in_order)}
    return [
        each for each in in_order if Flow.CLIENT_CREDENTIALS not in each.flows or leading[each.row.paragraph] is each
    ]


def _cases(flow: Flow) -> list[tuple[Flow, Breakage, list[Breakage]]]:
    in_order = _paired(flow)
    later = [[each for each in in_order[place:] if one.combines_with(each)] for place, one in enumerate(in_order, 1)]
    return [(flow, one, others) for one, others in zip(in_order, later, strict=True) if others]


CASES = [pytest.param(*case, id=f"{flow}-{case[1].name}") for flow in Flow for case in _cases(flow)]


@pytest.mark.parametrize(("flow", "earlier", "later"), CASES)
def test_of_two_mistakes_the_earlier_is_answered(
    target: Target, flow: Flow, earlier: Breakage, later: list[Breakage]
) -> None:
    """Every later breakage of the flow that fits into the same request leaves the answer as it is."""
    need(target.abilities, Ability.CROWD, *earlier.needs)

    asked = {each.name: _answer(target, flow, earlier, each) for each in later if each.holds(target.switches)}
    answers = {name: answer for name, answer in asked.items() if isinstance(answer, Said)}
    if not answers:
        raise next(reason for reason in asked.values() if isinstance(reason, OutOfReachError))
    right = accepted(earlier, mock=target.kind is Kind.MOCK)

    assert {name: answer for name, answer in answers.items() if answer not in right} == {}


def _answer(target: Target, flow: Flow, earlier: Breakage, later: Breakage) -> Said | OutOfReachError:
    """Return the answer to a request with both mistakes, or why the target cannot be asked."""
    try:
        return said_of(ask(target, flow, earlier, later), earlier)
    except OutOfReachError as reason:
        return reason
