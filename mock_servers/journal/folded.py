"""Mappings as bytes: what few look at any more, as an exchange that is reported, takes little memory so."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

M = TypeVar("M", bound=Mapping[str, Any])

_ALIKE: Final = 64
"""Newest mappings that an equal one is the same as: most requests of one client differ in what is cut from them."""
_PLAIN: Final = 2
"""The format in which equal values have equal bytes; they never leave this process."""


class Folded(Mapping[str, Any]):
    """A mapping of JSON values, read anew by whoever looks into it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def whole(self) -> dict[str, Any]:
        """Return it as it was."""
        found: dict[str, Any] = marshal.loads(self._raw)  # noqa: S302 - our own bytes, from this very process
        return found

    def __getitem__(self, name: str) -> Any:
        return self.whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def __repr__(self) -> str:
        return repr(self.whole())


def folded(mapping: M, value: Any, kind: type[Folded] = Folded) -> M | Folded:
    """Return a mapping folded, by a value from which its kind reads it; as it is, where that is more than JSON."""
    try:
        return _of(kind, marshal.dumps(value, _PLAIN))
    except ValueError:
        return mapping


@lru_cache(maxsize=_ALIKE)
def _of(kind: type[Folded], raw: bytes) -> Folded:
    return kind(raw)
