"""`nhsauth contract`: runs the contract tests in a pytest of their own, and says in its exit code what came of them."""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

from mock_servers.command_line.outcome import Misuse

_HOLDS: Final = 0
_DIFFERS: Final = 1
_CANNOT_JUDGE: Final = 2
_SEED: Final = "--hypothesis-seed"


def run(targets: Sequence[str], report: Path | None, options: Sequence[str]) -> NoReturn:
    """End the process with 0 when the contract holds, 1 when something differs, 2 when nothing can be told.

    Raises Misuse when the contract tests are not installed.
    """
    if importlib.util.find_spec("contract_tests") is None or importlib.util.find_spec("pytest") is None:
        raise Misuse("the contract tests are not installed: they come with pytest-nhsauth, and need pytest")
    # From a zip application, too, whose modules another Python would not find.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(_command(targets, report, options), env=environ, check=False)  # noqa: S603 - our own Python
    sys.exit(done.returncode if done.returncode in (_HOLDS, _DIFFERS) else _CANNOT_JUDGE)


def _command(targets: Sequence[str], report: Path | None, options: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--pyargs", "contract_tests", "--nhsauth-contract-table", "-q"]
    command += [word for target in targets for word in ("--nhsauth-contract-target", target)]
    command += ["--nhsauth-contract-report", str(report)] if report else []
    if not any(option.startswith(_SEED) for option in options):
        seed = secrets.randbelow(1_000_000)
        click.echo(f"what is drawn at random is drawn again with {_SEED}={seed}")
        command.append(f"{_SEED}={seed}")
    return [*command, *options]
