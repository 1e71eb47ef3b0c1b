"""Judges a command or a service: `python -m contract_tests.client_contract -- CMD …`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from contract_tests.client_contract.checks import CHECKS
from contract_tests.client_contract.judging import judge
from contract_tests.client_contract.scorecard import Scorecard
from contract_tests.client_contract.settings import VARIABLES
from contract_tests.client_contract.subject import CannotJudgeError, CommandClient, ServiceClient

_HELP = (
    "Run CMD against a mock of the token service and judge what it sends and how it behaves.\n\n"
    "CMD prints an access token as its last line and exits with 0, or exits with something else. With --trigger it is "
    "a service that goes on; each call of that URL makes it use a token at $NHSAUTH_API_URL. CMD finds in its "
    "environment:\n\n\b\n" + "\n".join(f"  {name}  {meaning}" for name, meaning in VARIABLES.items()) + "\n\n"
    "Exit code 0: every check that could be made held; 1: one did not; 2: the client cannot be run, or "
    "none could be made."
)


def _report(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix not in (".md", ".json"):
        raise click.BadParameter(f"{path} must end in .md or .json")
    return path


@click.command(help=_HELP, context_settings={"ignore_unknown_options": True})
@click.option("--trigger", metavar="URL", help="The URL that makes a service use a token.")
@click.option("--check", "only", multiple=True, metavar="ID", help="Make this check, and others so named, alone.")
@click.option("--report", type=click.Path(path_type=Path), callback=_report, help="Also write FILE.md or FILE.json.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def main(
    *, trigger: str | None, only: tuple[str, ...], report: Path | None, as_json: bool, command: tuple[str, ...]
) -> None:
    """Judge, tell, and exit."""
    known = [check.id for check in CHECKS]
    unknown = [each for each in only if each not in known]
    if unknown:
        _refuse(f"--check is {unknown[0]!r}; allowed is {', '.join(known)}")
    if shutil.which(command[0]) is None:
        _refuse(f"{command[0]!r} is no command here")
    if trigger is not None and not trigger.startswith(("http://", "https://")):
        _refuse(f"--trigger is {trigger!r}; allowed is a URL such as http://127.0.0.1:5000/patients")
    try:
        client = CommandClient(command) if trigger is None else ServiceClient(command, trigger)
        card = judge(client, checks=[check for check in CHECKS if not only or check.id in only])
    except CannotJudgeError as error:
        _refuse(str(error))
    _tell(card, report, as_json=as_json)
    sys.exit(1 if card.failed else 0 if card.passed else 2)


def _tell(card: Scorecard, report: Path | None, *, as_json: bool) -> None:
    if report is not None:
        try:
            report.write_text(card.written(report.suffix), encoding="utf-8")
        except OSError as error:
            _refuse(f"{report} cannot be written: {error.strerror}")
    click.echo(card.written(".json") if as_json else str(card))


def _refuse(problem: str) -> None:
    click.echo(f"client contract: {problem}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
