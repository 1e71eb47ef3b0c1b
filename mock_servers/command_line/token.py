"""`nhsauth token`: asks any environment for a token, with the project's own client."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mock_servers.client import Client, TokenError
from mock_servers.command_line.exit import AnswerIsNo, Misuse, misuse
from mock_servers.jose.keys import KeyFileError, read_private_key


def run(*, token_url: str, client_id: str, key: Path, kid: str, subject_token: str | None) -> None:
    """Print the service's answer, whole. Raises AnswerIsNo for a refusal, Misuse for what could not even be asked."""
    id_token = _read(subject_token) if subject_token is not None else None
    with misuse(KeyFileError, ValueError):
        client = Client(token_url=token_url, client_id=client_id, private_key=read_private_key(key), kid=kid)
    with client:
        try:
            token = client.token_exchange(id_token) if id_token else client.client_credentials()
        except TokenError as refused:
            raise AnswerIsNo(str(refused)) from None
    click.echo(json.dumps(dict(token.raw), indent=2))


def _read(given: str) -> str:
    """Return the token itself, from wherever the argument says. Raises Misuse."""
    source = "stdin" if given == "-" else given.removeprefix("@")
    try:
        text = _text(given).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"--subject-token cannot be read from {source} ({getattr(error, 'strerror', error)})") from None
    if not text:
        raise Misuse("--subject-token is empty; allowed: an id_token, - for stdin, @FILE for a file")
    return text


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    return Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
