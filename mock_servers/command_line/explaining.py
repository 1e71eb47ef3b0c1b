"""`nhsauth explain`: what a value is and how the service would judge it, without asking anybody.

A message id alone is looked up, at a mock that runs: no other value leaves the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import requests

from mock_servers.command_line import explanation
from mock_servers.command_line.outcome import Misuse, No
from mock_servers.control.explain import explain_on
from mock_servers.explain.offline import offline, token_url_of
from mock_servers.jose import jwks
from mock_servers.jose.jwks import HttpFetcher, UnreachableError
from mock_servers.wire.wording import printable, shown

_TIMEOUT: Final = 10  # seconds
_LARGEST: Final = 4 << 20
"""Bytes of a value that are read; the service reads no request of more than one MiB."""
_LAST: Final = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What a value is judged under: sent as what, to where, by whose keys, when; `server` knows message ids."""

    role: str | None
    token_url: str | None
    key_set: str | None
    at: str | None
    server: str


def run(given: str, circumstance: Circumstance, *, as_json: bool) -> None:
    """Print the explanation. Raises Misuse for what cannot be read, No where the service would refuse the value."""
    value = _value(given)
    if value.strip().startswith("rrt-"):
        told, url = _of_server(circumstance.server, value.strip()), None
    else:
        url = _url(circumstance.token_url) or token_url_of(value)
        bench = offline(url, _moment(circumstance.at), _key_set(circumstance.key_set))
        told = explain_on(bench, value, circumstance.role)
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(explanation.lines(told, url)))
    if _is_refused(told):
        raise click.exceptions.Exit(No.exit_code)


def _is_refused(told: Mapping[str, Any]) -> bool:
    """Whether the service has refused the exchange, or would refuse the value whatever it is sent as."""
    if told["exchange"]:
        return told["exchange"]["error"] is not None
    return all(each["would_be"] == "refused" for each in told["verdicts"])


# what is given


def _value(given: str) -> str:
    source = "stdin" if given == "-" else given.removeprefix("@")
    try:
        raw = _bytes(given)
    except OSError as error:
        raise Misuse(f"TOKEN cannot be read from {shown(source)} ({error.strerror})") from None
    if len(raw) > _LARGEST:
        raise Misuse(f"TOKEN has more than {_LARGEST} bytes")
    if not raw.strip():
        raise Misuse("TOKEN is empty; allowed: a value, - for stdin, @FILE for a file")
    return raw.decode(errors="replace")


def _bytes(given: str) -> bytes:
    if given == "-":
        return sys.stdin.buffer.read(_LARGEST + 1)
    if not given.startswith("@"):
        return given.encode(errors="replace")
    with Path(given[1:]).open("rb") as file:
        return file.read(_LARGEST + 1)


def _url(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        parts = urlsplit(given)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise Misuse(f"--token-url is {shown(given)}; allowed: http(s)://host/path")
    return given


def _moment(given: str | None) -> float:
    """Return seconds since 1970 of ISO 8601 with a zone, or of a number."""
    if given is None:
        return time.time()
    try:
        seconds = float(given) if given.replace(".", "", 1).isdecimal() else _of_iso(given)
    except (ValueError, OverflowError):
        seconds = -1
    if not 0 <= seconds <= _LAST:
        allowed = "ISO 8601 with a zone, such as 2026-11-24T09:00:00Z, or seconds since 1970"
        raise Misuse(f"--at is {shown(given)}; allowed: {allowed}")
    return seconds


def _of_iso(given: str) -> float:
    then = datetime.fromisoformat(given)
    return then.timestamp() if then.tzinfo is not None else -1


def _key_set(given: str | None) -> bytes | None:
    if given is None:
        return None
    try:
        body = _fetched(given) if given.startswith(("http://", "https://")) else Path(given).read_bytes()
    except (OSError, UnreachableError, ValueError) as failure:
        raise Misuse(
            f"--jwks cannot be read from {shown(given)} ({getattr(failure, 'strerror', None) or failure})"
        ) from None
    found = jwks.read(body, 0, given)
    if found.keys is None:
        raise Misuse(f"--jwks is {shown(given)}, which holds {found.problem}; allowed: a JSON Web Key Set")
    return body


def _fetched(url: str) -> bytes:
    """Get a key set from the host that the user names; the value has no part in it."""
    return HttpFetcher(own=lambda _: None, allow_hosts=(urlsplit(url).hostname or "",))(url)


def _of_server(server: str, message_id: str) -> Mapping[str, Any]:
    """Ask a mock that runs for the exchange with a message id. Raises No, and Misuse for a server that is no URL."""
    base = _server(server).rstrip("/")
    told = _answer(f"{base}/_nhsauth/explain", {"value": message_id})
    if "detail" in told:
        raise No(f"The mock at {base} refuses: {printable(str(told['detail']))}")
    if "exchange" not in told:
        raise No(f"No mock answers at {base}: start one with `nhsauth serve`, or name another with --server")
    if told["exchange"] is None:
        raise No(f"The mock at {base} keeps no exchange with the message id {shown(message_id)}")
    return told


def _answer(url: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the JSON object that a call of the control API answers, be it a problem; else an empty one."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between this process and a mock
        try:
            told = session.post(url, json=body, timeout=_TIMEOUT).json()
        except (requests.RequestException, ValueError):
            return {}
    return told if isinstance(told, dict) else {}


def _server(given: str) -> str:
    if not given.startswith(("http://", "https://")):
        raise Misuse(f"--server is {shown(given)}; allowed: http(s)://host:port")
    return given
