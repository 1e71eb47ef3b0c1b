"""Every mistake has the first finding, two at once have both, and a good request has none."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.diagnosis import Tally, tallied
from mock_servers.diagnosis.examination import case_of, findings
from mock_servers.diagnosis.table import FINDERS
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Examination, Record
from mock_servers.pipeline import record as records
from mock_servers.rules import Refusal
from tests.mistakes.listed import GOOD, MISTAKES, Mistake, World, alone, in_pairs, made
from tests.mistakes.noise import unexplained
from tests.mistakes.unlisted import TOKEN_REQUESTS, UNLISTED
from tests.mistakes.variations import Variation, variations

pytestmark = pytest.mark.slow  # hundreds of mistakes, each explained with all that is known

EXAMPLES = 320


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> World:
    return World(ring)


@pytest.fixture(scope="module")
def real_world(ring: KeyRing) -> World:
    return World(ring, real=True)


@pytest.fixture(params=["plain", "real"])
def either_world(request: pytest.FixtureRequest, world: World, real_world: World) -> World:
    return world if request.param == "plain" else real_world


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_request_of_each_kind_goes_well(either_world: World, kind: str) -> None:
    answer = made(either_world, kind, ())

    assert answer.status_code in (200, 302)
    assert either_world.platform.exchanges.last.findings == ()
    assert either_world.platform.exchanges.last.advice == ()


@pytest.mark.parametrize(
    ("kind", "mistakes"), [pytest.param(*each, id=f"{each[0]}-{each[1][0].finding}") for each in alone()]
)
def test_a_mistake_alone_is_reported_first_and_surely(
    either_world: World, kind: str, mistakes: tuple[Mistake, ...]
) -> None:
    made(either_world, kind, mistakes)

    record = either_world.platform.exchanges.last
    assert record.refusal is not None
    assert record.findings[0].id == mistakes[0].finding
    assert record.findings[0].certainty != "possible"


def test_nothing_else_is_reported_of_a_mistake_that_no_list_had(either_world: World) -> None:
    wrongly: list[object] = []
    for kind, (mistake,) in alone(UNLISTED):
        made(either_world, kind, (mistake,))
        found = either_world.platform.exchanges.last.findings
        reported = [finding.id for finding in found if finding.certainty != "possible"]
        if reported[:1] != [mistake.finding] or set(reported) != {mistake.finding}:
            wrongly.append((kind, mistake.finding, UNLISTED.index(mistake), reported))

    assert wrongly == []


def test_each_token_request_has_mistakes_that_no_list_had() -> None:
    assert {kind for mistake in UNLISTED for kind in mistake.kinds} >= set(TOKEN_REQUESTS)


def test_noise_can_be_explained(either_world: World) -> None:
    assert unexplained(either_world, 150) == []


def test_two_mistakes_at_once_are_both_reported_and_nothing_else(world: World) -> None:
    tally = tallied(world, in_pairs())

    assert tally.exchanges > 250
    assert tally.precision >= 0.95
    assert tally.recall >= 0.95
    assert tally.first == 1


def test_the_tally_counts_what_was_reported_wrongly_and_what_was_not_reported() -> None:
    tally = Tally()

    tally.count(made={"a", "b"}, reported=["a", "x"], certain=["a"])
    tally.count(made={"c"}, reported=[], certain=["y"])

    assert (tally.exchanges, tally.precision, tally.recall, tally.first) == (2, 0.5, 1 / 3, 0.5)
    assert tally.precision_of_certain == 0.5


def test_mistakes_of_all_services_are_composed() -> None:
    assert {kind for mistake in MISTAKES for kind in mistake.kinds} == set(GOOD)


def test_the_wire_is_the_same_to_the_byte_whether_it_is_explained_or_not(ring: KeyRing) -> None:
    reported, silent = (World(ring, explains=explains, random=Random(1)) for explains in (True, False))

    for kind, mistakes in [*((kind, ()) for kind in GOOD), *alone()]:
        answers = [made(world, kind, mistakes) for world in (reported, silent)]
        reported.platform.exchanges.last.examination()
        left = [(answer.status, list(answer.headers), answer.get_data()) for answer in answers]

        assert left[0] == left[1], (kind, mistakes)
    assert silent.platform.exchanges.last.findings == ()


def test_explaining_changes_nothing_that_the_platform_remembers(world: World) -> None:
    for kind, mistakes in alone():
        made(world, kind, mistakes)
        before = world.platform.store.snapshot()
        world.platform.exchanges.last.examination()

        assert world.platform.store.snapshot() == before, (kind, mistakes)


def test_an_explanation_verifies_one_signature_more_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[object] = []
    verify = jwts.verify

    def noted(*asked: Any) -> bool:
        verified.append(asked)
        return verify(*asked)

    monkeypatch.setattr(jwts, "verify", noted)

    for kind, mistakes in alone():
        made(world, kind, mistakes)
        verified.clear()
        record = world.platform.exchanges.last
        record.examination()

        failed = record.refusal is not None and "signature" in record.refusal.rule
        assert len(verified) <= 1 or failed, (kind, mistakes)


# no false alarms


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What the pipeline knows of each exchange whose explanation is read: itself, and how the exchange came out."""
    seen: list[tuple[Any, Any]] = []
    explained = records._explained  # noqa: SLF001 - the one place where both are at hand

    def noting(of: Any, outcome: Any, record: Record) -> Examination:
        seen.append((of, outcome))
        return explained(of, outcome, record)

    monkeypatch.setattr(records, "_explained", noting)
    return seen


