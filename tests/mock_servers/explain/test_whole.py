"""What is said of a request, of its answer, and of both where they do not fit."""

import json
import shlex
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_servers.explain.any_text import explain_text
from mock_servers.explain.judging import Place
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.seen_values import SeenValues
from mock_servers.explain.whole import Lent, explain_captured
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.journal import Journal
from mock_servers.provider.cis2 import PATH
from mock_servers.reading.captured import Captured, CapturedAnswer, UnreadableError
from mock_servers.traffic.observed_values import SeenExchange, learn

NOW = 1_800_000_000.0
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
INT = "https://int.api.service.nhs.uk/oauth2/token"
CIS2 = f"https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443{PATH}/access_token"
CODE = "w4xoW3AX9H42RAuPq4IpfSUABPo"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}
SENTENCE = "Malformed JWT in subject_token"
ANSWER = json.dumps({"error": "invalid_request", "error_description": SENTENCE, "message_id": "rrt-1-a"})


def curl(form: dict[str, str], url: str = INT) -> str:
    return f"curl {url} " + " ".join(f"--data-urlencode '{name}={value}'" for name, value in form.items())


def founding(assertion: str = "$CLIENT_ASSERTION") -> str:
    form = curl({**EXCHANGE, "subject_token": CODE})
    return f'{form} --data-urlencode "client_assertion={assertion}"'


@pytest.fixture
def assertion(ring: KeyRing) -> str:
    pair = ring.pair("a-clients-own", bits=2048, kid="test-1")
    return sign(pair)


def sign(pair: Any, **claims: Any) -> str:
    whole = {"iss": "k" * 32, "sub": "k" * 32, "aud": INT, "jti": "a-jti-that-is-mine", "exp": int(NOW) + 240, **claims}
    return jwts.sign({"alg": "RS512", "typ": "JWT", "kid": pair.kid}, whole, pair.private)


def ids(explanation: RequestExplanation) -> list[tuple[str, str]]:
    return [(each.id, each.certainty) for each in explanation.findings]


# the founding case


@pytest.mark.parametrize("answer", [SENTENCE, ANSWER, f"HTTP/1.1 400 Bad Request\nDate: {DATE}\n\n{ANSWER}"])
def test_a_code_sent_as_subject_token_is_reported_by_the_command_and_the_answer(answer: str) -> None:
    found = explain_text(founding(), Lent(answer=answer))

    assert (found.stopped_by, found.by, found.refused) == (("decode_subject_token",), "answer", True)
    assert ids(found) == [("code-as-subject-token", "likely")]
    assert found.answer == (
        "The value sent as subject_token is probably an authorization code, or another opaque token, and not the "
        "id_token. Exchange the code at the provider's token endpoint, and send the id_token of that answer."
    )


def test_it_is_reported_by_the_command_alone() -> None:
    found = explain_text(founding())

    assert (found.stopped_by, found.by) == (("decode_subject_token",), "request")
    assert ids(found) == [("code-as-subject-token", "likely")]


@pytest.mark.parametrize("text", [SENTENCE, f'"{SENTENCE}"', ANSWER, f"HTTP/1.1 400 Bad Request\n\n{ANSWER}"])
def test_it_is_reported_by_the_sentence_alone(text: str) -> None:
    found = explain_text(text)

    assert found.stopped_by == ("decode_subject_token",)
    assert found.answer.startswith("The value sent as subject_token is not a JWT, and the service needs the id_token.")
    assert "If you have the authorization code, exchange it at the provider's own token endpoint first" in found.answer


def test_it_is_one_screen() -> None:
    text = f"POST {INT}\nContent-Type: application/x-www-form-urlencoded\n\n"
    body = urlencode({**EXCHANGE, "subject_token": CODE, "client_assertion": "x"})

    found = explain_text(f"{text}{body}", Lent(answer=SENTENCE, at=NOW))

    assert len(str(found).splitlines()) <= 12
    assert max(map(len, str(found).splitlines())) <= 100


def test_how_it_is_sent_right_is_a_command_without_a_secret() -> None:
    corrected = explain_text(founding()).corrected

    assert corrected is not None
    assert corrected.startswith(f"curl {INT}")
    assert "subject_token=$ID_TOKEN" in corrected


def test_an_api_key_as_iss_at_cis2_is_the_cause_of_a_jwt_that_is_not_valid(ring: KeyRing) -> None:
    pair = ring.pair("a-clients-own", bits=2048, kid="test-1")
    form = {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "https://app.example/callback",
        "client_assertion_type": EXCHANGE["client_assertion_type"],
        "client_assertion": sign(pair, aud=CIS2),
    }

    answer = json.dumps({"error_description": "JWT is not valid", "error": "invalid_client"})
    found = explain_text(curl(form, CIS2), Lent(answer=answer, at=NOW))

    assert ids(found) == [("cis2-iss-is-api-key", "likely")]
    assert found.answer.startswith("iss and sub of your client_assertion are probably an API key of the platform")


