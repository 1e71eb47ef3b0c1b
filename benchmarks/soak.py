"""`nhsauth serve` under everything at once, for long: `python -m benchmarks.soak --minutes 30`.

Good traffic, noise, slow clients, ordered faults and moves of the clock; meanwhile memory is looked at, and how long a
client that does nothing special waits. The result goes into `soak.json`, and so onto the page of figures.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks import bench, exchanging, process, table
from benchmarks.bench import Bench, python
from benchmarks.exchanging import PATH
from benchmarks.figure import Figure, mebibytes, milliseconds, times
from benchmarks.process import Running
from mock_servers.state.configuration import READY_MADE_APP

_KEPT: Final = Path(__file__).with_name("soak.json")
_PAGE: Final = Path(__file__).with_name("README.md")
_APP: Final = READY_MADE_APP.client_id
_UNLUCKY: Final = "unlucky"
"""The app that alone meets the ordered faults."""
_CONFIGURED: Final = f"""
[[apps]]
client_id = "{_APP}"
client_secret = "{READY_MADE_APP.client_secret}"
name = "{READY_MADE_APP.name}"
quota_per_minute = 0
"""
_LOOKS: Final = 40
_GROWTH: Final = 1.05
_WAIT: Final = 1.0
_TIMEOUT: Final = 30.0
_PIPELINED: Final = b"GET /_nhsauth/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LARGE: Final = b"GET /_nhsauth/exchanges HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_GREEDY: Final[Mapping[str, tuple[int, bytes, float]]] = {
    "one client that pipelines 120 kB": (1, _PIPELINED * (120_000 // len(_PIPELINED)), 0.05),
    "257 clients that pipeline 100 requests": (257, _PIPELINED * 100, 1.0),
    "300 clients that take no large answers": (300, _LARGE * 3, 5.0),
}
"""How many there are, what each sends at once, and how many seconds somebody else may wait then."""
_GREED: Final = 10.0
"""Seconds for which they are looked at, at most."""
_MOST_REPORTED: Final = 20
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_FAULTS: Final[dict[int | None, dict[str, Any]]] = {
    503: {"do": "status", "status": 503},
    429: {"do": "rate_limit"},
    500: {"do": "catch_all"},
    200: {"do": "delay", "seconds": 0.3},
    None: {"do": "drop"},
}
"""By the status that comes of it; `None`: no answer."""
_MOVES: Final[tuple[tuple[str, dict[str, Any] | None], ...]] = (
    ("PUT", {"advance": 30}),
    ("PUT", {"frozen": True}),
    ("PUT", {"advance": 3600}),
    ("PUT", {"frozen": False}),
    ("DELETE", None),
)
_HALF: Final = b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
_SLOW: Final[tuple[tuple[int, bytes], ...]] = ((100, b""), (200, _HALF), (250, b""), (30, b"\x16\x03\x01\x02\x00"))
"""How many there are of each, and what they say at first: who drips, sends half, is idle, stalls a handshake."""
_NOISE: Final = (
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x00" * 64,
    b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+4\r\n",
    b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET /" + b"a" * 70_000,
    b"CONNECT nowhere.example:443 HTTP/1.1\r\nHost: nowhere.example:443\r\n\r\n",
    b"GET /_nhsauth/apps HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
)
_WORDS: Final = (
    "",
    "x",
    "client_credentials",
    "eyJhbGciOiJSUzUxMiJ9.e30.",
    "é" * 900,
    "https://[::1",
    "%E0",
    "9" * 400,
)
_NAMES: Final = ("grant_type", "client_assertion", "subject_token", "code", "refresh_token", "client_id", "state")
_PATHS: Final = (PATH, "/oauth2/userinfo", "/hello-world/hello/user", "/openam/x", "/_nhsauth/apps", "/nowhere")


class _Gate:
    """Many may pass at once; or one may move what they rely on, and nobody passes until that is done."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closing = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._is_closing = True
            self._changed.wait_for(lambda: not self._inside)
            try:
                yield
            finally:
                self._is_closing = False
                self._changed.notify_all()


