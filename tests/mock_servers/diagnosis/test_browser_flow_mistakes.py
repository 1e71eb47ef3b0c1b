"""Mistakes with secrets, codes, refresh tokens, states and redirect URIs at the platform, as clients make them."""

import base64
import contextlib
import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock
from mock_servers.state.app import App
from mock_servers.state.fault import Fault
from tests.mock_servers.answers import query_of, refusal_of
from tests.mock_servers.diagnosis.findings import seen, top

REDIRECT = "http://127.0.0.1:8080/_nhsauth/callback"
OTHER_REDIRECT = "https://app.example/other"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}

Post = Callable[..., TestResponse]


@pytest.fixture
def platform(platform: Mock) -> Mock:
    """The ready-made app has a second redirect URI."""
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT, OTHER_REDIRECT))
    return platform


def authorize_url(platform: Mock, **changes: str | None) -> str:
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "state": "mine", **changes}
    sent = {name: value for name, value in query.items() if value is not None}
    return f"{platform.url}/oauth2/authorize?{urlencode(sent)}"


@pytest.fixture
def code(platform: Mock) -> Callable[..., str]:
    """Log in through the platform, and return its code."""

    def get(**changes: str) -> str:
        landed = platform.log_in(authorize_url(platform, **changes), user="656005750104")
        return dict(parse_qsl(urlsplit(landed).query))["code"]

    return get


@pytest.fixture
def redeem(post: Post) -> Post:
    def send(code: str, **changes: Any) -> TestResponse:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET, **changes}
        return post(**{name: value for name, value in form.items() if value is not None})

    return send


@pytest.fixture
def refresh(post: Post) -> Post:
    def send(token: str | None, **changes: Any) -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": token, **SECRET, **changes}
        return post(**{name: value for name, value in form.items() if value is not None})

    return send


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


# credentials


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
def test_credentials_in_a_basic_header_are_not_read(platform: Mock, http: Client, grant: str) -> None:
    answer = http.post(
        "/oauth2/token",
        data={"grant_type": grant, "code": "x", "refresh_token": "x"},
        headers=basic("nhsauth-app", "nhsauth-secret"),
    )

    assert refusal_of(answer) == (401, "invalid_request", "client_id is missing")
    assert seen(platform) == ("credentials-in-basic", "certain")
    assert 'with the API key "nhsauth-app" and a secret of 14 characters' in top(platform).seen
    assert "client_id and client_secret as parameters of the form" in top(platform).cure


def test_an_assertion_in_a_basic_header_is_not_read(platform: Mock, http: Client) -> None:
    assertion = platform.client_assertion("nhsauth-app")

    answer = http.post(
        "/oauth2/token", data={"grant_type": "client_credentials"}, headers=basic("nhsauth-app", assertion)
    )

    assert answer.status_code == 400
    assert seen(platform) == ("credentials-in-basic", "certain")
    assert "with a JWT in place" in top(platform).seen
    assert assertion[20:60] not in str(top(platform))


def test_a_refresh_signed_like_an_exchange_lacks_id_and_secret(
    platform: Mock, token_exchange: Post, post: Post
) -> None:
    token = token_exchange().get_json()["refresh_token"]

    answer = post(
        grant_type="refresh_token",
        refresh_token=token,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=platform.client_assertion("nhsauth-app"),
    )

    assert refusal_of(answer) == (401, "invalid_request", "client_id is missing")
    assert seen(platform) == ("refresh-with-assertion", "certain")
    assert "without client_id and client_secret" in top(platform).seen


# refresh tokens


def test_a_refresh_token_is_spent_by_its_first_use(platform: Mock, token_exchange: Post, refresh: Post) -> None:
    token = token_exchange().get_json()["refresh_token"]
    first = refresh(token)
    platform.clock.advance(40.7)

    answer = refresh(token)

    assert first.status_code == 200
    assert refusal_of(answer) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("refresh-token-spent", "certain")
    assert top(platform).seen == (
        "This refresh token was exchanged 41 s ago, by exchange 2 (its refresh_count was 0); its successor is still "
        "unused."
    )
    assert "under a lock" in top(platform).cure


def test_a_refresh_token_whose_successor_was_used_as_well(platform: Mock, token_exchange: Post, refresh: Post) -> None:
    token = token_exchange().get_json()["refresh_token"]
    refresh(refresh(token).get_json()["refresh_token"])
    platform.clock.advance(5.1)

    refresh(token)

    assert seen(platform) == ("refresh-token-spent", "certain")
    assert "its successor has been used as well, 5.1 s ago" in top(platform).seen


