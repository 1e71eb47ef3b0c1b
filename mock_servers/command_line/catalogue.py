"""`nhsauth errors`: every error row of every service, with its usual cause and cure, or those that a text is about."""

from __future__ import annotations

import json

import click

from mock_servers.catalogue.entries import Entry, about, entries
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.command_line.outcome import No


def show(text: str | None, *, as_json: bool) -> None:
    """Print the rows, or those that the text is about. Raises No when there is none."""
    found = entries() if text is None else about(text)
    if not found:
        raise No(f"No error of the mocks is about {json.dumps(text)}: `nhsauth errors` lists them all")
    if as_json:
        click.echo(json.dumps([entry.as_json() for entry in found], indent=2))
        return
    for entry in found:
        _print(entry)


def _print(entry: Entry) -> None:
    error = entry.error
    head = " ".join(part for part in (str(error.status), error.code) if part)
    click.echo(f"{click.style(head, bold=True)}  {error.sentence}".rstrip())
    click.echo(f"  from     {entry.service}, {error.row}, {entry.name}")
    click.echo(f"  evidence {error.evidence}: {EVIDENCE[error.evidence]}")
    click.echo(f"  cause    {entry.problem.cause}")
    click.echo(f"  cure     {entry.problem.cure}")
    for name, words in entry.mistakes.items():
        click.echo(f"  mistake  {name}: {words}")
    click.echo()
