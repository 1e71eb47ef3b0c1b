"""The fixture `nhsauth_gateway`: a team's own API behind the platform, by URL or as a WSGI application."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from pytest_nhsauth.gateway import gateway

Run = Callable[..., pytest.RunResult]

TESTS = """
import pytest
import requests

AAL3 = "urn:nhsd:apim:user-nhs-cis2:aal3:my-api"


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]


def called(url, token):
    return requests.get(f"{url}/Patient/1", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("level, expected", [("aal3", 200), ("aal2", 403)])
def test_the_level_decides(nhsauth_gateway, nhsauth_client, nhsauth_id_token, level, expected):
    url = nhsauth_gateway(app, scopes=[AAL3])
    token = nhsauth_client.token_exchange(nhsauth_id_token(level=level)).access_token

    assert called(url, token).status_code == expected


def test_what_reaches_it_is_the_path_below_its_own(nhsauth_gateway):
    assert requests.get(nhsauth_gateway(app, open=True) + "/Patient/1").text == "/Patient/1"


def test_each_has_a_path_of_its_own(nhsauth_gateway, nhsauth):
    urls = [nhsauth_gateway(app, open=True), nhsauth_gateway(app, open=True), nhsauth_gateway(app, path="/mine")]

    assert urls == [f"{nhsauth.url}/api", f"{nhsauth.url}/api-2", f"{nhsauth.url}/mine"]
    assert requests.get(urls[2]).status_code == 401


def test_it_is_there_for_the_test_alone(nhsauth, nhsauth_app):
    assert requests.get(f"{nhsauth.url}/api").status_code == 404
    assert AAL3 not in nhsauth.apps.get(nhsauth_app.client_id).scopes


def test_without_subscribing_the_app_has_no_such_scope(nhsauth, nhsauth_app, nhsauth_gateway):
    nhsauth_gateway(app, scopes=[AAL3], subscribe=False)

    assert AAL3 not in nhsauth.apps.get(nhsauth_app.client_id).scopes
"""


def test_a_wsgi_application_stands_behind_the_gateway(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TESTS)

    assert run().parseoutcomes() == {"passed": 6}


def test_so_it_does_behind_a_mock_that_runs_elsewhere(pytester: pytest.Pytester, run: Run, ring: KeyRing) -> None:
    pytester.makepyfile(TESTS)

    with Mock(ring=ring).serving() as server:
        outcome = run(f"--nhsauth-target={server.url}")

    assert outcome.parseoutcomes() == {"passed": 6}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("nhsauth_gateway('127.0.0.1:9')", 'api.upstream is "127.0.0.1:9"; allowed: a URL such as'),
        ("nhsauth_gateway(3)", "upstream is 3; allowed: a URL, or a WSGI application"),
        ("nhsauth_gateway(URL, path='/token')", 'api.path is "/token"; allowed: a path such as'),
        ("nhsauth_gateway(URL, scopes='urn:x')", 'api.scopes is "urn:x"; allowed: a list'),
        ("nhsauth_gateway(URL, scopes=['urn:nhsd:apim:app:level3:x'], open=True)", "api.open is true; allowed: false"),
        ("[nhsauth_gateway(URL, path='/a') for _ in 'ab']", "an API is at *'/a'* already"),
    ],
)
def test_what_does_not_fit_is_one_line(pytester: pytest.Pytester, run: Run, call: str, message: str) -> None:
    pytester.makepyfile(f"URL = 'http://127.0.0.1:9'\ndef test_it(nhsauth_gateway):\n    {call}")

    outcome = run()

    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines([f"E*{message.replace('[', '[[]')}*"])
    outcome.stdout.no_fnmatch_line("*members.py*")


def test_a_mock_on_another_host_cannot_reach_an_application_here() -> None:
    elsewhere = cast("Any", SimpleNamespace(url="http://192.0.2.7:8080"))  # RFC 5737: no machine has this address

    with (
        gateway(elsewhere) as put,
        pytest.raises(ValueError, match=r"^upstream is a WSGI application, .* the mock at http://192\.0\.2\.7:8080 is"),
    ):
        put(lambda _environ, _start_response: [])
