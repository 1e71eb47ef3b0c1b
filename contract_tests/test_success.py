"""The answers to sound requests: member by member, in their order, with their types and lifetimes."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests import variation
from contract_tests.answers import Said, said
from contract_tests.breakage import Flow
from contract_tests.broken_request import SOUND
from contract_tests.case import proves
from contract_tests.draft import Draft, client_credentials, delegation, refresh, refresh_of, token_exchange
from contract_tests.reach import Ability, need
from contract_tests.target import PATIENT, Person, Target

PROVES = ("success", "S")

NOT_YET = Said(
    401,
    "unknown_error",
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID",
)
SIGNED = (Ability.ID_TOKENS,)
ISSUING = [Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION, Flow.REFRESH, Flow.AUTHORIZATION_CODE]
ODD = [
    *((flow, odd) for flow in (Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE) for odd in variation.ASSERTED),
    *((Flow.CLIENT_CREDENTIALS, odd) for odd in variation.CREDENTIALS),
    *((flow, odd) for flow in (Flow.TOKEN_EXCHANGE, Flow.DELEGATION) for odd in variation.EXCHANGE),
    *((Flow.DELEGATION, odd) for odd in variation.DELEGATION),
]
MEMBERS = {
    Flow.CLIENT_CREDENTIALS: ["access_token", "expires_in", "token_type", "issued_at"],
    Flow.TOKEN_EXCHANGE: [
        "access_token",
        "expires_in",
        "token_type",
        "issued_token_type",
        "refresh_token",
        "refresh_token_expires_in",
        "refresh_count",
    ],
    Flow.REFRESH: [
        "access_token",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "refresh_count",
        "token_type",
    ],
}
MEMBERS[Flow.DELEGATION] = MEMBERS[Flow.TOKEN_EXCHANGE]
MEMBERS[Flow.AUTHORIZATION_CODE] = MEMBERS[Flow.REFRESH]


def patient_exchange(target: Target) -> Draft:
    """Return a sound exchange of an NHS login id token of someone who acts for themselves."""
    return token_exchange(target, PATIENT)


def patient_refresh(target: Target) -> Draft:
    """Return a sound refresh of a session of NHS login."""
    return refresh(target, PATIENT)


@pytest.mark.parametrize("flow", ISSUING)
def test_the_members_of_a_success_are_those_of_its_kind_in_their_order(target: Target, flow: Flow) -> None:
    """No message id, no scope, and issued_at only for client credentials."""
    assert list(SOUND[flow](target).send().json) == MEMBERS[flow]


@pytest.mark.parametrize("flow", ISSUING)
def test_every_member_of_a_success_is_text_even_the_numbers(target: Target, flow: Flow) -> None:
    """Numbers are JSON strings."""
    body = SOUND[flow](target).send().json

    assert {name: type(value) for name, value in body.items()} == dict.fromkeys(MEMBERS[flow], str)


@pytest.mark.parametrize("flow", ISSUING)
def test_a_success_is_json_with_status_200(target: Target, flow: Flow) -> None:
    """Status and content type."""
    answer = SOUND[flow](target).send()

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize("flow", ISSUING)
def test_an_access_token_lives_one_second_less_than_ten_minutes(target: Target, flow: Flow) -> None:
    """As the service answers it."""
    assert SOUND[flow](target).send().json.get("expires_in") == "599"


@pytest.mark.parametrize("flow", ISSUING)
def test_the_token_type_is_bearer(target: Target, flow: Flow) -> None:
    """With a capital letter."""
    assert SOUND[flow](target).send().json.get("token_type") == "Bearer"


@pytest.mark.parametrize("flow", ISSUING)
def test_an_access_token_is_28_letters_and_digits(target: Target, flow: Flow) -> None:
    """It is opaque, and no JWT."""
    assert re.fullmatch("[A-Za-z0-9]{28}", str(SOUND[flow](target).send().json.get("access_token")))


@pytest.mark.parametrize("flow", [Flow.TOKEN_EXCHANGE, Flow.DELEGATION, Flow.REFRESH, Flow.AUTHORIZATION_CODE])
def test_a_refresh_token_is_32_letters_and_digits(target: Target, flow: Flow) -> None:
    """It is opaque, and no JWT."""
    assert re.fullmatch("[A-Za-z0-9]{32}", str(SOUND[flow](target).send().json.get("refresh_token")))


def test_issued_at_is_the_time_in_milliseconds(target: Target) -> None:
    """Counted from 1970; another machine's clock may be a minute off ours."""
    tolerance = 0 if Ability.TIME in target.abilities else 60_000
    before = target.now()
    issued_at = str(client_credentials(target).send().json.get("issued_at"))
    after = target.now()

    assert re.fullmatch(r"\d{13}", issued_at)
    assert before * 1000 - tolerance <= int(issued_at) < (after + 1) * 1000 + tolerance


@pytest.mark.parametrize("exchange", [token_exchange, patient_exchange, delegation])
def test_an_exchange_issues_an_access_token_by_its_type(target: Target, exchange: Callable[[Target], Draft]) -> None:
    """The type is the URN."""
    issued = exchange(target).send().json.get("issued_token_type")

    assert issued == "urn:ietf:params:oauth:token-type:access_token"


