"""What a finder is: a small named function over a case, and the rules that its mistake runs into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mock_servers.diagnosis.case import Case
from mock_servers.journal.finding import Finding
from mock_servers.rules import Policy


def rules_of(*policies: Policy[Any]) -> tuple[str, ...]:
    """Return the names of the rules of policies."""
    return tuple(rule.name for policy in policies for rule in policy.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Looks for one mistake.

    It is asked when one of `rules` (their names) has objected or was not asked any more; without rules, always. A rule
    that had nothing to object disproves its mistakes. What an `aside` finds explains no rule, and is told last. `named`
    are the ids of its findings, where they are not called like the function, with what each is where they differ.
    """

    find: Callable[[Case], Finding | None]
    rules: tuple[str, ...] = ()
    aside: bool = False
    named: tuple[str, ...] | Mapping[str, str] = ()

    @property
    def name(self) -> str:
        """What a log calls it."""
        return getattr(self.find, "__name__", repr(self.find))

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The ids of what it finds."""
        return tuple(self.named) or (self.name.replace("_", "-"),)

    @property
    def words(self) -> str:
        """What it looks for, in a sentence; empty where that is no single mistake."""
        return (self.find.__doc__ or "").partition("\n")[0]

    def words_of(self, mistake: str) -> str:
        """What one of its mistakes is, in a sentence."""
        return self.named[mistake] if isinstance(self.named, Mapping) else self.words

    def nearness(self, case: Case) -> int | None:
        """Return how many rules lie between the refusal and this mistake; `None` when it cannot be in the case."""
        if self.aside:
            return len(case.ahead) + len(case.later)
        if not self.rules:
            return 0
        names = chain((rule.name for rule in case.ahead), case.later)
        return next((place for place, name in enumerate(names) if name in self.rules), None)
