"""The page at the redirect URI: what it says of codes and errors, and that its commands are good."""

import html
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import Client, TestResponse

from mock_servers import pages
from mock_servers.commands import powershell, shell
from mock_servers.commands.command import Asked
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration
from tests.powershell import faults

Control = Callable[..., TestResponse]
Callback = Callable[..., str]

REQUEST = {
    "response_type": "code",
    "client_id": "nhsauth-app",
    "redirect_uri": "http://127.0.0.1:8080/_nhsauth/callback",
    "state": "s",
}
EVIL = "'\"><script>alert(1)</script>;$(id)`id`"


@pytest.fixture
def code(control: Control) -> Callable[..., str]:
    """A fresh code of a provider for the ready-made app."""

    def make(provider: str = "cis2", **body: str) -> str:
        return str(control("POST", "/log-ins", {"provider": provider, **body}).get_json()["code"])

    return make


@pytest.fixture
def callback(control: Control) -> Callback:
    """The text of the page, unescaped."""

    def get(**query: str) -> str:
        return html.unescape(control("GET", "/callback", query_string=query).get_data(as_text=True))

    return get


def commands(page: str) -> list[list[str]]:
    """The words of every command on a page, as a shell splits them."""
    found = re.findall(r'<pre class="command"><code>(.*?)</code></pre>', page, re.DOTALL)
    return [shlex.split(command.replace("\\\n", "")) for command in found]


def run(http: Client, platform: Mock, words: list[str], variables: Mapping[str, str]) -> TestResponse:
    """Do what curl would do with these words."""
    url, fields = words[3], words[5::2]
    form = {name: variables.get(value, value) for name, _, value in (field.partition("=") for field in fields)}
    return http.post(urlsplit(url).path, data=form, base_url=platform.url)


def test_a_code_is_shown_whole(callback: Callback, code: Callable[..., str]) -> None:
    value = code()

    assert f"<code>{value}</code>" in callback(code=value, state="abc")


def test_it_says_whose_code_it_is_and_for_which_client(callback: Callback, code: Callable[..., str]) -> None:
    page = callback(code=code(user="656005750105"))

    reported = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    assert reported["Issued by"] == "CIS2"
    assert reported["For the client"] == "nhsauth-app"
    assert reported["For the person"] == "656005750105"
    assert reported["Redeemed"] == "not yet"


def test_it_says_how_old_a_code_is(callback: Callback, code: Callable[..., str], platform: Mock) -> None:
    value = code()

    platform.clock.advance(30)

    assert ", 30 s ago</dd>" in callback(code=value)


def test_the_command_redeems_a_code_of_cis2(
    callback: Callback, code: Callable[..., str], http: Client, platform: Mock
) -> None:
    (command,) = commands(callback(code=code()))

    answer = run(http, platform, command, {})

    assert (answer.status_code, answer.get_json()["token_type"]) == (200, "Bearer")


def test_a_client_of_cis2_that_is_registered_for_the_header_is_shown_that(
    callback: Callback, code: Callable[..., str], http: Client, platform: Mock
) -> None:
    platform.apps.change("nhsauth-app", cis2_auth_method="client_secret_basic")

    (command,) = commands(callback(code=code()))
    client_id, _, secret = command.pop(command.index("-u") + 1).partition(":")
    command.remove("-u")
    form = dict(field.split("=", 1) for field in command[5::2])
    answer = http.post(urlsplit(command[3]).path, data=form, base_url=platform.url, auth=(client_id, "nhsauth-secret"))

    assert (secret, "client_secret" in form, answer.status_code) == ("nhsauth-secret", False, 200)


