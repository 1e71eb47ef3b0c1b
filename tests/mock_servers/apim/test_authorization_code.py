"""The code grant: what it refuses, in which order, what it answers, and that a code is good once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import Client

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from tests.mock_servers.answers import refusal_of
from tests.mock_servers.apim.browser import REDIRECT, Browser

INVALID = (400, "invalid_grant", "authorization_code is invalid")
CORS = {
    "Access-Control-Allow-Headers": "origin, x-requested-with, accept, content-type, authorization",
    "Access-Control-Max-Age": "600",
    "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": None}, (401, "invalid_request", "client_id is missing")),
        ({"client_id": "nobody"}, (401, "invalid_client", "client_id or client_secret is invalid")),
        ({"client_secret": None}, (401, "invalid_request", "client_secret is missing")),
        ({"client_secret": "wrong"}, (401, "invalid_client", "client_id or client_secret is invalid")),
        ({"redirect_uri": None}, (400, "invalid_request", "redirect_uri is missing")),
        ({"redirect_uri": f"{REDIRECT}/"}, (400, "invalid_request", "redirect_uri is invalid")),
        ({"code": None}, (400, "invalid_request", "authorization_code is missing")),
        ({"code": ""}, (400, "invalid_request", "authorization_code is missing")),
        ({"code": "AAAAAAAA"}, INVALID),
        ({"code": "x" * 10_000}, INVALID),
    ],
)
def test_a_mistake_meets_its_row(browser: Browser, changes: dict[str, Any], said: tuple[int, str, str]) -> None:
    assert refusal_of(browser.redeem(**{"code": "unknown", **changes})) == said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"client_id": None, "client_secret": None}, "client_id is missing"),
        ({"client_secret": None, "redirect_uri": None}, "client_secret is missing"),
        ({"redirect_uri": None, "code": None}, "redirect_uri is missing"),
        ({"redirect_uri": "https://evil.example", "code": None}, "redirect_uri is invalid"),
    ],
)
def test_of_two_mistakes_the_first_in_order_is_reported(
    browser: Browser, changes: dict[str, Any], sentence: str
) -> None:
    assert refusal_of(browser.redeem(**{"code": "unknown", **changes}))[2] == sentence


def test_a_code_is_good_once(browser: Browser) -> None:
    code = browser.code()
    first = browser.redeem(code)

    assert first.status_code == 200
    assert refusal_of(browser.redeem(code)) == INVALID


def test_a_code_is_not_spent_by_a_request_that_is_refused(browser: Browser) -> None:
    code = browser.code()
    browser.redeem(code, client_secret="wrong")

    assert browser.redeem(code).status_code == 200


@pytest.mark.parametrize(("later", "status"), [(299, 200), (300, 400)])
def test_a_code_lives_300_seconds(platform: Mock, browser: Browser, later: int, status: int) -> None:
    code = browser.code()
    platform.clock.advance(later)

    assert browser.redeem(code).status_code == status


def test_a_code_of_another_client_is_refused(platform: Mock, browser: Browser) -> None:
    platform.apps.create(client_id="other", client_secret="secret", redirect_uris=(REDIRECT,), make_key=False)

    assert refusal_of(browser.redeem(browser.code(), client_id="other", client_secret="secret")) == INVALID


def test_a_code_is_bound_to_the_redirect_uri_of_its_log_in(platform: Mock, browser: Browser) -> None:
    other = "https://app.example/callback"
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT, other))

    assert refusal_of(browser.redeem(browser.code(), redirect_uri=other)) == INVALID


def test_a_code_of_the_other_deployment_is_refused(browser: Browser) -> None:
    assert refusal_of(browser.redeem(browser.code("/oauth2-mock"), "/oauth2")) == INVALID


def test_an_app_unsubscribed_since_the_log_in_is_denied(platform: Mock, browser: Browser) -> None:
    code = browser.code()
    platform.apps.change("nhsauth-app", subscribed=False)

    status, error, _ = refusal_of(browser.redeem(code))

    assert (status, error) == (401, "access_denied")


def test_the_quota_counts_before_the_secret(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=1)
    browser.redeem("unknown")

    assert browser.redeem("unknown", redirect_uri=None).status_code == 429
    assert browser.redeem("unknown", client_secret="wrong").status_code == 429
    assert browser.redeem("unknown", client_secret=None).status_code == 429


@pytest.mark.parametrize(
    ("mount", "scope", "refresh_lifetime"),
    [
        ("/oauth2", "nhs-cis2", "43199"),
        ("/oauth2", "nhs-login", "3599"),
        ("/oauth2-mock", "nhs-cis2", "43199"),
        ("/oauth2-mock", "nhs-login", "3599"),
    ],
)
def test_a_success_has_its_members_in_order_all_of_them_text(
    browser: Browser, mount: str, scope: str, refresh_lifetime: str
) -> None:
    members = browser.tokens(mount, scope)

    assert list(members.items()) == [
        ("access_token", members["access_token"]),
        ("expires_in", "599"),
        ("refresh_token", members["refresh_token"]),
        ("refresh_token_expires_in", refresh_lifetime),
        ("refresh_count", "0"),
        ("token_type", "Bearer"),
    ]
    assert (len(members["access_token"]), len(members["refresh_token"])) == (28, 32)


def test_a_success_has_the_headers_of_a_pre_flight_unasked(browser: Browser) -> None:
    headers = browser.redeem(browser.code()).headers

    assert {name: headers[name] for name in CORS} == CORS
    assert headers["Access-Control-Allow-Origin"] == ""


def test_a_success_names_the_origin_that_asked(platform: Mock, browser: Browser) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": browser.code(),
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }

    answer = browser.http.post(
        "/oauth2/token", data=form, headers={"Origin": "https://app.example"}, base_url=platform.url
    )

    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"


def test_a_refusal_has_no_such_headers(browser: Browser) -> None:
    assert "Access-Control-Allow-Origin" not in browser.redeem("unknown").headers


@pytest.fixture
def in_internal_dev(ring: KeyRing, browser: Browser) -> Browser:
    clock = Clock()
    clock.set(1_800_000_000.0, frozen=True)
    there = Mock(Configuration(apim=ApimSettings(environment="internal-dev")), ring=ring, clock=clock)
    return replace(browser, platform=there, http=Client(there))


def test_internal_dev_shows_the_sid_last(in_internal_dev: Browser) -> None:
    members = in_internal_dev.tokens("/oauth2-mock")

    assert list(members)[-1] == "sid"
    assert len(members["sid"]) == 36


def test_internal_dev_shows_an_empty_sid_where_there_is_none(in_internal_dev: Browser) -> None:
    assert in_internal_dev.tokens("/oauth2", "nhs-login")["sid"] == ""


def test_internal_dev_shows_no_sid_at_a_refresh(in_internal_dev: Browser) -> None:
    first = in_internal_dev.tokens()

    assert "sid" not in in_internal_dev.refresh(first["refresh_token"]).get_json()


@pytest.mark.parametrize(
    ("parameter", "value", "member", "seconds"),
    [
        ("_access_token_expiry_ms", "60000", "expires_in", "59"),
        ("_access_token_expiry_ms", "900000", "expires_in", "599"),
        ("_refresh_token_expiry_ms", "60000", "refresh_token_expires_in", "59"),
        ("_refresh_token_expiry_ms", "-1", "refresh_token_expires_in", "43199"),
        ("_refresh_tokens_validity_ms", "60000", "refresh_token_expires_in", "43199"),
    ],
)
def test_lifetimes_can_be_shortened_but_the_sessions(
    browser: Browser, parameter: str, value: str, member: str, seconds: str
) -> None:
    assert browser.redeem(browser.code(), **{parameter: value}).get_json()[member] == seconds


def test_the_session_begins_when_the_code_is_redeemed(platform: Mock, browser: Browser) -> None:
    code = browser.code()
    platform.clock.advance(200)
    first = browser.redeem(code).get_json()

    assert browser.refresh(first["refresh_token"]).get_json()["refresh_token_expires_in"] == "43199"


def test_a_code_token_opens_an_api_that_wants_a_person(browser: Browser) -> None:
    assert browser.get("/hello-world/hello/user", browser.tokens()["access_token"]).status_code == 200


def test_the_providers_code_at_the_platform_is_recognised(platform: Mock, browser: Browser) -> None:
    browser.redeem(browser.logged_in()["code"])

    (finding,) = platform.exchanges.last.findings
    assert (finding.id, finding.certainty) == ("code-spent-or-late", "certain")
    assert "that CIS2 issued" in finding.seen
    assert f"{platform.url}/openam/" in finding.cure


def test_the_platforms_code_at_cis2_is_recognised(platform: Mock, browser: Browser) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": browser.code(),
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }

    browser.http.post(platform.providers["cis2"].provider.endpoint("token"), data=form, base_url=platform.url)

    (finding,) = platform.exchanges.last.findings
    assert finding.id == "code-spent-or-late"
    assert "that the platform issued" in finding.seen
    assert f"{platform.url}/oauth2/token" in finding.cure


def test_a_code_at_its_own_place_is_reported_by_its_first_use(platform: Mock, browser: Browser) -> None:
    code = browser.code()
    browser.redeem(code)
    browser.redeem(code)

    (finding,) = platform.exchanges.last.findings
    assert finding.seen.startswith("This code was redeemed 0 ms ago by exchange ")
    assert "your callback ran twice" in (platform.exchanges.last.diagnosis or "")


def test_of_many_redemptions_of_one_code_one_gets_the_tokens(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=0)
    code, barrier = browser.code(), Barrier(8)

    def redeem() -> list[int]:
        barrier.wait()
        return [browser.redeem(code).status_code for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(redeem) for _ in range(8)]
        statuses = Counter(status for future in futures for status in future.result())

    assert statuses == {200: 1, 400: 39}
