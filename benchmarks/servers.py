"""Servers of others in place of ours, asked the same: `python -m benchmarks.servers` prints a table for own-server.md.

It measures those that are installed (`pip install waitress cheroot uvicorn httptools hypercorn granian a2wsgi`). Each
serves one small WSGI application in a process of its own, and is started anew for each question.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_HERE: Final = "benchmarks.servers:application"
_ASGI: Final = "benchmarks.servers:asgi"
_UVICORN: Final = ("-m", "uvicorn", "--log-level", "critical", "--host", "127.0.0.1", "--port", "{port}", "--http")
_SERVERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ours": ("mock_servers", ("-m", "benchmarks.servers", "--ours", "{port}")),
    "waitress": ("waitress", ("-m", "waitress", "--listen", "127.0.0.1:{port}", _HERE)),
    "cheroot": ("cheroot", ("-m", "cheroot", "--bind", "127.0.0.1:{port}", _HERE)),
    "uvicorn, h11": ("uvicorn", (*_UVICORN, "h11", _ASGI)),
    "uvicorn, httptools": ("httptools", (*_UVICORN, "httptools", _ASGI)),
    "hypercorn": ("hypercorn", ("-m", "hypercorn", "--bind", "127.0.0.1:{port}", f"wsgi:{_HERE}")),
    "granian": (
        "granian",
        ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--no-ws", _HERE),
    ),
}
_PATIENCE: Final = 3.0  # seconds in which somebody is to be answered
_SLOW: Final = 200
_GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_HALF: Final = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
_ENDLESS: Final = b"X-Header: " + b"y" * 1000 + b"\r\n"
_MOST_HEADERS: Final = 4000  # lines of such headers: 4 MB
_REFUSED_BY_TWO: Final = (
    b"Content-Length: +5\r\n\r\nhello",
    b"Content-Length: 5, 6\r\n\r\nhello",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"Content-Length: 0x5\r\n\r\nhello",
    b"Content-Length : 5\r\n\r\nhello",
    b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5 \rhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    b"No colon\r\n\r\n",
)
"""Heads and bodies that both h11 and llhttp refuse."""


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the length of the body, and note in a file when it was shorter than its head says."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
        Path(os.environ["SHORT_BODIES"]).touch()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def __getattr__(name: str) -> object:
    if name != "asgi":
        raise AttributeError(name)
    from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - for those alone that speak ASGI

    return WSGIMiddleware(application)


def _serve(port: int) -> None:
    from mock_servers.http.server import start  # noqa: PLC0415 - for one candidate

    start(application, port=port, is_quick=lambda _: True)
    while True:
        time.sleep(60)


@contextlib.contextmanager
def _running(command: Iterable[str], short: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, *(word.format(port=port) for word in command)]
    environ = {**os.environ, "SHORT_BODIES": str(short)}
    process = subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _connected(port).close()
                break
            time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.wait()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)


def _status(port: int, sent: bytes) -> bytes:
    """Return the status of what is answered first; empty without an answer in time."""
    with contextlib.suppress(OSError), _connected(port) as sock:
        sock.sendall(sent)
        return sock.recv(1 << 12)[9:12]
    return b""


def _processor_time(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds that a server and its children have computed. Linux only."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            if process.pid in (int(stat.parent.name), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _microseconds(port: int, process: subprocess.Popen[bytes], number: int) -> float:
    """Return how long a server computes for a request on a kept connection."""
    with _connected(port) as sock:
        before = _processor_time(process)
        for _ in range(number):
            sock.sendall(_GET)
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                answer += sock.recv(1 << 12)
        return (_processor_time(process) - before) / number * 1e6


def _answers_beside_slow(port: int) -> bool:
    with ExitStack() as stack:
        for _ in range(_SLOW):
            with contextlib.suppress(OSError):
                stack.enter_context(_connected(port)).sendall(_HALF)
        return _status(port, _GET) == b"200"


def _bounds_headers(port: int) -> bool:
    """Whether a server answers or closes while it is sent headers that do not end."""
    with contextlib.suppress(OSError), _connected(port) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        for _ in range(_MOST_HEADERS):
            sock.sendall(_ENDLESS)
        try:
            sock.recv(1)
        except TimeoutError:
            return False
    return True


def _keeps_whole(port: int, short: Path) -> bool:
    with _connected(port) as sock:
        sock.sendall(_HALF)
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            sock.recv(1 << 12)
    time.sleep(0.2)
    return not short.exists()


def _taken(port: int) -> int:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    return sum(_status(port, head + vector) == b"200" for vector in _REFUSED_BY_TWO)


def _row(name: str, command: Iterable[str], number: int, folder: Path) -> str:
    short = folder / f"short-{name.replace(', ', '-')}"
    with _running(command, short) as (port, process):
        microseconds = _microseconds(port, process, number)
    with _running(command, short) as (port, _):
        beside = _answers_beside_slow(port)
    short.unlink(missing_ok=True)
    with _running(command, short) as (port, _):
        whole = _keeps_whole(port, short)
    with _running(command, short) as (port, _):
        bounded = _bounds_headers(port)
    with _running(command, short) as (port, _):
        taken = _taken(port)
    said = ["yes" if each else "**no**" for each in (beside, whole, bounded)]
    return f"| {name} | {microseconds:.0f} | {' | '.join(said)} | {taken} of {len(_REFUSED_BY_TWO)} |"


def main() -> None:
    """Print the table."""
    import tempfile  # noqa: PLC0415 - not where a server imports the application

    parser = argparse.ArgumentParser(prog="python -m benchmarks.servers", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="for the processor's time; 2000 unless given")
    parser.add_argument("--ours", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours is not None:
        _serve(given.ours)
    print(
        f"| server | CPU µs a request | answers beside {_SLOW} slow bodies | a body cut off never looks whole | ",
        end="",
    )
    print("4 MB of headers are refused | vectors taken that h11 and llhttp refuse |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (module, command) in _SERVERS.items():
            if importlib.util.find_spec(module) is not None:
                print(_row(name, command, given.requests, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
