"""Who may ask the platform's /userinfo, and what it passes on."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from mock_servers.mock import Mock
from tests.mock_servers.answers import refusal_of
from tests.mock_servers.apim.browser import Browser

NOT_COMBINED = (
    "The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 "
    "authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/"
    "security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation"
)
CATCH_ALL = (
    401,
    "unknown_error",
    (
        "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
        "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
    ),
)


@pytest.mark.parametrize("mount", ["/oauth2", "/oauth2-mock"])
def test_a_worker_who_logged_in_through_the_platform_has_a_userinfo(browser: Browser, mount: str) -> None:
    token = browser.tokens(mount, user="656005750104")["access_token"]

    answer = browser.get(f"{mount}/userinfo", token)

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json()["sub"] == "656005750104"


def test_the_provider_itself_says_the_same(platform: Mock, browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    held = platform.store.access_tokens.get(token)
    assert held is not None
    assert held.session is not None

    assert held.session.external_access_token is not None
    own = browser.get(platform.providers["cis2"].provider.endpoint("userinfo"), held.session.external_access_token)

    assert browser.get("/oauth2/userinfo", token).data == own.data


def test_a_refreshed_token_has_the_userinfo_of_its_session(browser: Browser) -> None:
    refreshed = browser.refresh(browser.tokens()["refresh_token"]).get_json()

    assert browser.get("/oauth2/userinfo", refreshed["access_token"]).status_code == 200


@pytest.mark.parametrize("mount", ["/oauth2", "/oauth2-mock"])
def test_a_patient_has_none(browser: Browser, mount: str) -> None:
    token = browser.tokens(mount, "nhs-login")["access_token"]

    assert refusal_of(browser.get(f"{mount}/userinfo", token)) == (400, "invalid_request", NOT_COMBINED)


def test_a_token_of_a_token_exchange_has_none(browser: Browser, token_exchange: Callable[..., TestResponse]) -> None:
    token = token_exchange().get_json()["access_token"]

    assert refusal_of(browser.get("/oauth2/userinfo", token)) == (400, "invalid_request", NOT_COMBINED)


def test_an_applications_own_token_has_none(browser: Browser, client_credentials: Callable[..., TestResponse]) -> None:
    token = client_credentials().get_json()["access_token"]

    assert refusal_of(browser.get("/oauth2/userinfo", token)) == (400, "invalid_request", NOT_COMBINED)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer unknown"])
def test_without_a_live_token_the_catch_all_is_met(browser: Browser, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    assert refusal_of(browser.http.get("/oauth2/userinfo", headers=headers)) == CATCH_ALL


def test_an_expired_token_meets_the_catch_all(platform: Mock, browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    platform.clock.advance(600)

    assert refusal_of(browser.get("/oauth2/userinfo", token)) == CATCH_ALL


def test_the_token_of_an_app_that_is_gone_meets_the_catch_all(platform: Mock, browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    platform.apps.remove("nhsauth-app")

    assert refusal_of(browser.get("/oauth2/userinfo", token)) == CATCH_ALL


@pytest.mark.parametrize("change", [{"approved": False}, {"key_approved": False}, {"subscribed": False}])
def test_the_token_of_an_app_that_may_not_any_more_meets_the_catch_all(
    platform: Mock, browser: Browser, change: dict[str, bool]
) -> None:
    token = browser.tokens()["access_token"]
    platform.apps.change("nhsauth-app", **change)

    assert refusal_of(browser.get("/oauth2/userinfo", token)) == CATCH_ALL

    platform.apps.change("nhsauth-app", **dict.fromkeys(change, True))
    assert browser.get("/oauth2/userinfo", token).status_code == 200


def test_the_quota_counts_here_too(platform: Mock, browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    platform.apps.change("nhsauth-app", quota_per_minute=1)

    assert browser.get("/oauth2/userinfo", token).status_code == 429


def test_once_the_providers_own_token_has_expired_the_catch_all_is_met(platform: Mock, browser: Browser) -> None:
    first = browser.tokens()
    platform.clock.advance(3600)
    token = browser.refresh(first["refresh_token"]).get_json()["access_token"]

    answer = browser.get("/oauth2/userinfo", token)

    assert refusal_of(answer) == (401, *CATCH_ALL[1:])
    assert "its own access token" in (platform.exchanges.last.diagnosis or "")
