"""Runs the contract tests on one target at a time. The plugin has the options: a conftest is read too late."""

import difflib
import logging
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest

from contract_tests import (
    profile,  # noqa: F401 - registers the profiles of Hypothesis
    running_mock,
)
from contract_tests.answers import said
from contract_tests.case import area_of, case_of, holds
from contract_tests.credential import PREFIX, read
from contract_tests.jwks_host import jwks_host
from contract_tests.mock_target import MockTarget
from contract_tests.observed_answers import observing
from contract_tests.reach import Ability, CannotJudgeError, OutOfReachError, Switch, UnpreparedError, need
from contract_tests.remote_target import RemoteTarget
from contract_tests.reproduction import as_curl
from contract_tests.target import Kind, Target
from mock_servers.configuration.reading import ConfigurationError
from mock_servers.configuration.reading import read as read_configuration
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration
from pytest_nhsauth.contract import CANNOT_JUDGE, ENVIRONMENTS, KNOWN, KNOWN_FILE, OBSERVATIONS, ONLY, SCREEN, TARGETS
from pytest_nhsauth.contract_results import EXCUSE, GOT, REPEAT
from pytest_nhsauth.report import CASE_PROPERTY

_ENVIRONMENTS_PER_MINUTE = 30
_UNKNOWN = pytest.StashKey[str]()
_ON_ONE_SCREEN = ("asked", "expected", "got", "again")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask each target that was named; the mock alone needs no name."""
    names = metafunc.config.stash[TARGETS]
    if "target" in metafunc.fixturenames and names != ("mock",):
        metafunc.parametrize("target", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The target; one that cannot be tested ends the session with exit code 2."""
    with _judgeable(request.config), _opened(getattr(request, "param", "mock"), request.config) as opened:
        yield opened


