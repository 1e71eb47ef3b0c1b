"""Writes commands as JavaScript for the `fetch` of Node. It quotes every value, and the program asks for secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mock_servers.commands.command import Asked, Code, Command, Filled, Kept, Redirect, Remark, Required, Sent, Value


def script(control: str, commands: Sequence[Command], *, takes_token: bool = False) -> str:
    """Return the commands as one text. `control` is the URL of the control API, which may take a token."""
    asks = any(isinstance(command, Asked) for command in commands)
    head = [f"var nhsauth = {_literal(control)};"] if asks else []
    return "\n".join([*head, *(_written(command, takes_token=takes_token) for command in commands)])


def _written(command: Command, *, takes_token: bool) -> str:
    match command:
        case Sent():
            return f"{_answer(command)}\nconsole.log(answer.status, await answer.text());"
        case Kept():
            kept = [(command.variable, command.member), *((name, name) for name in command.also)]
            shows = ["console.log(answer.status, members);"] if command.also else []
            stores = [f"var {variable} = members.{member};" for variable, member in kept]
            return "\n".join([_answer(command.sent), "var members = await answer.json();", *shows, *stores])
        case Asked():
            return _asked(command, takes_token=takes_token)
        case Redirect() | Code():
            return _redirects(command)
        case Required():
            return f"var {command.variable} = process.env.{command.variable.upper()}; // {_one_line(command.words)}"
        case Remark():
            return f"// {_one_line(command.words)}"


def _asked(command: Asked, *, takes_token: bool) -> str:
    headers = ["Authorization: `Bearer ${process.env.NHSAUTH_CONTROL_TOKEN}`"] if takes_token else []
    options = []
    if command.body:
        headers.append('"Content-Type": "application/json"')
        options = ['method: "POST"', f"body: JSON.stringify({_json(command.body)})"]
    options += [f"headers: {{ {', '.join(headers)} }}"] if headers else []
    given = f", {{ {', '.join(options)} }}" if options else ""
    url = f"`${{nhsauth}}/{command.call}`"
    return f"var {command.variable} = (await (await fetch({url}{given})).json()).{command.member};"


def _redirects(command: Redirect | Code) -> str:
    times = command.redirects + 1 if isinstance(command, Code) else 1
    ends = 'var code = new URL(place).searchParams.get("code");' if isinstance(command, Code) else "console.log(place);"
    return "\n".join(
        [
            f"var place = {_literal(command.url)}, cookies = [];",
            f"for (let hop = 0; hop < {times}; hop += 1) {{",
            '  const answer = await fetch(place, { redirect: "manual", headers: { Cookie: cookies.join("; ") } });',
            '  cookies.push(...answer.headers.getSetCookie().map((each) => each.split(";")[0]));',
            '  place = answer.headers.get("Location");',
            "}",
            ends,
        ]
    )


def _answer(sent: Sent) -> str:
    method = (sent.method or ("POST" if sent.form or sent.body is not None else "GET")).upper()
    headers: list[str] = [f"{_literal(name)}: {_value(value)}" for name, value in sent.headers.items()]
    if sent.basic is not None:
        pair = f"{_literal(f'{sent.basic[0]}:')} + {_value(sent.basic[1])}"
        headers.append(f'Authorization: "Basic " + btoa({pair})')
    body = []
    if sent.form:
        fields = [f"    {_literal(name)}: {_value(value)}," for name, value in sent.form.items()]
        body = ["  body: new URLSearchParams({", *fields, "  }),"]
    if sent.body is not None:
        headers.append('"Content-Type": "application/json"')
        body = [f"  body: JSON.stringify({_json(sent.body)}),"]
    of_headers = ["  headers: {", *(f"    {each}," for each in headers), "  },"] if headers else []
    options = [f'  method: "{method}",', *of_headers, *body]
    return "\n".join([f"var answer = await fetch({_literal(sent.url)}, {{", *options, "});"])


def _value(value: Value) -> str:
    if isinstance(value, str):
        return _literal(value)
    found = f"process.env.{value.name}" if isinstance(value, Filled) else value.name
    return f"{_literal(value.before)} + {found}" if value.before else found


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body)


def _literal(text: str) -> str:
    return json.dumps(text)


def _one_line(words: str) -> str:
    return " ".join(words.split())
