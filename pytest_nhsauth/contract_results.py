"""The results of the contract's cases: collected from the tests' reports in all processes, and summarised at the end.

Tests put what they prove into their reports' properties, which JUnit files have as well; this module reads them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from pytest_nhsauth.report import CASE_PROPERTY

if TYPE_CHECKING:
    from pytest_nhsauth.known_differences import Difference

GOT: Final = f"{CASE_PROPERTY}got"
REPEAT: Final = f"{CASE_PROPERTY}repeat"
"""The attribute of a report that holds a command: too long for a property."""

EXCUSE: Final = "wasxfail"
"""The attribute of a report, pytest's own, that holds the reason why a difference is no failure."""

Verdict = Literal["holds", "differs", "known", "skipped"]
_MOST_BYTES: Final = 20_000
"""The largest report in Markdown."""
_RESERVED: Final = 700
"""Bytes that a table leaves to those after it, which say at least how many rows they lack."""
_LONGEST: Final = 300
"""Characters of an answer that are shown."""
_CASE_PROPERTIES: Final = ("target", "kind", "row", "evidence", "case", "rule", "asked", "expected", "again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One case for one target; `got` is empty if only the verdict is known.

    `rule` says what is tested and `asked` what was sent, in words; `again` is the command that runs this case alone,
    `repeat` a `curl` of its last request. `known` is the reason why a difference is no failure.
    """

    target: str
    kind: str
    row: str
    evidence: str
    case: str
    verdict: Verdict
    rule: str = ""
    asked: str = ""
    expected: str = ""
    got: str = ""
    again: str = ""
    repeat: str = ""
    known: str = ""

    @property
    def tested(self) -> tuple[str, str, str]:
        """The target and the rule: a row of the contract may have several, and several rows the same words."""
        return self.target, self.row, self.rule

    @property
    def shown_rule(self) -> str:
        """The rule in words."""
        return self.rule or self.case

    @property
    def settles(self) -> str | None:
        """The meaning of a real environment's answer for a guess: `confirmed`, `refuted`; None for all others."""
        if self.kind != "environment" or self.evidence != "I" or self.verdict == "skipped":
            return None
        return "confirmed" if self.verdict == "holds" else "refuted"


class Judgements:
    """All cases of a session; `cannot_judge` says why there are no more, if a target could not be tested.

    `listed` are the known differences, `cured` those of them that no longer differ.
    """

    def __init__(self, listed: Sequence[Difference] = ()) -> None:
        self.made: list[Judgement] = []
        self.cannot_judge: str | None = None
        self.listed = tuple(listed)
        self.cured: tuple[Difference, ...] = ()

    def add(self, report: pytest.TestReport) -> None:
        """Add a case from a test's report; a passed set-up or tear-down has none."""
        members = {name: str(value) for name, value in report.user_properties}
        if (
            f"{CASE_PROPERTY}row" not in members
            or (report.when != "call" and report.passed)
            or report.when == "teardown"
        ):
            return
        known: str | None = getattr(report, EXCUSE, None)
        verdict: Verdict = "holds" if report.passed else "skipped" if report.skipped else "differs"
        self.made.append(
            Judgement(
                **{name: members.get(f"{CASE_PROPERTY}{name}", "") for name in _CASE_PROPERTIES},
                verdict=verdict if known is None else "known",
                got=_reason(report) if verdict == "skipped" and known is None else members.get(GOT, ""),
                repeat=getattr(report, REPEAT, ""),
                known=known or "",
            )
        )

    def seek_cured(self) -> None:
        """Note which known differences no longer differ: cases of the rule were asked, and each holds."""
        verdicts = {each: {case.verdict for case in self.concerning(each)} - {"skipped"} for each in self.listed}
        self.cured = tuple(each for each, found in verdicts.items() if found == {"holds"})

    def concerning(self, difference: Difference) -> list[Judgement]:
        """Return the cases of a known difference's rule."""
        return [case for case in self.made if difference.concerns(rule=case.rule, row=case.row)]

    def of(self, verdict: Verdict) -> list[Judgement]:
        """Return those of one verdict."""
        return [judgement for judgement in self.made if judgement.verdict == verdict]

    def settled(self) -> list[Judgement]:
        """Return the guesses that a real environment has confirmed or refuted."""
        return [judgement for judgement in self.made if judgement.settles]

    def write(self, path: Path) -> None:
        """Write a report: JSON or Markdown, as the file's name says."""
        text = json.dumps(self.document(), indent=2) + "\n" if path.suffix == ".json" else self.page()
        path.write_text(text, encoding="utf-8", newline="\n")

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        counted = Counter(judgement.verdict for judgement in self.made)
        return {
            "cannot_judge": self.cannot_judge,
            "summary": {verdict: counted[verdict] for verdict in ("holds", "differs", "known", "skipped")},
            "no_longer_differ": [asdict(each) for each in self.cured],
            "settled": [{"row": each.row, "case": each.case, "is": each.settles} for each in self.settled()],
            "cases": [asdict(judgement) for judgement in self.made],
        }

    def page(self) -> str:
        """Return the report in Markdown, at most 20 kB: what does not fit is counted."""
        cured = [(_cell(each.rule), _cell(each.reason)) for each in self.cured]
        differs = [(*self._counted(each), _cell(each.got)) for each in self.examples("differs")]
        known = [(*self._counted(each)[:3], _cell(each.known)) for each in self.examples("known")]
        settled = [
            (each.target, _cell(each.shown_rule), each.settles or "", _cell(each.got)) for each in self.settled()
        ]
        skipped = [(_cell(why), str(number)) for why, number in self.not_asked().items()]
        text = f"# The contract, asked\n\n{self.headline()}\n"
        for title, head, rows in (
            ("Known differences that no longer differ", ("rule", "reason that was given"), cured),
            ("What differs", ("target", "rule", "requests", "asked", "expected", "got"), differs),
            ("Known differences", ("target", "rule", "requests", "reason"), known),
            ("Guesses that are settled", ("target", "rule", "is", "got"), settled),
            ("Not asked", ("reason", "requests"), skipped),
            ("What holds", ("target", "rule", "requests"), self._holding()),
        ):
            text += _section(title, head, rows, room=_MOST_BYTES - len(text.encode()))
        return text

    def headline(self) -> str:
        """Return the counts in a sentence, or why there are none to trust."""
        if self.cannot_judge:
            return f"Cannot judge: {self.cannot_judge}"
        counted = Counter(each.verdict for each in self.made)
        rules = Counter(self._verdict_of(cases) for cases in by_rule(self.made))
        known = f", {rules['known']} differ as listed" if self.listed else ""
        differing, skipped = counted["differs"] + counted["known"], counted["skipped"]
        number = _counted(rules.total() - rules["skipped"], "rule")
        return (
            f"{number}: {rules['holds']} hold, {rules['differs']} differ{known} "
            f"({differing} of {_counted(counted.total() - skipped, 'request')})"
            f"{f'; {skipped} could not be asked' if skipped else ''}"
        )

    def _verdict_of(self, cases: Sequence[Judgement]) -> Verdict:
        verdicts: Sequence[Verdict] = ("differs", "known", "holds")
        return next((verdict for verdict in verdicts if any(case.verdict == verdict for case in cases)), "skipped")

    def _holding(self) -> list[tuple[str, str, str]]:
        """Return the target, the rule and the number of its requests, for each rule that holds."""
        holding = [cases for cases in by_rule(self.made) if self._verdict_of(cases) == "holds"]
        counts = [str(sum(case.verdict == "holds" for case in cases)) for cases in holding]
        return [
            (cases[0].target, _cell(cases[0].shown_rule), count) for cases, count in zip(holding, counts, strict=True)
        ]

    def examples(self, verdict: Verdict) -> list[Judgement]:
        """Return the first case of each rule that has this verdict."""
        return [cases[0] for cases in by_rule(self.of(verdict))]

    def _counted(self, example: Judgement) -> tuple[str, str, str, str, str]:
        counted = _cell(example.shown_rule), self.how_often(example), _cell(example.asked)
        return example.target, *counted, _cell(example.expected)

    def causes(self) -> list[list[Judgement]]:
        """Return the cases that differ by what the target answered to them, the most frequent answer first."""
        by_answer: dict[tuple[str, str], list[Judgement]] = {}
        for each in self.of("differs"):
            by_answer.setdefault((each.target, each.got), []).append(each)
        return sorted(by_answer.values(), key=len, reverse=True)

    def how_often(self, judgement: Judgement) -> str:
        """Return how many of a rule's requests differ, and how many there were."""
        cases = [each for each in self.made if each.tested == judgement.tested]
        asked = [each.verdict for each in cases if each.verdict != "skipped"]
        return f"{len(asked) - asked.count('holds')} of {len(asked)}"

    def not_asked(self) -> Mapping[str, int]:
        """Return why cases could not be run, and how many for each reason, the most frequent first."""
        return dict(Counter(each.got for each in self.of("skipped")).most_common())


def by_rule(cases: Sequence[Judgement]) -> list[list[Judgement]]:
    """Return the cases of each rule of each target, all in their order."""
    found: dict[tuple[str, str, str], list[Judgement]] = {}
    for each in cases:
        found.setdefault(each.tested, []).append(each)
    return list(found.values())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _reason(report: pytest.TestReport) -> str:
    found = report.longrepr
    return str(found[-1]).removeprefix("Skipped: ") if isinstance(found, tuple) else ""


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> str:
    """Return a table of the rows that `room` bytes have place for, and how many more there are."""
    if not rows:
        return ""
    text = f"\n## {title}\n\n"
    for place, row in enumerate((head, ["---"] * len(head), *rows)):
        line = f"| {' | '.join(row)} |\n"
        if len(f"{text}{line}".encode()) > room - _RESERVED:
            return f"{text}\n{len(rows) + 2 - max(place, 2)} more are in --report FILE.json.\n"
        text += line
    return text


def _cell(text: str) -> str:
    return shown(text).replace("|", "\\|")


def shown(text: str) -> str:
    """Return text as one line; of what a target answers at length, only the beginning and its length."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… ({len(line)} characters)"
