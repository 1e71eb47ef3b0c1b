"""What is answered and logged while the state is out of reach: nothing that a client takes for a real service's."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from mock_servers.state.table import StateError
from mock_servers.wire.wsgi import IN_PROCESS

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_LOG: Final = logging.getLogger("mock_servers")
_QUIET: Final = 60.0
"""Seconds between two lines of the log about it."""

TITLE: Final = "state unreachable"


class Outage:
    """Answers in the place of an application that meets a state out of reach, and logs that once a minute.

    `ticks` are seconds since some moment.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._noting = threading.Lock()
        self._said_at: float | None = None
        self._refused = 0

    def guarded(
        self, application: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer as an application does, or with 503 where it meets a state out of reach."""
        try:
            return application(environ, start_response)
        except StateError as error:
            if IN_PROCESS in environ:
                raise  # through to the request that the mock's own call is for
            self.note(error)
            return _answer(error, start_response)

    def note(self, error: StateError) -> None:
        """Log it, unless that was done within the last minute."""
        with self._noting:
            self._refused += 1
            now = self._ticks()
            if self._said_at is not None and now - self._said_at < _QUIET:
                return
            refused, self._refused, self._said_at = self._refused, 0, now
        _LOG.error("The state cannot be reached (%s); answered with 503 since the last such line: %d", error, refused)


def members(error: StateError) -> dict[str, Any]:
    """Return what tells a program that the mock itself has failed."""
    return {"nhsauth": TITLE, "detail": str(error)}


def _answer(error: StateError, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(members(error)).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response("503 Service Unavailable", headers)
    return [body]
