"""Finds the rows that a text is about: by sentence, code, name or status, else by words like theirs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from mock_servers.catalogue.entries import Entry, entries

_BLANK: Final = re.compile(r"\\\{(\w+)\\\}")
_SOME_WORDS: Final = r".{1,80}?"
_NUMBER: Final = r"\d+"
_ONE_WORD: Final = r"\S+"
_BLANKS: Final = {
    **dict.fromkeys(("app", "allowed", "problem"), _SOME_WORDS),
    **dict.fromkeys(("limit", "revision"), _NUMBER),
}
"""What can stand in the blanks of sentences by their names, where that is more or less than a word."""
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys('"`´‘’‚‛“”„‟′″«»', "'"),  # noqa: RUF001 - what editors make of quotes
        **dict.fromkeys("‐‑‒–—−", "-"),  # noqa: RUF001 - the same of hyphens
        "\\": None,  # of a quote inside of JSON
    }
)
_WORD: Final = re.compile(r"[a-z0-9]+")
_ALIKE: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """The rows that a text is about; where they `are_near`, none has it word for word and these have words like it."""

    entries: Sequence[Entry]
    are_near: bool = False


def pattern(sentence: str) -> str:
    """Return a regular expression for a row's sentence with what can stand in its blanks.

    An app's name has up to 80 characters, a limit is a number, any other blank is one word.
    """
    return _BLANK.sub(lambda blank: _BLANKS.get(blank[1], _ONE_WORD), re.escape(sentence))


def search(text: str) -> Hits:
    """Return the rows that a text is about: a sentence or its part, a code, a name, a status, or a whole answer.

    Capitals, the kinds of quotes and hyphens, and the ends of lines do not matter.
    """
    wanted = _normalised(text)
    if not wanted and text.strip():
        return Hits(entries=[], are_near=True)
    for rows_of in (_containing, _standing_in, _whose_code_stands_in):
        if hits := list(rows_of(wanted)):
            return Hits(entries=hits)
    return Hits(entries=[each for each in entries() if _resembles(each, wanted)], are_near=True)


def _normalised(text: str) -> str:
    return " ".join(text.translate(_PLAIN).casefold().split()).strip(" '.,:;!?()")


def _containing(text: str) -> Iterator[Entry]:
    """Yield the rows that have the text in their name, code, status, paragraph or sentence."""
    for entry in entries():
        error = entry.error
        own = (entry.name, error.code, error.sentence, str(error.status), error.row)
        if any(text in _normalised(each) for each in own):
            yield entry


def _standing_in(text: str) -> Iterator[Entry]:
    """Yield the rows whose sentences stand in a text, but for a sentence that is only a part of another there."""
    found = {sentence: spans for sentence in _searched() if (spans := _spans(sentence, text))}
    every = [span for spans in found.values() for span in spans]
    whole = {each for each, spans in found.items() if not all(_is_part(span, every) for span in spans)}
    yield from (each for each in entries() if each.error.sentence in whole)


def _whose_code_stands_in(text: str) -> Iterator[Entry]:
    """Yield the rows whose code stands in a text, but for codes of OAuth, which many rows share."""
    words = set(re.findall(r"[\w.-]+", text))
    yield from (each for each in entries() if _is_distinct(each.error.code) and each.error.code.casefold() in words)


def _is_distinct(code: str) -> bool:
    return "." in code or code.isupper()


def _spans(sentence: str, text: str) -> list[tuple[int, int]]:
    literal, expression = _searched()[sentence]
    return [found.span() for found in expression.finditer(text)] if literal in text else []


@functools.cache
def _searched() -> dict[str, tuple[str, re.Pattern[str]]]:
    """Return, by each sentence of several words, its longest piece without a blank, and its regular expression."""
    sentences = dict.fromkeys(each.error.sentence for each in entries() if " " in each.error.sentence)
    return {
        each: (
            max(re.split(r"\{\w+\}", _normalised(each)), key=len),
            re.compile(rf"(?<!\w){pattern(_normalised(each))}(?!\w)"),
        )
        for each in sentences
    }


def _is_part(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans)


def _resembles(entry: Entry, wanted: str) -> bool:
    """Whether each word of the text is one of the row's, or nearly: `subject tokn` finds `subject_token`."""
    known = _WORD.findall(_normalised(f"{entry.name} {entry.error.code} {entry.error.sentence}"))
    words = _WORD.findall(wanted)
    return bool(words) and all(get_close_matches(each, known, n=1, cutoff=_ALIKE) for each in words)
