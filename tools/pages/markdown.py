"""The few forms of Markdown that made pages need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a line end or a `|` in a cell does not break it."""
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def literal(text: str) -> str:
    """Return text whose every character is shown as it is."""
    return re.sub(r"([\\|<>{}*\[\]`])", r"\\\1", text)


def prose(text: str) -> str:
    """Return text whose parts between backticks stay code, and whose other characters are shown as they are."""
    return "".join(part if part.startswith("`") else literal(part) for part in re.split(r"(`[^`]*`)", text))


def code(text: str) -> str:
    """Return text as code, also where it holds a backtick."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def link(title: str, address: str) -> str:
    """Return a link."""
    return f"[{literal(title)}]({address})"


def listed(items: Iterable[str]) -> str:
    """Return a list."""
    return "".join(f"- {item}\n" for item in items)
