"""What is found in any text: a sentence however it is spelt, nothing where nothing is, and in what time."""

import html
import json
import time
from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.explain.any_text import explain_text
from mock_servers.explain.said import known_sentences, said_in
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.reading.captured import UnreadableError
from mock_servers.reading.reader import LARGEST, read

NOW = 1_796_200_000.0
INT = "https://int.api.service.nhs.uk/oauth2/token"
S = "Malformed JWT in subject_token"
SPELLINGS = (
    S,
    S.upper(),
    S.lower(),
    f'"{S}"',
    f"'{S}'",
    f"“{S}”",
    f"`{S}`",
    f"*{S}*",
    f"{S}.",
    f"{S}!!!",
    f"why {S}??",
    f"400 {S}",
    f"{S} (400)",
    f"HTTP 400: {S}",
    f"error: {S}",
    f"[invalid_request] {S}",
    f"Error: invalid_request - {S}",
    f"> {S}",
    f"{S}\r\n",
    f"\ufeff{S}",
    f"\x1b[31m{S}\x1b[0m",
    f"&quot;{S}&quot;",
    f"2026-01-01T10:00:00Z ERROR {S}",
    f"we keep getting {S} from int, any idea?",
    json.dumps({"error": "invalid_request", "error_description": S}),
    json.dumps({"body": json.dumps({"error_description": S})}),
    str({"error": "invalid_request", "error_description": S}),
    S.replace(" ", "  "),
    S.replace(" ", "\n"),
    S.replace("_", " "),
    S.replace("_", "-"),
    S.replace("Malformed", "Malformd"),
    S.replace("subject", "subjet"),
    S.replace("JWT", "JTW"),
    "Malformed JWT in subject_tok",
    "Malformed jwt in the subject token",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_sentence_is_known_however_it_is_spelt(text: str) -> None:
    found = explain_text(text)

    assert found.stopped_by == ("decode_subject_token",)
    assert found.answer.startswith("The value sent as subject_token is not a JWT")


HOSTS = {
    "platform": INT,
    "": INT,  # of an API behind it
    "cis2": "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk/openam",
    "nhs_login": "https://auth.aos.signin.nhs.uk/token",
    "realms": "https://identity.ptl.api.platform.nhs.uk/realms/x",
    "management": "https://api.enterprise.apigee.com/v1/x",
}
NOISE = {
    "the answer": lambda words: json.dumps({"error": "x_error", "error_description": words, "message_id": "rrt-1-a"}),
    "a stack trace": lambda words: (
        f'ERROR [main] c.e.Client: call failed: 400 Bad Request: "{{<EOL>  "error_description": "{words}"<EOL>}}"\n'
        "\tat a.b.C(D.java:12)"
    ),
    "a letter": lambda words: (
        f"Hi, since friday it answers error_description={html.escape(words)} on every call.\nNothing was changed here."
    ),
}


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("entry", {each.error.sentence: each for each in entries() if each.error.sentence}.values())
def test_each_sentence_is_found_in_noise_and_no_other(entry: Entry, noise: str) -> None:
    words = entry.error.sentence.replace("{", "").replace("}", "")

    found = said_in(read(f"{NOISE[noise](words)}\n{HOSTS[entry.plays]}", known_sentences()))

    assert {each.words.casefold() for each in found} == {entry.error.sentence.casefold()}


@pytest.mark.parametrize(
    "text", ["hello there", "malformed token", "eyJ is how it begins", "The.dots.in this.text", ""]
)
def test_where_nothing_is_found_that_is_said_and_nothing_is_claimed(text: str) -> None:
    found = explain_text(text)

    assert (found.by, found.refused, found.findings, found.stopped_by) == (None, False, (), ())
    assert found.answer == "I found no request, no error of these services and no token in this text."


def test_a_sentence_that_is_near_is_asked_for() -> None:
    assert f'Did you mean "{S}"?' in explain_text("subject token is malformed, a JWT").do


def test_a_text_of_another_issuer_is_left_alone() -> None:
    text = 'POST https://login.issuer.example/token\n\n{"error":"invalid_grant","error_description":"grant is invalid"}'

    assert explain_text(text).by is None


def assertion(ring: KeyRing, **claims: object) -> str:
    whole = {"iss": "k" * 32, "sub": "k" * 32, "aud": INT, "jti": "a", "iat": int(NOW) - 9000, **claims}
    pair = ring.pair("a-clients-own", bits=2048, kid="test-1")
    return jwts.sign({"alg": "RS512", "typ": "JWT", "kid": "test-1"}, whole, pair.private)


def test_that_an_assertion_has_expired_since_is_said_to_be_normal(ring: KeyRing) -> None:
    text = f"does this look right? {assertion(ring, exp=int(NOW) - 8700)} for {INT}"

    found = explain_text(text, clock=lambda: NOW)

    assert found.answer == f"This client_assertion looks right for {INT}."
    assert "has expired since. That is normal." in found.moment


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": int(NOW) - 9000 + 3600}, "exp is 3600 s"),
        ({"exp": (int(NOW) + 300) * 1000}, "milliseconds"),
        ({"iat": int(NOW) + 600, "exp": int(NOW) + 700}, "iat"),
    ],
)
def test_a_time_that_is_wrong_at_any_moment_is_seen(ring: KeyRing, claims: dict[str, int], words: str) -> None:
    found = explain_text(f"is this ok for {INT} ?\n{assertion(ring, **claims)}", clock=lambda: NOW)

    assert words in str(found)
    assert found.refused


