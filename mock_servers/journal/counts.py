"""How often each thing happened in a server, in whole numbers that only rise. A count is one addition in a list."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, MutableSequence
from typing import Final, TypeAlias

Series: TypeAlias = tuple[str | int, ...]
"""What is counted: the name of the count, and the values of its labels."""

EXCHANGES: Final = "exchanges"
"""By service, flow, status (0: no answer) and the rule that refused, which is empty for a success."""
DURATIONS: Final = "durations"
"""Exchanges by service and the number of the first bucket in which their duration fits."""
NANOSECONDS: Final = "nanoseconds"
"""The durations of all exchanges together, by service."""
FINDINGS: Final = "findings"
"""By certainty and id."""
FAULTS: Final = "faults"
"""Requests that met an ordered fault, by its action and its place."""
DEATHS: Final = "deaths"
"""Workers that died although nobody had asked them to end."""

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the buckets of durations, in seconds; a last bucket has all that take longer."""
_BOUNDS: Final = tuple(round(seconds * 1e9) for seconds in BUCKETS)


class Counts:
    """The counts of one process. `ticks` returns nanoseconds since some moment."""

    def __init__(self, *, ticks: Callable[[], int] = time.perf_counter_ns) -> None:
        self.ticks = ticks
        self._turn = threading.Lock()
        self._places: dict[Series, int] = {}
        self._numbers: MutableSequence[int] = []

    def exchange(self, service: str, flow: str, status: int, rule: str, began: int) -> None:
        """Count an exchange that began at a moment of `ticks` and ends now."""
        took = self.ticks() - began
        with self._turn:
            self._add((EXCHANGES, service, flow, status, rule))
            self._add((DURATIONS, service, bisect_left(_BOUNDS, took)))
            self._add((NANOSECONDS, service), took)

    def finding(self, certainty: str, finding: str) -> None:
        """Count a finding that explains an exchange."""
        self._count((FINDINGS, certainty, finding))

    def fault(self, action: str, place: str) -> None:
        """Count a request that met a fault."""
        self._count((FAULTS, action, place))

    def death(self) -> None:
        """Count a worker that died."""
        self._count((DEATHS,))

    def totals(self) -> Mapping[Series, int]:
        """Return the number of each series that was counted, of all processes together."""
        with self._turn:
            return {series: self._numbers[place] for series, place in self._places.items()}

    def _count(self, series: Series) -> None:
        with self._turn:
            self._add(series)

    def _add(self, series: Series, number: int = 1) -> None:
        place = self._places.get(series)
        if place is None:
            place = self._places[series] = self._begin(series)
        self._numbers[place] += number

    def _begin(self, series: Series) -> int:  # noqa: ARG002 - who shares the numbers writes it down
        """Return the place of the number of a new series."""
        self._numbers.append(0)
        return len(self._numbers) - 1
