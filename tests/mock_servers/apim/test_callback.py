"""What the platform makes of a person who comes back from a provider: states, the provider's tokens, the code."""

import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from tests.mock_servers.answers import query_of, refusal_of
from tests.mock_servers.apim.browser import REDIRECT, Browser

NOW = 1_800_000_000
INVALID_STATE = (400, "invalid_request", "Invalid state parameter.")
CATCH_ALL = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)

Given = Callable[..., TestResponse]


@pytest.mark.parametrize("state", [None, "", "unknown", "client-state", "x" * 10_000])
def test_a_state_that_the_platform_has_not_issued_is_refused(browser: Browser, state: str | None) -> None:
    query = {"code": "any"} if state is None else {"code": "any", "state": state}

    assert refusal_of(browser.callback(query)) == INVALID_STATE


def test_an_id_token_that_is_younger_than_the_request_is_not_of_the_future(
    browser: Browser, platform: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought, moments = browser.logged_in(), itertools.count(NOW + 0.9, 0.2)
    monkeypatch.setattr(platform.clock, "now", lambda: next(moments))

    answer = browser.callback(brought)

    assert (answer.status_code, set(query_of(answer))) == (302, {"code", "state"})


def test_a_state_is_good_once(browser: Browser) -> None:
    brought = browser.logged_in()
    browser.callback(brought)

    assert refusal_of(browser.callback(brought)) == INVALID_STATE


def test_a_state_is_spent_by_an_error_of_the_provider(browser: Browser) -> None:
    state = query_of(browser.authorize())["state"]
    browser.callback({"state": state, "error": "access_denied"})

    assert refusal_of(browser.callback({"state": state, "code": "any"})) == INVALID_STATE


def test_a_state_of_the_other_deployment_is_unknown(browser: Browser) -> None:
    brought = browser.logged_in("/oauth2-mock")

    assert refusal_of(browser.callback(brought, "/oauth2")) == INVALID_STATE


def test_a_state_is_kept_for_ten_minutes(platform: Mock, browser: Browser) -> None:
    brought = browser.logged_in()
    platform.clock.advance(600)

    assert refusal_of(browser.callback(brought)) == INVALID_STATE
    assert platform.exchanges.last.refusal is not None
    assert platform.exchanges.last.refusal.evidence == "I"


def test_a_state_lives_until_its_last_second(platform: Mock, browser: Browser) -> None:
    state = query_of(browser.authorize())["state"]
    platform.clock.advance(599)

    answer = browser.callback({"state": state, "error": "access_denied"})

    assert refusal_of(answer) == (500, "unknown_error", CATCH_ALL)


def test_an_error_of_the_provider_is_reported_to_the_developer_alone(platform: Mock, browser: Browser) -> None:
    state = query_of(browser.authorize())["state"]

    browser.callback({"state": state, "error": "access_denied", "error_description": "ConsentNotGiven"})

    assert "ConsentNotGiven" in (platform.exchanges.last.diagnosis or "")


def test_an_app_that_is_gone_is_reported_to_the_developer(platform: Mock, browser: Browser) -> None:
    brought = browser.logged_in()
    platform.apps.remove("nhsauth-app")

    assert refusal_of(browser.callback(brought)) == (401, "invalid_request", "client_id is invalid")
    assert platform.exchanges.last.diagnosis == 'The app with API key "nhsauth-app" was removed during the log-in.'


def test_the_quota_counts_at_the_callback(platform: Mock, browser: Browser) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=1)
    brought = browser.logged_in()

    assert browser.callback(brought).status_code == 429


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b"\xff", b'{"error": "invalid_grant"}', b'{"id_token": 1}']
)
def test_an_answer_of_the_provider_without_an_id_token_is_refused(answered_by: Given, body: bytes) -> None:
    assert refusal_of(answered_by(body)) == (400, "invalid_request", "Missing client_assertion")


def test_a_code_that_the_provider_refuses_is_refused(platform: Mock, browser: Browser) -> None:
    state = query_of(browser.authorize())["state"]

    answer = browser.callback({"state": state, "code": "never-issued"})

    assert refusal_of(answer) == (500, "unknown_error", CATCH_ALL)
    assert "The provided access grant is invalid" in (platform.exchanges.last.diagnosis or "")


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_refusal_of_the_provider_ends_the_log_in_even_with_an_id_token(answered_by: Given, status: int) -> None:
    assert refusal_of(answered_by(b'{"id_token": "a.b.c"}', status)) == (500, "unknown_error", CATCH_ALL)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "opaque"])
