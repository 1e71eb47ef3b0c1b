"""A repository that has packages called as ours are: theirs stay theirs, and the fixtures work."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from pytest_nhsauth import command, import_guard

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
import requests
import pytest_nhsauth

@pytest.mark.nhsauth(access="healthcare_worker")
def test_the_fixtures_work(nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_auth_headers, nhsauth_new_app):
    token = nhsauth_client.token_exchange(nhsauth_id_token())
    assert isinstance(token, pytest_nhsauth.Token)
    with pytest.raises(pytest_nhsauth.TokenError, match="Malformed JWT in subject_token"):
        nhsauth_client.token_exchange("a code")
    assert "is not a JWT" in nhsauth.exchanges.last.diagnosis
    assert nhsauth.explain(token.access_token).kind == "access_token"
    assert nhsauth_new_app(scopes=[]).client_id
    answer = requests.get(f"{{nhsauth.gateway}}/hello-world/hello/user", headers=nhsauth_auth_headers)
    assert answer.json() == {{"message": "Hello User!"}}

def test_and_theirs_are_still_theirs(nhsauth):
    from mock_servers import client
    assert is_theirs(client)
    assert is_theirs(sys.modules["mock_servers"])
"""
NHSAUTH = [sys.executable, "-c", "from pytest_nhsauth.command import main; main()"]
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
    for name in import_guard.OURS:
        (repository / name).rename(tests / name)
    (repository / "conftest.py").write_text("from pytest_nhsauth import App\n")
    (tests / "test_it.py").write_text(WITH_FIXTURES)

    assert called(pytester, "pytest").parseoutcomes() == {"passed": 3}


@pytest.fixture
def folders(repository: Path) -> Path:
    """The same repository, with folders in the place of packages: they have no `__init__.py`."""
    for name in import_guard.OURS:
        (repository / name / "__init__.py").unlink()
    return repository


OF_FOLDERS = WITH_FIXTURES.replace("module.__file__", "next(iter(module.__path__))").replace(
    "is_theirs(client)", "client.FAKE"
)


@pytest.mark.parametrize(
    ("how", "mode", "workers"),
    [
        ("pytest", "prepend", []),
        pytest.param("pytest", "importlib", [], marks=pytest.mark.slow),
        pytest.param("pytest", "prepend", ["-n2"], marks=pytest.mark.slow),
        pytest.param("pytest", "importlib", ["-n2"], marks=pytest.mark.slow),
        pytest.param("python -m pytest", "prepend", [], marks=pytest.mark.slow),
        pytest.param("python -m pytest", "importlib", [], marks=pytest.mark.slow),
        pytest.param("python -m pytest", "prepend", ["-n2"], marks=pytest.mark.slow),
        pytest.param("python -m pytest", "importlib", ["-n2"], marks=pytest.mark.slow),
    ],
)
def test_folders_without_an_init_file_are_theirs_too_and_the_fixtures_work(
    pytester: pytest.Pytester, folders: Path, how: str, mode: str, workers: list[str]
) -> None:
    (folders / "test_it.py").write_text(OF_FOLDERS)
    path = ["-o", f"pythonpath={folders}"] if mode == "importlib" else []

    outcome = called(pytester, how, f"--import-mode={mode}", *path, *workers)

    assert outcome.parseoutcomes() == {"passed": 3}
    outcome.stdout.fnmatch_lines(["nhsauth: this repository has a mock_servers of its own (*mock_servers*"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_folder_of_tests_may_be_called_like_ours(pytester: pytest.Pytester, mode: str) -> None:
    of_ours = WITH_FIXTURES[WITH_FIXTURES.index("import pytest\n") : WITH_FIXTURES.index("def test_and_theirs")]
    for name in import_guard.OURS:
        pytester.mkdir(name).joinpath(f"test_{name}.py").write_text(of_ours)

    assert called(pytester, "python -m pytest", f"--import-mode={mode}").parseoutcomes() == {"passed": 2}


@pytest.mark.slow
def test_the_contract_is_asked_where_a_team_has_such_folders(
    pytester: pytest.Pytester, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folders))

    outcome = pytester.run(
        *NHSAUTH, "contract", "-k", "test_errors and authorize-response-type-absent", "-p", "no:randomly"
    )

    assert (outcome.ret, outcome.outlines) == (0, ["1 rule: 1 hold, 0 differ (0 of 2 requests)"])


@pytest.mark.slow
def test_outside_pytest_a_program_finds_the_modules_of_such_a_folder(pytester: pytest.Pytester, folders: Path) -> None:
    (folders / "mock_servers" / "of_theirs.py").write_text("FAKE = 'fake'")
    (folders / "program.py").write_text(
        "import contract_tests.pact, mock_servers.of_theirs\n"
        "print(contract_tests.pact.AGREED, mock_servers.of_theirs.FAKE)\n"
    )

    outcome = pytester.run(sys.executable, "program.py")

    assert (outcome.ret, outcome.outlines) == (0, ["agreed fake"])


def installs(place: Path, *files: str) -> None:
    """Leave what pip leaves of a distribution of somebody else's, at a place of installed packages."""
    record = place / "pact_fakes-1.2.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("".join(f"{file},sha256=x,1\n" for file in ["pact_fakes.py", *files]))
    for file in files:
        (place / file).parent.mkdir(exist_ok=True)
        (place / file).write_text("FAKE = 'fake'\n")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["mock_servers/__init__.py"], "mock_servers"),
        pytest.param(
            ["mock_servers.py", "contract_tests/a.py"], "mock_servers and contract_tests", marks=pytest.mark.slow
        ),
    ],
)
def test_another_distribution_that_installs_these_names_is_reported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, files: list[str], names: str
) -> None:
    installs(pytester.path / "site", *files)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path / "site"))
    pytester.makepyfile("def test_it(nhsauth_client):\n    assert nhsauth_client.client_credentials()\n")
    line = f"nhsauth: the distribution pact_fakes 1.2 installs {names}, too, in *site; ours are in *"

    outcome, checked = called(pytester, "pytest"), pytester.run(*NHSAUTH, "config", "check")

    assert (outcome.parseoutcomes(), checked.ret) == ({"passed": 1}, 0)
    outcome.stdout.fnmatch_lines([line])
    checked.stderr.fnmatch_lines([line])


