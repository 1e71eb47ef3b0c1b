"""Shows values to developers: short, harmless on a terminal, and never a whole secret or token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final

from mock_servers.jose import javascript

_SHOWN: Final = 6
_LONGEST: Final = 80
_LONGEST_URL: Final = 300
_MOST_URLS: Final = 5
_AROUND: Final = 150
_SECRET: Final = re.compile(r"[A-Za-z0-9_+/=-]{12,}")
_NAME: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,30}")
_PEM: Final = "-----BEGIN"
_NEAR: Final = 0.5
_TENTHS: Final = 10
_MINUTES: Final = 600
_HOURS: Final = 7200


def cut(value: str) -> str:
    """Return the part of a secret or token that may be shown: its first characters and its length."""
    shown = ascii(value[:_SHOWN])[1:-1] if len(value) > 2 * _SHOWN else ""
    return f"{shown}… ({len(value)} characters)"


def name(sent: str) -> str:
    """Return a parameter's name, cut if it cannot be a name: it may be a whole body with secrets."""
    return sent if _NAME.fullmatch(sent) else cut(sent)


def names(sent: Iterable[str]) -> str:
    """List parameters' names on one line of ASCII."""
    return shown([name(each) for each in sorted(sent)]).replace("\\u2026", "…")


def printable(text: str) -> str:
    """Return a text in which every character is visible; line ends and tabs stay, control characters do not."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in "\n\t" else ascii(each)[1:-1] for each in text)


def one_line(text: str) -> str:
    """Return a text on one line with every character visible, so that it cannot look like a line of ours."""
    return text if text.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def spelt(text: str) -> str:
    """Return a text with its invisible characters written out; anything in it that may be a secret is cut."""
    return shown(_SECRET.sub(lambda found: f"{found[0][:_SHOWN]}…", text[: 10 * _LONGEST])).replace("\\u2026", "…")


def shown(value: Any, longest: int = _LONGEST) -> str:
    """Return a JSON value on one line of ASCII, cut when long; `nothing` for an absent one."""
    if value is javascript.UNDEFINED:
        return "nothing"
    if isinstance(value, str) and _PEM in value:
        return cut(value)
    line = json.dumps(value, default=str)
    closing = '"' if isinstance(value, str) else ""
    return line if len(line) <= longest else f"{line[:longest]}…{closing}"


def did_you_mean(word: str, known: Iterable[str], near: float = _NEAR) -> str:
    """Return the nearest of the known words as a question in brackets, after a space; nothing if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistyped word, not at each start

    by_lower = {each.lower(): each for each in known}
    nearest = get_close_matches(word.lower(), by_lower, n=1, cutoff=near)
    return f" (did you mean {by_lower[nearest[0]]}?)" if nearest else ""


def url(value: Any) -> str:
    """Return a URL on one line of ASCII, whole unless it is extremely long: URLs differ at their ends."""
    return shown(value, _LONGEST_URL)


def mismatch(sent: str, registered: Sequence[str]) -> str:
    """List the accepted URLs, and show where the sent one differs from the likeliest of them."""
    if not registered:
        return "there is none"
    listed = ", ".join(url(each) for each in registered[:_MOST_URLS])
    more = f" and {len(registered) - _MOST_URLS} more" if len(registered) > _MOST_URLS else ""
    alike = max((_shared_start(sent, each) for each in registered), key=len)
    return f"{listed}{more}" + (f"; they part after {url(alike)}" if alike else "")


def difference(sent: str, wanted: str) -> str:
    """Return two texts on lines of ASCII, one above the other, with a mark below their first difference.

    Of long ones only the part around that difference is shown.
    """
    at = len(_shared_start(sent, wanted))
    start = max(0, at - _AROUND)
    lines = [_around(text, start, at) for text in (sent, wanted)]
    mark = " " * max(len(before) for before, _ in lines) + "^"
    texts = ["".join(line) for line in lines]
    return f"sent:   {texts[0]}\nwanted: {texts[1]}\n        {mark}"


def _around(text: str, start: int, at: int) -> tuple[str, str]:
    before = ("…" if start else "") + _plain(text[start:at])
    after = text[at : at + _AROUND]
    return before, _plain(after) + ("…" if len(text) > at + _AROUND else "")


def _plain(text: str) -> str:
    return json.dumps(text)[1:-1]


def _shared_start(one: str, other: str) -> str:
    return "".join(left for left, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def duration(seconds: float) -> str:
    """Return a span of time in the unit that a person would use."""
    span = abs(seconds)
    if span < 1:
        return f"{span * 1000:.0f} ms"
    if span < _MINUTES:
        return f"{span:.1f} s" if span < _TENTHS else f"{span:.0f} s"
    return f"{span / 60:.0f} min" if span < _HOURS else f"{span / 3600:.1f} h"


def moment(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
