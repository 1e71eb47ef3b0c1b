"""How `nhsauth serve` stops, as processes: what a client under load meets, and what is left of a state."""

import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.served import PATIENCE, Serve

pytestmark = [
    pytest.mark.slow,  # each test starts the command in a process of its own
    pytest.mark.skipif(os.name != "posix", reason="Windows ends a process by no such signal"),
]

HEALTH = "/_nhsauth/health"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODY = urlencode({"grant_type": "x"})
CLIENTS = 4
STOPS = 10
WORKERS = [pytest.param((), id="one process"), pytest.param(("--workers", "2"), id="two workers")]


def draining(folder: Path, seconds: int) -> None:
    (folder / "nhsauth.toml").write_text(f"[server]\ndrain = {seconds}\n", encoding="utf-8")


def connected(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)


def got(connection: HTTPConnection, path: str = HEALTH) -> tuple[int, str | None]:
    """The status of a GET, and the answer's Connection."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Connection")


def got_anew(url: str, path: str = HEALTH) -> tuple[int, str | None]:
    """The same on a connection of its own."""
    with closing(connected(url)) as connection:
        return got(connection, path)


class Load:
    """Clients that post without a pause, each on a connection that it keeps for as long as it may, until refused."""

    def __init__(self, url: str) -> None:
        self.met: Counter[str] = Counter()
        self._url = url

    def post_until_refused(self, _: int) -> None:
        with closing(connected(self._url)) as connection, suppress(ConnectionRefusedError):
            while True:
                self.met[self._post(connection)] += 1

    def _post(self, connection: HTTPConnection) -> str:
        """What is met: a status, or an error, after which the connection is closed."""
        try:
            connection.request("POST", "/oauth2/token", BODY, FORM)
            answer = connection.getresponse()
            answer.read()
        except ConnectionRefusedError:
            raise
        except (OSError, HTTPException) as error:
            connection.close()
            return type(error).__name__
        return str(answer.status)


@contextmanager
def under_load(url: str) -> Iterator[Load]:
    load = Load(url)
    with ThreadPoolExecutor(CLIENTS) as clients:
        ends = [clients.submit(load.post_until_refused, number) for number in range(CLIENTS)]
        while load.met.total() < 10 * CLIENTS:
            assert not any(each.done() for each in ends)
            time.sleep(0.01)
        yield load
    for each in ends:
        each.result()


@pytest.mark.parametrize("workers", WORKERS)
def test_in_the_drain_health_is_503_at_both_ports_and_each_connection_ends_with_its_next_answer(
    serve: Serve, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    draining(tmp_path, 60)
    served = serve("--json", "--control-port", "0", *workers)
    ready = json.loads(served.ready)
    with ExitStack() as stack:
        kept = [stack.enter_context(closing(connected(ready["url"]))) for _ in range(4)]
        before = {got(each) for each in kept}
        served.process.send_signal(signal.SIGTERM)
        until_503(ready["url"])
        until_503(ready["control_url"])
        after = {got(each, "/hello-world/hello/world") for each in kept}
    anew = got_anew(ready["url"], "/hello-world/hello/world")
    said = called(ready["control_url"], "GET", HEALTH)
    served.end()

    assert before == {(200, None)}
    assert after == {(200, "close")}
    assert anew == (200, "close")
    assert said["detail"] == "This server is about to stop: send it no more requests."
    assert served.process.returncode == 0


def called(url: str, method: str, path: str, body: str | None = None) -> Any:
    """The JSON that a call is answered with."""
    with closing(connected(url)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())


def until_503(url: str) -> None:
    """Wait until each process has got the signal: a few 503 in a row."""
    row, until = 0, time.monotonic() + PATIENCE
    while row < 20:
        assert time.monotonic() < until
        row = row + 1 if got_anew(url)[0] == 503 else 0


@pytest.mark.parametrize("workers", WORKERS)
def test_after_the_drain_it_ends_within_a_second(serve: Serve, tmp_path: Path, workers: tuple[str, ...]) -> None:
    draining(tmp_path, 2)
    served = serve(*workers)
    with closing(connected(served.url)) as idle:
        got(idle)
        began = time.monotonic()
        served.end()

    assert served.process.returncode == 0
    assert 2 <= time.monotonic() - began < 3.5  # of which half a second is for a busy machine


@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are looked up as on Linux")
def test_who_signals_the_workers_as_well_as_their_parent_cuts_no_drain_short(serve: Serve, tmp_path: Path) -> None:
    draining(tmp_path, 4)
    served = serve("--workers", "2")
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text(encoding="ascii")

    began = time.monotonic()
    for worker in map(int, children.split()):
        os.kill(worker, signal.SIGTERM)
    until_503(served.url)
    served.end()

    assert served.process.returncode == 0
    assert time.monotonic() - began >= 4


@pytest.mark.parametrize("workers", WORKERS)
def test_a_second_signal_ends_it_at_once(serve: Serve, tmp_path: Path, workers: tuple[str, ...]) -> None:
    draining(tmp_path, 600)
    served = serve(*workers)
    served.process.send_signal(signal.SIGTERM)
    until_503(served.url)

    served.end()

    assert served.process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a client that connects as the port closes may be reset")
@pytest.mark.parametrize("workers", WORKERS)
def test_no_client_under_load_is_reset_by_ten_stops(serve: Serve, tmp_path: Path, workers: tuple[str, ...]) -> None:
    draining(tmp_path, 1)
    met: Counter[str] = Counter()
    for _ in range(STOPS):
        served = serve("--log-level", "error", *workers)
        with under_load(served.url) as load:
            served.end()
        met += load.met

    assert met.keys() == {"400"}, met


def test_a_world_is_as_ill_as_its_server(serve: Serve, tmp_path: Path) -> None:
    draining(tmp_path, 60)
    served = serve()
    world = called(served.url, "POST", "/_nhsauth/worlds", "{}")["url"]
    path = f"{urlsplit(world).path}{HEALTH}"
    before = got_anew(served.url, path)[0]

    served.process.send_signal(signal.SIGTERM)
    until_503(served.url)

    assert (before, got_anew(served.url, path)[0]) == (200, 503)


# what is left of a state


def tokens_of(file: Path) -> int:
    """How many tokens there are in a copy of the file alone."""
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        rows = connection.execute("SELECT count(*) FROM entries WHERE place = 'access_tokens'").fetchone()
    copy.unlink()
    return int(rows[0])


ASSERTED = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


def taken(url: str, number: int) -> int:
    """Take so many tokens; returns how many were given."""
    given = 0
    with closing(connected(url)) as connection, suppress(OSError, HTTPException):
        for _ in range(number):
            connection.request("POST", "/_nhsauth/client-assertions", "{}", {"Content-Type": "application/json"})
            assertion = json.loads(connection.getresponse().read())["client_assertion"]
            form = {"grant_type": "client_credentials", **ASSERTED, "client_assertion": assertion}
            connection.request("POST", "/oauth2/token", urlencode(form), FORM)
            answer = connection.getresponse()
            answer.read()
            given += answer.status == 200
    return given


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("state.db*"))


@pytest.mark.parametrize("workers", WORKERS)
def test_a_stopped_state_is_one_file_with_all_tokens(serve: Serve, tmp_path: Path, workers: tuple[str, ...]) -> None:
    served = serve("--state", "sqlite:state.db", "--log-level", "error", *workers)
    given = taken(served.url, 60)

    said = served.end()

    assert (served.process.returncode, said) == (0, ("", ""))
    assert left(tmp_path) == ["state.db"]
    assert tokens_of(tmp_path / "state.db") == given == 60


def test_of_two_servers_of_one_file_the_last_leaves_it_alone(serve: Serve, tmp_path: Path) -> None:
    first, second = (serve("--state", "sqlite:state.db", "--log-level", "error") for _ in range(2))
    given = taken(first.url, 20)
    ended = [first.end()]
    between = left(tmp_path)
    given += taken(second.url, 20)
    ended.append(second.end())

    assert (first.process.returncode, second.process.returncode, ended) == (0, 0, [("", "")] * 2)
    assert "state.db-wal" in between
    assert left(tmp_path) == ["state.db"]
    assert tokens_of(tmp_path / "state.db") == given == 40


def test_a_server_that_stops_under_load_leaves_one_file(serve: Serve, tmp_path: Path) -> None:
    served = serve("--state", "sqlite:state.db", "--log-level", "error")
    with ThreadPoolExecutor(CLIENTS) as clients:
        given = [clients.submit(taken, served.url, 10_000) for _ in range(CLIENTS)]
        while served.process.poll() is None and tokens_so_far(tmp_path) < 100:
            time.sleep(0.05)
        served.end()

    assert left(tmp_path) == ["state.db"]
    assert tokens_of(tmp_path / "state.db") >= sum(each.result() for each in given) >= 100


def tokens_so_far(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        query = "SELECT size FROM places WHERE place = 'access_tokens'"
        return int((connection.execute(query).fetchone() or (0,))[0])


def test_after_a_kill_the_file_and_its_log_hold_all_tokens_together(serve: Serve, tmp_path: Path) -> None:
    served = serve("--state", "sqlite:state.db", "--log-level", "error")
    given = taken(served.url, 60)
    served.process.kill()
    served.process.wait(PATIENCE)
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("state.db", "state.db-wal"):
        shutil.copy(tmp_path / name, copies / name)

    assert tokens_so_far(copies) == given == 60
