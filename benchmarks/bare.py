"""The least that a mock on Flask could be, as a process: one route, until SIGTERM. `python -m benchmarks.bare SERVER`.

It imports nothing of ours: what it takes to start is the floor for `nhsauth serve`.
"""

# ruff: noqa: PLC0415 - only the server that is asked for is imported
from __future__ import annotations

import signal
import sys
from types import FrameType

from flask import Flask

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


def _ready(port: int) -> None:
    print(f"ready at http://127.0.0.1:{port}", flush=True)


def _end(_: int, __: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    {"werkzeug": _by_werkzeug}[sys.argv[1]]()
