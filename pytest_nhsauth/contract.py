"""What the contract tests need of pytest as a whole: their options, and the telling of what came of their cases.

A conftest inside a package is read too late to have options, and not at all by a process that only gives tests out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from pytest_nhsauth.judgement import Judgements

ENVIRONMENTS: Final = {
    "int": "https://int.api.service.nhs.uk/oauth2",
    "sandbox": "https://sandbox.api.service.nhs.uk/oauth2",
}
"""The real environments that can be asked, by their words."""
TARGETS: Final = pytest.StashKey["tuple[str, ...]"]()
"""Whom the contract is asked of in this session."""
CANNOT_JUDGE: Final = "nhsauth_cannot_judge"
"""Under which name a process that was given tests says why it has stopped."""

_FLAG: Final = "--nhsauth-contract-target"
_INI: Final = "nhsauth_contract_target"
_ALLOWED: Final = f"mock, mock:FILE (a configuration), {', '.join(ENVIRONMENTS)}, or a URL that begins with http"


def add_options(parser: pytest.Parser) -> None:
    """Make the options of the contract tests known to pytest."""
    group = parser.getgroup("nhsauth-contract", "the contract of NHS England's API platform, asked of anyone")
    group.addoption(
        _FLAG,
        dest=_INI,
        action="append",
        metavar="TARGET",
        help=f"whom the contract is asked of: {_ALLOWED}; may be repeated [NHSAUTH_CONTRACT_TARGET]",
    )
    group.addoption(
        "--nhsauth-contract-report",
        dest="nhsauth_contract_report",
        metavar="FILE",
        help="write which rules hold and which differ: FILE.md or FILE.json",
    )
    group.addoption(
        "--nhsauth-contract-table",
        dest="nhsauth_contract_table",
        action="store_true",
        help="print a line for each rule, not only for those that differ",
    )
    parser.addini(_INI, f"whom the contract tests ask; {_FLAG} and NHSAUTH_CONTRACT_TARGET come first", type="args")


def begin(config: pytest.Config, environ: Mapping[str, str]) -> None:
    """Decide whom to ask, and gather what comes of it, but for a process that another has given tests to."""
    config.stash[TARGETS] = _decide(config, environ)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathering(config), "nhsauth contract")


def _decide(config: pytest.Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return whom to ask, the mock unless somebody else is named. Raises pytest.UsageError for what is no target."""
    said = config.getoption(_INI) or environ.get("NHSAUTH_CONTRACT_TARGET", "").split() or config.getini(_INI)
    names = tuple(dict.fromkeys(said)) or ("mock",)
    for name in names:
        if not _is_target(name):
            shown = re.sub(r"//.*@", "//(hidden)@", name)
            raise pytest.UsageError(f"nhsauth: the contract target {shown!r} is unknown; allowed: {_ALLOWED}")
    report = config.getoption("nhsauth_contract_report")
    if report and not report.endswith((".md", ".json")):
        raise pytest.UsageError(f"nhsauth: --nhsauth-contract-report is {report!r}; allowed: FILE.md or FILE.json")
    return names


class Gathering:
    """The hooks that gather judgements from all processes, print their summary, and write the report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._judgements = Judgements()

    def pytest_report_header(self) -> str | None:
        """Name whom the contract is asked of, unless it is the mock alone."""
        names = self._config.stash[TARGETS]
        return None if names == ("mock",) else f"nhsauth: the contract is asked of {', '.join(names)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test says of its case."""
        self._judgements.add(report)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note why a target cannot be judged."""
        if getattr(excinfo.value, "returncode", None) == pytest.ExitCode.INTERRUPTED:
            self._judgements.cannot_judge = str(excinfo.value)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Note the same of another process."""
        reason = getattr(node, "workeroutput", {}).get(CANNOT_JUDGE)
        self._judgements.cannot_judge = self._judgements.cannot_judge or reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Let a run of the contract that could ask nothing prove nothing."""
        wanted = self._config.getoption("nhsauth_contract_table") and exitstatus == pytest.ExitCode.OK
        if wanted and self._judgements.made and len(self._judgements.of("skipped")) == len(self._judgements.made):
            self._judgements.cannot_judge = "nothing of this can be asked of the target"
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary, and write the report, when the contract was asked of anybody."""
        if not self._judgements.made and not self._judgements.cannot_judge:
            return
        terminalreporter.section("nhsauth contract")
        for line in self._judgements.told(table=self._config.getoption("nhsauth_contract_table")):
            terminalreporter.write_line(line)
        report = self._config.getoption("nhsauth_contract_report")
        if report:
            self._judgements.write(Path(self._config.invocation_params.dir, report))


def _is_target(name: str) -> bool:
    if name in ENVIRONMENTS or name == "mock" or (name.startswith("mock:") and len(name) > len("mock:")):
        return True
    parts = urlsplit(name)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.username
