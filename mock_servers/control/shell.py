"""Writes commands for a POSIX shell with curl and sed: whatever stands in them is quoted, secrets are asked for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_ASK: Final = """\
ask() { curl -s "$nhsauth/$1" -H 'Content-Type: application/json' -d "$2" | member "$3"; }"""
_MEMBER: Final = """\
member() { tr -d '\\n' | sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }"""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the shell that holds a value, with a word before it if need be.

    An earlier command has set it; an `asked` one its reader, and the shell complains when it is not.
    """

    name: str
    before: str = ""
    asked: bool = False

    def __str__(self) -> str:
        """Return how a POSIX shell reads it."""
        return f"{self.before}${{{self.name}:?set it first}}" if self.asked else f"{self.before}${self.name}"


def asked(variable: str, call: str, body: Mapping[str, Any], member: str) -> str:
    """Return the command that posts to a call of the control API and keeps a member of its answer."""
    told = {name: value for name, value in body.items() if value is not None}
    return f"{variable}=$(ask {call} {shlex.quote(json.dumps(told))} {member})"


def kept(variable: str, command: str, member: str) -> str:
    """Return the command that keeps a member of the JSON that another command prints."""
    return f"{variable}=$({command} | member {member})"


def required(variable: str, words: str) -> str:
    """Return the command that goes on only if the reader has set a variable; `words` say to what."""
    plain = "".join(each if each.isalnum() or each in " :/._-," else "?" for each in words)
    return f'{variable}="${{{variable.upper()}:?{plain}}}"'


def curl(
    url: str,
    form: Mapping[str, str | Variable] | None = None,
    *,
    headers: Mapping[str, str | Variable] | None = None,
    options: Iterable[str] = ("-i",),
) -> str:
    """Return a curl command over several lines, a GET, or a POST of `form`."""
    lines = [" ".join(["curl", "-s", *options, shlex.quote(url)])]
    lines += [f"-H {pair(name, ': ', value)}" for name, value in (headers or {}).items()]
    lines += [f"--data-urlencode {pair(name, '=', value)}" for name, value in (form or {}).items()]
    return " \\\n  ".join(lines)


def code_of_redirect(url: str, redirects: int) -> str:
    """Return the command that keeps the code of a log-in: of the redirect after so many that are followed."""
    options = (f"-L --max-redirs {redirects}", "-o /dev/null", "-w '%{redirect_url}'")
    return f"code=$({curl(url, options=options)} | sed -n 's/.*[?&]code=\\([^&]*\\).*/\\1/p')"


def script(control: str, commands: Iterable[str]) -> str:
    """Return the commands as one text, after the functions that they use; `control` is the URL of the control API."""
    body = "\n".join(commands)
    asks, uses_control = "$(ask " in body, "$nhsauth" in body
    head = [f"nhsauth={shlex.quote(control)}"] if asks or uses_control else []
    head += [_MEMBER] if asks or "| member " in body else []
    head += [_ASK] if asks else []
    return "\n".join([*head, body])


def pair(name: str, between: str, value: str | Variable) -> str:
    """Quote a pair; what the shell is to fill in stands in double quotes."""
    both = f"{name}{between}{value}"
    return shlex.quote(both) if isinstance(value, str) else f'"{both}"'
