"""`nhsauth serve --workers`, as processes."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mock_servers.identity_provider.headless import log_in
from tests.processes import finished
from tests.served import NHSAUTH, PATIENCE, Serve, Served

pytestmark = [
    pytest.mark.slow,  # each test starts several processes
    pytest.mark.skipif(sys.platform != "linux", reason="a process's children are looked up as on Linux"),
]

FORM = "application/x-www-form-urlencoded"
ASSERTED = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

Answer = tuple[int, bytes]  # a status and a body


def command_line(pid: str) -> bytes:
    """The command line of a process; empty if it has ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def open_files(pid: int) -> Iterator[str]:
    """What each open file of a process is; one that it closes meanwhile is left out."""
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield file.readlink().name


def workers_of(served: Served) -> list[int]:
    """The processes that it has started, in the order of their numbers."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text(encoding="ascii")
    lines = {int(pid): command_line(pid) for pid in children.split()}
    found = {pid: re.search(rb"nhsauth-worker-(\d+)", line) for pid, line in lines.items()}
    return [pid for _, pid in sorted((int(number[1]), pid) for pid, number in found.items() if number)]


def plain(served: Served) -> HTTPConnection:
    return HTTPConnection(urlsplit(served.url).netloc, timeout=PATIENCE)


def asked(
    connection: HTTPConnection, method: str, path: str, body: str | None = None, content_type: str = FORM
) -> Answer:
    """What is answered at a connection, which stays open."""
    connection.request(method, path, body, {"Content-Type": content_type} if body else {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def get(url: str, path: str) -> Answer:
    """What a connection of its own is answered."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as connection:
        return asked(connection, "GET", path)


def posted(url: str, path: str, body: Any) -> Any:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as connection:
        return json.loads(asked(connection, "POST", path, json.dumps(body), "application/json")[1])


def has(pid: int, connection: HTTPConnection) -> bool:
    """Whether a process has the other end of a connection, which it has answered."""
    assert connection.sock is not None
    ends = [f"{port:04X}" for port in (connection.sock.getpeername()[1], connection.sock.getsockname()[1])]
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()]
    numbers = {line[9] for line in lines if [end[-4:] for end in line[1:3]] == ends}
    files = set(open_files(pid))
    return any(f"socket:[{number}]" in files for number in numbers)


@contextmanager
def to_each_worker(served: Served, connect: Callable[[], HTTPConnection], path: str) -> Iterator[list[HTTPConnection]]:
    """A connection to each worker, which answers a path: several come at once until each worker has taken one."""
    workers = workers_of(served)
    found: dict[int, HTTPConnection] = {}
    with ExitStack() as stack:
        while len(found) < len(workers):
            some = [stack.enter_context(closing(connect())) for _ in range(8)]
            for each in some:
                each.request("GET", path)
            for each in some:
                each.getresponse().read()
                found.update({pid: each for pid in workers if has(pid, each)})
        yield [found[pid] for pid in workers]


def said(served: Served, line: str) -> None:
    """Read what it says until a line has come that matches."""
    assert served.process.stderr is not None
    while text := served.process.stderr.readline():
        if re.search(line, text):
            return
    pytest.fail(f"it ended, and never said {line}")


def test_it_is_said_once_that_all_can_answer(serve: Serve) -> None:
    served = serve("--workers", "2", "--json")

    ready = json.loads(served.ready)
    assert ready == {"event": "ready", "url": ready["url"], "pid": served.process.pid}
    assert len(workers_of(served)) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_in_order_and_nothing_is_said_of_it(serve: Serve, number: int) -> None:
    served = serve("--workers", "2")

    assert served.end(number) == ("", "")  # stderr ends with the last who has it
    assert served.process.returncode == 0


