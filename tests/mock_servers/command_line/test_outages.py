"""`nhsauth serve` whose Valkey goes away or refuses to write, as processes: a clean 503, and nothing given is lost."""

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import redis

from tests.mock_servers.state import valkeys
from tests.mock_servers.state.valkeys import Valkey
from tests.served import PATIENCE, Served, started

pytestmark = [
    pytest.mark.slow,  # each test starts the command in a process of its own
    pytest.mark.skipif(valkeys.PROGRAM is None, reason="neither valkey-server nor redis-server is on this machine"),
]

ASSERTED = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def called(
    url: str, method: str, path: str, body: str | None = None, content_type: str = FORM, **headers: str
) -> tuple[int, Any]:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, {"Content-Type": content_type, **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@dataclass(slots=True)
class Client:
    """Exchanges assertions that were made beforehand, and keeps what it was given."""

    served: Served
    assertions: list[str]
    given: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, served: Served) -> "Client":
        made = (called(served.url, "POST", "/_nhsauth/client-assertions", "{}", JSON) for _ in range(30))
        return cls(served, [answer["client_assertion"] for _, answer in made])

    def take(self) -> tuple[int, Any]:
        """Ask for a token."""
        assertion = self.assertions.pop()
        status, answer = self._exchange(assertion)
        if status == 200:
            self.given[assertion] = answer["access_token"]
        return status, answer

    def _exchange(self, assertion: str) -> tuple[int, Any]:
        form = {"grant_type": "client_credentials", **ASSERTED, "client_assertion": assertion}
        return called(self.served.url, "POST", "/oauth2/token", urlencode(form))

    def take_until(self, is_enough: Callable[[int], bool]) -> list[tuple[int, Any]]:
        answers = [self.take()]
        while not is_enough(answers[-1][0]):
            answers.append(self.take())
        return answers

    def lost(self) -> list[str]:
        """What was given and is not known any more: a token that is refused, or an assertion that counts again."""
        hello = "/hello-world/hello/application"
        return [
            f"{assertion} {token}"
            for assertion, token in self.given.items()
            if called(self.served.url, "GET", hello, Authorization=f"Bearer {token}")[0] != 200
            or self._exchange(assertion)[0] != 400
        ]


@contextmanager
def client_of(valkey: Valkey, folder: Path, *options: str) -> Iterator[Client]:
    (folder / "nhsauth.toml").write_text(
        '[[apps]]\nclient_id = "nhsauth-app"\nquota_per_minute = 0\nmake_key = true\n', encoding="utf-8"
    )
    with started(folder, "--state", valkey.url, "--log-level", "error", *options) as served:
        yield Client.of(served)


def refuses(valkey: Valkey, settings: dict[str, str]) -> Callable[[], object]:
    """Change settings; what is returned changes them back."""
    with valkey.client() as client:
        before = {name: str(client.config_get(name)[name]) for name in settings}
        for name, value in settings.items():
            client.config_set(name, value)

    def back() -> None:
        with valkey.client() as client:
            for name, value in before.items():
                client.config_set(name, value)

    return back


def without_memory(valkey: Valkey) -> Callable[[], object]:
    return refuses(valkey, {"maxmemory": "1"})


def as_replica(valkey: Valkey) -> Callable[[], object]:
    with valkey.client() as client:
        client.replicaof("127.0.0.1", "1")

    def back() -> None:
        with valkey.client() as client:
            client.replicaof("NO", "ONE")

    return back


def after_a_failed_save(valkey: Valkey) -> Callable[[], object]:
    """A save fails where a folder has the name of its file."""
    (valkey.socket.parent / "dump.rdb").mkdir()
    with valkey.client() as client:
        client.config_set("save", "3600 1")
        client.bgsave()
        until_saved(client, "err")

    def back() -> None:
        (valkey.socket.parent / "dump.rdb").rmdir()
        with valkey.client() as client:
            client.bgsave()
            until_saved(client, "ok")

    return back


def until_saved(client: redis.Redis, result: str) -> None:
    until = time.monotonic() + PATIENCE
    while client.info("persistence")["rdb_last_bgsave_status"] != result:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without_memory, "command not allowed when used memory > 'maxmemory'."),
        (as_replica, "You can't write against a read only replica."),
        (after_a_failed_save, "MISCONF "),
    ],
)
def test_a_valkey_that_refuses_to_write_is_a_503_and_one_line(
    tmp_path: Path, spoil: Callable[[Valkey], Callable[[], object]], said: str
) -> None:
    with valkeys.started() as valkey, client_of(valkey, tmp_path) as client:
        before = [client.take()[0] for _ in range(5)]
        cure = spoil(valkey)
        refused = [client.take() for _ in range(5)]
        health = called(client.served.url, "GET", "/_nhsauth/health")[0]
        cure()
        after = [client.take()[0] for _ in range(5)]
        lost = client.lost()
        reported = client.served.end()[1]

    assert (before, health, after) == ([200] * 5, 503, [200] * 5)
    assert {(status, answer["nhsauth"]) for status, answer in refused} == {(503, "state unreachable")}
    assert all(said in answer["detail"] for _, answer in refused)
    assert lost == []
    assert reported.count("\n") == 1, reported
    assert "The state cannot be reached (" in reported


