"""The mock's logging in a test process, which must not disturb a team's own tests."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from pytest_nhsauth.import_guard import OWN

PROPAGATE: Final = "nhsauth_log_propagate"
"""The ini value that lets the mock's records reach the root logger, and so `caplog`."""

_LEAST: Final = {
    f"{prefix}{name}": level
    for prefix in ("", f"{OWN}.")
    for name, level in (("mock_servers", logging.ERROR), ("mock_servers.jose", logging.WARNING))
}
"""Failures of the mock itself, and keys that cannot be kept. The failed test's section shows what clients did."""


class _Quiet:
    """How many mocks need it quiet, and the levels from before the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mocks = 0
        self._before: dict[str, int] = {}

    def begin(self) -> None:
        with self._lock:
            if self._mocks == 0:
                self._before = {name: logging.getLogger(name).level for name in _LEAST}
                _set_levels(_LEAST)
            self._mocks += 1

    def end(self) -> None:
        with self._lock:
            self._mocks -= 1
            if self._mocks == 0:
                _set_levels(self._before)


def _set_levels(levels: Mapping[str, int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


_QUIET: Final = _Quiet()


@contextmanager
def kept_apart() -> Iterator[None]:
    """Keep the mock's records about its clients from all handlers, until the last of several mocks ends.

    By level: newer releases of pytest have `caplog` listen to loggers that do not propagate, too.
    """
    _QUIET.begin()
    try:
        yield
    finally:
        _QUIET.end()
