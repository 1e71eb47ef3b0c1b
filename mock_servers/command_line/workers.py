"""`nhsauth serve --workers`: processes that serve one port together, and the parent that keeps them alive.

What a worker does, `worker` says. It writes a byte to its stdout once it can answer, and then one a second, by which
the parent sees that it is not stuck; the end of its stdout is its death. Its stdin ends with the parent, however that
ends.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from mock_servers.command_line import logs, scratch, serve
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.command_line.serve import ServeOptions
from mock_servers.command_line.shutdown import Shutdown
from mock_servers.command_line.worker import AT_ONCE, Job
from mock_servers.http import server
from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.journal.counts import Counts
from mock_servers.journal.shared_counts import SharedCounts
from mock_servers.mock import Mock
from mock_servers.settings.sections import MEMORY
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from _typeshed import HasFileno

_LOG: Final = logging.getLogger(__name__)
_MOST: Final = 64
_BEATS: Final = 64  # of a worker that are read at once, after a pause of this process
_BRIEF: Final = 5.0  # seconds; who lives no longer has died at once
_MOST_BRIEF: Final = 5  # deaths like that in a row, after which no other takes the place
_SLOWER: Final = 0.1  # seconds until a place is taken again, for each of these
_PATIENCE: Final = 0.9  # seconds that all together get to end, after the drain
_BETWEEN_LOOKS: Final = 2.5  # seconds
_MOST_MISSES: Final = 2
"""Looks in a row at which a worker has not been heard since the look before: then it is stuck. A pause of the whole
machine, or of all these processes, is at most one."""

Begin = Callable[[int], "subprocess.Popen[bytes]"]
"""Starts the worker of a number, with a pipe to its stdin and one from its stdout."""


def run(asked: ServeOptions, count: int, ending: Shutdown) -> NoReturn:
    """Let so many processes serve until the ending comes; then the process exits with 0. Raises Misuse and No.

    What they share is in the state that is asked for, or in a private file that ends with them.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(tempfile.TemporaryFile())
        logs.set_up(form=asked.log_format, level=asked.log_level, lock=lock.fileno(), with_worlds=True)
        with serve.usable():
            configuration = serve.controlled(serve.configured(asked.config))
            state = asked.state or configuration.state.url
            private = stack.enter_context(scratch.folder())
            if state == MEMORY:
                state = f"sqlite:{private / 'state'}"
            counts = SharedCounts(private)
            backend, ports = serve.reached(asked, state, ending)
            platform = Mock(configuration, ring=KeyRing(cache_folder(os.environ)), backend=backend)
            listening = (each if isinstance(each, socket.socket) else server.listen(asked.host, each) for each in ports)
            sockets = [stack.enter_context(each) for each in listening]
        url, *apart = (server.url_of(asked.host, each) for each in sockets)
        platform.served_at(url)
        platform.names.control_url = next(iter(apart), None)
        real = serve.prepared(platform, asked.allowed) if asked.tls else None
        job = Job(
            asked=asked,
            configuration=configuration,
            state=state,
            counts=private,
            sockets=tuple(each.fileno() for each in sockets),
            lock=lock.fileno(),
            parent=os.getpid(),
        )
        workers = Workers(count, job.begin, ending, drain=configuration.server.drain, counts=counts)
        workers.keep(lambda: serve.print_ready(asked, platform, real), lambda: _close(sockets))
    serve.end(platform)


def _close(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()


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
    was_heard: bool = True
    misses: int = 0
    why_killed: str = ""


class Workers:
    """So many processes, numbered from 1, until `ending` can be read; `ticks` are seconds since some moment.

    From then on they have `drain` seconds, and a moment, to end. A worker that is not heard at two looks in a row is
    killed. `counts` counts the deaths of those that nobody asked to end.
    """

    def __init__(
        self,
        count: int,
        begin: Begin,
        ending: HasFileno,
        *,
        drain: float = 0.0,
        between_looks: float = _BETWEEN_LOOKS,
        counts: Counts | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._begin = begin
        self._counts = counts or Counts()
        self._ending = ending
        self._drain = drain
        self._ticks = ticks
        self._between_looks = between_looks
        self._look_at = ticks() + between_looks
        self._alive: dict[int, _Worker] = {}
        self._due = dict.fromkeys(range(1, count + 1), 0.0)
        self._brief = 0
        self._were_ready = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(ending, selectors.EVENT_READ)

    def keep(self, when_ready: Callable[[], object], when_ending: Callable[[], object] = lambda: None) -> None:
        """Keep all of them alive until the ending comes, and end them.

        `when_ready` is called once all can answer, `when_ending` before they are asked to end. Raises AnswerIsNo when
        one dies before that, or when too many die as soon as they have started.
        """
        try:
            while self._turn():
                if not self._were_ready and not self._due and all(each.can_answer for each in self._alive.values()):
                    self._were_ready = True
                    when_ready()
        finally:
            when_ending()
            self._end()

    def _turn(self) -> bool:
        """Start who is due, and wait for something to happen; whether it was not the ending."""
        now = self._ticks()
        for number in [number for number, moment in self._due.items() if moment <= now]:
            del self._due[number]
            self._start(number)
        next_step = min([self._look_at, *self._due.values()])
        happened = [key.data for key, _ in self._selector.select(max(next_step - now, 0))]
        if None in happened:
            os.read(self._ending.fileno(), 1)
            return False
        for worker in happened:
            self._hear(worker)
        if self._ticks() >= self._look_at:
            self._look()
        return True

    def _look(self) -> None:
        """Kill each that has not been heard for too long; its death is then noticed as any other."""
        for worker in self._alive.values():
            worker.misses = 0 if worker.was_heard or not worker.can_answer else worker.misses + 1
            worker.was_heard = False
            if worker.misses >= _MOST_MISSES:
                worker.why_killed = f"did not respond for {_MOST_MISSES * self._between_looks:.0f} s and was killed"
                worker.process.kill()
        self._look_at = self._ticks() + self._between_looks

    def _start(self, number: int) -> None:
        worker = _Worker(number=number, process=self._begin(number), began=self._ticks())
        self._alive[number] = worker
        self._selector.register(_said(worker), selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> None:
        if os.read(_said(worker), _BEATS):
            worker.can_answer = worker.was_heard = True
            return
        self._forget(worker)
        self._counts.death()
        end = _end_of(worker.process.wait())
        died = f"Worker {worker.number} (process {worker.process.pid}) {worker.why_killed or end}"
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
        """End all of them; who takes too long is killed. A second signal is passed on, and leaves them less time."""
        self._signal(signal.SIGTERM)
        deadline = self._ticks() + self._drain + _PATIENCE
        while self._alive and (left := deadline - self._ticks()) > 0:
            for key, _ in self._selector.select(left):
                if key.data is None:
                    os.read(self._ending.fileno(), 1)
                    self._signal(signal.Signals[AT_ONCE])
                    deadline = min(deadline, self._ticks() + _PATIENCE)
                elif not os.read(_said(key.data), _BEATS):
                    self._forget(key.data)
                    self._wait_for(key.data.process, deadline)
        for worker in list(self._alive.values()):
            worker.process.kill()
            worker.process.wait()
            self._forget(worker)
        self._selector.close()

    def _signal(self, number: int) -> None:
        for worker in self._alive.values():
            worker.process.send_signal(number)

    def _wait_for(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        try:
            process.wait(max(deadline - self._ticks(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _said(worker: _Worker) -> int:
    stdout = worker.process.stdout
    if stdout is None:
        raise ValueError("a worker needs a pipe from its stdout")
    return stdout.fileno()


def _end_of(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
