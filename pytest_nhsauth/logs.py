"""What a mock in a test process logs: nothing that a test of the team's own could stumble over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pytest_nhsauth.packages import OWN

PROPAGATE: Final = "nhsauth_log_propagate"
"""The ini value that lets the mock's records reach the root logger, and so `caplog`."""

_LEAST: Final = {
    f"{prefix}{name}": level
    for prefix in ("", f"{OWN}.")
    for name, level in (("mock_servers", logging.ERROR), ("mock_servers.jose", logging.WARNING))
}
"""Failures of the mock itself, and keys that cannot be kept. What clients did is in the failed test's section."""


@contextmanager
def kept_apart() -> Iterator[None]:
    """Keep the mock's records about its clients from all handlers.

    By level: newer releases of pytest have `caplog` listen to loggers that do not propagate, too.
    """
    before = {name: logging.getLogger(name).level for name in _LEAST}
    for name, level in _LEAST.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