def test_what_is_remembered_is_recognised_by_its_value_when_it_comes_back_from_elsewhere(
    platform: Mock, token_exchange: Post, refresh: Post
) -> None:
    """Two families of one id token at one moment, and a store of copies: nothing is compared by identity."""
    id_token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))
    spent = token_exchange(subject_token=id_token).get_json()["refresh_token"]
    other = token_exchange(subject_token=id_token).get_json()["refresh_token"]
    refresh(refresh(other).get_json()["refresh_token"])
    refresh(spent)
    platform.store.restore(
        {
            table: [(key, copy.deepcopy(value)) for key, value in rows]
            for table, rows in platform.store.snapshot().items()
        }
    )
    platform.clock.advance(40.7)

    refresh(spent)

    assert seen(platform) == ("refresh-token-spent", "certain")
    assert top(platform).seen.endswith("its successor is still unused.")


def test_a_refresh_repeated_after_a_timeout_had_its_answer_lost(
    platform: Mock, token_exchange: Post, refresh: Post
) -> None:
    token = token_exchange().get_json()["refresh_token"]
    refresh(token)
    platform.clock.advance(5.2)

    answer = refresh(token)

    assert refusal_of(answer) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("answer-lost-on-timeout", "likely")
    assert "exchanged 5.2 s ago by exchange 2, with success" in top(platform).seen
    assert "gives up after 5 s" in top(platform).cause


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (10, "answer-lost-on-timeout"),
        (10.5, "answer-lost-on-timeout"),
        (10.6, "refresh-token-spent"),
        (9.9, "refresh-token-spent"),
    ],
)
def test_a_timeout_is_known_by_its_seconds(
    platform: Mock, token_exchange: Post, refresh: Post, gap: float, expected: str
) -> None:
    token = token_exchange().get_json()["refresh_token"]
    refresh(token)
    platform.clock.advance(gap)

    refresh(token)

    assert top(platform).id == expected


def test_of_a_refresh_that_is_forgotten_no_exchange_is_named(
    platform: Mock, token_exchange: Post, refresh: Post
) -> None:
    token = token_exchange().get_json()["refresh_token"]
    refresh(token)
    platform.exchanges.clear()
    platform.clock.advance(5)

    refresh(token)

    assert seen(platform) == ("refresh-token-spent", "certain")
    assert top(platform).seen.startswith("This refresh token was exchanged 5.0 s ago (its refresh_count was 0);")


@pytest.mark.parametrize("fault", [Fault(on="token", do="drop", processed=True), Fault(on="token", do="malformed")])
def test_an_answer_that_never_arrived_is_known_to_be_lost(
    platform: Mock, token_exchange: Post, refresh: Post, fault: Fault
) -> None:
    token = token_exchange().get_json()["refresh_token"]
    platform.faults.order(fault)
    with contextlib.suppress(RuntimeError, OSError, AssertionError):
        refresh(token)
    platform.clock.advance(17)

    answer = refresh(token)

    assert refusal_of(answer) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("answer-lost-on-timeout", "certain")
    assert "exchanged 17 s ago by exchange 2" in top(platform).seen
    assert f"a fault you ordered (number 1: {fault}" in top(platform).cause


def test_client_credentials_give_nothing_to_refresh(platform: Mock, client_credentials: Post, refresh: Post) -> None:
    client_credentials()
    platform.clock.advance(500)

    answer = refresh(None)

    assert refusal_of(answer) == (400, "invalid_request", "refresh_token is missing")
    assert seen(platform) == ("no-refresh-here", "certain")
    assert "came from client_credentials, 500 s ago" in top(platform).seen


def test_a_refresh_token_of_nobody_after_client_credentials(
    platform: Mock, client_credentials: Post, refresh: Post
) -> None:
    client_credentials()

    answer = refresh("a1" * 16)

    assert refusal_of(answer) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("no-refresh-here", "likely")


@pytest.mark.parametrize(("provider", "hours"), [("cis2", 12), ("nhs_login", 1)])
def test_a_session_ends_however_often_it_was_refreshed(
    platform: Mock, token_exchange: Post, refresh: Post, provider: str, hours: int
) -> None:
    token = token_exchange(provider).get_json()["refresh_token"]
    platform.clock.advance(hours * 1800)
    token = refresh(token).get_json()["refresh_token"]
    platform.clock.advance(hours * 1800)

    answer = refresh(token)

    assert refusal_of(answer) == (401, "invalid_grant", "refresh token refresh period has expired")
    assert seen(platform) == ("no-refresh-here", "certain")
    assert f"ended at 2027-01-15T{8 + hours:02d}:00:00Z, having begun at 2027-01-15T08:00:00Z" in top(platform).seen


