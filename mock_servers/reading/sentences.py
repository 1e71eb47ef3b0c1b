"""Finds known sentences wherever they stand in a text: in capitals, quoted, broken over lines, cut off or misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\{\w*\}|[a-z0-9]+")
_BLANK: Final = re.compile(r"\{\w*\}")
_LONGEST_BLANK: Final = 80
"""Characters that stand in place of a blank such as an app's name."""
_SHORTEST_MISSPELT: Final = 4
_LONGEST_MISSPELT: Final = 20
_LEAST_CUT: Final = 5
"""Words from which on the beginning of a sentence is recognised."""
_MOST_NEAR: Final = 3
_NEAR: Final = 0.6
_FILLERS: Final = frozenset(["the", "a", "an"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A known sentence in a text, from `start` to `end`: whole, `is_cut` off, or with words that are `is_misspelt`."""

    words: str
    start: int
    end: int
    is_cut: bool = False
    is_misspelt: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text; `meant` is the known word that it differs from by one letter, else itself."""

    text: str
    start: int
    end: int
    meant: str


class KnownSentences:
    """Sentences to look for; a blank of theirs, such as `{0}`, is any few words."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._words = {each: tuple(_WORD.findall(each.casefold())) for each in dict.fromkeys(sentences) if each}
        self._begins: dict[str, list[str]] = {}
        for sentence, words in self._words.items():
            if words:
                self._begins.setdefault(words[0], []).append(sentence)
        known = {word for words in self._words.values() for word in words if len(word) >= _SHORTEST_MISSPELT}
        self._known = known | {word for words in self._words.values() for word in words}
        self._alike = {shorter: word for word in sorted(known) for shorter in (word, *_without_one(word))}

    def in_text(self, text: str) -> list[Sentence]:
        """Return the sentences of a text in their order; of those that begin at one place the longest."""
        words = self._read(text)
        found, at = list[Sentence](), 0
        while at < len(words):
            best = max(self._at(words, at), key=lambda each: (not each.is_cut, each.end), default=None)
            if best is None:
                at += 1
                continue
            cut = [each for each in self._at(words, at) if each.is_cut and each.end == best.end]
            found += cut if best.is_cut else [best]
            at = next((place for place in range(at, len(words)) if words[place].start >= best.end), len(words))
        return found

    def near(self, text: str) -> list[str]:
        """Return the sentences of which a short text has most words, the nearest first."""
        words = {each.meant for each in self._read(text)}
        shares = {
            sentence: len(words & set(parts)) / len(set(parts)) for sentence, parts in self._words.items() if parts
        }
        near = sorted((each for each in shares if shares[each] >= _NEAR), key=lambda each: -shares[each])
        return near[:_MOST_NEAR]

    def _read(self, text: str) -> list[_Word]:
        lower = text.casefold() if text.isascii() else "".join(each if each.isascii() else " " for each in text).lower()
        meant: dict[str, str] = {}
        return [
            _Word(word, found.start(), found.end(), meant.setdefault(word, self._meant(word)))
            for found in _WORD.finditer(lower)
            for word in [found[0]]
        ]

    def _meant(self, word: str) -> str:
        if word in self._known or not _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT or word.isdecimal():
            return word
        return next((self._alike[each] for each in (word, *_without_one(word)) if each in self._alike), word)

    def _at(self, words: Sequence[_Word], at: int) -> Iterator[Sentence]:
        for sentence in self._begins.get(words[at].meant, ()):
            found = self._fits(sentence, words, at)
            if found is not None:
                yield found

    def _fits(self, sentence: str, words: Sequence[_Word], at: int) -> Sentence | None:
        """Return the sentence when the words from a place on are its own, or its beginning."""
        place, count, is_misspelt = at, 0, False
        for part in (parts := self._words[sentence]):
            if _BLANK.fullmatch(part):
                after = parts[count + 1] if count + 1 < len(parts) else ""
                place = _past_blank(words, place, after)
            else:
                while place < len(words) and words[place].text in _FILLERS and words[place].text != part:
                    place += 1
                if place >= len(words) or words[place].meant != part:
                    break
                is_misspelt = is_misspelt or words[place].text != part
                place += 1
            count += 1
        is_cut = count < len(parts)
        if is_cut and (count < _LEAST_CUT or count < _NEAR * len(parts)):
            return None
        ends = words[min(place, len(words)) - 1].end
        return Sentence(
            words=sentence, start=words[at].start, end=ends, is_cut=is_cut, is_misspelt=is_misspelt
        )


def _past_blank(words: Sequence[_Word], place: int, after: str) -> int:
    """Return the place of the word after a blank, when it comes soon enough; else the next."""
    for ahead in range(place + 1, len(words)):
        if words[ahead].start - words[place].start > _LONGEST_BLANK:
            break
        if words[ahead].meant == after:
            return ahead
    return place + 1


def _without_one(word: str) -> Iterator[str]:
    """Yield a word with each of its letters left out: two words that share one of these are alike."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
