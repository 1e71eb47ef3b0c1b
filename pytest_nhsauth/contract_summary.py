"""The results of the contract tests on one screen: each answer that differs once, with the rules that it breaks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from pytest_nhsauth.contract_results import Judgement, Judgements

_MOST: Final = 5
"""The largest number of answers, and of reasons for skipping, that are listed."""
_LINES: Final = 3
"""Lines for the rules that one answer breaks."""
_INDENT: Final = " " * 12


def lines(judgements: Judgements, *, width: int, seed: str | None = None, interrupted: bool = False) -> Iterator[str]:
    """Yield the lines; a target that cannot be tested has one. `seed` is that of random cases."""
    if judgements.cannot_judge:
        yield judgements.headline()
        return
    if interrupted:
        yield "Interrupted: this is what came of the cases until then."
    causes = judgements.causes()
    for number, cases in enumerate(causes[:_MOST], 1):
        yield from _cause(judgements, number, cases, width)
    more = [len(cases) for cases in causes[_MOST:]]
    if more:
        yield f"{len(more)} other answers differ, in {sum(more)} cases."
    yield from _settled(judgements)
    yield from _not_asked(judgements)
    if causes:
        yield from filter(None, [causes[0][0].repeat])
        yield from [f"What is drawn at random is drawn again with --hypothesis-seed={seed}."] if seed else []
        yield "Each case: --report FILE.json, FILE.md, or --junitxml FILE."
    yield judgements.headline()


def _cause(judgements: Judgements, number: int, cases: Sequence[Judgement], width: int) -> Iterator[str]:
    first = cases[0]
    rules = {case.row: f"{case.rule} ({case.row}: {judgements.how_often(case)})" for case in reversed(cases)}
    counted = f"{len(cases)} case{'s' * (len(cases) > 1)} of {len(rules)} rule{'s' * (len(rules) > 1)}"
    yield f"{number}. {first.target} answers, in {counted}: {first.got or 'an answer that cannot be shown'}"
    reported = textwrap.wrap("; ".join(reversed(rules.values())), width - len(_INDENT))
    cut = [*reported[: _LINES - 1], "… and others"] if len(reported) > _LINES else reported
    yield from _labelled("rules", "\n".join(cut))
    yield from _labelled("asked", first.asked)
    yield from _labelled("expected", first.expected)
    yield from _labelled("again", first.again)


def _labelled(label: str, text: str) -> Iterator[str]:
    for place, line in enumerate(text.splitlines()):
        yield f"   {label:9}{line}" if place == 0 else f"{_INDENT}{line}"


def _settled(judgements: Judgements) -> Iterator[str]:
    for each in judgements.settled():
        yield f"{(each.settles or '').upper()} {each.target} {each.row} {each.case}: {each.got}"


def _not_asked(judgements: Judgements) -> Iterator[str]:
    reasons = list(judgements.not_asked().items())
    for why, cases in reasons[:_MOST]:
        yield f"Not asked, {cases} cases: {why}"
    if reasons[_MOST:]:
        yield f"Not asked, {sum(cases for _, cases in reasons[_MOST:])} cases, for {len(reasons) - _MOST} other reasons"
