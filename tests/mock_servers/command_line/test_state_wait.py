"""`nhsauth serve` whose Valkey does not answer yet, as processes."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.mock_servers.state import valkeys
from tests.mock_servers.state.valkeys import Valkey
from tests.processes import finished
from tests.served import NHSAUTH, PATIENCE, Served, starting

pytestmark = [
    pytest.mark.slow,  # each test starts the command in a process of its own
    pytest.mark.skipif(valkeys.PROGRAM is None, reason="neither valkey-server nor redis-server is on this machine"),
]

WORKERS = [pytest.param((), id="one process"), pytest.param(("--workers", "2"), id="two workers")]


@pytest.fixture
def away() -> Iterator[Valkey]:
    """A server that has been stopped."""
    with valkeys.started() as server:
        server.kill()
        yield server


@pytest.fixture
def port() -> Iterator[int]:
    """A free port that nobody else gets: a socket that does not listen holds it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def called(port: int, method: str, path: str, **form: str) -> tuple[int, str | None, Any]:
    """Call it as soon as it listens; status, content type and JSON of the answer."""
    until = time.monotonic() + PATIENCE
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    while True:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            try:
                connection.request(method, path, urlencode(form) if form else None, headers)
            except ConnectionRefusedError:
                assert time.monotonic() < until
                time.sleep(0.02)
                continue
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), json.loads(answer.read())


@pytest.mark.parametrize("workers", WORKERS)
def test_it_waits_for_a_valkey_and_health_is_503_meanwhile(
    tmp_path: Path, away: Valkey, port: int, workers: tuple[str, ...]
) -> None:
    options = ("--state", away.url, "--log-level", "error", *workers)
    with starting(tmp_path, "--port", str(port), *options) as process:
        health = called(port, "GET", "/_nhsauth/health")
        token = called(port, "POST", "/oauth2/token", grant_type="x")
        away.start()
        assert process.stdout
        ready = process.stdout.readline()
        after = called(port, "GET", "/_nhsauth/health")[0], called(port, "POST", "/oauth2/token", grant_type="x")[0]
        said = Served(process=process, ready=ready).end()

    detail = f"{away.url}: Error 111 connecting to {away.socket}. Connection refused."
    assert health[:2] == (503, "application/problem+json")
    assert health[2] == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": f"The state cannot be reached: {detail}",
        "nhsauth": "state unreachable",
    }
    assert token == (503, "application/json", {"nhsauth": "state unreachable", "detail": detail})
    assert ready == f"nhsauth ready at http://127.0.0.1:{port}\n"
    assert after == (200, 400)
    assert (process.returncode, said) == (0, ("", ""))


@pytest.mark.parametrize("workers", WORKERS)
def test_after_the_wait_it_ends_with_2_in_one_line(tmp_path: Path, away: Valkey, workers: tuple[str, ...]) -> None:
    options = ("--port", "0", "--state", away.url, "--state-wait", "1", "--log-level", "error")
    done = finished(*NHSAUTH, "serve", *options, *workers, folder=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Error: {away.url}: Error 111 connecting to {away.socket}. Connection refused. (waited 1 s for it: see "
        "--state-wait)\n"
    )


def test_a_signal_ends_the_wait(tmp_path: Path, away: Valkey, port: int) -> None:
    with starting(tmp_path, "--port", str(port), "--state", away.url) as process:
        called(port, "GET", "/_nhsauth/health")
        said = Served(process=process, ready="").end(signal.SIGTERM)

    assert (process.returncode, said[0]) == (0, "")
    assert said[1].count("\n") == 1
    assert "WARNING [root] The state cannot be reached (" in said[1]
    assert said[1].endswith("): waiting 30 s for it\n")


def test_without_a_wait_it_ends_at_once(tmp_path: Path, away: Valkey) -> None:
    done = finished(*NHSAUTH, "serve", "--port", "0", "--state", away.url, "--state-wait", "0", folder=tmp_path)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--state-wait" not in done.stderr


def wrong_password(valkey: Valkey) -> str:
    with valkey.client() as client:
        client.config_set("requirepass", "right-one")
    return valkey.url.replace("unix://", "unix://:wrong-one@")


def evicting(valkey: Valkey) -> str:
    with valkey.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    return valkey.url


def replica(valkey: Valkey) -> str:
    with valkey.client() as client:
        client.replicaof("127.0.0.1", "1")
    return valkey.url


@pytest.mark.parametrize("spoilt", [wrong_password, evicting, replica])
def test_what_no_wait_can_cure_ends_it_at_once(tmp_path: Path, spoilt: Callable[[Valkey], str]) -> None:
    with valkeys.started() as valkey:
        location = spoilt(valkey)
        options = ("--port", "0", "--state", location, "--state-wait", "3600")
        done = finished(*NHSAUTH, "serve", *options, folder=tmp_path)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "waited" not in done.stderr
    assert "wrong-one" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are looked up as on Linux")
def test_a_worker_that_dies_in_an_outage_is_replaced_once_it_is_over(tmp_path: Path) -> None:
    with ExitStack() as stack:
        valkey = stack.enter_context(valkeys.started("--appendonly", "yes"))
        options = ("--port", "0", "--state", valkey.url, "--log-level", "warning", "--workers", "1")
        process = stack.enter_context(starting(tmp_path, *options))
        assert process.stdout
        served = Served(process=process, ready=process.stdout.readline())
        number = int(served.url.rpartition(":")[2])
        (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        valkey.kill()
        os.kill(int(worker), signal.SIGKILL)
        back = Timer(6.0, valkey.start)  # longer than five workers take to die
        back.start()
        status = called(number, "GET", "/_nhsauth/health")[0]
        back.join()
        said = served.end()[1]

    assert status == 200
    assert said.count("another takes its place") == 1
