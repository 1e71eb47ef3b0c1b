"""A journal knows of each exchange which rules it passed, which one stopped it, and what would have come next."""

from collections.abc import Callable

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.apim import flows
from mock_servers.control.suggested_command import jwts_of
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.rule_trace import Walk, steps
from mock_servers.mock import Mock
from mock_servers.rules import Refusal, ServiceError
from mock_servers.state.configuration import Configuration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def states(platform: Mock) -> list[tuple[str, str]]:
    return [(step.rule, step.state) for step in platform.exchanges.last.timeline()]


def test_a_success_has_passed_every_rule(client_credentials: Callable[..., TestResponse], platform: Mock) -> None:
    client_credentials()

    reported = states(platform)

    assert {state for _, state in reported} == {"passed"}
    assert [rule for rule, _ in reported] == [rule.name for policy in flows.FLOWS[5].policies for rule in policy.rules]


def test_the_rule_that_stopped_a_request_and_those_it_would_have_met_next_are_reported(
    client_credentials: Callable[..., TestResponse], platform: Mock
) -> None:
    wrong = platform.client_assertion("nhsauth-app", token_url="https://elsewhere.example/token")
    client_credentials(client_assertion_type="wrong", client_assertion=wrong)
    reported = platform.exchanges.last.timeline()

    assert reported[0].policy == "ValidateTokenRequest"
    assert (reported[0].rule, reported[0].state) == ("check_client_assertion_type", "stopped")
    assert reported[0].words == platform.exchanges.last.diagnosis
    assert [step.rule for step in reported if step.state == "foreseen"] == ["check_client_assertion_aud"]
    assert not [step for step in reported if step.state == "passed"]


def test_a_failure_of_the_mock_itself_has_no_timeline() -> None:
    error = ServiceError(status=500, code="", sentence="", evidence="I", row="")
    refusal = Refusal(error=error, rule="", policy="", diagnosis="The mock itself failed")

    assert steps(Walk(flow=flows.FLOWS[5], refusal=refusal)) == []


def test_without_diagnosis_nothing_is_kept_to_show_why(ring: KeyRing) -> None:
    platform = Mock(Configuration(diagnosis=False), ring=ring)
    Client(platform).post("/oauth2/token", data={"grant_type": "password"})

    record = platform.exchanges.last

    assert (record.timeline(), record.walk, record.examination().jwts) == ([], None, {})


@pytest.mark.parametrize("assertion_type", [ASSERTION_TYPE, "wrong"])
def test_what_the_jwts_of_an_exchange_said_is_known_whether_the_rules_read_them_or_not(
    client_credentials: Callable[..., TestResponse], platform: Mock, assertion_type: str
) -> None:
    client_credentials(client_assertion_type=assertion_type)

    jwts = jwts_of(platform.exchanges.last)

    assert list(jwts) == ["client_assertion"]
    assert jwts["client_assertion"]["claims"]["iss"] == "nhsauth-app"


def test_nothing_is_decoded_again_for_a_success(
    client_credentials: Callable[..., TestResponse], platform: Mock
) -> None:
    client_credentials()

    assert platform.exchanges.last.examination().jwts == {}
