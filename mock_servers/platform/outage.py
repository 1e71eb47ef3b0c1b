"""Answers and logs while the state is unreachable. No client can take these answers for a real service's."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from mock_servers.state.table import StateError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

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


def application(error: StateError) -> WSGIApplication:
    """Return what answers in place of a mock whose state cannot be reached yet; calls of the control API as it does."""

    def answer_all(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "/_nhsauth/" not in environ["PATH_INFO"]:
            return answer(error, start_response)
        detail = f"The state cannot be reached: {error}"
        problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail}
        return _answered({**problem, "nhsauth": TITLE}, "application/problem+json", start_response)

    return answer_all


def answer(error: StateError, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with 503, and as the mock itself."""
    return _answered({"nhsauth": TITLE, "detail": str(error)}, "application/json", start_response)


def _answered(members: Mapping[str, object], content_type: str, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(members).encode()
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response("503 Service Unavailable", headers)
    return [body]
