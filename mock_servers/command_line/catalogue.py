"""`nhsauth errors`: every error row of every service, with its usual cause and cure, or those that a text is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import click

from mock_servers import causes
from mock_servers.apim import errors as token_service
from mock_servers.causes import Usual
from mock_servers.command_line.outcome import No
from mock_servers.gateway import errors as gateway
from mock_servers.identity_provider import errors as providers
from mock_servers.rules import ServiceError

EVIDENCE: Final = {
    "S": "read in the service's source or its own tests",
    "D": "documented",
    "Q": "quoted by a user",
    "I": "inferred, a guess",
}
_PLACEHOLDER: Final = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: who answers it, under which name it stands in the catalogue, and what usually lies behind it."""

    service: str
    name: str
    error: ServiceError
    usual: Usual

    def is_about(self, text: str) -> bool:
        """Whether the row's name, code, status or sentence contains the text, or the text its sentence; case apart."""
        error, wanted = self.error, text.strip().casefold()
        own = (self.name, error.code, error.sentence, str(error.status), error.row)
        return any(wanted in each.casefold() for each in own) or self._stands_in(wanted)

    def _stands_in(self, text: str) -> bool:
        sentence = _PLACEHOLDER.sub(".*", re.escape(self.error.sentence.casefold()))
        return bool(sentence) and re.search(sentence, text) is not None

    def as_json(self) -> dict[str, Any]:
        """Return the row for programs."""
        error = self.error
        return {
            "service": self.service,
            "name": self.name,
            "status": error.status,
            "error": error.code,
            "error_description": error.sentence,
            "evidence": error.evidence,
            "evidence_means": EVIDENCE[error.evidence],
            "row": error.row,
            "cause": self.usual.cause,
            "cure": self.usual.cure,
        }


def entries() -> list[Entry]:
    """Return every row, in the order of the catalogues."""
    return [
        *_of_module(token_service, "the token service", causes.TOKEN_SERVICE),
        *_of_module(gateway, "an API's gateway", causes.GATEWAY),
        *_of_provider("CIS2", providers.CIS2),
        *_of_provider("NHS login", providers.NHS_LOGIN),
    ]


def show(text: str | None, *, as_json: bool) -> None:
    """Print the rows, or those that the text is about. Raises No when there is none."""
    found = [entry for entry in entries() if text is None or entry.is_about(text)]
    if not found:
        raise No(f"No error of the mocks is about {json.dumps(text)}: `nhsauth errors` lists them all")
    if as_json:
        click.echo(json.dumps([entry.as_json() for entry in found], indent=2))
        return
    for entry in found:
        _print(entry)


def _of_module(module: Any, service: str, usual: Any) -> Iterator[Entry]:
    for name, row in vars(module).items():
        if isinstance(row, ServiceError):
            yield Entry(service=service, name=name, error=row, usual=usual[name])


def _of_provider(title: str, rows: Any) -> Iterator[Entry]:
    for name, row in rows.items():
        yield Entry(service=title, name=name.upper(), error=row, usual=causes.PROVIDERS[name])


def _print(entry: Entry) -> None:
    error = entry.error
    head = " ".join(part for part in (str(error.status), error.code) if part)
    click.echo(f"{click.style(head, bold=True)}  {error.sentence}".rstrip())
    click.echo(f"  from     {entry.service}, {error.row}, {entry.name}")
    click.echo(f"  evidence {error.evidence}: {EVIDENCE[error.evidence]}")
    click.echo(f"  cause    {entry.usual.cause}")
    click.echo(f"  cure     {entry.usual.cure}\n")
