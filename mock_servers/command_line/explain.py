"""`nhsauth explain`: why a request was refused, or what a value is, without asking anybody but a mock that runs.

That one looks up a message id, and knows what it has issued. It must say first that it is a mock.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import requests

from mock_servers.command_line.arguments import bytes_of
from mock_servers.command_line.control_call import control_call
from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.command_line.named_file import FilesBelow
from mock_servers.command_line.observations import ObservationCollector
from mock_servers.explain import moment
from mock_servers.explain.any_text import Explained, Sent, is_one, written
from mock_servers.explain.any_text import explain as explain_any
from mock_servers.explain.judging import host_of
from mock_servers.explain.offline import token_url_of
from mock_servers.explain.request_explanation import WIDTH
from mock_servers.explain.value import ValueExplanation
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwks
from mock_servers.jose.jwks import HttpFetcher, UnreachableError
from mock_servers.journal.leaked_private_key import is_private
from mock_servers.reading import exchanges
from mock_servers.reading.captured import UnreadableError
from mock_servers.reading.plain import decoded
from mock_servers.reading.raw_http import is_answer, read_answer
from mock_servers.reading.reader import LARGEST
from mock_servers.wire.wording import printable, shown

_OF_THE_REAL: Final = (
    "An id of the real service can be looked up by NHS England alone: quote it to them. "
    "What its error means, `nhsauth errors TEXT` says."
)
KEY_SET: Final = "a JSON Web Key Set"
"""What is allowed as the signer's keys."""
_LARGEST: Final = LARGEST
"""Bytes of a text that are read."""
_LARGEST_FILE: Final = 100 << 20
"""Bytes of a file; a HAR file holds many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What a value is judged under: sent as what, to where, by whose keys, when; `server` knows message ids.

    It may want a `control_token`; without a `server` nobody is asked.
    """

    role: str | None
    token_url: str | None
    key_set: str | None
    at: str | None
    server: str | None
    control_token: str | None = None
    answer: str | None = None
    read_files: bool = False
    observations: Path | None = None
    unknown_sentences: bool = False
    every: bool = False


def run(given: str | None, circumstance: Circumstance, *, as_json: bool, details: bool = False) -> None:
    """Print the explanation: the answer first, all the rest with `details`.

    Raises Misuse for what cannot be read, or where nothing was found; No where the service refuses it, or would.
    """
    text = _pasted() if given is None else _text(given, "VALUE", _LARGEST_FILE if given.startswith("@") else _LARGEST)
    if circumstance.observations is not None and is_one(text, circumstance.role):
        raise Misuse("--observations goes with requests; allowed: raw HTTP, a HAR file or a cassette, with answers")
    files = FilesBelow(Path.cwd()) if circumstance.read_files else None
    lent = _lent(circumstance, files, every=as_json or circumstance.every)
    if len(text) > LARGEST and sys.stderr.isatty():
        click.echo(f"Reading {len(text) >> 20} MB of exchanges ...", err=True)
    explained = explain(text, circumstance, lent)
    for name, why in files.left_out.items() if files is not None else ():
        click.echo(printable(f"Left out: the file {shown(name)}: {why}"), err=True)
    if as_json:
        click.echo(json.dumps(explained.as_json(), indent=2))
    else:
        for line in written(explained, _width(), every=circumstance.every, details=details, style=click.style):
            click.echo(line)
    if not explained.found:
        raise click.exceptions.Exit(Misuse.exit_code)
    if not is_one(text, circumstance.role) and (
        circumstance.observations is not None or circumstance.unknown_sentences
    ):
        _observe(text, lent, circumstance)
    if explained.refused:
        raise click.exceptions.Exit(AnswerIsNo.exit_code)


def explain(text: str, circumstance: Circumstance, lent: Lent) -> Explained:
    """Explain a value by itself, or any other text. Raises Misuse for what cannot be read, AnswerIsNo by a mock."""
    role = circumstance.role
    if is_one(text, role) and (lent.answer is None or role is not None):
        if text.strip().startswith("rrt-"):
            return ValueExplanation(known=_of_server(circumstance.server, circumstance.control_token, text.strip()))
        issued = _of_its_issuer(text, circumstance, lent)
        if issued is not None:
            return ValueExplanation(known=issued, url=_url(circumstance.token_url) or token_url_of(text))
    try:
        return explain_any(text, lent, Sent(role=role, token_url=_url(circumstance.token_url)))
    except UnreadableError as reason:
        raise Misuse(str(reason)) from None


def _lent(circumstance: Circumstance, files: FilesBelow | None, *, every: bool) -> Lent:
    answer = circumstance.answer
    return Lent(
        answer=_text(answer, "--answer", _LARGEST) if answer is not None else None,
        at=_moment(circumstance.at) if circumstance.at is not None else None,
        keys=_key_set(circumstance.key_set),
        read_file=files,
        every=every,
    )


