"""The results of the contract tests on one screen: each answer that differs once, with the rules that it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pytest_nhsauth.contract_results import Judgement, Judgements, by_rule, shown

_MOST: Final = 5
"""The largest number of answers, and of lines of any other kind, that are listed: 60 lines at most in all."""
_NAMED: Final = 3
"""Lines for the rules that one answer breaks."""


def lines(judgements: Judgements, *, seed: str | None = None, interrupted: bool = False) -> Iterator[str]:
    """Yield the lines; a target that cannot be tested has one. `seed` is that of random cases."""
    if judgements.cannot_judge:
        yield judgements.headline()
        return
    if interrupted:
        yield "Interrupted: this is what came of the cases until then."
    causes = judgements.causes()
    for number, cases in enumerate(causes[:_MOST], 1):
        yield from _cause(judgements, number, cases)
    more = [len(cases) for cases in causes[_MOST:]]
    if more:
        yield f"{len(more)} other answers differ, in {sum(more)} requests."
    yield from _bounded(_cured(judgements), "known differences no longer differ")
    yield from _bounded(_settled(judgements), "guesses are settled")
    yield from _bounded(_not_asked(judgements), "reasons why something was not asked")
    if causes:
        yield from filter(None, [causes[0][0].repeat])
        yield from [f"What is drawn at random is drawn again with --hypothesis-seed={seed}."] if seed else []
        yield "Each request: --report FILE.json, or --junitxml FILE."
    yield judgements.headline()


def _cause(judgements: Judgements, number: int, cases: Sequence[Judgement]) -> Iterator[str]:
    """Yield one answer, rules that it breaks, and an example: the first of them."""
    example = cases[0]
    rules = [group[0] for group in by_rule(cases)]
    counted = f"{_number(len(cases), 'request')} of {_number(len(rules), 'rule')}"
    yield f"{number}. {example.target} answers, in {counted}: {shown(example.got) or 'an answer that cannot be shown'}"
    names = [f"{shown(case.shown_rule)} ({judgements.how_often(case)})" for case in rules]
    if len(names) > _NAMED:
        names[_NAMED - 1 :] = [f"and {len(names) - _NAMED + 1} other rules"]
    for place, name in enumerate(names):
        yield f"   {'' if place else 'rules':9}{name}"
    for label, text in (("asked", example.asked), ("expected", example.expected), ("again", example.again)):
        if text:
            yield f"   {label:9}{' '.join(text.split())}"


def _cured(judgements: Judgements) -> list[str]:
    return [f"No longer differs, so take it out of the known differences: {each.rule}" for each in judgements.cured]


def _settled(judgements: Judgements) -> list[str]:
    return [
        f"{(each.settles or '').upper()} {each.target}, {each.shown_rule}, {each.case}: {shown(each.got)}"
        for each in judgements.settled()
    ]


def _not_asked(judgements: Judgements) -> list[str]:
    return [f"Not asked, {_number(cases, 'request')}: {why}" for why, cases in judgements.not_asked().items()]


def _bounded(found: Sequence[str], noun: str) -> Iterator[str]:
    yield from found[:_MOST]
    if found[_MOST:]:
        yield f"{len(found) - _MOST} other {noun}."


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
