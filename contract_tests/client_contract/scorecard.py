"""The results, check by check, for a terminal, for a page and for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Outcome = Literal["passed", "failed", "advice", "skipped"]

_MARKS: Final = {"passed": "ok", "failed": "FAILED", "advice": "advice", "skipped": "skipped"}

_HEAD: Final = f"{'outcome':<7}  {'check':<17}  known from  the client"
_INDENT: Final = " " * 40
_KNOWN: Final = {"S": "source", "D": "documents", "Q": "a quote", "I": "a guess", "O": "the service"}
"""What a check's letter of evidence says in words: the service's source, its documentation, a user's quotation, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a check: its purpose, its `evidence`, and what was seen.

    `cure` is for a failure or advice; for a skip, `seen` is the reason. Advice never fails a client.
    """

    id: str
    asks: str
    evidence: str
    outcome: Outcome
    seen: str = ""
    cure: str = ""

    def __str__(self) -> str:
        """One row of the table, and below it what was seen and what to do."""
        below = "".join(f"\n{_INDENT}{text}" for text in (self.seen, self.cure) if text)
        return f"{_MARKS[self.outcome]:<7}  {self.id:<17}  {_KNOWN[self.evidence]:<10}  {self.asks}{below}"

    def cells(self) -> tuple[str, str, str, str]:
        """The cells of its row on a page."""
        return self.asks, _KNOWN[self.evidence], _MARKS[self.outcome], f"{self.seen} {self.cure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The results of one client, in the order of the checks; `said` is its output, secrets hidden."""

    client: str
    verdicts: Sequence[Verdict]
    said: str = field(default="", repr=False)

    def _of(self, outcome: Outcome) -> list[str]:
        return [verdict.id for verdict in self.verdicts if verdict.outcome == outcome]

    @property
    def passed(self) -> list[str]:
        """The ids of the checks that held."""
        return self._of("passed")

    @property
    def failed(self) -> list[str]:
        """The ids of the checks that did not hold."""
        return self._of("failed")

    @property
    def advised(self) -> list[str]:
        """The ids of the checks that found something to improve, which the real service accepts."""
        return self._of("advice")

    @property
    def skipped(self) -> list[str]:
        """The ids of the checks that this client cannot be asked."""
        return self._of("skipped")

    @property
    def score(self) -> str:
        """How many of the checks that can fail have passed, such as `14 of 16`."""
        return f"{len(self.passed)} of {len(self.passed) + len(self.failed)}"

    def __str__(self) -> str:
        """A table of the verdicts, and the score."""
        lines = [str(verdict) for verdict in self.verdicts]
        return "\n".join([f"{self.client}", "", _HEAD, *lines, "", self._counted()])

    def _counted(self) -> str:
        advice = f"{len(self.advised)} with advice, " if self.advised else ""
        return f"{self.score} held, {advice}{len(self.skipped)} could not be judged"

    def as_json(self) -> dict[str, Any]:
        """Return the same for a program."""
        members = ("id", "asks", "evidence", "outcome", "seen", "cure")
        lines = [{name: getattr(verdict, name) for name in members} for verdict in self.verdicts]
        counts = {"passed": len(self.passed), "failed": len(self.failed)}
        counts |= {"advice": len(self.advised), "skipped": len(self.skipped)}
        return {"client": self.client, **counts, "checks": lines}

    def as_markdown(self) -> str:
        """Return the same as a page."""
        rows = [f"| {' | '.join(map(_cell, each.cells()))} |" for each in self.verdicts]
        head = [f"# Client contract: {self.client}", "", f"{self._counted()}."]
        table = ["", "| check | known from | outcome | what was seen, and what to do |", "|---|---|---|---|", *rows]
        return "\n".join([*head, *table, ""])

    def written(self, suffix: str) -> str:
        """Return the text for a file that ends in `.json` or `.md`. Raises ValueError."""
        if suffix == ".json":
            return json.dumps(self.as_json(), indent=2) + "\n"
        if suffix == ".md":
            return self.as_markdown()
        raise ValueError(f"a report ends in .md or .json, not in {suffix or 'nothing'!r}")


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("\n", " ")
