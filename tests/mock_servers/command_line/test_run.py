"""`nhsauth run`, `nhsauth serve --tls` and `nhsauth env`, as processes."""

import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_servers.command_line import run as run_command
from tests.processes import finished

pytestmark = pytest.mark.slow  # each test starts the command in a process of its own

NHSAUTH = [sys.executable, "-m", "mock_servers"]
PATIENCE = 60  # seconds, of a machine that is busy with other tests
INT = "https://int.api.service.nhs.uk"
ASK = f"""
import urllib.error, urllib.request
try:
    urllib.request.urlopen("{INT}/oauth2/token", b"grant_type=client_credentials", timeout=30)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode().split('"')[3])
"""
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command under `nhsauth run`, in an empty folder."""

    def start(*command: str, options: tuple[str, ...] = (), **environ: str) -> subprocess.CompletedProcess[str]:
        return finished(*NHSAUTH, "run", *options, "--", *command, folder=tmp_path, environ={**os.environ, **environ})

    return start


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_an_unmodified_program_meets_the_mock_at_the_real_name(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run(*python(ASK))

    assert (done.returncode, done.stdout.strip()) == (0, "400 invalid_request")


def test_what_was_asked_is_explained_at_the_end(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    reported = run(*python(ASK)).stderr.splitlines()

    assert reported[0] == "nhsauth: 1 exchange, 1 refused"
    assert reported[1].startswith("  POST /oauth2/token 400 invalid_request Missing or invalid client_assertion_type")


def test_another_host_fails_at_once_and_is_reported(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(*python("import urllib.request; urllib.request.urlopen('https://www.example.com/', timeout=30)"))

    assert done.returncode == 1
    assert "403 www.example.com is no host of this mock" in done.stderr
    assert "  refused by the proxy: www.example.com:443 (1 time)" in done.stderr


def test_a_command_that_sent_nothing_is_reported_what_may_be_the_reason(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    reported = run(*python("import os")).stderr

    assert reported.startswith("nhsauth: 0 exchanges, 0 refused\n  The command sent the mock nothing that it records.")
    assert "it may ignore HTTPS_PROXY" in reported


@pytest.mark.parametrize(("code", "expected"), [(0, False), (3, True)])
def test_refusals_of_a_suite_are_reported_when_it_fails(
    run: Callable[..., subprocess.CompletedProcess[str]], code: int, *, expected: bool
) -> None:
    done = run(*python(f"{ASK}\nraise SystemExit({code})"), options=("--test-suites",))

    assert (done.returncode, done.stderr.splitlines()[0]) == (code, "nhsauth: 1 exchange, 1 refused")
    assert ("Missing or invalid client_assertion_type" in done.stderr) is expected
    assert ("The suite has passed" in done.stderr) is not expected


def test_who_follows_a_redirect_to_the_clients_page_finds_an_empty_one(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    uri = "https://portal.example/back"
    (tmp_path / "nhsauth.toml").write_text(
        f'[[apps]]\nclient_id = "mine"\nredirect_uris = ["{uri}"]\n', encoding="utf-8"
    )
    query = f"client_id=mine&redirect_uri={uri}&response_type=code&scope=nhs-cis2&state=s&nhsauth_user=656005750104"
    code = (
        "import urllib.request\n"
        f"with urllib.request.urlopen('{INT}/oauth2/authorize?{query}', timeout=30) as answer:\n"
        "    print(answer.status, answer.url.split('=')[0], answer.read())"
    )

    done = run(*python(code))

    assert (done.stdout.strip(), done.returncode) == (f"200 {uri}?code b''", 0), done.stderr


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_commands(run: Callable[..., subprocess.CompletedProcess[str]], code: int) -> None:
    assert run(*python(f"raise SystemExit({code})")).returncode == code


def test_a_command_that_is_not_there_is_reported_in_one_line(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run("no-such-command")

    assert done.returncode == 127
    assert done.stderr.splitlines()[0].startswith("nhsauth run: 'no-such-command' was not found")


@POSIX
def test_a_command_that_cannot_be_run_is_reported_in_one_line(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "plain").touch(mode=0o644)

    done = run("./plain")

    assert done.returncode == 126
    assert done.stderr.splitlines()[0] == "nhsauth run: './plain' cannot be run (Permission denied)"


@POSIX
def test_a_signal_that_ends_the_command_is_reported_as_a_shell_does(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert run(*python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")).returncode == 137


def test_options_of_the_command_are_its_own(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(*python("import sys; print(sys.argv[1:])"), "--port", "x", "--help")

    assert done.stdout.strip() == "['--port', 'x', '--help']"


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--port", "70000"), "70000"), (("--config", "none.toml"), "none.toml"), (("--nonsense",), "nonsense")],
)
def test_misuse_is_reported_without_a_traceback(
    run: Callable[..., subprocess.CompletedProcess[str]], options: tuple[str, ...], said: str
) -> None:
    done = run(*python("print('never')"), options=options)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_nothing_is_left_of_the_files(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run(*python("import os; print(os.environ['SSL_CERT_FILE'], os.path.exists(os.environ['SSL_CERT_FILE']))"))

    name, was_there = done.stdout.split()
    assert (was_there, Path(name).parent.exists()) == ("True", False)


@contextmanager
def started(folder: Path, *arguments: str, by: Sequence[str] = NHSAUTH) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - our own
        [*by, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


WAITING = """
import signal, sys
signal.signal(signal.{name}, lambda *_: sys.exit(33))
print("waiting", flush=True)
signal.pause()
"""


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"])
def test_signals_reach_the_command(tmp_path: Path, name: str) -> None:
    with started(tmp_path, "run", "--", *python(WAITING.format(name=name))) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(getattr(signal, name))
        process.communicate(timeout=PATIENCE)

    assert (line, process.returncode) == ("waiting\n", 33)


EARLY = """
import os, signal, sys
from mock_servers.command_line import run as running

