"""One of the processes of `nhsauth serve --workers`: it serves the socket that its parent has handed on.

It is a fresh interpreter, and reads its job from stdin, which stays open for as long as its parent lives.
"""

from __future__ import annotations

import gc
import os
import pickle  # what is read comes from the parent, through a pipe that nobody else has
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from mock_servers.command_line import logs, serve
from mock_servers.command_line.serve import ServeOptions
from mock_servers.command_line.shutdown import Shutdown, die_with_parent
from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.journal.shared_counts import SharedCounts
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration

AT_ONCE: Final = "SIGINT"
"""The signal by which a parent says that a worker is to end its drain."""
_MAIN: Final = f"from {__name__} import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker is to do: `parent` is the process that starts it, and may end it.

    `state` is where all of them remember, `counts` the folder where all of them count; `sockets`, in the order of the
    ports, and `lock` are files that it inherits.
    """

    asked: ServeOptions
    configuration: Configuration
    state: str
    counts: Path
    sockets: tuple[int, ...]
    lock: int
    parent: int
    number: int = 0

    def begin(self, number: int) -> subprocess.Popen[bytes]:
        """Start a worker of a number: a process group of its own, so that what is typed reaches the parent alone."""
        path = os.pathsep.join(place for place in sys.path if place)  # of a zip application, too
        process = subprocess.Popen(  # noqa: S603 - our own Python
            [sys.executable, "-P", "-c", _MAIN, f"nhsauth-worker-{number}"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(*self.sockets, self.lock),
            process_group=0,
        )
        if process.stdin is not None:
            with suppress(BrokenPipeError):  # it has died already: the check for dead workers reports that
                process.stdin.write(pickle.dumps(replace(self, number=number)))
                process.stdin.flush()
        return process


def main() -> None:
    """Serve until SIGTERM, or until the parent is gone."""
    gc.disable()
    ending = Shutdown(final=(AT_ONCE,))
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - see above
    _die_with(job.parent)
    logs.set_up(
        form=job.asked.log_format, level="error", lock=job.lock, with_worlds=True
    )  # what a start warns of, the parent has said
    try:
        _serve(job, ending)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _serve(job: Job, ending: Shutdown) -> None:
    with serve.usable():
        ring = KeyRing(cache_folder(os.environ))
        backend = serve.opened_within(job.asked.state_wait, job.state, ending)
        platform = Mock(job.configuration, ring=ring, backend=backend)
        platform.count_in(SharedCounts(job.counts))
        servers = serve.begin(platform, job.asked.host, [socket.socket(fileno=each) for each in job.sockets])
    if job.asked.tls:
        serve.prepared(platform, job.asked.allowed).open_at(servers[0])
    logs.set_up(form=job.asked.log_format, level=job.asked.log_level, lock=job.lock, with_worlds=True)
    _beat()
    serve.until(ending, platform, servers, _beat)


def _beat() -> None:
    with suppress(BrokenPipeError):  # the parent is gone: this process will be in a moment
        os.write(sys.stdout.fileno(), b".")


def _die_with(parent: int) -> None:
    ask = die_with_parent(parent)
    if ask is not None:
        ask()
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    sys.stdin.buffer.read(1)  # which is nothing, and comes when the parent is gone
    os._exit(1)
