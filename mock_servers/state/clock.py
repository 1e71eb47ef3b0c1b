"""The service's time, which a test can move or stop. The machine's own time stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_servers.state.memory import MemoryTable
from mock_servers.state.table import Table, change

KEY: Final = "reading"
"""The key under which a table stores the clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of a clock: seconds ahead of the machine's time, or the moment at which it was stopped."""

    ahead: float = 0.0
    stopped_at: float | None = None


_ON_TIME: Final = Reading()


class Clock:
    """Seconds since 1970, as a float, from `source` unless moved.

    Each platform has its own clock, which its signatures and checks follow.
    """

    # Looked up at each call: libraries that stop a test's time replace time.time.
    def __init__(self, source: Callable[[], float] = lambda: time.time()) -> None:  # noqa: PLW0108 - see above
        self._source = source
        self._readings: Table[Reading] = MemoryTable()

    def lie_in(self, readings: Table[Reading]) -> None:
        """Store the clock in a table that other processes share; if the table has a state already, that one counts."""
        readings.add(KEY, self.snapshot())
        self._readings = readings

    def now(self) -> float:
        """Return the service's time, in seconds since 1970."""
        return self._at(self._readings.get(KEY) or _ON_TIME)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self.snapshot().stopped_at is not None

    def set(self, moment: float, *, frozen: bool = False) -> None:
        """Put the clock at `moment`, seconds since 1970; it runs on from there unless `frozen`."""
        self.restore(Reading(stopped_at=moment) if frozen else Reading(ahead=moment - self._source()))

    def freeze(self) -> None:
        """Stop the clock where it is."""
        change(self._readings, KEY, lambda reading: Reading(stopped_at=self._at(reading or _ON_TIME)))

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds` (back, when negative); a stopped clock stays stopped."""

        def advanced(reading: Reading | None) -> Reading:
            held = reading or _ON_TIME
            stopped_at = None if held.stopped_at is None else held.stopped_at + seconds
            return Reading(ahead=held.ahead + seconds, stopped_at=stopped_at)

        change(self._readings, KEY, advanced)

    def reset(self) -> None:
        """Let the clock follow the machine's time again."""
        self.restore(_ON_TIME)

    def snapshot(self) -> Reading:
        """Return the state of the clock, for `restore`."""
        return self._readings.get(KEY) or _ON_TIME

    def restore(self, reading: Reading) -> None:
        """Put the clock back to an earlier reading."""
        self._readings.put(KEY, reading)

    def _at(self, reading: Reading) -> float:
        return self._source() + reading.ahead if reading.stopped_at is None else reading.stopped_at
