"""Writes values and keys as bytes and reads them back by the types that their table declares, with a format number.

Nothing is pickled: the result is data of the declared type or an error. `UPGRADES` convert older formats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from mock_servers.state.table import Kind, UnusableStateError

V = TypeVar("V")

Upgrade: TypeAlias = Mapping[str, Callable[[Any], Any]]
"""By table, a function that converts the JSON of a value to the next format. Tables not named stay the same."""

UPGRADES: Final[tuple[Upgrade, ...]] = ()
"""From each format to the next, starting with format 1.

Add one when a value that was written before can no longer be read, or when a table gets another index. A new field with
a default needs none: older programs ignore it, and newer ones read values without it.
"""

_SURROGATES: Final = "surrogatepass"
"""A claim can hold half a surrogate pair, which strict UTF-8 does not allow."""


class Format:
    """The format of all values in a store: its number, and the upgrades from earlier formats."""

    def __init__(self, upgrades: tuple[Upgrade, ...] = UPGRADES) -> None:
        self.upgrades = upgrades
        self.number = len(upgrades) + 1
        self.mark = b"%d " % self.number
        """What each value of this format begins with."""

    def upgraded(self, table: str, number: int, content: Any) -> Any:
        """Convert the JSON of a value from an earlier format to this one. Raises ValueError for an unknown format."""
        if number < 1:
            raise ValueError(f"there is no format {number}")
        for upgrade in self.upgrades[number - 1 :]:
            content = upgrade[table](content) if table in upgrade else content
        return content


class Codec(Generic[V]):
    """Writes and reads the keys and values of one table."""

    def __init__(self, table: str, kind: Kind[V], format_: Format) -> None:
        self._table = table
        self._kind = kind
        self._format = format_
        self._decode: Callable[[bytes], V] = msgspec.json.Decoder(kind.value).decode

    def key(self, key: Hashable) -> bytes:
        """Write a key."""
        return _written(key)

    def read_key(self, raw: bytes) -> Any:
        """Read a key. Raises UnusableStateError."""
        return self._typed(json.loads(raw.decode(errors=_SURROGATES)), self._kind.key)

    def value(self, value: V) -> bytes:
        """Write a value."""
        return self._format.mark + _written(value)

    def read(self, raw: bytes) -> V:
        """Read a value of this format or an earlier one; of a later one if its fields allow. Raises UnusableStateError.

        Neighbouring versions that share a store can so read each other's values while both run.
        """
        number, _, text = raw.partition(b" ")
        if raw.startswith(self._format.mark):
            try:
                return self._decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass  # the slower way reads or refuses the rest: this library does not accept half a surrogate pair
        try:
            return self._read(json.loads(text.decode(errors=_SURROGATES)), int(number))
        except ValueError as error:
            raise self._unreadable(error) from None

    def _read(self, content: Any, number: int) -> V:
        if number != self._format.number:
            try:
                content = self._format.upgraded(self._table, number, content)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise self._unreadable(error) from None
        value: V = self._typed(content, self._kind.value)
        return value

    def typed(self, key: Any, content: Any, format_: int) -> tuple[Any, V]:
        """Convert the JSON of a key and a value in a format. Raises UnusableStateError."""
        return self._typed(key, self._kind.key), self._read(content, format_)

    def indexed(self, key: Hashable, value: V) -> tuple[tuple[str, bytes], ...]:
        """Return the values at which each index has an entry."""
        return tuple((name, _written(each)) for name, index in self._kind.indexes.items() for each in index(key, value))

    def _typed(self, content: Any, form: Any) -> Any:
        try:
            return msgspec.convert(content, form)
        except msgspec.ValidationError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> UnusableStateError:
        return UnusableStateError(f"table {self._table} holds a value that this version cannot read: {error}")


def at(value: Hashable) -> bytes:
    """Write a value of an index, for a look-up."""
    return _written(value)


_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Created once: `json.dumps` creates one for each call with arguments other than the defaults."""


def _written(value: Any) -> bytes:
    plain = value if type(value) is str else msgspec.to_builtins(value, enc_hook=_plain)
    return _JSON.encode(plain).encode(errors=_SURROGATES)


def _plain(value: Any) -> Any:
    """Return any mapping as a dict. The library knows all other types."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot be kept in a state that lasts")
