"""Writes a line that sets an environment variable, for each kind of shell and file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@,=-]*")


def _of_shell(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _of_dotenv(name: str, value: str) -> str:
    """Single quotes: Compose, python-dotenv and Node take what is in them as it is."""
    return f"{name}={value}" if _PLAIN.fullmatch(value) else f"{name}='{value}'"


def _of_powershell(name: str, value: str) -> str:
    return f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'"


LINES: Final[Mapping[str, Callable[[str, str], str]]] = {
    "sh": _of_shell,
    "dotenv": _of_dotenv,
    "powershell": _of_powershell,
}
"""By the word for a shell or a file, what writes a line for a name and a value."""