def test_an_id_token_that_is_not_jwt_is_malformed(answered_by: Given, token: str) -> None:
    answer = answered_by(json.dumps({"id_token": token}).encode())

    assert refusal_of(answer) == (400, "invalid_request", "Malformed JWT in External ID token")


@pytest.mark.parametrize("aud", ["nhsauth-app", ["test-client-cis2", "other"], [], None, "TEST-CLIENT-CIS2"])
def test_an_id_token_for_another_client_is_refused(given: Given, aud: Any) -> None:
    answer = given(Alterations(claims={"aud": aud}))

    assert refusal_of(answer) == (400, "invalid_request", "Invalid 'aud' claim in external ID token JWT")


def test_a_list_of_the_platform_alone_is_the_platform(given: Given) -> None:
    assert given(Alterations(claims={"aud": ["test-client-cis2"]})).status_code == 302


@pytest.mark.parametrize("issuer", ["https://evil.example", "", "http://127.0.0.1:8080", "http://evil.example"])
def test_an_id_token_of_another_issuer_is_refused(given: Given, issuer: Any) -> None:
    answer = given(Alterations(claims={"iss": issuer}))

    assert refusal_of(answer) == (400, "invalid_request", "Invalid iss claim in external ID token JWT")


@pytest.mark.parametrize("change", [{"without": ["iss"]}, {"claims": {"iss": None}}, {"claims": {"iss": 1}}])
def test_an_issuer_that_is_not_text_is_a_script_fault(given: Given, change: dict[str, Any]) -> None:
    assert refusal_of(given(Alterations(**change))) == (500, "unknown_error", CATCH_ALL)


def test_the_case_of_the_issuer_does_not_matter(platform: Mock, given: Given) -> None:
    issuer = f"{platform.url}{platform.providers['cis2'].provider.path}".upper()

    assert given(Alterations(claims={"iss": issuer})).status_code == 302


def test_a_key_that_the_provider_does_not_publish_is_unknown(given: Given) -> None:
    answer = given(Alterations(headers={"kid": "other"}))

    assert refusal_of(answer) == (
        401,
        "invalid_request",
        "Invalid 'kid' header in external ID token JWT - no matching public key",
    )


def test_a_signature_that_is_not_the_providers_is_refused(platform: Mock, answered_by: Given) -> None:
    header, _, signature = platform.id_token("cis2", LogInRequest(client_id="test-client-cis2")).split(".")
    _, other, _ = platform.id_token("cis2", LogInRequest(client_id="test-client-cis2", level="aal2")).split(".")

    answer = answered_by(json.dumps({"id_token": f"{header}.{other}.{signature}"}).encode())

    assert refusal_of(answer) == (401, "public_key error", "JWT signature verification failed")


@pytest.mark.parametrize("alg", ["none", "RS384", "PS512", "HS256", None])
def test_an_algorithm_that_is_not_the_providers_meets_the_catch_all(given: Given, alg: str | None) -> None:
    assert refusal_of(given(Alterations(headers={"alg": alg}))) == (401, "unknown_error", CATCH_ALL)


@pytest.mark.parametrize(
    "claims", [{"exp": NOW - 1}, {"exp": "soon"}, {"nbf": NOW + 1}, {"iat": NOW + 1}, {"nbf": True}], ids=repr
)
def test_an_id_token_that_is_not_good_at_this_time_meets_the_catch_all(given: Given, claims: dict[str, Any]) -> None:
    assert refusal_of(given(Alterations(claims=claims))) == (401, "unknown_error", CATCH_ALL)


@pytest.mark.parametrize("claims", [{"exp": NOW}, {"exp": None}, {"nbf": NOW}, {"iat": None}], ids=repr)
def test_an_id_token_is_good_at_the_edges_of_its_time(given: Given, claims: dict[str, Any]) -> None:
    assert given(Alterations(claims=claims)).status_code == 302


def test_the_time_of_an_id_token_is_judged_after_its_key(given: Given) -> None:
    answer = given(Alterations(claims={"exp": NOW - 1}, headers={"kid": "x"}))

    assert refusal_of(answer)[2].startswith("Invalid 'kid' header")


