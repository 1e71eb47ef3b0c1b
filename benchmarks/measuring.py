"""Times things in turn, so that a machine that drifts slows all of them alike: medians, and ratios pair by pair."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

Sample: TypeAlias = Callable[[], float]
"""Does something once and returns what it took, in seconds; or any other figure of it, such as bytes."""


def timed(call: Callable[[], object]) -> Sample:
    """Return a sample that takes as long as the call."""

    def sample() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return sample


@dataclass(frozen=True, slots=True)
class Turns:
    """What each of several samples took, round by round: one column a sample."""

    columns: tuple[tuple[float, ...], ...]

    def median(self, column: int = 0) -> float:
        """Return the median of a column."""
        return median(self.columns[column])

    def ratio(self, of: int = 0, to: int = 1) -> float:
        """Return the median of the ratios of two columns, each within its round."""
        return median(one / other for one, other in zip(self.columns[of], self.columns[to], strict=True))

    def difference(self, of: int = 0, to: int = 1) -> float:
        """Return the median of the differences of two columns, each within its round."""
        return median(one - other for one, other in zip(self.columns[of], self.columns[to], strict=True))


def in_turn(rounds: int, *samples: Sample, warm: int = 1) -> Turns:
    """Take the samples one after another, `rounds` times, in the opposite order every other round.

    What the `warm` rounds before them take is not counted.
    """
    taken = [_round(samples, backwards=number % 2 == 1) for number in range(-warm, rounds)][warm:]
    return Turns(tuple(zip(*taken, strict=True)))


def _round(samples: tuple[Sample, ...], *, backwards: bool) -> list[float]:
    if not backwards:
        return [sample() for sample in samples]
    return [sample() for sample in reversed(samples)][::-1]
