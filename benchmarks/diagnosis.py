"""Precision and recall of findings, and the time that they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from time import perf_counter
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.bench import Bench
from benchmarks.figure import Figure
from mock_servers.jose.keys import KeyRing
from tests.mistakes.listed import MISTAKES, Mistake, World, alone, in_pairs, made
from tests.mistakes.noise import unexplained
from tests.mistakes.unlisted import UNLISTED
from tests.mistakes.variations import Variation, variations

ENOUGH: Final = 0.95
CORPUS: Final = 1000
"""Good requests that are made; half of them by real host names."""
_WHOLE: Final = 320
"""Exchanges of an effort that measures everything."""
NOISE: Final = 10_000
"""Requests of noise that must be explained."""


@dataclass(slots=True)
class Tally:
    """Counts findings that say more than `possible` against the mistakes that were made, the `certain` ones apart."""

    exchanges: int = 0
    certain: int = 0
    certain_hit: int = 0
    made: int = 0
    reported: int = 0
    hit: int = 0
    hit_first: int = 0

    def count(self, *, made: set[str], reported: Sequence[str], certain: Sequence[str] = ()) -> None:
        """Count one exchange: the ids of the mistakes that were made, and of the findings, the first first."""
        self.exchanges += 1
        self.certain += len(set(certain))
        self.certain_hit += len(made & set(certain))
        self.made += len(made)
        self.reported += len(set(reported))
        self.hit += len(made & set(reported))
        self.hit_first += bool(reported) and reported[0] in made

    @property
    def precision(self) -> float:
        """The share of findings whose mistake was made."""
        return self.hit / self.reported if self.reported else 1.0

    @property
    def precision_of_certain(self) -> float:
        """The share of certain findings whose mistake was made."""
        return self.certain_hit / self.certain if self.certain else 1.0

    @property
    def recall(self) -> float:
        """The share of mistakes that were found."""
        return self.hit / self.made if self.made else 1.0

    @property
    def first(self) -> float:
        """The share of exchanges whose first finding was made."""
        return self.hit_first / self.exchanges if self.exchanges else 1.0


def tallied(world: World, cases: Iterable[tuple[str, tuple[Mistake, ...]]]) -> Tally:
    """Make each case's mistakes in a request of its kind, and count the findings."""
    tally = Tally()
    for kind, mistakes in cases:
        made(world, kind, mistakes)
        findings = world.platform.exchanges.last.findings
        reported = [finding.id for finding in findings if finding.certainty != "possible"]
        certain = [finding.id for finding in findings if finding.certainty == "certain"]
        tally.count(made={mistake.finding for mistake in mistakes}, reported=reported, certain=certain)
    return tally


def figures(opened: Bench) -> list[Figure]:
    """Measure on a platform in process."""
    ring = KeyRing(opened.keys)
    world, real = World(ring), World(ring, real=True)
    most = None if opened.effort.exchanges >= _WHOLE else opened.effort.exchanges
    every = (*MISTAKES, *UNLISTED)
    return [
        _shares("each mistake by itself, in each kind of request", tallied(world, islice(alone(every), most))),
        _shares("the same by real host names", tallied(real, islice(alone(every), most))),
        _shares("mistakes two at a time, where neither hides the other", tallied(world, islice(in_pairs(), most))),
        _corpus((world, real), most or CORPUS),
        _noise((world, real), most or NOISE),
        _cost(world),
    ]


def _shares(name: str, tally: Tally) -> Figure:
    return Figure(
        name=f"diagnosis: {name}",
        measured=f"precision {tally.precision:.3f}, of what is certain {tally.precision_of_certain:.3f}, "
        f"recall {tally.recall:.3f}",
        beside=f"{tally.exchanges} exchanges; the first finding is right in {tally.first:.1%}",
        goal=f"both ≥ {ENOUGH}, of what is certain 1",
        met=min(tally.precision, tally.recall) >= ENOUGH and tally.precision_of_certain == 1,
    )


def _corpus(worlds: Sequence[World], most: int) -> Figure:
    reported = [each for world in worlds for each in _findings_for_good_requests(world, most // len(worlds))]
    wrong = sum(1 for each in reported if each)
    return Figure(
        name="diagnosis: good requests in many variations",
        measured=f"{wrong} with a finding",
        beside=f"{len(reported)} exchanges, half of them by real host names",
        goal=f"none of at least {CORPUS}",
        met=not wrong and len(reported) >= CORPUS,
        note="a test also asks every finder about each of them, as if something else had refused it",
    )


def _noise(worlds: Sequence[World], most: int) -> Figure:
    failed = [each for world in worlds for each in unexplained(world, most // len(worlds))]
    return Figure(
        name="diagnosis: noise, thrown into good requests",
        measured=f"{len(failed)} that could not be explained",
        beside=f"{most} exchanges, half of them by real host names",
        goal=f"none of {NOISE}",
        met=not failed and most >= NOISE,
    )


def _findings_for_good_requests(world: World, most: int) -> list[list[str]]:
    reported: list[list[str]] = []

    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(variations())
    def send(variation: Variation) -> None:
        world.again()
        variation.send(world)
        record = world.platform.exchanges.last
        sure = [finding.id for finding in record.findings if finding.certainty != "possible"]
        reported.append(sure if record.refusal is None else [*sure, str(record.refusal.rule)])

    send()
    return reported


def _cost(world: World) -> Figure:
    answering, explaining = [], []
    for kind, mistakes in alone():
        world.again()
        began = perf_counter()
        made(world, kind, mistakes)
        answered = perf_counter()
        _ = world.platform.exchanges.last.findings
        answering.append(answered - began)
        explaining.append(perf_counter() - answered)
    return Figure(
        name="diagnosis: all finders over one refusal, once its answer has left",
        measured=f"{median(explaining) * 1000:.2f} ms",
        beside=f"{median(answering) * 1000:.2f} ms to make the request and answer it, in process",
        ratio=f"{median(explaining) / median(answering):.2f}",
        note="nothing of it before the answer leaves: a test counts that",
    )
