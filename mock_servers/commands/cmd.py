"""Writes requests for the command prompt of Windows (cmd.exe) with its own curl. It quotes every value.

Two read such a line. First cmd.exe: it puts in variables, then takes what is special to it. Then the program's runtime
(CommandLineToArgvW), which knows quotes and backslashes alone. What quotes cannot keep from cmd.exe has a caret before
each special character, the quotes of the runtime included, so that cmd.exe sees no quotes at all. `%` is then harmless
at the prompt, where a variable of an unknown name stays as it is; a batch file would want another `%`.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import quote, quote_plus

from mock_servers.commands.command import Sent, Value

_PLAIN: Final = re.compile(r"[\w@+:./-]+", re.ASCII)
_BEYOND_QUOTES: Final = re.compile(r'["%!]')
_SPECIAL: Final = re.compile(r'[()%!^"<>&|]')
_BEFORE_QUOTE: Final = re.compile(r'(\\*)"')
_AT_THE_END: Final = re.compile(r"(\\+)$")
_TYPED: Final = re.compile(r"[ -~]*")
"""What a line of the command prompt can hold in every code page."""


def curl(sent: Sent) -> str:
    """Return a curl command over several lines. No value but one of a form may have a line break."""
    method = [f"-X {_word(sent.method)}"] if sent.method else []
    lines = [" ".join(["curl", *method, _word(sent.url)])]
    lines += [f"-u {_pair(quote_plus(sent.basic[0]), ':', sent.basic[1])}"] if sent.basic else []
    lines += [f"-H {_pair(name, ': ', value)}" for name, value in sent.headers.items()]
    lines += [_field(name, value) for name, value in sent.form.items()]
    if sent.body is not None:
        lines += [f'-H "Content-Type: application/json" -d {_word(json.dumps(sent.body))}']
    return " ^\n  ".join(lines)


def _field(name: str, value: Value) -> str:
    """Return a field of a form; what cannot be typed at the prompt is encoded here and not by curl."""
    if isinstance(value, str) and not _TYPED.fullmatch(value):
        encoded = quote(value, safe="")
        return f"-d {_word(f'{name}={encoded}')}"
    return f"--data-urlencode {_pair(name, '=', value)}"


def _pair(name: str, between: str, value: Value) -> str:
    """Quote a pair; cmd.exe puts in a variable within quotes as well."""
    if isinstance(value, str):
        return _word(f"{name}{between}{value}")
    return f'"{name}{between}{value.before}%{value.name}%"'


def _word(text: str) -> str:
    """Quote one word of a command line."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = _AT_THE_END.sub(r"\1\1", _BEFORE_QUOTE.sub(r'\1\1\\"', text))
    if not _BEYOND_QUOTES.search(text):
        return f'"{escaped}"'
    return _SPECIAL.sub(r"^\g<0>", f'"{escaped}"')
