"""Reads members of TOML or JSON into frozen dataclasses by their annotations, and reports all errors at once.

A member's annotation has its type, and a Limit. The caller knows the source and the use of the members.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from mock_servers.settings.limits import IN_FILE, Limit, one_of
from mock_servers.wire.wording import cut, did_you_mean, shown

T = TypeVar("T")

_SECRETS: Final = frozenset(
    ["client_secret", "cis2_realm_secret", "nhs_login_realm_secret", "private_key", "status_key", "token", "value"]
)
_SECRET_TEXT: Final = re.compile(r"-----BEGIN|eyJ")
_PASSWORD: Final = re.compile(r"(?<=//).*@")
"""In a URL, with the user name."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_UNENCODABLE: Final = re.compile(r"[\ud800-\udfff]")
_DEEPEST: Final = 32
_BAD: Final[Any] = object()
"""The result for a value that does not fit."""


class MemberError(ValueError):
    """Members are invalid. A line for each: where (`apps[0].scopes`), what was found, what is allowed.

    `where`, `found` and `allowed` are those of the first error, `others` the rest. `found` may be shown: secrets are
    cut, and of lists and objects only the size is given.
    """

    def __init__(self, where: str, found: str, allowed: str, others: Iterable[MemberError] = ()) -> None:
        super().__init__(where, found, allowed)
        self.where = where
        self.found = found
        self.allowed = allowed
        self.others = tuple(others)

    def __str__(self) -> str:
        own = f"{self.where or 'what was given'} is {self.found}; allowed: {self.allowed}"
        return "\n".join([own, *map(str, self.others)])


def read(model: type[T], members: Any, *, where: str = "", omit: Collection[str] = (), folder: Path | None = None) -> T:
    """Return a `model` made of these members. Raises MemberError with all errors.

    `where` is the name of the members in an error, `omit` those that cannot be given, `folder` the base of relative
    paths.
    """
    place = _Place(where, folder, [])
    whole: T = _whole(model, members, place, omit)
    place.raise_errors()
    return whole


def read_partial(
    model: type[Any], members: Any, *, where: str = "", omit: Collection[str] = (), folder: Path | None = None
) -> dict[str, Any]:
    """Return only the members given, each checked by itself: for a change. Raises MemberError."""
    place = _Place(where, folder, [])
    given = _given(model, members, place, omit)
    place.raise_errors()
    return given


