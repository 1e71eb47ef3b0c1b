"""The mock's time, which tests can move. The machine's own time stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from pytest_nhsauth.error_location import blames_caller
from pytest_nhsauth.target import Timepiece

__tracebackhide__ = True  # shown where the test asks for it

Moment: TypeAlias = "float | str | datetime"
"""Seconds since 1970, a datetime with a zone, or ISO 8601 with a zone: `2026-11-24T09:00:00Z`."""

_LAST: Final = datetime(9998, 12, 31, tzinfo=UTC).timestamp()
"""A year before Python's last: what is issued then expires later."""
_ALLOWED: Final = "seconds since 1970, or a datetime or ISO 8601 text with a zone, from 1970 to 9998"


class Clock:
    """The service's time: the mock's checks and the fixtures' signatures follow it.

    It follows the machine's time until moved, and so any library that changes that in this process.
    """

    def __init__(self, timepiece: Timepiece) -> None:
        self._timepiece = timepiece

    def __repr__(self) -> str:
        reported = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="seconds")
        return f"<Clock: {reported}{', frozen' if self.frozen else ''}>"

    def now(self) -> float:
        """Return it, in seconds since 1970."""
        return self._timepiece.now()

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._timepiece.frozen

    @blames_caller
    def set(self, moment: Moment, *, frozen: bool = False) -> None:
        """Set the clock to a moment; it runs on from there unless `frozen`. Raises ValueError."""
        self._timepiece.set(_seconds(moment), frozen=frozen)

    @blames_caller
    def freeze(self, moment: Moment | None = None) -> None:
        """Stop the clock at a moment, or where it is. Raises ValueError."""
        self._timepiece.set(self.now() if moment is None else _seconds(moment), frozen=True)

    @blames_caller
    def advance(self, seconds: float | timedelta) -> None:
        """Move the clock forward (back, when negative); a stopped clock stays stopped. Raises ValueError."""
        forward = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        _seconds(self.now() + forward)
        self._timepiece.advance(forward)

    def reset(self) -> None:
        """Let the clock follow the machine's time again."""
        self._timepiece.reset()


def _seconds(moment: Moment) -> float:
    try:
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise ValueError(f"the moment is {moment!r}; allowed: {_ALLOWED}") from None
    if isinstance(found, datetime):
        found = found.timestamp() if found.tzinfo is not None else -1
    if not 0 <= found <= _LAST:
        raise ValueError(f"the moment is {moment!r}; allowed: {_ALLOWED}")
    return float(found)
