"""Turns the signals that end a server into something to wait for, on every system and without a race."""

from __future__ import annotations

import signal
import socket
from typing import Final

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Ctrl-Break, on Windows alone


class Ending:
    """From its making on, those signals no longer end the process: each is noted, even one that nobody waits for yet.

    A byte in a socket notes it: setting an Event where a signal is received can deadlock with whoever waits for it.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.settimeout(0)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: None)

    def came_within(self, seconds: float) -> bool:
        """Wait so long for one of the signals; whether one came, now or before."""
        self._reader.settimeout(seconds)
        try:
            return bool(self._reader.recv(1))
        except TimeoutError:
            return False
