"""Two mocks behind HAProxy with the configuration of examples/deployment: a client notices nothing of a restart."""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from urllib.parse import urlencode

import pytest
import requests

from tests.served import PATIENCE, Served, started

pytestmark = [
    pytest.mark.slow,  # each restart takes the seconds of its drain
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy on this machine"),
]

FOLDER = Path(__file__).parent.parent / "examples" / "deployment"
CONFIGURATION = (FOLDER / "haproxy.cfg").read_text(encoding="utf-8")
MOCKS = (FOLDER / "nhsauth.toml").read_text(encoding="utf-8")
CLIENTS, RESTARTS = 4, 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ASSERTED = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
EXPECTED = {"POST 400", "GET 200"}


class Ports:
    """Free ports that nobody else gets: a socket that does not listen holds each."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def take(self) -> int:
        held = self._stack.enter_context(socket.socket())
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def configured(services: int, control: int, mocks: list[tuple[int, int]], admin: Path) -> str:
    """The deployment's own configuration, for this machine's ports in place of the names of its network."""
    text = re.sub(r"resolvers docker\n.*?\n\n", "", CONFIGURATION, flags=re.DOTALL)
    text = text.replace(" resolvers docker init-addr none", "")
    text = text.replace("bind :8080", f"bind 127.0.0.1:{services}").replace("bind :9090", f"bind 127.0.0.1:{control}")
    text = text.replace("global\n", f"global\n    stats socket {admin}\n", 1)
    templates = {"nhsauth:8080 port 9090": 0, "nhsauth:9090": 1}
    for of_template, which in templates.items():
        servers = "\n".join(
            f"    server nhsauth{number} 127.0.0.1:{ports[which]} port {ports[1]}" for number, ports in enumerate(mocks)
        )
        text, replaced = re.subn(rf"^    server-template nhsauth 4 {of_template}$", servers, text, flags=re.MULTILINE)
        assert replaced == 1
    return text


class Deployment:
    """Two mocks of one state, and HAProxy before them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        ports = Ports(stack)
        self._folder = folder
        self._stack = stack
        self._mocks = [(ports.take(), ports.take()) for _ in range(2)]
        short = stack.enter_context(TemporaryDirectory(prefix="h"))  # the path of a socket has 107 characters at most
        self._admin = Path(short) / "admin"
        services, control = ports.take(), ports.take()
        self.url, self.control_url = f"http://127.0.0.1:{services}", f"http://127.0.0.1:{control}"
        (folder / "nhsauth.toml").write_text(MOCKS.replace("http://127.0.0.1:8080", self.url), encoding="utf-8")
        self.served = [self._start(number) for number in range(2)]
        file = folder / "haproxy.cfg"
        file.write_text(configured(services, control, self._mocks, self._admin), encoding="utf-8")
        command = ["haproxy", "-db", "-f", str(file)]
        with (folder / "haproxy.log").open("wb") as log:
            self._balancer = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - as configured
        stack.enter_context(self._balancer)
        stack.callback(self._balancer.kill)
        self._wait_for(0)
        self._wait_for(1)

    def restart(self, number: int) -> None:
        """Stop a mock as the system would, start another in its place, and wait until requests go to it."""
        self.served[number].end(signal.SIGTERM)
        assert self.served[number].process.returncode == 0
        self.served[number] = self._start(number)
        self._wait_for(number)

    def _start(self, number: int) -> Served:
        services, control = self._mocks[number]
        options = ("--state", "sqlite:state.db", "--log-level", "error", "--control-port", str(control))
        served = self._stack.enter_context(started(self._folder, *options, "--port", str(services)))
        assert served.ready
        return served

    def _wait_for(self, number: int) -> None:
        """Wait until HAProxy has found a mock well, at both ports."""
        until = time.monotonic() + PATIENCE
        while self._states().count((f"nhsauth{number}", "UP")) < 2:
            assert self._balancer.poll() is None, (self._folder / "haproxy.log").read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)

    def _states(self) -> list[tuple[str, str]]:
        if not self._admin.exists():
            return []
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self._admin))
            admin.sendall(b"show stat\n")
            text = b"".join(iter(lambda: admin.recv(65536), b"")).decode()
        names, *rows = [line.split(",") for line in text.removeprefix("# ").splitlines() if line]
        # A server that was never checked is `UP 1/2` or `no check`; one that is well is `UP`, and was checked.
        return [
            (row[names.index("svname")], row[names.index("status")])
            for row in rows
            if row[names.index("check_status")] == "L7OK"
        ]


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    with ExitStack() as stack:
        yield Deployment(folder, stack)


def unlimited(deployment: Deployment) -> None:
    """Lift the app's quota, which counts its calls of /hello-world: this load would use it up."""
    app = f"{deployment.control_url}/_nhsauth/apps/nhsauth-app"
    requests.patch(app, json={"quota_per_minute": 0}, timeout=PATIENCE).raise_for_status()


def token(deployment: Deployment) -> str:
    made = requests.post(f"{deployment.control_url}/_nhsauth/client-assertions", json={}, timeout=PATIENCE).json()
    form = {"grant_type": "client_credentials", **ASSERTED, "client_assertion": made["client_assertion"]}
    answer = requests.post(f"{deployment.url}/oauth2/token", form, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def load(url: str, bearer: str, is_over: Event) -> Counter[str]:
    """Post and get in turn on one connection, without a pause; what was met."""
    met: Counter[str] = Counter()
    calls = {
        "POST": ("/oauth2/token", urlencode({"grant_type": "x"}), FORM),
        "GET": ("/hello-world/hello/application", None, {"Authorization": f"Bearer {bearer}"}),
    }
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)) as connection:
        while not is_over.is_set():
            for method, call in calls.items():
                try:
                    connection.request(method, *call)
                    answer = connection.getresponse()
                    answer.read()
                    met[f"{method} {answer.status}"] += 1
                except (OSError, HTTPException) as error:
                    connection.close()
                    met[type(error).__name__] += 1
    return met


def test_three_rolling_restarts_cost_no_client_an_answer(tmp_path: Path) -> None:
    is_over = Event()
    with deployed(tmp_path) as deployment, ThreadPoolExecutor(CLIENTS) as clients:
        unlimited(deployment)
        bearer = token(deployment)
        loads = [clients.submit(load, deployment.url, bearer, is_over) for _ in range(CLIENTS)]
        try:
            for _ in range(RESTARTS):
                for number in range(2):
                    deployment.restart(number)
        finally:
            is_over.set()
        met = sum((each.result() for each in loads), Counter[str]())

    assert met.keys() == EXPECTED, met
