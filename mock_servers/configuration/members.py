"""Reads members, as TOML or JSON gives them, into frozen dataclasses by their type hints, or says what is wrong.

Values beyond their type are judged by `limits`; where members come from, and go to, is the caller's.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, NoReturn, Protocol, TypeVar, Union, get_args, get_origin

from mock_servers.configuration import limits
from mock_servers.configuration.limits import Limit
from mock_servers.wire.wording import cut, shown

T = TypeVar("T")

_SECRETS: Final = frozenset(
    ["client_secret", "cis2_realm_secret", "nhs_login_realm_secret", "private_key", "status_key", "value"]
)
_SECRET_TEXT: Final = re.compile(r"-----BEGIN|eyJ")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_UNENCODABLE: Final = re.compile(r"[\ud800-\udfff]")
_DEEPEST: Final = 32


class MemberError(ValueError):
    """A member is not as it must be. One line: where (`apps[0].scopes`), what was found, what is allowed.

    `found` is made for showing: secrets are cut, lists and objects told by their size.
    """

    def __init__(self, where: str, found: str, allowed: str) -> None:
        super().__init__(where, found, allowed)
        self.where = where
        self.found = found
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.where or 'what was given'} is {self.found}; allowed: {self.allowed}"


def read(kind: type[T], members: Any, *, where: str = "", omit: Collection[str] = (), folder: Path | None = None) -> T:
    """Return a `kind` made of these members. Raises MemberError for the first that does not fit.

    `where` is what the members are called in an error, `omit` the members of `kind` that cannot be given, `folder` what
    relative paths start from.
    """
    given = read_partial(kind, members, where=where, omit=omit, folder=folder)
    place = _Place(where=where, folder=folder)
    for name, hint in _members(kind, omit).items():
        if name not in given and _required(kind, name):
            raise MemberError(place.member(name).where, "missing", hint.allowed)
    whole = kind(**given)
    for name, limit in limits.contradictions(whole):
        place.member(name).refuse(getattr(whole, name), limit.allowed)
    return whole


def read_partial(
    kind: type[Any], members: Any, *, where: str = "", omit: Collection[str] = (), folder: Path | None = None
) -> dict[str, Any]:
    """Return only the members given, each checked by itself: for a change. Raises MemberError."""
    place, known = _Place(where=where, folder=folder), _members(kind, omit)
    if not isinstance(members, Mapping):
        place.refuse(members, "an object")
    for name in members:
        if name not in known:
            raise MemberError(place.member(name).where, _unknown(name, known), ", ".join(sorted(known)))
    return {name: known[name].read(value, place.member(name)) for name, value in members.items()}


def schema(kind: type[Any], *, omit: Collection[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `read` takes; the description is the docstring of the class."""
    known = _members(kind, omit)
    return {
        "title": kind.__name__.lstrip("_"),
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": {name: _with_default(kind, name, hint.schema()) for name, hint in known.items()},
        "required": [name for name in known if _required(kind, name)],
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the whole a value stands, and which folder its paths start from."""

    where: str
    folder: Path | None

    def member(self, name: str) -> _Place:
        word = name if _BARE.fullmatch(name) else shown(name)
        return dataclasses.replace(self, where=f"{self.where}.{word}" if self.where else word)

    def item(self, index: int) -> _Place:
        return dataclasses.replace(self, where=f"{self.where}[{index}]")

    def refuse(self, value: Any, allowed: str) -> NoReturn:
        secret = self.where.rpartition(".")[2].partition("[")[0] in _SECRETS
        raise MemberError(self.where, _told(value, secret=secret), allowed)


def _told(value: Any, *, secret: bool) -> str:
    if isinstance(value, Mapping):
        return f"an object with {len(value)} members" if len(value) != 1 else "an object with 1 member"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str | int | float) and (secret or _SECRET_TEXT.search(str(value))):
        return cut(str(value))
    if value is None or isinstance(value, str | int | float):
        return shown(value)
    return f"a {type(value).__name__} without quotes ({value})"


def _unknown(name: str, known: Collection[str]) -> str:
    import difflib  # noqa: PLC0415 - for who mistypes, and not for each start

    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"unknown (did you mean {nearest[0]}?)" if nearest else "unknown"


class _Hint(Protocol):
    """How values of one type hint are read, and said; `takes` says whether a value is of its sort, good or not.

    Those below are plain classes: nine dataclasses more would cost every start 6 ms.
    """

    @property
    def allowed(self) -> str: ...

    def takes(self, value: Any) -> bool: ...

    def read(self, value: Any, place: _Place) -> Any: ...

    def schema(self) -> dict[str, Any]: ...


_PLAIN: Final[Mapping[Any, tuple[str, str]]] = {
    str: ("string", "text"),
    int: ("integer", "a whole number"),
    bool: ("boolean", "true or false"),
    float: ("number", "a number"),
}


class _Plain:
    """Text, a number, a truth value; what is true or false is no number."""

    def __init__(self, kind: type, limit: Limit | None) -> None:
        self.kind, self.limit = kind, limit

    @property
    def allowed(self) -> str:
        return self.limit.allowed if self.limit else _PLAIN[self.kind][1]

    def takes(self, value: Any) -> bool:
        if self.kind is float:
            return type(value) in (int, float) and math.isfinite(value)
        if isinstance(value, str):
            return self.kind is str and not _UNENCODABLE.search(value)
        return type(value) is self.kind

    def read(self, value: Any, place: _Place) -> Any:
        if not self.takes(value) or (self.limit and not self.limit.holds(value)):
            place.refuse(value, self.allowed)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": _PLAIN[self.kind][0], **(self.limit.schema if self.limit else {})}


class _Choice:
    """One of a few values."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    @property
    def allowed(self) -> str:
        return " or ".join(map(shown, self.values))

    def takes(self, value: Any) -> bool:
        return any(type(value) is type(choice) for choice in self.values)

    def read(self, value: Any, place: _Place) -> Any:
        if not self.takes(value) or value not in self.values:
            place.refuse(value, self.allowed)
        return value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}


