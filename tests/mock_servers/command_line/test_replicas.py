"""Several servers that share one state, behind a load balancer: to a client they are one."""

import http.client
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.balancing import Balancer, balanced
from tests.mock_servers.state import valkeys
from tests.served import PATIENCE, Served, started

pytestmark = pytest.mark.slow  # each test starts several servers

CALLBACK = "https://client.example/back"
CLIENT = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
CONFIGURED = f"""
[[apps]]
client_id = "{CLIENT["client_id"]}"
client_secret = "{CLIENT["client_secret"]}"
redirect_uris = ["{CALLBACK}"]
quota_per_minute = 0
"""
ASSERTED = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
CLIENTS, POSTS = 8, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Servers of one state, and the balancer before them."""

    servers: Sequence[Served]
    balancer: Balancer

    @property
    def url(self) -> str:
        return self.balancer.url

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Call the control API of whichever is next."""
        headers = {"Connection": "close"}
        return requests.request(method, f"{self.url}/_nhsauth{path}", json=body, headers=headers, timeout=PATIENCE)

    def token(self, **form: str) -> requests.Response:
        headers = {"Connection": "close"}
        return requests.post(f"{self.url}/oauth2/token", form, headers=headers, timeout=PATIENCE)

    def assertion(self) -> str:
        """A client assertion of the app, for the URL of the balancer."""
        answer = self.control("POST", "/client-assertions", {"client_id": CLIENT["client_id"]})
        return str(answer.json()["client_assertion"])


def replicas_of(place: str, folder: Path, stack: ExitStack) -> tuple[str, int]:
    """Where the state is, and how many servers share it."""
    if place == "sqlite":
        return f"sqlite:{folder / 'state'}", 2
    if valkeys.PROGRAM is None:
        pytest.skip("neither valkey-server nor redis-server is on this machine")
    return stack.enter_context(valkeys.started("--appendonly", "yes", "--appendfsync", "always")).url, 3


@contextmanager
def running(place: str, folder: Path) -> Iterator[Replicas]:
    with ExitStack() as stack:
        (folder / "nhsauth.toml").write_text(CONFIGURED, encoding="utf-8")
        state, number = replicas_of(place, folder, stack)
        options = ("--state", state, "--log-level", "error")
        servers = [stack.enter_context(started(folder, *options)) for _ in range(number)]
        balancer = stack.enter_context(balanced([each.url for each in servers]))
        yield Replicas(servers=servers, balancer=balancer)


PLACES = ("valkey", "sqlite")


@pytest.fixture(scope="module", params=PLACES)
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def replicas(lasting: Replicas) -> Replicas:
    """Three servers that share a Valkey, or two that share a file, as at the start."""
    assert lasting.control("POST", "/reset").status_code == 204
    lasting.balancer.passed.clear()
    return lasting


class Browser:
    """Follows redirects one at a time, each on a connection of its own, and fills the form in."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Connection"] = "close"
        self.steps = 0

    def get(self, url: str) -> requests.Response:
        self.steps += 1
        return self._session.get(url, allow_redirects=False, timeout=PATIENCE)

    def log_in(self, url: str, user: str) -> str:
        """Return the redirect to the client, with which a log-in ends."""
        answer = self.get(url)
        while answer.status_code == 302:
            onward = answer.headers["Location"]
            if onward.startswith(CALLBACK):
                return onward
            answer = self.get(onward)
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
        action = re.findall(r'<form[^>]* action="([^"]+)"', answer.text)[0]
        self.steps += 1
        answer = self._session.post(
            requests.compat.urljoin(answer.url, unescape(action)),
            {**{name: unescape(value) for name, value in form.items()}, "username": user},
            allow_redirects=False,
            timeout=PATIENCE,
        )
        while not answer.headers["Location"].startswith(CALLBACK):
            answer = self.get(answer.headers["Location"])
        return answer.headers["Location"]


def logged_in(replicas: Replicas, browser: Browser) -> str:
    """The code that a log-in by CIS2 gives the client."""
    query = {"client_id": CLIENT["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
    end = browser.log_in(f"{replicas.url}/oauth2/authorize?{urlencode({**query, 'scope': 'nhs-cis2'})}", "656005750104")
    return parse_qs(urlsplit(end).query)["code"][0]


def redeemed(replicas: Replicas, code: str) -> requests.Response:
    return replicas.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **CLIENT)


def test_a_log_in_goes_its_way_with_each_step_at_another_replica(replicas: Replicas) -> None:
    browser = Browser()

    tokens = redeemed(replicas, logged_in(replicas, browser)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Connection": "close"}
    hello = requests.get(f"{replicas.url}/hello-world/hello/user", headers=bearer, timeout=PATIENCE)
    userinfo = requests.get(f"{replicas.url}/oauth2/userinfo", headers=bearer, timeout=PATIENCE)
    refreshed = replicas.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], **CLIENT)

    assert [each.status_code for each in (hello, userinfo, refreshed)] == [200, 200, 200]
    assert userinfo.json()["sub"] == "656005750104"
    asked = replicas.balancer.passed
    assert asked.total() == browser.steps + 4
    assert max(asked.values()) - min(asked.values()) <= 1
    assert len(asked) == len(replicas.servers)


def winners(replicas: Replicas, form: dict[str, str]) -> Counter[int]:
    """Post one form from eight clients, 500 times each; how often each status was answered.

    Each client keeps its connection to one of the servers: to pass bytes on for all of them would take the most time.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": urlsplit(replicas.url).netloc}
    body, begin = urlencode(form), threading.Barrier(CLIENTS)

    def posts(number: int) -> Counter[int]:
        server = replicas.servers[number % len(replicas.servers)]
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
        statuses: Counter[int] = Counter()
        begin.wait()
        for _ in range(POSTS):
            connection.request("POST", "/oauth2/token", body, headers)
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
        connection.close()
        return statuses

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(posts, range(CLIENTS)), Counter())


