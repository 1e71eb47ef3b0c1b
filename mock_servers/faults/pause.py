"""A delay that stops with the server or the test and never blocks a control call.

Answers that a fault holds back wait here, and calls of a team's own API that may take long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import repeat
from typing import Final

from mock_servers.state.table import Table

ExtraWorker = Callable[[], AbstractContextManager[None]]
"""Gives a server one more worker for the length of a block."""


_TURN: Final = 0.05
"""Seconds after which a waiting thread checks whether another process has ended the wait."""
_ENDED: Final = "ends of waiting"


class Pause:
    """The place where requests wait, safe from any thread.

    Through `counters`, processes with a shared state end all waits.
    """

    def __init__(self, counters: Table[int] | None = None) -> None:
        self._counters = counters
        self._changed = threading.Condition()
        self._round = 0
        self._ending = 0
        self._extra_workers: list[ExtraWorker] = []
        self._elsewhere: list[Callable[[], None]] = []

    def wait(self, seconds: float) -> None:
        """Wait, unless all waiting is ended; meanwhile the servers that run have another worker."""
        with self._changed:
            entered = self._round
        with self.with_extra_workers():
            for patience in self._turns(seconds):
                with self._changed:
                    if self._changed.wait_for(lambda: self._ending or self._round != entered, patience):
                        return

    def _turns(self, seconds: float) -> Iterator[float]:
        """Yield how long to wait at a time, until another process has ended all waiting; the whole time without one."""
        if self._counters is None:
            yield seconds
            return
        ended = self._counters.get(_ENDED)
        turns, rest = divmod(seconds, _TURN)
        for patience in (*repeat(_TURN, int(turns)), rest):
            yield patience
            if self._counters.get(_ENDED) != ended:
                return

    @contextmanager
    def elsewhere(self, let_go: Callable[[], None]) -> Iterator[None]:
        """Count a block as waiting; `let_go` ends its wait when all waiting is ended."""
        with self.with_extra_workers():
            with self._changed:
                self._elsewhere.append(let_go)
                over = self._ending > 0
            if over:
                let_go()
            try:
                yield
            finally:
                with self._changed:
                    self._elsewhere.remove(let_go)

    def end(self) -> None:
        """Release every answer that is held back now, by any process."""
        if self._counters is not None:
            self._counters.count(_ENDED)
        self._end_here()

    def _end_here(self) -> None:
        with self._changed:
            self._round += 1
            self._changed.notify_all()

    def end_all(self) -> None:
        """Release every answer, and end waits for other things."""
        self.end()
        self._end_elsewhere()

    def _end_elsewhere(self) -> None:
        with self._changed:
            waiting = list(self._elsewhere)
        for let_go in waiting:
            let_go()

    def served_by(self, extra_worker: ExtraWorker) -> None:
        """Register a server whose workers may wait here."""
        with self._changed:
            self._extra_workers.append(extra_worker)

    @contextmanager
    def stopping(self, extra_worker: ExtraWorker) -> Iterator[None]:
        """Let no request wait while a server stops, and unregister it afterwards."""
        with self._changed:
            self._ending += 1
        self._end_here()
        self._end_elsewhere()
        try:
            yield
        finally:
            with self._changed:
                self._ending -= 1
                if extra_worker in self._extra_workers:
                    self._extra_workers.remove(extra_worker)

    @contextmanager
    def with_extra_workers(self) -> Iterator[None]:
        """Wait for something that ends by itself for the length of a block, while the servers answer other requests."""
        with self._changed:
            extra_workers = list(self._extra_workers)
        with ExitStack() as stack:
            for extra_worker in extra_workers:
                stack.enter_context(extra_worker())
            yield
