"""The part of the contract tests that needs pytest as a whole: their options, and the summary of their results.

A conftest inside a package is read too late to have options, and not at all by a process that only distributes tests.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from pytest_nhsauth.report import CASE_PROPERTY

if TYPE_CHECKING:
    from pytest_nhsauth.contract_results import Judgements
    from pytest_nhsauth.known_differences import Difference

ENVIRONMENTS: Final = {
    "int": "https://int.api.service.nhs.uk/oauth2",
    "sandbox": "https://sandbox.api.service.nhs.uk/oauth2",
}
"""The real environments that can be asked, by their words."""
AREAS: Final = ("token", "browser", "providers", "gateway")
"""Parts of the contract that can be asked alone."""
TARGETS: Final = pytest.StashKey["tuple[str, ...]"]()
"""The targets of the contract tests in this session."""
KNOWN: Final = pytest.StashKey["Sequence[Difference]"]()
"""The known differences, which are no failures."""
CANNOT_JUDGE: Final = "nhsauth_cannot_judge"
"""Under which name a process that was given tests says why it has stopped."""
ONLY: Final = "nhsauth_contract_only"
SCREEN: Final = "nhsauth_contract_screen"
OBSERVATIONS: Final = "nhsauth_contract_observations"
KNOWN_FILE: Final = "nhsauth_contract_known_differences"
"""The options' names, as pytest has them."""
_CHOOSING: Final = ("keyword", "markexpr", "maxfail", "deselect", "lf", "stepwise", ONLY)
"""Options by which a run asks a part of the contract."""
INTERRUPTED: Final = 130

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
        help=f"whom to ask: {_ALLOWED}; you can repeat it [NHSAUTH_CONTRACT_TARGET]",
    )
    _add_files(group)
    group.addoption(
        "--nhsauth-contract-only",
        dest=ONLY,
        action="append",
        choices=AREAS,
        help="ask only this part of the contract; you can repeat it",
    )
    group.addoption(
        "--nhsauth-contract-screen",
        dest=SCREEN,
        action="store_true",
        help="show the result on one screen and nothing else; with -v also as pytest does",
    )
    parser.addini(_INI, f"whom the contract tests ask; {_FLAG} and NHSAUTH_CONTRACT_TARGET come first", type="args")


def _add_files(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--nhsauth-contract-report",
        dest="nhsauth_contract_report",
        metavar="FILE",
        help="write which rules hold and which differ: FILE.md or FILE.json",
    )
    group.addoption(
        "--nhsauth-contract-observations",
        dest=OBSERVATIONS,
        metavar="FILE",
        help="of a real environment: add to FILE how its answers compare with what we would have said",
    )
    group.addoption(
        "--nhsauth-contract-known-differences",
        dest=KNOWN_FILE,
        metavar="FILE",
        help="a TOML file of known differences, [[difference]] with rule and reason: a listed rule that differs is no "
        "failure, and one that no longer differs is",
    )


def begin(config: pytest.Config, environ: Mapping[str, str]) -> None:
    """Decide the targets, and collect the results, except in a worker process."""
    config.stash[TARGETS] = _decide(config, environ)
    config.stash[KNOWN] = _known(config)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathering(config), "nhsauth contract")


def _known(config: pytest.Config) -> Sequence[Difference]:
    """Return the known differences. Raises pytest.UsageError with a line for each mistake in the file."""
    file = config.getoption(KNOWN_FILE)
    if not file:
        return ()
    from pytest_nhsauth import known_differences  # noqa: PLC0415 - most runs have none

    try:
        return known_differences.read(Path(config.invocation_params.dir, file))
    except known_differences.DifferencesError as error:
        raise pytest.UsageError(*(f"nhsauth: {mistake}" for mistake in error.args)) from None


