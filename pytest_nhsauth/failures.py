"""Explains the exchanges with real services of a failing test, if that is switched on."""

from __future__ import annotations

import os
from typing import Final

import pytest

from pytest_nhsauth import settings

FLAG: Final = "--nhsauth-explain"
VARIABLE: Final = "NHSAUTH_EXPLAIN"
INI: Final = "nhsauth_explain_failures"
TITLE: Final = "nhsauth explain"
_VERBOSE: Final = 2
"""As with -vv."""
_DECIDED: Final = pytest.StashKey["str | None"]()
_PURPOSE: Final = "explain, in a failing test, the refused answers of real hosts that its exception and frames hold"


def add_options(parser: pytest.Parser) -> None:
    """Make the option known to pytest, in its three places."""
    group = parser.getgroup("nhsauth")
    group.addoption(FLAG, dest=INI, action="store_true", default=False, help=f"{_PURPOSE} [{VARIABLE}]")
    parser.addini(INI, f"{_PURPOSE}; {FLAG} and {VARIABLE} come first", type="bool", default=False)


def decide(config: pytest.Config) -> None:
    """Decide for the whole run whether failures are explained. Raises pytest.UsageError."""
    config.stash[_DECIDED] = settings.switched_on_by(config, os.environ, FLAG, VARIABLE, INI)


def header_text(config: pytest.Config) -> str | None:
    """Return the header line that says where this was switched on; None if it was not."""
    source = config.stash[_DECIDED]
    return f"nhsauth: failures are explained ({source})" if source is not None else None


def add_section(report: pytest.TestReport, call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Add to the report of a failure why a real service refused what this test sent it."""
    if not report.failed or call.excinfo is None or config.stash[_DECIDED] is None:
        return
    from pytest_nhsauth.explain_exchange import explanations  # noqa: PLC0415 - the plugin loads no server

    lines = list(explanations(call.excinfo.value, details=config.get_verbosity() >= _VERBOSE))
    if lines:
        report.sections.append((TITLE, "\n\n".join(lines)))
