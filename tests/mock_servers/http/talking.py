"""Applications to serve, and how tests talk to a server: in bytes, over a socket of their own."""

import contextlib
import gc
import json
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from mock_servers.http.bounds import Bounds
from mock_servers.http.server import Server, start

TEXT_KEYS = (
    "CONTENT_LENGTH",
    "HTTP_HOST",
    "HTTP_TRACE_ID",
    "HTTP_X_LIST",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_PORT",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SERVER_NAME",
    "wsgi.input_terminated",
    "wsgi.url_scheme",
)
CLOSE = b"Host: mock.example\r\nConnection: close\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    seen = {key: environ[key] for key in TEXT_KEYS if key in environ}
    answer = json.dumps(seen | {"body": environ["wsgi.input"].read().decode()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def deaf(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the method, without a look at the body."""
    method = environ["REQUEST_METHOD"].encode()
    start_response("200 OK", [("Content-Length", str(len(method)))])
    return [method]


def connect(server: Server) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=30)


def read_to_end(sock: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while piece := sock.recv(65536):
            received += piece
    return received


def exchange(server: Server, *pieces: bytes | memoryview) -> bytes:
    """Send raw bytes on a connection of their own; return all that comes back until the server ends it."""
    with connect(server) as sock:
        for piece in pieces:
            sock.sendall(piece)
        return read_to_end(sock)


def seen(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK"), answer
    return dict(json.loads(body))


def bodies(answer: bytes) -> list[bytes]:
    """Of several answers, all 200, on one connection."""
    return [one.partition(b"\r\n\r\n")[2] for one in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]


def status(answer: bytes) -> str:
    return answer.partition(b"\r\n")[0].decode()


def threads_of_servers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("mock_servers.http.server")}


def open_sockets() -> set[socket.socket]:
    return {thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() != -1}


@contextlib.contextmanager
def serve_one_at_a_time(application: WSGIApplication) -> Iterator[Server]:
    """Serve with one worker: were its thread to die, there would be no second answer."""
    running = start(application, bounds=Bounds(threads=1))
    try:
        yield running
    finally:
        running.stop()
