import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_servers.jose.keys import KeyRing
from tests.processes import finished
from tests.served import NHSAUTH, Serve

pytestmark = pytest.mark.slow  # each test starts the command in a process of its own

WHOLE_TOKENS = re.compile(r"eyJ[\w-]+\.[\w-]+\.|['\"= ][A-Za-z0-9_-]{27,32}(?:['\"\s]|$)", re.MULTILINE)


def nhsauth(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return finished(*NHSAUTH, *arguments, folder=folder)


def test_the_ready_line_names_where_the_mocks_answer(serve: Serve) -> None:
    served = serve()

    assert re.fullmatch(r"nhsauth ready at http://127\.0\.0\.1:\d+\n", served.ready)
    assert served.post("/oauth2/token", grant_type="x") == 400


def test_programs_get_the_ready_line_as_json(serve: Serve) -> None:
    served = serve("--json")

    ready = json.loads(served.ready)
    assert ready == {"event": "ready", "url": ready["url"], "pid": served.process.pid}


def test_nothing_but_the_ready_line_is_on_stdout(serve: Serve) -> None:
    served = serve()
    served.post("/oauth2/token", grant_type="x")

    assert served.end()[0] == ""


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process by no such signal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(serve: Serve, number: int) -> None:
    served = serve()
    served.end(number)

    assert served.process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process by no such signal")
def test_a_request_that_does_not_end_holds_up_no_ending(serve: Serve) -> None:
    served = serve()
    parts = urlsplit(served.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as half:
        half.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        served.post("/oauth2/token", grant_type="x")
        served.end()

    assert served.process.returncode == 0


def test_an_exchange_is_one_line_with_its_diagnosis_and_what_was_found_below(serve: Serve) -> None:
    served = serve()
    served.post("/oauth2/token", grant_type="magic")

    line, *below = served.end()[1].splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d WARNING \[root\] POST /oauth2/token 400 unsupported_grant_type grant_type is invalid \| "
        r'grant_type is "magic"\. This service knows .*',
        line,
    )
    assert [each for each in below if not each.startswith("  ")] == []


def test_an_exchange_is_reported_to_programs_as_a_record(serve: Serve) -> None:
    served = serve("--log-format", "json")
    served.post("/oauth2/token", grant_type="magic")

    line = json.loads(served.end()[1])
    assert (line["level"], line["event"], line["exchange"]["path"]) == ("warning", "exchange", "/oauth2/token")
    assert line["exchange"]["diagnosis"].startswith('grant_type is "magic".')


def test_below_the_level_nothing_is_logged(serve: Serve) -> None:
    served = serve("--log-level", "error")
    served.post("/oauth2/token", grant_type="magic")

    assert served.end()[1] == ""


def test_the_configuration_of_the_folder_is_used(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.nhsauth.apim]\nstrict_content_type = true\n")

    served = serve()

    assert served.post("/oauth2/token", content_type="application/x-www-form-urlencoded; charset=utf-8") == 415


def test_listening_to_others_is_warned_of(serve: Serve) -> None:
    served = serve("--host", "0.0.0.0")  # noqa: S104 - that is the point

    assert re.fullmatch(
        r"\S+ WARNING \[root\] Anyone who can reach 0\.0\.0\.0 can have this mock's .*\n", served.end()[1]
    )


def test_a_port_in_use_is_one_line_and_exit_2(serve: Serve, tmp_path: Path) -> None:
    port = str(urlsplit(serve().url).port)

    done = nhsauth(tmp_path, "serve", "--port", port)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: Port {port} of 127.0.0.1 is in use: choose another with --port\n"


def test_a_host_that_is_not_ours_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = nhsauth(tmp_path, "serve", "--port", "0", "--host", "192.0.2.1")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("Error: Cannot listen on port 0 of 192.0.2.1: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("diagnosys = true", "diagnosys is unknown (did you mean diagnosis?)"),
        ("diagnosis = ", "is not TOML: "),
        ("[[apps]]\nclient_id = 'x'\nprivate_key = 'nhsauth.toml'\n", "nhsauth.toml: apps[0].private_key is "),
        ("[cis2]\nsigning_key = 'nhsauth.toml'\n", "nhsauth.toml, which is not PEM"),
    ],
)
def test_a_broken_configuration_is_one_line_and_exit_2(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "nhsauth.toml").write_text(text)

    done = nhsauth(tmp_path, "serve", "--port", "0")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr


def test_a_configuration_that_is_not_there_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = nhsauth(tmp_path, "serve", "--config", "none.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: '--config': File 'none.toml' does not exist.\n"


@pytest.fixture(scope="module")
def demo_output(tmp_path_factory: pytest.TempPathFactory, ring: KeyRing) -> subprocess.CompletedProcess[str]:
    """The demo, with keys at hand."""
    ring.prepare(("nhsauth-app", 4096), ("cis2", 2048))
    return nhsauth(tmp_path_factory.mktemp("demo"), "demo")


def test_the_demo_goes_as_the_story_says(demo_output: subprocess.CompletedProcess[str]) -> None:
    assert (demo_output.returncode, demo_output.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        r"--data-urlencode 'subject_token=\S{6}… \(27 characters\)'",
        r'400 Bad Request\n  \{\n    "error": "invalid_request",\n    "error_description": "Malformed JWT in subject_t',
        r"subject_token \S{6}… \(27 characters\) is not a JWT: ",
        r"the authorization code that CIS2 issued \S+ m?s ago to client \"nhsauth-app\", for 656005750104",
        r"Exchange it at http://127\.0\.0\.1:\d+/openam/\S+/access_token with client_id and client_secret",
        r'--data-urlencode "client_secret=\$CLIENT_SECRET"\n\n  200 OK',
        r'"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"',
        r'200 OK\n  \{\n    "message": "Hello User!"\n  \}',
    ],
)
def test_the_demo_shows_each_part_of_the_story(demo_output: subprocess.CompletedProcess[str], said: str) -> None:
    assert re.search(said, demo_output.stdout)


def test_the_demo_prints_no_whole_token_and_no_secret(demo_output: subprocess.CompletedProcess[str]) -> None:
    assert not WHOLE_TOKENS.search(demo_output.stdout)
    assert "nhsauth-secret" not in demo_output.stdout


def test_the_demo_says_when_it_makes_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHSAUTH_CACHE_DIR", str(tmp_path / "cache"))

    done = nhsauth(tmp_path, "demo")

    assert done.returncode == 0
    assert done.stdout.startswith(
        f"Making an RSA key of 4096 bits, once; it is kept in {tmp_path / 'cache'} ...\n"
        f"Making an RSA key of 2048 bits, once; it is kept in {tmp_path / 'cache'} ...\n"
    )


def test_the_demo_needs_no_proxy(
    demo_output: subprocess.CompletedProcess[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert nhsauth(tmp_path, "demo").returncode == demo_output.returncode


def test_an_output_that_cannot_show_every_character_stops_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp437")

    done = nhsauth(tmp_path, "errors", "SUBJECT_TOKEN_MALFORMED")

    assert (done.returncode, "\\xa75.2" in done.stdout) == (0, True)


def test_the_ready_line_names_the_port_of_the_control_api(serve: Serve) -> None:
    ready = serve("--control-port", "0").ready

    assert re.fullmatch(r"nhsauth ready at http://127\.0\.0\.1:\d+ \(control API at http://127\.0\.0\.1:\d+\)\n", ready)


def test_programs_are_reported_the_port_of_the_control_api(serve: Serve) -> None:
    ready = json.loads(serve("--control-port", "0", "--json").ready)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ready["control_url"])
    assert ready["control_url"] != ready["url"]
