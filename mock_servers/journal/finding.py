"""A finding: why an exchange was refused, as an observed fact, its cause and its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from mock_servers.wire.wording import one_line

Certainty = Literal["certain", "likely", "possible"]
CERTAINTIES: Final[tuple[Certainty, ...]] = get_args(Certainty)
"""The surest first."""
Style = Callable[..., str]
"""Paints a text, as `click.style` does: by `bold` and `fg`."""
_PARTS: Final = (("seen", "Seen: "), ("cause", "Cause:"), ("cure", "Cure: "), ("change", "Code: "))
_AS_SURE: Final = {"certain": "", "likely": "Probably: ", "possible": "Possibly: "}


def first_step(cure: str) -> str:
    """Return the first sentence of a cure; nothing of none."""
    first = cure.partition(". ")[0]
    return first if first.endswith(("?", "!")) or not first else f"{first.rstrip('.')}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why an exchange was refused, derived from facts: what was seen, its cause, and what to do.

    `difference` is two texts, one above the other, with a mark below their first difference, for a fixed-width font.
    `evidence` is the letter and `row` the contract's paragraph of the error row that the mistake causes: how sure it is
    that the real service refuses it. `change` is the change in the client library's own words, if a library is
    recognised. `later` is set for a mistake that did not cause this refusal: a rule behind it would refuse next.
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
    later: bool = False

    @property
    def answer(self) -> str:
        """What to change, in a sentence or two: what was seen, as sure as that is, and the first step."""
        return f"{_AS_SURE[self.certainty]}{self.seen} {self.step}"

    @property
    def step(self) -> str:
        """The first step of the cure."""
        return first_step(self.cure)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.seen, self.cause, self.cure, self.change)))

    def lines(self) -> list[str]:
        """Return it as lines for a log, each with its part."""
        parts = {
            f"{'Next' if self.later else 'Seen'} ({self.certainty})": self.seen,
            "Cause": self.cause,
            "Cure": self.cure,
            "Code": self.change,
        }
        lines = [f"{label}: {words}" for label, words in parts.items() if words]
        return [*lines, *(f"  {line}" for line in (self.difference or "").splitlines())]


def unpainted(text: str, **_: Any) -> str:
    """Return a text as it is: the style of all that is no terminal."""
    return text


def lines_of(finding: Mapping[str, Any], style: Style = unpainted) -> Iterator[str]:
    """Return the lines of a finding of the control API, its name first; all but that are indented."""
    next_ = "Next: " if finding.get("later") else ""
    yield f"{next_}{style(finding['id'], bold=True)} ({finding['certainty']})"
    for name, title in _PARTS:
        if finding.get(name):
            yield f"  {title} {one_line(finding[name])}"
    yield from (f"    {one_line(each)}" for each in (finding.get("difference") or "").splitlines())
