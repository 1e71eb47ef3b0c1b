"""Reads a moment as people write it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

_LAST: Final = 253_402_300_799
"""The last second of the year 9999."""

ALLOWED: Final = "ISO 8601 with a zone, such as 2026-11-24T09:00:00Z, or seconds since 1970"


def seconds_of(given: str) -> float | None:
    """Return seconds since 1970 of ISO 8601 with a zone, or of a number; `None` for anything else."""
    try:
        seconds = float(given) if given.replace(".", "", 1).isdecimal() else _of_iso(given)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= _LAST else None


def _of_iso(given: str) -> float:
    then = datetime.fromisoformat(given)
    return then.timestamp() if then.tzinfo is not None else -1
