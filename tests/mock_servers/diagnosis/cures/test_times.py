"""A clock that is wrong, and lifetimes in the wrong unit."""

from typing import Any

import pytest

from tests.mock_servers.diagnosis.cures.bench import Bench


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "British Summer Time"), (-5.5, "5.5 hours early"), (-10, "10 hours early")]
)
@pytest.mark.parametrize("lifetime", [300, 240, 60])
def test_a_clock_that_is_behind_by_a_time_zone(bench: Bench, hours: float, words: str, lifetime: int) -> None:
    then = int(bench.platform.clock.now() + hours * 3600)

    bench.ask(client_assertion=bench.signed(iat=then, exp=then + lifetime))
    bench.assert_finding(words, "Use UTC time", id="clock-behind-or-bst", certainty="likely")

    bench.ask(client_assertion=bench.signed(exp=then + lifetime))
    bench.assert_finding(words, id="clock-behind-or-bst", certainty="likely")


@pytest.mark.parametrize(("hours", "words"), [(1, "an hour late"), (5.5, "5.5 hours late"), (9.5, "9.5 hours late")])
def test_a_clock_that_is_ahead_by_a_time_zone(bench: Bench, hours: float, words: str) -> None:
    then = int(bench.platform.clock.now() + hours * 3600)

    bench.ask(client_assertion=bench.signed(iat=then, exp=then + 300))

    bench.assert_finding(words, "Use UTC time", id="clock-ahead", certainty="likely")


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("ahead", [900, 3600, 86400])
def test_a_time_that_is_ahead_beside_a_right_exp_is_not_clock(bench: Bench, name: str, ahead: int) -> None:
    then = int(bench.platform.clock.now()) + ahead

    claims: dict[str, Any] = {name: then}

    answer = bench.ask(client_assertion=bench.signed(**claims))

    assert answer.status_code == 401
    bench.assert_finding(f"{name} is", f"Leave {name} out", id="not-yet-valid")
    assert "lock" not in bench.top.cure
    assert bench.ask(client_assertion=bench.signed()).status_code == 200


@pytest.mark.parametrize("late", ["nbf", "iat", "iat nbf"])
@pytest.mark.parametrize("age", [-1, 0, 5])
@pytest.mark.parametrize("lifetime", [300, 240, 60])
def test_two_times_that_were_swapped(bench: Bench, late: str, age: int, lifetime: int) -> None:
    now = int(bench.platform.clock.now())
    claims: dict[str, Any] = {**dict.fromkeys(late.split(), now - age + lifetime), "exp": now - age}

    bench.ask(client_assertion=bench.signed(**claims))

    names = late.replace(" ", " and ")
    bench.assert_finding(f"swapped exp and {names}", f"Exchange exp and {names}", id="swapped-values")
    exchanged: dict[str, Any] = {**dict.fromkeys(late.split(), now), "exp": now + 240}
    assert bench.ask(client_assertion=bench.signed(**exchanged)).status_code == 200


def test_a_lifetime_that_nobody_chooses_does_not_prove_a_swap(bench: Bench) -> None:
    now = int(bench.platform.clock.now())

    bench.ask(client_assertion=bench.signed(nbf=now + 97, exp=now - 1))

    bench.assert_finding("swapped exp and nbf", id="swapped-values", certainty="likely")


@pytest.mark.parametrize(("nbf", "exp"), [(3600, -1), (300, -3600), (8, -1)])
def test_times_that_no_swap_makes_right_are_not_swapped(bench: Bench, nbf: int, exp: int) -> None:
    now = int(bench.platform.clock.now())

    bench.ask(client_assertion=bench.signed(nbf=now + nbf, exp=now + exp))

    assert "swapped-values" not in [each.id for each in bench.platform.exchanges.last.findings]


def test_minutes_since_1970(bench: Bench) -> None:
    bench.ask(client_assertion=bench.signed(exp=int(bench.platform.clock.now() / 60) + 5))

    bench.assert_finding("minutes since 1970", "Multiply exp by 60", id="exp-unit")


def test_five_minutes_that_were_added_as_seconds(bench: Bench) -> None:
    now = int(bench.platform.clock.now())
    assertion = bench.signed(iat=now, exp=now + 5)
    bench.platform.clock.advance(7)

    bench.ask(client_assertion=assertion)
    bench.assert_finding("a lifetime of 5 s", "Set exp to now + 240", id="lifetime-too-short")

    now += 7
    assert bench.ask(client_assertion=bench.signed(iat=now, exp=now + 240)).status_code == 200


def test_a_life_of_seconds_that_passes_gets_advice(bench: Bench) -> None:
    answer = bench.ask(client_assertion=bench.signed(exp=int(bench.platform.clock.now()) + 5))

    assert answer.status_code == 200
    assert any("exp is 5.0 s ahead" in advice for advice in bench.platform.exchanges.last.advice)


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_time_that_is_ahead_beside_an_exp_that_is_ahead_as_well_may_be_the_clock(bench: Bench, name: str) -> None:
    now = int(bench.platform.clock.now())
    claims: dict[str, Any] = {"exp": now + 900, name: now + 600}

    bench.ask(client_assertion=bench.signed(**claims))

    assert "not-yet-valid" not in [each.id for each in bench.platform.exchanges.last.findings]


def test_no_time_is_reported_to_be_ahead_where_only_exp_is(bench: Bench) -> None:
    bench.ask(client_assertion=bench.signed(aud="https://other.example", exp=int(bench.platform.clock.now()) + 200))

    assert [each.id for each in bench.platform.exchanges.last.findings] == ["aud-near-miss"]
