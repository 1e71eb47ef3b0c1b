"""What the page offers to paste into a shell works when it is pasted into a shell, after any mistake."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from mock_servers.control.suggested_command import corrected
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.pages import NextStep
from mock_servers.state.app import App
from mock_servers.state.configuration import Api, Configuration
from tests.powershell import faults

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("sh", "curl", "sed", "tr"))), reason="what is pasted needs a POSIX shell and curl"
)

APP = "nhsauth-app"
CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TIMEOUT = 30


@pytest.fixture(scope="module")
def served(ring: KeyRing) -> Iterator[Mock]:
    """A platform on a free port."""
    platform = Mock(ring=ring)
    with platform.serving():
        yield platform


def attempt(platform: Mock) -> NextStep:
    """What is offered for the last exchange."""
    step = corrected(platform, platform.exchanges.last, platform.url, f"{platform.url}/_nhsauth")
    assert step is not None
    assert faults(step.powershell) == [], step.powershell
    return step


def run(command: str, **environment: str) -> tuple[int, str]:
    """Paste into a shell; the status and body of the last answer that it prints."""
    done = subprocess.run(  # noqa: S603 - what our own page offers
        ["/bin/sh", "-eu", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "NO_PROXY": "*", **environment},
    )
    assert done.stderr == ""
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    return int(head.split()[1]), body


def send(platform: Mock, path: str, **form: str) -> None:
    requests.post(f"{platform.url}{path}", data=form, timeout=TIMEOUT)


def tried_again(platform: Mock) -> tuple[int, str, str]:
    """The status of what the page offers, the grant type of the request that it makes, and for whom."""
    status, _ = run(attempt(platform).command)
    last = platform.exchanges.last
    return status, last.path, str(last.grant_type)


def test_a_code_as_subject_token_becomes_a_token_exchange_of_the_same_person(served: Mock) -> None:
    code = served.issue_code(
        "nhs_login", LogInRequest(user="9912003072", client_id=APP), f"{served.url}/_nhsauth/callback"
    )
    send(served, "/oauth2/token", grant_type=EXCHANGE, subject_token=code)

    step = attempt(served)
    status, body = run(step.command)

    assert (step.title, status) == ("Try it corrected", 200)
    assert '"user": "9912003072"' in step.command
    assert "grant_type=authorization_code" in step.command, "the code is redeemed: that is the step that was missing"
    assert "id-tokens" not in step.command, "no token is made from nothing"
    assert json.loads(body)["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"


def test_powershell_is_offered_the_same_requests(served: Mock) -> None:
    code = served.issue_code("cis2", LogInRequest(client_id=APP), f"{served.url}/_nhsauth/callback")
    send(served, "/oauth2/token", grant_type=EXCHANGE, subject_token=code)

    step = attempt(served)

    lines = step.powershell.splitlines()
    assert lines[0] == f"$nhsauth = '{served.url}/_nhsauth'"
    assert lines[1] == "function Ask($call, $body, $member) {"
    assert lines[2].startswith("""  (Invoke-RestMethod -Method Post -Uri "$nhsauth/$call" -ContentType """)
    assert lines[5].startswith("""$code = Ask 'log-ins' '{"provider": "cis2", "user": """)
    assert lines[6] == f'$client_secret = (Invoke-RestMethod -Uri "$nhsauth/apps/{APP}").client_secret'
    assert lines[7] == f"$id_token = (Invoke-RestMethod -Method 'POST' -Uri '{served.url}{CIS2}/access_token' -Body @{{"
    assert lines[13] == "}).id_token"
    assert lines[-6:] == [
        "  'grant_type' = 'urn:ietf:params:oauth:grant-type:token-exchange'",
        "  'subject_token_type' = 'urn:ietf:params:oauth:token-type:id_token'",
        "  'subject_token' = $id_token",
        "  'client_assertion_type' = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
        "  'client_assertion' = $client_assertion",
        "}",
    ]
    for field in re.findall(r"--data-urlencode '?\"?([a-z_]+)=", step.command):
        assert f"  '{field}' = " in step.powershell


@pytest.mark.parametrize(
    ("path", "form", "grant"),
    [
        ("/oauth2/token", {}, "client_credentials"),
        ("/oauth2/token", {"grant_type": "password"}, "client_credentials"),
        ("/oauth2/token/", {"grant_type": "client_credentials"}, "client_credentials"),
        ("/oauth2/token", {"grant_type": "client_credentials", "client_id": APP}, "client_credentials"),
        ("/oauth2/token", {"grant_type": "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"}, EXCHANGE),
        ("/oauth2-mock/token", {"subject_token_type": "x"}, EXCHANGE),
        ("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "x"}, "refresh_token"),
        ("/oauth2-mock/token", {"grant_type": "refresh_token", "refresh_token": "x"}, "refresh_token"),
        ("/oauth2/token", {"grant_type": "authorization_code", "code": "x"}, "authorization_code"),
        ("/oauth2-mock/token", {"grant_type": "authorization_code", "code": "x"}, "authorization_code"),
    ],
)
def test_a_refused_token_request_becomes_one_that_works(
    served: Mock, path: str, form: dict[str, str], grant: str
) -> None:
    send(served, path, **form)

    assert tried_again(served) == (200, f"{path.rstrip('/')}", grant)


@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"])
@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
def test_a_refused_request_to_a_provider_becomes_one_that_works(served: Mock, provider: str, grant: str) -> None:
    asked = served.providers[provider].provider
    send(served, asked.endpoint("token"), grant_type=grant, code="x")

    made = grant if provider == "nhs_login" else "authorization_code"
    assert tried_again(served) == (200, asked.endpoint("token"), made)


@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt"])
def test_a_client_of_cis2_proves_itself_as_is_registered(ring: KeyRing, method: str) -> None:
    platform = Mock(ring=ring)
    platform.apps.change(APP, cis2_auth_method=method, cis2_signing_algorithm="RS256", client_secret="a b&c")
    with platform.serving():
        send(platform, f"{CIS2}/access_token", grant_type="authorization_code", code="x")

        assert tried_again(platform)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/oauth2/userinfo",
        "/hello-world/hello/user",
        "/hello-world/hello/application",
        "/userinfo",
        f"{CIS2}/userinfo",
    ],
)
def test_a_call_with_a_wrong_token_becomes_one_with_a_right_one(served: Mock, path: str) -> None:
    requests.get(f"{served.url}{path}", headers={"Authorization": "Bearer x"}, timeout=TIMEOUT)

    status, _ = run(attempt(served).command)

    assert (status, served.exchanges.last.path) == (200, path)


