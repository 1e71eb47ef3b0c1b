"""Runs `nhsauth client-contract`: one table on stdout, logs in files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from contract_tests.client_contract.checks import CHECKS, Check
from contract_tests.client_contract.judging import judge
from contract_tests.client_contract.scorecard import Scorecard
from contract_tests.client_contract.subject import CannotJudgeError, CommandClient, ServiceClient

_MOCK: Final = "mock.log"
_CLIENT: Final = "client.log"


def run(
    command: Sequence[str],
    *,
    trigger: str | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    report: Path | None = None,
    logs: Path | None = None,
    as_json: bool = False,
) -> int:
    """Check, report, and return the exit code: 0 no check failed, 1 some failed, 2 none could run.

    Raises ValueError, in one line, for unusable input.
    """
    checks = _chosen(only, skip)
    _refuse_unusable(command, trigger, report)
    client = CommandClient(command) if trigger is None else ServiceClient(command, trigger)
    try:
        with _logged(logs):
            card = judge(client, checks=checks)
        _write(card, report, logs)
    except CannotJudgeError as error:
        raise ValueError(str(error)) from None
    except OSError as error:
        raise ValueError(f"{error.filename} cannot be written: {error.strerror}") from None
    if not as_json:
        _refuse_unjudged(card)
    click.echo(card.written(".json") if as_json else str(card))
    if card.failed and not as_json:
        _say_where(logs)
    return 1 if card.failed else 0 if card.passed or card.advised else 2


def listed() -> str:
    """Return the name of each check, and what it asks of a client: a line each."""
    return "\n".join(f"{each.id:<17}  {each.asks}{' (advice)' * each.optional}" for each in CHECKS)


def _chosen(only: Sequence[str], skip: Sequence[str]) -> list[Check]:
    """Return the checks to make. Raises ValueError for an unknown name, and if none is left."""
    known = [check.id for check in CHECKS]
    for option, names in (("--check", only), ("--skip", skip)):
        unknown = [each for each in names if each not in known]
        if unknown:
            raise ValueError(f"{option} is {unknown[0]!r}; allowed is {', '.join(known)}")
    chosen = [check for check in CHECKS if check.id not in skip and (not only or check.id in only)]
    if not chosen:
        raise ValueError(f"--skip leaves no check: it names {', '.join(dict.fromkeys(skip))}")
    return chosen


def _refuse_unusable(command: Sequence[str], trigger: str | None, report: Path | None) -> None:
    if report is not None and report.suffix not in (".md", ".json"):
        raise ValueError(f"--report is {str(report)!r}; allowed is a name that ends in .md or .json")
    if shutil.which(command[0]) is None:
        raise ValueError(f"{command[0]!r} is no command here")
    if trigger is not None and not trigger.startswith(("http://", "https://")):
        raise ValueError(f"--trigger is {trigger!r}; allowed is a URL such as http://127.0.0.1:5000/patients")


def _refuse_unjudged(card: Scorecard) -> None:
    """Say once what kept each check from being made."""
    if len(card.skipped) == len(card.verdicts):
        raise ValueError(f"{card.client}: nothing could be judged: {card.verdicts[0].seen}")


@contextmanager
def _logged(folder: Path | None) -> Iterator[None]:
    """Write the mocks' log to a file, or nowhere: the table has what a person needs."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    handler = logging.NullHandler() if folder is None else logging.FileHandler(folder / _MOCK, "w", encoding="utf-8")
    logger = logging.getLogger("mock_servers")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def _write(card: Scorecard, report: Path | None, logs: Path | None) -> None:
    if report is not None:
        report.write_text(card.written(report.suffix), encoding="utf-8")
    if logs is not None:
        (logs / _CLIENT).write_text(card.said, encoding="utf-8")


def _say_where(logs: Path | None) -> None:
    if logs is None:
        click.echo("With --logs FOLDER there are files of what the client said, and why the mock refused.")
        return
    click.echo(f"What the client said is in {logs / _CLIENT}, why the mock refused in {logs / _MOCK}.")