@dataclass(slots=True, kw_only=True)
class Soak:
    """One run: what is asked, whether it is over, and what was seen."""

    url: str
    over: threading.Event = field(default_factory=threading.Event)
    gate: _Gate = field(default_factory=_Gate)
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    beside: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """Count something that was as it should be."""
        with self._lock:
            self.seen[what] += 1

    def tell(self, what: str) -> None:
        """Note something that was not."""
        with self._lock:
            self.seen["wrong"] += 1
            if len(self.wrong) < _MOST_REPORTED:
                self.wrong.append(what)

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection of a client that waits for half a minute at most."""
        address = urlsplit(self.url)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT)

    def sock(self) -> socket.socket:
        """Return a socket for what is no HTTP."""
        address = urlsplit(self.url)
        return socket.create_connection((address.hostname, address.port), timeout=_TIMEOUT)


Worker = Callable[[Soak], None]


def _asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, bytes]:
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read()


def _control_call(
    connection: http.client.HTTPConnection, method: str, path: str, members: dict[str, Any] | None
) -> Any:
    """Call the control API, which always answers with success here."""
    body = json.dumps(members) if members is not None else None
    status, reported = _asked(connection, method, f"/_nhsauth{path}", body, Content_Type="application/json")
    assert status < http.client.MULTIPLE_CHOICES, f"{method} {path} answered {status}: {reported[:300]!r}"
    return json.loads(reported) if reported else None


def _form(connection: http.client.HTTPConnection, client_id: str) -> str:
    """Return a good token request, signed by the mock, whose clock moves."""
    signed = _control_call(connection, "POST", "/client-assertions", {"client_id": client_id})
    subject = _control_call(connection, "POST", "/id-tokens", {"client_id": client_id})
    return urlencode(exchanging.EXCHANGE | signed | {"subject_token": subject["id_token"]})


def _good(soak: Soak) -> None:
    """Exchange a token, call an API with it, and read discovery; nothing of it may fail."""
    with contextlib.closing(soak.connection()) as connection:
        while not soak.over.is_set():
            with soak.gate.passing():
                status, body = _asked(connection, "POST", PATH, _form(connection, _APP), **_FORM)
                token = json.loads(body)["access_token"] if status == http.client.OK else ""
                called, _ = _asked(connection, "GET", "/hello-world/hello/user", Authorization=f"Bearer {token}")
                pinged, _ = _asked(connection, "GET", "/oauth2/_ping")
            if (status, called, pinged) == (http.client.OK,) * 3:
                soak.count("good")
            else:
                soak.tell(f"good requests answered {status}, {called}, {pinged}: {body[:300]!r}")


def _unlucky(soak: Soak) -> None:
    """Order a fault, meet it, and be answered well the next time."""
    while not soak.over.is_set():
        for expected, fault in _FAULTS.items():
            with soak.gate.passing(), contextlib.closing(soak.connection()) as connection:
                _control_call(
                    connection, "POST", "/faults", {"on": "token", "client_id": _UNLUCKY, "times": 1, **fault}
                )
                met = _status(soak, _form(connection, _UNLUCKY))
                following = _status(soak, _form(connection, _UNLUCKY))
                _control_call(connection, "DELETE", "/faults", None)
            if (met, following) == (expected, http.client.OK):
                soak.count("faults")
            else:
                soak.tell(f"{fault} gave {met}, and then {following}")


def _status(soak: Soak, form: str) -> int | None:
    with contextlib.closing(soak.connection()) as connection:
        try:
            return _asked(connection, "POST", PATH, form, **_FORM)[0]
        except (http.client.HTTPException, ConnectionError):
            return None


def _mover(soak: Soak) -> None:
    """Move the clock, in a moment in which no good request is under way."""
    with contextlib.closing(soak.connection()) as connection:
        while not soak.over.is_set():
            for method, members in _MOVES:
                soak.over.wait(1)
                with soak.gate.alone():
                    _control_call(connection, method, "/clock", members)
                soak.count("moves")


def _noisy(soak: Soak) -> None:
    """Send what is no request, and requests that make no sense: an answer of the service, or the end."""
    random = Random(threading.get_ident())  # noqa: S311 - noise, no secret
    while not soak.over.is_set():
        answer = _said(soak, random.choice(_NOISE) if random.random() < 1 / 2 else _nonsense(random))
        status = answer[9:12]
        soak.count("noise")
        if status.startswith(b"5") and status not in (b"500", b"501"):  # the services' own: a script that fails
            soak.tell(f"noise was answered {answer[:200]!r}")


def _nonsense(random: Random) -> bytes:
    body = urlencode({random.choice(_NAMES): random.choice(_WORDS) for _ in range(3)}).encode()
    method = random.choice(("POST", "GET", "DELETE"))
    head = f"{method} {random.choice(_PATHS)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    sent = f"Content-Type: {_FORM['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"{head}{sent}".encode() + body


def _said(soak: Soak, text: bytes) -> bytes:
    with contextlib.suppress(ConnectionError), soak.sock() as sock:
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(1 << 16), b""))
    return b""


def _end(held: list[list[socket.socket]]) -> None:
    for group in held:
        for sock in group:
            sock.close()


def _slow(soak: Soak) -> None:
    """Keep hundreds of connections that take their time; each one that the server drops is replaced by another."""
    with ExitStack() as stack:
        held: list[list[socket.socket]] = [[] for _ in _SLOW]
        stack.callback(_end, held)
        while not soak.over.wait(1):
            for group, (wanted, text) in zip(held, _SLOW, strict=True):
                group[:] = [sock for sock in group if _is_there(sock)]
                group += [_opened(soak, text) for _ in range(wanted - len(group))]
            for sock in held[0]:
                with contextlib.suppress(OSError):
                    sock.send(b"G")
            soak.count("slow")


def _opened(soak: Soak, text: bytes) -> socket.socket:
    sock = soak.sock()
    sock.sendall(text)
    sock.settimeout(0)
    return sock


def _is_there(sock: socket.socket) -> bool:
    """Whether the server still holds a connection."""
    try:
        answer = sock.recv(1 << 12)
    except BlockingIOError:
        return True
    except OSError:
        answer = b""
    if not answer:
        sock.close()
    return bool(answer)


def _waiting(soak: Soak) -> None:
    """Ask for something simple on a new connection, and note how long that took."""
    while not soak.over.wait(0.1):
        start = time.perf_counter()
        with contextlib.closing(soak.connection()) as connection:
            status, _ = _asked(connection, "GET", "/_nhsauth/health")
        soak.waits.append(time.perf_counter() - start)
        if status != http.client.OK:
            soak.tell(f"health answered {status}")


def _beside(soak: Soak, count: int, sent: bytes) -> float:
    """Return the longest that a new client waits while so many send so much at once, and take little of it."""
    waits: list[float] = []
    with ExitStack() as stack:
        greedy = [stack.enter_context(soak.sock()) for _ in range(count)]
        for sock in greedy:
            sock.settimeout(0)
        end = time.perf_counter() + _GREED
        for sock in greedy:
            with contextlib.suppress(OSError):  # what is not taken is not sent
                sock.send(sent)
        while (start := time.perf_counter()) < end:
            with contextlib.closing(soak.connection()) as connection:
                status, _ = _asked(connection, "GET", "/_nhsauth/health")
            waits.append(time.perf_counter() - start)
            if status != http.client.OK:
                soak.tell(f"health answered {status}")
            _taken(greedy)
    return max(waits)


def _taken(greedy: list[socket.socket]) -> None:
    """Take some of what those who pipeline were answered, so that they are answered more."""
    for sock in greedy:
        with contextlib.suppress(OSError):
            sock.recv(1 << 12)


_WORKERS: Final[tuple[Worker, ...]] = (_good, _good, _good, _unlucky, _mover, _noisy, _noisy, _slow, _waiting)


def run(opened: Bench, minutes: float) -> Figure:
    """Run for so many minutes, and return what came of it."""
    configuration, log = opened.folder / "soak.toml", opened.folder / "soak.log"
    configuration.write_text(_CONFIGURED, encoding="ascii")
    command = python("-m", "mock_servers", "serve", "--port", "0", "--tls", "--config", str(configuration))
    with process.running(command, opened.environment(), "/oauth2/_ping", opened.folder, log=log) as server:
        soak = Soak(url=server.url)
        with contextlib.closing(soak.connection()) as connection:
            _control_call(connection, "POST", "/apps", {"client_id": _UNLUCKY, "make_key": True, "quota_per_minute": 0})
        _all_at_once(soak, server, minutes * 60)
        soak.beside = {name: _beside(soak, count, sent) for name, (count, sent, _) in _GREEDY.items()}
        server.ended_in()
    failures = log.read_text(encoding="utf-8", errors="replace").count("Traceback (most recent call last)")
    if failures:
        soak.tell(f"{failures} tracebacks are in its log")
    return _figure(soak, minutes)


def _all_at_once(soak: Soak, server: Running, seconds: float) -> None:
    threads = [threading.Thread(target=_kept_at, args=(worker, soak)) for worker in _WORKERS]
    for thread in threads:
        thread.start()
    for _ in range(_LOOKS):
        soak.over.wait(seconds / _LOOKS)
        soak.memory.append(server.memory())
    soak.over.set()
    for thread in threads:
        thread.join()


def _kept_at(worker: Worker, soak: Soak) -> None:
    """Start again after a failure, which is reported: the others go on meanwhile."""
    while not soak.over.is_set():
        try:
            worker(soak)
        except Exception as error:  # noqa: BLE001 - no good client has caused it
            soak.tell(f"{worker.__name__.strip('_')}: {error!r}")
            soak.over.wait(1)


def _figure(soak: Soak, minutes: float) -> Figure:
    half = soak.memory[len(soak.memory) // 2 :]
    growth = median(half[-5:]) / median(half[:5])
    worst, most = max(soak.waits), quantiles(soak.waits, n=100, method="inclusive")[98]
    traffic = ", ".join(f"{soak.seen[what]:,} {what}" for what in ("good", "faults", "moves", "noise", "wrong"))
    return Figure(
        name=f"soak: {minutes:g} minutes of good traffic, noise, 580 slow clients, ordered faults and clock moves",
        measured=traffic,
        beside=f"memory {' → '.join(mebibytes(each) for each in (soak.memory[0], half[0], half[-1]))}; a new client "
        f"waits {milliseconds(most)} (99 of 100), {milliseconds(worst)} at worst; "
        + ", ".join(f"{milliseconds(wait)} beside {name}" for name, wait in soak.beside.items()),
        ratio=f"{times(growth)} of memory over the second half",
        goal="nothing wrong, no 5xx unasked; memory flat; everybody answered within 1 s, within 50 ms beside one "
        "client that pipelines, 1 s beside 257, 5 s beside 300 that take no answers",
        met=not soak.seen["wrong"]
        and growth <= _GROWTH
        and worst <= _WAIT
        and all(wait <= _GREEDY[name][2] for name, wait in soak.beside.items()),
        why="; ".join(soak.wrong) or f"memory may grow {times(_GROWTH)} times, and a client wait {milliseconds(_WAIT)}",
    )


def kept() -> list[Figure]:
    """Return the last result, for the page; none when there has been no run."""
    return [Figure(**json.loads(_KEPT.read_text(encoding="utf-8")))] if _KEPT.exists() else []


def main() -> None:
    """Run, print, and keep the result for the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long; 30 unless given")
    minutes = parser.parse_args().minutes
    with bench.opened(bench.QUICK) as opened:
        figure = run(opened, minutes)
    _KEPT.write_text(json.dumps(asdict(figure), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _PAGE.write_text(table.with_row(_PAGE.read_text(encoding="utf-8"), figure, "soak: "), encoding="utf-8")
    print(table.printed([figure]))


if __name__ == "__main__":
    main()
