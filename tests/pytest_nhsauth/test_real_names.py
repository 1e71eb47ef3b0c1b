"""Clients in a test's own process, and those that it starts, call the real host names and meet the mock."""

from __future__ import annotations

import functools
import http.client
import json
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from mock_servers.mock import Mock
from pytest_nhsauth import ClientAssertionFactory, IdTokenFactory, Platform, RealNames
from pytest_nhsauth.real_names import reached
from tests.processes import python

freezegun = pytest.importorskip("freezegun", reason="the group test brings freezegun")
time_machine = pytest.importorskip("time_machine", reason="the group test brings time-machine")

Run = Callable[..., pytest.RunResult]
HOST = "int.api.service.nhs.uk"
TOKEN_URL = f"https://{HOST}/oauth2/token"
CIS2 = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
FOUNDING = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


@pytest.fixture
def form(
    nhsauth_real_names: RealNames, nhsauth_client_assertion: ClientAssertionFactory, nhsauth_id_token: IdTokenFactory
) -> dict[str, str]:
    """A right token exchange, as a client of the real platform would send it."""
    assert nhsauth_real_names.hosts
    return {**FOUNDING, "client_assertion": nhsauth_client_assertion(), "subject_token": nhsauth_id_token()}


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_what_the_fixtures_sign_names_the_real_urls(form: dict[str, str]) -> None:
    assert claims(form["client_assertion"])["aud"] == TOKEN_URL
    assert claims(form["subject_token"])["iss"] == CIS2


def test_requests_gets_the_400_and_the_200(
    form: dict[str, str], nhsauth_client_assertion: ClientAssertionFactory
) -> None:
    wrong = requests.post(TOKEN_URL, {**form, "subject_token": "a-code"}, timeout=30)
    right = requests.post(TOKEN_URL, {**form, "client_assertion": nhsauth_client_assertion()}, timeout=30)

    assert (wrong.status_code, wrong.json()["error_description"]) == (400, "Malformed JWT in subject_token")
    assert (right.status_code, right.json()["token_type"]) == (200, "Bearer")


@pytest.fixture
def _opened_before() -> Iterator[None]:
    """Somebody in this process has used urlopen without the real names, and will use it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib.request, "_opener", None)
        urllib.request.urlopen("data:,").close()  # noqa: S310 - no address at all
        yield
        urllib.request.urlopen("data:,").close()  # noqa: S310 - no address at all


@pytest.mark.usefixtures("_opened_before", "nhsauth_real_names")
def test_urllib_reaches_the_mock_though_it_was_used_before() -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(TOKEN_URL, b"grant_type=nonsense", timeout=30)

    assert json.load(caught.value)["error"] == "unsupported_grant_type"


@pytest.mark.usefixtures("nhsauth_real_names")
def test_urllib_reaches_the_mock() -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(TOKEN_URL, b"grant_type=nonsense", timeout=30)

    assert json.load(caught.value)["error"] == "unsupported_grant_type"


@pytest.mark.usefixtures("nhsauth_real_names")
def test_a_connection_that_knows_no_proxy_reaches_the_mock() -> None:
    connection = http.client.HTTPSConnection(HOST, timeout=30)
    connection.request("GET", "/oauth2/_ping")
    status = connection.getresponse().status
    connection.close()

    assert status == 200


@pytest.mark.parametrize("year", ["1999", "2049"])
@pytest.mark.parametrize("stopped_by", [freezegun.freeze_time, functools.partial(time_machine.travel, tick=False)])
def test_time_that_a_test_has_stopped_does_not_reach_tls(
    nhsauth: Platform, tmp_path: Path, stopped_by: Callable[[str], AbstractContextManager[object]], year: str
) -> None:
    with stopped_by(f"{year}-01-01"), nhsauth.real_names(tmp_path) as known, reached(known):
        connection = http.client.HTTPSConnection(HOST, timeout=30)
        connection.request("GET", "/oauth2/_ping")
        status = connection.getresponse().status
        connection.close()

    assert status == 200


@pytest.mark.usefixtures("nhsauth_real_names")
def test_a_program_that_is_started_reaches_the_mock() -> None:
    code = f"import urllib.request; print(urllib.request.urlopen('https://{HOST}/oauth2/_ping', timeout=30).status)"

    done = python(code)

    assert done.stdout == "200\n"


def test_another_host_is_refused_by_the_proxy(nhsauth_real_names: RealNames) -> None:
    assert nhsauth_real_names.url.startswith("http://127.0.0.1:")
    with pytest.raises(requests.exceptions.ProxyError, match=r"403 www\.example\.com is no host of this mock"):
        requests.get("https://www.example.com/", timeout=30)


@pytest.mark.usefixtures("nhsauth_real_names")
@pytest.mark.parametrize("port", [80, None, "http"])
def test_another_port_of_a_real_host_is_not_looked_up(port: int | str | None) -> None:
    with pytest.raises(socket.gaierror, match=rf"nhsauth plays '{HOST}' on port 443 alone"):
        socket.getaddrinfo(HOST, port)


@pytest.mark.usefixtures("nhsauth_real_names")
def test_other_names_are_looked_up_as_ever() -> None:
    assert socket.getaddrinfo("127.0.0.1", 443)[0][4] == ("127.0.0.1", 443)


def test_the_combined_log_in_begins_at_the_real_name(nhsauth: Platform, nhsauth_real_names: RealNames) -> None:
    app = nhsauth.app()
    query = f"response_type=code&client_id={app.client_id}&redirect_uri={app.redirect_uri}&state=s"

    end = nhsauth.log_in(f"https://{nhsauth_real_names.hosts[0]}/oauth2/authorize?{query}", user="656005750104")

    assert end.startswith(f"{app.redirect_uri}?code=")


def test_the_mocks_own_url_stays_good(nhsauth: Platform, form: dict[str, str]) -> None:
    assert requests.post(nhsauth.token_url, form, timeout=30).status_code == 200


def test_all_is_undone_after_the_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import os, socket, ssl
        import pytest

        BEFORE = dict(os.environ), socket.getaddrinfo

        def test_with(nhsauth_real_names):
            assert os.environ["HTTPS_PROXY"] == nhsauth_real_names.url
            assert socket.getaddrinfo is not BEFORE[1]

        def test_without(nhsauth):
            environ = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
            assert (environ, socket.getaddrinfo) == ({k: v for k, v in BEFORE[0].items() if k in environ}, BEFORE[1])
            with pytest.raises(ValueError, match="is no URL of this mock"):
                nhsauth.log_in("https://int.api.service.nhs.uk/oauth2/authorize", user="656005750104")
            host, port = nhsauth.url.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as sock, pytest.raises(ssl.SSLError):
                ssl.create_default_context().wrap_socket(sock, server_hostname="localhost")
        """
    )

    assert run("-p", "no:randomly").parseoutcomes() == {"passed": 2}