def of_assertion(replicas: Replicas) -> dict[str, str]:
    return {"grant_type": "client_credentials", **ASSERTED, "client_assertion": replicas.assertion()}


def of_code(replicas: Replicas) -> dict[str, str]:
    code = logged_in(replicas, Browser())
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **CLIENT}


def of_refresh_token(replicas: Replicas) -> dict[str, str]:
    token = redeemed(replicas, logged_in(replicas, Browser())).json()["refresh_token"]
    return {"grant_type": "refresh_token", "refresh_token": token, **CLIENT}


@pytest.mark.parametrize("form", [of_assertion, of_code, of_refresh_token])
def test_of_many_posts_of_one_value_exactly_one_wins(
    replicas: Replicas, form: Callable[[Replicas], dict[str, str]]
) -> None:
    statuses = winners(replicas, form(replicas))

    assert statuses[200] == 1
    assert statuses.total() == CLIENTS * POSTS
    assert statuses.keys() <= {200, 400, 401}


def test_a_move_of_the_clock_is_seen_by_all(replicas: Replicas) -> None:
    moved = replicas.control("PUT", "/clock", {"now": "2031-01-01T00:00:00Z", "frozen": True})

    lines = [requests.get(f"{each.url}/_nhsauth/clock", timeout=PATIENCE).json()["now"] for each in replicas.servers]

    assert moved.status_code == 200
    assert lines == ["2031-01-01T00:00:00Z"] * len(replicas.servers)


def test_a_fault_is_met_as_often_as_it_was_ordered_any_caller_that_meets_it(replicas: Replicas) -> None:
    replicas.control("POST", "/faults", {"on": "token", "do": "status", "status": 503, "times": 3})

    statuses = [replicas.token(grant_type="nonsense").status_code for _ in range(9)]

    assert statuses == [503] * 3 + [400] * 6


def test_an_exchange_of_one_is_reported_and_explained_by_all(replicas: Replicas) -> None:
    message = replicas.token(grant_type="magic").json()["message_id"]

    lines = [requests.get(f"{each.url}/_nhsauth/exchanges/{message}", timeout=PATIENCE) for each in replicas.servers]

    assert {each.status_code for each in lines} == {200}
    assert {each.json()["diagnosis"].partition(".")[0] for each in lines} == {'grant_type is "magic"'}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_was_answered_is_lost_when_one_of_them_is_killed(place: str, tmp_path: Path) -> None:
    with running(place, tmp_path) as replicas:
        assertions = [replicas.assertion() for _ in range(120)]
        given: dict[str, str] = {}
        turns, lost = count(), 0

        def exchange(assertion: str) -> None:
            nonlocal lost
            if next(turns) == 40:
                replicas.servers[0].process.send_signal(signal.SIGKILL)
            try:
                answer = replicas.token(grant_type="client_credentials", **ASSERTED, client_assertion=assertion)
            except requests.ConnectionError:
                lost += 1
                return
            assert answer.status_code == 200, answer.text
            given[assertion] = answer.json()["access_token"]

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(exchange, assertions))
        hello = Counter(call(replicas, token) for token in given.values())
        again = Counter(
            replicas.token(grant_type="client_credentials", **ASSERTED, client_assertion=each).status_code
            for each in given
        )

    assert len(given) + lost == len(assertions)
    assert len(given) > 100
    assert hello == {200: len(given)}
    assert again == {400: len(given)}


def call(replicas: Replicas, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    return requests.get(f"{replicas.url}/hello-world/hello/application", headers=headers, timeout=PATIENCE).status_code
