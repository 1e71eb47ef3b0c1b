"""Any input is answered with the contract's error or the catch-all: no HTML page, no hang, no dead thread."""

import base64
import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.record import Record
from mock_servers.mock import Mock

UNKNOWN = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)
MESSAGE_ID = r"rrt-\d{18,19}-[a-d]-geu2-\d{5,7}-\d{6,9}-\d"
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}

Post = Callable[..., TestResponse]


def refusal_of(answer: TestResponse) -> tuple[int, str, str]:
    """Status, error and sentence of an answer that must be the envelope, whole."""
    members = answer.get_json()
    assert list(members) == ["error", "error_description", "message_id"]
    assert re.fullmatch(MESSAGE_ID, members["message_id"])
    return answer.status_code, members["error"], members["error_description"]


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_body_over_the_limit_is_refused(http: Client) -> None:
    answer = http.post("/oauth2/token", data={"grant_type": "x" * (1 << 20)})

    assert refusal_of(answer) == (413, "unknown_error", UNKNOWN)


def test_a_body_at_the_limit_is_read(http: Client) -> None:
    body = b"grant_type=" + b"x" * ((1 << 20) - 11)

    answer = http.post("/oauth2/token", data=body, content_type="application/x-www-form-urlencoded")

    assert refusal_of(answer) == (400, "unsupported_grant_type", "grant_type is invalid")


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=%FF%FE",
        b"grant_type=\xff\xfe",
        b"grant_type=%00",
        b"grant_type=\x00",
        b"grant_type=x" + b"&grant_type=client_credentials" * 1000,
        b"grant_type=x" + b"&a=1" * 100_000,
        b"grant_type=%ZZ&&&===",
        "grant_type=\u2013".encode(),
        b"grant_type=x&" + b"=" * 10_000,
    ],
    ids=["utf8", "raw-utf8", "nul", "raw-nul", "repeated", "many", "percent", "dash", "equals"],
)
def test_a_form_of_odd_bytes_is_judged_like_any_other(http: Client, body: bytes) -> None:
    answer = http.post("/oauth2/token", data=body, content_type="application/x-www-form-urlencoded")

    assert refusal_of(answer) == (400, "unsupported_grant_type", "grant_type is invalid")


def test_a_chunked_body_over_the_limit_is_refused(http: Client) -> None:
    answer = http.post(
        "/oauth2/token",
        input_stream=io.BytesIO(b"grant_type=" + b"x" * (1 << 20)),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert refusal_of(answer) == (413, "unknown_error", UNKNOWN)


def test_an_empty_body_has_no_grant_type(http: Client) -> None:
    answer = http.post("/oauth2/token", data=b"", content_type="application/x-www-form-urlencoded")

    assert refusal_of(answer) == (400, "invalid_request", "grant_type is missing")


@pytest.mark.parametrize(
    "assertion",
    [
        "a.b.c",
        "..",
        "a" * 100_000,
        f"{part(b'[]')}.{part(b'{}')}.x",
        f"{part(b'{}')}.{part(b'null')}.x",
        f"{part(b'[' * 50_000)}.{part(b'{}')}.x",
        f"{part(b'{}')}.{part(b'[' * 50_000)}.x",
        f"{part(b'{}')}.{part(bytes([255]))}.x",
        f'{part(b"{}")}.{part(b"""{"exp": NaN}""")}.c2ln',
        "\u2028.\u0000.\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_an_assertion_that_is_not_jwt_is_malformed(post: Post, assertion: str) -> None:
    answer = post(**FORM, client_assertion=assertion)

    assert refusal_of(answer) == (400, "invalid_request", "Malformed JWT in client_assertion")


EXPIRED = "Invalid 'exp' claim in client_assertion JWT - JWT has expired"
TOO_FAR = "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"
NO_INTEGER = "Invalid 'exp' claim in client_assertion JWT - must be an integer"


@pytest.mark.parametrize(
    ("exp", "sentence"),
    [
        (10**30, TOO_FAR),
        (-(10**30), EXPIRED),
        ("NaN", NO_INTEGER),
        ("1e400", NO_INTEGER),
        ([[[]]], EXPIRED),
        ([[1, 2]], NO_INTEGER),
        ({"a": 1}, NO_INTEGER),
    ],
)
def test_an_odd_exp_meets_its_row(platform: Mock, post: Post, exp: Any, sentence: str) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims={"exp": exp}))

    answer = post(**FORM, client_assertion=assertion)

    assert refusal_of(answer) == (400, "invalid_request", sentence)


def test_an_infinite_exp_is_too_far(platform: Mock, post: Post) -> None:
    head, claims, signature = platform.client_assertion("nhsauth-app").split(".")
    members = json.loads(base64.urlsafe_b64decode(claims + "=="))
    infinite = json.dumps(members).replace(str(members["exp"]), "1e400").encode()

    answer = post(**FORM, client_assertion=f"{head}.{part(infinite)}.{signature}")

    assert refusal_of(answer) == (400, "invalid_request", TOO_FAR)


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("moment", [10**350, 10**30, "soon", [], True])
def test_an_odd_iat_or_nbf_is_the_catch_all(platform: Mock, post: Post, name: str, moment: Any) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims={name: moment}))

    answer = post(**FORM, client_assertion=assertion)

    assert refusal_of(answer) == (401, "unknown_error", UNKNOWN)


def nested(depth: int) -> Any:
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("depth", "sentence"),
    [(90, EXPIRED), (100, "Malformed JWT in client_assertion"), (500, "Malformed JWT in client_assertion")],
)
def test_a_claim_may_be_nested_but_not_without_end(platform: Mock, post: Post, depth: int, sentence: str) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims={"exp": nested(depth)}))

    answer = post(**FORM, client_assertion=assertion)

    assert refusal_of(answer) == (400, "invalid_request", sentence)


