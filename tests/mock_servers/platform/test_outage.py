"""A state that is out of reach: no client gets a real service's sentence, and all is well once it is back."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import EnvironBuilder

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.outage import Outage
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.store import KINDS
from mock_servers.state.table import UnreachableStateError
from mock_servers.wire.wsgi import IN_PROCESS

HTTP = requests.Session()
HTTP.trust_env = False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def mock(file: Path, ring: KeyRing) -> Iterator[Mock]:
    backend = open_sqlite(file, KINDS)
    mock = Mock(ring=ring, backend=backend)
    with mock.serving():
        yield mock
    backend.close()


@pytest.fixture
def gone(mock: Mock, file: Path) -> Callable[[], object]:
    """Take the state away, and let the mock find out; what is given brings it back."""
    elsewhere = file.with_name("elsewhere")
    file.rename(elsewhere)
    assert HTTP.post(f"{mock.url}/oauth2/token", {"grant_type": "x"}, timeout=30).status_code == 503
    return lambda: elsewhere.rename(file)


PATHS = [
    *("/oauth2/token", "/oauth2/authorize?client_id=a", "/oauth2/userinfo", "/oauth2/_status", "/oauth2-mock/token"),
    *("/token", "/authorize", "/userinfo", "/.well-known/openid-configuration", "/nobody", "/hello-world/hello/world"),
    "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token",
    "/realms/NHS-Login-mock-internal-dev/protocol/openid-connect/token",
    "/v1/organizations/nhsd-nonprod/apps",
]
CONTROL = [f"/_nhsauth/{call}" for call in ("apps", "exchanges", "health", "users", "faults", "openapi.json", "status")]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("gone")
def test_every_service_answers_as_the_mock_itself(mock: Mock, file: Path, path: str, method: str) -> None:
    answer = HTTP.request(method, f"{mock.url}{path}", timeout=30)

    assert (answer.status_code, answer.json()) == (
        503,
        {"nhsauth": "state unreachable", "detail": f"{file}: No such file or directory"},
    )


@pytest.mark.parametrize("path", CONTROL)
@pytest.mark.usefixtures("gone")
def test_the_control_api_answers_with_a_problem(mock: Mock, file: Path, path: str) -> None:
    answer = HTTP.get(f"{mock.url}{path}", timeout=30)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": f"The state cannot be reached: {file}: No such file or directory",
            "nhsauth": "state unreachable",
        },
    )


def test_all_is_well_once_it_is_back(mock: Mock, gone: Callable[[], object]) -> None:
    assert HTTP.get(f"{mock.url}/_nhsauth/health", timeout=30).status_code == 503
    gone()

    assert HTTP.get(f"{mock.url}/_nhsauth/health", timeout=30).json()["status"] == "ok"
    assert HTTP.post(f"{mock.url}/oauth2/token", {"grant_type": "x"}, timeout=30).status_code == 400


@pytest.mark.usefixtures("gone")
def test_people_see_a_page(mock: Mock) -> None:
    answer = HTTP.get(f"{mock.url}/_nhsauth/", headers={"Accept": "text/html"}, timeout=30)
    style = HTTP.get(f"{mock.url}/_nhsauth/style.css", timeout=30)

    assert (answer.status_code, style.status_code) == (503, 200)
    assert "The state cannot be reached" in answer.text


@pytest.mark.usefixtures("gone")
def test_no_log_has_a_traceback(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        HTTP.post(f"{mock.url}/oauth2/token", {"grant_type": "x"}, timeout=30)

    records = [*caplog.get_records("setup"), *caplog.records]
    assert [(record.levelname, record.exc_info) for record in records] == [("ERROR", None)]


# the log

LOST = UnreachableStateError("state.db: disk I/O error")


def test_it_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    moment = [0.0]
    outage = Outage(lambda: None, lambda: moment[0])
    for now in (0, 1, 59, 60, 61, 121):
        moment[0] = float(now)
        outage.note(LOST)

    assert [record.getMessage() for record in caplog.records] == [
        f"The state cannot be reached ({LOST}); answered with 503 since the last such line: {count}"
        for count in (1, 3, 2)
    ]
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_call_of_the_mock_to_itself_is_not_answer() -> None:
    def lost(*_: Any) -> Any:
        raise LOST

    mock = Mock()
    object.__setattr__(mock.token_services[0].store.apps, "get", lost)
    environ = EnvironBuilder("/oauth2/authorize?client_id=nhsauth-app").get_environ()
    with pytest.raises(UnreachableStateError):
        mock({**environ, IN_PROCESS: True}, lambda *_: lost)
    body = b"".join(mock(environ, lambda *_: lost))

    assert json.loads(body)["nhsauth"] == "state unreachable"