def _decide(config: pytest.Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the targets, by default the mock. Raises pytest.UsageError for an invalid one."""
    said = config.getoption(_INI) or environ.get("NHSAUTH_CONTRACT_TARGET", "").split() or config.getini(_INI)
    names = tuple(dict.fromkeys(said)) or ("mock",)
    for name in names:
        if not _is_target(name):
            shown = re.sub(r"//.*@", "//(hidden)@", name)
            raise pytest.UsageError(f"nhsauth: the contract target {shown!r} is unknown; allowed: {_ALLOWED}")
    report = config.getoption("nhsauth_contract_report")
    if report and not report.endswith((".md", ".json")):
        raise pytest.UsageError(f"nhsauth: --nhsauth-contract-report is {report!r}; allowed: FILE.md or FILE.json")
    if config.getoption(OBSERVATIONS) and not {*names} <= ENVIRONMENTS.keys():
        real = " or ".join(ENVIRONMENTS)
        raise pytest.UsageError(f"nhsauth: observations are of real environments alone; allowed: --target {real}")
    return names


class Gathering:
    """The hooks that collect results from all processes, summarise them, and write the report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._judged: Judgements | None = None
        self._interrupted = False
        self._alone = bool(config.getoption(SCREEN))
        self._bar: Any = None

    def _judgements(self) -> Judgements:
        """Return the results; not a property, since older pytest reads each one in search of fixtures."""
        if self._judged is None:
            from pytest_nhsauth.contract_results import Judgements  # noqa: PLC0415 - most runs have no contract tests

            self._judged = Judgements(listed=self._config.stash[KNOWN])
        return self._judged

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Take the terminal from pytest's own reporter, unless more than a summary is asked for."""
        config = self._config
        if self._alone and config.get_verbosity() < 0 and not config.getoption("collectonly"):
            config.pluginmanager.unregister(name="terminalreporter")

    def pytest_report_header(self) -> str | None:
        """Name the targets, unless it is only the mock."""
        names = self._config.stash[TARGETS]
        return None if names == ("mock",) else f"nhsauth: the contract is asked of {', '.join(names)}"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Show on a terminal how far it is."""
        if self._silent and sys.stderr.isatty():
            import click  # noqa: PLC0415 - the bar alone needs it

            self._bar = click.progressbar(length=len(session.items), label="asking", file=sys.stderr, width=0)
            self._bar.render_progress()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say what could not be read, where pytest does not."""
        if report.failed and self._silent:
            self._judgements().cannot_judge = f"{report.nodeid} cannot be read: {str(report.longrepr).splitlines()[-1]}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the result of a test's case."""
        if any(name.startswith(CASE_PROPERTY) for name, _ in report.user_properties):
            self._judgements().add(report)
        if self._bar is not None and report.when == "teardown":
            self._bar.update(1)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note why a target cannot be judged, or that a person has had enough."""
        self._interrupted = isinstance(excinfo.value, KeyboardInterrupt)
        if getattr(excinfo.value, "returncode", None) == pytest.ExitCode.INTERRUPTED:
            self._judgements().cannot_judge = str(excinfo.value)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Note the same of another process."""
        reason = getattr(node, "workeroutput", {}).get(CANNOT_JUDGE)
        if reason is not None:
            self._judgements().cannot_judge = self._judgements().cannot_judge or reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Let a run of the contract that could ask nothing prove nothing."""
        if self._has_judged:
            self._seek_cured(session, exitstatus)
        if self._alone:
            self._end_alone(session, exitstatus)
        if self._silent:
            if self._bar is not None:
                self._bar.render_finish()
            self._tell(print)

    def _seek_cured(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a whole run in which a listed difference no longer differs; a part of it may leave out what differs."""
        parts = (self._config.getoption(name, None) for name in _CHOOSING)
        if self._interrupted or self._judgements().cannot_judge or any(parts):
            return
        self._judgements().seek_cured()
        if self._judgements().cured and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _end_alone(self, session: pytest.Session, exitstatus: int) -> None:
        judged = self._judgements()
        if exitstatus == pytest.ExitCode.OK and len(judged.of("skipped")) == len(judged.made):
            judged.cannot_judge = judged.cannot_judge or "nothing of this can be asked of the target"
        if judged.cannot_judge:  # which ends several workers as if somebody had interrupted them
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        elif self._interrupted:
            session.exitstatus = INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary, and write the report, if contract tests have run."""
        if self._alone or self._has_judged:
            terminalreporter.section("nhsauth contract")
            self._tell(terminalreporter.write_line)

    @property
    def _has_judged(self) -> bool:
        return self._judged is not None and bool(self._judged.made or self._judged.cannot_judge)

    @property
    def _silent(self) -> bool:
        """Whether pytest's own reporter has left the terminal to us."""
        return self._alone and not self._config.pluginmanager.has_plugin("terminalreporter")

    def _tell(self, write: Any) -> None:
        from pytest_nhsauth import contract_summary  # noqa: PLC0415 - only after contract tests

        seed = self._config.getoption("hypothesis_seed", None)
        for line in contract_summary.lines(self._judgements(), seed=seed, interrupted=self._interrupted):
            write(line)
        report = self._config.getoption("nhsauth_contract_report")
        if report:
            self._judgements().write(Path(self._config.invocation_params.dir, report))


def _is_target(name: str) -> bool:
    if name in ENVIRONMENTS or name == "mock" or (name.startswith("mock:") and len(name) > len("mock:")):
        return True
    parts = urlsplit(name)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.username