def test_a_session_that_the_refresh_shortens_to_nothing(platform: Mock, token_exchange: Post, refresh: Post) -> None:
    token = token_exchange().get_json()["refresh_token"]
    platform.clock.advance(60)

    answer = refresh(token, _refresh_tokens_validity_ms="-99999999999999999999")

    assert refusal_of(answer) == (401, "invalid_grant", "refresh token refresh period has expired")
    assert seen(platform) == ("session-shortened", "certain")
    assert "and the session is 60 s old" in top(platform).seen


def test_the_cure_of_a_session_that_the_refresh_shortens(platform: Mock, token_exchange: Post, refresh: Post) -> None:
    token = token_exchange().get_json()["refresh_token"]
    platform.clock.advance(60)

    refresh(token, _refresh_tokens_validity_ms="60000")
    again = refresh(token)

    assert refusal_of(again) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("refresh-token-spent", "certain")
    assert "refused, as the session was too old for it" in top(platform).seen
    for sound in ({}, {"_refresh_tokens_validity_ms": "120000"}):
        token = token_exchange().get_json()["refresh_token"]
        platform.clock.advance(60)
        assert refresh(token, **sound).status_code == 200


def test_a_refresh_token_of_another_app(platform: Mock, token_exchange: Post, refresh: Post) -> None:
    token = token_exchange().get_json()["refresh_token"]
    new_app(platform)

    answer = refresh(token, client_id="other-app", client_secret="other-secret")

    assert refusal_of(answer) == (401, "invalid_grant", "refresh_token is invalid")
    assert seen(platform) == ("no-refresh-here", "certain")
    assert 'belongs to client "nhsauth-app"; "other-app" asked' in top(platform).seen


def new_app(platform: Mock) -> App:
    app = App(client_id="other-app", client_secret="other-secret", name="other", redirect_uris=(REDIRECT,))
    return platform.apps.add(app)


# codes


def test_a_code_redeemed_twice_is_a_callback_that_ran_twice(
    platform: Mock, code: Callable[..., str], redeem: Post
) -> None:
    value = code()
    first = redeem(value)
    platform.clock.advance(1.2)

    answer = redeem(value)

    assert first.status_code == 200
    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert "This code was redeemed 1.2 s ago by exchange" in top(platform).seen
    assert "Your callback ran twice" in top(platform).cause


@pytest.mark.parametrize(
    ("gap", "cause"), [(29.9, "Your callback ran twice"), (30, "Your code kept this one and sent it again.")]
)
def test_a_code_that_was_kept_is_reported_from_a_callback_that_ran_twice(
    platform: Mock, code: Callable[..., str], redeem: Post, gap: float, cause: str
) -> None:
    value = code()
    redeem(value)
    platform.clock.advance(gap)

    redeem(value)

    assert cause in top(platform).cause


def test_the_exchange_that_used_a_code_up_is_reported_however_often_it_came_again(
    platform: Mock, code: Callable[..., str], redeem: Post
) -> None:
    value = code()
    redeem(value)
    first = platform.exchanges.last.id

    for _ in range(2):
        redeem(value)

    assert f"redeemed 0 ms ago by exchange {first}, for client" in top(platform).seen


@pytest.mark.parametrize(("characters", "expected"), [(6, "wrapped-value"), (5, None)])
def test_so_much_of_a_code_is_known_again(
    platform: Mock, code: Callable[..., str], redeem: Post, characters: int, expected: str | None
) -> None:
    redeem(code()[:characters])

    assert next((each.id for each in platform.exchanges.last.findings), None) == expected


def test_a_code_whose_tokens_never_arrived(platform: Mock, code: Callable[..., str], redeem: Post) -> None:
    value = code()
    platform.faults.order(Fault(on="token", do="malformed"))
    redeem(value)

    answer = redeem(value)

    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert "Its answer met what was ordered: This is a fault you ordered" in top(platform).cause


def test_a_code_that_came_late(platform: Mock, code: Callable[..., str], redeem: Post) -> None:
    value = code()
    platform.clock.advance(400)

    answer = redeem(value)

    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert top(platform).seen == "This code was issued 400 s ago and lived 300 s."


