"""The service's time, which a test may move or stop; the machine's own time stays as it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """How a clock stands: seconds ahead of the machine's time, or the moment at which it was stopped."""

    ahead: float = 0.0
    stopped_at: float | None = None


class Clock:
    """Seconds since 1970, as a float, from `source` unless moved.

    One clock belongs to one platform; what that platform signs and judges follows it.
    """

    # Looked up at each call: libraries that stop a test's time put another function in the place of time.time.
    def __init__(self, source: Callable[[], float] = lambda: time.time()) -> None:  # noqa: PLW0108
        self._source = source
        self._reading = Reading()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the service's time, in seconds since 1970."""
        reading = self._reading
        if reading.stopped_at is not None:
            return reading.stopped_at
        return self._source() + reading.ahead

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._reading.stopped_at is not None

    def set(self, moment: float, *, frozen: bool = False) -> None:
        """Put the clock at `moment`, seconds since 1970; it runs on from there unless `frozen`."""
        with self._lock:
            self._reading = Reading(stopped_at=moment) if frozen else Reading(ahead=moment - self._source())

    def freeze(self) -> None:
        """Stop the clock where it is."""
        self.set(self.now(), frozen=True)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds` (back, when negative); a stopped clock stays stopped."""
        with self._lock:
            reading = self._reading
            stopped_at = None if reading.stopped_at is None else reading.stopped_at + seconds
            self._reading = Reading(ahead=reading.ahead + seconds, stopped_at=stopped_at)

    def reset(self) -> None:
        """Let the clock follow the machine's time again."""
        self.restore(Reading())

    def snapshot(self) -> Reading:
        """Return how the clock stands, for `restore`."""
        return self._reading

    def restore(self, reading: Reading) -> None:
        """Put the clock back to an earlier reading."""
        with self._lock:
            self._reading = reading
