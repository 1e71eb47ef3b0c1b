"""Writes commands for Windows PowerShell and for PowerShell 7. It quotes every value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote_plus

from mock_servers.commands.command import Asked, Code, Command, Filled, Kept, Redirect, Remark, Required, Sent, Value

_ASK: Final = """\
function Ask($call, $body, $member) {
  (Invoke-RestMethod -Method Post -Uri "$nhsauth/$call" %s-ContentType 'application/json' -Body $body).$member
}"""
_REDIRECT: Final = """\
function Redirect($url) {
  $asked = [System.Net.WebRequest]::Create($url); $asked.AllowAutoRedirect = $false
  $answer = $asked.GetResponse(); $answer.Headers['Location']; $answer.Close()
}"""
_QUOTES: Final = re.compile("['\u2018\u2019\u201a\u201b]")
_METHODS: Final = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"])


def script(control: str, commands: Sequence[Command], *, takes_token: bool = False) -> str:
    """Return the commands as one text, after the functions that they use.

    `control` is the URL of the control API, which may take a token.
    """
    proof = '-Headers @{ Authorization = "Bearer $env:NHSAUTH_CONTROL_TOKEN" } ' if takes_token else ""
    asks = [command for command in commands if isinstance(command, Asked)]
    head = [f"$nhsauth = {_literal(control)}"] if asks else []
    head += [_ASK % proof] if any(command.body for command in asks) else []
    head += [_REDIRECT] if any(isinstance(command, Redirect | Code) for command in commands) else []
    return "\n".join([*head, *(_written(command, proof) for command in commands)])


def _written(command: Command, proof: str) -> str:  # noqa: PLR0911 - one for each kind of command
    match command:
        case Sent():
            return request(command)
        case Kept() if command.also:
            kept = [(command.variable, command.member), *((name, name) for name in command.also)]
            lines = [f"${variable} = $answer.{member}" for variable, member in kept]
            return "\n".join([f"$answer = {request(command.sent)}", "$answer", *lines])
        case Kept():
            return f"${command.variable} = ({request(command.sent)}).{command.member}"
        case Asked() if not command.body:
            return f'${command.variable} = (Invoke-RestMethod {proof}-Uri "$nhsauth/{command.call}").{command.member}'
        case Asked():
            body = _literal(json.dumps(command.body))
            return f"${command.variable} = Ask {_literal(command.call)} {body} {_literal(command.member)}"
        case Redirect():
            return f"Redirect {_literal(command.url)}"
        case Code():
            follow = f"foreach ($hop in 0..{command.redirects}) {{ $location = Redirect $location }}"
            code = "$code = [regex]::Match($location, '[?&]code=([^&]*)').Groups[1].Value"
            return f"$location = {_literal(command.url)}\n{follow}\n{code}"
        case Required():
            from_user = f"$env:{command.variable.upper()}"
            missing = f"if (-not {from_user}) {{ throw {_literal(f'{command.variable.upper()}: {command.words}')} }}"
            return f"{missing}\n${command.variable} = {from_user}"
        case Remark():
            return f"# {command.words}"


def request(sent: Sent) -> str:
    """Return the call that sends a request."""
    parts = ["Invoke-RestMethod", _method(sent), f"-Uri {_literal(sent.url)}"]
    headers = {name: _value(value) for name, value in sent.headers.items()}
    if sent.basic is not None:
        pair = f"{_literal(f'{quote_plus(sent.basic[0])}:')} + {_value(sent.basic[1])}"
        headers["Authorization"] = f"'Basic ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes({pair}))"
    parts += [f"-Headers {_table(headers)}"] if headers else []
    parts += [f"-Body {_table({name: _value(value) for name, value in sent.form.items()})}"] if sent.form else []
    if sent.body is not None:
        parts += [f"-ContentType 'application/json' -Body {_literal(json.dumps(sent.body))}"]
    return " ".join(filter(None, parts))


def _method(sent: Sent) -> str:
    method = sent.method or ("POST" if sent.form or sent.body is not None else "")
    option = "-Method" if method in _METHODS else "-CustomMethod"
    return f"{option} {_literal(method)}" if method else ""


def _table(values: Mapping[str, str]) -> str:
    return "\n".join(["@{", *(f"  {_literal(name)} = {value}" for name, value in values.items()), "}"])


def _value(value: Value) -> str:
    if isinstance(value, Filled):
        return f'"{value.before}$env:{value.name}"' if value.before else f"$env:{value.name}"
    if isinstance(value, str):
        return _literal(value)
    return f'"{value.before}${value.name}"' if value.before else f"${value.name}"


def _literal(text: str) -> str:
    """Quote a text for PowerShell, which takes typographic quotes for quotes as well."""
    return "'" + _QUOTES.sub(r"\g<0>\g<0>", text) + "'"