@pytest.mark.parametrize("exchange", [token_exchange, patient_exchange, delegation])
def test_an_exchange_begins_to_count_refreshes(target: Target, exchange: Callable[[Target], Draft]) -> None:
    """None so far."""
    assert exchange(target).send().json.get("refresh_count") == "0"


@pytest.mark.parametrize(
    ("sound", "lifetime"),
    [
        (token_exchange, "43199"),
        (patient_exchange, "3599"),
        (delegation, "3599"),
        (refresh, "43199"),
        (patient_refresh, "3599"),
    ],
)
def test_a_refresh_token_lives_as_long_as_the_provider_of_the_log_in_allows(
    target: Target, sound: Callable[[Target], Draft], lifetime: str
) -> None:
    """CIS2 twelve hours, NHS login one, and the answer is one second less."""
    assert sound(target).send().json.get("refresh_token_expires_in") == lifetime


def test_each_refresh_is_counted(target: Target) -> None:
    """One higher each time."""
    first = refresh(target).send().json

    second = refresh_of(target, first["refresh_token"]).send().json

    assert [first["refresh_count"], second["refresh_count"]] == ["1", "2"]


def test_a_refresh_gives_another_refresh_token(target: Target) -> None:
    """It rotates."""
    draft = refresh(target)
    answer = draft.send()

    assert answer.status == 200
    assert answer.json.get("refresh_token") != draft.form["refresh_token"]


def test_equal_requests_get_tokens_of_their_own(target: Target) -> None:
    """No two access tokens are the same."""
    tokens = {client_credentials(target).send().json.get("access_token") for _ in range(20)}

    assert len(tokens - {None}) == 20


@pytest.mark.parametrize(
    ("person", "ago", "left"), [(PATIENT, 1800, 1800), (None, 11 * 3600, 3600)], ids=["nhs_login", "cis2"]
)
def test_a_refresh_does_not_extend_the_session(target: Target, person: Person | None, ago: int, left: int) -> None:
    """What is left of the session is all that the new refresh token lives."""
    with target.at(target.now() - ago):
        draft = refresh(target, person) if person else refresh(target)

    assert left - 1 <= int(draft.send().json["refresh_token_expires_in"]) <= left


@pytest.mark.parametrize(("flow", "odd"), ODD, ids=[f"{flow}-{odd.__name__}" for flow, odd in ODD])
def test_what_looks_odd_and_is_right_passes(target: Target, flow: Flow, odd: Callable[[Draft], None]) -> None:
    """The strictness of the service ends where it ends."""
    need(target.abilities, *(SIGNED if odd in (*variation.EXCHANGE, *variation.DELEGATION) else ()))
    draft = SOUND[flow](target)
    odd(draft)

    answer = draft.send()

    assert (answer.status, list(answer.json)) == (200, MEMBERS[flow]), answer.text


BEGINNINGS = [(0, True), (-1, True), (None, True), (1, False), (0.5, False), ("text", False), (True, False)]


@proves("§5.17", "I")
@pytest.mark.parametrize(("ahead", "passes"), BEGINNINGS, ids=str)
@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_an_id_token_is_good_from_its_first_second_on(target: Target, claim: str, ahead: Any, *, passes: bool) -> None:
    """What is no number is no time; null is as good as nothing."""
    need(target.abilities, *SIGNED)
    draft = token_exchange(target)
    is_number = isinstance(ahead, int | float) and not isinstance(ahead, bool)
    draft.subject.claims[claim] = target.now() + ahead if is_number else ahead
    answer = draft.send()

    assert answer.status == 200 if passes else said(answer) == NOT_YET


def test_a_jti_of_a_text_zero_is_there(target: Target) -> None:
    """JavaScript takes the number for nothing, not the text."""
    draft = client_credentials(target)
    client_id = target.new_app({}).client_id
    draft.assertion.claims |= {"iss": client_id, "sub": client_id, "jti": "0"}

    assert draft.send().status == 200


def test_the_first_request_of_a_quota_of_one_passes(target: Target) -> None:
    """Only the second is too many."""
    draft = client_credentials(target)
    client_id = target.new_app({"quota_per_minute": 1}).client_id
    draft.assertion.claims |= {"iss": client_id, "sub": client_id}

    assert [draft.send().status, draft.send().status] == [200, 429]


def test_a_quota_begins_again_with_the_next_minute(target: Target) -> None:
    """The window is the whole minute."""
    client_id = target.new_app({"quota_per_minute": 1}).client_id

    def status() -> int:
        draft = client_credentials(target)
        draft.assertion.claims |= {"iss": client_id, "sub": client_id}
        return draft.send().status

    minute = target.now() // 60 * 60
    with target.at(minute + 59):
        in_the_first = [status(), status()]
    with target.at(minute + 60):
        in_the_second = status()

    assert (in_the_first, in_the_second) == ([200, 429], 200)
