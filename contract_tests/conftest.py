"""The targets of the contract tests, one at a time; options are the plugin's, as a conftest in a package comes late."""

import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from contract_tests.answers import said
from contract_tests.case import case_of
from contract_tests.credential import read
from contract_tests.jwks_host import jwks_host
from contract_tests.mock_target import MockTarget
from contract_tests.reach import CannotJudgeError, OutOfReachError, UnpreparedError
from contract_tests.remote_target import RemoteTarget
from contract_tests.target import Kind, Target
from mock_servers.configuration.reading import ConfigurationError
from mock_servers.configuration.reading import read as read_configuration
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration
from pytest_nhsauth.contract import CANNOT_JUDGE, ENVIRONMENTS, TARGETS
from pytest_nhsauth.judgement import CASE, GOT

_ENVIRONMENTS_PER_MINUTE = 30


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask each target that was named; the mock alone needs no name."""
    names = metafunc.config.stash[TARGETS]
    if "target" in metafunc.fixturenames and names != ("mock",):
        metafunc.parametrize("target", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Whom the contract is asked of; a target that cannot be judged ends the session with exit code 2."""
    with _judgeable(request.config), _opened(getattr(request, "param", "mock")) as opened:
        yield opened


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """Note for the report what was answered."""
    return lambda answer: record_property(GOT, str(answer))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note for the report what the test proves."""
    case = case_of(item) if isinstance(item, pytest.Function) else None
    if case is not None:
        item.user_properties.append((CASE, case))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Turn what cannot be asked into a skip with its reason, and what cannot be judged into the end."""
    try:
        with _judgeable(item.config), _quiet():
            return (yield)
    except (OutOfReachError, UnpreparedError) as reason:
        pytest.skip(str(reason))
    except Exception:
        _note_last_answer(item)
        raise


def _note_last_answer(item: pytest.Item) -> None:
    """Tell of a test that failed what was answered last, unless it told more itself."""
    asked: Target | None = getattr(item, "funcargs", {}).get("target")
    if asked is not None and asked.last is not None and GOT not in dict(item.user_properties):
        item.user_properties.append((GOT, f"at last {said(asked.last)}"))


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


def _opened(name: str) -> AbstractContextManager[Target]:
    if name.partition(":")[0] == "mock":
        return _mock(name)
    url, kind = ENVIRONMENTS.get(name, name), Kind.ENVIRONMENT if name in ENVIRONMENTS else Kind.FAKE
    return _remote(name, url, kind)


@contextmanager
def _mock(name: str) -> Iterator[Target]:
    configuration = _configuration(name.partition(":")[2])
    platform = Mock(configuration)
    with (
        platform.serving() as server,
        jwks_host() as hosted,
        MockTarget(server.url, hosted, name=name, status_key=configuration.apim.status_key) as mock,
    ):
        yield mock


@contextmanager
def _remote(name: str, url: str, kind: Kind) -> Iterator[Target]:
    credential = read(os.environ, per_minute=_ENVIRONMENTS_PER_MINUTE if kind is Kind.ENVIRONMENT else 0)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with RemoteTarget(name, url, credential, kind, workers=workers) as remote:
        remote.probe()
        yield remote


def _configuration(file: str) -> Configuration:
    try:
        return read_configuration(Path(file)) if file else Configuration()
    except (ConfigurationError, OSError) as error:
        raise CannotJudgeError(f"the mock cannot be started as mock:{file}: {error}") from None
