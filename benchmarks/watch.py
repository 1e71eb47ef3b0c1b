"""What `nhsauth watch` costs a program: calls on kept connections, refused ones too, and how late a chunk arrives.

A second mock plays the real service. It, the watch and the program are three processes.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from benchmarks import process
from benchmarks.bench import Bench, python
from benchmarks.figure import Figure, milliseconds, times
from benchmarks.measuring import timed
from mock_servers.real_hosts.certificate import Authority, Contexts, make_authority, real_time

_HOST: Final = "int.api.service.nhs.uk"
_SLOW_HOST: Final = "ref.api.service.nhs.uk"
_RATIO_GOAL: Final = 0.6
_MORE_GOAL: Final = 0.0002
_CHUNK_GOAL: Final = 0.005
_BETWEEN: Final = 0.2
_HEAD: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_SERVE: Final = ("-m", "mock_servers", "serve", "--port", "0", "--tls", "--log-level", "error")
_FORM: Final = {"Host": _HOST, "Content-Type": "application/x-www-form-urlencoded"}

Call = Callable[[], object]


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    folder = bench.folder / "watch"
    folder.mkdir()
    environment = dict(bench.environment()) | {"NHSAUTH_CACHE_DIR": str(folder / "cache")}
    authority = make_authority([_SLOW_HOST], real_time())
    with ExitStack() as stack:
        real = stack.enter_context(process.running(python(*_SERVE), environment, "/oauth2/_ping", folder))
        slow = stack.enter_context(_slow(authority, chunks=bench.effort.starts))
        trusted = folder / "trusted.pem"
        trusted.write_bytes((folder / "cache" / "tls" / "ca.pem").read_bytes() + authority.pem)
        upstreams = {_HOST: urlsplit(real.url).port, _SLOW_HOST: slow}
        proxy, trust = stack.enter_context(_watching(upstreams, trusted, environment, folder))
        direct = stack.enter_context(closing(_direct(urlsplit(real.url).port or 0, trusted)))
        through = stack.enter_context(closing(_through(proxy, _HOST, trust)))
        kept = [_kept(bench, name, *calls) for name, *calls in _kinds(direct, through)]
        late = _late(_through(proxy, _SLOW_HOST, trust))
    return [*kept, late]


def _kinds(direct: http.client.HTTPConnection, through: http.client.HTTPConnection) -> Iterator[tuple[str, Call, Call]]:
    yield "a call that is answered 200", _get(direct), _get(through)
    yield "a call that is refused", _refused(direct), _refused(through)


def _kept(bench: Bench, name: str, direct: Call, through: Call) -> Figure:
    turns = bench.in_turn(bench.effort.calls, timed(direct), timed(through))
    ratio, more = turns.ratio(0, 1), turns.difference(1, 0)
    return Figure(
        name=f"{name}, under `nhsauth watch`, on a kept connection",
        measured=f"{milliseconds(turns.median(1))}, {milliseconds(more)} more",
        beside=f"{milliseconds(turns.median(0))} direct",
        ratio=times(ratio),
        goal=f"≥ {_RATIO_GOAL} of the calls of a direct connection, ≤ 0.2 ms more",
        met=ratio >= _RATIO_GOAL and more <= _MORE_GOAL,
        why="TLS a second time, and two more wake-ups of a process on the way there and back",
    )


def _late(connection: http.client.HTTPConnection) -> Figure:
    with closing(connection):
        connection.request("GET", "/", headers={"Host": _SLOW_HOST})
        answer, delays = connection.getresponse(), list[float]()
        while line := answer.readline():
            delays.append(time.perf_counter() - float(line))
    return Figure(
        name="a chunk every 200 ms, under `nhsauth watch`: from sent to read",
        measured=milliseconds(median(delays)),
        beside=f"{milliseconds(max(delays))} the latest of {len(delays)}",
        goal="≤ 5 ms",
        met=max(delays) <= _CHUNK_GOAL,
    )


def _get(connection: http.client.HTTPConnection) -> Call:
    return lambda: _asked(connection, "GET", "/hello-world/hello/world", None, 200)


def _refused(connection: http.client.HTTPConnection) -> Call:
    return lambda: _asked(connection, "POST", "/oauth2/token", b"grant_type=client_credentials", 400)


def _asked(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, status: int) -> None:
    connection.request(method, path, body, _FORM)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == status, f"{path} answered {answer.status}"


def _direct(port: int, trusted: Path) -> http.client.HTTPConnection:
    return http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context(cafile=trusted))


def _through(proxy: str, host: str, trust: str) -> http.client.HTTPConnection:
    context = ssl.create_default_context(cafile=trust)
    connection = http.client.HTTPSConnection(urlsplit(proxy).netloc, context=context)
    connection.set_tunnel(host, 443)
    return connection


@contextmanager
def _watching(
    upstreams: dict[str, int | None], trusted: Path, environment: dict[str, str], folder: Path
) -> Iterator[tuple[str, str]]:
    """Start the watch; yield its URL and the file to trust it by."""
    options = [part for host, port in upstreams.items() for part in ("--upstream", f"{host}=https://127.0.0.1:{port}")]
    command = python("-m", "mock_servers", "watch", "--upstream-ca", str(trusted), *options)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=folder, text=True
    ) as watch:
        try:
            assert watch.stdout is not None
            reported = dict[str, str]()
            while not {"NHSAUTH_URL", "SSL_CERT_FILE"} <= reported.keys():
                name, _, value = watch.stdout.readline().strip().removeprefix("export ").partition("=")
                reported[name] = value.strip("'")
            yield reported["NHSAUTH_URL"], reported["SSL_CERT_FILE"]
        finally:
            watch.terminate()
            watch.wait()


@contextmanager
def _slow(authority: Authority, chunks: int) -> Iterator[int]:
    """Serve one answer whose chunks are the moments at which they are sent; yield the port."""
    context = Contexts(authority, [], lambda name: name == _SLOW_HOST).server()

    def answer() -> None:
        sock, _ = listening.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(sock, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(_HEAD)
            for _ in range(chunks):
                time.sleep(_BETWEEN)
                line = f"{time.perf_counter()}\n".encode()
                tls.sendall(b"%x\r\n%b\r\n" % (len(line), line))
            tls.sendall(b"0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
