"""Unwraps values that arrive with something around them, or encoded once too often.

Finders decide whether the result is the value that was meant: it is no proof by itself.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from mock_servers.wire.json_text import object_of

LONGEST: Final = 1 << 16
"""Characters of a value that are examined; a longer one was cut off from a body."""
_BYTES: Final = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_AROUND: Final = " \t\r\n"
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A value as it is `bare`, and in words what was `around` it, the outermost first."""

    bare: str
    around: tuple[str, ...]

    @property
    def words(self) -> str:
        """Describe what was around it."""
        return " and ".join(dict.fromkeys(self.around))


def unwrapped(value: str, name: str = "", depth: int = _DEEPEST) -> Iterator[Unwrapped]:
    """Return all values that remain when something around a value is removed; `name` is its parameter."""
    for words, bare in _layers(value[:LONGEST], name):
        yield Unwrapped(bare=bare, around=(words,))
        if depth > 1:
            yield from (
                Unwrapped(bare=each.bare, around=(words, *each.around)) for each in unwrapped(bare, name, depth - 1)
            )


def _layers(value: str, name: str) -> Iterator[tuple[str, str]]:
    bare = value.strip(_AROUND)
    if bare != value:
        yield "white space around it", bare
        return
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        yield "quotes around it", value[1:-1]
    if value[:7].lower() == "bearer ":
        yield "a Bearer in front of it", value[7:]
    python = _BYTES.fullmatch(value)
    if python is not None:
        yield "b'…' around it, as Python prints bytes", python[2]
    if "%" in value and unquote(value) != value:
        yield "percent signs in it, encoded twice", unquote(value)
    named = dict(parse_qsl(value)).get(name) if name and "=" in value else None
    if named is not None:
        yield "the name of the parameter in front of it, with what followed in its URL", named
    text = text_of_base64(value)
    if text is not None:
        yield "base64 around it", text


def text_of_base64(value: str) -> str | None:
    """Return the text that a value encodes as base64; `None` if it encodes no text."""
    if not _BASE64.fullmatch(value):
        return None
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode("ascii")
    except ValueError:
        return None
    return text if text.replace("\n", "").replace("\r", "").isprintable() else None


def json_object(value: str) -> dict[str, Any] | None:
    """Return the members of a value that is a JSON object."""
    return object_of(value[:LONGEST]) if value[:100].lstrip()[:1] == "{" else None