def test_ctrl_c_ends_all_in_order_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    command = [*NHSAUTH, "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(  # noqa: S603 - our own
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        reported = process.communicate(timeout=PATIENCE)

    assert (reported, process.returncode) == (("", ""), 0)


def test_a_worker_that_is_killed_is_replaced_and_the_port_answers_on(serve: Serve) -> None:
    served = serve("--workers", "2")
    first, second = workers_of(served)
    os.kill(first, signal.SIGKILL)
    said(served, rf"WARNING \[root\] Worker 1 \(process {first}\) was ended by SIGKILL; another takes its place$")

    statuses = {get(served.url, "/_nhsauth/health")[0] for _ in range(8)}

    third, kept = workers_of(served)
    assert statuses == {200}
    assert kept == second
    assert third not in (first, second)


def test_a_worker_that_hangs_is_replaced(serve: Serve) -> None:
    served = serve("--workers", "2")
    first, second = workers_of(served)
    os.kill(first, signal.SIGSTOP)
    began = time.monotonic()
    who = rf"WARNING \[root\] Worker 1 \(process {first}\)"
    hung = rf"{who} did not respond for 5 s and was killed; another takes its place$"
    said(served, hung)
    took = time.monotonic() - began

    statuses = {get(served.url, "/_nhsauth/health")[0] for _ in range(8)}

    third, kept = workers_of(served)
    assert statuses == {200}
    assert kept == second
    assert third not in (first, second)
    assert 2.5 < took < 10


def test_a_worker_that_is_asked_to_end_is_replaced(serve: Serve) -> None:
    served = serve("--workers", "1")
    os.kill(workers_of(served)[0], signal.SIGTERM)

    said(served, r"WARNING \[root\] Worker 1 \(process \d+\) ended with exit code 0; another takes its place$")

    assert get(served.url, "/_nhsauth/health")[0] == 200


def test_no_worker_outlives_a_parent_that_is_killed(serve: Serve) -> None:
    served = serve("--workers", "2")

    served.end(signal.SIGKILL)  # which returns once nobody has its stderr any more

    with pytest.raises(ConnectionRefusedError):
        get(served.url, "/")


def test_each_worker_speaks_tls_with_a_certificate_of_one_authority(serve: Serve) -> None:
    served = serve("--workers", "2", "--tls")
    authority = json.loads(get(served.url, "/_nhsauth/status")[1])["real_names"]["ca"]
    context = ssl.create_default_context(cafile=authority)

    def through_proxy() -> HTTPConnection:
        connection = HTTPSConnection(urlsplit(served.url).netloc, timeout=PATIENCE, context=context)
        connection.set_tunnel("int.api.service.nhs.uk", 443)
        return connection

    with to_each_worker(served, through_proxy, "/oauth2/_ping") as connections:
        assert [asked(each, "GET", "/oauth2/_ping")[0] for each in connections] == [200, 200]


def test_a_port_in_use_is_one_line_and_exit_2(serve: Serve, tmp_path: Path) -> None:
    port = str(urlsplit(serve().url).port)

    done = finished(*NHSAUTH, "serve", "--port", port, "--workers", "2", folder=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: Port {port} of 127.0.0.1 is in use: choose another with --port\n"


def test_a_broken_configuration_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").write_text("diagnosys = true")

    done = finished(*NHSAUTH, "serve", "--port", "0", "--workers", "2", folder=tmp_path)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "diagnosys is unknown" in done.stderr


def test_a_worker_serves_what_its_parent_has_read_even_if_the_file_has_changed(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").write_text("[apim]\nstrict_content_type = true\n")
    served = serve("--workers", "1")
    (tmp_path / "nhsauth.toml").write_text("half a fil")
    os.kill(workers_of(served)[0], signal.SIGKILL)
    said(served, "another takes its place")

    status = served.post("/oauth2/token", content_type="application/x-www-form-urlencoded; charset=utf-8")

    assert status == 415


def test_a_number_that_cannot_be_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = finished(*NHSAUTH, "serve", "--port", "0", "--workers", "none", folder=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'Error: --workers is "none"; allowed: 1 to 64, or auto, one for each core\n'


def test_what_one_worker_has_issued_is_good_at_another_once(serve: Serve) -> None:
    served = serve("--workers", "2", "--log-level", "error")
    with to_each_worker(served, lambda: plain(served), "/_nhsauth/health") as (first, second):
        body = json.dumps({})
        made = asked(first, "POST", "/_nhsauth/client-assertions", body, "application/json")[1]
        assertion = json.loads(made)["client_assertion"]
        form = urlencode({"grant_type": "client_credentials", **ASSERTED, "client_assertion": assertion})
        statuses = [asked(each, "POST", "/oauth2/token", form)[0] for each in (first, second)]

    assert statuses == [200, 400]


CALLBACK = "https://client.example/back"
MINE = {"client_id": "mine", "client_secret": "not-used-elsewhere"}
RACES = 100


def code_of(connection: HTTPConnection, origin: str) -> str:
    """The code that a log-in at the platform ends with."""

    def call(url: str, form: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        method, body = ("GET", None) if form is None else ("POST", urlencode(form))
        connection.request(method, url.removeprefix(origin), body, {"Content-Type": FORM})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()

    query = {"response_type": "code", "client_id": "mine", "redirect_uri": CALLBACK, "scope": "nhs-cis2", "state": "s"}
    end = log_in(call, f"{origin}/oauth2/authorize?{urlencode(query)}", "656005750104")
    return parse_qs(urlsplit(end).query)["code"][0]


def test_of_two_posts_of_one_value_to_two_workers_at_once_one_wins(serve: Serve, tmp_path: Path) -> None:
    """A hundred codes, then the refresh token of the last one, and a hundred times the one that came for it."""
    app = "".join(f'{name} = "{value}"\n' for name, value in MINE.items())
    more = f'redirect_uris = ["{CALLBACK}"]\nquota_per_minute = 0\n'
    (tmp_path / "nhsauth.toml").write_text(f"[[apps]]\n{app}{more}", encoding="utf-8")
    served = serve("--workers", "2", "--log-level", "error")

    def won(**form: str) -> str:
        """The refresh token that the one who wins is given."""
        begin = Barrier(2)

        def post(connection: HTTPConnection) -> Answer:
            begin.wait()
            return asked(connection, "POST", "/oauth2/token", urlencode({**MINE, **form}))

        (loser, _), (winner, body) = sorted(clients.map(post, both), reverse=True)
        assert (winner, loser) in ((200, 400), (200, 401))
        return str(json.loads(body)["refresh_token"])

    with to_each_worker(served, lambda: plain(served), "/_nhsauth/health") as both, ThreadPoolExecutor(2) as clients:
        for _ in range(RACES):
            code = code_of(both[0], served.url)
            token = won(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        for _ in range(RACES):
            token = won(grant_type="refresh_token", refresh_token=token)


def test_a_fault_is_met_as_often_as_it_was_ordered_any_caller_that_meets_it(serve: Serve) -> None:
    served = serve("--workers", "2", "--log-level", "error")
    posted(served.url, "/_nhsauth/faults", {"on": "token", "do": "status", "status": 503, "times": 3})

    with ThreadPoolExecutor(8) as clients:
        statuses = Counter(clients.map(lambda _: served.post("/oauth2/token", grant_type="x"), range(40)))

    assert statuses == {503: 3, 400: 37}


def test_nothing_is_left_of_the_private_state(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    served = serve("--workers", "2")
    kept = [path.stat().st_mode & 0o077 for path in tmp_path.glob("nhsauth-run-*/state")]
    served.end()

    assert kept == [0]
    assert list(tmp_path.glob("nhsauth-run-*")) == []


def test_a_state_that_cannot_be_used_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "foreign").write_text("no database " * 100)

    done = finished(*NHSAUTH, "serve", "--port", "0", "--workers", "2", "--state", "sqlite:foreign", folder=tmp_path)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "foreign" in done.stderr


def test_another_configuration_than_the_states_is_warned_of_once(serve: Serve, tmp_path: Path) -> None:
    serve("--state", "sqlite:state").end()
    (tmp_path / "nhsauth.toml").write_text('[[apps]]\nclient_id = "another"\n')

    reported = serve("--state", "sqlite:state", "--workers", "2").end()[1]

    assert reported.count("begun with another configuration") == 1


SAYING = """
import logging, sys
from mock_servers.command_line import logs
logs.set_up(form="json", level="warning", lock=int(sys.argv[1]))
for _ in range(20):
    logging.getLogger("mock_servers").warning(sys.argv[2] * 200_000)
"""


def test_lines_of_several_processes_stay_whole(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with (tmp_path / "lock").open("wb") as lock:
        saying = [
            subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, "-c", SAYING, str(lock.fileno()), letter], stderr=writer, pass_fds=(lock.fileno(),)
            )
            for letter in "abc"
        ]
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as stream:
            messages = [json.loads(line)["message"] for line in stream]
        codes = [each.wait() for each in saying]

    assert codes == [0, 0, 0]
    assert sorted(messages) == sorted(letter * 200_000 for letter in "abc" for _ in range(20))


def test_each_worker_serves_the_control_api_at_its_own_port(serve: Serve) -> None:
    ready = json.loads(serve("--workers", "2", "--control-port", "0", "--json").ready)

    assert {get(ready["control_url"], "/_nhsauth/status")[0] for _ in range(6)} == {200}
    assert {get(ready["url"], "/_nhsauth/status")[0] for _ in range(6)} == {404}