def _row(of: Any, outcome: Any, error: Any) -> Any:
    return error if error is of.fault else of.row(error, outcome.exchange)


def alarms(of: Any, outcome: Any, record: Record) -> Iterator[Finding]:
    """Ask every finder about a good request, as if something that none of them knows had refused it."""
    rules = tuple(rule for policy in outcome.flow.policies for rule in policy.rules)
    error = next((rule.error for rule in rules), of.fault)
    refusal = Refusal(error=error, rule="nobody", policy="", diagnosis="")
    row = partial(_row, of, outcome)
    case = case_of(of.known(), outcome.flow, outcome.exchange, refusal, record, row)
    asked = findings(replace(case, ahead=rules, later=()), FINDERS)
    return (finding for finding in asked if finding.certainty != "possible")


@pytest.mark.parametrize(
    ("kind", "finding"),
    [
        ("client_credentials", "kid-missing"),
        ("client_credentials", "other-private-key"),
        ("token_exchange", "id-token-expired"),
        ("code", "redirect-uri-differs"),
        ("refresh", "refresh-token-spent"),
        ("authorize", "state-lost"),
        ("cis2", "cis2-lifetime"),
        ("api", "bearer-shape"),
    ],
)
def test_the_alarm_rings_when_something_is_wrong(
    world: World, judged: list[tuple[Any, Any]], kind: str, finding: str
) -> None:
    made(world, kind, tuple(each for each in MISTAKES if each.finding == finding and kind in each.kinds))
    record = world.platform.exchanges.last
    _ = record.findings

    assert finding in [alarm.id for alarm in alarms(*judged[-1], record)]


@pytest.mark.slow
def test_nothing_is_reported_of_what_is_right(either_world: World, judged: list[tuple[Any, Any]]) -> None:
    sent: list[Variation] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(variations())
    def check(variation: Variation) -> None:
        either_world.again()
        judged.clear()
        sent.append(variation)
        answer = variation.send(either_world)
        record = either_world.platform.exchanges.last
        reported = record.findings
        either_world.platform.store.restore(either_world.start)

        assert answer.status_code in (200, 302), (variation, record.explained())
        assert reported == ()
        assert list(alarms(*judged[-1], record)) == [], variation

    check()

    assert len(sent) >= 300
    assert {variation.kind for variation in sent} == set(GOOD)
