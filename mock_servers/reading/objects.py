"""Finds objects that stand in a text as JSON, or as Python, JavaScript or Ruby writes them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 200_000
_DEEPEST: Final = 6
_BRACES: Final = re.compile(r"[{}]")
_WORDS: Final = re.compile(r"\b(?:true|false|null|undefined|nil)\b")
_PYTHON: Final = {"true": "True", "false": "False", "null": "None", "undefined": "None", "nil": "None"}
_BARE_NAME: Final = re.compile(r"""(?<=[{,\s])(:?[A-Za-z_$][\w$.-]*|:?"[^"\n]*"|'[^'\n]*')\s*(?::|=>)(?=\s)""")
_TRAILING: Final = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object and its place."""

    members: Mapping[str, Any]
    start: int
    end: int


def objects(text: str) -> list[Found]:
    """Return the objects of a text, each before those inside of it."""
    return [each for found in _read(text, _nested(text), 0) for each in _inside(found, 0)]


def _inside(found: Found, depth: int) -> Iterator[Found]:
    yield found
    held = [each for value in found.members.values() for each in (value if isinstance(value, list) else [value])]
    for each in held if depth < _DEEPEST else ():
        if isinstance(each, dict):
            members = {str(name): value for name, value in each.items()}
            yield from _inside(Found(members=members, start=found.start, end=found.end), depth + 1)


@dataclass(slots=True)
class _Span:
    start: int
    end: int
    inner: list[_Span]


def _nested(text: str) -> list[_Span]:
    """Return what stands between braces, each with what stands inside of it."""
    roots: list[_Span] = []
    open_ones: list[_Span] = []
    for found in _BRACES.finditer(text):
        if found[0] == "{":
            open_ones.append(_Span(found.start(), -1, []))
        elif open_ones:
            closed = open_ones.pop()
            closed.end = found.end()
            (open_ones[-1].inner if open_ones else roots).append(closed)
    for unclosed in open_ones:
        roots += unclosed.inner
    return sorted(roots, key=lambda each: each.start)


def _read(text: str, spans: list[_Span], depth: int) -> Iterator[Found]:
    for each in spans:
        members = _members(text[each.start : each.end]) if each.end - each.start <= _LONGEST else None
        if members is not None:
            yield Found(members=members, start=each.start, end=each.end)
        elif depth < _DEEPEST:
            yield from _read(text, each.inner, depth + 1)


def _members(text: str) -> dict[str, Any] | None:
    for read in (json.loads, _loose_json, _literal):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(found, dict):
            return {str(name): value for name, value in found.items()}
    return None


def _loose_json(text: str) -> Any:
    """Read JSON with a comma too many, or with line ends inside of its texts."""
    return json.loads(_TRAILING.sub(r"\1", text), strict=False)


def _literal(text: str) -> Any:
    """Read what Python writes, and JavaScript or Ruby where names stand bare."""
    quoted = _BARE_NAME.sub(lambda found: f"{json.dumps(found[1].strip(':' + chr(34) + chr(39)))}:", text)
    return ast.literal_eval(_WORDS.sub(lambda found: _PYTHON[found[0]], quoted))
