"""Finds the curl command in a text, wherever it begins, and nothing of what stands around it."""

from __future__ import annotations

import re
from typing import Final

_CURL: Final = re.compile(r"^(?:[^\n'\"]{0,60}?[>$%#\]] ?)?(curl(?:\.exe)?\s[^\n]*)", re.MULTILINE)
_GOES_ON: Final = re.compile(r"[\\^`][ \t]*$")
_LONGEST: Final = 60
"""Lines of one command."""


def curl_command(text: str) -> str:
    """Return the first curl command of a text, with the lines that it goes on in; empty where there is none."""
    found = _CURL.search(text)
    if found is None:
        return ""
    lines = text[found.start(1) :].split("\n")[:_LONGEST]
    end = next((place for place in range(len(lines)) if _is_whole("\n".join(lines[: place + 1]))), len(lines) - 1)
    return "\n".join(lines[: end + 1])


def _is_whole(command: str) -> bool:
    """Whether a command ends with its last line: that line does not say otherwise, and no quote is open."""
    if _GOES_ON.search(command):
        return False
    outside = re.sub(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"", "", command, flags=re.DOTALL)
    return "'" not in outside and '"' not in outside
