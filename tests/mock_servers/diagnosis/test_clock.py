"""One cause is drawn, the claims are built by it, and what is said of them has that cause: never another as certain."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mock_servers.diagnosis.clock import USUAL, Cause, Kind, Times, certainty, read, said, zone_of
from mock_servers.jose.javascript import UNDEFINED

NOW = 1_800_000_000
ZONES = (1, 2, 5.5, 8, 9.5, 10, -1, -3.5, -5, -8, -12)
LATEST = 40
"""Seconds that a JWT may wait before it is sent."""


@dataclass(frozen=True)
class Truth:
    """A cause that was drawn, with what the service and the client know."""

    kind: Kind
    times: Times
    facts: dict[str, Any] = field(default_factory=dict)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[str, int]:
    """Which claims say when a JWT was signed, and for how long it is."""
    return draw(st.sampled_from(["", "iat", "nbf", "iat nbf"])), draw(st.sampled_from(USUAL))


def signed(clock: float, names: str, lifetime: float) -> dict[str, Any]:
    return {**{name: int(clock) for name in names.split()}, "exp": int(clock + lifetime)}


@st.composite
def swapped(draw: st.DrawFn, claims: dict[str, Any]) -> dict[str, Any]:
    """Give exp and another claim each the other's time."""
    other = draw(st.sampled_from([name for name in claims if name != "exp"]))
    return {**claims, "exp": claims[other], other: claims["exp"]}


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Return a JWT of which one thing is wrong."""
    kind: Kind = draw(st.sampled_from(["kept", "slow", "fast", "zone", "claim", "swapped", "too-long", "too-short"]))
    names, lifetime = draw(shapes())
    waited = draw(st.integers(min_value=0, max_value=LATEST))
    off, moved = 0.0, dict[str, float]()
    if kind == "kept":
        waited = draw(st.integers(min_value=lifetime + 1, max_value=100 * 3600))
    elif kind == "slow":
        off = -draw(st.integers(min_value=lifetime + 1, max_value=100 * 3600))
    elif kind == "fast":
        off = draw(st.integers(min_value=11 + LATEST, max_value=100 * 3600))
    elif kind == "zone":
        off = draw(st.sampled_from(ZONES)) * 3600
        assume(names or lifetime >= 120)  # 61 minutes alone look like a lifetime of an hour
    elif kind == "claim":
        names = "iat"
        moved = {draw(st.sampled_from(["iat", "exp"])): draw(st.sampled_from(ZONES)) * 3600}
    elif kind == "swapped":
        names, waited = draw(st.sampled_from(["iat", "nbf", "iat nbf"])), min(waited, lifetime - 1)
    elif kind == "too-long":
        lifetime = draw(st.integers(min_value=311 + LATEST, max_value=10**7))
    else:
        lifetime = draw(st.integers(min_value=0, max_value=10))
        waited = draw(st.integers(min_value=lifetime + 1, max_value=LATEST))
    clock = NOW - waited + off
    claims = signed(clock, names, lifetime)
    claims |= {name: claims[name] + int(each) for name, each in moved.items()}
    times = Times(now=NOW, claims=draw(swapped(claims)) if kind == "swapped" else claims)
    if draw(st.booleans()) and kind in ("slow", "fast", "zone"):
        before = draw(st.integers(min_value=1, max_value=3600))
        times = replace(times, earlier=[(NOW - before, NOW - before - waited + off)])
    elif draw(st.booleans()):
        client_off = off if kind in ("slow", "fast") else 0
        times = replace(times, client_clock=NOW + client_off)
    return Truth(kind=kind, times=times)


def explained(times: Times) -> list[Cause]:
    """Return what is said of a JWT at the rule that refuses it."""
    exp = times.ahead("exp") or 0
    if exp < 0:
        return times.expired()
    return times.too_far() if exp > times.limit else times.not_begun()


@settings(max_examples=600, derandomize=True, deadline=None)
@given(truths())
def test_the_cause_is_named_and_no_other_is_certain(truth: Truth) -> None:
    found = explained(truth.times)
    exp = truth.times.ahead("exp") or 0
    assume(exp < 0 or exp > truth.times.limit or truth.times.early)

    assert truth.kind in [each.kind for each in found], (truth, found)
    assert certainty(found) != "certain" or found[0].kind == truth.kind


UNITS = {
    "milliseconds": (1e3, 0),
    "microseconds": (1e6, 0),
    "nanoseconds": (1e9, 0),
    "minutes": (1 / 60, 0),
    "Date.now() / 100": (10, 0),
    "100 nanoseconds": (1e7, 0),
    "ticks of .NET": (1e7, 62_135_596_800),
    "file time of Windows": (1e7, 11_644_473_600),
    "since the year 1, not since": (1, 62_135_596_800),
    "milliseconds since the year 1": (1e3, 62_135_596_800),
}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    unit=st.sampled_from(sorted(UNITS)),
    at=st.integers(min_value=-300 * 86400, max_value=300 * 86400),
    in_quotes=st.booleans(),
)
def test_a_unit_is_named_and_read(unit: str, at: int, *, in_quotes: bool) -> None:
    scale, epoch = UNITS[unit]
    number = int((NOW + at + epoch) * scale)

    found = read(str(number) if in_quotes else number, NOW)

    assert unit in found.wrong
    assert ("a number in quotes" in found.wrong) is in_quotes
    assert found.at is not None
    assert abs(found.at - NOW - at) <= 60


@given(
    units=st.fixed_dictionaries({name: st.sampled_from(["", *sorted(UNITS)]) for name in ("exp", "nbf", "iat")}),
)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_each_claim_has_its_own_unit(units: dict[str, str]) -> None:
    claims = {name: NOW if not unit else int((NOW + UNITS[unit][1]) * UNITS[unit][0]) for name, unit in units.items()}

    wrong = Times(now=NOW, claims=claims).misread("exp", "nbf", "iat")

    assert set(wrong) == {name for name, unit in units.items() if unit}
    assert all(units[name] in each.wrong for name, each in wrong.items())


@given(st.text(), st.floats(allow_nan=False), st.integers())
def test_nothing_that_is_sent_as_a_time_makes_it_stumble(text: str, fraction: float, whole: int) -> None:
    values: list[Any] = [text, fraction, whole, None, [], {}, True, UNDEFINED]
    for value in values:
        times = Times(now=NOW, claims={"exp": value, "iat": value, "nbf": whole})
        for found in (times.expired(), times.too_far(), times.not_begun()):
            assert not found or said(found)
        assert all(each.wrong for each in times.misread("exp", "nbf", "iat").values())


# what else is known


def kinds(found: list[Cause]) -> list[str]:
    return [each.kind for each in found]


OLD = {"iat": NOW - 1200, "exp": NOW - 900}
EARLY = {"iat": NOW + 1200, "exp": NOW + 1500}
BY_CLOCKS: list[tuple[dict[str, int], dict[str, Any], list[str], str]] = [
    (OLD, {}, ["slow", "kept"], "possible"),
    (OLD, {"client_clock": NOW - 1195}, ["slow"], "certain"),
    (OLD, {"client_clock": NOW - 2}, ["kept"], "certain"),
    (OLD, {"client_clock": NOW - 600}, ["slow", "kept"], "possible"),
    (OLD, {"earlier": [(NOW - 60, NOW - 1260)]}, ["slow"], "certain"),
    (OLD, {"earlier": [(NOW - 60, NOW - 1200)]}, ["slow", "kept"], "possible"),
    (OLD, {"earlier": [(NOW - 60, NOW - 60)]}, ["slow", "kept"], "possible"),
    (OLD, {"by": "client"}, ["kept"], "certain"),
    ({"iat": NOW, "exp": NOW + 300}, {"by": "client"}, ["slow"], "likely"),
    ({"iat": NOW, "exp": NOW + 300}, {"by": "signing"}, ["slow", "kept"], "possible"),
    ({"iat": NOW - 3600, "exp": NOW - 3300}, {"client_clock": NOW}, ["zone", "kept"], "likely"),
    ({"iat": NOW - 3600, "exp": NOW - 3300}, {"client_clock": NOW - 3600}, ["slow"], "certain"),
]


@pytest.mark.parametrize(("claims", "known", "causes", "sure"), BY_CLOCKS)
def test_another_reading_of_the_clock_excludes_causes(
    claims: dict[str, int], known: dict[str, Any], causes: list[str], sure: str
) -> None:
    found = Times(now=NOW, claims=claims, **known).expired()

    assert (kinds(found), certainty(found)) == (causes, sure)


@pytest.mark.parametrize(
    ("claims", "known", "causes", "sure"),
    [
        (EARLY, {}, ["fast"], "likely"),
        (EARLY, {"client_clock": NOW + 1203}, ["fast"], "certain"),
        (EARLY, {"earlier": [(NOW, NOW + 1200)]}, ["fast"], "certain"),
        ({"iat": NOW + 3600, "exp": NOW + 3900}, {"client_clock": NOW}, ["zone"], "certain"),
        ({"iat": NOW + 3600, "exp": NOW + 3900}, {}, ["zone", "fast"], "likely"),
        ({"iat": NOW, "exp": NOW + 300}, {"by": "client"}, ["fast"], "likely"),
        ({"iat": NOW, "exp": NOW + 300}, {"by": "signing"}, ["fast", "zone"], "possible"),
        ({"iat": NOW, "exp": NOW + 300}, {}, [], ""),
        ({"exp": NOW + 300}, {"by": "signing"}, [], ""),
    ],
)
def test_what_explains_a_time_to_come(
    claims: dict[str, int], known: dict[str, Any], causes: list[str], sure: str
) -> None:
    found = Times(now=NOW, claims=claims, **known).too_far()

    assert (kinds(found), certainty(found) if found else "") == (causes, sure)


def test_naive_utc_is_an_hour_early_in_british_summer_time() -> None:
    """`utcnow().timestamp()` takes 11:00 UTC for 11:00 BST, which is 10:00 UTC."""
    assert "treated UTC as local time" in said(Times(now=NOW, claims=signed(NOW - 3600, "iat", 300)).expired())
    assert "treated local time as UTC" in said(Times(now=NOW, claims=signed(NOW + 3600, "iat", 300)).too_far())


@pytest.mark.parametrize(
    ("offset", "hours"), [(3600, 1), (3659, 1), (3661, None), (-12600, -3.5), (1800, None), (20700, 5.75), (0, None)]
)
def test_an_offset_is_that_of_a_time_zone(offset: int, hours: float | None) -> None:
    assert zone_of(offset) == hours
