"""Writes commands for a POSIX shell with curl and sed. It quotes every value, and the commands ask for secrets."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote_plus

from mock_servers.commands.command import Asked, Code, Command, Filled, Kept, Redirect, Remark, Required, Sent, Value

_ASK: Final = """\
ask() { curl -s "$nhsauth/$1" %s-H 'Content-Type: application/json' -d "$2" | member "$3"; }"""
_MEMBER: Final = """\
member() { tr -d '\\n' | sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }"""
_PLAIN: Final = frozenset(" :/._-,")


def script(control: str, commands: Sequence[Command], *, takes_token: bool = False) -> str:
    """Return the commands as one text, after the functions that they use.

    `control` is the URL of the control API, which may take a token.
    """
    proof = '-H "Authorization: Bearer ${NHSAUTH_CONTROL_TOKEN:?set it first}" ' if takes_token else ""
    asks = [command for command in commands if isinstance(command, Asked)]
    head = [f"nhsauth={shlex.quote(control)}"] if asks else []
    head += [_MEMBER] if any(isinstance(command, Asked | Kept) for command in commands) else []
    head += [_ASK % proof] if any(command.body for command in asks) else []
    return "\n".join([*head, *(_written(command, proof) for command in commands)])


def _written(command: Command, proof: str) -> str:  # noqa: PLR0911 - one for each kind of command
    match command:
        case Sent():
            return curl(command, "-s -i")
        case Kept() if command.also:
            kept = [(command.variable, command.member), *((name, name) for name in command.also)]
            lines = [f"{variable}=$(printf '%s' \"$answer\" | member {member})" for variable, member in kept]
            return "\n".join([f"answer=$({curl(command.sent, '-s')})", "printf '%s\\n' \"$answer\"", *lines])
        case Kept():
            return f"{command.variable}=$({curl(command.sent, '-s')} | member {command.member})"
        case Asked() if not command.body:
            return f'{command.variable}=$(curl -s {proof}"$nhsauth/{command.call}" | member {command.member})'
        case Asked():
            return f"{command.variable}=$(ask {command.call} {_json(command.body)} {command.member})"
        case Redirect():
            return f"curl -s -i {shlex.quote(command.url)}"
        case Code():
            follow = f"-s -L --max-redirs {command.redirects} -o /dev/null -w '%{{redirect_url}}'"
            return f"code=$({curl(Sent(url=command.url), follow)} | sed -n 's/.*[?&]code=\\([^&]*\\).*/\\1/p')"
        case Required():
            words = "".join(each if each.isalnum() or each in _PLAIN else "?" for each in command.words)
            return f'{command.variable}="${{{command.variable.upper()}:?{words}}}"'
        case Remark():
            return f"# {command.words}"


def curl(sent: Sent, options: str = "") -> str:
    """Return a curl command over several lines."""
    method = [f"-X {shlex.quote(sent.method)}"] if sent.method else []
    lines = [" ".join(filter(None, ["curl", options, *method, shlex.quote(sent.url)]))]
    lines += [f"-u {_pair(quote_plus(sent.basic[0]), ':', sent.basic[1])}"] if sent.basic else []
    lines += [f"-H {_pair(name, ': ', value)}" for name, value in sent.headers.items()]
    lines += [f"--data-urlencode {_pair(name, '=', value)}" for name, value in sent.form.items()]
    lines += [f"-H 'Content-Type: application/json' -d {_json(sent.body)}"] if sent.body is not None else []
    return " \\\n  ".join(lines)


def _json(body: Mapping[str, Any]) -> str:
    return shlex.quote(json.dumps(body))


def _pair(name: str, between: str, value: Value) -> str:
    """Quote a pair; what the shell is to fill in stands in double quotes."""
    if isinstance(value, str):
        return shlex.quote(f"{name}{between}{value}")
    if isinstance(value, Filled) and value.asked:
        return f'"{name}{between}{value.before}${{{value.name}:?set it first}}"'
    return f'"{name}{between}{value.before}${value.name}"'
