"""A mock below a prefix: everything that it returns, compares and links to begins there."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.explain.offline import offline, token_url_of
from mock_servers.http.server import serve
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, Api
from mock_servers.state.world import World
from tests.mock_servers.conftest import CLIENT_CREDENTIALS, NOW, TOKEN_EXCHANGE

PREFIX = "/_worlds/b"
LINK = re.compile(r'(?:href|action|src)="([^"#][^"]*)"')
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    clock = Clock()
    clock.set(NOW, frozen=True)
    mock = Mock(ring=ring, clock=clock, world=World(name="b", id="", used_at=0))
    mock.served_at(mock.url)
    return mock


class Http:
    """Calls whole URLs, without a socket."""

    def __init__(self, platform: Mock) -> None:
        self._client = Client(platform, use_cookies=False)

    def get(self, url: str, **more: Any) -> TestResponse:
        host, path = split(url)
        return self._client.get(path, base_url=host, **more)

    def post(self, url: str, **more: Any) -> TestResponse:
        host, path = split(url)
        return self._client.post(path, base_url=host, **more)


def split(url: str) -> tuple[str, str]:
    scheme, host, path, query, _ = urlsplit(url)
    return f"{scheme}://{host}", f"{path}?{query}" if query else path


@pytest.fixture
def http(platform: Mock) -> Http:
    return Http(platform)


def token(platform: Mock, http: Http, **form: str) -> TestResponse:
    assertion = platform.client_assertion("nhsauth-app", token_url=f"{platform.url}/oauth2/token")
    return http.post(f"{platform.url}/oauth2/token", data={"client_assertion": assertion, **form})


def test_a_url_without_a_host_of_its_own_begins_with_the_prefix(platform: Mock) -> None:
    assert platform.url == f"http://127.0.0.1:8080{PREFIX}"
    assert platform.token_url == f"http://127.0.0.1:8080{PREFIX}/oauth2/token"


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_the_issuer_and_all_endpoints_of_discovery_lie_below_the_prefix(
    platform: Mock, http: Http, provider: str
) -> None:
    body = http.get(platform.provider_urls(provider)["discovery"]).get_json()

    assert body["issuer"] == platform.provider_urls(provider)["issuer"]
    urls = [value for name, value in body.items() if name.endswith("_endpoint") or name == "jwks_uri"]
    assert [url for url in urls if not url.startswith(f"{platform.url}/")] == []


def test_a_token_is_given_for_an_assertion_made_for_the_url_below_the_prefix(platform: Mock, http: Http) -> None:
    assert token(platform, http, **CLIENT_CREDENTIALS).status_code == 200


def test_an_assertion_made_for_the_url_at_the_root_is_refused(platform: Mock, http: Http) -> None:
    at_root = platform.client_assertion("nhsauth-app", token_url="http://127.0.0.1:8080/oauth2/token")

    answer = token(platform, http, **{**CLIENT_CREDENTIALS, "client_assertion": at_root})

    assert answer.status_code == 401
    assert answer.get_json()["error_description"] == "Missing or invalid 'aud' claim in client_assertion JWT"


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_an_id_token_is_exchanged_below_the_prefix(platform: Mock, http: Http, provider: str) -> None:
    id_token = platform.id_token(provider, LogInRequest(client_id="nhsauth-app"))

    assert jwts.decode(id_token).claims["iss"].startswith(platform.url)
    assert token(platform, http, **TOKEN_EXCHANGE, subject_token=id_token).status_code == 200


def test_an_app_whose_key_set_the_mock_serves_is_judged_by_it(platform: Mock, http: Http) -> None:
    http.post(f"{platform.url}/_nhsauth/apps", json={"client_id": "made", "make_key": True})
    url = http.get(f"{platform.url}/_nhsauth/apps/made").get_json()["jwks_url"]
    assertion = platform.client_assertion("made")

    answer = token(platform, http, **{**CLIENT_CREDENTIALS, "client_assertion": assertion})

    assert url.startswith(f"{platform.url}/_nhsauth/")
    assert answer.status_code == 200


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_the_browser_flow_stays_below_the_prefix(platform: Mock, http: Http, provider: str) -> None:
    user = {"cis2": "656005750104", "nhs_login": "9912003071"}[provider]
    redirect_uri = f"{platform.url}/_nhsauth/callback"
    asked = {
        "client_id": "nhsauth-app",
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "state": "s",
        "scope": "nhs-login" if provider == "nhs_login" else "nhs-cis2",
    }

    end = platform.log_in(f"{platform.url}/oauth2/authorize?{urlencode(asked)}", user=user)

    code = parse_qs(urlsplit(end).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": "nhsauth-app",
        "client_secret": READY_MADE_APP.client_secret,
    }
    assert end.startswith(redirect_uri)
    assert http.post(platform.token_url, data=form).status_code == 200


@pytest.mark.parametrize(("provider", "path"), [("cis2", f"{PREFIX}/openam/oauth2"), ("nhs_login", PREFIX)])
def test_the_cookie_of_a_session_is_for_the_provider_below_the_prefix_alone(
    platform: Mock, http: Http, provider: str, path: str
) -> None:
    url = _authorize_url(platform, provider)
    person = next(each.id for each in platform.people() if each.provider == provider)

    answer = http.post(url, data={**_fields(http.get(url)), "username": person, "outcome": "ok"})

    attributes = answer.headers["Set-Cookie"].split("; ")
    assert any(each == f"Path={path}" or each.startswith(f"Path={path}/") for each in attributes)


@pytest.mark.parametrize(
    "path",
    [
        "/_nhsauth/",
        "/_nhsauth/errors",
        "/_nhsauth/exchanges/1",
        "/_nhsauth/callback?code=x",
        "/_nhsauth/nothing",
        "/oauth2/authorize?client_id=x",
    ],
)
def test_every_link_of_a_page_begins_with_the_prefix(platform: Mock, http: Http, path: str) -> None:
    token(platform, http, grant_type="nonsense")

    page = http.get(f"{platform.url}{path}", headers=BROWSER).get_data(as_text=True)

    links = [urlsplit(link).path for link in LINK.findall(page)]
    assert [link for link in links if not link.startswith(f"{PREFIX}/") and link != "/_nhsauth/"] == []
    assert f"{PREFIX}/_nhsauth/style.css" in links or not page.startswith("<!DOCTYPE")


def test_the_style_is_served_below_the_prefix(platform: Mock, http: Http) -> None:
    assert http.get(f"{platform.url}/_nhsauth/style.css").status_code == 200


def test_a_log_in_page_is_posted_below_the_prefix(platform: Mock, http: Http) -> None:
    page = http.get(_authorize_url(platform, "cis2")).get_data(as_text=True)

    assert LINK.findall(page)
    assert all(urlsplit(link).path.startswith(f"{PREFIX}/") for link in LINK.findall(page))


def test_a_slow_log_in_goes_on_below_the_prefix(platform: Mock, http: Http) -> None:
    url = _authorize_url(platform, "cis2")

    answer = http.post(url, data={**_fields(http.get(url)), "username": "656005750104", "outcome": "slow"})

    assert f"url={PREFIX}/openam/" in answer.headers["Refresh"]


def test_a_browser_at_the_prefix_itself_is_sent_to_its_page(platform: Mock, http: Http) -> None:
    answer = http.get(f"{platform.url}/", headers=BROWSER)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PREFIX}/_nhsauth/")


def test_the_journal_shows_paths_below_the_prefix(platform: Mock, http: Http) -> None:
    token(platform, http, grant_type="nonsense")

    assert platform.exchanges.last.path == "/oauth2/token"


def test_openapi_and_status_show_urls_below_the_prefix(platform: Mock, http: Http) -> None:
    document = http.get(f"{platform.url}/_nhsauth/openapi.json").get_json()
    status = http.get(f"{platform.url}/_nhsauth/status").get_json()

    assert document["servers"] == [{"url": f"{platform.url}/_nhsauth"}]
    assert {name for name, url in status["urls"].items() if not url.startswith(platform.url)} == set()


def test_a_call_that_is_none_is_reported_of_with_its_whole_path(platform: Mock, http: Http) -> None:
    body = http.get(f"{platform.url}/_nhsauth/nothing").get_json()

    assert body["detail"] == (
        f'"{PREFIX}/_nhsauth/nothing" is no call: GET {PREFIX}/_nhsauth/openapi.json lists all of them.'
    )


@pytest.mark.parametrize("url", ["/_worlds/bc/oauth2/token", "/oauth2/token", "/_worlds"])
def test_a_url_beside_the_prefix_is_not_the_mocks(platform: Mock, url: str) -> None:
    assert not platform.names.is_called(f"http://127.0.0.1:8080{url}")


def test_a_real_host_has_no_prefix(http: Http) -> None:
    answer = http.get("https://int.api.service.nhs.uk/oauth2/.well-known/nothing")
    reported = http.get("https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity"
                    "/realms/Healthcare/.well-known/openid-configuration")  # fmt: skip

    assert answer.status_code == 404
    assert PREFIX not in json.dumps(reported.get_json())


def _authorize_url(platform: Mock, provider: str) -> str:
    asked = {
        "client_id": "nhsauth-app",
        "redirect_uri": f"{platform.url}/_nhsauth/callback",
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
    }
    return f"{platform.provider_urls(provider)['authorize']}?{urlencode(asked)}"


def _fields(page: TestResponse) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.get_data(as_text=True))
    return {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in hidden}


def test_a_value_is_explained_offline_as_of_the_base_that_it_was_made_for(platform: Mock) -> None:
    assertion = platform.client_assertion("nhsauth-app")

    assert token_url_of(assertion) == f"{platform.url}/oauth2/token"
    assert offline(token_url_of(assertion), NOW).platform.url == platform.url


def test_a_value_is_explained_below_the_prefix(platform: Mock, http: Http) -> None:
    assertion = platform.client_assertion("nhsauth-app")

    body = http.post(f"{platform.url}/_nhsauth/explain", json={"value": assertion}).get_json()

    assert [each["would_be"] for each in body["verdicts"]] == ["accepted"]


def test_a_team_s_own_api_sees_no_prefix(platform: Mock, http: Http) -> None:
    seen = []

    def upstream(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["REQUEST_URI"])
        start_response("200 OK", [])
        return [b"ok"]

    with serve(upstream) as server:
        platform.add_api(Api(path="/my-api", upstream=f"{server.url}/v1", open=True))
        for target in ("/my-api/patients?id=1", "//my-api/patients"):
            with http.get(f"{platform.url}{target}") as answer:
                assert (answer.status_code, answer.get_data()) == (200, b"ok")

    assert seen == ["/v1/patients?id=1", "/v1/patients"]
