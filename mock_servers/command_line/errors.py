"""`nhsauth errors`: every error row of every service, with its usual cause and cure, or those that a text is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import click

from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.catalogue.observations import Day, ObservationsError
from mock_servers.catalogue.observed import observed
from mock_servers.catalogue.search import Hits, search
from mock_servers.command_line.arguments import bytes_of
from mock_servers.command_line.config import configured_observations
from mock_servers.command_line.exit import AnswerIsNo, Misuse, misuse
from mock_servers.reading.plain import decoded
from mock_servers.wire.wording import cut, shown

_DETAILED: Final = 5
"""Errors of which everything is printed; of more a line each."""
_LARGEST: Final = 4 << 20
"""Bytes of a text that are read."""
_LONGEST_SHOWN: Final = 200
_MORE: Final = (
    f"Causes and cures are shown for {_DETAILED} errors or fewer. Give more of the sentence, or give the request and "
    "its answer to nhsauth explain."
)


def show(given: str | None, *, as_json: bool) -> None:
    """Print all errors, or those that a text is about; a few are printed with all details.

    The text is given as it is, as `-` for stdin, or as `@FILE`. Raises AnswerIsNo when no error is about it, Misuse for
    a file that cannot be read.
    """
    found = find(None if given is None else _text(given))
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else "\n".join(found.lines()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The errors that a text is about, or all where it `is_search` of none; `days` have what was observed."""

    hits: Hits
    days: Sequence[Day]
    is_search: bool

    @property
    def are_few(self) -> bool:
        """Whether there are so few that each is shown with all details."""
        return self.is_search and len(self.hits.entries) <= _DETAILED

    def as_json(self) -> list[dict[str, object]]:
        """Return them for programs."""
        return [self._members(each) for each in self.hits.entries]

    def _members(self, entry: Entry) -> dict[str, object]:
        near = {"near": True} if self.hits.are_near else {}
        return {**entry.as_json(), **near, **({"observed": str(observed(entry, self.days))} if self.days else {})}

    def lines(self) -> Iterator[str]:
        """Yield the sentences, those of one wording on one line, then causes and cures where the errors are few."""
        found = sorted(self.hits.entries, key=lambda each: not observed(each, self.days).otherwise)
        if self.hits.are_near:
            yield from ("No error has these words. The nearest:", "")
        by_line: dict[str, list[str]] = {}
        for each in found:
            by_line.setdefault(_head(each), []).append(each.service)
        if len(found) > 1 or not self.are_few:
            yield from (f"{line}  ({', '.join(dict.fromkeys(services))})" for line, services in by_line.items())
            yield from ("", *([_MORE] if self.is_search and not self.are_few else []))
        for each in found if self.are_few else ():
            yield from _details(each, self.days)


def find(text: str | None) -> Found:
    """Find the errors that a text is about, or list all.

    Raises AnswerIsNo when no error is about it, Misuse for observations that cannot be read.
    """
    hits = Hits(entries=entries()) if text is None else search(text)
    if not hits.entries:
        called = shown(text) if len(text or "") <= _LONGEST_SHOWN else f"the text {cut(text or '')}"
        raise AnswerIsNo(f"No error is about {called}: `nhsauth errors` lists them all")
    with misuse(ObservationsError):
        days = observations.read_all(configured_observations())
    return Found(hits=hits, days=days, is_search=text is not None)


def _head(entry: Entry) -> str:
    head = " ".join(part for part in (str(entry.error.status), entry.error.code) if part)
    return f"{click.style(head, bold=True)}  {entry.error.sentence}".rstrip()


def _details(entry: Entry, days: Sequence[Day]) -> Iterator[str]:
    error, seen = entry.error, observed(entry, days)
    letter = seen.letter(error.evidence)
    yield _head(entry)
    yield f"  from     {entry.service}, {error.row}, {entry.name}"
    if not entry.played:
        yield "  played   by no mock: an API behind the gateway says so"
    yield f"  evidence {letter}: {EVIDENCE[letter]}"
    if days:
        yield f"  observed {str(seen).replace('**', '')}"
    yield f"  cause    {entry.problem.cause}"
    yield f"  cure     {entry.problem.cure}"
    yield from (f"  mistake  {name}: {words}" for name, words in entry.mistakes.items())
    yield ""


def _text(given: str) -> str:
    source = "stdin" if given == "-" else given.removeprefix("@")
    try:
        raw = bytes_of(given, _LARGEST)
    except (OSError, ValueError) as error:
        raise Misuse(f"TEXT cannot be read from {shown(source)} ({getattr(error, 'strerror', error)})") from None
    if len(raw) > _LARGEST:
        raise Misuse(f"TEXT has more than {_LARGEST} bytes")
    text = decoded(raw)
    if not text.strip():
        raise Misuse("TEXT is empty; allowed: a text, - for stdin, @FILE for a file")
    return text
