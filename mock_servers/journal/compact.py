"""Mappings as bytes: reported exchanges are rarely read again, and so need little memory."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

M = TypeVar("M", bound=Mapping[str, Any])

_ALIKE: Final = 64
"""The newest mappings that equal ones share: most requests of a client differ only in what is cut from them."""
_PLAIN: Final = 2
"""The format in which equal values have equal bytes; they never leave this process."""


class CompactMapping(Mapping[str, Any]):
    """A mapping of JSON values, decoded at each access."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def whole(self) -> dict[str, Any]:
        """Return it as a dict."""
        found: dict[str, Any] = marshal.loads(self._raw)  # noqa: S302 - our own bytes, from this process
        return found

    def __getitem__(self, name: str) -> Any:
        return self.whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def __repr__(self) -> str:
        return repr(self.whole())


def compacted(mapping: M, value: Any, kind: type[CompactMapping] = CompactMapping) -> M | CompactMapping:
    """Return a mapping in compact form, from the value that its kind decodes; unchanged if it holds more than JSON."""
    try:
        return _of(kind, marshal.dumps(value, _PLAIN))
    except ValueError:
        return mapping


@lru_cache(maxsize=_ALIKE)
def _of(kind: type[CompactMapping], raw: bytes) -> CompactMapping:
    return kind(raw)