def test_what_was_left_out_is_not_called_malformed() -> None:
    text = f"curl {INT} -d grant_type=client_credentials -d client_assertion=<redacted> -d client_assertion_type=x"

    found = explain_text(text, Lent(answer="Missing or invalid client_assertion_type"))

    assert "client_assertion, which you left out" in str(list(found.details()))
    assert "malformed" not in str(found).lower()


@pytest.mark.parametrize(
    "piece", ["a", "a.", "{", '\\"', "eyJ", "x\n", "client_id=a&", f"{INT} ", "error=", "Invalid 'kid' header in "]
)
def test_reading_takes_time_in_proportion(piece: str) -> None:
    few, many = (min(seconds_for(piece * (size // len(piece))) for _ in range(3)) for size in (40_000, 320_000))

    assert many < 8 * 4 * max(few, 0.01), "eight times the text, at most 32 times the time: not the square of it"


def seconds_for(text: str) -> float:
    """How much of the processor's time a text takes; the least of several runs is without what else runs."""
    began = time.process_time()
    read(text, known_sentences())
    return time.process_time() - began


def test_a_text_that_is_too_long_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnreadableError, match=r"more than 5000000 characters; allowed"):
        explain_text("x" * (LARGEST + 1))


PATIENT = "https://int.api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/9000000009"
CALL = f"GET {PATIENT}\nAuthorization: Bearer {{}}\n\n401\n"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            CALL.format("g1112R_ccQ1Ebbb4gtHBP1aaaNM") + '{"issue": [{"diagnostics": "Invalid Access Token"}]}',
            "The bearer token is probably a code of CIS2",
        ),
        (
            "403 Required scope(s): OauthV2.VerifyAccessToken.scopeSet, our token is of client_credentials",
            "Your token was probably",
        ),
        (
            "Invalid 'exp' claim in subject_token JWT - JWT has expired",
            "The id_token that you sent as subject_token has",
        ),
        (
            "NHS login says invalid_grant at https://auth.aos.signin.nhs.uk/token: {'error': 'invalid_grant'} 400",
            "One of these",
        ),
        (
            "Invalid 'iss'/'sub' claims in client_assertion JWT",
            "iss and sub of your client_assertion are not an API key",
        ),
        (f"405 for GET {INT}", "The method is GET."),
        (
            "502 Bad Gateway <html><title>502</title>nginx</html> in front of int.api.service.nhs.uk",
            "This page comes from nginx",
        ),
    ],
)
def test_what_is_known_comes_first_and_no_more(text: str, answer: str) -> None:
    assert explain_text(text).answer.startswith(answer)


@pytest.mark.parametrize("slash", ["/", r"\/"])
def test_the_fault_of_an_unknown_path_is_shown_without_the_escapes_of_its_slashes(slash: str) -> None:
    sentence = f"Unable to identify proxy for host: secure and url: {slash}hello{slash}world"
    fault = {"faultstring": "SENTENCE", "detail": {"errorcode": "messaging.adaptors.http.flow.ApplicationNotFound"}}

    found = explain_text(json.dumps({"fault": fault}).replace("SENTENCE", sentence))

    assert found.answer.startswith("There is no API at this path")
    assert found.why[0].startswith('The service said "Unable to identify proxy for host: secure and url: /hello')


def test_an_order_that_is_known_says_what_has_passed() -> None:
    late = explain_text("Missing or invalid 'aud' claim in client_assertion JWT")
    early = explain_text("Missing 'kid' header in client_assertion JWT")

    assert late.fine == ("Your API key, kid, public key and signature were accepted: the service checks these first.",)
    assert early.fine == ("alg of your client_assertion was accepted: the service checks that first.",)


@pytest.mark.parametrize(
    ("sentence", "refused"),
    [
        ("Invalid 'iss'/'sub' claims in client_assertion JWT", "iss"),
        ("Non-unique 'jti' claim in client_assertion JWT", "jti"),
    ],
)
def test_what_is_refused_is_not_called_fine(sentence: str, refused: str) -> None:
    (fine,) = explain_text(sentence).fine

    assert refused not in fine
    assert "alg, typ" in fine


