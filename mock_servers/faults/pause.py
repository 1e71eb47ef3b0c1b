"""Waiting that ends early: with the server, with the test, and never at the cost of a control call.

Answers wait here that a fault holds back, and calls of a team's own API that may take its time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import repeat
from typing import Final

from mock_servers.state.table import Table

Spare = Callable[[], AbstractContextManager[None]]
"""Lets a server have one more worker than usual for the length of a block."""


_TURN: Final = 0.05
"""Seconds after which who waits looks whether another process has ended it."""
_ENDED: Final = "ends of waiting"


class Pause:
    """Where requests wait. Safe from any thread. Through `counters` processes that share a state end it for all."""

    def __init__(self, counters: Table[int] | None = None) -> None:
        self._counters = counters
        self._changed = threading.Condition()
        self._round = 0
        self._ending = 0
        self._spares: list[Spare] = []
        self._elsewhere: list[Callable[[], None]] = []

    def wait(self, seconds: float) -> None:
        """Wait, unless and until all waiting is over; meanwhile somebody else works for the servers that run."""
        with self._changed:
            entered = self._round
        with self.spared():
            for patience in self._turns(seconds):
                with self._changed:
                    if self._changed.wait_for(lambda: self._ending or self._round != entered, patience):
                        return

    def _turns(self, seconds: float) -> Iterator[float]:
        """Say how long to wait at a time, until another process has ended all waiting; at once where there is none."""
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
        """Wait for something else for the length of a block; `let_go` ends that when all waiting is over."""
        with self.spared():
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
        """Let every answer go that is held back now, by whichever process."""
        if self._counters is not None:
            self._counters.count(_ENDED)
        self._end_here()

    def _end_here(self) -> None:
        with self._changed:
            self._round += 1
            self._changed.notify_all()

    def end_all(self) -> None:
        """Let every answer go, and end what is waited for elsewhere."""
        self.end()
        self._end_elsewhere()

    def _end_elsewhere(self) -> None:
        with self._changed:
            waiting = list(self._elsewhere)
        for let_go in waiting:
            let_go()

    def served_by(self, spare: Spare) -> None:
        """Know a server whose workers may wait here."""
        with self._changed:
            self._spares.append(spare)

    @contextmanager
    def stopping(self, spare: Spare) -> Iterator[None]:
        """While a server stops nobody waits; and afterwards it is known no more."""
        with self._changed:
            self._ending += 1
        self._end_here()
        self._end_elsewhere()
        try:
            yield
        finally:
            with self._changed:
                self._ending -= 1
                if spare in self._spares:
                    self._spares.remove(spare)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Wait for something that ends by itself for the length of a block, while the servers answer others."""
        with self._changed:
            spares = list(self._spares)
        with ExitStack() as stack:
            for spare in spares:
                stack.enter_context(spare())
            yield
