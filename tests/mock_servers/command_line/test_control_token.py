"""The control token of `nhsauth serve`: where it is found, what is said of it, and the commands that send it."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import local

import pytest
import requests
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings, ControlTokenError, with_root_token
from mock_servers.state.configuration import Configuration
from tests.mock_servers.control import many_teams
from tests.processes import finished
from tests.served import NHSAUTH, Serve

TOKEN = "of-the-root"
VARIABLE = "NHSAUTH_CONTROL_TOKEN"
OF_FILE = "NHSAUTH_CONTROL_TOKEN_FILE"
TIMEOUT = 60

Run = Callable[..., Result]


# where it is found


def found(settings: ControlSettings, **environ: str) -> str | None:
    return with_root_token(settings, environ).token


def test_the_variable_comes_before_its_file_and_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("of-the-file\n")

    assert found(ControlSettings()) is None
    assert found(ControlSettings(token="set")) == "set"
    assert found(ControlSettings(token_file=str(file))) == "of-the-file"
    assert found(ControlSettings(token="set"), **{OF_FILE: str(file)}) == "of-the-file"
    assert found(ControlSettings(token="set"), **{VARIABLE: "of-the-variable"}) == "of-the-variable"


@pytest.mark.parametrize(
    ("settings", "environ", "said"),
    [
        ({}, {VARIABLE: "x", OF_FILE: "y"}, f"{VARIABLE} and {OF_FILE} are both set; allowed: one of them"),
        ({}, {VARIABLE: ""}, f"{VARIABLE} is empty; allowed: a token as RFC 6750 has it: .*"),
        ({}, {VARIABLE: "two words"}, rf"{VARIABLE} is … \(9 characters\); allowed: a token as RFC 6750 has it: .*"),
        ({}, {OF_FILE: "nowhere"}, rf'{OF_FILE} is "nowhere", which cannot be read \(No such file.*\); allowed: .*'),
        ({"token_file": "nowhere"}, {}, r'control\.token_file is "nowhere", which cannot be read .*'),
        ({"token_file": "empty"}, {}, r'The token in "empty" \(control\.token_file\) is empty; allowed: .*'),
        ({"token_file": "binary"}, {}, r'The token in "binary" \(control\.token_file\) is … \(2 characters\); .*'),
        ({"teams": {"a": "x"}}, {}, r"control\.teams names teams, and there is no root token; allowed: .*"),
        ({"teams": {"a": "x"}}, {VARIABLE: "x"}, r"control\.teams\.a is the root token; allowed: another token .*"),
    ],
)
def test_a_token_that_cannot_be_used_is_named(
    settings: dict[str, str], environ: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    with pytest.raises(ControlTokenError) as refused:
        with_root_token(ControlSettings(**settings), environ)  # type: ignore[arg-type] # teams are a mapping

    assert re.fullmatch(said, str(refused.value))


# serve


def apps(url: str, token: str | None = None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(f"{url}/_nhsauth/apps", headers=headers, timeout=TIMEOUT).status_code


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="there are no workers on Windows")
def test_thirty_teams_share_two_workers_and_no_world(serve: Serve, tmp_path: Path) -> None:
    teams = "".join(f'{name} = "{token}"\n' for name, token in many_teams.TEAMS.items())
    (tmp_path / "nhsauth.toml").write_text(f'[control]\ntoken = "{TOKEN}"\n[control.teams]\n{teams}')
    served, kept = serve("--workers", "2", "--log-level", "error"), local()

    def ask(method: str, path: str, token: str, body: object = None) -> many_teams.Answer:
        session = vars(kept).setdefault("session", requests.Session())
        headers = {"Authorization": f"Bearer {token}"}
        answer = session.request(method, f"{served.url}{path}", headers=headers, json=body, timeout=TIMEOUT)
        return answer.status_code, answer.json() if answer.content else None

    many_teams.try_each_others_worlds(ask)


@pytest.mark.parametrize("place", ["variable", "file of the variable", "setting", "file of the setting"])
def test_serve_takes_the_token_from_each_place(
    serve: Serve, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(f"{TOKEN}\n")
    if "setting" in place:
        line = f'token = "{TOKEN}"' if place == "setting" else 'token_file = "secret"'
        (tmp_path / "nhsauth.toml").write_text(f"[control]\n{line}\n")
    elif place == "variable":
        monkeypatch.setenv(VARIABLE, TOKEN)
    else:
        monkeypatch.setenv(OF_FILE, str(tmp_path / "secret"))

    served = serve()

    assert (apps(served.url), apps(served.url, TOKEN), apps(served.url, "x")) == (401, 200, 401)
    assert requests.get(f"{served.url}/_nhsauth/health", timeout=TIMEOUT).status_code == 200
    assert TOKEN not in served.ready + "".join(served.end())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="there are no workers on Windows")
def test_every_worker_and_the_control_port_ask_for_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    served = serve("--workers", "2", "--control-port", "0", "--json")
    ready = json.loads(served.ready)
    control = ready["control_url"]

    def asked(method: str, path: str, token: str | None) -> requests.Response:
        headers = {"Connection": "close"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        return requests.request(method, f"{control}{path}", headers=headers, timeout=TIMEOUT)

    world = asked("POST", "/_nhsauth/worlds", TOKEN).json()
    path = f"/_worlds/{world['name']}/_nhsauth/apps"

    for token, status in ((None, 401), (TOKEN, 200), (world["token"], 200), (f"{world['token']}x", 401)):
        assert {asked("GET", path, token).status_code for _ in range(8)} == {status}
    assert asked("GET", "/_nhsauth/apps", world["token"]).status_code == 403


WITH_TOKEN = (
    "log in and get tokens of this mock: use it for test data alone. Its keys, apps and exchanges are behind the "
    "control token; "
)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "have this mock's keys and tokens: use it for test data alone."),
        ('[control]\ntoken = "of-the-root"\n', f"{WITH_TOKEN}each world has its own token."),
        (
            '[control]\ntoken = "of-the-root"\nteams = { a = "of-a" }\n',
            f"{WITH_TOKEN}its teams have their tokens, each for worlds of its own.",
        ),
    ],
)
def test_at_another_address_one_line_says_what_is_open_to_whom(
    serve: Serve, tmp_path: Path, text: str, what: str
) -> None:
    (tmp_path / "nhsauth.toml").write_text(text)

    _, log = serve("--host", "0.0.0.0").end()  # noqa: S104 - that is the point

    assert re.fullmatch(rf"\S+ WARNING \[root\] Anyone who can reach 0\.0\.0\.0 can {re.escape(what)}\n", log)


def test_serve_does_not_start_without_the_token_that_it_should_have(tmp_path: Path) -> None:
    environ = {**os.environ, OF_FILE: "/run/secrets/nothing"}

    done = finished(*NHSAUTH, "serve", "--port", "0", folder=tmp_path, environ=environ)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f'Error: {OF_FILE} is "/run/secrets/nothing", which cannot be read (')


# the commands


@pytest.fixture
def url(ring: KeyRing) -> Iterator[str]:
    """Where a mock with a control token answers, which has a world."""
    mock = Mock(Configuration(control=ControlSettings(token=TOKEN)), ring=ring)
    with mock.serving():
        assert mock.worlds is not None
        mock.worlds.create("wa")
        requests.post(f"{mock.url}/oauth2/token", {"grant_type": "x"}, timeout=TIMEOUT)
        yield mock.url


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv(VARIABLE, raising=False)
    return lambda *arguments, **env: CliRunner().invoke(nhsauth, arguments, env=env)


COMMANDS = [
    (("summary",), "### nhsauth: 1 exchanges, 1 refused"),
    (("worlds", "list"), "/_worlds/wa"),
    (("explain", "rrt-1-a-geu2-b-1-2-3"), "keeps no exchange with the message id"),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_command_sends_the_token_of_its_option_or_of_the_variable(
    run: Run, url: str, command: tuple[str, ...], said: str
) -> None:
    assert said in run(*command, "--server", url, "--control-token", TOKEN).output
    assert said in run(*command, "--server", url, **{VARIABLE: f" {TOKEN}\n"}).output


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_command_without_the_token_says_what_the_mock_wants(
    run: Run, url: str, command: tuple[str, ...], said: str
) -> None:
    result = run(*command, "--server", url)

    assert (result.exit_code, said in result.output) == (1, False)
    assert result.output.startswith(f"Error: The mock at {url} refuses: No control token was sent: send Authorization")


def test_a_world_is_deleted_by_its_token(run: Run, url: str) -> None:
    assert run("worlds", "delete", "wa", "--server", url).exit_code == 1
    assert run("worlds", "delete", "wa", "--server", url, "--control-token", TOKEN).exit_code == 0
    assert run("worlds", "list", "--server", url, "--control-token", TOKEN).output == ""


def test_env_asks_with_the_token(run: Run, url: str) -> None:
    without, given = run("env", "--url", url), run("env", "--url", url, "--control-token", TOKEN)

    assert without.output == f"Error: The mock at {url} takes a control token: set NHSAUTH_CONTROL_TOKEN\n"
    assert given.output == f"Error: The mock at {url} speaks no TLS: start it with nhsauth serve --tls\n"


def test_what_can_be_no_token_is_misuse_and_not_shown(run: Run, url: str) -> None:
    result = run("summary", "--server", url, "--control-token", "not a token, but secret")

    assert (result.exit_code, "but secret" in result.output) == (2, False)
    assert "(23 characters); allowed: a token as RFC 6750 has it" in " ".join(result.output.split())
