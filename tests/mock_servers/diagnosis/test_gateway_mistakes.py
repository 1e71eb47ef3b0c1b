"""What APIs are called with in place of a live access token of the platform, as clients do it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock
from tests.mock_servers.diagnosis.findings import seen, top

UNKNOWN = ("Invalid Access Token", "keymanagement.service.invalid_access_token")
MISSING = ("Invalid access token", "oauth.v2.InvalidAccessToken")
EXPIRED = ("Access Token expired", "keymanagement.service.access_token_expired")

Ask = Callable[..., TestResponse]


def fault_of(answer: TestResponse) -> tuple[str, str]:
    fault = answer.get_json()["fault"]
    return fault["faultstring"], fault["detail"]["errorcode"]


@pytest.fixture
def call(http: Client) -> Ask:
    """Call an API with these headers."""

    def send(path: str = "/hello-world/hello/user", **headers: str) -> TestResponse:
        return http.get(path, headers=headers)

    return send


@pytest.mark.parametrize(
    ("header", "words", "wire"),
    [
        ("", "the word Bearer is missing", MISSING),
        ("Bearer", "there is nothing after Bearer", MISSING),
        ("Bearer ", "there is nothing after Bearer", MISSING),
        ("Token abc", 'its scheme is "Token", not Bearer', MISSING),
        ("AVeryLongTokenWithoutScheme1", "the word Bearer is missing", MISSING),
        ("Bearer Bearer AVeryLongTokenWithoutScheme1", "Bearer is there twice", UNKNOWN),
        ("Bearer undefined", "a variable that was never filled", UNKNOWN),
        ("Bearer None", "a variable that was never filled", UNKNOWN),
        ("Bearer [object Object]", "an object that was turned into text", UNKNOWN),
        ("Bearer [object Promise]", "an object that was turned into text", UNKNOWN),
        ("Bearer {{token}}", "a variable that was never filled", UNKNOWN),
        ("Bearer ${TOKEN}", "a variable that was never filled", UNKNOWN),
        ("Bearer <token>", "a variable that was never filled", UNKNOWN),
        ('Bearer "AVeryLongTokenWithoutScheme1"', "there are quotes around the token", UNKNOWN),
        ("Bearer AVeryLongToken\\n", "there are spaces or line ends inside the token", UNKNOWN),
        ('Bearer {"error": "invalid_request"}', "after Bearer comes JSON, an error answer", UNKNOWN),
    ],
)
def test_a_header_that_is_not_bearer_token(
    platform: Mock, call: Ask, header: str, words: str, wire: tuple[str, str]
) -> None:
    answer = call(Authorization=header)

    assert (answer.status_code, fault_of(answer)) == (401, wire)
    assert seen(platform) == ("bearer-shape", "certain")
    assert words in top(platform).seen
    assert "AVeryLongTokenWithoutScheme1" not in str(top(platform))


def test_no_header_at_all(platform: Mock, call: Ask) -> None:
    answer = call()

    assert (answer.status_code, fault_of(answer)) == (401, MISSING)
    assert seen(platform) == ("bearer-shape", "certain")
    assert "There is no Authorization header." in top(platform).seen


def test_a_failed_token_call_that_nobody_looked_at_is_named(platform: Mock, call: Ask, client_credentials: Ask) -> None:
    wrong = platform.client_assertion("nhsauth-app", token_url="https://elsewhere.example/token")
    client_credentials(client_assertion=wrong)
    platform.clock.advance(2)

    call(Authorization="Bearer undefined")

    assert seen(platform) == ("bearer-shape", "certain")
    assert "The last token call, 2.0 s ago, answered 401 (" in top(platform).cause
    assert "'aud' claim" in top(platform).cause


@pytest.mark.parametrize(("method", "path"), [("GET", "/oauth2/token"), ("POST", "/oauth2/authorize")])
def test_a_call_that_asks_for_no_token_is_not_token_call(
    platform: Mock, http: Client, call: Ask, client_credentials: Ask, method: str, path: str
) -> None:
    client_credentials()
    http.open(path, method=method, base_url=platform.url)

    call()

    assert platform.exchanges[1].refusal is not None
    assert top(platform).cause == "Your code did not set it, or a redirect or a proxy removed it."


@pytest.mark.parametrize("header", ["Bearer \x1b[31m<script>alert(1)</script>", "Bearer \u202eevil \u00e9"])
def test_a_header_is_shown_harmlessly(platform: Mock, call: Ask, header: str) -> None:
    call(Authorization=header.encode("utf-8").decode("latin-1"))

    assert all(character.isprintable() for character in top(platform).seen)


def test_a_token_that_was_kept_for_an_hour(platform: Mock, call: Ask, token_exchange: Ask) -> None:
    token = token_exchange().get_json()["access_token"]
    platform.clock.advance(3540)

    answer = call(Authorization=f"Bearer {token}")

    assert (answer.status_code, fault_of(answer)) == (401, EXPIRED)
    assert seen(platform) == ("kept-too-long", "certain")
    assert top(platform).seen == "The token is 59 min old and expired 49 min ago."
    assert "kept it for an hour" in top(platform).cause


@pytest.mark.parametrize(("age", "cause"), [(3000, "kept it for an hour"), (2999, "used it after that")])
def test_a_token_that_was_kept_for_an_hour_but_for_ten_minutes(
    platform: Mock, call: Ask, token_exchange: Ask, age: float, cause: str
) -> None:
    token = token_exchange().get_json()["access_token"]
    platform.clock.advance(age)

    call(Authorization=f"Bearer {token}")

    assert cause in top(platform).cause


@pytest.mark.parametrize("sent", ['Bearer "AVeryLongToken', 'Bearer AVeryLongToken"', "Bearer 'AVeryLongToken"])
def test_a_quote_at_one_end_of_the_token(platform: Mock, call: Ask, sent: str) -> None:
    call(Authorization=sent)

    assert seen(platform) == ("bearer-shape", "certain")
    assert "there are quotes around the token" in top(platform).seen


@pytest.mark.parametrize(("length", "expected"), [(12, ("bearer-shape", "certain")), (11, None)])
def test_so_much_of_a_token_is_known_again(
    platform: Mock, call: Ask, token_exchange: Ask, length: int, expected: tuple[str, str] | None
) -> None:
    token = token_exchange().get_json()["access_token"]

    call(Authorization=f"Bearer {token[:length]}")

    assert (seen(platform) if platform.exchanges.last.findings else None) == expected


def test_of_a_token_that_expired_nothing_else_is_reported(platform: Mock, call: Ask, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]
    platform.clock.advance(700)

    call(Authorization=f"Bearer {token}")

    assert [finding.id for finding in platform.exchanges.last.findings] == ["kept-too-long"]


def test_a_token_that_was_kept_to_its_last_second(platform: Mock, call: Ask, token_exchange: Ask) -> None:
    token = token_exchange().get_json()["access_token"]
    platform.clock.advance(600.4)

    answer = call(Authorization=f"Bearer {token}")

    assert fault_of(answer) == EXPIRED
    assert top(platform).seen == "The token is 10 min old and expired 400 ms ago."
    assert top(platform).cause == "It lives 10 min, and your code used it after that."


def test_a_token_of_another_environment(platform: Mock, call: Ask, token_exchange: Ask) -> None:
    token = token_exchange().get_json()["access_token"]
    kept = platform.store.access_tokens.get(token)
    assert kept is not None
    platform.store.access_tokens.put(token, replace(kept, environment="sandbox"))

    answer = call(Authorization=f"Bearer {token}")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("token-of-other-environment", "certain")
    assert top(platform).seen == "The token was issued by environment sandbox; this API is one of int."


def test_a_token_from_before_a_restart_is_guessed_by_its_shape(platform: Mock, call: Ask) -> None:
    answer = call(Authorization="Bearer 0123456789abcdefghijABCDEFGH")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("token-of-other-environment", "possible")
    assert "28 letters and digits" in top(platform).seen


def test_an_access_token_of_cis2(platform: Mock, http: Client, call: Ask) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code(
            "cis2", LogInRequest(client_id="nhsauth-app"), "http://127.0.0.1:8080/_nhsauth/callback"
        ),
        "redirect_uri": "http://127.0.0.1:8080/_nhsauth/callback",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    path = platform.providers["cis2"].provider.endpoint("token")
    token = http.post(path, data=form, base_url=platform.url).get_json()["access_token"]

    answer = call(Authorization=f"Bearer {token}")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("provider-token-at-api", "certain")
    assert "the access token that CIS2 issued" in top(platform).seen


@pytest.mark.parametrize(
    ("provider", "words"), [("cis2", "CIS2's id_token"), ("nhs_login", "NHS login's id_token (token_use id)")]
)
def test_an_id_token_that_the_mock_does_not_remember(platform: Mock, call: Ask, provider: str, words: str) -> None:
    token = platform.id_token(provider, LogInRequest(client_id="nhsauth-app"), Alterations(claims={"extra": 1}))
    platform.store.issued.clear()

    answer = call(Authorization=f"Bearer {token}")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("provider-token-at-api", "likely")
    assert words in top(platform).seen
    assert "/oauth2/token" in top(platform).cure


def test_an_id_token_as_bearer(platform: Mock, call: Ask) -> None:
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))

    call(Authorization=f"Bearer {token}")

    assert seen(platform) == ("provider-token-at-api", "certain")


def test_an_api_key_as_bearer(platform: Mock, call: Ask) -> None:
    answer = call(Authorization="Bearer nhsauth-app")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("api-key-as-bearer", "certain")


def test_what_looks_like_an_api_key_as_bearer(platform: Mock, call: Ask) -> None:
    answer = call(Authorization="Bearer 0123456789abcdefghijABCDEFGHIJKL")

    assert fault_of(answer) == UNKNOWN
    assert seen(platform) == ("api-key-as-bearer", "possible")
    assert "a refresh token" in top(platform).cause


def test_an_api_key_in_its_header_where_a_token_is_wanted(platform: Mock, call: Ask) -> None:
    answer = call(apikey="nhsauth-app")

    assert fault_of(answer) == MISSING
    assert seen(platform) == ("api-key-as-bearer", "certain")
    assert "there is a header apikey" in top(platform).seen.lower()


def test_a_token_in_the_header_of_the_key(platform: Mock, call: Ask, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]

    answer = call("/hello-world/hello/application", apikey=token)

    assert fault_of(answer) == ("Invalid ApiKey", "oauth.v2.InvalidApiKey")
    assert top(platform).seen.startswith("apikey is the access token that the platform issued")


def test_an_applications_token_at_an_api_for_people(platform: Mock, call: Ask, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]

    answer = call(Authorization=f"Bearer {token}")

    assert answer.status_code == 403
    assert seen(platform) == ("scopes-none-left", "certain")
    assert "an application's own" in top(platform).seen


@pytest.mark.parametrize("path", ["/oauth2/userinfo"])
def test_the_platforms_userinfo_is_explained_like_an_api(
    platform: Mock, call: Ask, token_exchange: Ask, path: str
) -> None:
    token = token_exchange().get_json()["access_token"]
    platform.clock.advance(700)

    answer = call(path, Authorization=f"Bearer {token}")

    assert answer.status_code == 401
    assert seen(platform) == ("kept-too-long", "certain")


# paths


@pytest.mark.parametrize(
    ("method", "path", "status", "meant"),
    [
        ("POST", "/oauth2", 404, "POST /oauth2/token"),
        ("POST", "/oauth2/", 404, "POST /oauth2/token"),
        ("POST", "/oauth2/token/", 404, "POST /oauth2/token"),
        ("POST", "/oauth2/access_token", 404, "POST /oauth2/token"),
        ("POST", "/oauth2/Token", 404, "POST /oauth2/token"),
        ("POST", "/oauth2-mock/tokens", 404, "POST /oauth2-mock/token"),
        ("GET", "/oauth2/authorise", 404, "GET /oauth2/authorize"),
        ("GET", "/oauth2/token", 405, "POST /oauth2/token"),
        ("POST", "/oauth2/authorize", 405, "GET /oauth2/authorize"),
        ("POST", "/oauth2/v1/token", 404, "POST /oauth2/token"),
        ("POST", "/oauth2_mock/token", 404, "POST /oauth2-mock/token"),
    ],
)
def test_a_path_that_is_nearly_right(
    platform: Mock, http: Client, method: str, path: str, status: int, meant: str
) -> None:
    answer = http.open(path, method=method, data={"grant_type": "client_credentials"} if method == "POST" else None)

    assert answer.status_code == status
    assert seen(platform) == ("wrong-path", "certain")
    assert top(platform).cure == f"Did you mean {meant}?"


def test_a_path_of_nobody(platform: Mock, http: Client) -> None:
    answer = http.get("/personal-demographics/FHIR/R4/Patient/9000000009")

    assert (answer.status_code, fault_of(answer)[1]) == (404, "messaging.adaptors.http.flow.ApplicationNotFound")
    assert seen(platform) == ("wrong-path", "likely")
    assert "under apis" in top(platform).cause


def test_a_right_call_has_no_finding(platform: Mock, call: Ask, client_credentials: Ask) -> None:
    token: Any = client_credentials().get_json()["access_token"]

    answer = call("/hello-world/hello/application", Authorization=f"Bearer {token}")

    assert (answer.status_code, platform.exchanges.last.findings) == (200, ())
