"""The results of the contract's cases: collected from the tests' reports in all processes, and summarised at the end.

Tests put what they prove into their reports' properties, which JUnit files have as well; this module reads them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from pytest_nhsauth.report import CASE_PROPERTY

GOT: Final = f"{CASE_PROPERTY}got"
REPEAT: Final = f"{CASE_PROPERTY}repeat"
"""The attribute of a report that holds a command: too long for a property."""

Verdict = Literal["holds", "differs", "skipped"]
LETTERS: Final = {"S": "source", "D": "documentation", "Q": "quoted", "I": "inferred"}
_CASE_PROPERTIES: Final = ("target", "kind", "row", "evidence", "case", "rule", "asked", "expected", "again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One case for one target; `got` is empty if only the verdict is known.

    `rule` says what is tested and `asked` what was sent, in words; `again` is the command that runs this case alone,
    `repeat` a `curl` of its last request.
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

    @property
    def settles(self) -> str | None:
        """The meaning of a real environment's answer for a guess: `confirmed`, `refuted`; None for all others."""
        if self.kind != "environment" or self.evidence != "I" or self.verdict == "skipped":
            return None
        return "confirmed" if self.verdict == "holds" else "refuted"


class Judgements:
    """All cases of a session; `cannot_judge` says why there are no more, if a target could not be tested."""

    def __init__(self) -> None:
        self.made: list[Judgement] = []
        self.cannot_judge: str | None = None

    def add(self, report: pytest.TestReport) -> None:
        """Add a case from a test's report; a passed set-up or tear-down has none."""
        members = {name: str(value) for name, value in report.user_properties}
        if (
            f"{CASE_PROPERTY}row" not in members
            or (report.when != "call" and report.passed)
            or report.when == "teardown"
        ):
            return
        verdict: Verdict = "holds" if report.passed else "skipped" if report.skipped else "differs"
        self.made.append(
            Judgement(
                **{name: members.get(f"{CASE_PROPERTY}{name}", "") for name in _CASE_PROPERTIES},
                verdict=verdict,
                got=_reason(report) if report.skipped else members.get(GOT, ""),
                repeat=getattr(report, REPEAT, ""),
            )
        )

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
            "summary": {verdict: counted[verdict] for verdict in ("holds", "differs", "skipped")},
            "settled": [{"row": each.row, "case": each.case, "is": each.settles} for each in self.settled()],
            "cases": [asdict(judgement) for judgement in self.made],
        }

    def page(self) -> str:
        """Return the report in Markdown."""
        lines = ["# The contract, asked", "", self.headline(), ""]
        differs = [(*_named(each), _cell(each.expected), _cell(each.got)) for each in self.of("differs")]
        settled = [(*_named(each), each.settles or "", _cell(each.got)) for each in self.settled()]
        skipped = Counter(each.got for each in self.of("skipped"))
        lines += _section("What differs", ("target", "rule", "evidence", "case", "expected", "got"), differs)
        lines += _section("Guesses that are settled", ("target", "rule", "evidence", "case", "is", "got"), settled)
        lines += _section("Rules", ("target", "rule", "evidence", "holds", "expected"), list(self._rules()))
        lines += _section("Not asked", ("reason", "cases"), [(_cell(why), str(n)) for why, n in skipped.items()])
        return "\n".join(lines)

    def headline(self) -> str:
        """Return the counts in a sentence, or why there are none to trust."""
        if self.cannot_judge:
            return f"Cannot judge: {self.cannot_judge}"
        counted = Counter(judgement.verdict for judgement in self.made)
        rows = len({(judgement.target, judgement.row) for judgement in self.made if judgement.verdict != "skipped"})
        asked = counted["holds"] + counted["differs"]
        return (
            f"{_counted(rows, 'rule')} asked in {_counted(asked, 'case')}: {counted['holds']} hold, "
            f"{counted['differs']} differ; {counted['skipped']} could not be asked."
        )

    def causes(self) -> list[list[Judgement]]:
        """Return the cases that differ by what the target answered to them, the most frequent answer first."""
        by_answer: dict[tuple[str, str], list[Judgement]] = {}
        for each in self.of("differs"):
            by_answer.setdefault((each.target, each.got), []).append(each)
        return sorted(by_answer.values(), key=len, reverse=True)

    def how_often(self, judgement: Judgement) -> str:
        """Return how many of a rule's cases differ, and how many there were."""
        cases = [each for each in self.made if (each.target, each.row) == (judgement.target, judgement.row)]
        asked = [each.verdict for each in cases if each.verdict != "skipped"]
        return f"{asked.count('differs')} of {len(asked)}"

    def not_asked(self) -> Mapping[str, int]:
        """Return why cases could not be run, and how many for each reason, the most frequent first."""
        return dict(Counter(each.got for each in self.of("skipped")).most_common())

    def _rules(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield a line for each rule of each target, in the order in which they were asked."""
        for target, row in dict.fromkeys((each.target, each.row) for each in self.made):
            cases = [each for each in self.made if (each.target, each.row) == (target, row)]
            asked = [each for each in cases if each.verdict != "skipped"]
            holds = sum(each.verdict == "holds" for each in asked)
            evidence = "".join(letter for letter in LETTERS if any(each.evidence == letter for each in cases))
            expected = " or ".join(dict.fromkeys(each.expected for each in cases if each.expected))
            yield target, row, evidence, f"{holds} of {len(asked)}" if asked else "not asked", _cell(expected)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _reason(report: pytest.TestReport) -> str:
    found = report.longrepr
    return str(found[-1]).removeprefix("Skipped: ") if isinstance(found, tuple) else ""


def _named(judgement: Judgement) -> tuple[str, str, str, str]:
    return judgement.target, judgement.row, judgement.evidence, judgement.case


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    table = [head, ["---"] * len(head), *rows]
    return [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in table), ""]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