# where the answer does not fit


def test_a_sure_objection_before_the_answered_rule_is_reported_as_a_contradiction(assertion: str) -> None:
    form = {**EXCHANGE, "client_assertion": assertion, "subject_token": CODE, "client_assertion_type": "none"}

    found = explain_text(curl(form), Lent(answer=SENTENCE, at=NOW))

    assert (found.by, found.stopped_by) == ("contradiction", ("decode_subject_token",))
    assert "check_client_assertion_type would have refused before decode_subject_token" in found.notes[0]


def test_an_answer_that_the_request_cannot_have_got_is_a_contradiction(assertion: str) -> None:
    form = {**EXCHANGE, "client_assertion": assertion, "subject_token": CODE}

    found = explain_text(curl(form), Lent(answer="Missing 'kid' header in client_assertion JWT", at=NOW))

    assert found.by == "contradiction"
    assert "find_client_assertion_kid would not refuse this request" in found.notes[0]


def test_a_late_clock_of_the_client_is_not_contradiction(ring: KeyRing) -> None:
    old = sign(ring.pair("a-clients-own", bits=2048, kid="test-1"), iat=int(NOW) - 900)

    found = explain_text(curl({**EXCHANGE, "client_assertion": old, "subject_token": CODE}), Lent(answer=SENTENCE))

    assert found.by == "answer"


def test_an_answer_of_another_flow_is_not_that_of_this_request() -> None:
    found = explain_text(founding(), Lent(answer="grant_type is missing"))

    assert (found.stopped_by, found.by) == ((), "")
    assert "This is not the request that was sent" in found.notes[0]


def test_a_wording_that_no_rule_has_is_new_and_nothing_is_picked() -> None:
    body = {"error": "invalid_request", "error_description": "Malformed JWT in subject token"}

    found = explain_text(founding(), Lent(answer=f"HTTP/1.1 400 Bad Request\n\n{json.dumps(body)}"))

    assert (found.stopped_by, found.by, found.refused) == ((), "", True)
    assert found.notes[0].startswith("This wording is new. No known check gives it. Of the same status and code are: ")


def test_a_web_page_is_not_answer_of_the_platform() -> None:
    page = "HTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n<html><body>Blocked by Zscaler</body></html>"

    found = explain_text(founding(), Lent(answer=page))

    assert found.stopped_by == ()
    assert "a proxy, a firewall or a log-in in front of them" in found.notes[0]


def test_a_success_is_reported_as_one(assertion: str) -> None:
    form = {**EXCHANGE, "client_assertion": assertion, "subject_token": CODE}

    found = explain_text(curl(form), Lent(answer="HTTP/1.1 200 OK\n\n{}", at=NOW))

    assert (found.refused, found.stopped_by, found.findings) == (False, (), ())


# the time


def raw(assertion: str, answer: str) -> str:
    body = urlencode({**EXCHANGE, "client_assertion": assertion, "subject_token": CODE})
    head = f"POST {INT} HTTP/1.1\nContent-Type: application/x-www-form-urlencoded"
    return f"{head}\n\n{body}\n{answer}"


EXPIRED = "Invalid 'exp' claim in client_assertion JWT - JWT has expired"


def refused(sentence: str, date: str = "") -> str:
    body = json.dumps({"error": "invalid_request", "error_description": sentence})
    return f"HTTP/1.1 400 Bad Request\n{f'Date: {date}' if date else 'X-None: 1'}\n\n{body}"


def test_times_are_judged_by_the_services_own_date(ring: KeyRing) -> None:
    text = raw(sign(ring.pair("a-clients-own", bits=2048, kid="test-1"), exp=int(NOW) - 3600), refused(EXPIRED, DATE))

    found = explain_text(text, clock=lambda: 0.0)

    assert found.stopped_by == ("check_client_assertion_not_expired",)
    assert ids(found) == [("clock-behind-or-bst", "likely")]
    assert found.notes == ()


def test_that_an_assertion_has_expired_by_now_is_not_mistake(ring: KeyRing) -> None:
    old = sign(ring.pair("a-clients-own", bits=2048, kid="test-1"), exp=int(NOW) - 3600)

    found = explain_text(raw(old, ""), clock=lambda: NOW)

    assert "decode_subject_token" in found.stopped_by, "an old exp is never the answer by itself"


def test_the_moment_of_signing_stands_in_for_a_date(ring: KeyRing) -> None:
    long = sign(ring.pair("a-clients-own", bits=2048, kid="test-1"), iat=int(NOW), exp=int(NOW) + 3600)

    found = explain_text(raw(long, ""), clock=lambda: NOW + 9)

    assert found.stopped_by[0] == "check_client_assertion_exp_near"
    assert ids(found)[0] == ("lifetime-too-long", "likely")
    assert "by the clock that the JWT was signed by (iat)" in found.notes[0]


