"""How the plugin is loaded: through its entry point, listed in a conftest, or both; and what that costs."""

from collections.abc import Callable
from importlib.metadata import distribution, entry_points

import pytest

import pytest_nhsauth
from pytest_nhsauth import plugin

pytestmark = pytest.mark.slow  # each test runs pytest in a process of its own

Run = Callable[..., pytest.RunResult]

HEAVY = ["flask", "werkzeug", "jwt", "cryptography", "requests", "hypothesis"]
OTHERS = ["-p", "no:hypothesispytest", "-p", "no:requests_mock", "-p", "no:randomly", "-p", "no:xdist"]
LISTED = 'pytest_plugins = ["pytest_nhsauth.plugin"]'

installed = pytest.mark.skipif(
    "nhsauth" not in entry_points(group="pytest11").names, reason="the plugin is not installed"
)


@installed
def test_installed_and_unused_it_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import sys

        def test_it(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("pytest_nhsauth.plugin")
            assert [name for name in {HEAVY} if name in sys.modules] == []
        """
    )

    assert pytester.runpytest_subprocess(*OTHERS).parseoutcomes() == {"passed": 1}


def test_neither_the_fixtures_nor_the_mock_import_hypothesis(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(LISTED)
    pytester.makepyfile(
        """
        import sys

        def test_it(nhsauth, nhsauth_client, nhsauth_id_token):
            nhsauth_client.token_exchange(nhsauth_id_token())
            assert nhsauth.exchanges.last.findings == ()
            assert [name for name in sys.modules if name.split(".")[0] in ("hypothesis", "contract_tests")] == []
        """
    )

    assert pytester.runpytest_subprocess(*OTHERS).parseoutcomes() == {"passed": 1}


def test_the_package_alone_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import sys
        import pytest_nhsauth
        import pytest_nhsauth.plugin

        print([name for name in {HEAVY} if name in sys.modules])
        """
    )
    (file,) = pytester.path.glob("*.py")

    assert pytester.runpython(file).outlines == ["[]"]


def test_only_pytest_and_the_command_line_load_it() -> None:
    groups = {each.group for each in distribution("pytest-nhsauth").entry_points}

    assert groups == {"console_scripts", "pytest11"}


@installed
@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "xdist"])
def test_it_can_be_switched_off_by_its_short_name(pytester: pytest.Pytester, workers: list[str]) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it(pytestconfig):
            assert not pytestconfig.pluginmanager.has_plugin("pytest_nhsauth.plugin")
            assert [name for name in sys.modules if name.startswith("pytest_nhsauth")] == []
        """
    )

    outcome = pytester.runpytest_subprocess("-p", "no:nhsauth", "-W", "error", *workers)

    assert outcome.parseoutcomes() == {"passed": 1}


@installed
def test_its_module_can_be_blocked_as_well(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(LISTED)
    pytester.makepyfile("def test_it(nhsauth): pass")

    outcome = pytester.runpytest_subprocess("-p", "no:pytest_nhsauth.plugin")

    outcome.stdout.fnmatch_lines("*fixture 'nhsauth' not found*")


@installed
def test_switched_off_by_its_short_name_a_conftest_that_lists_it_brings_it_back(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(LISTED)
    pytester.makepyfile("def test_it(nhsauth_platform): pass")

    outcome = pytester.runpytest_subprocess("-p", "no:nhsauth", "-W", "error")

    assert outcome.parseoutcomes() == {"passed": 1}


@installed
def test_installed_and_listed_in_a_conftest_it_is_loaded_once(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(LISTED)
    pytester.makepyfile("def test_it(nhsauth_platform): pass")

    outcome = pytester.runpytest_subprocess("-W", "error")

    assert outcome.parseoutcomes() == {"passed": 1}


def test_listed_in_a_conftest_it_need_not_be_installed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(LISTED)
    pytester.makepyfile("def test_it(nhsauth_platform): pass")

    outcome = pytester.runpytest_subprocess("-W", "error")

    assert outcome.parseoutcomes() == {"passed": 1}


def test_named_on_the_command_line_and_in_a_conftest_it_is_loaded_once(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(LISTED)
    pytester.makepyfile("def test_it(nhsauth_platform): pass")

    assert run(subprocess=True).parseoutcomes() == {"passed": 1}


def test_every_fixture_is_listed_with_what_it_is(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(): pass")

    outcome = run("--fixtures", "-q")

    starts = [number for number, line in enumerate(outcome.outlines) if line.startswith("nhsauth")]
    assert len(starts) == len([name for name in plugin.__all__ if not name.startswith("_")])
    said = [outcome.outlines[number + 1] for number in starts]
    assert [line for line in said if not line.startswith("    ") or "no docstring available" in line] == []


def test_its_options_are_in_the_help(run: Run) -> None:
    run("--help").stdout.fnmatch_lines(["*--nhsauth-config=FILE*", "*nhsauth_config (string)*"])


@pytest.mark.parametrize("name", pytest_nhsauth.__all__)
def test_a_public_type_is_found_when_asked_for(name: str) -> None:
    assert getattr(pytest_nhsauth, name).__name__ == name


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_nhsauth' has no attribute 'Platfrom'"):
        _ = pytest_nhsauth.Platfrom  # type: ignore[attr-defined] # the mistake itself
