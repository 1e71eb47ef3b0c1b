"""A refusal with all that stands around it in the text, and what a clue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mock_servers.journal.finding import Certainty, Finding
from mock_servers.reading.captured import Captured
from mock_servers.reading.facts import Facts
from mock_servers.wire.wording import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A refusal with all that stands around it: `rules` are those that may have refused."""

    facts: Facts
    rules: frozenset[str]
    captured: Captured | None = None
    form: Mapping[str, str]

    def line(self, mistake: str) -> str:
        """Return the words that show a mistake, the longest there are; empty without."""
        found = [each.words for each in self.facts.lines if each.mistake == mistake]
        return max(found, key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What to look for where one of some rules may have refused."""

    rules: frozenset[str]
    find: Callable[[Scene], Finding | None]


def finding(name: str, certainty: Certainty, seen: str, cause: str, cure: str) -> Finding:
    """Return what a clue has found."""
    return Finding(id=name, certainty=certainty, seen=seen, cause=cause, cure=cure)


def quote(words: str) -> str:
    """Return words of the text on one line, in quotes, or in backticks where they have quotes themselves."""
    mark = "`" if '"' in words else '"'
    return f"{mark}{one_line(' '.join(words.split()))}{mark}"


def seen_words(*words: str) -> str:
    """Say which words of the text show something."""
    return f"Seen in your paste: {' and '.join(map(quote, words))}."


def program(
    mistake: str, name: str, cause: str, cure: str, certainty: Certainty = "certain"
) -> Callable[[Scene], Finding | None]:
    """Return a clue that is a line of the program, by the name of its mistake in `programs`."""

    def find(scene: Scene) -> Finding | None:
        line = scene.line(mistake)
        return finding(name, certainty, seen_words(line), cause, cure) if line else None

    return find