def test_a_time_that_is_named_counts_before_all(ring: KeyRing) -> None:
    text = raw(sign(ring.pair("a-clients-own", bits=2048, kid="test-1")), refused(EXPIRED, DATE))

    assert explain_text(text, Lent(at=NOW + 3600)).by == "answer"
    assert explain_text(text, Lent(at=NOW)).by == "contradiction"


# what stands in no text


def test_nothing_that_was_pasted_is_shown_whole(ring: KeyRing) -> None:
    pair = ring.pair("a-clients-own", bits=2048, kid="test-1")
    form = {
        **EXCHANGE,
        "client_assertion": sign(pair),
        "subject_token": sign(pair, sub="9912003071", nhs_number="9912003071"),
    }
    headers = "-H 'X-Custom: my-own-header-value' -b 'session=my-own-cookie' -H 'apikey: my-own-api-key-of-32-letters'"

    explanation = json.dumps(explain_text(f"{curl(form)} {headers}", Lent(at=NOW)).as_json())

    for secret in ("9912003071", "a-jti-that-is-mine", "k" * 32, "my-own-", form["client_assertion"]):
        assert secret not in explanation


def test_a_secret_in_the_command_is_named_as_leaked_into_the_history() -> None:
    form = {"grant_type": "refresh_token", "client_id": "k" * 32, "client_secret": "abcdefgh12345678"}

    found = explain_text(curl(form), Lent(at=NOW))

    assert "The shell keeps it in its history" in found.advice[0]
    assert "abcdefgh12345678" not in str(found)


def test_a_command_without_a_secret_gets_no_such_advice() -> None:
    assert explain_text(founding()).advice == ()


# several


def har(*answers: tuple[str, int]) -> str:
    entries = [
        {
            "request": {
                "method": "POST",
                "url": url,
                "headers": [{"name": "content-type", "value": "application/x-www-form-urlencoded"}],
                "postData": {"text": urlencode({**EXCHANGE, "client_assertion": "x", "subject_token": CODE})},
            },
            "response": {"status": status, "headers": [{"name": "Date", "value": DATE}], "content": {"text": "{}"}},
        }
        for url, status in answers
    ]
    return json.dumps({"log": {"entries": entries}})


def test_of_several_the_refused_are_reported_first_and_others_are_counted() -> None:
    found = explain_text(har((INT, 200), ("https://example.org/", 200), (INT, 400)))

    assert (found.refused, len(found.also), found.others) == (True, 1, 1)
    assert str(found).endswith("1 exchanges with other hosts are left out.")


# the parts of the world that are not known


def test_without_a_grant_type_that_is_known_the_grant_stays_open() -> None:
    found = explain_text(f"curl {INT} -d grant_type=$GRANT")

    assert (found.refused, found.stopped_by) == (False, ())
    assert found.unknown[0].words == 'the variable "GRANT": not known here, and so neither is the grant.'


def test_a_body_that_is_not_known_is_not_taken_for_none() -> None:
    found = explain_text(f"curl {INT} -d @form.txt")

    assert (found.refused, found.findings) == (False, ())
    assert found.unknown[0].words.startswith('the file "form.txt", which was not read')


def test_an_api_of_the_platform_is_judged_by_its_token() -> None:
    found = explain_text("curl https://int.api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/9000000009")

    assert found.stopped_by == ("find_bearer",)
    assert ids(found) == [("bearer-shape", "certain")]


@pytest.mark.parametrize(
    ("url", "flow"),
    [
        ("https://identity.ptl.api.platform.nhs.uk/realms/Cis2-mock-int/protocol/openid-connect/token", "code"),
        ("https://auth.aos.signin.nhs.uk/token", "code"),
        ("https://api.service.nhs.uk/oauth2/token", "refresh"),
    ],
)
def test_each_known_host_has_its_service(url: str, flow: str) -> None:
    grant = "refresh_token" if flow == "refresh" else "authorization_code"

    assert f"({flow})" in explain_text(curl({"grant_type": grant}, url)).request


def test_an_answer_of_what_stands_behind_the_platform_is_not_answer_of_its_own() -> None:
    outcome = json.dumps({"resourceType": "OperationOutcome", "issue": [{"code": "forbidden"}]})
    url = "https://int.api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/9000000009"

    found = explain_text(
        f"curl {url} -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz12'",
        Lent(answer=f"HTTP/1.1 403 Forbidden\n\n{outcome}"),
    )

    assert (found.refused, found.stopped_by) == (True, ())
    assert (
        found.notes[0] == "No service here gives an answer of this form. An API behind the platform may have given it."
    )