def test_a_wrong_api_key_becomes_the_apps(served: Mock) -> None:
    requests.get(f"{served.url}/hello-world/hello/application", headers={"apikey": "x"}, timeout=TIMEOUT)

    assert run(attempt(served).command) == (200, '{"message":"Hello Application!"}')


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        ({}, "authorization"),
        ({"Authorization": "Bearer x"}, "authorization"),
        ({"apikey": "x"}, "apikey"),
        ({"apikey": "x", "Authorization": "Bearer x"}, "authorization"),
    ],
)
def test_a_key_is_sent_only_where_a_key_alone_was_sent(served: Mock, sent: dict[str, str], right: str) -> None:
    requests.get(f"{served.url}/hello-world/hello/application", headers=sent, timeout=TIMEOUT)

    status, _ = run(attempt(served).command)

    headers = served.exchanges.last.request["headers"]
    assert (status, [each for each in ("apikey", "authorization") if each in headers]) == (200, [right])


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/oauth2-mock/authorize", "/authorize", f"{CIS2}/authorize"])
def test_a_refused_authorization_request_becomes_one_that_is_sent_on(served: Mock, path: str) -> None:
    requests.get(f"{served.url}{path}?client_id=x", timeout=TIMEOUT, allow_redirects=False)

    status, _ = run(attempt(served).command)

    assert status == 302
    assert (served.exchanges.last.path, served.exchanges.last.refusal) == (path, None)


