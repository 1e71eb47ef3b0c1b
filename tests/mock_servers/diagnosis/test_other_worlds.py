"""A value of one world is unknown in another, and the diagnosis says whose it is; its cure is followed here."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.platform.platform import Platform
from mock_servers.state.configuration import READY_MADE_APP
from tests.mock_servers.conftest import CLIENT_CREDENTIALS, TOKEN_EXCHANGE

REFRESH = {"client_id": READY_MADE_APP.client_id, "client_secret": READY_MADE_APP.client_secret}


class World:
    """One world, or the server itself, and what a client does there."""

    def __init__(self, mock: Mock, platform: Platform) -> None:
        self.platform, self._http = platform, Client(mock, use_cookies=False)

    def send(self, method: str, url: str, **more: Any) -> TestResponse:
        scheme, host, path, query, _ = urlsplit(url)
        target = f"{path}?{query}" if query else path
        return self._http.open(target, method=method, base_url=f"{scheme}://{host}", **more)

    def token(self, **form: str) -> TestResponse:
        assertion = self.platform.client_assertion("nhsauth-app")
        return self.send("POST", self.platform.token_url, data={"client_assertion": assertion, **form})

    def id_token(self) -> str:
        return self.platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))

    def code(self, provider: str = "cis2") -> str:
        wanted = LogInRequest(client_id="nhsauth-app")
        return self.platform.issue_code(provider, wanted, f"{self.platform.url}/_nhsauth/callback")

    def platform_code(self) -> str:
        asked = {
            "client_id": "nhsauth-app",
            "redirect_uri": f"{self.platform.url}/_nhsauth/callback",
            "response_type": "code",
            "state": "s",
            "scope": "nhs-cis2",
        }
        end = self.platform.log_in(f"{self.platform.url}/oauth2/authorize?{urlencode(asked)}", user="656005750104")
        return parse_qs(urlsplit(end).query)["code"][0]

    def redeem(self, code: str, of: "World", provider: str | None = None) -> TestResponse:
        urls = self.platform.provider_urls(provider) if provider else {"token": self.platform.token_url}
        form = {
            **REFRESH,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{of.platform.url}/_nhsauth/callback",
        }
        return self.send("POST", urls["token"], data=form)

    def hello(self, token: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return self.send("GET", f"{self.platform.url}/hello-world/hello/application", headers=headers)

    @property
    def last(self) -> Record:
        return self.platform.exchanges.last

    @property
    def why(self) -> Finding:
        return self.last.examination().findings[0]


@pytest.fixture
def world(platform: Mock) -> Callable[[str], World]:
    """Make a world, or return the server itself by the name `root`."""

    def made(name: str) -> World:
        assert platform.worlds is not None
        if name == "root":
            return World(platform, platform)
        within = platform.worlds.platform(platform.worlds.create(name).name)
        assert within is not None
        within.clock.set(platform.clock.now(), frozen=True)
        return World(platform, within)

    return made


@pytest.mark.parametrize(("here", "there"), [("a", "b"), ("root", "b"), ("a", "root")])
def test_an_access_token(world: Callable[[str], World], here: str, there: str) -> None:
    own, other = world(here), world(there)
    token = other.token(**CLIENT_CREDENTIALS).get_json()["access_token"]

    answer = own.hello(token)

    words = "the root world, the server itself" if there == "root" else f"world {there}"
    assert (answer.status_code, answer.get_json()["fault"]["faultstring"]) == (401, "Invalid Access Token")
    assert own.why == Finding(
        id="value-of-other-world",
        certainty="certain",
        seen=f"The value after Bearer is the access token that the platform issued 0 ms ago in {words}; it was sent to "
        f'"{own.platform.url}".',
        cause="Each world knows only what it has issued itself.",
        cure=f'Send it to "{other.platform.url}", or begin again at "{own.platform.url}": use one base URL for every '
        "step.",
        evidence=own.why.evidence,
        row=own.why.row,
    )
    assert other.hello(token).status_code == 200


def test_an_id_token(world: Callable[[str], World]) -> None:
    own, other = world("a"), world("b")
    id_token = other.id_token()

    answer = own.token(**TOKEN_EXCHANGE, subject_token=id_token)

    assert answer.status_code == 400
    assert answer.get_json()["error_description"] == "Missing or non-matching 'iss' claim in subject_token JWT"
    assert (own.why.id, own.why.certainty) == ("value-of-other-world", "certain")
    assert own.why.seen.startswith("subject_token is the id_token that CIS2 issued 0 ms ago in world b;")
    assert other.token(**TOKEN_EXCHANGE, subject_token=id_token).status_code == 200
    assert own.token(**TOKEN_EXCHANGE, subject_token=own.id_token()).status_code == 200


@pytest.mark.parametrize("provider", ["cis2", None])
def test_a_code(world: Callable[[str], World], provider: str | None) -> None:
    own, other = world("a"), world("b")
    code = other.code() if provider else other.platform_code()
    own.platform.apps.change("nhsauth-app", redirect_uris=(f"{other.platform.url}/_nhsauth/callback",))

    answer = own.redeem(code, other, provider)

    assert answer.status_code == 400
    assert (own.why.id, own.why.certainty) == ("value-of-other-world", "certain")
    assert " in world b; it was sent to " in own.why.seen
    assert other.redeem(code, other, provider).status_code == 200


def test_a_refresh_token(world: Callable[[str], World]) -> None:
    own, other = world("a"), world("b")
    token = other.redeem(other.platform_code(), other).get_json()["refresh_token"]
    form = {**REFRESH, "grant_type": "refresh_token", "refresh_token": token}

    answer = own.send("POST", own.platform.token_url, data=form)

    assert answer.status_code == 401
    assert (own.why.id, own.why.certainty) == ("value-of-other-world", "certain")
    assert other.send("POST", other.platform.token_url, data=form).status_code == 200


def test_an_assertion_names_the_world_that_it_was_made_for(world: Callable[[str], World]) -> None:
    own, other = world("a"), world("b")
    assertion = other.platform.client_assertion("nhsauth-app")

    answer = own.token(**{**CLIENT_CREDENTIALS, "client_assertion": assertion})

    assert answer.status_code == 401
    assert (own.why.id, own.why.certainty) == ("aud-near-miss", "certain")
    assert 'it names world "b", and was sent to world "a"' in own.why.seen


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_not_known_is_not_claimed(platform: Mock, world: Callable[[str], World], *, gone: bool) -> None:
    own, other = world("a"), world("b")
    token = other.token(**CLIENT_CREDENTIALS).get_json()["access_token"] if gone else "Q7rT2bXk9LmNpV4sDfGh8JzWcYeA"
    assert platform.worlds is not None
    platform.worlds.delete("b")

    own.hello(token)

    assert own.why.id == "token-of-other-environment"
    assert own.why.certainty == "possible"


def test_a_session_of_one_world_is_none_in_another(platform: Mock) -> None:
    assert platform.worlds is not None
    http = Client(platform, use_cookies=False)
    config = {"nhs_login": {"single_sign_on": True}}
    own, other = (f"{platform.worlds.create(name, config).prefix}/authorize" for name in ("a", "b"))
    cookie = _logged_in(http, own)

    statuses = [http.get(f"{url}?{_asked(url)}", headers={"Cookie": cookie}).status_code for url in (own, other)]

    assert statuses == [302, 200]


def _asked(url: str) -> str:
    asked = {
        "client_id": "nhsauth-app",
        "redirect_uri": f"http://127.0.0.1:8080{url.removesuffix('/authorize')}/_nhsauth/callback",
        "response_type": "code",
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
    }
    return urlencode(asked)


def _logged_in(http: Client, url: str) -> str:
    page = http.get(f"{url}?{_asked(url)}").get_data(as_text=True)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields = {name: unescape(value) for name, value in hidden.items()}
    answer = http.post(url, data={**fields, "username": "9912003071", "outcome": "ok"})
    return answer.headers["Set-Cookie"].partition(";")[0]