start = running.Mock.start

def interrupted(*arguments, **named):
    os.kill(os.getpid(), signal.SIGTERM)
    return start(*arguments, **named)

running.Mock.start = interrupted
command = [sys.executable, "-c", "import time; time.sleep(60)"]
running.run(command=command, config=None, port=0, allowed=(), test_suites=False)
"""


@POSIX
def test_a_signal_that_comes_before_the_command_reaches_it_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    done = finished(*python(EARLY), folder=tmp_path)

    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert list(tmp_path.iterdir()) == []


STUBBORN = """
import os, signal, subprocess, sys, time
for name in ("SIGTERM", "SIGINT", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, os.environ["SSL_CERT_FILE"], flush=True)
time.sleep(600)
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")


@contextmanager
def stubborn(folder: Path, code: str = "") -> Iterator[tuple[subprocess.Popen[str], list[int], Path]]:
    """`nhsauth run` with a command that minds no signal; with the command's process ids, and where its files are."""
    ours = [*NHSAUTH, "run", "--", *python(STUBBORN)] if not code else python(code)
    environ = {**os.environ, "TMPDIR": str(folder), "COMMAND": STUBBORN}
    with subprocess.Popen(ours, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        *pids, file = process.stdout.readline().split(maxsplit=2)
        try:
            yield process, [int(pid) for pid in pids], Path(file.strip()).parent
        finally:
            process.kill()
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)


@LINUX
def test_a_run_that_is_killed_leaves_no_command_and_the_next_start_no_folder(tmp_path: Path) -> None:
    with stubborn(tmp_path) as (process, (command, _), files):
        assert files.is_dir()
        descriptor = os.pidfd_open(command)
        process.kill()
        assert select.select([descriptor], [], [], PATIENCE)[0], "the command lives on"
        os.close(descriptor)
        assert files.is_dir()

    with stubborn(tmp_path) as (_, __, others):
        assert [path.name for path in tmp_path.glob("nhsauth-run-*") if path.is_dir()] == [others.name]


@LINUX
def test_a_start_leaves_the_folders_of_the_living_alone(tmp_path: Path) -> None:
    with stubborn(tmp_path) as (_, __, first), stubborn(tmp_path) as (___, ____, second):
        assert first != second
        assert (first / "ca.pem").is_file()


@LINUX
@pytest.mark.parametrize("numbers", [["SIGTERM", "SIGTERM"], ["SIGINT", "SIGTERM"], ["SIGHUP", "SIGINT"]])
def test_the_second_signal_ends_a_command_that_minds_none(tmp_path: Path, numbers: list[str]) -> None:
    with stubborn(tmp_path) as (process, (_, grandchild), __):
        descriptor = os.pidfd_open(grandchild)
        for number in numbers:
            process.send_signal(getattr(signal, number))
        assert process.wait(PATIENCE) == 128 + signal.SIGKILL
        assert select.select([descriptor], [], [], PATIENCE)[0], "what the command has started lives on"
        os.close(descriptor)

    assert list(tmp_path.glob("nhsauth-run-*")) == []


IMPATIENT = """
import os, sys
from mock_servers.command_line import run as running

running._PATIENCE = 0.2
running.run(command=[sys.executable, "-c", os.environ["COMMAND"]], config=None, port=0, allowed=(), test_suites=False)
"""


@LINUX
def test_a_command_that_does_not_end_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with stubborn(tmp_path, IMPATIENT) as (process, _, __):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGKILL

    assert run_command._PATIENCE == 10  # noqa: SLF001 - what is promised


APART = """
import os, signal
os.setpgid(0, 0)  # away from the terminal, so that a signal can come from nhsauth alone
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("waiting", flush=True)
print("left alone" if signal.sigtimedwait([signal.SIGINT], 1) is None else "signalled twice", flush=True)
"""


