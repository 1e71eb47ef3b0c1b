"""What came of the contract, on one screen and in Markdown."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pytest_nhsauth.contract_results import Judgement, Judgements
from pytest_nhsauth.contract_summary import lines
from pytest_nhsauth.known_differences import Difference

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
        rule=f"the rule of {row.removeprefix('§')}",
        asked=f"Ask {number}.",
        expected="400 invalid_request: no",
        got=got,
        again=f"nhsauth contract -k {number}",
        repeat=f"curl {number}",
    )


def summary_lines(*made: Judgement, **given: object) -> list[str]:
    judgements = Judgements()
    judgements.made += made
    return list(lines(judgements, **given))  # type: ignore[arg-type] # a test's own keywords


def test_an_answer_that_differs_is_reported_once_with_its_rules_and_how_often_they_differ() -> None:
    assert summary_lines(judged(1), judged(2), judged(3, verdict="holds"), judged(4, row="§3.9")) == [
        f"1. {URL} answers, in 3 requests of 2 rules: {TOKEN}",
        "   rules    the rule of 3.5 (2 of 3)",
        "            the rule of 3.9 (1 of 1)",
        "   asked    Ask 1.",
        "   expected 400 invalid_request: no",
        "   again    nhsauth contract -k 1",
        "curl 1",
        "Each request: --report FILE.json, or --junitxml FILE.",
        "2 rules: 0 hold, 2 differ (3 of 4 requests)",
    ]


def test_the_most_frequent_answer_comes_first() -> None:
    heads = [line for line in summary_lines(judged(1, got="500"), judged(2), judged(3)) if line[0].isdigit()]

    assert [line.rpartition(": ")[2] for line in heads[:2]] == [TOKEN, "500"]


def test_however_much_differs_it_is_one_screen() -> None:
    many = [judged(each, row=f"§{each}", got=f"answer {each % 40}") for each in range(2000)]
    reasons = [judged(each, verdict="skipped", got=f"reason {each % 20}") for each in range(200)]

    guesses = [replace(judged(each), kind="environment", evidence="I", verdict="holds") for each in range(20)]
    judgements = listed(*(f"cured {each}" for each in range(20)), made=[*many, *reasons, *guesses])
    judgements.cured = judgements.listed

    shown = list(lines(judgements, seed="7", interrupted=True))

    assert 50 < len(shown) <= 60
    assert "15 other guesses are settled." in shown
    assert "15 other known differences no longer differ." in shown
    assert "35 other answers differ, in 1750 requests." in shown
    assert "15 other reasons why something was not asked." in shown
    assert "What is drawn at random is drawn again with --hypothesis-seed=7." in shown
    assert [line for line in shown if "§" in line or "… and" in line] == []


def test_when_all_holds_one_line_says_so() -> None:
    assert summary_lines(judged(1, verdict="holds")) == ["1 rule: 1 hold, 0 differ (0 of 1 request)"]


def test_a_target_that_cannot_be_judged_is_one_line_even_after_cases_that_passed() -> None:
    judgements = Judgements()
    judgements.made.append(judged(1, verdict="holds"))
    judgements.cannot_judge = "nobody answers"

    assert list(lines(judgements)) == ["Cannot judge: nobody answers"]


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
        rule="nbf is ahead",
        verdict=verdict,  # type: ignore[arg-type] # one of three words
        got="401",
    )

    assert f"{words} int, nbf is ahead, c: 401" in summary_lines(case)


def test_the_example_of_an_item_is_of_the_rule_that_it_names_first() -> None:
    rows = [f"§{number}" for number in (1, 2, 3, 4, 5, 1)]

    shown = summary_lines(*(judged(number, row=row) for number, row in enumerate(rows)))

    assert shown[1:5] == [
        "   rules    the rule of 1 (2 of 2)",
        "            the rule of 2 (1 of 1)",
        "            and 3 other rules",
        "   asked    Ask 0.",
    ]


def test_a_long_answer_of_many_lines_is_one_line_that_says_how_long_it_was() -> None:
    [head, *_] = summary_lines(judged(1, got="500 a trace\n" + "  at line\n" * 500))

    assert head.startswith(f"1. {URL} answers, in 1 request of 1 rule: 500 a trace at line at line")
    assert head.endswith("… (4011 characters)")
    assert len(head) < 400


@pytest.mark.parametrize("number", [10, 400])
def test_the_page_has_at_most_20_kb_and_counts_what_it_leaves_out(number: int) -> None:
    judgements = Judgements()
    for each in range(number):
        judgements.made.append(judged(each, row=f"§{each}", got="é | " * 90))
        judgements.made.append(judged(each, row=f"§{each}.holds", verdict="holds"))
        judgements.made.append(judged(each, row=f"§{each}.not", verdict="skipped", got=f"reason {each}"))

    page = judgements.page()

    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(page.encode()) <= 20_000
    assert "§" not in page
    assert f"{2 * number} rules: {number} hold, {number} differ ({number} of {2 * number} requests); " in page
    assert [line for line in rows if not line.endswith("|")] == []
    assert ("more are in --report FILE.json" in page) == (number == 400)


def listed(*rules: str, made: Sequence[Judgement]) -> Judgements:
    """The results of a run with known differences."""
    judgements = Judgements([Difference(rule=rule, reason="our fake is older") for rule in rules])
    judgements.made += made
    judgements.seek_cured()
    return judgements


def test_a_known_difference_is_counted_apart() -> None:
    judgements = listed("the rule of 3.5", made=[judged(1, verdict="known"), judged(2, row="§3.9", verdict="holds")])

    assert list(lines(judgements)) == ["2 rules: 1 hold, 0 differ, 1 differ as listed (1 of 2 requests)"]
    assert judgements.cured == ()


@pytest.mark.parametrize("name", ["the rule of 3.5", "§3.5", "3.5"])
def test_a_known_difference_that_no_longer_differs_is_named(name: str) -> None:
    judgements = listed(name, made=[judged(1, verdict="holds")])

    assert f"No longer differs, so take it out of the known differences: {name}" in list(lines(judgements))
    assert f"| {name} | our fake is older |" in judgements.page().splitlines()


@pytest.mark.parametrize("others", [["skipped"], ["holds", "known"], []])
def test_what_was_not_asked_or_differs_in_part_is_not_cured(others: list[str]) -> None:
    judgements = listed("3.5", made=[judged(1, verdict=verdict) for verdict in others])

    assert judgements.cured == ()


def test_rules_of_one_row_are_counted_and_named_apart() -> None:
    other = replace(judged(2), rule="another rule of the row")

    shown = summary_lines(judged(1), other, judged(3, verdict="holds"))

    assert shown[1:3] == ["   rules    the rule of 3.5 (1 of 2)", "            another rule of the row (1 of 1)"]
    assert shown[-1] == "2 rules: 0 hold, 2 differ (2 of 3 requests)"


def test_what_holds_is_listed_with_its_number_of_requests() -> None:
    judgements = listed(made=[judged(1, verdict="holds"), judged(2, verdict="holds"), judged(3, verdict="skipped")])

    assert f"| {URL} | the rule of 3.5 | 2 |" in judgements.page().splitlines()
