"""`nhsauth state`: what is in a state that lasts, and how it gets into another."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import click

from mock_servers.command_line import serve
from mock_servers.command_line.exit import Misuse, misuse
from mock_servers.journal import shared_journal
from mock_servers.mock import opened
from mock_servers.state.codec import Format
from mock_servers.state.durable import DurableBackend
from mock_servers.state.state_url import file_of, shown
from mock_servers.state.store import KINDS
from mock_servers.state.table import StateError, UnusableStateError
from mock_servers.wire import wording

_WHAT: Final = "nhsauth state"
"""What an export says that it is."""


def info(state: str | None, *, as_json: bool) -> None:
    """Print how many entries each table has. Raises Misuse."""
    with _opened(state) as (location, backend):
        sizes = backend.sizes()
    tables = {place: size for place, size in sizes.items() if "/" not in place}
    below = Counter[str]()
    for place, size in sizes.items():
        if "/" in place:
            below[unquote(place.partition("/")[0])] += size
    number = Format().number
    if as_json:
        click.echo(json.dumps({"state": shown(location), "format": number, "tables": tables, "below": below}, indent=2))
        return
    click.echo(f"{shown(location)}, format {number}")
    lines = [*tables.items(), *below.items()]
    width = max((len(name) for name, _ in lines), default=0)
    click.echo("\n".join(f"{name:{width}}  {size}" for name, size in lines) if lines else "Nothing is in it.")


def export(state: str | None, file: Path) -> None:
    """Write all of a state to a file of its own. Raises Misuse."""
    with _opened(state) as (_, backend):
        content = backend.exported()
    text = json.dumps({"what": _WHAT, "format": Format().number, "content": content}, indent=1)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as written:
            written.write(f"{text}\n")
    except FileExistsError:
        raise Misuse(f"{file} is there already: name another file, or remove it") from None
    except OSError as error:
        raise Misuse(f"{file} cannot be written ({error.strerror})") from None
    entries = sum(map(len, content.values()))
    click.echo(f"{file} holds {entries} entries, test keys, secrets and tokens among them: give it to nobody else.")


def import_(state: str | None, file: Path) -> None:
    """Put what was exported into a state that is empty. Raises Misuse."""
    number, content = _read(file)
    with _opened(state, may_begin=True) as (location, backend):
        if sizes := backend.sizes():
            raise Misuse(
                f"{shown(location)} holds {sum(sizes.values())} entries already: nhsauth state clear forgets them"
            )
        try:
            entries = backend.imported(content, number, {**KINDS, **shared_journal.KINDS})
        except UnusableStateError as error:
            raise Misuse(f"{file} cannot be imported: {error}") from None
    click.echo(f"{shown(location)} holds {entries} entries now.")


def clear(state: str | None) -> None:
    """Forget all of a state. Raises Misuse."""
    with _opened(state) as (location, backend):
        entries = sum(backend.sizes().values())
        backend.drop()
    click.echo(f"{shown(location)} is empty; it held {entries} entries. Start the servers that use it again.")


@contextmanager
def _opened(state: str | None, *, may_begin: bool = False) -> Iterator[tuple[str, DurableBackend]]:
    """Open the state that is asked for, else that of this folder's configuration. Raises Misuse."""
    location = state or serve.configured(None).state.url
    file = file_of(location)
    if file is not None and not file.exists() and not may_begin:
        raise Misuse(f"{file} does not exist")
    with misuse(StateError):
        backend = opened(location)
        if not isinstance(backend, DurableBackend):
            raise Misuse(
                "The state is memory, which ends with its process: name one that lasts with --state, NHSAUTH_STATE, or "
                "[state] url in nhsauth.toml"
            )
        with closing(backend):
            yield location, backend


def _read(file: Path) -> tuple[int, dict[str, Any]]:
    """Return the format and the content of an export. Raises Misuse."""
    try:
        export = json.loads(file.read_bytes())
    except OSError as error:
        raise Misuse(f"{file} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise Misuse(f"{file} is no export of a state: {' '.join(str(error).split())}") from None
    if not isinstance(export, dict) or export.get("what") != _WHAT:
        raise Misuse(f'{file} is no export of a state: "what" is not "{_WHAT}"')
    number, content = export.get("format"), export.get("content")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(content, dict):
        raise Misuse(f'{file} is no export of a state: "format" must be a number, "content" an object')
    if number > Format().number:
        raise Misuse(
            f"{file} was exported by a newer version (format {wording.shown(number)}, this one knows "
            f"{Format().number}): import it with that version"
        )
    return number, content