def fill(file: Path) -> None:
    """Take all the space that there is."""
    with suppress(OSError), file.open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(4096))


def test_a_valkey_whose_disk_is_full_is_a_503_and_one_line(tmp_path: Path, small_disk: Path) -> None:
    """With `appendfsync always` it ends rather than acknowledge what it cannot keep; here it is started again."""
    options = ("--dir", str(small_disk), "--appendonly", "yes", "--appendfsync", "always")
    with valkeys.started(*options) as valkey, client_of(valkey, tmp_path) as client:
        before = [client.take()[0] for _ in range(5)]
        fill(small_disk / "filler")
        refused = client.take_until(lambda status: status != 200)[-1]
        (small_disk / "filler").unlink()
        valkey.kill()
        valkey.start()
        after = [client.take()[0] for _ in range(3)]
        lost = client.lost()
        reported = client.served.end()[1]

    assert (before, after) == ([200] * 5, [200] * 3)
    assert (refused[0], refused[1]["nhsauth"]) == (503, "state unreachable")
    assert lost == []
    assert reported.count("\n") == 1, reported


def test_a_valkey_whose_disk_became_read_only_is_a_503_and_one_line(tmp_path: Path, small_disk: Path) -> None:
    with (
        valkeys.started("--dir", str(small_disk), "--save", "3600 1") as valkey,
        client_of(valkey, tmp_path) as client,
        valkey.client() as admin,
    ):
        before = [client.take()[0] for _ in range(5)]
        remount(small_disk, "ro")
        admin.bgsave()
        until_saved(admin, "err")
        refused = [client.take() for _ in range(3)]
        remount(small_disk, "rw")
        admin.bgsave()
        until_saved(admin, "ok")
        after = [client.take()[0] for _ in range(3)]
        lost = client.lost()
        reported = client.served.end()[1]

    assert (before, after) == ([200] * 5, [200] * 3)
    assert {(status, answer["nhsauth"]) for status, answer in refused} == {(503, "state unreachable")}
    assert lost == []
    assert reported.count("\n") == 1, reported


def remount(folder: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)  # noqa: S603, S607 - our own command


# a Valkey that comes and goes under load

CALLS: tuple[tuple[str, str, str | None], ...] = (
    ("POST", "/oauth2/token", "grant_type=x"),
    ("POST", "/oauth2/token", urlencode({"grant_type": "client_credentials", **ASSERTED, "client_assertion": "a.b.c"})),
    ("GET", "/oauth2/userinfo", None),
    ("GET", "/hello-world/hello/user", None),
    ("GET", "/oauth2/authorize?client_id=nhsauth-app&response_type=code&redirect_uri=x&state=s", None),
    ("GET", "/v1/organizations/nhsd-nonprod/apps", None),
    ("GET", "/_worlds/w/oauth2/userinfo", None),
    ("POST", "/_worlds/w/oauth2/token", "grant_type=x"),
    ("GET", "/_nhsauth/", None),
    ("GET", "/_nhsauth/apps", None),
    ("POST", "/_nhsauth/client-assertions", "{}"),
    ("POST", "/_nhsauth/reset", "{}"),
)


def load(url: str, seed: int, is_over: Event) -> Counter[int]:
    """Call at random, on one connection."""
    choice, met = random.Random(seed).choice, Counter[int]()
    headers = {"Authorization": "Bearer nobodys-token-of-any-kind"}
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as connection:
        while not is_over.is_set():
            method, path, body = choice(CALLS)
            content_type = JSON if body == "{}" else FORM
            connection.request(method, path, body, {"Content-Type": content_type, **headers})
            answer = connection.getresponse()
            answer.read()
            met[answer.status] += 1
    return met


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["one process", "two workers"])
def test_an_outage_under_load_leaves_no_traceback_in_the_log(tmp_path: Path, workers: tuple[str, ...]) -> None:
    is_over = Event()
    with ExitStack() as stack:
        valkey = stack.enter_context(valkeys.started("--appendonly", "yes"))
        served = stack.enter_context(started(tmp_path, "--state", valkey.url, "--log-level", "error", *workers))
        called(served.url, "POST", "/_nhsauth/worlds", '{"name": "w"}', JSON)
        clients = stack.enter_context(ThreadPoolExecutor(6))
        loads = [clients.submit(load, served.url, seed, is_over) for seed in range(6)]
        try:
            for _ in range(4):
                until_health(served.url, 200)
                time.sleep(0.3)  # of load
                valkey.kill()
                until_health(served.url, 503)
                valkey.start()
        finally:
            is_over.set()
        met = sum((each.result() for each in loads), Counter[int]())
        reported = served.end()[1]

    assert met[503] > 0
    assert met[500] == 0
    assert "Traceback" not in reported
    assert 1 <= reported.count("\n") <= 2, reported  # one of each process


def until_health(url: str, status: int) -> None:
    until = time.monotonic() + PATIENCE
    while called(url, "GET", "/_nhsauth/health")[0] != status:
        assert time.monotonic() < until
        time.sleep(0.02)
