"""Where faults are met: at the platform's other endpoints, at providers, by key sets, at APIs, and in process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwks import UnreachableError
from mock_servers.mock import Mock
from mock_servers.state.fault import Fault
from mock_servers.state.log_in import LogInError
from tests.mock_servers.answers import refusal_of

Ask = Callable[..., TestResponse]
Order = Callable[..., Fault]

CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
CIS2_REALM = "/realms/Cis2-mock-internal-dev"
NHS_LOGIN_REALM = "/realms/NHS-Login-mock-internal-dev"
UNREACHABLE = (403, "public_key error", "The JWKS endpoint, for your client_assertion can't be reached")
CATCH_ALL = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


@pytest.mark.parametrize(
    ("on", "path"),
    [
        ("token", "/oauth2/token"),
        ("token", "/oauth2-mock/token"),
        ("authorize", "/oauth2/authorize"),
        ("callback", "/oauth2/callback"),
        ("userinfo", "/oauth2/userinfo"),
        ("cis2.authorize", f"{CIS2}/authorize"),
        ("cis2.token", f"{CIS2}/access_token"),
        ("cis2.userinfo", f"{CIS2}/userinfo"),
        ("cis2.jwks", f"{CIS2}/connect/jwk_uri"),
        ("cis2.discovery", f"{CIS2}/.well-known/openid-configuration"),
        ("cis2.authorize", f"{CIS2_REALM}/protocol/openid-connect/auth"),
        ("cis2.authorize", f"{CIS2_REALM}/login-actions/authenticate"),
        ("cis2.token", f"{CIS2_REALM}/protocol/openid-connect/token"),
        ("cis2", f"{CIS2}/userinfo"),
        ("cis2", f"{CIS2_REALM}/protocol/openid-connect/certs"),
        ("nhs_login.authorize", "/authorize"),
        ("nhs_login.token", "/token"),
        ("nhs_login.userinfo", "/userinfo"),
        ("nhs_login.jwks", "/.well-known/jwks.json"),
        ("nhs_login.discovery", "/.well-known/openid-configuration"),
        ("nhs_login", f"{NHS_LOGIN_REALM}/protocol/openid-connect/userinfo"),
        ("api", "/hello-world/hello/world"),
    ],
)
def test_each_place_is_where_it_says(http: Client, order: Order, on: str, path: str) -> None:
    order(on, "status", status=599)

    met = http.get(path).status_code

    assert met == 599
    assert http.get(path).status_code != 599


@pytest.mark.parametrize("path", ["/nowhere", "/oauth2/_ping", "/oauth2/tokens", "/_nhsauth/status"])
def test_what_is_not_place_meets_nothing(http: Client, order: Order, path: str) -> None:
    for place in ("token", "cis2", "nhs_login", "api"):
        order(place, "status", status=599, times=None)

    assert http.get(path).status_code != 599


def test_a_provider_that_is_down_leaves_the_other_alone(http: Client, order: Order) -> None:
    order("cis2", "status", times=None)

    assert http.get("/.well-known/openid-configuration").status_code == 200


def test_a_key_set_that_meets_a_fault_is_in_the_journal(http: Client, platform: Mock, order: Order) -> None:
    order("cis2.jwks", "status")
    http.get(f"{CIS2}/connect/jwk_uri")
    http.get(f"{CIS2}/connect/jwk_uri")

    assert [(record.path, record.status) for record in platform.exchanges] == [(f"{CIS2}/connect/jwk_uri", 503)]


# key sets of apps


@pytest.mark.parametrize(
    ("do", "more", "met"),
    [
        ("status", {"status": 500}, "it answered 500, a fault you ordered (number 1: status 500 on app.jwks)"),
        ("drop", {}, "it closed the connection, a fault you ordered (number 1: drop on app.jwks)"),
        ("delay", {"seconds": 5.5}, "it was not done after 5 s, a fault you ordered"),
        ("malformed", {"kind": "truncated"}, "it closed the connection, a fault you ordered"),
    ],
)
def test_an_app_whose_key_set_cannot_be_had_is_refused(
    platform: Mock, order: Order, client_credentials: Ask, waits: Any, do: str, more: dict[str, Any], met: str
) -> None:
    order("app.jwks", do, **more)

    assert refusal_of(client_credentials()) == UNREACHABLE
    assert met in (platform.exchanges.last.diagnosis or "")
    assert waits.seconds == ([5] if do == "delay" else [])


@pytest.mark.parametrize("seconds", [4, 5])
def test_a_key_set_that_comes_late_but_in_time_will_do(
    order: Order, client_credentials: Ask, waits: Any, seconds: float
) -> None:
    order("app.jwks", "delay", seconds=seconds)

    assert client_credentials().status_code == 200
    assert waits.seconds == [seconds]


def test_an_apps_rotated_set_has_not_its_key(order: Order, client_credentials: Ask) -> None:
    order("app.jwks", "rotate")

    assert refusal_of(client_credentials()) == (
        401,
        "invalid_request",
        "Invalid 'kid' header in client_assertion JWT - no matching public key",
    )


@pytest.mark.parametrize("kind", ["html", "half", "empty"])
def test_an_apps_malformed_set_is_the_catch_all(order: Order, client_credentials: Ask, kind: str) -> None:
    order("app.jwks", "malformed", kind=kind)

    assert refusal_of(client_credentials()) == (401, "unknown_error", CATCH_ALL)


def test_a_set_that_was_kept_is_fetched_again_for_the_fault(order: Order, client_credentials: Ask) -> None:
    client_credentials()
    order("app.jwks", "status")

    assert refusal_of(client_credentials()) == UNREACHABLE


def test_a_failure_is_not_kept(order: Order, client_credentials: Ask) -> None:
    order("app.jwks", "status")
    client_credentials()

    assert client_credentials().status_code == 200


def test_another_apps_key_set_is_not_touched(order: Order, client_credentials: Ask) -> None:
    order("app.jwks", "status", client_id="other")

    assert client_credentials().status_code == 200


def test_a_spoilt_set_does_not_outlive_the_test(platform: Mock, order: Order, client_credentials: Ask) -> None:
    state = platform.snapshot()
    order("app.jwks", "rotate")
    client_credentials()

    platform.restore(state)

    assert client_credentials().status_code == 200
    assert platform.faults.all() == []


# key sets of providers, which the platform fetches in process


@pytest.mark.parametrize(
    ("do", "more", "met"),
    [
        ("status", {}, "it answered 503, a fault you ordered (number 1: status 503 on cis2.jwks)"),
        ("drop", {}, "it gave no whole answer, a fault you ordered (number 1: drop on cis2.jwks)"),
        (
            "delay",
            {"seconds": 60},
            "no whole answer, a fault you ordered (number 1: delay of 60 s on cis2.jwks)",
        ),
        ("malformed", {"kind": "truncated"}, "it gave no whole answer, a fault you ordered"),
    ],
)
def test_a_provider_whose_keys_cannot_be_had_is_the_catch_all(
    platform: Mock, order: Order, token_exchange: Ask, waits: Any, do: str, more: dict[str, Any], met: str
) -> None:
    order("cis2.jwks", do, **more)

    assert refusal_of(token_exchange()) == (500, "unknown_error", CATCH_ALL)
    assert met in (platform.exchanges.last.diagnosis or "")
    assert waits.seconds == ([5] if do == "delay" else [])


def test_a_rotated_set_of_a_provider_has_not_the_key_that_signs(order: Order, token_exchange: Ask) -> None:
    order("cis2.jwks", "rotate")

    assert refusal_of(token_exchange()) == (
        401,
        "invalid_request",
        "Invalid 'kid' header in subject_token JWT - no matching public key",
    )


def test_a_rotated_set_is_a_sound_one_for_any_caller_that_fetches_it(http: Client, order: Order) -> None:
    path = f"{CIS2}/connect/jwk_uri"
    order("cis2.jwks", "rotate")
    rotated, real = http.get(path).get_json(), http.get(path).get_json()

    assert [list(key) for key in rotated["keys"]] == [list(key) for key in real["keys"]]
    assert rotated["keys"][0]["kid"] != real["keys"][0]["kid"]
    assert rotated["keys"][0]["n"] != real["keys"][0]["n"]


# the browser flow: the platform asks the provider in process


def _walk(platform: Mock) -> str:
    redirect = platform.apps.get("nhsauth-app").redirect_uris[0]
    return platform.log_in(
        f"{platform.url}/oauth2/authorize?client_id=nhsauth-app&redirect_uri={redirect}&response_type=code"
        "&scope=nhs-cis2&state=s",
        user="656005750104",
    )


@pytest.mark.parametrize(("do", "word"), [("status", "it answered 503"), ("drop", "it gave no whole answer")])
def test_the_platforms_own_token_request_meets_the_providers_fault(
    platform: Mock, order: Order, do: str, word: str
) -> None:
    order("cis2.token", do)

    with pytest.raises(LogInError, match="/oauth2/callback answered"):
        _walk(platform)

    record = platform.exchanges.last
    assert record.path == "/oauth2/callback"
    assert f"CIS2 could not be asked for the tokens: {word}, a fault you ordered" in (record.diagnosis or "")


def test_the_platform_waits_for_a_slow_provider(platform: Mock, order: Order, waits: Any) -> None:
    order("cis2.token", "delay", seconds=20)

    assert "code=" in _walk(platform)
    assert waits.seconds == [20]


def test_a_browser_whose_connection_is_dropped_ends_in_an_error_that_says_so(platform: Mock, order: Order) -> None:
    order("authorize", "drop")

    with pytest.raises(LogInError, match=r"The log-in was broken off: .* \(number 1: drop on authorize\)"):
        _walk(platform)


def test_the_platforms_userinfo_meets_the_providers_fault(
    platform: Mock, order: Order, post: Ask, http: Client
) -> None:
    code = _walk(platform).partition("code=")[2].partition("&")[0]
    redirect = platform.apps.get("nhsauth-app").redirect_uris[0]
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
    token = post(grant_type="authorization_code", code=code, redirect_uri=redirect, **secret).get_json()
    order("cis2.userinfo", "status", status=502)

    answer = http.get(
        "/oauth2/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}, base_url=platform.url
    )

    assert refusal_of(answer) == (502, "unknown_error", CATCH_ALL)
    assert "it answered 502, a fault you ordered" in (platform.exchanges.last.diagnosis or "")


def test_a_call_in_process_that_meets_no_fault_is_reported_every_status(platform: Mock) -> None:
    assert platform.in_process.call(f"{platform.url}/nowhere")[0] == 404


def test_a_dropped_call_in_process_is_unreachable(platform: Mock, order: Order) -> None:
    order("api", "drop")

    with pytest.raises(UnreachableError, match="a fault you ordered"):
        platform.in_process.call(f"{platform.url}/hello-world/hello/world")


# APIs


def test_a_client_of_an_api_is_known_by_its_token(order: Order, http: Client, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]
    order("api", "rate_limit", client_id="nhsauth-app")

    others = http.get("/hello-world/hello/world")
    answer = http.get("/hello-world/hello/application", headers={"Authorization": f"Bearer {token}"})

    assert (others.status_code, answer.status_code) == (200, 429)
    assert answer.get_json()["message"].startswith("Your application, nhsauth app, has exceeded its quota")


def test_a_client_of_an_api_is_known_by_its_key(order: Order, http: Client) -> None:
    order("api", "status", client_id="nhsauth-app")

    assert http.get("/hello-world/hello/application", headers={"apikey": "nhsauth-app"}).status_code == 503


def test_a_client_of_a_provider_is_known_by_its_token(platform: Mock, order: Order, http: Client) -> None:
    code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), "http://127.0.0.1:8080/_nhsauth/callback")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://127.0.0.1:8080/_nhsauth/callback",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    token = json.loads(http.post(f"{CIS2}/access_token", data=form).data)["access_token"]
    order("cis2.userinfo", "status", client_id="nhsauth-app")

    assert http.get(f"{CIS2}/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 503
