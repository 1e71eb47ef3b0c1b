"""Writes commands as Python for the library requests. It quotes every value, and the program asks for secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mock_servers.commands.command import Asked, Code, Command, Filled, Kept, Redirect, Remark, Required, Sent, Value

_TOKEN: Final = """{"Authorization": "Bearer " + os.environ["NHSAUTH_CONTROL_TOKEN"]}"""


def script(control: str, commands: Sequence[Command], *, takes_token: bool = False) -> str:
    """Return the commands as one text. `control` is the URL of the control API, which may take a token."""
    asks = any(isinstance(command, Asked) for command in commands)
    lines = [line for command in commands for line in _written(command, takes_token=takes_token)]
    text = "\n".join(lines)
    modules = [name for name in ("os", "urllib.parse") if f"{name}." in text]
    head = [*(f"import {name}" for name in modules), *([""] if modules else []), "import requests", ""]
    return "\n".join([*head, *([f"nhsauth = {control!r}"] if asks else []), text])


def _written(command: Command, *, takes_token: bool) -> list[str]:
    match command:
        case Sent():
            return [f"answer = {_request(command)}", "print(answer.status_code, answer.text)"]
        case Kept():
            kept = [(command.variable, command.member), *((name, name) for name in command.also)]
            shows = ["print(answer.status_code, answer.text)"] if command.also else []
            stores = [f'{variable} = answer.json()["{member}"]' for variable, member in kept]
            return [f"answer = {_request(command.sent)}", *shows, *stores]
        case Asked():
            proof = f", headers={_TOKEN}" if takes_token else ""
            call = f'f"{{nhsauth}}/{command.call}"'
            asked = f"post({call}, json={command.body!r}{proof})" if command.body else f"get({call}{proof})"
            return [f'{command.variable} = requests.{asked}.json()["{command.member}"]']
        case Redirect() | Code():
            return _redirects(command)
        case Required():
            return [f'{command.variable} = os.environ["{command.variable.upper()}"]  # {_one_line(command.words)}']
        case Remark():
            return [f"# {_one_line(command.words)}"]


def _redirects(command: Redirect | Code) -> list[str]:
    follows = [f"location = {command.url!r}"]
    times = command.redirects + 1 if isinstance(command, Code) else 1
    follows += [f"for _ in range({times}):"] if times > 1 else []
    indent = "    " if times > 1 else ""
    follows.append(f'{indent}location = session.get(location, allow_redirects=False).headers["Location"]')
    stores = ['code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]']
    return ["session = requests.Session()", *follows, *(stores if isinstance(command, Code) else ["print(location)"])]


def _request(sent: Sent) -> str:
    method = (sent.method or ("POST" if sent.form or sent.body is not None else "GET")).upper()
    parts = [f"    {sent.url!r},"]
    parts += [f"    auth=({sent.basic[0]!r}, {_value(sent.basic[1])}),"] if sent.basic else []
    parts += _table("headers", sent.headers)
    parts += _table("data", sent.form)
    parts += [f"    json={dict(sent.body)!r},"] if sent.body is not None else []
    return "\n".join([f"requests.request({method!r},", *parts, ")"])


def _table(name: str, values: Mapping[str, Value]) -> list[str]:
    if not values:
        return []
    return [f"    {name}={{", *(f"        {key!r}: {_value(value)}," for key, value in values.items()), "    },"]


def _value(value: Value) -> str:
    if isinstance(value, str):
        return repr(value)
    found = f"os.environ[{value.name!r}]" if isinstance(value, Filled) else value.name
    return f"{value.before!r} + {found}" if value.before else found


def _one_line(words: str) -> str:
    return " ".join(words.split())
