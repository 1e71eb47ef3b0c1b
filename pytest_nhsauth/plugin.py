"""The hooks that pytest calls. Other modules do the work; loading them imports no server and no cryptography."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from typing import Any, Final

import pytest

from pytest_nhsauth import contract, elsewhere, failures, import_guard, markers, real_names, report, settings
from pytest_nhsauth.fixtures import (
    _nhsauth_http,
    nhsauth,
    nhsauth_access_token,
    nhsauth_app,
    nhsauth_auth_headers,
    nhsauth_client,
    nhsauth_client_assertion,
    nhsauth_clock,
    nhsauth_env,
    nhsauth_exchanges,
    nhsauth_faults,
    nhsauth_gateway,
    nhsauth_id_token,
    nhsauth_new_app,
    nhsauth_platform,
    nhsauth_real_names,
    nhsauth_settings,
)

__all__ = [
    "_nhsauth_http",
    "nhsauth",
    "nhsauth_access_token",
    "nhsauth_app",
    "nhsauth_auth_headers",
    "nhsauth_client",
    "nhsauth_client_assertion",
    "nhsauth_clock",
    "nhsauth_env",
    "nhsauth_exchanges",
    "nhsauth_faults",
    "nhsauth_gateway",
    "nhsauth_id_token",
    "nhsauth_new_app",
    "nhsauth_platform",
    "nhsauth_real_names",
    "nhsauth_settings",
]

_OLDEST: Final = (8, 3)

import_guard.install_import_guard()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the options and ini values known."""
    settings.add_options(parser)
    contract.add_options(parser)
    real_names.add_options(parser)
    failures.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Decide the settings, so that a broken configuration is reported before anything runs."""
    if pytest.version_tuple[:2] < _OLDEST:
        raise pytest.UsageError(f"nhsauth: pytest is {pytest.__version__}; allowed is 8.3 or newer")
    config.addinivalue_line("markers", markers.LINE)
    config.addinivalue_line("markers", markers.IN_PROCESS_LINE)
    config.stash[settings.SETTINGS] = settings.decide(config, os.environ)
    contract.begin(config, os.environ)
    real_names.begin(config, os.environ)
    failures.decide(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the settings that were made, and where."""
    lines = [
        config.stash[settings.SETTINGS].header_line(),
        real_names.header_text(config, os.environ),
        failures.header_text(config),
    ]
    return list(filter(None, lines))


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """Make a misspelt ini value of ours an error."""
    settings.refuse_unknown(str(warning_message.message))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests that cannot work at a running mock, if the run uses one."""
    decided = config.stash[settings.SETTINGS]
    if decided.target.value is not None:
        elsewhere.skip(items, config, decided.target.value, decided.target_token)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin to watch the mock for this test, and check its marker, before its first fixture is set up."""
    report.begin(item)
    try:
        markers.wanted(item)
        markers.needs_process(item)
    except markers.MarkerError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the exchanges of a failed test, and why real services refused its requests, if that is on."""
    made = yield
    report.add_section(item, made)
    failures.add_section(made, call, item.config)
    return made


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Report to xdist's controller how many exchanges there were."""
    report.send_tally(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of one of xdist's workers."""
    report.add_tally(node.config, getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say how many exchanges there were."""
    report.summarise(terminalreporter, config, is_green=exitstatus == pytest.ExitCode.OK)
