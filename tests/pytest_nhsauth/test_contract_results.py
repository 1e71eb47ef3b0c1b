"""What the report of the contract tests says: what holds, what differs, which guesses are settled."""

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_nhsauth.contract_results import GOT, Judgements
from pytest_nhsauth.contract_summary import lines
from pytest_nhsauth.report import CASE_PROPERTY


def report(outcome: str, *, when: str = "call", got: str = "", **case: str) -> Any:
    """A test's report, as pytest makes it of a case."""
    reported = {
        "target": "int",
        "kind": "environment",
        "row": "§3.22",
        "evidence": "I",
        "case": "nbf",
        "rule": "nbf is ahead",
        "expected": "401",
    }
    properties = [(f"{CASE_PROPERTY}{name}", value) for name, value in (reported | case).items()] + [(GOT, got)] * bool(
        got
    )
    reason = ("file.py", 1, "Skipped: the target cannot have its clock set") if outcome == "skipped" else None
    return pytest.TestReport("id", ("f", 1, "n"), {}, outcome, reason, when, user_properties=properties)  # type: ignore[arg-type] # two words of three each


@pytest.fixture
def judgements() -> Judgements:
    return Judgements()


def test_a_guess_that_a_real_environment_shares_is_confirmed(judgements: Judgements) -> None:
    judgements.add(report("passed", got="401 unknown_error"))

    assert [each.settles for each in judgements.settled()] == ["confirmed"]
    assert "CONFIRMED int, nbf is ahead, nbf: 401 unknown_error" in list(lines(judgements))


def test_a_guess_that_a_real_environment_does_not_share_is_refuted(judgements: Judgements) -> None:
    judgements.add(report("failed", got="200 a body with access_token"))

    assert [each.settles for each in judgements.settled()] == ["refuted"]
    assert "| int | nbf is ahead | refuted | 200 a body with access_token |" in judgements.page()


@pytest.mark.parametrize("case", [{"kind": "fake", "target": "http://fake"}, {"kind": "mock"}, {"evidence": "S"}])
def test_nothing_else_is_settled(judgements: Judgements, case: dict[str, str]) -> None:
    judgements.add(report("failed", got="200", **case))

    assert judgements.settled() == []
    assert len(judgements.of("differs")) == 1


def test_what_was_not_asked_settles_nothing_and_shows_its_reason(judgements: Judgements) -> None:
    judgements.add(report("skipped"))

    assert judgements.settled() == []
    assert "Not asked, 1 request: the target cannot have its clock set" in list(lines(judgements))


def test_a_test_is_counted_once(judgements: Judgements) -> None:
    for when in ("setup", "call", "teardown"):
        judgements.add(report("passed", when=when))

    assert len(judgements.made) == 1


def test_a_target_that_cannot_be_judged_is_reported_before_all_counts(judgements: Judgements, tmp_path: Path) -> None:
    judgements.cannot_judge = "http://fake: nobody answers"
    judgements.write(tmp_path / "report.md")
    judgements.write(tmp_path / "report.json")

    assert "Cannot judge: http://fake: nobody answers" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["cannot_judge"].startswith("http://fake")