def test_the_command_redeems_a_code_of_the_platform(callback: Callback, http: Client, platform: Mock) -> None:
    sent = http.get("/oauth2/authorize", query_string=REQUEST, base_url=platform.url)
    asked = urlsplit(sent.headers["Location"])
    back = http.get(asked.path, query_string=f"{asked.query}&nhsauth_user=656005750104", base_url=platform.url)
    arrived = http.get(back.headers["Location"].removeprefix(platform.url), base_url=platform.url)
    code = parse_qs(urlsplit(arrived.headers["Location"]).query)["code"][0]

    (command,) = commands(callback(code=code))
    answer = run(http, platform, command, {})

    assert command[3] == "http://127.0.0.1:8080/oauth2/token"
    assert (answer.status_code, answer.get_json()["token_type"]) == (200, "Bearer")


def test_an_app_that_signs_with_a_key_of_its_own_is_reported_the_audience(control: Control, callback: Callback) -> None:
    uri = "https://app.example/callback"
    control("POST", "/apps", {"client_id": "theirs", "redirect_uris": [uri], "jwks": {"keys": []}})
    sent = {"provider": "nhs_login", "client_id": "theirs", "nonce": "n"}

    page = callback(code=control("POST", "/log-ins", sent).get_json()["code"])

    assert "Redeem the code, with an assertion of your own for http://127.0.0.1:8080/token" in page
    assert [word for word in commands(page)[0] if word.startswith("redirect_uri=")] == [f"redirect_uri={uri}"]


def test_a_command_runs_nothing_that_a_redirect_uri_holds(control: Control, callback: Callback) -> None:
    uri = "https://app.example/callback?a=$(id)"
    control("POST", "/apps", {"client_id": "theirs", "redirect_uris": [uri]})

    page = callback(code=control("POST", "/log-ins", {"client_id": "theirs"}).get_json()["code"])

    assert f"--data-urlencode 'redirect_uri={uri}' \\\n" in page


def test_a_code_that_was_redeemed_is_not_offered_again(
    callback: Callback, code: Callable[..., str], http: Client, platform: Mock
) -> None:
    value = code()
    run(http, platform, commands(callback(code=value))[0], {})

    page = callback(code=value)

    assert "The code has been redeemed: it is good once." in page
    assert commands(page) == []


def test_a_code_that_has_expired_is_not_offered(callback: Callback, code: Callable[..., str], platform: Mock) -> None:
    value = code()
    platform.clock.advance(3600)

    page = callback(code=value)

    assert "The code has expired." in page
    assert commands(page) == []


def test_an_unknown_code_is_not_put_into_a_command(callback: Callback) -> None:
    page = callback(code="of-another-service")

    assert "This mock has not issued the code" in page
    assert commands(page) == []


def test_what_is_not_code_is_called_by_its_name(callback: Callback) -> None:
    assert "A code was due, and a client secret came" in callback(code="nhsauth-secret")


def test_an_error_is_shown_with_its_description(callback: Callback) -> None:
    page = callback(error="access_denied", error_description="ConsentNotGiven", state="abc")

    assert "<title>Error: The log-in failed" in page
    assert "<code>ConsentNotGiven</code>" in page


def test_without_anything_the_page_says_what_it_is_for(callback: Callback) -> None:
    assert "No code has arrived" in callback()


@pytest.mark.parametrize("query", [{"code": EVIL}, {"error": EVIL, "error_description": EVIL}, {EVIL: EVIL}])
def test_nothing_that_is_sent_is_taken_for_markup(control: Control, query: dict[str, str]) -> None:
    assert "<script" not in control("GET", "/callback", query_string=query).get_data(as_text=True)


def test_a_long_value_is_shown(callback: Callback) -> None:
    assert "x" * 10_000 in callback(code="x" * 10_000)


def test_the_page_has_the_headers_of_every_page(control: Control) -> None:
    answer = control("GET", "/callback")

    assert {name: answer.headers[name] for name in pages.SECURITY_HEADERS} == pages.SECURITY_HEADERS


@pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1:8080"])
def test_a_browser_may_be_redirected_here(control: Control, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}

    assert control("GET", "/callback", headers=headers).status_code == 200