def test_a_success_becomes_one_like_it(served: Mock) -> None:
    run(_client_credentials(served))

    step = attempt(served)

    assert (step.title, run(step.command)[0]) == ("Repeat this request", 200)


def _client_credentials(platform: Mock) -> str:
    send(platform, "/oauth2/token", grant_type="client_credentials")
    return attempt(platform).command


def test_an_app_whose_key_the_mock_does_not_hold_brings_its_own_assertion(ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    own = platform.client_assertion(APP)
    jwks = platform.apps.jwks(platform.apps.get(APP))
    platform.apps.change(APP, jwks=jwks, make_key=False)
    with platform.serving():
        command = _client_credentials(platform)

        refused = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)  # noqa: S603 - our own
        assert f"CLIENT_ASSERTION: set it to an assertion for {platform.url}/oauth2/token" in refused.stderr
        sent = run(command, CLIENT_ASSERTION=own)
    assert "aud" in str(platform.exchanges.last.diagnosis), "the assertion was made for another URL, and arrived"
    assert sent[0] == 401


@pytest.mark.parametrize("client_id", ["it's", '$(touch "x")`id`', "a b&c=d\\", "-i"])
def test_nothing_that_was_sent_is_run(ring: KeyRing, client_id: str) -> None:
    platform = Mock(ring=ring)
    app = replace(platform.apps.get(APP), client_id=client_id, redirect_uris=("http://127.0.0.1:9/$(id)'",))
    platform.apps.remove(APP)
    platform.apps.add(app)
    with platform.serving():
        for path, form in (
            ("/oauth2/token", {"grant_type": "client_credentials"}),
            ("/oauth2/token", {"grant_type": "authorization_code"}),
            (f"{CIS2}/access_token", {"grant_type": "authorization_code"}),
        ):
            send(platform, path, **form)

            assert tried_again(platform)[0] == 200, path


@pytest.mark.parametrize(
    ("scopes", "is_open"),
    [
        (("urn:nhsd:apim:user-nhs-cis2:aal2:my-api",), False),
        (("urn:nhsd:apim:user-nhs-login:P5:my-api",), False),
        (("urn:nhsd:apim:app:level3:my-api",), False),
        (("urn:nhsd:apim:app:level0:my-api",), False),
        ((), False),
        ((), True),
    ],
)
def test_a_refused_call_of_a_teams_own_api_becomes_one_that_opens_it(
    ring: KeyRing, served: Mock, scopes: tuple[str, ...], *, is_open: bool
) -> None:
    own = Api(path="/my-api", upstream=f"{served.url}/hello-world/hello", scopes=scopes, open=is_open)
    platform = Mock(Configuration(apis=(own,)), ring=ring)
    platform.apps.change(APP, scopes=(*platform.apps.get(APP).scopes, *scopes))
    with platform.serving():
        requests.get(f"{platform.url}/my-api/world", headers={"Authorization": "Bearer x"}, timeout=TIMEOUT)

        assert run(attempt(platform).command) == (200, '{"message":"Hello World!"}')


def test_where_no_command_can_begin_none_is_offered(served: Mock) -> None:
    for path in ("/oauth2/backchannel_logout", f"{CIS2}/connect/endSession", "/no/such/api"):
        requests.get(f"{served.url}{path}", timeout=TIMEOUT)

        assert corrected(served, served.exchanges.last, served.url, f"{served.url}/_nhsauth") is None


def test_an_app_that_nothing_can_be_done_with_gives_way_to_another(ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    platform.apps.change(APP, approved=False)
    platform.apps.add(App(client_id="other", client_secret="s", name="other", key_name=APP, kid="nhsauth-1"))
    with platform.serving():
        send(platform, "/oauth2/token", grant_type="client_credentials", client_id=APP)

        assert '"client_id": "other"' in attempt(platform).command
        assert tried_again(platform)[0] == 200


def test_without_any_sound_app_nothing_is_offered(ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    platform.apps.change(APP, approved=False)
    with platform.serving():
        send(platform, "/oauth2/token", grant_type="client_credentials")

        assert corrected(platform, platform.exchanges.last, platform.url, f"{platform.url}/_nhsauth") is None
