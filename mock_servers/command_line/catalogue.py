"""`nhsauth errors`: every error row of every service, with its usual cause and cure, or those that a text is about."""

from __future__ import annotations

import json

import click

from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import Entry, about, entries
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.catalogue.observations import ObservationsError
from mock_servers.catalogue.observed import Observed, observed
from mock_servers.command_line.configuring import configured_observations
from mock_servers.command_line.outcome import No, misuse


def show(text: str | None, *, as_json: bool) -> None:
    """Print the rows, or those that the text is about. Raises No when there is none."""
    found = entries() if text is None else about(text)
    if not found:
        raise No(f"No error of the mocks is about {json.dumps(text)}: `nhsauth errors` lists them all")
    with misuse(ObservationsError):
        days = observations.read_all(configured_observations())
    if as_json:
        seen = [{"observed": str(observed(entry, days))} if days else {} for entry in found]
        rows = [{**entry.as_json(), **more} for entry, more in zip(found, seen, strict=True)]
        click.echo(json.dumps(rows, indent=2))
        return
    for entry in sorted(found, key=lambda each: not observed(each, days).otherwise):
        _print(entry, observed(entry, days) if days else None)


def _print(entry: Entry, seen: Observed | None) -> None:
    error = entry.error
    letter = seen.letter(error.evidence) if seen is not None else error.evidence
    head = " ".join(part for part in (str(error.status), error.code) if part)
    click.echo(f"{click.style(head, bold=True)}  {error.sentence}".rstrip())
    click.echo(f"  from     {entry.service}, {error.row}, {entry.name}")
    click.echo(f"  evidence {letter}: {EVIDENCE[letter]}")
    if seen is not None:
        click.echo(f"  observed {str(seen).replace('**', '')}")
    click.echo(f"  cause    {entry.problem.cause}")
    click.echo(f"  cure     {entry.problem.cure}")
    for name, words in entry.mistakes.items():
        click.echo(f"  mistake  {name}: {words}")
    click.echo()