def test_an_app_without_the_level_of_the_log_in_gets_no_code(platform: Mock, given: Given) -> None:
    platform.apps.change("nhsauth-app", scopes=("urn:nhsd:apim:user-nhs-cis2:aal3:hello-world",))

    status, code, sentence = refusal_of(given(level="aal2"))

    assert (status, code) == (401, "unauthorized_client")
    assert sentence == (
        "you have tried to request authorization but your application is not configured to use this authorization "
        "grant type"
    )


def test_of_several_faults_of_the_id_token_the_first_in_order_is_reported(given: Given) -> None:
    answer = given(Alterations(claims={"aud": "x", "iss": "x"}, headers={"kid": "x"}))

    assert answer.get_json()["error_description"] == "Invalid 'aud' claim in external ID token JWT"


def test_the_issuer_is_judged_before_the_key(given: Given) -> None:
    answer = given(Alterations(claims={"iss": "x"}, headers={"kid": "x"}))

    assert answer.get_json()["error_description"] == "Invalid iss claim in external ID token JWT"


def test_a_sound_return_gives_the_client_a_code_and_its_own_state(browser: Browser) -> None:
    answer = browser.callback(browser.logged_in())

    assert answer.status_code == 302
    assert re.fullmatch(rf"{re.escape(REDIRECT)}\?code=[A-Za-z0-9]{{8}}&state=client-state", answer.headers["Location"])


@pytest.mark.parametrize("mount", ["/oauth2", "/oauth2-mock"])
@pytest.mark.parametrize("scope", ["nhs-cis2", "nhs-login"])
def test_both_deployments_take_people_of_both_providers(browser: Browser, mount: str, scope: str) -> None:
    answer = browser.callback(browser.logged_in(mount, scope), mount)

    assert list(query_of(answer)) == ["code", "state"]


def test_nhs_login_sees_the_platforms_own_assertion(platform: Mock, browser: Browser) -> None:
    brought = browser.logged_in(scope="nhs-login")
    asked: dict[str, Any] = {}
    call = platform.in_process.call

    def listen(url: str, form: Any = None, bearer: str | None = None) -> tuple[int, bytes]:
        asked.update(form or {}, url=url)
        return call(url, form, bearer)

    object.__setattr__(platform.token_services[0], "call", listen)
    browser.callback(brought)

    assertion = jwts.decode(asked["client_assertion"])
    assert list(asked) == ["grant_type", "code", "redirect_uri", "client_assertion_type", "client_assertion", "url"]
    assert assertion.header["alg"] == "RS512"
    assert assertion.claims["iss"] == assertion.claims["sub"] == "test-client-nhs-login"
    assert assertion.claims["aud"] == asked["url"] == f"{platform.url}/token"
    assert assertion.claims["exp"] - assertion.claims["iat"] == 3600


def test_the_journal_holds_no_whole_code(platform: Mock, browser: Browser) -> None:
    brought = browser.logged_in()

    given = query_of(browser.callback(brought))["code"]

    shown = str([record.as_json() for record in platform.exchanges])
    assert given not in shown
    assert brought["code"] not in shown
    assert brought["state"] not in shown


def test_a_provider_whose_lifetimes_are_configured_knows_the_platform(ring: KeyRing) -> None:
    configured = Configuration(cis2=ProviderSettings(id_token_lifetime=60))

    client = Mock(configured, ring=ring).providers["cis2"].client("test-client-cis2")

    assert client is not None
    assert client.backchannel_logout_uri == "http://127.0.0.1:8080/oauth2/backchannel_logout"


def test_time_passes_while_the_platform_asks_the_provider(ring: KeyRing) -> None:
    moments = itertools.count(1_800_000_000, 1.5)
    platform = Mock(ring=ring, clock=Clock(lambda: next(moments)))
    callback = f"{platform.url}/_nhsauth/callback"
    platform.apps.change("nhsauth-app", redirect_uris=(callback,))
    asked = {"client_id": "nhsauth-app", "redirect_uri": callback, "response_type": "code", "state": "s"}

    sent_to = platform.log_in(f"{platform.url}/oauth2/authorize?{urlencode(asked)}", user="656005750104")

    assert sent_to.startswith(f"{callback}?code=")