def test_a_code_of_another_client(platform: Mock, code: Callable[..., str], redeem: Post) -> None:
    new_app(platform)

    answer = redeem(code(), client_id="other-app", client_secret="other-secret")

    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert 'issued to client "nhsauth-app"; "other-app" tried' in top(platform).seen


def test_a_code_of_cis2_at_the_platform(platform: Mock, redeem: Post) -> None:
    value = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)

    answer = redeem(value)

    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert "the authorization code that CIS2 issued" in top(platform).seen


# redirect URIs


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (f"{REDIRECT}/", "it ends with a slash"),
        (REDIRECT.replace("http:", "https:"), "its scheme is https, not http"),
        (
            REDIRECT.replace("127.0.0.1", "localhost"),
            "localhost and 127.0.0.1 are one machine, but not the same text",
        ),
        (REDIRECT.replace(":8080", ":3000"), "its port is 3000, not 8080"),
        (REDIRECT.replace("callback", "Callback"), "its path has other capitals"),
        (f"{REDIRECT}?next=1", "its query string differs"),
        (REDIRECT.replace("callback", "return"), "its path differs"),
        ("https://App.Example/other", "its host has other capitals"),
        ("https://app.test/other", "its host is app.test, not app.example"),
        ("http://[::1/callback", "the two differ"),
    ],
)
def test_a_redirect_uri_that_nearly_is_registered(platform: Mock, http: Client, sent: str, words: str) -> None:
    answer = http.get(authorize_url(platform, redirect_uri=sent))

    assert refusal_of(answer) == (400, "invalid_request", "redirect_uri is invalid")
    assert seen(platform) == ("redirect-uri-differs", "certain")
    assert words in top(platform).seen
    assert "^" in (top(platform).difference or "")


def test_a_redirect_uri_at_the_token_that_is_not_registered(
    platform: Mock, code: Callable[..., str], redeem: Post
) -> None:
    answer = redeem(code(), redirect_uri=f"{REDIRECT}/")

    assert refusal_of(answer) == (400, "invalid_request", "redirect_uri is invalid")
    assert seen(platform) == ("redirect-uri-differs", "certain")
    assert f'the log-in was asked for "{REDIRECT}": it ends with a slash' in top(platform).seen


def test_a_redirect_uri_at_the_token_that_is_another_of_the_apps(
    platform: Mock, code: Callable[..., str], redeem: Post
) -> None:
    answer = redeem(code(), redirect_uri=OTHER_REDIRECT)

    assert refusal_of(answer) == (400, "invalid_grant", "authorization_code is invalid")
    assert seen(platform) == ("redirect-uri-differs", "certain")
    assert f'redirect_uri is "{OTHER_REDIRECT}"; the log-in was asked for "{REDIRECT}"' in top(platform).seen


# what is missing


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state"])
@pytest.mark.parametrize(("sent", "lacks"), [(None, "no"), ("", "an empty")])
def test_what_a_log_in_lacks_is_reported_from_what_is_empty(
    platform: Mock, http: Client, name: str, sent: str | None, lacks: str
) -> None:
    http.get(authorize_url(platform, **{name: sent}))

    assert (platform.exchanges.last.diagnosis or "").startswith(f"The query string has {lacks} {name}: ")