def schema(model: type[Any], *, omit: Collection[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) for `read`; the description is the docstring of the class."""
    known = _members(model, omit)
    return {
        "title": model.__name__.lstrip("_"),
        "description": " ".join((model.__doc__ or "").split()),
        "type": "object",
        "properties": {name: _with_default(model, name, hint.schema()) for name, hint in known.items()},
        "required": [name for name in known if _required(model, name)],
        "additionalProperties": False,
    }


class _Place:
    """The place of a value, the base folder of its paths, and all errors so far."""

    def __init__(self, where: str, folder: Path | None, errors: list[MemberError]) -> None:
        self.where, self.folder, self.errors = where, folder, errors

    def below(self, path: str) -> _Place:
        return _Place(f"{self.where}.{path}" if self.where else path, self.folder, self.errors)

    def member(self, name: str) -> _Place:
        return self.below(name if _BARE.fullmatch(name) else shown(name))

    def item(self, index: int) -> _Place:
        return _Place(f"{self.where}[{index}]", self.folder, self.errors)

    def tell(self, found: str, allowed: str) -> Any:
        self.errors.append(MemberError(self.where, found, allowed))
        return _BAD

    def refuse(self, value: Any, allowed: str, limit: Limit | None = None) -> Any:
        named_secret = self.where.rpartition(".")[2].partition("[")[0] in _SECRETS
        secret = named_secret or (limit is not None and limit.secret)
        near = did_you_mean(value, limit.words) if limit is not None and isinstance(value, str) else ""
        return self.tell(_described(value, secret=secret) + near, allowed)

    def raise_errors(self) -> None:
        if self.errors:
            first, *others = self.errors
            raise MemberError(first.where, first.found, first.allowed, others)


def _described(value: Any, *, secret: bool) -> str:
    if isinstance(value, Mapping):
        return f"an object with {len(value)} members" if len(value) != 1 else "an object with 1 member"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str | int | float) and (secret or _SECRET_TEXT.search(str(value))):
        return cut(str(value))
    if isinstance(value, str):
        return shown(_PASSWORD.sub("", value))
    if value is None or isinstance(value, int | float):
        return shown(value)
    return f"a {type(value).__name__} without quotes ({value})"


def _whole(model: type[Any], members: Any, place: _Place, omit: Collection[str] = ()) -> Any:
    """Make a `model` of the valid members, to check as much as possible; without a required member there is none.

    Its lists and tables hold `_BAD` for an invalid item.
    """
    given = _given(model, members, place, omit)
    if not isinstance(members, Mapping):
        return _BAD
    needed = {name: hint for name, hint in _members(model, omit).items() if _required(model, name)}
    for name, hint in needed.items():
        if name not in members:
            place.member(name).tell("missing", hint.allowed)
    if not needed.keys() <= given.keys():
        return _BAD
    whole, named = model(**given), {each.where for each in place.errors}
    for path, value, limit in whole.contradictions() if hasattr(whole, "contradictions") else ():
        if (there := place.below(path)).where not in named:
            there.refuse(value, limit.allowed, limit)
    return whole


def _given(model: type[Any], members: Any, place: _Place, omit: Collection[str]) -> dict[str, Any]:
    """Return the valid members."""
    if not isinstance(members, Mapping):
        place.refuse(members, "an object")
        return {}
    known, read = _members(model, omit), {}
    for name, value in members.items():
        if name in known:
            read[name] = known[name].read(value, place.member(name))
        else:
            place.member(name).tell(f"unknown{did_you_mean(name, known)}", ", ".join(sorted(known)))
    return {name: value for name, value in read.items() if value is not _BAD}


class _Hint:
    """How values of a type hint are read and described. Plain classes: dataclasses would cost each start 6 ms.

    `sort` names them; `takes` says whether a value has the type, valid or not; `made` converts a valid one.
    """

    sort = ""

    def __init__(self, limit: Limit | None = None) -> None:
        self.limit = limit

    @property
    def allowed(self) -> str:
        return self.limit.allowed if self.limit else self.sort

    def takes(self, value: Any) -> bool:
        raise NotImplementedError

    def read(self, value: Any, place: _Place) -> Any:
        if self.takes(value) and (self.limit is None or self.limit.holds(value)):
            return self.made(value, place)
        return place.refuse(value, self.allowed, self.limit)

    def made(self, value: Any, place: _Place) -> Any:  # noqa: ARG002 - for those who look further
        return value

    def schema(self) -> dict[str, Any]:
        return dict(self.limit.schema) if self.limit else {}


_PLAIN: Final[Mapping[Any, tuple[str, str]]] = {
    str: ("string", "text"),
    int: ("integer", "a whole number"),
    bool: ("boolean", "true or false"),
    float: ("number", "a number"),
    NoneType: ("null", "null"),  # a TOML file has no null and leaves the member out
}


class _Plain(_Hint):
    """Text, a number, a truth value, null; true and false are not numbers."""

    def __init__(self, cls: type, limit: Limit | None = None) -> None:
        super().__init__(limit)
        self.cls = cls
        self.type, self.sort = _PLAIN[cls]

    def takes(self, value: Any) -> bool:
        if self.cls is float:
            return type(value) in (int, float) and math.isfinite(value)
        return type(value) is self.cls and not (isinstance(value, str) and _UNENCODABLE.search(value))

    def schema(self) -> dict[str, Any]:
        return {"type": self.type, **super().schema()}


class _File(_Hint):
    """The path of an existing file."""

    sort = "the path of a file"

    def takes(self, value: Any) -> bool:
        good = isinstance(value, str) and value.strip() and "\0" not in value and not _SECRET_TEXT.search(value)
        return bool(good)

    def made(self, value: Any, place: _Place) -> Any:
        path = (place.folder or Path()) / value
        return path if path.is_file() else place.refuse(value, f"{self.allowed}; there is none at {path}")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class _InFile(_File):
    """The path of a JSON file, replaced by its content."""

    sort = "the path of a JSON file"

    def __init__(self, content: _Hint) -> None:
        super().__init__()
        self.content = content

    def made(self, value: Any, place: _Place) -> Any:
        path, inside = super().made(value, place), _Place("", place.folder, [])
        if path is _BAD:
            return _BAD
        try:
            held = self.content.read(json.loads(path.read_bytes()), inside)
        except OSError as error:
            return place.tell(f"{path}, which cannot be read ({error.strerror})", self.content.allowed)
        except (ValueError, RecursionError):
            held = _BAD
        good = held is not _BAD and not inside.errors
        return held if good else place.tell(f"{path}, which holds none", self.content.allowed)


class _Items(_Hint):
    """A list of values of one kind, read into a tuple."""

    def __init__(self, item: _Hint) -> None:
        super().__init__()
        self.item, self.sort = item, f"a list, each item {item.allowed}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, list | tuple)

    def made(self, value: Any, place: _Place) -> Any:
        return tuple(self.item.read(each, place.item(index)) for index, each in enumerate(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}


class _Object(_Hint):
    sort = "an object"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Mapping)


class _Table(_Object):
    """Values of one kind under names of the user's choice."""

    def __init__(self, name: _Hint, value: _Hint, limit: Limit | None) -> None:
        super().__init__(limit)
        self.name, self.value = name, value

    def made(self, value: Any, place: _Place) -> Any:
        for name in value:
            if self.name.limit and not self.name.limit.holds(name):
                place.member(name).tell("unknown", self.name.allowed)
        return {name: self.value.read(each, place.member(name)) for name, each in value.items()}

    def schema(self) -> dict[str, Any]:
        names = {"propertyNames": dict(self.name.limit.schema)} if self.name.limit else {}
        return {"type": "object", "additionalProperties": self.value.schema(), **names, **super().schema()}


class _Record(_Object):
    """Another of the project's dataclasses."""

    def __init__(self, model: type[Any]) -> None:
        super().__init__()
        self.model = model

    def made(self, value: Any, place: _Place) -> Any:
        return _whole(self.model, value, place)

    def schema(self) -> dict[str, Any]:
        return schema(self.model)


class _Json(_Hint):
    """Any JSON value; a TOML file could also hold dates and infinities."""

    sort = "what JSON can say: text, finite numbers, true, false, lists and objects, not too deep"

    def takes(self, value: Any) -> bool:
        return _is_json(value, _DEEPEST)


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


class _Either(_Hint):
    """A value of one of several kinds; the first that takes it decides."""

    def __init__(self, choices: tuple[_Hint, ...]) -> None:
        super().__init__()
        self.choices = choices
        self.sort = " or ".join(choice.allowed for choice in choices if choice.sort != "null")

    def takes(self, value: Any) -> bool:
        return any(choice.takes(value) for choice in self.choices)

    def made(self, value: Any, place: _Place) -> Any:
        return next(choice for choice in self.choices if choice.takes(value)).read(value, place)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [choice.schema() for choice in self.choices]}


