"""How findings come about: which finder is asked, in which order they come, and never before the answer left."""

import threading
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest
import requests
from werkzeug.test import EnvironBuilder, TestResponse

from mock_servers.apim import errors, flows
from mock_servers.diagnosis import examination
from mock_servers.diagnosis.case import Case, Known
from mock_servers.diagnosis.client_traits import Traits
from mock_servers.diagnosis.examination import findings
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.rules import Problem, Refusal, ServiceError
from mock_servers.state.fault import Fault
from mock_servers.state.store import in_memory
from mock_servers.wire.request import Request

Ask = Callable[..., TestResponse]

ALG, TYP, KID, MALFORMED = (
    "check_client_assertion_alg",
    "check_client_assertion_typ",
    "find_client_assertion_kid",
    "decode_client_assertion",
)


def as_it_is(row: Problem) -> ServiceError:
    assert isinstance(row, ServiceError)
    return row


def case(rule: str = ALG, traits: Traits | None = None) -> Case:
    """A case that a rule of the assertion has refused."""
    error = errors.CLIENT_ASSERTION_ALG_NOT_RS512
    names = [each.name for each in flows.ASSERTION]
    store = in_memory()
    return Case(
        record=Record(
            id=7,
            at=0,
            service="oauth2",
            method="POST",
            path="/token",
            status=400,
            request={},
            response={},
            sent={},
        ),
        request=Request(method="POST", base="http://mock", target="/oauth2/token", path="/token"),
        refusal=Refusal(error=error, rule=rule, policy="ValidateClientAssertion", diagnosis=""),
        ahead=flows.ASSERTION[names.index(rule) :],
        learned=MappingProxyType({}),
        known=Known(store=store, journal=Journal()),
        row=as_it_is,
        tokens=MappingProxyType({}),
        traits=traits or Traits(),
    )


def finder(id_: str, *rules: str, certainty: Certainty = "certain") -> Finder:
    finding = Finding(id=id_, certainty=certainty, seen=id_, cause="", cure="")
    return Finder(find=lambda _: finding, rules=rules)


def found_ids(of: Case, *finders: Finder) -> list[str]:
    return [finding.id for finding in findings(of, finders)]


def test_what_explains_the_refusal_comes_before_what_would_be_met_later_in_the_order_of_the_rules() -> None:
    assert found_ids(case(), finder("typ", TYP), finder("kid", KID), finder("alg", ALG)) == ["alg", "kid", "typ"]


def test_of_two_that_explain_the_same_rule_the_surer_comes_first() -> None:
    assert found_ids(case(), finder("perhaps", ALG, certainty="possible"), finder("surely", ALG)) == [
        "surely",
        "perhaps",
    ]


def test_of_two_as_sure_the_earlier_of_the_table_comes_first() -> None:
    assert found_ids(case(), finder("earlier", ALG), finder("later", ALG)) == ["earlier", "later"]


def test_there_are_three_at_most() -> None:
    assert found_ids(case(), *(finder(str(number), ALG) for number in range(5))) == ["0", "1", "2"]


def test_a_mistake_is_reported_once() -> None:
    assert found_ids(case(), finder("alg", ALG), finder("alg", ALG)) == ["alg"]


def test_a_mistake_that_a_rule_has_disproved_is_not_looked_for() -> None:
    asked: list[Case] = []

    def look(of: Case) -> None:
        asked.append(of)

    assert found_ids(case(), Finder(find=look, rules=(MALFORMED,))) == []
    assert asked == []


def test_before_a_grant_was_chosen_nothing_is_disproved() -> None:
    unrouted = replace(case(), later=(MALFORMED, "check_code_present"))

    assert found_ids(
        unrouted, finder("code", "check_code_present"), finder("other", MALFORMED), finder("alg", ALG)
    ) == [
        "alg",
        "other",
        "code",
    ]


def test_a_finder_that_fails_is_logged_and_the_others_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    def stumble(_: Case) -> Finding:
        raise ZeroDivisionError("planted")

    assert found_ids(case(), Finder(find=stumble), finder("alg", ALG)) == ["alg"]
    assert "the finder stumble failed on exchange 7" in caplog.text


def test_a_finding_says_how_sure_it_is_that_the_service_minds() -> None:
    (finding,) = findings(case(), [finder("alg", ALG)])

    assert (finding.evidence, finding.row) == ("S", "§3.5")


def test_a_recognised_library_adds_the_change_in_its_own_words() -> None:
    seen = Traits(header="alg x5t typ", claims="aud exp iss sub nbf jti", lifetime=600)

    (finding,) = findings(case(traits=seen), [finder("alg-not-rs512", ALG)])

    assert finding.change == (
        "This looks like msal-node: it signs by PS256 or RS256 alone: sign the assertion yourself, with jose's SignJWT"
    )
    assert str(finding).endswith(finding.change)


def test_no_finder_is_asked_before_the_answer_has_left(platform: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    counting = [Finder(find=lambda of: asked.append(of.refusal.rule))]
    monkeypatch.setattr(examination, "FINDERS", counting)
    environ = EnvironBuilder("/oauth2/token", method="POST", data={"grant_type": "password"}).get_environ()

    answer = platform(environ, lambda *_: lambda _: None)
    body = b"".join(answer)
    before = list(asked)
    answer.close()  # type: ignore[attr-defined] # WSGI demands none; this answer has one

    assert b"unsupported_grant_type" in body
    assert (before, asked) == ([], ["check_grant_type_supported"])


def test_a_client_has_its_answer_while_the_finders_are_still_busy(
    platform: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, in_time = threading.Event(), []
    waiting = [Finder(find=lambda _: in_time.append(answered.wait(timeout=10)))]
    monkeypatch.setattr(examination, "FINDERS", waiting)

    with platform.serving() as server:
        answer = requests.post(f"{server.url}/oauth2/token", data={"grant_type": "password"}, timeout=5)
        answered.set()

    assert answer.status_code == 400
    assert in_time == [True]


def test_a_fault_of_a_key_set_is_not_met_by_who_explains(platform: Mock, client_credentials: Ask) -> None:
    platform.faults.order(Fault(on="app.jwks", do="status", status=503, times=1))
    no_kid = platform.client_assertion("nhsauth-app", alterations=Alterations(without=["header.kid"]))

    client_credentials(client_assertion=no_kid)
    (finding,) = platform.exchanges.last.findings
    answer = client_credentials()

    assert "registered for this app is" in finding.cure
    assert answer.get_json()["error_description"] == "The JWKS endpoint, for your client_assertion can't be reached"


def test_a_record_keeps_what_the_jwts_of_its_form_said(platform: Mock, token_exchange: Ask) -> None:
    token_exchange()

    received = platform.exchanges.last.received
    assert list(received) == ["client_assertion", "subject_token"]
    assert received["client_assertion"].claims["iss"] == "nhsauth-app"
    assert received["subject_token"].header["typ"] == "JWT"


def test_a_record_keeps_nothing_of_a_large_jwt(platform: Mock, client_credentials: Ask) -> None:
    key = platform.apps.key(platform.apps.get("nhsauth-app"))
    assert key is not None

    client_credentials(client_assertion=jwts.sign({"alg": "RS512"}, {"x": "x" * 20_000}, key.private))

    assert platform.exchanges.last.received == {}
