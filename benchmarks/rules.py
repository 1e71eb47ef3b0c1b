"""What our rules, our journal and our care for keys cost an exchange, in process and without a server."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import tee
from types import FrameType
from typing import Any, Final
from unittest.mock import patch

from benchmarks import exchanging, sketch
from benchmarks.bench import Bench
from benchmarks.figure import Figure, microseconds, times
from mock_servers.apim.flows import FLOWS, ROUTES
from mock_servers.mock import Mock
from mock_servers.wire.routes import ANY, Routes

_EXCHANGES: Final = 50
_SKETCH: Final = 256e-6
"""Seconds that the sketch took where the goals were set; a machine half as fast doubles them."""

_RULES_GOAL: Final = 150e-6 / _SKETCH
_JOURNAL_GOAL: Final = 20e-6 / _SKETCH


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    return [*_rules(bench), _journal(bench), _keys_loaded(bench)]


def _rules(bench: Bench) -> Iterator[Figure]:
    ours, rounds = bench.platform(), bench.effort.calls
    bodies = tee(exchanging.forms(ours, rounds + bench.effort.warm), 3)
    turns = bench.in_turn(
        rounds,
        exchanging.called(ours, bodies[0]),
        exchanging.called(sketch.app(ours, sketch.by_pyjwt), bodies[1]),
        exchanging.called(sketch.app(ours, sketch.by_cryptography), bodies[2]),
    )
    share, whole = turns.difference(0, 1) / turns.median(1), microseconds(turns.median(0))
    yield Figure(
        name="our rules over cryptography and Flask, an exchange",
        measured=microseconds(turns.difference(0, 1)),
        beside=f"{whole} whole, {microseconds(turns.median(1))} sketch with PyJWT",
        ratio=times(share),
        goal="≤ 150 µs where the sketch takes 256 µs: 0.59 times",
        met=share <= _RULES_GOAL,
    )
    yield Figure(
        name="the same over a sketch that calls cryptography directly",
        measured=microseconds(turns.difference(0, 2)),
        beside=f"{whole} whole, {microseconds(turns.median(2))} sketch",
        ratio=times(turns.difference(0, 2) / turns.median(2)),
    )


def _journal(bench: Bench) -> Figure:
    with_journal, without, rounds = bench.platform(), _unrecorded(bench), bench.effort.calls
    mine, bare = tee(exchanging.forms(with_journal, rounds + bench.effort.warm))
    turns = bench.in_turn(
        rounds,
        exchanging.called(with_journal, mine),
        exchanging.called(without, exchanging.forms(without, rounds + bench.effort.warm)),
        exchanging.called(sketch.app(with_journal), bare),
    )
    share = turns.difference() / turns.median(2)
    return Figure(
        name="of this the journal, an exchange",
        measured=microseconds(turns.difference()),
        beside=f"{microseconds(turns.median(0))} with it, {microseconds(turns.median(1))} without, "
        f"{microseconds(turns.median(2))} sketch with PyJWT",
        ratio=times(share),
        goal="≤ 20 µs where the sketch takes 256 µs: 0.08 times",
        met=share <= _JOURNAL_GOAL,
        why="showing a request and an answer with every secret cut, two SHA-256 of a kilobyte each, and one record",
    )


def _unrecorded(bench: Bench) -> Mock:
    flows = tuple(replace(flow, recorded=False) for flow in FLOWS)
    table = {route.path: {method: [flow.name for flow in at] for method, at in route.flows.items()} for route in ROUTES}
    platform = bench.platform()
    with patch("mock_servers.apim.app.ROUTES", Routes(flows, table, {ANY: [FLOWS[-1].name]})):
        platform.app.service("/oauth2")  # which binds its views to the table
    return platform


def _keys_loaded(bench: Bench) -> Figure:
    platform = bench.platform()
    exchange = exchanging.called(platform, exchanging.forms(platform, 1 + _EXCHANGES))
    exchange()  # the keys that signed it are loaded by now, once for all
    calls = _compiled_calls(lambda: [exchange() for _ in range(_EXCHANGES)])
    loaded = sum(number for name, number in calls.items() if "private_key" in name)
    return Figure(
        name="private keys loaded or generated per request",
        measured=f"{loaded / _EXCHANGES:.0f}",
        beside=f"{calls['verify'] / _EXCHANGES:.0f} signatures checked in each of {_EXCHANGES} exchanges",
        goal="0",
        met=loaded == 0,
        peer="1 (36 ms)",
        note="a test counts it, too",
    )


def _compiled_calls(call: Callable[[], object]) -> Counter[str]:
    """Count what a call calls in compiled code, by name: cryptography's own functions, however they were imported."""
    calls: Counter[str] = Counter()

    def note(_: FrameType, event: str, called: Any) -> None:
        if event == "c_call":
            calls[called.__name__] += 1

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return calls
