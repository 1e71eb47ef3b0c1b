"""`nhsauth worlds`: what a running mock has, and its end."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.mock import Mock

Run = Callable[..., Result]


@pytest.fixture
def url(platform: Mock) -> Iterator[str]:
    """Where a mock answers that has the world `team-a`."""
    with platform.serving():
        assert platform.worlds is not None
        platform.worlds.create("team-a")
        yield platform.url


@pytest.fixture
def run() -> Run:
    """Run the command."""
    return lambda *arguments: CliRunner().invoke(nhsauth, ["worlds", *arguments])


def test_they_are_listed(run: Run, url: str) -> None:
    result = run("list", "--server", url)

    assert (result.exit_code, result.output.split()) == (0, ["team-a", f"{url}/_worlds/team-a"])


def test_programs_get_json(run: Run, url: str) -> None:
    result = run("list", "--server", url, "--json")

    assert json.loads(result.output) == [
        {"name": "team-a", "url": f"{url}/_worlds/team-a", "control": f"{url}/_worlds/team-a/_nhsauth"}
    ]


def test_one_is_deleted(run: Run, url: str) -> None:
    result = run("delete", "team-a", "--server", url)

    assert (result.exit_code, result.output) == (0, "")
    assert run("list", "--server", url).output == ""


def test_one_that_is_not_there_is_a_no(run: Run, url: str) -> None:
    result = run("delete", "team b", "--server", url)

    assert (result.exit_code, result.output) == (
        1,
        f'Error: The mock at {url} refuses: No world is called "team b": GET /_nhsauth/worlds lists them.\n',
    )


@pytest.mark.parametrize("command", [["list"], ["delete", "x"]])
def test_where_no_mock_answers_the_answer_is_not(run: Run, url: str, platform: Mock, command: list[str]) -> None:
    assert platform._server is not None  # noqa: SLF001 - the port is free once it has stopped
    platform._server.stop()  # noqa: SLF001 - as above

    result = run(*command, "--server", url)

    assert (result.exit_code, result.output) == (
        1,
        f"Error: No mock answers at {url}: start one with `nhsauth serve`, or name another with --server\n",
    )


def test_what_is_not_url_is_misuse(run: Run) -> None:
    result = run("list", "--server", "localhost")

    assert (result.exit_code, result.output) == (2, 'Error: --server is "localhost"; allowed: http(s)://host:port\n')