def test_a_foreign_origin_is_refused_here_too(control: Control) -> None:
    assert control("GET", "/callback", headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_foreign_host_is_refused_here_too(control: Control) -> None:
    assert control("GET", "/callback", base_url="http://evil.example").status_code == 403


def test_null_is_a_foreign_origin_elsewhere(control: Control) -> None:
    assert control("GET", "/apps", headers={"Origin": "null"}).status_code == 403


@pytest.mark.parametrize("token", [None, "of-the-root"])
@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not on this machine")
def test_what_stands_there_works_when_it_is_pasted(
    provider: str, token: str | None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Mock(Configuration(control=ControlSettings(token=token)), ring=ring)
    monkeypatch.setenv("NHSAUTH_CONTROL_TOKEN", token or "")
    with platform.serving():
        redirect_uri = platform.apps.get("nhsauth-app").redirect_uris[0]
        code = platform.issue_code(provider, LogInRequest(client_id="nhsauth-app", nonce="n"), redirect_uri)
        page = requests.get(f"{platform.url}/_nhsauth/callback", {"code": code}, timeout=30).text
        assert "of-the-root" not in page
        (pasted,) = re.findall(r'<pre class="command"><code>(.*?)</code></pre>', page, re.DOTALL)

        done = subprocess.run(["bash"], input=html.unescape(pasted), capture_output=True, text=True, check=False)  # noqa: S607 - the reader's own

    assert json.loads(done.stdout.partition("\n\n")[2])["id_token"]


def test_the_secret_of_another_app_is_asked_for_and_not_shown(control: Control, callback: Callback) -> None:
    control(
        "POST",
        "/apps",
        {"client_id": "theirs", "client_secret": "only-theirs", "redirect_uris": ["https://a.example/"]},
    )

    page = callback(code=control("POST", "/log-ins", {"client_id": "theirs"}).get_json()["code"])

    assert '"client_secret=${CLIENT_SECRET:?set it first}"' in page
    assert "'client_secret' = $env:CLIENT_SECRET" in page
    assert "only-theirs" not in page


def test_powershell_runs_nothing_that_a_redirect_uri_holds(control: Control, callback: Callback) -> None:
    uri = "https://app.example/callback?a=$(id)'\u2019;id;"
    control("POST", "/apps", {"client_id": "theirs", "redirect_uris": [uri]})

    page = callback(code=control("POST", "/log-ins", {"client_id": "theirs"}).get_json()["code"])

    assert "'redirect_uri' = 'https://app.example/callback?a=$(id)''\u2019\u2019;id;'" in page


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_its_commands_are_powershell(
    callback: Callback, code: Callable[..., str], platform: Mock, provider: str, method: str
) -> None:
    platform.apps.change("nhsauth-app", cis2_auth_method=method)

    page = callback(code=code(provider, nonce="n"))

    (shown,) = re.findall(r'<pre class="command powershell"><code>(.*?)</code></pre>', page, re.DOTALL)
    assert faults(shown) == []
    assert "Invoke-RestMethod -Method 'POST' -Uri 'http://127.0.0.1:8080/" in shown


def test_where_a_control_token_is_set_its_commands_take_it_from_the_environment() -> None:
    asked = [Asked(variable="x", call="clock", member="now"), Asked(variable="y", call="a", member="b", body={"c": 1})]

    for_shell = shell.script("http://127.0.0.1:8080/_nhsauth", asked, takes_token=True)
    for_powershell = powershell.script("http://127.0.0.1:8080/_nhsauth", asked, takes_token=True)

    assert for_shell.count('-H "Authorization: Bearer ${NHSAUTH_CONTROL_TOKEN:?set it first}"') == 2
    assert for_powershell.count('-Headers @{ Authorization = "Bearer $env:NHSAUTH_CONTROL_TOKEN" }') == 2
    assert faults(for_powershell) == []
    assert "NHSAUTH_CONTROL_TOKEN" not in shell.script("http://127.0.0.1:8080/_nhsauth", asked)
