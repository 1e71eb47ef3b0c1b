"""`nhsauth summary`: what a running mock has refused, and why, as Markdown for a CI service's page of a job."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click
import requests

from mock_servers.command_line.control_call import control_call
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.state.world import PREFIX
from mock_servers.wire.wording import printable, shown

_MOST: Final = 30
"""Refusals that are explained; a job's page takes one MiB."""
_SPECIAL: Final = re.compile(r"([\\`*_\[\]|#~$])")
_PARTS: Final = (("seen", "Seen"), ("cause", "Cause"), ("cure", "Cure"), ("change", "Code"))

Exchange = Mapping[str, Any]


def show(server: str, token: str | None) -> None:
    """Print the summary. Raises Misuse for what is no URL, No when no mock answers there, or it refuses the token."""
    click.echo("\n".join(_lines(_exchanges(server, token))))


def _exchanges(server: str, token: str | None) -> Sequence[Exchange]:
    if not re.fullmatch(rf"https?://[^/?#\s]+(?:{PREFIX}[a-z0-9-]+)?/?", server):
        raise Misuse(f"--server is {shown(server)}; allowed: http(s)://host:port, or the URL of a world")
    try:
        answer = control_call("GET", server, "/exchanges", token=token)
    except (requests.RequestException, ValueError):
        answer = None
    if isinstance(answer, dict) and "detail" in answer:
        raise AnswerIsNo(f"The mock at {server} refuses: {printable(str(answer['detail']))}")
    if not isinstance(answer, list):
        raise AnswerIsNo(f"No mock answers at {server}: start one with `nhsauth serve`, or name another with --server")
    return answer


def _lines(exchanges: Sequence[Exchange]) -> Iterator[str]:
    refused = [each for each in exchanges if each["error"]]
    yield f"### nhsauth: {len(exchanges)} exchanges, {len(refused)} refused\n"
    alike = Counter(_head(each) for each in refused)
    first = {_head(each): each for each in reversed(refused)}
    for head, count in list(alike.items())[:_MOST]:
        yield f"#### {head}{f' ({count} times)' if count > 1 else ''}\n"
        yield from _explained(first[head])
    if len(alike) > _MOST:
        yield f"And {len(alike) - _MOST} other refusals: `/_nhsauth/exchanges` has them all.\n"


def _head(exchange: Exchange) -> str:
    error = exchange["error"]
    answered = error["description"] or error["code"] or "no body"
    return f"{_safe(exchange['method'])} {_safe(exchange['path'])}: {exchange['status']}, {_safe(answered)}"


def _explained(exchange: Exchange) -> Iterator[str]:
    yield f"{_safe(exchange['answer'] or 'Nothing more is known.')}\n"
    for finding in exchange["findings"]:
        yield f"{'Next: ' if finding['later'] else ''}**{_safe(finding['id'])}** ({finding['certainty']})\n"
        yield from (f"- {title}: {_safe(finding[name])}" for name, title in _PARTS if finding.get(name))
        yield ""
    yield from (f"- then: {_safe(each)}" for each in exchange["then"])
    if exchange["message_id"]:
        yield f"\nFirst seen at {exchange['at']}, message id {_safe(exchange['message_id'])}.\n"


def _safe(text: str) -> str:
    """Return a text escaped for Markdown, on one line: no mark-up, link or picture of its sender takes effect."""
    escaped = _SPECIAL.sub(r"\\\1", html.escape(" ".join(printable(text).split()), quote=False))
    return escaped.replace("://", ":&#47;&#47;").replace("@", "&#64;")
