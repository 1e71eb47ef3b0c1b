"""`--nhsauth-target` at a mock that takes a control token."""

from collections.abc import Callable, Iterator

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.access import Access
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration

Run = Callable[..., pytest.RunResult]

TESTS = """
def test_it(nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_new_app, nhsauth_clock):
    nhsauth_new_app(client_id="mine")
    nhsauth_clock.freeze("2030-01-01T00:00:00Z")
    nhsauth_client.token_exchange(nhsauth_id_token())

    nhsauth.exchanges.assert_one(error=None)
    assert "Bearer of-" not in str([each.request for each in nhsauth.exchanges])
"""
SETTINGS = ControlSettings(token="of-the-root", teams={"team-a": "of-team-a"}, worlds_each=2)


@pytest.fixture(scope="module")
def guarded(ring: KeyRing) -> Iterator[Mock]:
    """A mock that takes a control token."""
    mock = Mock(Configuration(control=SETTINGS), ring=ring)
    with mock.serving():
        yield mock


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NHSAUTH_CONTROL_TOKEN", raising=False)


@pytest.mark.parametrize("token", ["of-the-root", "of-team-a"])
def test_the_option_names_the_token(pytester: pytest.Pytester, run: Run, guarded: Mock, token: str) -> None:
    pytester.makepyfile(TESTS)

    outcome = run(f"--nhsauth-target={guarded.url}", f"--nhsauth-target-token={token}")

    assert outcome.parseoutcomes() == {"passed": 1}
    outcome.stdout.no_fnmatch_line("*of-t*")
    assert guarded.worlds is not None
    assert guarded.worlds.all() == []


def test_the_variable_names_it_too_and_the_option_comes_first(
    pytester: pytest.Pytester, run: Run, guarded: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(TESTS)
    monkeypatch.setenv("NHSAUTH_CONTROL_TOKEN", "of-team-a\n")

    assert run(f"--nhsauth-target={guarded.url}").parseoutcomes() == {"passed": 1}
    assert run(f"--nhsauth-target={guarded.url}", "--nhsauth-target-token=wrong").parseoutcomes() == {"errors": 1}


def test_each_worker_of_xdist_sends_it(pytester: pytest.Pytester, run: Run, guarded: Mock) -> None:
    pytester.makepyfile(TESTS + TESTS.replace("test_it", "test_again"))

    outcome = run("-n2", f"--nhsauth-target={guarded.url}", "--nhsauth-target-token=of-team-a")

    assert outcome.parseoutcomes() == {"passed": 2}


def test_a_worlds_token_is_for_that_world(pytester: pytest.Pytester, run: Run, guarded: Mock) -> None:
    pytester.makepyfile(TESTS)
    made = guarded.worlds
    assert made is not None
    row = made.create("wa", team="team-a")
    token = Access(guarded).token_of(row)

    at_world = run(f"--nhsauth-target={guarded.url}/_worlds/wa", f"--nhsauth-target-token={token}")
    at_root = run(f"--nhsauth-target={guarded.url}", f"--nhsauth-target-token={token}")
    made.delete("wa")

    assert at_world.parseoutcomes() == {"passed": 1}
    at_root.stdout.fnmatch_lines(["*the target cannot be used: This is the token of world wa, which makes no worlds*"])


def test_without_it_the_line_says_what_to_set(pytester: pytest.Pytester, run: Run, guarded: Mock) -> None:
    pytester.makepyfile("def test_it(nhsauth): pass")

    outcome = run(f"--nhsauth-target={guarded.url}")

    outcome.stdout.fnmatch_lines(
        ["*the target cannot be used: *No control token was sent*Set NHSAUTH_CONTROL_TOKEN, or --nhsauth-target*"]
    )


def test_what_can_be_no_token_is_a_usage_error_and_not_shown(run: Run, guarded: Mock) -> None:
    outcome = run(f"--nhsauth-target={guarded.url}", "--nhsauth-target-token=no token, but secret")

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["ERROR: nhsauth: the token of --nhsauth-target-token has 20 characters, not all *"])
    outcome.stderr.no_fnmatch_line("*but secret*")


def test_a_mock_of_the_session_asks_for_none(pytester: pytest.Pytester, run: Run) -> None:
    pytester.path.joinpath("nhsauth.toml").write_text('[control]\ntoken_file = "not-on-this-machine"\n')
    pytester.makepyfile(
        "import requests\n"
        "def test_it(nhsauth):\n"
        "    assert requests.get(nhsauth.url + '/_nhsauth/apps', timeout=60).status_code == 200\n"
    )

    assert run().parseoutcomes() == {"passed": 1}


def test_a_mock_without_real_names_is_asked_with_the_token(pytester: pytest.Pytester, run: Run, guarded: Mock) -> None:
    pytester.makepyfile("def test_it(nhsauth_real_names): pass")

    outcome = run("-rs", f"--nhsauth-target={guarded.url}", "--nhsauth-target-token=of-team-a")

    assert outcome.parseoutcomes() == {"skipped": 1}
    outcome.stdout.fnmatch_lines(["SKIPPED*nhsauth_real_names cannot work: *"])
