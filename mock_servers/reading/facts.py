"""What stands in a text: each fact with its place, and nothing about what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_servers.reading.sentences import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A JWT: its text, or its decoded parts alone, where `text` is empty; `name` is the parameter before it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    start: int
    end: int
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL; `name` is what the text calls it, `method` that of the request where one is named."""

    url: str
    start: int
    end: int
    name: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A parameter of a request with its value; a value that is a variable's name stands as it is written."""

    name: str
    value: str
    start: int
    is_quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The status of an answer."""

    status: int
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment, in seconds since 1970; one without a zone is read as UTC.

    `is_date` where it is the `Date` of an answer, `name` what the text calls it.
    """

    at: float
    start: int
    is_date: bool = False
    has_zone: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a program, or a setting, that shows one `mistake`, by its name in `programs`."""

    mistake: str
    words: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was found in one text, which is plain already; everything in the order of its places."""

    text: str
    sentences: Sequence[Sentence] = ()
    codes: Sequence[tuple[str, int]] = ()
    api_codes: Sequence[tuple[str, int]] = ()
    statuses: Sequence[Status] = ()
    tokens: Sequence[Token] = ()
    key_sets: Sequence[Mapping[str, Any]] = ()
    addresses: Sequence[Address] = ()
    pairs: Sequence[Pair] = ()
    headers: Sequence[Pair] = ()
    moments: Sequence[Moment] = ()
    lines: Sequence[Line] = ()
    good: Sequence[Mapping[str, Any]] = ()
    page: str = ""
