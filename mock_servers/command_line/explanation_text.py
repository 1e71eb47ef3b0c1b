"""An explanation as lines for a terminal: nothing in them steers it, and colour is for terminals alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.command_line.finding_text import lines as finding_lines
from mock_servers.wire.wording import one_line


def lines(explained: Mapping[str, Any], url: str | None) -> Iterator[str]:
    """Return the lines about a value that was judged at a URL, or about an exchange."""
    if explained["exchange"]:
        yield from _exchange(explained["exchange"])
        return
    yield f"{_bold(one_line(explained['seen']))} ({explained['certainty']})"
    if explained["jwt"]:
        yield from _jwt(explained["jwt"])
    for each in explained["findings"]:
        yield ""
        yield from finding_lines(each)
    for verdict in explained["verdicts"]:
        yield from _verdict(verdict, url)
    for each in explained["elsewhere"]:
        head = f"As {each['as']}"
        yield f"\n{_bold(head)}: {_error(each['error'])}"
        yield from (f"  {one_line(words)}" for words in (each["diagnosis"], each["cure"]) if words)
    if not explained["verdicts"]:
        yield "\nThe service accepts no such value, in any parameter."


def _jwt(jwt: Mapping[str, Any]) -> Iterator[str]:
    for part in ("header", "claims"):
        yield f"\n{_bold(part.capitalize())}"
        for name, value in jwt[part].items():
            words = jwt["times"].get(name) if part == "claims" else None
            yield f"  {one_line(name)}: {json.dumps(value)}" + (f"  ({words})" if words else "")
    yield f"  signature of {jwt['signature']}"


_WORDS: Final = {
    "refused": ("would be refused", "red"),
    "accepted": ("would be accepted", "green"),
    "undecided": ("nothing objects", "yellow"),
}


def _verdict(verdict: Mapping[str, Any], url: str | None) -> Iterator[str]:
    words, colour = _WORDS[verdict["would_be"]]
    at = f" at {url}" if url and verdict["as"] not in ("access_token", "apikey", "code") else ""
    head = f"As {verdict['as']}{at}"
    yield f"\n{_bold(head)}: {click.style(words, fg=colour)}"
    error = verdict["error"]
    if error:
        yield f"  {_error(error)}"
        yield f"  evidence {error['evidence']}: {EVIDENCE[error['evidence']]}"
        yield f"  {one_line(verdict['diagnosis'])}"
    yield from (f"  then: {one_line(each)}" for each in verdict["then"])
    if verdict["not_judged"]:
        yield "  not judged: " + ", ".join(map(_rule, verdict["not_judged"]))


def _error(error: Mapping[str, Any]) -> str:
    return f"{error['status']} {error['code']} {error['description']}".rstrip()


def _rule(name: str) -> str:
    return name.partition("_")[2].replace("_", " ")


def _exchange(exchange: Mapping[str, Any]) -> Iterator[str]:
    yield _bold(f"{exchange['method']} {one_line(exchange['path'])} {exchange['status']} at {exchange['at']}")
    error = exchange["error"]
    if error:
        yield f"  {error['code']} {one_line(error['description'])}".rstrip()
        yield f"  evidence {error['evidence']}: {EVIDENCE[error['evidence']]}"
    if exchange["diagnosis"]:
        yield f"  {one_line(exchange['diagnosis'])}"
    for each in exchange["findings"]:
        yield ""
        yield from finding_lines(each)
    yield from (f"  then: {one_line(each)}" for each in exchange["then"])
    yield from (f"  advice: {one_line(each)}" for each in exchange["advice"])


def _bold(text: str) -> str:
    return click.style(text, bold=True)
