"""Cuts confidential values wherever they occur in texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import quote, quote_plus

from mock_servers.wire.wording import cut

T = TypeVar("T")

_MOST: Final = 2000
"""The most values that are searched for; a request has a dozen."""
_START: Final = 24
"""Characters that identify a long value where it was cut already."""


class Confidential:
    """Some values, however they are spelt: as they are, in JSON or in a URL. `instead` makes what replaces one."""

    def __init__(self, values: Iterable[str], instead: Callable[[str], str] = cut) -> None:
        self._instead = instead
        spelt = {
            each for value in values for each in (value, json.dumps(value)[1:-1], quote(value, ""), quote_plus(value))
        }
        longest = sorted(spelt, key=len, reverse=True)[:_MOST]
        self._pattern = re.compile("|".join(map(_pattern, longest))) if spelt else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def cut(self, text: str) -> str:
        """Return a text with each of the values cut."""
        return self._pattern.sub(lambda found: self._instead(found[0]), text) if self._pattern is not None else text

    def cut_in(self, value: T) -> T:
        """Return a value with each of them cut in every text inside it."""
        found: Any = value
        if self._pattern is None:
            return value
        if isinstance(value, str):
            found = self.cut(value)
        elif isinstance(value, Mapping):
            found = {self.cut_in(name): self.cut_in(each) for name, each in value.items()}
        elif isinstance(value, tuple | list):
            found = type(value)(self.cut_in(each) for each in value)
        elif is_dataclass(value) and not isinstance(value, type):
            found = replace(value, **{each.name: self.cut_in(getattr(value, each.name)) for each in fields(value)})
        return found  # type: ignore[no-any-return] # of the same type


def _pattern(value: str) -> str:
    rest = r"[^\s\"'…]*" if len(value) > _START else r"(?!\w)"
    return rf"(?<!\w){re.escape(value[:_START])}{rest}"