def test_of_an_assertion_in_the_wrong_field_nothing_else_is_said(ring: KeyRing) -> None:
    id_token = assertion(ring, iss="https://am.nhsint.example", sub="5", tokenName="id_token")
    form = f"subject_token_type={ID_TOKEN_TYPE}&subject_token={assertion(ring)}&client_assertion={id_token}"
    explanation = explain_text(
        f"curl {INT} -d 'grant_type={TOKEN_EXCHANGE}&client_assertion_type={ASSERTION_TYPE}&{form}'"
    )

    assert explanation.answer.startswith("subject_token is a client assertion")
    assert (explanation.fine, explanation.next) == ((), ())


EXP = "Invalid 'exp' claim in client_assertion JWT - "
EXPIRED, FAR = f"{EXP}JWT has expired", f"{EXP}more than 5 minutes in future"
EARLY, LATE = "exp = datetime.utcnow().timestamp() + 300", "exp = DateTime.Now.AddMinutes(5)"


@pytest.mark.parametrize(
    ("off", "code", "sentence", "answer"),
    [
        (
            -3600,
            EARLY,
            EXPIRED,
            "Your code treated UTC as local time: in British Summer Time that makes exp an hour early",
        ),
        (-3600, "no ntpd", EXPIRED, "Your code probably treated UTC as local time"),
        (-3600, LATE, EXPIRED, "Your code probably treated UTC as local time"),
        (-1500, EARLY, EXPIRED, ""),
        (3600, LATE, FAR, "Your code treated local time as UTC: in British Summer Time that makes exp an hour late"),
        (3600, EARLY, FAR, "Your code probably treated local time as UTC"),
    ],
)
def test_whether_utc_or_local_time_was_mistaken_follows_the_sign(
    ring: KeyRing, off: int, code: str, sentence: str, answer: str
) -> None:
    sent = assertion(ring, iat=int(NOW) + off, exp=int(NOW) + off + 300)
    form = f"grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={sent}"
    refused = f'HTTP/1.1 400 Bad Request\nDate: {formatdate(NOW, usegmt=True)}\n\n{{"error_description": "{sentence}"}}'
    found = explain_text(f"{code}\nPOST {INT}\ncontent-type: application/x-www-form-urlencoded\n\n{form}\n\n{refused}")

    assert found.answer.startswith(answer)
    assert answer or "local time" not in found.answer


@pytest.mark.parametrize(
    "form", ["{at} INFO asking\n{asked}\n{at} ERROR 400 {answer}", "[{at}] ERROR {answer}\n{asked}"]
)
@pytest.mark.parametrize(
    ("logged", "life", "sentence", "found"),
    [
        (1200, 300, EXPIRED, ("same-assertion-again", "likely", "kept the assertion for 20 min")),
        (0, 300, EXPIRED, ("clock-behind-or-bst", "likely", "at least 300 s slow")),
        (0, 300, FAR, ("clock-ahead", "likely", "at least 10 s fast")),
        (0, 3600, FAR, ("lifetime-too-long", "likely", "a lifetime of an hour")),
    ],
    ids=["kept", "slow", "fast", "too long"],
)
def test_the_time_of_a_log_is_what_the_client_s_clock_read(
    ring: KeyRing, form: str, logged: int, life: int, sentence: str, found: tuple[str, str, str]
) -> None:
    at = datetime.fromtimestamp(NOW + logged, UTC).isoformat()
    text = form.format(at=at, asked=asked_for(ring, life), answer=json.dumps({"error_description": sentence}))

    explained = explain_text(text, clock=lambda: NOW + 90_000).findings[0]

    assert (explained.id, explained.certainty) == found[:2]
    assert found[2] in explained.cause


def test_a_log_and_the_date_of_the_answer_are_two_clocks(ring: KeyRing) -> None:
    at = datetime.fromtimestamp(NOW, UTC).isoformat()
    refusal = (
        f"HTTP/1.1 400\nDate: {formatdate(NOW + 400, usegmt=True)}\n\n{json.dumps({'error_description': EXPIRED})}"
    )

    explained = explain_text(f"{at} INFO\n{asked_for(ring, 300)}\n{refusal}").findings[0]

    assert (explained.id, explained.certainty) == ("clock-behind-or-bst", "certain")
    assert "Your clock is 400 s slow." in explained.cause


def asked_for(ring: KeyRing, life: int) -> str:
    """A curl command with an assertion that was signed now and lives so many seconds."""
    signed = assertion(ring, iat=int(NOW), exp=int(NOW) + life)
    form = f"-d client_assertion_type={ASSERTION_TYPE} -d client_assertion={signed}"
    return f"curl {INT} -d grant_type=client_credentials {form}"
