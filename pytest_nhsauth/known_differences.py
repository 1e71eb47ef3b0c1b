"""The known differences of a target: rules of the contract that it is known to break, each with a reason, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TABLE: Final = "difference"
_MEMBERS: Final = ("rule", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A rule that differs, by its words in a report or by its row (`3.5`), and the reason why that is no failure."""

    rule: str
    reason: str

    def concerns(self, *, rule: str, row: str) -> bool:
        """Whether it is about a case of this rule."""
        return self.rule in (rule, row, row.replace("§", ""))


class DifferencesError(Exception):
    """The file is invalid; each argument is one line that names the file, the value and what is allowed."""


def read(path: Path) -> tuple[Difference, ...]:
    """Return the differences that a file lists. Raises DifferencesError with a line for each mistake."""
    try:
        members = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DifferencesError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DifferencesError(f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#x}") from None
    except tomllib.TOMLDecodeError as error:
        raise DifferencesError(f"{path} is not TOML: {error}") from None
    mistakes = list(_mistakes(members))
    if mistakes:
        raise DifferencesError(*(f"{path}: {mistake}" for mistake in mistakes))
    return tuple(Difference(**entry) for entry in members.get(_TABLE, []))


def _mistakes(members: dict[str, Any]) -> Iterator[str]:
    for name in members:
        if name != _TABLE:
            yield f"{name!r} is unknown; allowed: [[{_TABLE}]] with {' and '.join(_MEMBERS)}"
    entries = members.get(_TABLE, [])
    if not isinstance(entries, list):
        yield f"{_TABLE} is {entries!r}; allowed: [[{_TABLE}]], with two brackets, for each"
        return
    rules: list[object] = []
    for number, entry in enumerate(entries, 1):
        yield from (f"{_TABLE} {number}: {mistake}" for mistake in _mistakes_of(entry, rules))


def _mistakes_of(entry: object, rules: list[object]) -> Iterator[str]:
    """Yield what is wrong with one entry; `rules` are those of the entries before, and then its own as well."""
    if not isinstance(entry, dict):
        yield f"it is {entry!r}; allowed: a table with {' and '.join(_MEMBERS)}"
        return
    for name in entry:
        if name not in _MEMBERS:
            yield f"{name!r} is unknown; allowed: {', '.join(_MEMBERS)}"
    for name in _MEMBERS:
        if name not in entry:
            yield f"{name} is missing"
        elif not isinstance(entry[name], str) or not entry[name].strip():
            yield f"{name} is {entry[name]!r}; allowed: a text that is not empty"
    if "rule" in entry and entry["rule"] in rules:
        yield f"rule {entry['rule']!r} is listed twice"
    rules.append(entry.get("rule"))
