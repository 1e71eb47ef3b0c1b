"""`nhsauth worlds`: the worlds of a running mock, and their end."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import click
import requests

from mock_servers.command_line.control_call import control_call
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.wire.wording import printable, shown


def list_all(server: str, token: str | None, *, as_json: bool) -> None:
    """Print a line a world. Raises Misuse for what is no URL, No when no mock with worlds answers there."""
    worlds = _asked("GET", server, "", token)
    if not isinstance(worlds, list):
        raise _none(server)
    if as_json:
        click.echo(json.dumps(worlds, indent=2))
        return
    for each in worlds:
        click.echo(f"{each['name']:40}  {each['url']}")


def delete(server: str, token: str | None, name: str) -> None:
    """Delete a world. Raises Misuse for what is no URL, No when it is not there."""
    if _asked("DELETE", server, f"/{quote(name, safe='')}", token) is not None:
        raise _none(server)


def _asked(method: str, server: str, path: str, token: str | None) -> Any:
    """Return what the mock answers; `None` for an empty answer. Raises Misuse, and No for a refusal."""
    if not re.fullmatch(r"https?://[^/?#\s]+/?", server):
        raise Misuse(f"--server is {shown(server)}; allowed: http(s)://host:port")
    try:
        reported = control_call(method, server, f"/worlds{path}", token=token)
    except (requests.RequestException, ValueError):
        raise _none(server) from None
    if isinstance(reported, dict) and "detail" in reported:
        raise AnswerIsNo(f"The mock at {server} refuses: {printable(str(reported['detail']))}")
    return reported


def _none(server: str) -> AnswerIsNo:
    return AnswerIsNo(f"No mock answers at {server}: start one with `nhsauth serve`, or name another with --server")
