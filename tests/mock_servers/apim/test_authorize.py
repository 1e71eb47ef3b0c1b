"""What /authorize refuses, in which order and how, and where it sends a browser that it does not."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_servers.mock import Mock
from tests.mock_servers.answers import refusal_of
from tests.mock_servers.apim.browser import REDIRECT, Browser

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": None}, (401, "invalid_request", "client_id is missing")),
        ({"client_id": ""}, (401, "invalid_request", "client_id is missing")),
        ({"client_id": "nobody"}, (401, "invalid_request", "client_id is invalid")),
        ({"redirect_uri": None}, (400, "invalid_request", "redirect_uri is missing")),
        ({"redirect_uri": "https://app.example/other"}, (400, "invalid_request", "redirect_uri is invalid")),
    ],
)
def test_a_request_that_nobody_can_be_sent_back_from_is_refused_on_the_spot(
    browser: Browser, changes: dict[str, Any], said: tuple[int, str, str]
) -> None:
    assert refusal_of(browser.authorize(**changes)) == said


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        ("approved", "The developer app associated with the API key is not approved or revoked"),
        (
            "developer_active",
            "The developer who created the developer app that has the API key you are using has an inactive status",
        ),
        (
            "company_active",
            "The company associated with the developer app that has the API key you are using has an inactive status",
        ),
        (
            "subscribed",
            (
                "API Key supplied does not have access to this resource. Please check the API Key you are using "
                "belongs to an app which has sufficient access to access this resource."
            ),
        ),
    ],
)
def test_an_app_that_may_not_speak_is_denied(platform: Mock, browser: Browser, member: str, sentence: str) -> None:
    platform.apps.change("nhsauth-app", **{member: False})

    assert refusal_of(browser.authorize()) == (401, "access_denied", sentence)


def test_a_revoked_key_meets_the_catch_all(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", key_approved=False)

    status, code, _ = refusal_of(browser.authorize())

    assert (status, code) == (401, "unknown_error")


def test_an_app_of_another_environment_is_unknown(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", environments=("ref",))

    assert refusal_of(browser.authorize()) == (401, "invalid_request", "client_id is invalid")


def test_the_quota_counts_after_the_client_checks_and_before_the_redirect_uri(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=1)
    browser.authorize()

    assert browser.authorize(redirect_uri=None).status_code == 429


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({"state": None}, "error=invalid_request&error_description=state is missing"),
        ({"state": ""}, "error=invalid_request&error_description=state is missing"),
        (
            {"response_type": None},
            "error=invalid_request&error_description=response_type is missing&state=client-state",
        ),
        (
            {"response_type": "token"},
            "error=unsupported_response_type&error_description=response_type is invalid&state=client-state",
        ),
    ],
)
def test_later_mistakes_are_reported_to_the_client_by_a_redirect(
    browser: Browser, changes: dict[str, Any], query: str
) -> None:
    answer = browser.authorize(**changes)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{REDIRECT}?{query}")
    assert (answer.content_type, answer.data) == ("application/x-www-form-urlencoded", b"")


def test_a_state_comes_back_as_it_was_sent(browser: Browser) -> None:
    answer = browser.authorize(response_type="token", state="a b&c=d\u00e9\r\nX: y")

    assert answer.headers["Location"].endswith("&state=a%20b%26c%3Dd%C3%A9%0D%0AX%3A%20y")


def test_the_query_of_a_registered_redirect_uri_stays(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=("https://app.example/cb?tenant=1",))

    answer = browser.authorize(redirect_uri="https://app.example/cb?tenant=1", response_type="token")

    assert answer.headers["Location"].startswith("https://app.example/cb?tenant=1&error=")


@pytest.mark.parametrize(
    "alike",
    [
        "https://App.example/callback",
        "https://app.example/Callback",
        "http://app.example/callback",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example/callback/",
        "https://app.example/callback#fragment",
        "https://app.example/callback?",
        "https://app.example/callback?next=/",
        "https://app.example@evil.example/callback",
        "https://user@app.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example/x/../callback",
        "https://app.example/./callback",
        "https://app.example//callback",
        "https://app.example/callback%00",
        "https://app.example\\callback",
        " https://app.example/callback",
        "https://app.example/callback ",
        "https://\u0430pp.example/callback",
        "https://xn--pp-6kc.example/callback",
        "https://app.example/callback\u0000",
        "javascript:alert(1)",
        "//app.example/callback",
        "a" * 10_000,
    ],
)
def test_a_redirect_uri_that_only_looks_like_the_apps_is_refused(platform: Mock, browser: Browser, alike: str) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=("https://app.example/callback",))

    answer = browser.authorize(redirect_uri=alike)

    assert refusal_of(answer) == (400, "invalid_request", "redirect_uri is invalid")
    assert "Location" not in answer.headers


def test_of_a_repeated_parameter_the_first_counts(browser: Browser, platform: Mock) -> None:
    query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&redirect_uri=https://evil.example&response_type=code"

    answer = browser.http.get(f"/oauth2/authorize?{query}&state=one&state=two", base_url=platform.url)

    assert answer.status_code == 302
    (pending,) = platform.store.pending.values()
    assert (pending.redirect_uri, pending.state) == (REDIRECT, "one")


@pytest.mark.parametrize(
    ("mount", "scope", "path", "parameters"),
    [
        (
            "/oauth2",
            None,
            "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/authorize",
            "scope=openid%20nationalrbacaccess&state={state}&max_age=300&acr_values=AAL3_ANY",
        ),
        ("/oauth2", "nhs-login", "/authorize", "scope=openid%20profile&state={state}&max_age=300"),
        (
            "/oauth2-mock",
            "nhs-cis2",
            "/realms/Cis2-mock-internal-dev/protocol/openid-connect/auth",
            "scope=openid%20nationalrbacaccess&state={state}&max_age=300&acr_values=AAL3_ANY",
        ),
        (
            "/oauth2-mock",
            "nhs-login",
            "/realms/NHS-Login-mock-internal-dev/protocol/openid-connect/auth",
            "scope=openid%20profile&state={state}&max_age=300",
        ),
    ],
)
def test_a_sound_request_goes_on_to_the_provider_as_the_platforms_own(
    platform: Mock, browser: Browser, mount: str, scope: str | None, path: str, parameters: str
) -> None:
    client = "test-client-nhs-login" if scope == "nhs-login" else "test-client-cis2"
    callback = f"http%3A%2F%2F127.0.0.1%3A8080%2F{mount[1:]}%2Fcallback"

    answer = browser.authorize(mount, scope=scope)

    own = f"client_id={client}&redirect_uri={callback}&response_type=code"
    expected = re.escape(f"{platform.url}{path}?{own}&{parameters}").replace(re.escape("{state}"), UUID)
    assert answer.status_code == 302
    assert re.fullmatch(expected, answer.headers["Location"])


def test_acr_values_go_on_to_cis2(browser: Browser) -> None:
    answer = browser.authorize(acr_values="AAL2_OR_AAL3_ANY")

    assert "&acr_values=AAL2_OR_AAL3_ANY" in answer.headers["Location"]


def test_the_platforms_callback_has_the_name_by_which_it_was_called(browser: Browser) -> None:
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "state": "s"}

    answer = browser.http.get("/oauth2/authorize", query_string=query, base_url="http://mock:8080")

    assert urlsplit(answer.headers["Location"]).netloc == "mock:8080"
    assert "redirect_uri=http%3A%2F%2Fmock%3A8080%2Foauth2%2Fcallback" in answer.headers["Location"]


def test_each_request_gets_a_state_of_its_own(browser: Browser) -> None:
    assert len({browser.authorize().headers["Location"] for _ in range(20)}) == 20


def test_the_journal_holds_no_whole_state(platform: Mock, browser: Browser) -> None:
    browser.authorize(state="a-long-state-of-the-client")

    ((state, _),) = platform.store.pending.items()
    shown = str(platform.exchanges.last.as_json())
    assert str(state) not in shown
    assert "a-long-state-of-the-client" not in shown


def test_a_redirected_error_is_recorded_with_its_sentence(platform: Mock, browser: Browser) -> None:
    browser.authorize(state=None)

    assert platform.exchanges.last.error == "invalid_request"
    assert platform.exchanges.last.error_description == "state is missing"


@pytest.mark.parametrize(
    ("uri", "advised"),
    [
        ("http://app.example/callback", True),
        ("https://app.example/callback", False),
        ("http://localhost:3000/callback", False),
        ("http://127.0.0.1:3000/callback", False),
        ("http://[::1]:3000/callback", False),
    ],
)
def test_plain_http_to_another_machine_gets_advice(
    platform: Mock, browser: Browser, uri: str, *, advised: bool
) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=(uri,))

    browser.authorize(redirect_uri=uri)

    assert any("plain http" in advice for advice in platform.exchanges.last.advice) is advised


def test_a_scope_that_only_contains_nhs_login_gets_advice(platform: Mock, browser: Browser) -> None:
    browser.authorize(scope="openid nhs-login")

    (advice,) = platform.exchanges.last.advice
    assert "only exactly nhs-login" in advice


def test_a_near_miss_of_the_redirect_uri_is_named(platform: Mock, browser: Browser) -> None:
    browser.authorize(redirect_uri=f"{REDIRECT}/")

    assert "in case, a slash or its query alone" in (platform.exchanges.last.diagnosis or "")
