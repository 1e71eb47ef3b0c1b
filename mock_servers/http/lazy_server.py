"""What a server is until its first client comes: a socket that listens, and a thread that waits.

Only then are the loop, the framing of HTTP and all that they need loaded: many tests never call the mock at all.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_servers.http.bounds import Bounds
    from mock_servers.http.connections import Proxy
    from mock_servers.http.engine import Engine, OnRefused
    from mock_servers.http.thread_pool import ThreadPool

_LOG: Final = logging.getLogger(__package__)
_RETRY_SECONDS: Final = 0.01  # seconds until it tries again to make an engine


class LazyServer:
    """Makes the engine of a listening socket when the first client comes, and passes later calls on to it.

    `pool` has the threads that the engine is to use. All methods are safe from any thread.
    """

    def __init__(
        self,
        listening: socket.socket,
        bounds: Bounds,
        pool: ThreadPool,
        make: Callable[[LazyServer], Engine],
    ) -> None:
        self._listening = listening
        self.bounds = bounds
        self.pool = pool
        self._make = make
        self._engine: Engine | None = None
        self._proxy: Proxy | None = None
        self._on_refused: OnRefused | None = None
        self._is_draining = False
        self._failure: BaseException | None = None
        self._is_over = False
        self._changed = threading.Lock()
        self._process = os.getpid()
        self._wake, self._woken = socket.socketpair()

    def start(self) -> None:
        """Wait for the first client, in a thread; the socket never blocks, since others may accept from it, too."""
        self._listening.settimeout(0)
        self.pool.submit(self._stand_by)

    def drain(self) -> None:
        """Close each connection after its next answer."""
        with self._changed:
            self._is_draining = True
            if self._engine is not None:
                self._engine.is_draining = True

    def stop(self, patience: float = 0.0) -> None:
        """End as an engine does."""
        if os.getpid() != self._process:
            return  # a child has a copy of all but the threads
        with self._changed:
            self._is_over = True
            engine = self._engine
        if engine is not None:
            engine.stop(patience)
            return
        self._wake.close()
        self.pool.join()

    def extra_worker(self) -> contextlib.AbstractContextManager[None]:
        """Let others go on for the length of a block, in which a request only waits."""
        engine = self._engine
        return contextlib.nullcontext() if engine is None else engine.extra_worker()

    def set_proxy(self, proxy: Proxy | None) -> None:
        """Be a forward proxy, or no longer."""
        with self._changed:
            self._proxy = proxy
            if self._engine is not None:
                self._engine.proxy = proxy

    def report_refused(self, report: OnRefused) -> None:
        """Call `report` for each request that the server refuses before the application sees it."""
        with self._changed:
            self._on_refused = report
            if self._engine is not None:
                self._engine.on_refused = report

    @property
    def failure(self) -> BaseException | None:
        """Why nobody serves any more, when it is no stop."""
        return self._failure if self._engine is None else self._engine.failure

    def _stand_by(self) -> None:
        try:
            while self._is_wanted():
                if self._began():
                    return
        except BaseException as error:  # noqa: BLE001 - kept for `failure`
            _LOG.error("The serving thread died", exc_info=error)
            self._failure = error
        self._listening.close()
        self._woken.close()
        self.pool.end()

    def _is_wanted(self) -> bool:
        """Wait until a client comes, or the end does; returns which."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            selector.select()
        return not self._is_over

    def _began(self) -> bool:
        """Make the engine, unless the end has come; returns whether there is nothing left to wait for."""
        with self._changed:
            if self._is_over:
                return False
            try:
                engine = self._make(self)
            except (OSError, RuntimeError):  # no descriptor is left; a library lets tests open no socket
                time.sleep(_RETRY_SECONDS)
                return False
            engine.proxy = self._proxy
            engine.on_refused = self._on_refused
            engine.is_draining = self._is_draining
            engine.start()
            self._engine = engine
        self._wake.close()
        self._woken.close()
        return True
