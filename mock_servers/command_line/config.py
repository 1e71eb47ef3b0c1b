"""`nhsauth config`: whether a configuration holds, and what one may hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mock_servers.catalogue import observations, suggestion
from mock_servers.catalogue.observations import ObservationsError
from mock_servers.command_line.exit import AnswerIsNo, Misuse, misuse
from mock_servers.configuration import reading as configuration_file
from mock_servers.configuration.reading import ConfigurationError
from mock_servers.state.configuration import Configuration


def check(file: Path | None, *, as_json: bool) -> None:
    """Say whether the file holds, key files included; without one, what is found here. Raises AnswerIsNo."""
    try:
        path = file or configuration_file.find(Path.cwd())
        found = _read(path) if path else Configuration()
    except ConfigurationError as error:
        if as_json:
            _print({"holds": False, "problem": str(error), "problems": str(error).splitlines()})
        raise AnswerIsNo(str(error)) from None
    if as_json:
        counts = {"apps": len(found.apps), "apis": len(found.apis), "users": len(found.people)}
        _print({"holds": True, "file": str(path) if path else None, **counts})
        return
    where = f"{path} is" if path else "No nhsauth.toml here. The defaults are"
    click.echo(f"{where} valid ({_counts(found)}).")


def print_schema() -> None:
    """Print the JSON Schema."""
    _print(configuration_file.schema())


def suggest(files: Sequence[Path]) -> None:
    """Print the settings that observations call for. Raises Misuse without any, and for what cannot be read."""
    named = files or configured_observations()
    if not named:
        raise Misuse("No file of observations is named; allowed: FILE, or [evidence] observations in nhsauth.toml")
    with misuse(ObservationsError):
        days = observations.read_all(named)
    lines = list(suggestion.lines(suggestion.suggested(days)))
    click.echo("\n".join(lines) if lines else "# What was observed calls for no setting.")


def configured_observations() -> tuple[Path, ...]:
    """Return the files that this folder's configuration names. Raises Misuse."""
    with misuse(ConfigurationError):
        path = configuration_file.find(Path.cwd())
        return configuration_file.read(path).evidence.observations if path is not None else ()


def _print(members: dict[str, Any]) -> None:
    click.echo(json.dumps(members, indent=2))


def _read(path: Path) -> Configuration:
    found, wrong = configuration_file.read(path), []
    if found.key_files:
        from mock_servers.jose.keys import KeyFileError, read_private_key  # noqa: PLC0415 - brings cryptography

        for file, member in found.key_files.items():
            try:
                read_private_key(file, member)
            except KeyFileError as error:
                wrong.append(str(error))
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return found


def _counts(found: Configuration) -> str:
    """Return what there is besides the ready-made: `1 app, 2 APIs`."""
    counted = {"app": len(found.apps), "API": len(found.apis), "user": len(found.users)}
    listed = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counted.items() if count or name == "app"]
    return ", ".join(listed)
