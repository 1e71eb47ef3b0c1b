"""Commands that a page offers, as data: what is asked and kept. Each kind of shell has a module that writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that an earlier command has put into a variable of the shell, with a word before it if need be."""

    name: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that the shell takes from the environment of its user, who has set it there."""

    name: str


Value = str | Variable | Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request: a GET, or a POST of `form`, unless `method` says otherwise. `basic` are a client's name and secret."""

    url: str
    form: Mapping[str, Value] = field(default_factory=dict)
    headers: Mapping[str, Value] = field(default_factory=dict)
    basic: tuple[str, Value] | None = None
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Keeps in a variable a member of the JSON that answers a request."""

    variable: str
    member: str
    sent: Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Keeps in a variable a member of what a call of the control API answers: a POST of `body`, or a GET without."""

    variable: str
    call: str
    member: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Shows where a GET is redirected to."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Keeps the code of a log-in: of the redirect that comes after so many which are followed."""

    url: str
    redirects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """Goes on only if the reader has set the variable, in capitals; `words` say to what."""

    variable: str
    words: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Says something to whoever reads the commands."""

    words: str


Command = Sent | Kept | Asked | Redirect | Code | Required | Remark
