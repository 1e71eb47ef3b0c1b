"""The pages of reference: fixtures and markers, the command line, the configuration's keys, the control API."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click
from werkzeug.test import Client

from mock_servers.command_line.commands import nhsauth
from mock_servers.configuration import reading
from mock_servers.mock import Mock
from pytest_nhsauth import fixtures, markers, plugin
from tools.pages.markdown import code, prose, table

_MADE: Final = "Made of the code by `make docs`.\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {
        "commands.md": commands_page(),
        "configuration-keys.md": configuration_page(),
        "control-api.md": control_api_page(),
        "fixtures.md": fixtures_page(),
    }


_EACH: Final = "Each command also takes `--help` and `--version`.\n"


def commands_page() -> str:
    """Return the page of the command line, made of click's own commands."""
    parts = [f"# The command line\n\n{_MADE}", f"{_paragraphs(nhsauth.help or '')}\n", _EACH]
    for command, context in _commands(_context(nhsauth, "nhsauth")):
        parts.append(f"## {context.command_path}\n\n```text\n{_usage(command, context)}\n```\n")
        parts.append(f"{_paragraphs(command.help or '')}\n")
        reported = list(_options(command, context))
        parts += [table(("option", "says"), reported)] if reported else []
    return "\n".join(parts)


def _commands(context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield each command that does something, in the order of the help."""
    group = context.command
    if not isinstance(group, click.Group):
        yield group, context
        return
    for name in group.list_commands(context):
        yield from _commands(_context(group.commands[name], name, context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _usage(command: click.Command, context: click.Context) -> str:
    return command.get_usage(context).removeprefix("Usage: ")


def _paragraphs(text: str) -> str:
    """Return help as paragraphs; one that is marked as laid out stays so."""
    return "\n\n".join(map(_paragraph, inspect.cleandoc(text).split("\n\n")))


def _paragraph(text: str) -> str:
    if text.startswith("\b"):
        laid_out = textwrap.dedent(text.removeprefix("\b").strip("\n"))
        return f"```text\n{laid_out}\n```"
    return prose(" ".join(text.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        record = parameter.get_help_record(context) if parameter.name != "version" else None
        if record is not None:
            yield code(record[0]), prose(record[1])


def configuration_page() -> str:
    """Return the page of every key of nhsauth.toml, made of its JSON Schema."""
    parts = [
        f"# The keys of nhsauth.toml\n\n{_MADE}",
        "[Configuration](configuration.md) explains them and shows a whole file.\n",
        *_tables("The top of the file", reading.schema()),
    ]
    return "\n".join(parts)


def _tables(title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {title}\n\n{prose(schema.get('description', ''))}\n"
    inner = {name: _inner(name, reported) for name, reported in schema["properties"].items()}
    rows = (
        (code(name), _type(reported), code(json.dumps(reported["default"])) if "default" in reported else "")
        for name, reported in schema["properties"].items()
        if inner[name] is None
    )
    yield table(("key", "is", "default"), rows)
    for each in inner.values():
        if each is not None:
            yield from _tables(*each)


def _inner(name: str, expected: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the heading and the schema of a table of the file; `None` for a plain key."""
    forms = {
        f"[{name}]": expected,
        f"[[{name}]]": expected.get("items"),
        f'[{name}."…"]': expected.get("additionalProperties"),
    }
    found = ((title, each) for title, each in forms.items() if isinstance(each, dict) and "properties" in each)
    return next(found, None)


def _type(expected: Mapping[str, Any]) -> str:
    if "enum" in expected:
        return " or ".join(code(json.dumps(each)) for each in expected["enum"])
    if "anyOf" in expected:
        return " or ".join(_type(each) for each in expected["anyOf"] if each.get("type") != "null")
    if expected.get("type") == "array":
        return f"a list: {_type(expected.get('items', {}))}"
    limits = [f"{word} {expected[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in expected]
    return " ".join([_TYPES.get(expected.get("type", ""), "any value"), *limits])


_TYPES: Final = {
    "array": "a list",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a table",
    "string": "text",
}


_TOKEN: Final = """\
Where a [control token](deployment.md#who-may-control) is set, a call sends it as `Authorization: Bearer TOKEN`.
"""


def control_api_page() -> str:
    """Return the page of the control API, made of its OpenAPI document."""
    platform = Mock()
    document = Client(platform).get("/_nhsauth/openapi.json", base_url=platform.url).get_json()
    parts = [
        f"# The control API\n\n{_MADE}",
        "A running mock gives the same as OpenAPI at `/_nhsauth/openapi.json`. Bodies and answers are JSON.\n",
        _TOKEN,
    ]
    for path, methods in document["paths"].items():
        parts += [_operation(method, path, operation) for method, operation in methods.items()]
    parts.append("## The objects\n")
    parts += [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [f"## {method.upper()} {prose(path)}\n\n{prose(operation['summary'])}\n"]
    reported = list(_parameters(operation))
    lines += [table(("name", "in", "is", "says"), reported)] if reported else []
    lines.append(table(("status", "answer"), _answers(operation["responses"])))
    return "\n".join(lines)


def _parameters(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for each in operation.get("parameters", ()):
        yield code(each["name"]), each["in"], _reference(each["schema"]), prose(each.get("description", ""))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        yield from _members(body["schema"], "body")


def _members(schema: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, str, str]]:
    if "$ref" in schema:
        yield "the object", where, _reference(schema), ""
    needed = schema.get("required", ())
    for name, reported in schema.get("properties", {}).items():
        must = "" if name in needed else "optional"
        yield (
            code(name),
            where,
            _reference(reported),
            " ".join(filter(None, (must, prose(reported.get("description", ""))))),
        )


def _reference(schema: Mapping[str, Any]) -> str:
    """Return what a value is; one of the named objects as a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_reference(each) for each in schema.get("anyOf", schema.get("oneOf", ())))
    if schema.get("type") == "array" and "items" in schema:
        return f"a list of {_reference(schema['items'])}"
    if isinstance(schema.get("type"), list):
        return " or ".join(_TYPES[each] for each in schema["type"])
    return _type(schema)


def _answers(responses: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for status, answer in responses.items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        link = f" {_reference(schema)}" if "$ref" in schema else ""
        yield status, f"{prose(answer['description'])}{link}"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    rows = [(member, kind, said) for member, _, kind, said in _members(schema, "")]
    said = prose(schema.get("description", ""))
    return f"### {name}\n\n{said}\n\n{table(('member', 'is', 'says'), rows) if rows else ''}"


def fixtures_page() -> str:
    """Return the page of fixtures, markers, options and ini values, made of what pytest is given."""
    parser: Any = _Parser()  # it has of pytest's own what is called
    plugin.pytest_addoption(parser)
    marker, _, said = markers.LINE.partition(": ")
    own, _, why = markers.IN_PROCESS_LINE.partition(": ")
    return "\n".join(
        [
            f"# Fixtures and markers\n\n{_MADE}",
            "[The pytest plugin](plugin.md) explains them with examples.\n",
            *(f"## {name}\n\n{scope}\n\n{_said(text)}\n" for name, scope, text in _fixtures()),
            f"## The markers\n\n`@pytest.mark.{marker}`: {prose(said)}\n\n`@pytest.mark.{own}`: {prose(why)}\n",
            f"## Options\n\n{table(('option', 'says'), parser.options)}",
            f"## Values of the ini\n\n{table(('value', 'says'), parser.ini)}",
        ]
    )


def _fixtures() -> Iterator[tuple[str, str, str]]:
    source = Path(str(fixtures.__file__)).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name in plugin.__all__ and not node.name.startswith("_"):
            whole = any("scope='session'" in ast.unparse(each) for each in node.decorator_list)
            scope = "One for the whole session." if whole else "One for each test."
            yield node.name, scope, ast.get_docstring(node) or ""


def _said(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


class _Parser:
    """Records the plugin's calls of pytest's parser."""

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []
        self.ini: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> _Parser:
        return self

    def addoption(self, flag: str, **expected: Any) -> None:
        metavar = f" {expected['metavar']}" if "metavar" in expected else ""
        self.options.append((code(f"{flag}{metavar}"), prose(expected["help"])))

    def addini(self, name: str, purpose: str, *_: Any, **__: Any) -> None:
        self.ini.append((code(name), prose(purpose)))