@pytest.mark.skipif(shutil.which("setsid") is None, reason="setsid is not on this machine")
def test_an_interrupt_that_is_typed_is_left_to_the_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = ["setsid", "--ctty", "--wait", *NHSAUTH, "run", "--", *python(APART)]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs):  # noqa: S603 - our own
        os.close(theirs)
        seen = read_until(ours, b"waiting")
        os.write(ours, b"\x03")
        seen += read_until(ours, b"exchange")
    os.close(ours)

    assert b"left alone" in seen, seen


def read_until(terminal: int, word: bytes) -> bytes:
    seen = b""
    while word not in seen:
        seen += os.read(terminal, 1000)
    return seen


# a running server, and the commands that ask how to reach it


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Where `nhsauth serve --tls` is."""
    with started(tmp_path, "serve", "--tls", "--port", "0", "--json") as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]


def asked(url: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return finished(*NHSAUTH, "env", "--url", url, *options, folder=folder)


READERS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "sh": lambda text: dict(each.removeprefix("export ").split("=", 1) for each in map(_unquoted, text.splitlines())),
    "dotenv": lambda text: dict(_unquoted(line).split("=", 1) for line in text.splitlines()),
    "powershell": lambda text: dict(re.findall(r"^\$env:(\w+) = '(.*)'$", text, re.MULTILINE)),
}


def _unquoted(line: str) -> str:
    return " ".join(shlex.split(line))


@pytest.mark.parametrize("shell", READERS)
def test_env_directs_a_program_to_a_running_server(url: str, tmp_path: Path, shell: str) -> None:
    reported = asked(url, "--shell", shell, folder=tmp_path)
    variables = READERS[shell](reported.stdout)

    done = finished(*python(ASK), environ={**os.environ, **variables})

    assert (variables["HTTPS_PROXY"], done.stdout.strip()) == (url, "400 invalid_request")


@POSIX
def test_a_shell_takes_the_lines_as_they_are(url: str, tmp_path: Path) -> None:
    lines = asked(url, folder=tmp_path).stdout
    script = f'{lines}\nprintf %s "$JAVA_TOOL_OPTIONS"'

    done = finished("sh", "-euc", script)

    assert done.stdout.endswith(f"-Dhttps.proxyPort={url.rpartition(':')[2]}")


def test_env_shows_the_name_by_which_the_server_was_called(url: str, tmp_path: Path) -> None:
    reported = asked(url.replace("127.0.0.1", "localhost"), folder=tmp_path).stdout

    assert f"export HTTPS_PROXY={url.replace('127.0.0.1', 'localhost')}\n" in reported


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ("nonsense", 2, "--server is 'nonsense'; allowed: a URL such as http://127.0.0.1:8080, without a path"),
        ("http://127.0.0.1:1", 1, "Nothing answers at http://127.0.0.1:1 ("),
    ],
)
def test_env_says_what_it_lacks(tmp_path: Path, given: str, code: int, said: str) -> None:
    reported = asked(given, folder=tmp_path)

    assert (reported.returncode, reported.stdout) == (code, "")
    assert said in reported.stderr
    assert len(reported.stderr.splitlines()) == 1


def test_env_says_that_a_server_speaks_no_tls(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--port", "0") as process:
        assert process.stdout is not None
        plain = process.stdout.readline().split()[-1]
        reported = asked(plain, folder=tmp_path)

    assert (reported.returncode, reported.stderr) == (
        1,
        f"Error: The mock at {plain} speaks no TLS: start it with nhsauth serve --tls\n",
    )


def test_serve_tls_says_that_it_can_keep_no_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a file"
    file.touch()
    monkeypatch.setenv("NHSAUTH_CACHE_DIR", str(file))
    with started(tmp_path, "serve", "--tls", "--port", "0") as process:
        _, reported = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "--tls needs a folder for its certificate authority" in reported
    assert "Traceback" not in reported


@POSIX
def test_a_server_without_descriptors_left_lives_on(tmp_path: Path) -> None:
    limited = ["sh", "-c", 'ulimit -n 80 && exec "$@"', "sh", *NHSAUTH]
    with started(tmp_path, "serve", "--tls", "--port", "0", "--json", by=limited) as process, ExitStack() as stack:
        assert process.stdout is not None
        assert process.stderr is not None
        address = urlsplit(json.loads(process.stdout.readline())["url"])
        for _ in range(120):
            sock = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=PATIENCE))
            sock.sendall(b"CONNECT int.api.service.nhs.uk:443 HTTP/1.1\r\nHost: int.api.service.nhs.uk\r\n\r\n")
        line = next(line for line in process.stderr if "Cannot accept connections for now" in line)
        stack.close()
        connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
        connection.request("GET", "/oauth2/_ping")
        status = connection.getresponse().status
        connection.close()
        process.terminate()
        _, reported = process.communicate(timeout=PATIENCE)

    assert (status, process.returncode) == (200, 0)
    assert (line + reported).count("Cannot accept connections for now") == 1
