"""The whole dance, in process: /authorize, the log-in at a provider, /callback, code, tokens, userinfo, refresh."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from mock_servers.jose.jwks import UnreachableError
from tests.mock_servers.apim.browser import REDIRECT, Browser

MOUNTS = ["/oauth2", "/oauth2-mock"]
SCOPES = [("nhs-cis2", "656005750104"), ("nhs-login", "9912003071")]


def visited(browser: Browser, mount: str, scope: str, user: str) -> list[str]:
    """Follow every redirect until the application's, which is the last."""
    answer = browser.authorize(mount, scope=scope, nhsauth_user=user)
    stops = [answer.headers["Location"]]
    while not stops[-1].startswith(REDIRECT):
        path = stops[-1].removeprefix(browser.platform.url)
        answer = browser.http.get(path, base_url=browser.platform.url)
        stops.append(answer.headers["Location"])
    return stops


def brought(stop: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(stop).query))


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(("scope", "user"), SCOPES)
def test_a_person_comes_back_with_a_code_and_the_clients_state(
    browser: Browser, mount: str, scope: str, user: str
) -> None:
    stops = visited(browser, mount, scope, user)

    assert len(stops) == 3
    assert list(brought(stops[-1])) == ["code", "state"]
    assert brought(stops[-1])["state"] == "client-state"


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(("scope", "user"), SCOPES)
def test_the_code_buys_tokens_that_open_an_api_and_can_be_refreshed(
    browser: Browser, mount: str, scope: str, user: str
) -> None:
    code = brought(visited(browser, mount, scope, user)[-1])["code"]

    first = browser.redeem(code, mount).get_json()
    second = browser.refresh(first["refresh_token"], mount).get_json()

    opened = [browser.get("/hello-world/hello/user", tokens["access_token"]).status_code for tokens in (first, second)]
    assert opened == [200, 200]


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_userinfo_of_a_worker_has_the_roles_that_the_platform_asked_for(browser: Browser, mount: str) -> None:
    code = brought(visited(browser, mount, "nhs-cis2", "656005750104")[-1])["code"]
    token = browser.redeem(code, mount).get_json()["access_token"]

    members = browser.get(f"{mount}/userinfo", token).get_json()

    assert members["nhsid_useruid"] == "656005750104"
    assert members["nhsid_nrbac_roles"]


def test_the_platform_never_sees_the_clients_redirect_uri_at_the_provider(browser: Browser) -> None:
    to_provider, to_platform, _ = visited(browser, "/oauth2", "nhs-cis2", "656005750104")

    assert brought(to_provider)["redirect_uri"] == f"{browser.platform.url}/oauth2/callback"
    assert to_platform.startswith(f"{browser.platform.url}/oauth2/callback?")


@pytest.mark.parametrize("callback", ["http://127.0.0.1:8080/oauth2/callback/", "http://evil.example/oauth2/callback"])
def test_a_provider_sends_nobody_to_what_only_looks_like_the_platform(browser: Browser, callback: str) -> None:
    asked = brought(browser.authorize().headers["Location"]) | {"redirect_uri": callback}
    path = browser.platform.providers["cis2"].provider.endpoint("authorize")

    answer = browser.http.get(path, query_string=asked, base_url=browser.platform.url)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_each_name_of_the_mock_can_be_logged_in_under(browser: Browser) -> None:
    origin = "http://mock:8080"
    query = {
        "client_id": "nhsauth-app",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "s",
        "nhsauth_user": "656005750104",
    }
    answer = browser.http.get("/oauth2/authorize", query_string=query, base_url=origin)
    for _ in range(2):
        answer = browser.http.get(answer.headers["Location"].removeprefix(origin), base_url=origin)

    assert answer.headers["Location"].startswith(f"{REDIRECT}?code=")


def test_a_log_out_at_cis2_kills_the_platforms_tokens(browser: Browser) -> None:
    code = brought(visited(browser, "/oauth2", "nhs-cis2", "656005750104")[-1])["code"]
    tokens = browser.redeem(code).get_json()
    cis2, url = browser.platform.providers["cis2"].provider, browser.platform.url
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid"}
    back = browser.http.get(cis2.endpoint("authorize"), query_string={**query, "prompt": "none"}, base_url=url)
    form = {
        "grant_type": "authorization_code",
        "code": brought(back.headers["Location"])["code"],
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    id_token = browser.http.post(cis2.endpoint("token"), data=form, base_url=url).get_json()["id_token"]

    browser.http.get(cis2.endpoint("end_session"), query_string={"id_token_hint": id_token}, base_url=url)

    assert browser.get("/oauth2/userinfo", tokens["access_token"]).status_code == 401
    assert browser.refresh(tokens["refresh_token"]).status_code == 401


def test_the_mock_posts_to_its_own_urls_in_process(browser: Browser) -> None:
    platform = browser.platform

    status, _ = platform.providers["cis2"].send(f"{platform.url}/oauth2/backchannel_logout", {"logout_token": "x"})

    assert status == 400
    assert platform.exchanges.last.path == "/oauth2/backchannel_logout"


@pytest.mark.parametrize("url", ["http://app.example/logout", "file:///etc/hosts", "nonsense"])
def test_the_mock_posts_to_no_foreign_host(browser: Browser, url: str) -> None:
    with pytest.raises(UnreachableError):
        browser.platform.providers["cis2"].send(url, {"logout_token": "x"})