def _hint(annotation: Any, limit: Limit | None = None) -> _Hint:
    """Return the hint of an annotation. TypeError for a type that no member has had so far."""
    if annotation in _PLAIN:
        return _Plain(annotation, limit)
    if annotation in (Path, Any):
        return _File() if annotation is Path else _Json()
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _Record(annotation)
    return _compound(get_origin(annotation), get_args(annotation), limit)


def _compound(origin: Any, arguments: tuple[Any, ...], limit: Limit | None) -> _Hint:
    if origin is Annotated:
        whole = _hint(arguments[0], next((each for each in arguments if isinstance(each, Limit)), None))
        return _InFile(whole) if IN_FILE in arguments else whole
    if origin is Literal:
        return _Plain(type(arguments[0]), one_of(*arguments))
    if origin in (Union, UnionType):
        return _Either(tuple(map(_hint, arguments)))
    if origin is tuple and arguments[1:] == (...,):
        return _Items(_hint(arguments[0]))
    if origin is Mapping:
        name, value = map(_hint, arguments)
        return _Table(name, value, limit)
    raise TypeError(f"members of type {origin}{list(arguments)} cannot be read")


@cache
def _hints(model: Any) -> Mapping[str, _Hint]:
    hints = typing.get_type_hints(model, include_extras=True)
    return {field.name: _hint(hints[field.name]) for field in dataclasses.fields(model) if field.init}


def _members(model: Any, omit: Collection[str]) -> Mapping[str, _Hint]:
    return {name: hint for name, hint in _hints(model).items() if name not in omit}


def _required(model: type[Any], name: str) -> bool:
    field = model.__dataclass_fields__[name]
    return field.default is MISSING and field.default_factory is MISSING


def _with_default(model: type[Any], name: str, written: dict[str, Any]) -> dict[str, Any]:
    default = model.__dataclass_fields__[name].default
    plain = isinstance(default, str | int | float) or (
        isinstance(default, tuple) and all(isinstance(each, str) for each in default)
    )
    return {**written, "default": list(default) if isinstance(default, tuple) else default} if plain else written
