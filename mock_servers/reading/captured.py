"""An exchange as a text describes it: the request, its unknown parts, and its answer where there is one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Source = Literal["curl", "raw", "har", "cassette", "response", "watch", "text"]
"""Where an exchange was read from."""

_MARK: Final = re.compile("\ue000(\\d+)\ue001")

Pairs = tuple[tuple[str, str], ...]
"""Headers in their order, as they were written; a name may repeat."""


class UnreadableError(ValueError):
    """A text from which no request can be read; the message names what was found and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of a request that is named in the text and does not stand there: a variable, a command, a file.

    `mark` stands in its place, in the URL, a header or the body.
    """

    mark: str
    words: str


@dataclass(slots=True)
class Gaps:
    """Collects gaps while a text is read."""

    found: list[Gap] = field(default_factory=list)

    def mark(self, words: str) -> str:
        """Note a gap, and return what stands in its place."""
        gap = Gap(mark=f"\ue000{len(self.found)}\ue001", words=words)
        self.found.append(gap)
        return gap.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedAnswer:
    """An answer as the text has it; a `status` of 0 is unknown, and a body that nobody has read is empty."""

    status: int
    headers: Pairs = ()
    body: bytes = b""
    is_read: bool = True

    def header(self, name: str) -> str:
        """Return the first header of a name in any case; empty when there is none."""
        return next(_named(self.headers, name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A request and what became of it.

    `gaps` are the unknown parts; `at` is when it was sent by the clock of the program that wrote it down, in seconds
    since 1970. Where it `is_shaped`, shapes stand in place of secrets, and no signature can be checked.
    """

    source: Source
    method: str
    url: str
    headers: Pairs = ()
    body: bytes = b""
    gaps: tuple[Gap, ...] = ()
    answer: CapturedAnswer | None = None
    at: float | None = None
    is_shaped: bool = False

    def header(self, name: str) -> str:
        """Return the first header of a name in any case; empty when there is none."""
        return next(_named(self.headers, name), "")

    def gap_in(self, text: str) -> Gap | None:
        """Return the first gap of a text that was taken from this request."""
        if not self.gaps:
            return None
        marks = {gap.mark: gap for gap in self.gaps}
        return next((marks[found[0]] for found in _MARK.finditer(text) if found[0] in marks), None)


def named(text: str, gaps: Sequence[Gap]) -> str:
    """Return a text with the words of its gaps in place of their marks."""
    words = {gap.mark: gap.words for gap in gaps}
    return _MARK.sub(lambda found: words.get(found[0], ""), text)


def of_base64(text: Any, where: str) -> bytes:
    """Return the bytes of a body; `where` is what an error calls it. Raises UnreadableError."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise UnreadableError(f"{where} has a body that says base64 and is none") from None


def _named(headers: Pairs, name: str) -> Iterator[str]:
    return (value for each, value in headers if each.lower() == name.lower())
