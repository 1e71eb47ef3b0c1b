"""`nhsauth summary`: what a running mock has refused, and why, as Markdown for a CI service's page of a job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import click
import requests

from mock_servers.command_line.control_call import SERVER, control_call
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.state.world import PREFIX, ROOT
from mock_servers.wire.wording import printable, shown

_MOST: Final = 30
"""Refusals that are explained; a job's page takes one MiB."""
_MOST_WORLDS: Final = 10
"""Worlds that are named for one kind of refusal."""
_SPECIAL: Final = re.compile(r"([\\`*_\[\]|#~$])")
_PARTS: Final = (("seen", "Seen"), ("cause", "Cause"), ("cure", "Cure"), ("change", "Code"))

Exchange = Mapping[str, Any]


def show(server: str, token: str | None, *, world: str | None = None, all_worlds: bool = False) -> None:
    """Print the summary of a server itself, of one of its worlds, or of it and all of its worlds.

    Raises Misuse for what is no URL, AnswerIsNo when no mock answers there, none with such a world, or it refuses the
    token.
    """
    if not re.fullmatch(SERVER, server):
        raise Misuse(f"--server is {shown(server)}; allowed: http(s)://host:port, or the URL of a world")
    if all_worlds and world is not None:
        raise Misuse("--world names one world, and --all-worlds takes all: give one of them")
    if (all_worlds or world is not None) and PREFIX in server:
        raise Misuse(f"--server is {shown(server)}, a world: leave out --world and --all-worlds, or name its server")
    if all_worlds:
        exchanges, worlds = _of_all(server, token)
        click.echo("\n".join(_lines(exchanges, worlds)))
        return
    url = server if world in (None, ROOT) else _of_world(server, world, token)
    click.echo("\n".join(_lines(_asked(url, "/exchanges", token))))


def _of_all(server: str, token: str | None) -> tuple[list[Exchange], int]:
    """Return the exchanges of a server and of its worlds, and how many worlds there are."""
    listed = _asked(server, "/worlds", token)
    found = list(_asked(server, "/exchanges", token))
    for each in listed:
        with suppress(AnswerIsNo):  # it was deleted meanwhile
            found += _asked(f"{server.rstrip('/')}{PREFIX}{each['name']}", "/exchanges", token)
    return found, len(listed)


def _of_world(server: str, world: str, token: str | None) -> str:
    """Return the URL of a world. Raises AnswerIsNo where there is none of this name."""
    known = [str(each["name"]) for each in _asked(server, "/worlds", token)]
    if world not in known:
        words = ", ".join(sorted(known)) or "there is none"
        raise AnswerIsNo(f"No world at {server} is called {shown(world)}. Its worlds: {printable(words)}.")
    return f"{server.rstrip('/')}{PREFIX}{world}"


def _asked(server: str, path: str, token: str | None) -> Sequence[Any]:
    try:
        answer = control_call("GET", server, path, token=token)
    except (requests.RequestException, ValueError):
        answer = None
    if isinstance(answer, dict) and "detail" in answer:
        raise AnswerIsNo(f"The mock at {server} refuses: {printable(str(answer['detail']))}")
    if not isinstance(answer, list):
        raise AnswerIsNo(f"No mock answers at {server}: start one with `nhsauth serve`, or name another with --server")
    return answer


def _lines(exchanges: Sequence[Exchange], worlds: int | None = None) -> Iterator[str]:
    """Yield the lines of a summary; with a number of worlds each refusal says in which of them it was."""
    refused = [each for each in exchanges if each["error"]]
    where = "" if worlds is None else f" at the server and in {worlds} {'world' if worlds == 1 else 'worlds'}"
    yield f"### nhsauth: {len(exchanges)} exchanges, {len(refused)} refused{where}\n"
    alike: dict[str, list[Exchange]] = {}
    for each in refused:
        alike.setdefault(_head(each), []).append(each)
    for head, some in list(alike.items())[:_MOST]:
        seen_in = [] if worlds is None else [f"in {_listed(list(dict.fromkeys(each['world'] for each in some)))}"]
        notes = ", ".join([f"{len(some)} times"] * (len(some) > 1) + seen_in)
        yield f"#### {head}{f' ({notes})' if notes else ''}\n"
        yield from _explained(some[0])
    if len(alike) > _MOST:
        yield f"And {len(alike) - _MOST} other refusals: `/_nhsauth/exchanges` has them all.\n"


def _listed(worlds: Sequence[str]) -> str:
    more = len(worlds) - _MOST_WORLDS
    return ", ".join(map(_safe, worlds[:_MOST_WORLDS])) + (f" and {more} more" if more > 0 else "")


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
