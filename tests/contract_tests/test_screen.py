"""What came of the contract, on one screen."""

import pytest

from pytest_nhsauth.contract_results import Judgement, Judgements
from pytest_nhsauth.contract_summary import lines

URL = "http://127.0.0.1:9000"
TOKEN = "200 a body with access_token"


def judged(number: int, *, row: str = "§3.5", verdict: str = "differs", got: str = TOKEN) -> Judgement:
    return Judgement(
        target=URL,
        kind="fake",
        row=row,
        evidence="S",
        case=f"case {number}",
        verdict=verdict,  # type: ignore[arg-type] # one of three words
        rule=f"the rule of {row}",
        asked=f"Ask {number}.",
        expected="400 invalid_request: no",
        got=got,
        again=f"nhsauth contract -k {number}",
        repeat=f"curl {number}",
    )


def summary_lines(*made: Judgement, width: int = 80, **given: object) -> list[str]:
    judgements = Judgements()
    judgements.made += made
    return list(lines(judgements, width=width, **given))  # type: ignore[arg-type] # a test's own keywords


def test_an_answer_that_differs_is_reported_once_with_its_rules_and_how_often_they_differ() -> None:
    assert summary_lines(judged(1), judged(2), judged(3, verdict="holds"), judged(4, row="§3.9")) == [
        f"1. {URL} answers, in 3 cases of 2 rules: {TOKEN}",
        "   rules    the rule of §3.5 (§3.5: 2 of 3); the rule of §3.9 (§3.9: 1 of 1)",
        "   asked    Ask 1.",
        "   expected 400 invalid_request: no",
        "   again    nhsauth contract -k 1",
        "curl 1",
        "Each case: --report FILE.json, FILE.md, or --junitxml FILE.",
        "2 rules asked in 4 cases: 1 hold, 3 differ; 0 could not be asked.",
    ]


def test_the_most_frequent_answer_comes_first() -> None:
    heads = [line for line in summary_lines(judged(1, got="500"), judged(2), judged(3)) if line[0].isdigit()]

    assert [line.rpartition(": ")[2] for line in heads[:2]] == [TOKEN, "500"]


def test_however_much_differs_it_is_one_screen() -> None:
    many = [judged(each, row=f"§{each}", got=f"answer {each % 40}") for each in range(2000)]
    reasons = [judged(each, verdict="skipped", got=f"reason {each % 20}") for each in range(200)]

    shown = summary_lines(*many, *reasons, seed="7")

    assert len(shown) <= 50
    assert "35 other answers differ, in 1750 cases." in shown
    assert "Not asked, 150 cases, for 15 other reasons" in shown
    assert "What is drawn at random is drawn again with --hypothesis-seed=7." in shown
    assert [line for line in shown if len(line) > 80] == []


def test_when_all_holds_one_line_says_so() -> None:
    assert summary_lines(judged(1, verdict="holds")) == [
        "1 rule asked in 1 case: 1 hold, 0 differ; 0 could not be asked."
    ]


def test_a_target_that_cannot_be_judged_is_one_line_even_after_cases_that_passed() -> None:
    judgements = Judgements()
    judgements.made.append(judged(1, verdict="holds"))
    judgements.cannot_judge = "nobody answers"

    assert list(lines(judgements, width=80)) == ["Cannot judge: nobody answers"]


def test_what_was_interrupted_says_so() -> None:
    assert summary_lines(judged(1, verdict="holds"), interrupted=True)[0].startswith("Interrupted: ")


@pytest.mark.parametrize(("evidence", "verdict", "words"), [("I", "differs", "REFUTED"), ("I", "holds", "CONFIRMED")])
def test_a_guess_that_a_real_environment_settles_is_reported(evidence: str, verdict: str, words: str) -> None:
    case = Judgement(
        target="int",
        kind="environment",
        row="§3.22",
        evidence=evidence,
        case="c",
        verdict=verdict,  # type: ignore[arg-type] # one of three words
        got="401",
    )

    assert f"{words} int §3.22 c: 401" in summary_lines(case)