class _File:
    """The path of a file that is there."""

    allowed = "the path of a file"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str)

    def read(self, value: Any, place: _Place) -> Path:
        if not self.takes(value) or not value.strip() or "\0" in value or _SECRET_TEXT.search(value):
            place.refuse(value, self.allowed)
        path: Path = (place.folder or Path()) / value
        if not path.is_file():
            place.refuse(value, f"{self.allowed}; there is none at {path}")
        return path

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class _Items:
    """A list of values of one kind, read into a tuple."""

    def __init__(self, item: _Hint) -> None:
        self.item = item

    @property
    def allowed(self) -> str:
        return f"a list, each item {self.item.allowed}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, list | tuple)

    def read(self, value: Any, place: _Place) -> tuple[Any, ...]:
        if not self.takes(value):
            place.refuse(value, self.allowed)
        return tuple(self.item.read(each, place.item(index)) for index, each in enumerate(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}


class _Table:
    """Values of one kind under names that the user chooses."""

    def __init__(self, value: _Hint, names: Limit | None, whole: Limit | None) -> None:
        self.value, self.names, self.whole = value, names, whole

    @property
    def allowed(self) -> str:
        return self.whole.allowed if self.whole else "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Mapping)

    def read(self, value: Any, place: _Place) -> dict[str, Any]:
        if not self.takes(value) or (self.whole and not self.whole.holds(value)):
            place.refuse(value, self.allowed)
        for name in value:
            if self.names and not self.names.holds(name):
                raise MemberError(place.member(name).where, "unknown", self.names.allowed)
        return {name: self.value.read(each, place.member(name)) for name, each in value.items()}

    def schema(self) -> dict[str, Any]:
        names = {"propertyNames": dict(self.names.schema)} if self.names else {}
        whole = self.whole.schema if self.whole else {}
        return {"type": "object", "additionalProperties": self.value.schema(), **names, **whole}


class _Record:
    """Another of the project's dataclasses."""

    allowed = "an object"

    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind

    def takes(self, value: Any) -> bool:
        return isinstance(value, Mapping)

    def read(self, value: Any, place: _Place) -> Any:
        return read(self.kind, value, where=place.where, folder=place.folder)

    def schema(self) -> dict[str, Any]:
        return schema(self.kind)


class _Nothing:
    """Null; a TOML file has none and leaves the member out."""

    allowed = "null"

    def takes(self, value: Any) -> bool:
        return value is None

    def read(self, value: Any, place: _Place) -> None:
        if not self.takes(value):
            place.refuse(value, self.allowed)

    def schema(self) -> dict[str, Any]:
        return {"type": "null"}


class _Json:
    """Whatever JSON can say; a TOML file could also hold dates and infinities."""

    allowed = "what JSON can say: text, finite numbers, true, false, lists and objects, not too deep"

    def takes(self, value: Any) -> bool:
        return _is_json(value, _DEEPEST)

    def read(self, value: Any, place: _Place) -> Any:
        if not self.takes(value):
            place.refuse(value, self.allowed)
        return value

    def schema(self) -> dict[str, Any]:
        return {}


def _is_json(value: Any, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, Mapping):
        return all(_is_json(each, depth - 1) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return all(_is_json(each, depth - 1) for each in value)
    if isinstance(value, str):
        return not _UNENCODABLE.search(value)
    return value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


class _Either:
    """A value of one of several kinds; the first that takes it judges it."""

    def __init__(self, kinds: tuple[_Hint, ...]) -> None:
        self.kinds = kinds

    @property
    def allowed(self) -> str:
        return " or ".join(kind.allowed for kind in self.kinds if not isinstance(kind, _Nothing))

    def takes(self, value: Any) -> bool:
        return any(kind.takes(value) for kind in self.kinds)

    def read(self, value: Any, place: _Place) -> Any:
        judge = next((kind for kind in self.kinds if kind.takes(value)), None)
        if judge is None:
            place.refuse(value, self.allowed)
        return judge.read(value, place)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


def _hint(annotation: Any, limit: Limit | None) -> _Hint:
    """Make a hint of an annotation. TypeError for one that no member has had so far."""
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _Record(annotation)
    simple: Mapping[Any, _Hint] = {Any: _Json(), Path: _File(), type(None): _Nothing()}
    if annotation in simple:
        return simple[annotation]
    if annotation in _PLAIN:
        return _Plain(annotation, limit)
    return _compound(get_origin(annotation), get_args(annotation), limit)


def _compound(origin: Any, arguments: tuple[Any, ...], limit: Limit | None) -> _Hint:
    if origin is Annotated:
        return _hint(arguments[0], arguments[1])
    if origin is Literal:
        return _Choice(arguments)
    if origin in (Union, UnionType):
        return _Either(tuple(_hint(each, limit) for each in arguments))
    if origin is tuple and arguments[1:] == (...,):
        return _Items(_hint(arguments[0], limit))
    if origin is Mapping:
        names = limit if limit and limit.for_names else None
        return _Table(_hint(arguments[1], None), names, None if names else limit)
    raise TypeError(f"members of type {origin}{list(arguments)} cannot be read")


def _members(kind: type[Any], omit: Collection[str]) -> Mapping[str, _Hint]:
    hints = typing.get_type_hints(kind, include_extras=True)
    known = [field.name for field in dataclasses.fields(kind) if field.init and field.name not in omit]
    return {name: _hint(hints[name], limits.of(kind, name)) for name in known}


def _field(kind: type[Any], name: str) -> dataclasses.Field[Any]:
    return next(field for field in dataclasses.fields(kind) if field.name == name)


def _required(kind: type[Any], name: str) -> bool:
    field = _field(kind, name)
    return field.default is MISSING and field.default_factory is MISSING


def _with_default(kind: type[Any], name: str, told: dict[str, Any]) -> dict[str, Any]:
    default = _field(kind, name).default
    plain = isinstance(default, str | int | float) or (
        isinstance(default, tuple) and all(isinstance(each, str) for each in default)
    )
    return {**told, "default": list(default) if isinstance(default, tuple) else default} if plain else told
