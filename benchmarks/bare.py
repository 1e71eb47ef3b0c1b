"""The least that a mock on Flask could be, as a process, until SIGTERM: `python -m benchmarks.bare SERVER`.

`werkzeug` has one route; `exchange KEYS` checks the two signatures of a token exchange, on the least server that there
is. It imports nothing of ours: what it takes is the floor for `nhsauth serve`.
"""

# ruff: noqa: PLC0415 - only what the server that is asked for needs is imported
from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from asyncio import Transport
    from collections.abc import Callable

app = Flask(__name__, static_folder=None)


@app.get("/")
def answer() -> dict[str, str]:
    """Answer with a little JSON."""
    return {"status": "pass"}


def _by_werkzeug() -> None:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    _ready(server.port)
    server.serve_forever()


def _exchange() -> None:
    """Exchange tokens: `KEYS` is a file of JSON with the two public keys, as PEM, and the algorithm of the second."""
    import json
    import time
    from pathlib import Path

    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from flask import request
    from jwt import PyJWS

    body = json.loads(Path(sys.argv[2]).read_text(encoding="ascii"))
    client, provider = (load_pem_public_key(body[name].encode()) for name in ("client", "provider"))
    jws: Any = PyJWS()

    @app.post("/oauth2/token")
    def token() -> dict[str, str]:
        assertion = json.loads(jws.decode(request.form["client_assertion"], client, algorithms=["RS512"]))
        subject = json.loads(jws.decode(request.form["subject_token"], provider, algorithms=[body["algorithm"]]))
        assert min(assertion["exp"], subject["exp"]) > time.time()
        return {"access_token": "x" * 28, "expires_in": "599", "refresh_token": "x" * 32, "token_type": "Bearer"}

    import asyncio

    asyncio.run(_serve_on_a_loop())


async def _serve_on_a_loop() -> None:
    import asyncio

    server = await asyncio.get_running_loop().create_server(_protocol(), "127.0.0.1", 0)
    _ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _protocol() -> Callable[[], Any]:
    """Return what reads requests as they ought to be, and judges nothing about them."""
    import asyncio
    import io

    class Requests(asyncio.Protocol):
        def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # it is one
            self._transport, self._read = transport, b""

        def data_received(self, data: bytes) -> None:
            self._read += data
            head, blank, body = self._read.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if blank and len(body) == length:
                self._read = b""
                self._transport.write(_answered(head.split(b" ", 2), io.BytesIO(body), length))

    return Requests


def _answered(line: list[bytes], body: Any, length: int) -> bytes:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": line[0].decode(),
        "SCRIPT_NAME": "",
        "PATH_INFO": line[1].decode(),
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(length),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    started: list[Any] = []
    result: Any = app(environ, lambda *expected: started.extend(expected))  # type: ignore[arg-type] # nothing calls write()
    answered = b"".join(result)
    result.close()
    lines = [f"HTTP/1.1 {started[0]}", *(f"{name}: {value}" for name, value in started[1]), "", ""]
    return "\r\n".join(lines).encode() + answered


def _ready(port: int) -> None:
    print(f"ready at http://127.0.0.1:{port}", flush=True)


def _end(_: int, __: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    {"werkzeug": _by_werkzeug, "exchange": _exchange}[sys.argv[1]]()
