"""`python -m tools.site.readability`: how easily the pages are read, by Flesch's formula for English.

Code, tables, addresses and what fences hold are left out. A paragraph, a heading and an item of a list end a sentence,
as `.`, `?` and `!` do; a colon and a semicolon do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyphen

ROOT: Final = Path(__file__).parent.parent.parent
_HYPHENS: Final = pyphen.Pyphen(lang="en_US", left=1, right=1)
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(r"[^aeiouyl]e$|[^aeiouydt]ed$|[^aeiouyscxzgh]es$")
_LEFT_OUT: Final = (
    re.compile(r"\A---\n.*?\n---\n", re.DOTALL),
    re.compile(r"^( *)(`{3,}|:{3,}).*?^\1\2$", re.DOTALL | re.MULTILINE),
    re.compile(r"^(?: {4}|\t).*$", re.MULTILINE),
    re.compile(r"^ *\|.*$", re.MULTILINE),
    re.compile(r"``.*?``|`[^`]*`", re.DOTALL),
    re.compile(r"<[^>]+>"),
    re.compile(r"(?<=\])\([^)]*\)"),
    re.compile(r"https?://\S+"),
)
_END: Final = re.compile(r"[.?!](?=[\s)\"*\]]|$)|\n\s*\n|^\s*(?:[-*#]|\d+\.) ?", re.MULTILINE)
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What was counted of a text."""

    sentences: int
    words: int
    syllables: int

    def __add__(self, other: Text) -> Text:
        """Return both as one text."""
        return Text(
            sentences=self.sentences + other.sentences,
            words=self.words + other.words,
            syllables=self.syllables + other.syllables,
        )

    @property
    def ease(self) -> float:
        """Return Flesch's reading ease: 60 and more is plain English."""
        return 206.835 - 1.015 * self.words / self.sentences - 84.6 * self.syllables / self.words


NOTHING: Final = Text(sentences=0, words=0, syllables=0)


def counted(markdown: str) -> Text:
    """Count the prose of a page."""
    for pattern in _LEFT_OUT:
        markdown = pattern.sub(" ", markdown)
    sentences = [found for part in _END.split(markdown) if (found := _WORD.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    return Text(sentences=len(sentences), words=len(words), syllables=sum(map(syllables, words)))


def syllables(word: str) -> int:
    """Return where a word may be hyphenated, or how often it has vowels, whichever is more: each misses some."""
    groups = len(_VOWELS.findall(word.lower())) - bool(_SILENT.search(word.lower()))
    return max(len(_HYPHENS.positions(word)) + 1, groups)


def together(pages: Iterable[Path]) -> Text:
    """Count the prose of several pages as one text."""
    return sum((counted(page.read_text(encoding="utf-8")) for page in pages), NOTHING)


def documents() -> Iterator[Path]:
    """Yield every page of docs/, those that are made of the code among them."""
    yield from sorted((ROOT / "docs").rglob("*.md"))


if __name__ == "__main__":
    for path in (ROOT / "README.md", *documents()):
        print(f"{counted(path.read_text(encoding='utf-8')).ease:5.1f}  {path.relative_to(ROOT)}")
    print(f"{together(documents()).ease:5.1f}  docs/ as a whole")
