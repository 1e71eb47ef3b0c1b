"""`nhsauth serve --workers`: processes that serve one port together, and the parent that keeps them alive.

What a worker does, `worker` says. It writes one byte to its stdout once it can answer; the end of its stdout is its
death. Its stdin ends with the parent, however that ends.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from mock_servers.command_line import logs, scratch, serve
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.command_line.serve import ServeOptions
from mock_servers.command_line.shutdown import Shutdown
from mock_servers.command_line.worker import Job
from mock_servers.http import server
from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.mock import Mock, opened
from mock_servers.settings.sections import MEMORY
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from _typeshed import HasFileno

_LOG: Final = logging.getLogger(__name__)
_MOST: Final = 64
_BRIEF: Final = 5.0  # seconds; who lives no longer has died at once
_MOST_BRIEF: Final = 5  # deaths like that in a row, after which no other takes the place
_SLOWER: Final = 0.1  # seconds until a place is taken again, for each of these
_PATIENCE: Final = 0.9  # seconds that all together get to end

Begin = Callable[[int], "subprocess.Popen[bytes]"]
"""Starts the worker of a number, with a pipe to its stdin and one from its stdout."""


def run(asked: ServeOptions, count: int, ending: Shutdown) -> NoReturn:
    """Let so many processes serve until the ending comes; then the process exits with 0. Raises Misuse and No.

    What they share is in the state that is asked for, or in a private file that ends with them.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(tempfile.TemporaryFile())
        logs.set_up(form=asked.log_format, level=asked.log_level, lock=lock.fileno())
        with serve.usable():
            configuration = serve.controlled(serve.configured(asked.config))
            state = asked.state or configuration.state.url
            if state == MEMORY:
                state = f"sqlite:{stack.enter_context(scratch.folder()) / 'state'}"
            platform = Mock(configuration, ring=KeyRing(cache_folder(os.environ)), backend=opened(state))
            sockets = [stack.enter_context(server.listen(asked.host, port)) for port in asked.ports]
        url, *apart = (server.url_of(asked.host, each) for each in sockets)
        platform.served_at(url)
        platform.names.control_url = next(iter(apart), None)
        real = serve.prepared(platform, asked.allowed) if asked.tls else None
        job = Job(
            asked=asked,
            configuration=configuration,
            state=state,
            sockets=tuple(each.fileno() for each in sockets),
            lock=lock.fileno(),
            parent=os.getpid(),
        )
        Workers(count, job.begin, ending).keep(lambda: serve.print_ready(asked, platform, real))
    logging.shutdown()
    os._exit(0)


def how_many(asked: str) -> int:
    """Return how many workers `N` or `auto` means. Raises Misuse."""
    if os.name != "posix":
        raise Misuse("--workers needs Linux or macOS, where a process can hand its port on; leave it out on Windows")
    if asked == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or not 1 <= int(asked) <= _MOST:
        raise Misuse(f"--workers is {shown(asked)}; allowed: 1 to {_MOST}, or auto, one for each core")
    return int(asked)


@dataclass(slots=True, kw_only=True)
class _Worker:
    number: int
    process: subprocess.Popen[bytes]
    began: float
    can_answer: bool = False


class Workers:
    """So many processes, numbered from 1, until `ending` can be read; `ticks` are seconds since some moment."""

    def __init__(
        self, count: int, begin: Begin, ending: HasFileno, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._begin = begin
        self._ticks = ticks
        self._alive: dict[int, _Worker] = {}
        self._due = dict.fromkeys(range(1, count + 1), 0.0)
        self._brief = 0
        self._were_ready = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(ending, selectors.EVENT_READ)

    def keep(self, when_ready: Callable[[], object]) -> None:
        """Keep all of them alive until the ending comes, and end them; `when_ready` is called once all can answer.

        Raises AnswerIsNo when one dies before that, or when too many die as soon as they have started.
        """
        try:
            while self._turn():
                if not self._were_ready and not self._due and all(each.can_answer for each in self._alive.values()):
                    self._were_ready = True
                    when_ready()
        finally:
            self._end()

    def _turn(self) -> bool:
        """Start who is due, and wait for something to happen; whether it was not the ending."""
        now = self._ticks()
        for number in [number for number, moment in self._due.items() if moment <= now]:
            del self._due[number]
            self._start(number)
        wait = min(self._due.values()) - now if self._due else None
        happened = [key.data for key, _ in self._selector.select(wait)]
        if None in happened:
            return False
        for worker in happened:
            self._hear(worker)
        return True

    def _start(self, number: int) -> None:
        worker = _Worker(number=number, process=self._begin(number), began=self._ticks())
        self._alive[number] = worker
        self._selector.register(_said(worker), selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> None:
        if os.read(_said(worker), 1):
            worker.can_answer = True
            return
        self._forget(worker)
        died = f"Worker {worker.number} (process {worker.process.pid}) {_end_of(worker.process.wait())}"
        if not self._were_ready and not worker.can_answer:
            raise AnswerIsNo(f"{died} before it could answer: see the log")
        self._replace(worker, died)

    def _replace(self, worker: _Worker, died: str) -> None:
        """Let another take the place of one that died: at once, but not again and again."""
        lived = self._ticks() - worker.began
        self._brief = self._brief + 1 if lived < _BRIEF else 0
        if self._brief >= _MOST_BRIEF:
            raise AnswerIsNo(
                f"{died}: the last of {_MOST_BRIEF} in a row that lived less than {_BRIEF:.0f} s; see the log"
            )
        _LOG.warning("%s; another takes its place", died)
        self._due[worker.number] = self._ticks() + _SLOWER * self._brief

    def _forget(self, worker: _Worker) -> None:
        self._selector.unregister(_said(worker))
        del self._alive[worker.number]
        for pipe in (worker.process.stdin, worker.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # for what was written to it and not read
                    pipe.close()

    def _end(self) -> None:
        """End all of them; who takes too long is killed."""
        deadline = self._ticks() + _PATIENCE
        workers = list(self._alive.values())
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            try:
                worker.process.wait(max(deadline - self._ticks(), 0))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            self._forget(worker)
        self._selector.close()


def _said(worker: _Worker) -> int:
    stdout = worker.process.stdout
    if stdout is None:
        raise ValueError("a worker needs a pipe from its stdout")
    return stdout.fileno()


def _end_of(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
