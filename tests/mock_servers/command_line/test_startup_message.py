"""What `nhsauth serve` says on a terminal, and to whom it says nothing."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mock_servers.command_line.startup_message import lines
from mock_servers.state.configuration import READY_MADE_APP, Configuration

pty = pytest.importorskip("pty", reason="there are no terminals to open here")

URL = "http://127.0.0.1:8080"


def message(configuration: Configuration) -> str:
    return "\n".join(lines(URL, URL, configuration.apps, configuration.people))


def test_it_shows_the_page_the_ready_made_app_and_the_people() -> None:
    assert message(Configuration()).splitlines() == [
        "  page       http://127.0.0.1:8080/_nhsauth/",
        "  token URL  http://127.0.0.1:8080/oauth2/token",
        "  app        client id nhsauth-app, client secret nhsauth-secret, kid nhsauth-1",
        "  people     CIS2, aal3: 656005750104 656005750105 656005750106 656005750107 656005750108",
        "  people     CIS2, aal2: 656005750109 656005750111 656005750112",
        "  people     CIS2, aal1: 656005750110",
        "  people     NHS login, P9: 9912003071 9912003101",
        "  people     NHS login, P5: 9912003072",
        "  people     NHS login, P0: 9912003073",
        "  Ctrl-C ends it.",
    ]


def test_the_secret_of_a_team_s_own_app_is_not_reported() -> None:
    own = replace(READY_MADE_APP, client_id="mine", client_secret="a-secret-of-ours", kid=None)

    assert "  app        client id mine\n" in message(Configuration(apps=(own,)))
    assert "a-secret-of-ours" not in message(Configuration(apps=(own,)))


def until(terminal: int, wanted: str) -> str:
    text = ""
    while wanted not in text:
        text += os.read(terminal, 4096).decode()
    return text.replace("\r\n", "\n")


def test_on_a_terminal_stderr_shows_it_and_stdout_keeps_its_one_line(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mock_servers", "serve", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            said = until(ours, "Ctrl-C ends it.")
        finally:
            process.terminate()
        rest, _ = process.communicate(timeout=30)

    url = ready.split()[-1]
    assert (ready, rest) == (f"nhsauth ready at {url}\n", "")
    assert f"page       {url}/_nhsauth/" in said
