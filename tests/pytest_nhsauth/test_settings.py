"""Where settings come from, which of them counts, and what is said of a configuration that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]
APP = '[[apps]]\nclient_id = "{}"\n'


@pytest.fixture
def write_config(pytester: pytest.Pytester) -> Callable[..., Path]:
    """Write a configuration whose only app has the name of the file."""

    def write(name: str, folder: Path = pytester.path) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(APP.format(path.stem), encoding="utf-8")
        return path

    return write


@pytest.fixture
def client_id_in(pytester: pytest.Pytester, run: Run) -> Callable[..., str]:
    """Run a test that says which app it was given."""
    pytester.makepyfile("def test_app(nhsauth_app):\n    print(f'client_id={nhsauth_app.client_id}')")

    def client_id(*arguments: str) -> str:
        outcome = run("-s", *arguments)
        assert outcome.ret == 0
        line = next(line for line in outcome.outlines if "client_id=" in line)
        return line.partition("client_id=")[2].removesuffix(".")

    return client_id


ClientId = Callable[..., str]
Write = Callable[..., Path]


class TestPrecedence:
    def test_nothing_set_means_the_ready_made_app(self, client_id_in: ClientId) -> None:
        assert client_id_in() == "nhsauth-app"

    def test_the_ini_value_counts(self, pytester: pytest.Pytester, client_id_in: ClientId, write_config: Write) -> None:
        write_config("ini.toml")
        pytester.makeini("[pytest]\nnhsauth_config = ini.toml\n")

        assert client_id_in() == "ini"

    def test_the_environment_comes_before_the_ini_value(
        self,
        pytester: pytest.Pytester,
        client_id_in: ClientId,
        write_config: Write,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        write_config("ini.toml")
        pytester.makeini("[pytest]\nnhsauth_config = ini.toml\n")
        monkeypatch.setenv("NHSAUTH_CONFIG", str(write_config("environment.toml")))

        assert client_id_in() == "environment"

    def test_the_option_comes_before_the_environment(
        self, client_id_in: ClientId, write_config: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NHSAUTH_CONFIG", str(write_config("environment.toml")))

        assert client_id_in(f"--nhsauth-config={write_config('option.toml')}") == "option"

    def test_an_empty_variable_is_none(self, client_id_in: ClientId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NHSAUTH_CONFIG", "")

        assert client_id_in() == "nhsauth-app"

    def test_a_configuration_in_the_rootdir_is_found(self, client_id_in: ClientId, write_config: Write) -> None:
        write_config("nhsauth.toml")

        assert client_id_in() == "nhsauth"

    def test_a_table_of_pyproject_is_found(self, pytester: pytest.Pytester, client_id_in: ClientId) -> None:
        pytester.makepyprojecttoml('[tool.pytest.ini_options]\n\n[[tool.nhsauth.apps]]\nclient_id = "shared"\n')

        assert client_id_in() == "shared"

    def test_a_pyproject_that_only_speaks_of_the_table_is_none(
        self, pytester: pytest.Pytester, client_id_in: ClientId
    ) -> None:
        pytester.makepyprojecttoml("[tool.pytest.ini_options]\n# no [tool.nhsauth] yet\n")

        assert client_id_in() == "nhsauth-app"

    def test_the_rootdir_comes_last(self, client_id_in: ClientId, write_config: Write) -> None:
        write_config("nhsauth.toml")

        assert client_id_in(f"--nhsauth-config={write_config('option.toml')}") == "option"

    def test_the_ini_value_is_relative_to_its_file(
        self, pytester: pytest.Pytester, client_id_in: ClientId, write_config: Write
    ) -> None:
        folder = pytester.mkdir("settings")
        write_config("ini.toml", folder)
        (folder / "pytest.ini").write_text("[pytest]\nnhsauth_config = ini.toml\n", encoding="utf-8")

        assert client_id_in("-c", "settings/pytest.ini") == "ini"

    def test_the_option_is_relative_to_where_pytest_is_called(
        self, pytester: pytest.Pytester, client_id_in: ClientId, write_config: Write
    ) -> None:
        pytester.makeini("[pytest]\n")
        write_config("option.toml", pytester.path / "below")

        assert client_id_in("--nhsauth-config=below/option.toml") == "option"

    @pytest.mark.slow
    def test_xdist_s_workers_have_the_same(self, pytester: pytest.Pytester, run: Run, write_config: Write) -> None:
        write_config("option.toml", pytester.path / "below")
        pytester.makepyfile("def test_it(nhsauth_app): assert nhsauth_app.client_id == 'option'")

        outcome = run("-n", "1", "--nhsauth-config=below/option.toml", subprocess=True)

        assert outcome.parseoutcomes() == {"passed": 1}


class TestHeader:
    def test_it_is_silent_when_nothing_is_set(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makepyfile("def test_it(nhsauth): pass")

        run().stdout.no_fnmatch_line("nhsauth:*")

    def test_it_says_what_was_set_and_by_whom(
        self, pytester: pytest.Pytester, run: Run, write_config: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_config("mine.toml")
        pytester.makepyfile("def test_it(): pass")
        monkeypatch.setenv("NHSAUTH_CONFIG", str(path))

        assert f"nhsauth: config {path} (NHSAUTH_CONFIG)" in run().outlines

    def test_it_says_what_was_found(self, pytester: pytest.Pytester, run: Run, write_config: Write) -> None:
        path = write_config("nhsauth.toml")
        pytester.makepyfile("def test_it(): pass")

        assert f"nhsauth: config {path} (in the rootdir)" in run().outlines


class TestErrors:
    def test_a_broken_configuration_is_one_line_and_a_usage_error(self, pytester: pytest.Pytester, run: Run) -> None:
        path = pytester.path / "broken.toml"
        path.write_text('[apim]\nenvironmemt = "int"\n', encoding="utf-8")

        outcome = run(f"--nhsauth-config={path}")

        assert outcome.ret == pytest.ExitCode.USAGE_ERROR
        (line,) = filter(None, outcome.errlines)
        assert line.startswith(f"ERROR: nhsauth: {path}: apim.environmemt is unknown (did you mean environment?)")
        assert line.endswith("(--nhsauth-config)")

    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ("[apim", "is not TOML"),
            ("apps = 1", "apps is 1; allowed: a list"),
            ('[cis2]\nsigning_key = "none.pem"', "cis2.signing_key"),
        ],
    )
    def test_the_line_names_the_fault(self, pytester: pytest.Pytester, run: Run, content: str, fault: str) -> None:
        pytester.path.joinpath("nhsauth.toml").write_text(content, encoding="utf-8")

        outcome = run()

        assert outcome.ret == pytest.ExitCode.USAGE_ERROR
        outcome.stderr.fnmatch_lines(f"ERROR: nhsauth: *nhsauth.toml*{fault}*(in the rootdir)")

    def test_a_file_that_is_not_there_is_a_usage_error(self, run: Run) -> None:
        outcome = run("--nhsauth-config=none.toml")

        assert outcome.ret == pytest.ExitCode.USAGE_ERROR
        outcome.stderr.fnmatch_lines("ERROR: nhsauth: *none.toml cannot be read*(--nhsauth-config)")

    def test_a_key_file_that_does_not_serve_fails_the_test_in_one_line(
        self, pytester: pytest.Pytester, run: Run
    ) -> None:
        pytester.path.joinpath("cis2.pem").write_text("no key", encoding="utf-8")
        pytester.path.joinpath("nhsauth.toml").write_text('[cis2]\nsigning_key = "cis2.pem"\n', encoding="utf-8")
        pytester.makepyfile("def test_it(nhsauth): pass")

        outcome = run()

        assert outcome.parseoutcomes() == {"errors": 1}
        outcome.stdout.fnmatch_lines(
            "the mock cannot be started: *nhsauth.toml: cis2.signing_key is *cis2.pem, which is not PEM; *"
        )
        outcome.stdout.no_fnmatch_line("*fixtures.py*")


class TestOverriding:
    def test_a_conftest_configures_from_python(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makeconftest(
            """
            import pytest
            from pytest_nhsauth import App, Configuration, Settings

            @pytest.fixture(scope="session")
            def nhsauth_settings():
                app = App(client_id="from-python", client_secret="secret", name="Mine")
                return Settings(configuration=Configuration(apps=(app,)))
            """
        )
        pytester.makepyfile("def test_it(nhsauth_app): assert nhsauth_app.client_id == 'from-python'")

        assert run().parseoutcomes() == {"passed": 1}

    def test_a_platform_without_apps_says_so_in_one_line(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makeconftest(
            """
            import pytest
            from pytest_nhsauth import Configuration, Settings

            @pytest.fixture(scope="session")
            def nhsauth_settings():
                return Settings(configuration=Configuration(apps=()))
            """
        )
        pytester.makepyfile("def test_it(nhsauth_app): pass")

        outcome = run()

        assert outcome.parseoutcomes() == {"errors": 1}
        outcome.stdout.fnmatch_lines("no app is registered: *")
        outcome.stdout.no_fnmatch_line("*fixtures.py*")

    def test_the_settings_know_their_source(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.path.joinpath("mine.toml").touch()
        pytester.makepyfile(
            """
            def test_it(nhsauth_settings):
                assert (nhsauth_settings.config.value.name, nhsauth_settings.config.source) == (
                    "mine.toml", "--nhsauth-config"
                )
            """
        )

        assert run("--nhsauth-config=mine.toml").parseoutcomes() == {"passed": 1}


def test_an_old_pytest_is_a_usage_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest, "version_tuple", (8, 2, 2))
    monkeypatch.setattr(pytest, "__version__", "8.2.2")

    outcome = run()

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["ERROR: nhsauth: pytest is 8.2.2; allowed is 8.3 or newer"])


@pytest.mark.parametrize("location", ["postgres://nobody", "valkey://127.0.0.1:1", "sqlite:shared.db"])
def test_a_test_process_remembers_in_memory_despite_settings(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    monkeypatch.setenv("NHSAUTH_STATE", location)
    if location != "postgres://nobody":
        pytester.path.joinpath("nhsauth.toml").write_text(f'[state]\nurl = "{location}"\n', encoding="utf-8")
    pytester.makepyfile(
        """
        import pytest_nhsauth

        def test_of_the_fixture(nhsauth, nhsauth_app):
            assert nhsauth_app.client_id

        def test_of_one_made_by_hand():
            with pytest_nhsauth.mock_platform() as mock:
                assert mock.apps
        """
    )

    run().assert_outcomes(passed=2)
    assert not pytester.path.joinpath("shared.db").exists()