@pytest.mark.parametrize(
    ("form", "headers", "expected"),
    [
        ({}, {}, "The form has no client_id: send the app's API key."),
        ({"client_id": ""}, {}, "The form has an empty client_id: send the app's API key."),
        (
            {},
            {"Authorization": "Basic bmhzOmF1dGg="},
            "The Authorization header is not read here: send client_id and client_secret in the form.",
        ),
        (
            {"client_assertion": "x"},
            {"Authorization": "Basic bmhzOmF1dGg="},
            "The form has a client_assertion, which this grant does not read: send client_id and client_secret.",
        ),
    ],
)
def test_what_is_sent_in_place_of_a_client_id_is_reported(
    platform: Mock, http: Client, form: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", **form}

    http.post("/oauth2/token", data=form, headers=headers, base_url=platform.url)

    assert platform.exchanges.last.diagnosis == expected


# states


@pytest.mark.parametrize(("sent", "words"), [(None, "The request has no state."), ("", "state is empty.")])
def test_a_log_in_without_state(platform: Mock, http: Client, sent: str | None, words: str) -> None:
    answer = http.get(authorize_url(platform, state=sent))

    assert (answer.status_code, query_of(answer)["error_description"]) == (302, "state is missing")
    assert seen(platform) == ("state-lost", "certain")
    assert words in top(platform).seen


def state_at_provider(platform: Mock, http: Client) -> str:
    return query_of(http.get(authorize_url(platform)))["state"]


def test_a_state_that_nobody_issued(platform: Mock, http: Client) -> None:
    answer = http.get("/oauth2/callback?code=x&state=d3b07384-d9a0-4c3b-9f2e-000000000000")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert seen(platform) == ("state-lost", "certain")
    assert "not issued by this service" in top(platform).seen


@pytest.mark.parametrize(
    ("query", "words"),
    [("code=x", "The query has a code and no state."), ("scope=openid", "The query has neither code nor state.")],
)
def test_a_callback_without_state(platform: Mock, http: Client, query: str, words: str) -> None:
    answer = http.get(f"/oauth2/callback?{query}")

    assert refusal_of(answer)[:2] == (400, "invalid_request")
    assert seen(platform) == ("state-lost", "certain")
    assert top(platform).seen == words


def test_the_applications_own_state_at_the_platforms_callback(platform: Mock, http: Client) -> None:
    http.get(authorize_url(platform, state="mine"))

    answer = http.get("/oauth2/callback?code=x&state=mine")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert "the one that your application sent to /authorize" in top(platform).seen


def test_a_state_that_took_too_long(platform: Mock, http: Client) -> None:
    state = state_at_provider(platform, http)
    platform.clock.advance(630)

    answer = http.get(f"/oauth2/callback?code=x&state={state}")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert seen(platform) == ("state-lost", "certain")
    assert "issued 10 min ago and expired 30 s ago" in top(platform).seen


def test_a_state_is_too_old_as_soon_as_its_time_is_over(platform: Mock, http: Client) -> None:
    state = state_at_provider(platform, http)
    platform.clock.advance(600)

    answer = http.get(f"/oauth2/callback?code=x&state={state}")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert "issued 10 min ago and expired 0 ms ago" in top(platform).seen


def test_a_state_of_the_other_token_service(platform: Mock, http: Client) -> None:
    answer = http.get(f"/oauth2-mock/callback?code=x&state={state_at_provider(platform, http)}")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert seen(platform) == ("state-lost", "certain")
    assert "issued by /oauth2/authorize; it came to /oauth2-mock/callback" in top(platform).seen


def test_a_state_that_was_used(platform: Mock, http: Client) -> None:
    state = state_at_provider(platform, http)
    http.get(f"/oauth2/callback?code=x&state={state}")
    platform.clock.advance(3)

    answer = http.get(f"/oauth2/callback?code=x&state={state}")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert seen(platform) == ("state-lost", "certain")
    assert "was used 3.0 s ago" in top(platform).seen


def test_the_callback_opened_by_hand(platform: Mock, http: Client) -> None:
    answer = http.get("/oauth2/callback")

    assert refusal_of(answer) == (400, "invalid_request", "Invalid state parameter.")
    assert "neither code nor state" in top(platform).seen


# scopes


def test_an_app_without_application_scopes(platform: Mock, client_credentials: Post) -> None:
    platform.apps.change("nhsauth-app", scopes=("urn:nhsd:apim:user-nhs-cis2:aal3:hello-world",))

    answer = client_credentials()

    assert (answer.status_code, answer.get_json()["error"]) == (401, "unauthorized_client")
    assert seen(platform) == ("scopes-none-left", "certain")
    assert "has no scope with urn:nhsd:apim:app:level3" in top(platform).seen


def test_a_person_below_the_apps_level(platform: Mock, token_exchange: Post) -> None:
    platform.apps.change("nhsauth-app", scopes=("urn:nhsd:apim:user-nhs-cis2:aal3:hello-world",))
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app", level="aal2"))

    answer = token_exchange(subject_token=token)

    assert (answer.status_code, answer.get_json()["error"]) == (401, "unauthorized_client")
    assert seen(platform) == ("scopes-none-left", "certain")
    assert "logged in at CIS2 with authentication_assurance_level 2" in top(platform).seen
    assert "user-nhs-cis2:aal3" in top(platform).seen


def test_a_patient_at_an_app_for_staff(platform: Mock, token_exchange: Post) -> None:
    platform.apps.change("nhsauth-app", scopes=("urn:nhsd:apim:user-nhs-cis2:aal3:hello-world",))

    token_exchange("nhs_login")

    assert seen(platform) == ("scopes-none-left", "certain")
    assert "It has no scope at all for people of NHS login." in top(platform).seen