def _width() -> int:
    return min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def _pasted() -> str:
    """Read what is pasted on a terminal, or comes through a pipe."""
    if sys.stdin.isatty():
        end = "Ctrl-Z, Enter" if os.name == "nt" else "Ctrl-D"
        click.echo(f"Paste what you have (the error, the request, code, a log), then {end}:", err=True)
    return _text("-", "VALUE", _LARGEST)


def _observe(text: str, lent: Lent, circumstance: Circumstance) -> None:
    """Compare each exchange with what we would have said, and write that down."""
    if circumstance.observations is None:
        raise Misuse("--unknown-sentences is for --observations; allowed: beside --observations FILE")
    if not exchanges.is_request(text):
        raise Misuse("--observations goes with requests; an answer alone shows no rule")
    seeing = ObservationCollector(circumstance.observations, keeps_unknown=circumstance.unknown_sentences)
    found = exchanges.read(text, lambda host: host_of(f"https://{host}") is not None, lent.read_file).exchanges
    given = read_answer(lent.answer) if lent.answer is not None and is_answer(lent.answer) else None
    for each in found:
        seeing.record(replace(each, answer=given) if given is not None else each, lent)
    seeing.finish(partial(click.echo, err=True))


# what is given


def _text(given: str, name: str, largest: int) -> str:
    source = "stdin" if given == "-" else given.removeprefix("@")
    try:
        raw = bytes_of(given, largest)
    except (OSError, ValueError) as error:
        raise Misuse(f"{name} cannot be read from {shown(source)} ({getattr(error, 'strerror', error)})") from None
    if len(raw) > largest:
        raise Misuse(f"{name} has more than {largest} bytes")
    if not raw.strip():
        raise Misuse(f"{name} is empty; allowed: a text, - for stdin, @FILE for a file")
    return decoded(raw)


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
    if given is None:
        return time.time()
    seconds = moment.seconds_of(given)
    if seconds is None:
        raise Misuse(f"--at is {shown(given)}; allowed: {moment.ALLOWED}")
    return seconds


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
        raise Misuse(f"--jwks is {shown(given)}, which holds {found.problem}; allowed: {KEY_SET}")
    return body


def _fetched(url: str) -> bytes:
    """Get a key set from the host that the user names; the value has no part in it."""
    return HttpFetcher(own=lambda _: None, allow_hosts=(urlsplit(url).hostname or "",))(url)


def _of_server(server: str | None, token: str | None, message_id: str) -> Mapping[str, Any]:
    """Ask a running mock for the exchange with a message id. Raises AnswerIsNo, Misuse for a wrong URL."""
    if server is None:
        words = "Only the mock that gave it can say what it belongs to: name it with --server."
        raise AnswerIsNo(f"{shown(message_id)} is a message id. {words} {_OF_THE_REAL}")
    base = _server(server).rstrip("/")
    explained = _answer(base, "POST", "/explain", token, {"value": message_id})
    if "detail" in explained:
        raise AnswerIsNo(f"The mock at {base} refuses: {printable(str(explained['detail']))}")
    if "exchange" not in explained:
        raise AnswerIsNo(
            f"No mock answers at {base}: start one with `nhsauth serve`, or name another with --server. {_OF_THE_REAL}"
        )
    if explained["exchange"] is None:
        raise AnswerIsNo(
            f"The mock at {base} keeps no exchange with the message id {shown(message_id)}. {_OF_THE_REAL}"
        )
    return explained


def _of_its_issuer(value: str, circumstance: Circumstance, lent: Lent) -> Mapping[str, Any] | None:
    """Return what the mock that runs says of a value that it has issued; `None` where it has not, or none runs."""
    if circumstance.server is None or lent.keys is not None or lent.at is not None or is_private(value):
        return None
    base, token = _server(circumstance.server).rstrip("/"), circumstance.control_token
    if "urls" not in _answer(base, "GET", "/status", token):
        return None
    given = {"value": value.strip(), "as": circumstance.role, "token_url": circumstance.token_url}
    explained = _answer(
        base, "POST", "/explain", token, {name: each for name, each in given.items() if each is not None}
    )
    return explained if explained.get("issued") else None


def _answer(
    server: str, method: str, path: str, token: str | None, body: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """Return the JSON object that a call of the control API answers, be it a problem; else an empty one."""
    try:
        explained = control_call(method, server, path, body, token=token)
    except (requests.RequestException, ValueError):
        return {}
    return explained if isinstance(explained, dict) else {}


def _server(given: str) -> str:
    if not given.startswith(("http://", "https://")):
        raise Misuse(f"--server is {shown(given)}; allowed: http(s)://host:port")
    return given
