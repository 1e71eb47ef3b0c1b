"""How a process learns that it should end: by a signal, which is something to wait for, or by its parent's death."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has only the second
_SET_DEATH_SIGNAL: Final = 1  # prctl's PR_SET_PDEATHSIG
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Ctrl-Break, on Windows alone


class Shutdown:
    """Once this object is made, those signals no longer end the process. It notes each, even before anyone waits.

    It writes a byte to a socket. Setting an Event in a signal handler can deadlock with a thread that waits for it.
    `final` are those that end at once what the first has begun: all of them, unless a parent passes signals on. Who
    signals each process of a group or a control group would else signal twice.
    """

    def __init__(self, final: Sequence[str] = _SIGNALS) -> None:
        self._final = [getattr(signal, name) for name in final if hasattr(signal, name)]
        self._reader, self._writer = socket.socketpair()
        self._writer.settimeout(0)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: None)

    def fileno(self) -> int:
        """Return a file descriptor that is readable once a signal has come, for `select` beside others."""
        return self._reader.fileno()

    def came_within(self, seconds: float) -> bool:
        """Wait so long for one of the signals; whether one came, now or before."""
        self._reader.settimeout(seconds)
        try:
            return bool(self._reader.recv(1))
        except TimeoutError:
            return False

    def came_again_within(self, seconds: float) -> bool:
        """Wait so long for a further signal that is final; whether one came."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._reader.settimeout(left)
            with suppress(TimeoutError):
                if self._reader.recv(1)[0] in self._final:
                    return True
        return False


def die_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what a process does to be killed when its parent is gone, however that went. For Linux alone.

    The parent is, for Linux, the thread that started the process.
    """
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - on Linux alone

    control = ctypes.CDLL(None).prctl

    def ask() -> None:
        control(_SET_DEATH_SIGNAL, int(KILL))
        if os.getppid() != parent:  # it was gone already
            os.kill(os.getpid(), KILL)

    return ask
