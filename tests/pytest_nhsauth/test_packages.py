"""A repository that has packages called as ours are: theirs stay theirs, and the fixtures work."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_nhsauth import packages

Run = Callable[..., pytest.RunResult]

THEIRS = """
import sys
from pathlib import Path

import contract_tests
import mock_servers
from contract_tests.pact import AGREED
from mock_servers.client import FAKE

HERE = Path(__file__).resolve().parent

def is_theirs(module):
    return Path(module.__file__).resolve().is_relative_to(HERE)

def test_their_packages_are_theirs():
    assert (AGREED, FAKE) == ("agreed", "fake")
    assert is_theirs(mock_servers) and is_theirs(contract_tests)
"""
WITH_FIXTURES = f"""
{THEIRS}
import pytest
import pytest_nhsauth

@pytest.mark.nhsauth(access="healthcare_worker")
def test_the_fixtures_work(nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_auth_headers, nhsauth_new_app):
    token = nhsauth_client.token_exchange(nhsauth_id_token())
    assert isinstance(token, pytest_nhsauth.Token)
    with pytest.raises(pytest_nhsauth.TokenError, match="Malformed JWT in subject_token"):
        nhsauth_client.token_exchange("a code")
    assert "is no JWT" in nhsauth.exchanges.last.diagnosis
    assert nhsauth.explain(token.access_token).kind == "access_token"
    assert nhsauth_new_app(scopes=[]).client_id

def test_and_theirs_are_still_theirs(nhsauth):
    from mock_servers import client
    assert is_theirs(client)
    assert is_theirs(sys.modules["mock_servers"])
"""
CALLS = {
    "pytest": ["-c", "import sys, pytest; sys.path.pop(0); sys.exit(pytest.console_main())"],
    "python -m pytest": ["-m", "pytest"],
}
"""How each is called; the first does what the installed script does: the current folder is not on its path."""
HOWS = ["pytest", pytest.param("python -m pytest", marks=pytest.mark.slow)]


@pytest.fixture
def repository(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A team's repository with packages of both names, one of them with a module called like one of ours."""
    for name in ("NHSAUTH_CONFIG", "NHSAUTH_TARGET"):
        monkeypatch.delenv(name, raising=False)
    for package, module, text in (
        ("mock_servers", "client", "FAKE = 'fake'"),
        ("contract_tests", "pact", "AGREED = 'agreed'"),
    ):
        pytester.mkpydir(package)
        (pytester.path / package / f"{module}.py").write_text(text)
    return pytester.path


def called(pytester: pytest.Pytester, how: str, *options: str) -> pytest.RunResult:
    plugin = ["-p", "pytest_nhsauth.plugin"]
    return pytester.run(
        sys.executable, *CALLS[how], *plugin, "-W", "error", "-p", "no:randomly", "-p", "no:asyncio", *options
    )


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("mode", ["prepend", pytest.param("importlib", marks=pytest.mark.slow)])
@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_the_fixtures_work_beside_packages_of_the_same_names(
    pytester: pytest.Pytester, repository: Path, how: str, mode: str, workers: list[str]
) -> None:
    (repository / "test_it.py").write_text(WITH_FIXTURES)
    path = ["-o", f"pythonpath={repository}"] if mode == "importlib" else []

    outcome = called(pytester, how, f"--import-mode={mode}", *path, *workers)

    assert outcome.parseoutcomes() == {"passed": 3}
    if not workers:
        outcome.stdout.fnmatch_lines(["nhsauth: this repository has a mock_servers of its own (*mock_servers*"])


@pytest.mark.parametrize("how", HOWS)
def test_unused_nothing_of_ours_is_imported_by_either_name(
    pytester: pytest.Pytester, repository: Path, how: str
) -> None:
    with_hypothesis = (
        "def test_hypothesis():\n    import hypothesis\n    assert is_theirs(sys.modules['contract_tests'])\n"
    )
    (repository / "test_it.py").write_text(f"{THEIRS}\n\n{with_hypothesis}")

    outcome = called(pytester, how)

    assert outcome.parseoutcomes() == {"passed": 2}
    outcome.stdout.no_fnmatch_line("*nhsauth: *")


@pytest.mark.slow
def test_a_configuration_and_types_in_a_conftest_take_no_name_of_theirs(
    pytester: pytest.Pytester, repository: Path
) -> None:
    (repository / "nhsauth.toml").write_text('[apim]\nenvironment = "ref"\n')
    (repository / "conftest.py").write_text("from pytest_nhsauth import App, Configuration\n")
    (repository / "test_it.py").write_text(WITH_FIXTURES)

    assert called(pytester, "pytest").parseoutcomes() == {"passed": 3}


@pytest.mark.slow
def test_a_package_beside_the_tests_is_noticed_before_it_is_on_the_path(
    pytester: pytest.Pytester, repository: Path
) -> None:
    tests = pytester.mkdir("tests")
    for name in packages.OURS:
        (repository / name).rename(tests / name)
    (repository / "conftest.py").write_text("from pytest_nhsauth import App\n")
    (tests / "test_it.py").write_text(WITH_FIXTURES)

    assert called(pytester, "pytest").parseoutcomes() == {"passed": 3}


def test_a_command_drops_the_places_of_a_team_s_own_packages_from_its_path(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(Path(packages.__file__).resolve().parents[1])
    monkeypatch.setattr(sys, "path", [str(repository), home])

    packages.claim()

    assert sys.path == [home]


@pytest.mark.slow
@pytest.mark.parametrize("command", [["--version"], ["config", "check"], ["errors", "kid"]], ids=" ".join)
def test_a_command_works_where_a_team_has_packages_of_the_same_names(
    pytester: pytest.Pytester, repository: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(repository))

    outcome = pytester.run(sys.executable, "-c", "from pytest_nhsauth.command import main; main()", *command)

    assert outcome.ret == 0, outcome.stderr.str()
