"""`nhsauth contract` and `nhsauth client-contract`: what judges stands above the mock, which knows only its place."""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, NoReturn

from mock_servers.command_line.exit import Misuse, misuse
from mock_servers.jose.keys import cache_folder

_CANNOT_JUDGE: Final = 2
_REPORTED_CODES: Final = (0, 1, _CANNOT_JUDGE, 130)
"""What the exit code may be: it holds, it differs, it cannot be judged, it was interrupted."""
_SEED: Final = "--hypothesis-seed"
_TESTS: Final = Path(__file__).resolve().parents[2] / "contract_tests"


def judge_client(command: Sequence[str], **asked: Any) -> NoReturn:
    """End the process with 0 when what could be judged of a client held, 1 when something did not, 2 when nothing was.

    Raises Misuse for what cannot be used, and when the contract tests are not installed.
    """
    with misuse(ValueError):
        code: int = _judge().run(command, **asked)
    sys.exit(code)


def client_checks() -> str:
    """Return the names of the client contract's checks, a line each. Raises Misuse when it is not installed."""
    lines: str = _judge().listed()
    return lines


def _judge() -> Any:
    try:
        return importlib.import_module("contract_tests.client_contract.command")
    except ModuleNotFoundError as error:
        raise Misuse(f"the client contract is not installed (no {error.name}): it comes with pytest-nhsauth") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is written of a run, where it is asked for, and the differences that are known."""

    report: Path | None = None
    observations: Path | None = None
    known_differences: Path | None = None


def run(targets: Sequence[str], only: Sequence[str], files: Files, options: Sequence[str]) -> NoReturn:
    """End the process with 0 when the contract holds, 1 when something differs, 2 when there is no result.

    The exit code is 130 after Ctrl-C. Raises Misuse when the contract tests are not installed.
    """
    if not (_TESTS / "__main__.py").is_file() or importlib.util.find_spec("pytest") is None:
        raise Misuse("the contract tests are not installed: they come with pytest-nhsauth, and need pytest")
    cache = cache_folder(os.environ) / "contract"
    path = os.pathsep.join(place for place in sys.path if place)  # of a zip application, too
    environ = {"HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"), **os.environ, "PYTHONPATH": path}
    own = [*_pytest(cache), *_asked(targets, only, files), *_seed(options), *options]
    command = [sys.executable, "-P", str(_TESTS / "__main__.py"), *own]
    with subprocess.Popen(command, env=environ) as asking:  # noqa: S603 - our own Python
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both, and the other one sums up
        code = asking.wait()
    sys.exit(code if code in _REPORTED_CODES else _CANNOT_JUDGE)


def _pytest(cache: Path) -> list[str]:
    """Return what lets pytest run by neither the caller's configuration nor a cache in the caller's folder."""
    of_ours = ["-c", str(_TESTS / "contract.ini"), "--rootdir", str(_TESTS), "-o", f"cache_dir={cache / 'pytest'}"]
    without = ["-p", "no:asyncio"]  # it warns of what our configuration, which knows no coroutines, does not set
    return [*of_ours, *without, "--import-mode", "importlib", "--nhsauth-contract-screen", "-q"]


def _asked(targets: Sequence[str], only: Sequence[str], files: Files) -> list[str]:
    words = [word for target in targets for word in ("--nhsauth-contract-target", target)]
    words += [word for area in only for word in ("--nhsauth-contract-only", area)]
    for field in fields(files):
        file = getattr(files, field.name)
        words += [f"--nhsauth-contract-{field.name.replace('_', '-')}", str(file)] if file else []
    return words


def _seed(options: Sequence[str]) -> list[str]:
    if any(option.startswith(_SEED) for option in options):
        return []
    return [f"{_SEED}={secrets.randbelow(1_000_000)}"]
