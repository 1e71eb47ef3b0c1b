"""Finds known sentences wherever they stand in a text: in capitals, quoted, broken over lines, cut off or misspelt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\{\w*\}|[a-z0-9]+")
_BLANK: Final = re.compile(r"\{\w*\}")
_LONGEST_BLANK: Final = 80
"""Characters that stand in place of a blank such as an app's name."""
_SHORTEST_MISSPELT: Final = 3
_LONGEST_MISSPELT: Final = 20
_LEAST_CUT: Final = 4
"""Words from which on the beginning of a sentence is recognised."""
_LEAST_ALONE: Final = 2
_FEW: Final = 8
"""Words of a text that may be the beginning of a sentence and nothing else."""
_MOST_NEAR: Final = 3
_NEAR: Final = 0.6
_FILLERS: Final = frozenset(["the", "a", "an"])
_ARTICLES: Final = [[each] for each in sorted(_FILLERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A known sentence in a text, from `start` to `end`: whole, `is_cut` off, or with words that are `is_misspelt`.

    `last` is where its last word ends that is not a blank.
    """

    words: str
    start: int
    end: int
    last: int = 0
    is_cut: bool = False
    is_misspelt: bool = False


class _Words:
    """The words of a text with their places; `meant` is each as it is known, which may differ by one letter."""

    def __init__(self, text: str, meant: Callable[[str], str]) -> None:
        lower = text.casefold() if text.isascii() else "".join(each if each.isascii() else " " for each in text).lower()
        found = list(_WORD.finditer(lower))
        self._text = text
        self.texts = [each[0] for each in found]
        self.starts = [each.start() for each in found]
        self.ends = [each.end() for each in found]
        known = {each: meant(each) for each in set(self.texts)}
        self.meant = [known[each] for each in self.texts]

    def ends_at(self, place: int, following: str) -> bool:
        """Whether a line ends before a word, or with the beginning of what should follow."""
        if place >= len(self.texts):
            return True
        between = self._text[self.ends[place - 1] : self.starts[place]]
        is_begun = following.startswith(self.texts[place])
        after = self._text[self.ends[place] : self.ends[place] + 2] if is_begun else between
        return (
            (is_begun and not after.strip(" .\"'")) or "\n" in after or "\u2026" in between + after or "..." in between
        )

    def following(self, place: int) -> Sequence[str]:
        """Return the word after a place, and the next where that one is only an article."""
        return self.meant[place + 1 : place + 3 if self.texts[place + 1 : place + 2][:1] in _ARTICLES else place + 2]

    def __len__(self) -> int:
        return len(self.texts)


def words_of(sentence: str) -> tuple[str, ...]:
    """Return the words by which a sentence is known, with anything between them."""
    return tuple(_WORD.findall(sentence.casefold()))


class KnownSentences:
    """Sentences to look for; a blank of theirs, such as `{0}`, is any few words."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._words = {each: words_of(each) for each in dict.fromkeys(sentences) if each}
        self._longest = max(map(len, self._words), default=0)
        self._begins: dict[str, list[tuple[str, str]]] = {}
        for sentence, words in self._words.items():
            if words:
                second = words[1] if len(words) > 1 and not _BLANK.fullmatch(words[1]) else ""
                self._begins.setdefault(words[0], []).append((second, sentence))
        known = {word for words in self._words.values() for word in words if len(word) >= _SHORTEST_MISSPELT}
        self._known = known | {word for words in self._words.values() for word in words}
        self._alike = {shorter: word for word in sorted(known) for shorter in (word, *_without_one(word))}

    def in_text(self, text: str) -> list[Sentence]:
        """Return the sentences of a text in their order; of those that begin at one place the longest."""
        words = _Words(text, self._meant)
        found, end = list[Sentence](), 0
        for at in [at for at, word in enumerate(words.meant) if word in self._begins]:
            if words.starts[at] < end:
                continue
            is_all = len(words) <= _FEW and all(map(str.isdecimal, words.texts[:at]))
            following = words.following(at)
            here = [
                fit
                for second, sentence in self._begins[words.meant[at]]
                if (not second or second in following)
                and (fit := self._fits(sentence, words, at, is_all=is_all)) is not None
            ]
            if not here:
                continue
            said = text[words.starts[at] : words.starts[at] + self._longest].casefold()
            best = max(
                here, key=lambda each: (not each.is_cut, each.last, said.startswith(each.words.casefold()), each.end)
            )
            found += [each for each in here if each.is_cut and each.end == best.end] if best.is_cut else [best]
            end = best.end
        return found

    def near(self, text: str) -> list[str]:
        """Return the sentences of which a short text has most words, the nearest first."""
        words = set(_Words(text, self._meant).meant)
        shares = {
            sentence: len(words & set(parts)) / len(set(parts)) for sentence, parts in self._words.items() if parts
        }
        near = sorted((each for each in shares if shares[each] >= _NEAR), key=lambda each: -shares[each])
        return near[:_MOST_NEAR]

    def _meant(self, word: str) -> str:
        if word in self._known or not _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT or word.isdecimal():
            return word
        return next((self._alike[each] for each in (word, *_without_one(word)) if each in self._alike), word)

    def _fits(self, sentence: str, words: _Words, at: int, *, is_all: bool) -> Sentence | None:
        """Return the sentence when the words from a place on are its own, or its beginning.

        Where the text is all there is, two words are enough of a beginning.
        """
        place, count, reported, is_misspelt = at, 0, 0, False
        for part in (parts := self._words[sentence]):
            if _BLANK.fullmatch(part):
                after = parts[count + 1] if count + 1 < len(parts) else ""
                place = _past_blank(words, place, after)
            else:
                if place < len(words) and words.texts[place] in _FILLERS and words.texts[place] != part:
                    place += 1
                if place >= len(words) or words.meant[place] != part:
                    break
                is_misspelt = is_misspelt or words.texts[place] != part
                reported = words.ends[place]
                place += 1
            count += 1
        is_cut = count < len(parts)
        least = _LEAST_ALONE if is_all and place >= len(words) else max(_LEAST_CUT, _NEAR * len(parts))
        if is_cut and (count < least or not words.ends_at(place, parts[count])):
            return None
        end = words.ends[min(place, len(words)) - 1]
        return Sentence(
            words=sentence, start=words.starts[at], end=end, last=reported, is_cut=is_cut, is_misspelt=is_misspelt
        )


def _past_blank(words: _Words, place: int, after: str) -> int:
    """Return the place of the word after a blank, when it comes soon enough; else the next."""
    for ahead in range(place + 1, len(words)):
        if words.starts[ahead] - words.starts[place] > _LONGEST_BLANK:
            break
        if words.meant[ahead] == after:
            return ahead
    return place + 1


def _without_one(word: str) -> Iterator[str]:
    """Yield a word with each of its letters left out: two words that share one of these are alike."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
