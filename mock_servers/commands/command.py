"""Commands that a page offers, as data: what is asked and kept. Each kind of shell has a module that writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that an earlier command stored in a shell variable; a word may stand before it."""

    name: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that the shell takes from an environment variable, which its user has set; a word may stand before it.

    One that is `asked` for stops a POSIX shell where it is not set.
    """

    name: str
    before: str = ""
    asked: bool = True


Value = str | Variable | Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request: a GET, or a POST of `form` or of the JSON `body`, unless `method` says otherwise.

    `basic` are a client's name and secret.
    """

    url: str
    form: Mapping[str, Value] = field(default_factory=dict)
    headers: Mapping[str, Value] = field(default_factory=dict)
    basic: tuple[str, Value] | None = None
    method: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Stores a member of a JSON answer in a variable. With `also`, shows the answer and stores these members, too."""

    variable: str
    member: str
    sent: Sent
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Stores a member of a control API answer in a variable: of a POST of `body`, or of a GET without one."""

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
    """Stores the authorization code of a log-in: follows some redirects, and takes the code from the next."""

    url: str
    redirects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """Stops unless the reader has set the variable, in capitals; `words` say to which value."""

    variable: str
    words: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment for the reader of the commands."""

    words: str


Command = Sent | Kept | Asked | Redirect | Code | Required | Remark
