"""Answers and logs while the state is unreachable. No client can take these answers for a real service's."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from mock_servers.state.table import StateError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

_LOG: Final = logging.getLogger("mock_servers")
_QUIET: Final = 60.0
"""Seconds between two lines of the log about it."""

TITLE: Final = "state unreachable"


class Outage:
    """Remembers that the state is unreachable, and logs that once a minute.

    While it `lasts`, every request gets this answer until `probe` can write to the state again. Otherwise some requests
    would succeed and some not. `ticks` returns seconds since some moment.
    """

    def __init__(self, probe: Callable[[], object], ticks: Callable[[], float] = time.monotonic) -> None:
        self._probe = probe
        self._ticks = ticks
        self._noting = threading.Lock()
        self.lasts = False
        self._said_at: float | None = None
        self._refused = 0

    def check(self) -> None:
        """Raise UnreachableStateError while an outage lasts."""
        if self.lasts:
            self._probe()
            self.lasts = False

    def note(self, error: StateError) -> None:
        """Log it, unless that was done within the last minute."""
        self.lasts = True
        with self._noting:
            self._refused += 1
            now = self._ticks()
            if self._said_at is not None and now - self._said_at < _QUIET:
                return
            refused, self._refused, self._said_at = self._refused, 0, now
        _LOG.error("The state cannot be reached (%s); answered with 503 since the last such line: %d", error, refused)


def answer(error: StateError, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with 503, and as the mock itself."""
    body = json.dumps({"nhsauth": TITLE, "detail": str(error)}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response("503 Service Unavailable", headers)
    return [body]