def test_one_that_may_have_overwritten_ours_is_reported_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs(tmp_path, "contract_tests/__init__.py")
    monkeypatch.setattr(import_guard, "_HOME", tmp_path)
    monkeypatch.setattr(import_guard._FINDER, "decided", False)  # noqa: SLF001 - as after a fixture
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    (line,) = import_guard.warnings_text()
    assert line.startswith("nhsauth: the distribution pact_fakes 1.2 installs contract_tests, too, and may have ")
    assert line.endswith("overwritten ours: uninstall it, then install pytest-nhsauth anew")


def test_where_ours_were_overwritten_a_command_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(import_guard, "claim", lambda: None)
    monkeypatch.setattr(import_guard, "warnings_text", list)
    monkeypatch.setitem(sys.modules, "mock_servers.__main__", None)

    with pytest.raises(SystemExit) as end:
        command.main()

    (line,) = capsys.readouterr().err.splitlines()
    assert end.value.code == 2
    assert line.startswith("nhsauth: this installation is not whole (")
    assert line.endswith("): install pytest-nhsauth anew")


@pytest.mark.parametrize("files", [[], ["tests/mock_servers/a.py"], ["mock_servers_of_mine/a.py"]], ids=str)
def test_one_that_installs_other_names_is_not_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str]
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True)
    installs(tmp_path, *files)
    monkeypatch.setattr(import_guard._FINDER, "decided", False)  # noqa: SLF001 - as after a fixture
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert import_guard.warnings_text() == []


def test_a_command_keeps_a_place_of_installed_packages_and_finds_ours_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(Path(import_guard.__file__).resolve().parents[1])
    installs(tmp_path, "mock_servers/__init__.py")
    monkeypatch.setattr(sys, "path", ["/first", str(tmp_path), home])
    monkeypatch.setattr(import_guard, "_FINDER", import_guard._Finder())  # noqa: SLF001 - claimed for this test alone

    import_guard.claim()

    assert sys.path == ["/first", home, str(tmp_path), home]


def test_a_command_drops_the_places_of_a_team_s_own_packages_from_its_path(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(Path(import_guard.__file__).resolve().parents[1])
    monkeypatch.setattr(sys, "path", [str(repository), home])
    monkeypatch.setattr(import_guard, "_FINDER", import_guard._Finder())  # noqa: SLF001 - claimed for this test alone

    import_guard.claim()

    assert sys.path == [home]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [["--version"], ["config", "check"], ["errors", "kid"], ["run", "--", sys.executable, "-c", "pass"]],
    ids=lambda words: words[0],
)
def test_a_command_works_where_a_team_has_packages_of_the_same_names(
    pytester: pytest.Pytester, repository: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(repository))

    outcome = pytester.run(*NHSAUTH, *words)

    assert outcome.ret == 0, outcome.stderr.str()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["repository", "folders"])
def test_a_mock_is_served_where_a_team_has_packages_or_folders_of_the_same_names(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    place: Path = request.getfixturevalue(kind)
    monkeypatch.setenv("PYTHONPATH", str(place))
    serve = [*NHSAUTH, "serve", "--port", "0"]

    with subprocess.Popen(serve, cwd=place, stdout=subprocess.PIPE, text=True) as mock:  # noqa: S603 - our own
        assert mock.stdout
        url = mock.stdout.readline().split()[-1]
        health = requests.get(f"{url}/_nhsauth/health", timeout=30).json()
        mock.terminate()

    assert health["status"] == "ok"
