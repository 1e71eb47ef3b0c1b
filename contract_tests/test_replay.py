"""What is remembered of a jti: for whom, from which step on, for how long, and under a crowd."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.answers import Said, said
from contract_tests.draft import Draft, client_credentials, token_exchange
from contract_tests.mistake import app, assertion
from contract_tests.reach import Ability, need
from contract_tests.target import Target
from contract_tests.wire import Answer

PROVES = ("§3.14", "S")

DAY = 24 * 3600
USED = Said(400, "invalid_request", "Non-unique 'jti' claim in client_assertion JWT")


def _with_jti(target: Target, jti: str) -> Draft:
    draft = client_credentials(target)
    draft.assertion.claims["jti"] = jti
    return draft


def _fresh() -> str:
    return str(uuid.uuid4())


def test_the_same_assertion_after_a_signature_failure_is_a_replay(target: Target) -> None:
    """The jti is remembered before key and signature are looked at."""
    draft = _with_jti(target, _fresh())
    assertion.signature_turned(draft)
    request = draft.build()
    target.send(request)

    assert said(target.send(request)) == USED


def test_a_jti_is_remembered_although_the_app_is_refused(target: Target) -> None:
    """The app is looked up after that."""
    draft = _with_jti(target, _fresh())
    app.not_approved(draft)
    draft.send()

    assert said(draft.send()) == USED


@pytest.mark.parametrize("scope", ["application", "proxy"])
def test_a_jti_is_remembered_although_the_quota_is_spent(target: Target, scope: str) -> None:
    """The jti is stored before the quota is counted, so the same request sent again is a replay."""
    need(target.abilities, Ability.FAULTS)
    request = _with_jti(target, _fresh()).build()
    with target.fault(on="token", do="rate_limit", policy="quota", scope=scope):
        first = target.send(request)

    assert (first.status, said(target.send(request))) == (429, USED)


def test_a_jti_is_not_remembered_when_a_spike_is_arrested(target: Target) -> None:
    """The spike arrest comes before the checks of the request."""
    need(target.abilities, Ability.FAULTS)
    request = _with_jti(target, _fresh()).build()
    with target.fault(on="token", do="rate_limit", policy="spike_arrest"):
        first = target.send(request)

    assert (first.status, target.send(request).status) == (429, 200)


def test_a_jti_is_not_remembered_when_the_assertion_expires_too_late(target: Target) -> None:
    """The last check before the jti is remembered."""
    jti = _fresh()
    refused = _with_jti(target, jti)
    assertion.exp_too_far(refused)
    refused.send()

    assert _with_jti(target, jti).send().status == 200


def test_a_jti_used_for_client_credentials_is_used_for_an_exchange(target: Target) -> None:
    """Both kinds of request share the memory."""
    jti = _fresh()
    _with_jti(target, jti).send()
    exchange = token_exchange(target)
    exchange.assertion.claims["jti"] = jti

    assert said(exchange.send()) == USED


def test_another_app_may_use_the_same_jti(target: Target) -> None:
    """A jti is remembered for its sub."""
    jti = _fresh()
    _with_jti(target, jti).send()
    other = _with_jti(target, jti)
    client_id = target.new_app({}).client_id
    other.assertion.claims |= {"iss": client_id, "sub": client_id}

    assert other.send().status == 200


def test_a_jti_is_remembered_for_29_days(target: Target) -> None:
    """For thirty, that is."""
    jti = _fresh()
    with target.at(target.now() - 29 * DAY):
        _with_jti(target, jti).send()

    assert said(_with_jti(target, jti).send()) == USED


def test_a_jti_is_forgotten_after_31_days(target: Target) -> None:
    """After thirty, that is."""
    jti = _fresh()
    with target.at(target.now() - 31 * DAY):
        _with_jti(target, jti).send()

    assert _with_jti(target, jti).send().status == 200


def test_of_equal_requests_at_once_one_passes(target: Target) -> None:
    """Looking a jti up and remembering it are one step."""
    need(target.abilities, Ability.CROWD)
    request = _with_jti(target, _fresh()).build()

    def send(_: int) -> Answer:
        return target.send(request)

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(send, range(64)))
    refusals = [said(answer) for answer in answers if answer.status != 200]

    assert refusals == [USED] * 63
