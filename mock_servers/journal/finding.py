"""A finding: why an exchange was refused, as a fact that was seen, its cause and its cure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Certainty = Literal["certain", "likely", "possible"]
CERTAINTIES: Final[tuple[Certainty, ...]] = get_args(Certainty)
"""The surest first."""
_AS_SURE: Final = {"certain": "", "likely": "Probably: ", "possible": "Possibly: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why an exchange was refused, found from facts: what was seen, where it comes from, what to do.

    `difference` is two texts under each other, with a mark below where they part; show it in letters of one width.
    `evidence` is the letter of the error row that the mistake runs into and `row` that row's paragraph of the contract:
    how sure it is that the real service minds. `change` is what to change in the client library's own words, where one
    is recognised.
    """

    id: str
    certainty: Certainty
    seen: str
    cause: str
    cure: str
    evidence: str | None = None
    row: str | None = None
    change: str | None = None
    difference: str | None = None

    @property
    def answer(self) -> str:
        """What to change, in a sentence or two: what was seen, as sure as that is, and the first step."""
        return f"{_AS_SURE[self.certainty]}{self.seen} {self.step}"

    @property
    def step(self) -> str:
        """The first step of the cure."""
        return f"{self.cure.partition('. ')[0].rstrip('.')}."

    def __str__(self) -> str:
        return " ".join(filter(None, (self.seen, self.cause, self.cure, self.change)))

    def lines(self) -> list[str]:
        """Return it as lines for a log, each with what it tells."""
        parts = {
            f"Seen ({self.certainty})": self.seen,
            "Cause": self.cause,
            "Cure": self.cure,
            "Code": self.change,
        }
        lines = [f"{label}: {words}" for label, words in parts.items() if words]
        return [*lines, *(f"  {line}" for line in (self.difference or "").splitlines())]