@pytest.fixture
def note_answer(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Add the answer to the report; pytest's own fixture for that warns of today's JUnit files."""
    return lambda answer: request.node.user_properties.append((GOT, str(answer)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what was not selected."""
    config.stash[_UNKNOWN] = _unknown_rule(config, items)
    with _judgeable(config):
        set_at = {name: _switches(_configuration_of(name)) for name in config.stash[TARGETS]}
    items[:] = [item for item in items if holds(item, set_at.get(_asked(item), frozenset()))]
    only = config.getoption(ONLY)
    if only:
        items[:] = [item for item in items if "target" in getattr(item, "fixturenames", ()) and area_of(item) in only]


def _unknown_rule(config: pytest.Config, items: Sequence[pytest.Item]) -> str:
    """Return what is wrong with a known difference whose rule no case has, if all cases are collected; else nothing."""
    if not config.stash[KNOWN] or not config.getoption(SCREEN):
        return ""
    cases = [case_of(item) for item in items if isinstance(item, pytest.Function)]
    named = {(case["rule"], case["row"]) for case in cases if case}
    for each in config.stash[KNOWN]:
        if not any(each.concerns(rule=rule, row=row) for rule, row in named):
            near = difflib.get_close_matches(each.rule, sorted({rule for rule, _ in named}), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "allowed: a rule's words as a report shows them"
            return f"{config.getoption(KNOWN_FILE)}: no rule is {each.rule!r}; {hint}"
    return ""


def _refuse_unknown_rule(config: pytest.Config) -> None:
    """Raise CannotJudgeError; only at a test, since a worker that ends while it collects is started anew."""
    if config.stash[_UNKNOWN]:
        raise CannotJudgeError(config.stash[_UNKNOWN])


def _asked(item: pytest.Item) -> str:
    given: dict[str, str] = item.callspec.params if hasattr(item, "callspec") else {}
    return given.get("target", "mock")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Add to the report what the test proves; skip it if a fixture is unavailable."""
    case = case_of(item) if isinstance(item, pytest.Function) else None
    for name, value in (case or {}).items():
        item.user_properties.append((f"{CASE_PROPERTY}{name}", value))
    with _skipping():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Turn what cannot be asked into a skip with its reason, and what cannot be judged into the end."""
    try:
        with _skipping(), _judgeable(item.config), _quiet():
            _refuse_unknown_rule(item.config)
            _need_discovery(item)
            return (yield)
    except pytest.skip.Exception:
        raise
    except Exception:
        _note_last_answer(item)
        raise


def _need_discovery(item: pytest.Item) -> None:
    """Ask a target that has no provider nothing about providers, unless that part was named."""
    asked: Target | None = getattr(item, "funcargs", {}).get("target")
    if asked is not None and area_of(item) == "providers" and not item.config.getoption(ONLY):
        need(asked.abilities, Ability.DISCOVERY)


@contextmanager
def _skipping() -> Iterator[None]:
    """Turn what cannot be asked into a skip with its reason."""
    try:
        yield
    except (OutOfReachError, UnpreparedError) as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add how to repeat a difference; the one screen has no room for a traceback."""
    report = yield
    asked: Target | None = getattr(item, "funcargs", {}).get("target")
    if report.failed and report.when == "call" and asked is not None:
        setattr(report, REPEAT, as_curl(asked))
        if item.config.getoption(SCREEN):
            members = {name.removeprefix(CASE_PROPERTY): value for name, value in report.user_properties}
            report.longrepr = "\n".join(f"{name}: {members[name]}" for name in _ON_ONE_SCREEN if members.get(name))
        _excuse(item, report)
    return report


def _excuse(item: pytest.Item, report: pytest.TestReport) -> None:
    """Make a known difference an expected failure."""
    case = (case_of(item) if isinstance(item, pytest.Function) else None) or {"rule": "", "row": ""}
    for each in item.config.stash[KNOWN]:
        if each.concerns(rule=case["rule"], row=case["row"]):
            report.outcome = "skipped"
            setattr(report, EXCUSE, each.reason)
            return


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Keep the statistics of Hypothesis, as base64, out of JUnit files that people read."""
    if item.config.getoption(SCREEN):
        vars(item).pop("hypothesis_statistics", None)


def _note_last_answer(item: pytest.Item) -> None:
    """Add the last answer to the report of a failed test, unless it has added more itself."""
    asked: Target | None = getattr(item, "funcargs", {}).get("target")
    if asked is not None and asked.last is not None and GOT not in dict(item.user_properties):
        item.user_properties.append((GOT, str(said(asked.last))))


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the mock not log its thousands of refusals: each is meant."""
    log = logging.getLogger("mock_servers.exchanges")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def _judgeable(config: pytest.Config) -> Iterator[None]:
    try:
        yield
    except CannotJudgeError as reason:
        getattr(config, "workeroutput", {})[CANNOT_JUDGE] = str(reason)
        pytest.exit(str(reason), returncode=pytest.ExitCode.INTERRUPTED)


def _opened(name: str, config: pytest.Config) -> AbstractContextManager[Target]:
    if name.partition(":")[0] == "mock":
        return _mock(name)
    url, kind = ENVIRONMENTS.get(name, name), Kind.ENVIRONMENT if name in ENVIRONMENTS else Kind.FAKE
    if kind is Kind.FAKE and f"{PREFIX}CLIENT_ID" not in os.environ and running_mock.answers(url):
        return _running(name, url, workers=int(getattr(config, "workerinput", {}).get("workercount", 1)))
    file = config.getoption(OBSERVATIONS)
    return _remote(name, url, kind, Path(config.invocation_params.dir, file) if file else None)


@contextmanager
def _running(name: str, url: str, *, workers: int) -> Iterator[Target]:
    if workers > 1:
        raise CannotJudgeError(f"{url} is one mock, whose clock several processes would stop: leave out -n")
    with jwks_host() as hosted, running_mock.put_back(url) as origin:
        status_key = os.environ.get(f"{PREFIX}STATUS_KEY", "status")
        without = frozenset[Ability]() if running_mock.takes(url, status_key) else frozenset({Ability.STATUS_KEY})
        with MockTarget(origin, hosted, name=name, status_key=status_key, without=without) as mock:
            yield mock


@contextmanager
def _mock(name: str) -> Iterator[Target]:
    configuration = _configuration_of(name)
    platform = Mock(replace(configuration, control=ControlSettings()))  # nobody else has this mock
    with (
        platform.serving() as server,
        jwks_host() as hosted,
        MockTarget(
            server.url,
            hosted,
            name=name,
            status_key=configuration.apim.status_key,
            switches=_switches(configuration),
        ) as mock,
    ):
        yield mock


@contextmanager
def _remote(name: str, url: str, kind: Kind, file: Path | None) -> Iterator[Target]:
    credential = read(os.environ, per_minute=_ENVIRONMENTS_PER_MINUTE if kind is Kind.ENVIRONMENT else 0)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with observing(url, file) as keep, RemoteTarget(name, url, credential, kind, workers=workers, keep=keep) as remote:
        remote.probe()
        yield remote


def _configuration_of(name: str) -> Configuration:
    """Return the configuration of a target of the mock; raises CannotJudgeError for an invalid one."""
    kind, _, file = name.partition(":")
    try:
        return read_configuration(Path(file)) if kind == "mock" and file else Configuration()
    except (ConfigurationError, OSError) as error:
        raise CannotJudgeError(f"the mock cannot be started as mock:{file}: {error}") from None


def _switches(configuration: Configuration) -> frozenset[Switch]:
    """Return which of the switches are not as they are by default."""
    return frozenset(switch for switch in Switch if _value(configuration, switch) != _value(Configuration(), switch))


def _value(configuration: Configuration, switch: Switch) -> object:
    return attrgetter(switch)(configuration)