def test_ten_thousand_levels_of_a_claim_are_malformed(post: Post) -> None:
    header, claims = (
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        for text in ('{"alg":"RS512"}', '{"exp":' + "[" * 10_000 + "]" * 10_000 + "}")
    )

    answer = post(**FORM, client_assertion=f"{header}.{claims}.c2ln")

    assert refusal_of(answer) == (400, "invalid_request", "Malformed JWT in client_assertion")


@pytest.mark.parametrize("kid", [["nhsauth-1"], {"kid": 1}, 1, True, "x" * 100_000, "\u0000", "\ud800"])
def test_an_odd_kid_matches_no_key(platform: Mock, post: Post, kid: Any) -> None:
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(headers={"kid": kid}))

    answer = post(**FORM, client_assertion=assertion)

    assert refusal_of(answer) == (
        401,
        "invalid_request",
        "Invalid 'kid' header in client_assertion JWT - no matching public key",
    )


@pytest.mark.parametrize("sub", [1, 1.5, True, "x" * 100_000, "\u0000", "\ud800"])
def test_an_odd_subject_is_not_app(platform: Mock, post: Post, sub: Any) -> None:
    alterations = Alterations(claims={"iss": sub, "sub": sub})

    answer = post(**FORM, client_assertion=platform.client_assertion("nhsauth-app", alterations=alterations))

    assert refusal_of(answer) == (401, "invalid_request", "Invalid 'iss'/'sub' claims in client_assertion JWT")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_any_other_method_at_the_token_endpoint_is_not_allowed(http: Client, method: str) -> None:
    answer = http.open("/oauth2/token", method=method)

    assert (answer.status_code, answer.headers["Allow"], answer.data) == (405, "POST", b"")
    assert answer.content_type == "text/plain"


@pytest.mark.parametrize(
    "path", ["/oauth2", "/oauth2/", "/oauth2/token/", "/oauth2//x", "/oauth2/%2e%2e/token", "/oauth2/\u2013"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
def test_a_path_that_is_nothing_is_not_found(http: Client, method: str, path: str) -> None:
    answer = http.open(path, method=method)

    assert refusal_of(answer) == (404, "invalid_request", "Not Found")


def test_a_doubled_slash_counts_as_one(http: Client) -> None:
    answer = http.post("/oauth2//token", data={"grant_type": "x"})

    assert refusal_of(answer) == (400, "unsupported_grant_type", "grant_type is invalid")


def break_down(*_: object) -> None:
    raise ZeroDivisionError("planted")


def test_a_failure_inside_the_mock_is_the_catch_all_with_a_traceback_in_the_log_alone(
    platform: Mock, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(platform.store.jtis, "add", break_down)

    answer = post(**FORM, client_assertion=platform.client_assertion("nhsauth-app"))

    assert refusal_of(answer) == (500, "unknown_error", UNKNOWN)
    assert "ZeroDivisionError: planted" in caplog.text
    assert "ZeroDivisionError" in (platform.exchanges.last.diagnosis or "")


def test_a_failure_while_explaining_leaves_the_answer_and_is_logged(
    platform: Mock, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(platform.store.issued, "get", break_down)

    answer = post(**FORM, client_assertion="a.b.c", client_secret="secret")

    assert refusal_of(answer) == (400, "invalid_request", "Malformed JWT in client_assertion")
    assert platform.exchanges.last.findings == ()
    assert "could not be explained" in caplog.text


def test_secrets_and_tokens_reach_neither_journal_nor_log(
    platform: Mock, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {
        "client_assertion": platform.client_assertion("nhsauth-app"),
        "client_secret": "s3cr3t-s3cr3t-s3cr3t",
        "unheard_of": "another-secret-value",
        "code": "a-code-of-some-length",
        "message": "a-secret-in-a-member-of-answers",
        "grant_type": platform.client_assertion("nhsauth-app"),
    }

    answer = post(**secrets)

    kept = json.dumps(platform.exchanges.last.as_json()) + caplog.text + platform.exchanges.last.explained()
    assert answer.status_code == 400
    assert [value for value in secrets.values() if value in kept] == []


def test_what_a_terminal_would_obey_is_shown_harmlessly(platform: Mock, post: Post) -> None:
    post(grant_type="\x1b]0;owned\x07<script>")

    line = platform.exchanges.last.explained()

    assert "\x1b" not in line
    assert "\x07" not in line


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_request_gets_an_answer_of_the_service(data: st.DataObject, fuzzed: Mock) -> None:
    names = ["grant_type", "client_assertion", "subject_token", "subject_token_type", "client_id", "refresh_token", "x"]
    values = st.one_of(st.sampled_from([*FORM.values(), "refresh_token", "nhsauth-app", ""]), st.text(max_size=30))
    form = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=6))
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "BREW"]))
    path = data.draw(st.sampled_from(["/token", "/authorize", "/callback", "/userinfo", "/_status", "/x", "/"]))

    answer = Client(fuzzed).open(f"/oauth2{path}", method=method, data=form)

    assert answer.status_code in {400, 401, 404, 405, 415, 500}
    assert answer.content_type in {"application/json", "text/plain"}
    assert answer.status_code != 500 or "does not play" in diagnosis(fuzzed)


def diagnosis(platform: Mock) -> str:
    record: Record = platform.exchanges.last
    return record.diagnosis or ""


@pytest.fixture(scope="session")
def fuzzed(ring: KeyRing) -> Mock:
    """A platform that examples share: none of them changes it for the next."""
    return Mock(ring=ring)
