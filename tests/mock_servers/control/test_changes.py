"""What the log says of calls that change something: who, what, and in which world."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.control import changes, status
from mock_servers.control.app import CALLS
from mock_servers.control.calls import DONE
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.access import Caller
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration

Control = Callable[..., TestResponse]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Any]]:
    """The lines of changes so far: their text, their members for programs, and their worlds."""
    caplog.set_level(logging.INFO, "mock_servers.control")
    return lambda: [each for each in caplog.records if hasattr(each, "control")]


def test_a_change_is_logged(control: Control, logged: Callable[[], list[Any]]) -> None:
    control("PUT", "/clock", {"advance": 60})

    (line,) = logged()
    assert line.getMessage() == "PUT /_nhsauth/clock 200 (setClock by open)"
    assert line.control == {
        "who": "open",
        "what": "setClock",
        "method": "PUT",
        "path": "/_nhsauth/clock",
        "status": 200,
    }
    assert (line.world, line.levelname) == ("root", "INFO")


def test_who_is_the_caller_that_the_guard_has_found(ring: KeyRing, logged: Callable[[], list[Any]]) -> None:
    mock = Mock(Configuration(control=ControlSettings(token="of-the-root")), ring=ring)

    headers = {"Authorization": "Bearer of-the-root"}
    Client(mock).post("/_nhsauth/reset", base_url=mock.url, headers=headers).close()

    assert [line.getMessage() for line in logged()] == ["POST /_nhsauth/reset 204 (reset by root)"]


def test_a_change_of_a_world_is_logged_as_that_world_s(
    control: Control, http: Client, platform: Mock, logged: Callable[[], list[Any]]
) -> None:
    control("POST", "/worlds", {"name": "team-a"})
    http.post("/_worlds/team-a/_nhsauth/reset", base_url=platform.url).close()
    control("DELETE", "/worlds/team-a")

    assert [(line.world, line.control["what"], line.control["path"]) for line in logged()] == [
        ("team-a", "addWorld", "/_nhsauth/worlds"),
        ("team-a", "reset", "/_worlds/team-a/_nhsauth/reset"),
        ("team-a", "removeWorld", "/_nhsauth/worlds/team-a"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/apps", None),
        ("POST", "/explain", {"value": "x"}),
        ("POST", "/apps", {"nobody": "has this member"}),
        ("DELETE", "/apps/nobody", None),
        ("PUT", "/nowhere", {}),
    ],
)
def test_what_changes_nothing_is_not_logged(
    control: Control, logged: Callable[[], list[Any]], method: str, path: str, body: object
) -> None:
    control(method, path, body)

    assert logged() == []


def test_no_body_is_logged(control: Control, logged: Callable[[], list[Any]]) -> None:
    control("PUT", "/apps/mine", {"client_secret": "sesame"})

    (line,) = logged()
    assert "sesame" not in f"{line.getMessage()}{line.control}"


def test_a_path_is_one_line_of_ascii(logged: Callable[[], list[Any]]) -> None:
    path = "/apps/a\n09:00:00\x1b[2J\u202e"

    changes.log(status.reset, DONE, {"SCRIPT_NAME": "/_nhsauth", "PATH_INFO": path}, Caller("open"), "root")

    assert [line.getMessage() for line in logged()] == [
        r"POST /_nhsauth/apps/a\n09:00:00\x1b[2J\u202e 204 (reset by open)"
    ]


def test_every_call_but_reading_ones_is_a_change() -> None:
    assert {call.name for call in CALLS if call.method != "GET" and not call.changes} == {"explain"}
