"""A finder: a small named function of a case, with the rules that its mistake causes to refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

    It runs if one of `rules` (their names) has refused or did not run; without rules, always. A rule that
    passed rules out its mistakes. An `informational` explains no rule, and its findings come last. A `last_resort`
    counts only if no other finding explains the same rule. Where one that `doubts` finds something, no other finding
    about the same rule is certain. What a `general` one finds can be behind any refusal: it is no usual cause of one.
    `named` are the ids of its findings if they differ from the function's name, with a description if they differ from
    each other.
    """

    find: Callable[[Case], Finding | None]
    rules: tuple[str, ...] = ()
    informational: bool = False
    last_resort: bool = False
    doubts: bool = False
    general: bool = False
    named: tuple[str, ...] | Mapping[str, str] = ()

    @property
    def name(self) -> str:
        """Its name in the log."""
        return getattr(self.find, "__name__", repr(self.find))

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The ids of its findings."""
        return tuple(self.named) or (self.name.replace("_", "-"),)

    @property
    def words(self) -> str:
        """The mistake that it looks for, in a sentence; empty for several mistakes."""
        return (self.find.__doc__ or "").partition("\n")[0]

    def words_of(self, mistake: str) -> str:
        """One of its mistakes, in a sentence."""
        return self.named[mistake] if isinstance(self.named, Mapping) else self.words
