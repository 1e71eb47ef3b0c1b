"""`nhsauth env`: the variables that lead programs to a running server under the real host names."""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import click

from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.real_hosts import variables as client_environment
from mock_servers.state.world import PREFIX
from mock_servers.wire.environment_lines import LINES

_TIMEOUT: Final = 5  # seconds


def show(*, url: str, token: str | None, shell: str) -> None:
    """Print one line a variable. Raises Misuse for a URL, No when no mock with `--tls` answers there."""
    status = _status(url, token).get("real_names")
    if status is None:
        raise AnswerIsNo(f"The mock at {url} speaks no TLS: start it with nhsauth serve --tls")
    print_variables(client_environment.read(status), shell)


def print_variables(known: client_environment.RealNames, shell: str) -> None:
    """Print one line a variable."""
    for name, value in known.variables(os.environ).items():
        click.echo(LINES[shell](name, value))


def _status(url: str, token: str | None) -> Mapping[str, Any]:
    if not re.fullmatch(rf"https?://[^/?#\s]+(?:{PREFIX}[a-z0-9-]+)?/?", url) or not _is_whole(url):
        raise Misuse(f"--server is {url!r}; allowed: a URL such as http://127.0.0.1:8080, without a path but a world's")
    try:
        health = _read(f"{url.rstrip('/')}/_nhsauth/health")
        control = str(health["control"]) if isinstance(health, dict) and "control" in health else None
        is_same_host = control is not None and urlsplit(control).hostname == urlsplit(url).hostname
        status = _read(f"{control}/status", token if is_same_host else None) if control is not None else None
    except urllib.error.HTTPError as refusal:
        refusal.close()
        if refusal.code == HTTPStatus.UNAUTHORIZED:
            raise AnswerIsNo(f"The mock at {url} takes a control token: set NHSAUTH_CONTROL_TOKEN") from None
        status = None
    except (http.client.HTTPException, ValueError):
        status = None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise AnswerIsNo(f"Nothing answers at {url} ({reason}): start it with nhsauth serve --tls") from None
    if not isinstance(status, dict) or not status.keys() >= {"version", "urls"}:
        raise AnswerIsNo(f"What answers at {url} is no mock of nhsauth")
    return status


def _read(url: str, token: str | None = None) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    proof = {} if token is None else {"Authorization": f"Bearer {token}"}
    with opener.open(urllib.request.Request(url, headers=proof), timeout=_TIMEOUT) as answer:  # noqa: S310 - it is http
        return json.load(answer)


def _is_whole(url: str) -> bool:
    """Whether there is a host, and a port that can be one or is left out."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
