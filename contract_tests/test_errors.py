"""Each mistake alone: its answer to the letter, and the form of it."""

from collections.abc import Callable

import pytest

from contract_tests.answers import FORMS, accepted, difference, form, said_of
from contract_tests.breakage import Breakage, Flow
from contract_tests.breakages import of_flow
from contract_tests.broken_request import ask
from contract_tests.case import proves
from contract_tests.target import Kind, Target

AUTHORIZING = (Flow.AUTHORIZE, Flow.CIS2_AUTHORIZE, Flow.NHS_LOGIN_AUTHORIZE, Flow.REALM_AUTHORIZE)
CASES = [pytest.param(flow, breakage, id=f"{flow}-{breakage.name}") for flow in Flow for breakage in of_flow(flow)]


@pytest.mark.parametrize(("flow", "breakage"), CASES)
def test_a_mistake_alone_is_answered_with_its_error(
    target: Target, flow: Flow, breakage: Breakage, note_answer: Callable[[object], None]
) -> None:
    """Status, code and sentence are those of the contract."""
    answer = said_of(ask(target, flow, breakage), breakage)
    note_answer(answer)

    assert answer in accepted(breakage, mock=target.kind is Kind.MOCK)


@pytest.mark.parametrize(("flow", "breakage"), CASES)
def test_a_refusal_has_the_form_of_its_kind(
    target: Target, flow: Flow, breakage: Breakage, note_answer: Callable[[object], None]
) -> None:
    """Content type, members in their order, message id and headers are those of the contract."""
    asked = ask(target, flow, breakage)
    answer, right = form(asked, target.redirect_uri if flow in AUTHORIZING else ""), FORMS[breakage.row.shape]
    reported = said_of(asked, breakage)
    note_answer(
        reported if reported not in accepted(breakage, mock=target.kind is Kind.MOCK) else difference(answer, right)
    )

    assert answer == right


@proves("§1", "Q")
def test_each_refusal_has_a_message_id_of_its_own(target: Target) -> None:
    """Message ids distinguish equal requests."""
    first, *_ = of_flow(Flow.CLIENT_CREDENTIALS)

    message_ids = {ask(target, Flow.CLIENT_CREDENTIALS, first).json["message_id"] for _ in range(20)}

    assert len(message_ids) == 20


@proves("§3.17a", "I")
def test_the_rate_limit_body_counts_in_numbers_and_ends_on_a_whole_minute(target: Target) -> None:
    """All members but the message and its id, with their types."""
    over_quota = next(each for each in of_flow(Flow.CLIENT_CREDENTIALS) if each.name == "app-quota-of-one")

    body = ask(target, Flow.CLIENT_CREDENTIALS, over_quota).json
    next_minute = (target.now() // 60 + 1) * 60

    assert {name: body[name] for name in body if name not in {"message", "message_id"}} == {
        "scope": "application",
        "policy": "quota",
        "limit": 1,
        "interval": 1,
        "timeunit": "minute",
        "ratelimiting_expiry_time_ms": next_minute * 1000,
    }
