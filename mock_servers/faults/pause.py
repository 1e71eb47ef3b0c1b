"""Waiting that ends early: with the server, with the test, and never at the cost of a control call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

Spare = Callable[[], AbstractContextManager[None]]
"""Lets a server have one more worker than usual for the length of a block."""


class Pause:
    """Where requests wait whose answer is held back. Safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._round = 0
        self._ending = 0
        self._spares: list[Spare] = []

    def wait(self, seconds: float) -> None:
        """Wait, unless and until all waiting is over; meanwhile somebody else works for the servers that run."""
        with self._changed:
            entered, spares = self._round, list(self._spares)
        with ExitStack() as stack:
            for spare in spares:
                stack.enter_context(spare())
            with self._changed:
                self._changed.wait_for(lambda: self._ending or self._round != entered, seconds)

    def end(self) -> None:
        """Let everybody who waits now go on."""
        with self._changed:
            self._round += 1
            self._changed.notify_all()

    def served_by(self, spare: Spare) -> None:
        """Know a server whose workers may wait here."""
        with self._changed:
            self._spares.append(spare)

    @contextmanager
    def stopping(self, spare: Spare) -> Iterator[None]:
        """While a server stops nobody waits; and afterwards it is known no more."""
        with self._changed:
            self._ending += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._ending -= 1
                if spare in self._spares:
                    self._spares.remove(spare)
