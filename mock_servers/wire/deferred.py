"""A WSGI application that is created at its first call, so that a start without one does not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Deferred:
    """Makes its application once, however many call at the same time."""

    def __init__(self, make: Callable[[], WSGIApplication]) -> None:
        self._make = make
        self._application: WSGIApplication | None = None
        self._making = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        return (self._application or self._made())(environ, start_response)

    def _made(self) -> WSGIApplication:
        with self._making:
            if self._application is None:
                self._application = self._make()
            return self._application
