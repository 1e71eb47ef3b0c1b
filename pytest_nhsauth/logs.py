"""The mock's logging in a test process, which must not disturb a team's own tests."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pytest_nhsauth.import_guard import OWN, module

PROPAGATE: Final = "nhsauth_log_propagate"
"""The ini value that lets the mock's records reach the root logger, and so `caplog`."""

_LEAST: Final = {
    f"{prefix}{name}": level
    for prefix in ("", f"{OWN}.")
    for name, level in (("mock_servers", logging.ERROR), ("mock_servers.jose", logging.WARNING))
}
"""Failures of the mock itself, and keys that cannot be kept. The failed test's section shows what clients did."""
_KEYS: Final = "mock_servers.jose"
_UNSEEN: Final = -sys.maxsize
"""A level below that of every handler."""

RecordFactory = Callable[..., logging.LogRecord]


class _Factory:
    """Makes the log records of a process; those of silent threads reach no handler, at no level and of no logger.

    A filter of a logger would see nothing of the loggers below it, nor of those that are made later.
    """

    def __init__(self, following: RecordFactory, is_silent: Callable[[], bool]) -> None:
        self.following = following
        self._is_silent = is_silent

    def __call__(self, name: str, level: int, *of_record: Any, **more: Any) -> logging.LogRecord:
        """Make a record; a silent thread's failure is written to the standard error, which pytest captures."""
        if not self._is_silent():
            return self.following(name, level, *of_record, **more)
        record = logging.LogRecord(name, level, *of_record, **more)
        if level >= (logging.WARNING if _KEYS in name else logging.ERROR):
            sys.stderr.write(f"nhsauth: {logging.Formatter().format(record)}\n")
        record.levelno = _UNSEEN
        return record


class _Quiet:
    """How many mocks need it quiet, and the levels and the record factory from before the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mocks = 0
        self._before: dict[str, int] = {}
        self._factory: _Factory | None = None

    def begin(self) -> None:
        with self._lock:
            if self._mocks == 0:
                self._before = {name: logging.getLogger(name).level for name in _LEAST}
                _set_levels(_LEAST)
                threads = module("mock_servers.silence")  # nothing of ours before it is used
                self._factory = _Factory(logging.getLogRecordFactory(), threads.is_silent)
                logging.setLogRecordFactory(self._factory)
            self._mocks += 1

    def end(self) -> None:
        with self._lock:
            self._mocks -= 1
            if self._mocks == 0:
                _set_levels(self._before)
                if self._factory is not None and logging.getLogRecordFactory() is self._factory:
                    logging.setLogRecordFactory(self._factory.following)


def _set_levels(levels: Mapping[str, int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


_QUIET: Final = _Quiet()


@contextmanager
def kept_apart() -> Iterator[None]:
    """Keep from all handlers what the mock's threads log, and its records about clients, until the last mock ends."""
    _QUIET.begin()
    try:
        yield
    finally:
        _QUIET.end()
