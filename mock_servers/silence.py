"""Whether a thread is silent: a test process keeps what it logs meanwhile from the handlers of others."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final


class _Silence(threading.local):
    """Whether a thread is silent; a new one is not."""

    holds = False


_SILENCE: Final = _Silence()


def is_silent() -> bool:
    """Whether this thread is silent."""
    return _SILENCE.holds


@contextlib.contextmanager
def silence(*, holds: bool = True) -> Iterator[None]:
    """Make this thread silent for the length of a block, or not."""
    before, _SILENCE.holds = _SILENCE.holds, holds
    try:
        yield
    finally:
        _SILENCE.holds = before