EVERYWHERE = """
    import os

    def test_of_the_mock(nhsauth):
        assert os.environ["HTTPS_PROXY"] == nhsauth.url

    def test_of_something_else():
        assert "NHSAUTH_URL" not in os.environ
"""


@pytest.mark.parametrize("place", ["option", "environment", "ini"])
def test_the_option_plays_them_in_every_test_that_uses_the_mock(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    pytester.makepyfile(EVERYWHERE)
    source = {
        "option": "--nhsauth-real-names",
        "environment": "NHSAUTH_REAL_NAMES",
        "ini": "nhsauth_real_names of the ini",
    }
    if place == "environment":
        monkeypatch.setenv("NHSAUTH_REAL_NAMES", "1")
    if place == "ini":
        pytester.makeini("[pytest]\nnhsauth_real_names = true\n")

    outcome = run(*(["--nhsauth-real-names"] if place == "option" else []))

    assert outcome.parseoutcomes() == {"passed": 2}
    outcome.stdout.fnmatch_lines([f"nhsauth: real names ({source[place]})"])


def test_the_environment_can_say_no_to_the_ini(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NHSAUTH_REAL_NAMES", "0")
    pytester.makeini("[pytest]\nnhsauth_real_names = true\n")
    pytester.makepyfile("import os\ndef test_it(nhsauth): assert 'NHSAUTH_URL' not in os.environ")

    assert run().parseoutcomes() == {"passed": 1}


def test_a_word_that_is_neither_yes_nor_no_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHSAUTH_REAL_NAMES", "perhaps")

    run().stderr.fnmatch_lines(["*nhsauth: NHSAUTH_REAL_NAMES is 'perhaps'; allowed: 1 or true or yes or on or *"])


def test_at_a_running_mock_without_tls_the_tests_of_real_names_are_skipped_by_name(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        """
        def test_it(nhsauth_real_names): raise AssertionError
        def test_another(nhsauth): pass
        """
    )

    with Mock().serving() as server:
        outcome = run("-rs", "--nhsauth-target", server.url)

    assert outcome.parseoutcomes() == {"skipped": 1, "passed": 1}
    outcome.stdout.fnmatch_lines(
        [f"SKIPPED *nhsauth_real_names cannot work: the mock at {server.url} speaks no TLS: start it with *--tls"]
    )


def test_a_whole_run_by_real_names_at_a_running_mock_without_tls_is_a_usage_error(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile("def test_it(nhsauth): pass")

    with Mock().serving() as server:
        outcome = run("--nhsauth-real-names", "--nhsauth-target", server.url)

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(
        [f"ERROR: nhsauth: real names (--nhsauth-real-names) cannot be used: the mock at {server.url} speaks no TLS: *"]
    )


@pytest.mark.slow
def test_in_a_worker_it_is_one_line_a_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(nhsauth): pass")

    with Mock().serving() as server:
        outcome = run("-n1", "--nhsauth-real-names", "--nhsauth-target", server.url, subprocess=True)

    assert outcome.parseoutcomes() == {"errors": 1}
    outcome.stdout.fnmatch_lines([f"*the mock at {server.url}/_worlds/* speaks no TLS: start it with *--tls*"])


def test_a_running_mock_with_tls_is_used(
    pytester: pytest.Pytester, run: Run, nhsauth: Platform, nhsauth_real_names: RealNames
) -> None:
    pytester.makepyfile(
        f"""
        import requests

        def test_it(nhsauth_real_names):
            assert requests.get("https://{HOST}/oauth2/_ping", timeout=30).status_code == 200
        """
    )

    assert nhsauth.url.startswith(nhsauth_real_names.url)
    assert run("--nhsauth-target", nhsauth.url).parseoutcomes() == {"passed": 1}


def test_a_client_that_knows_no_proxy_is_in_the_session_s_world_as_well(
    pytester: pytest.Pytester, run: Run, nhsauth: Platform, nhsauth_real_names: RealNames
) -> None:
    pytester.makepyfile(
        f"""
        import http.client
        import ssl

        KEPT = []

        def test_it(nhsauth, nhsauth_real_names):
            for _ in range(3):
                connection = http.client.HTTPSConnection("{HOST}", context=ssl.create_default_context(), timeout=30)
                KEPT.append(connection)
                connection.request("POST", "/oauth2/token")
                assert connection.getresponse().read()
            assert len(nhsauth.exchanges) == 3

        def test_what_was_left_open_is_ended():
            for connection in KEPT:
                assert connection.sock.recv(1) == b""
                connection.close()
        """
    )

    outcome = run("-p", "no:randomly", "--nhsauth-target", nhsauth_real_names.url)

    assert outcome.parseoutcomes() == {"passed": 2}
    assert len(nhsauth.exchanges) == 0


def test_what_the_fixtures_sign_at_a_running_mock_names_the_real_urls_and_a_log_in_begins_there(
    pytester: pytest.Pytester, run: Run, nhsauth: Platform, nhsauth_real_names: RealNames
) -> None:
    pytester.makepyfile(
        f"""
        import jwt
        import requests

        def claims(token):
            return jwt.decode(token, options={{"verify_signature": False}})

        def test_it(nhsauth, nhsauth_real_names, nhsauth_client_assertion, nhsauth_id_token):
            assertion, id_token = nhsauth_client_assertion(), nhsauth_id_token()
            form = {{**{FOUNDING!r}, "client_assertion": assertion, "subject_token": id_token}}
            app = nhsauth.app()
            query = f"response_type=code&client_id={{app.client_id}}&redirect_uri={{app.redirect_uri}}&state=s"

            end = nhsauth.log_in(f"https://{HOST}/oauth2/authorize?{{query}}", user="656005750104")

            assert claims(assertion)["aud"] == "{TOKEN_URL}"
            assert claims(id_token)["iss"] == "{CIS2}"
            assert requests.post("{TOKEN_URL}", form, timeout=30).json()["token_type"] == "Bearer"
            assert end.startswith(f"{{app.redirect_uri}}?code=")

        def test_without_them_it_names_the_mocks_own(nhsauth, nhsauth_client_assertion):
            assert claims(nhsauth_client_assertion())["aud"] == nhsauth.token_url
        """
    )

    assert nhsauth_real_names.hosts
    assert run("--nhsauth-target", nhsauth.url).parseoutcomes() == {"passed": 2}


def test_the_library_of_tls_sees_the_files(nhsauth_real_names: RealNames) -> None:
    assert ssl.get_default_verify_paths().cafile == str(nhsauth_real_names.store.bundle)
    assert os.environ["SSL_CERT_FILE"] == str(nhsauth_real_names.store.bundle)