ANSWERS = [
    None,
    "",
    "{}",
    "[]",
    "null",
    ANSWER,
    SENTENCE,
    "<html>",
    "HTTP/1.1 200 OK\n\n",
    "HTTP/1.1 302 F\nLocation: [\n\n",
]
PATHS = [
    "/oauth2/token",
    "/oauth2/authorize",
    "/oauth2/callback",
    "/oauth2/userinfo",
    "/oauth2/backchannel_logout",
    "/a",
]
HOSTS = ["int.api.service.nhs.uk", "api.service.nhs.uk", "auth.aos.signin.nhs.uk", "identity.ptl.api.platform.nhs.uk"]
VALUES = st.sampled_from(["$A", "e30.e30.x", "eyJhIjoxfQ.eyJpYXQiOjFlNDAwfQ.x", "client_credentials", CODE]) | st.text(
    max_size=30
)
NAMES = st.sampled_from(
    ["grant_type", "client_assertion", "subject_token", "subject_token_type", "client_id", "code", "state"]
)


@settings(max_examples=150, deadline=None)
@given(
    host=st.sampled_from(HOSTS),
    path=st.sampled_from(PATHS) | st.text(max_size=20),
    method=st.sampled_from(["GET", "POST", "PATCH"]),
    form=st.dictionaries(NAMES, VALUES),
    headers=st.dictionaries(st.sampled_from(["Authorization", "Content-Type", "Date", "apikey"]), st.text(max_size=20)),
    answer=st.sampled_from(ANSWERS) | st.text(max_size=60),
    at=st.none() | st.floats(min_value=0, max_value=4e9),
)
def test_anything_pasted_is_explained_or_refused_in_one_line(
    host: str, path: str, method: str, form: Any, headers: Any, answer: str | None, at: float | None
) -> None:
    sent = shlex.join(
        [
            *("curl", "-g", "-X", method, f"https://{host}{path}"),
            *(word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")),
            *(word for name, value in headers.items() for word in ("-H", f"{name}: {value}")),
        ]
    )
    said = ""
    try:
        assert str(explain_text(sent, Lent(answer=answer, at=at)))
    except UnreadableError as refused:
        said = str(refused)

    assert "\n" not in said


def test_a_redirect_to_what_is_not_url_is_explained_all_the_same() -> None:
    answer = CapturedAnswer(status=302, headers=(("Location", "https://["),))
    captured = Captured(
        source="raw", method="GET", url="https://int.api.service.nhs.uk/oauth2/authorize", answer=answer
    )

    assert explain_captured(captured, Lent(at=1_800_000_000.0)).said == "302"


def test_a_redirect_to_what_is_not_url_teaches_nothing() -> None:
    answer = CapturedAnswer(status=302, headers=(("Location", "https://["),))
    captured = Captured(source="watch", method="GET", url="https://cis2.example/authorize", answer=answer)
    past = SeenValues(journal=Journal())

    learn(
        past,
        SeenExchange(captured, Place(service="cis2", issuer="CIS2", token_path="/token", home=""), 1.0),
        spends_jti=False,
    )

    assert past.clients.values() == []


# the refusing rule and its own cure


def test_the_cure_is_that_of_the_rule_whose_words_are_said(ring: KeyRing) -> None:
    """NHS login answers many mistakes with one code alone (nhs_login.md, Q)."""
    issuer = "https://auth.sandpit.signin.nhs.uk"
    signed = sign(
        ring.pair("a-clients-own", bits=2048, kid="test-1"), iss="tf_-rota", sub="a-person", aud=f"{issuer}/token"
    )
    form = {
        "grant_type": "authorization_code",
        "code": "5db9d870-bb5d-429c-ad8a-f78e6ec12ac8",
        "redirect_uri": "https://rota.example.nhs.uk/callback",
        "client_assertion_type": EXCHANGE["client_assertion_type"],
        "client_assertion": signed,
    }
    text = f'{curl(form, f"{issuer}/token")}\nHTTP/1.1 400 Bad Request\n\n{{"error":"invalid_client"}}'

    answer = explain_text(text, clock=lambda: NOW).answer

    assert answer.endswith("both must be the client id. Set all of them to the client id that this provider gave.")


def test_a_value_of_the_standards_is_shown_whole_where_it_was_sent_as_a_secret() -> None:
    type_of_token = EXCHANGE["subject_token_type"]
    swapped = {**EXCHANGE, "subject_token": type_of_token, "subject_token_type": CODE, "client_assertion": "a.b.c"}
    sentence = f"missing or invalid subject_token_type - must be '{type_of_token}'"
    refused = json.dumps({"error": "invalid_request", "error_description": sentence, "message_id": "rrt-1-a"})

    explanation = explain_text(f"{curl(swapped)}\nHTTP/1.1 400 Bad Request\n\n{refused}", clock=lambda: NOW)

    assert f'"{type_of_token}"' in explanation.answer
