"""`--nhsauth-target`: the fixtures at a mock that runs already, and what is said when it cannot be used."""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mock_servers.http import server as serving
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import WORLDS
from tests.processes import finished

Run = Callable[..., pytest.RunResult]

TESTS = """
import pytest

@pytest.mark.parametrize("turn", range(2))
def test_it(nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_new_app, nhsauth_clock, turn):
    nhsauth_new_app(client_id="mine")
    nhsauth_clock.freeze("2030-01-01T00:00:00Z")
    nhsauth_client.token_exchange(nhsauth_id_token())

    nhsauth.exchanges.assert_one(error=None)
"""

AT_ONCE = """
import pytest

@pytest.mark.parametrize("turn", range(4))
class TestAtOnce:
    def test_it(self, nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_new_app, nhsauth_clock, turn):
        nhsauth_new_app(client_id="mine")
        nhsauth_clock.freeze("2030-01-01T00:00:00Z")
        token = nhsauth_client.token_exchange(nhsauth_id_token()).access_token
        nhsauth.exchanges.assert_one(error=None)
        assert nhsauth.explain(token).would_be == "accepted"

    def test_what_fails(self, nhsauth, nhsauth_client, nhsauth_faults, turn):
        nhsauth_faults.next("token", status=503)
        with pytest.raises(Exception, match="503"):
            nhsauth_client.client_credentials()
        assert [app.client_id for app in nhsauth.apps.all()] == ["nhsauth-app"]
        assert len(nhsauth.exchanges) == 1
"""


@pytest.fixture(scope="module")
def running(ring: KeyRing) -> Iterator[Mock]:
    """A mock that runs already."""
    mock = Mock(ring=ring)
    with mock.serving():
        yield mock


def test_the_fixtures_use_it(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(TESTS)

    outcome = run(f"--nhsauth-target={running.url}")

    assert outcome.parseoutcomes() == {"passed": 2}
    outcome.stdout.fnmatch_lines(["=* nhsauth: 2 exchanges =*"])
    outcome.stdout.fnmatch_lines([f"nhsauth: target {running.url} (--nhsauth-target)"])


def test_afterwards_it_is_as_before(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(TESTS)

    run(f"--nhsauth-target={running.url}/")

    assert [app.client_id for app in running.apps.all()] == ["nhsauth-app"]
    assert not running.clock.frozen


def test_no_other_mock_is_started(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(f"def test_it(nhsauth): assert nhsauth.url.startswith({running.url!r} + '/_worlds/')")

    assert run(f"--nhsauth-target={running.url}").parseoutcomes() == {"passed": 1}


def test_a_failure_shows_its_exchanges(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(
        """
        def test_it(nhsauth, nhsauth_client):
            nhsauth.apps.change("nhsauth-app", approved=False)
            nhsauth_client.client_credentials()
        """
    )

    run(f"--nhsauth-target={running.url}").stdout.fnmatch_lines(["*- nhsauth exchanges -*", "POST /oauth2/token 401 *"])


def test_settings_from_python_do_not_undo_it(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(
        f"""
        import pytest
        from pytest_nhsauth import Settings

        @pytest.fixture(scope="session")
        def nhsauth_settings():
            return Settings()

        def test_it(nhsauth):
            assert nhsauth.url.startswith({running.url!r})
        """
    )

    assert run(f"--nhsauth-target={running.url}").parseoutcomes() == {"passed": 1}


CONFIGURED = """
import pytest
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration, READY_MADE_APP
from pytest_nhsauth import Settings

@pytest.fixture(scope="session")
def nhsauth_settings():
    return Settings(configuration=Configuration(apim=ApimSettings(access_token_lifetime=77){more}))

def test_it(nhsauth, nhsauth_client):
    assert nhsauth_client.client_credentials().raw["expires_in"] == "76"
"""


def test_a_configuration_from_python_is_that_of_the_world(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(CONFIGURED.format(more=""))

    assert run(f"--nhsauth-target={running.url}").parseoutcomes() == {"passed": 1}
    assert running.worlds is not None
    assert running.worlds.all() == []


def test_a_configuration_that_a_world_cannot_have_is_named(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(CONFIGURED.format(more=', public_urls=("http://mock:8080",)'))

    outcome = run(f"--nhsauth-target={running.url}")

    outcome.stdout.fnmatch_lines(["*the target cannot be used: config.public_urls is *"])
    assert outcome.parseoutcomes() == {"errors": 1}


def test_a_world_that_is_there_keeps_its_configuration(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(CONFIGURED.format(more=""))

    outcome = run(f"--nhsauth-target={running.url}/_worlds/root")

    outcome.stdout.fnmatch_lines(
        [f"*{running.url}/_worlds/root has its configuration already, and nhsauth_settings has another: *"]
    )
    assert outcome.parseoutcomes() == {"errors": 1}


@pytest.mark.slow
def test_one_worker_may_use_it(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(TESTS)

    assert run(f"--nhsauth-target={running.url}", "-n1", subprocess=True).parseoutcomes() == {"passed": 2}


@pytest.mark.slow
def test_several_workers_have_a_world_each(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(TESTS)

    assert run(f"--nhsauth-target={running.url}", "-n2", subprocess=True).parseoutcomes() == {"passed": 2}


@pytest.mark.slow
def test_several_workers_of_one_world_are_reported_why_not(pytester: pytest.Pytester, run: Run, running: Mock) -> None:
    pytester.makepyfile(TESTS)
    target = f"{running.url}/_worlds/root"

    outcome = run(f"--nhsauth-target={target}", "-n2", subprocess=True)

    assert outcome.parseoutcomes() == {"errors": 2}
    outcome.stdout.fnmatch_lines([f"2 workers share {target}, and each would undo what the others do*"])


class TestWorlds:
    def test_a_session_is_in_a_world_of_its_own_which_is_gone_afterwards(
        self, pytester: pytest.Pytester, run: Run, running: Mock
    ) -> None:
        before = running.exchanges.tally().exchanges
        pytester.makepyfile(TESTS)

        assert run(f"--nhsauth-target={running.url}").parseoutcomes() == {"passed": 2}
        assert running.exchanges.tally().exchanges == before
        assert worlds(running) == []

    @pytest.mark.parametrize(
        ("ending", "code"),
        [
            ("assert False", pytest.ExitCode.TESTS_FAILED),
            pytest.param("raise KeyboardInterrupt", pytest.ExitCode.INTERRUPTED, marks=pytest.mark.slow),
        ],
    )
    def test_it_is_gone_after_a_failure_and_an_interrupt(
        self, pytester: pytest.Pytester, run: Run, running: Mock, ending: str, code: pytest.ExitCode
    ) -> None:
        pytester.makepyfile(f"def test_it(nhsauth):\n    {ending}")

        outcome = run(f"--nhsauth-target={running.url}", subprocess="Keyboard" in ending)

        assert outcome.ret == code

        assert worlds(running) == []

    def test_one_that_is_named_is_used_and_left(self, pytester: pytest.Pytester, run: Run, running: Mock) -> None:
        assert running.worlds is not None
        running.worlds.create("named")
        target = f"{running.url}/_worlds/named"
        pytester.makepyfile(f"def test_it(nhsauth): assert nhsauth.url == {target!r}")

        outcome = run(f"--nhsauth-target={target}")

        assert outcome.parseoutcomes() == {"passed": 1}
        assert worlds(running) == ["named"]
        running.worlds.delete("named")

    def test_root_names_the_mock_itself(self, pytester: pytest.Pytester, run: Run, running: Mock) -> None:
        pytester.makepyfile(f"def test_it(nhsauth): assert nhsauth.url == {running.url!r}")

        assert run(f"--nhsauth-target={running.url}/_worlds/root").parseoutcomes() == {"passed": 1}

    @pytest.mark.parametrize(
        "expected", [None, ("404 Not Found", "text/html", b"<h1>Nothing</h1>"), ("200 OK", "application/json", b"{}")]
    )
    def test_a_mock_without_worlds_is_used_as_it_is(
        self, pytester: pytest.Pytester, run: Run, ring: KeyRing, expected: tuple[str, str, bytes] | None
    ) -> None:
        mock = Mock(ring=ring)

        def older(environ: Any, start_response: Any) -> Any:
            if environ["PATH_INFO"].startswith("/_nhsauth/worlds"):
                environ["wsgi.input"].read()
                if expected is not None:
                    start_response(expected[0], [("Content-Type", expected[1])])
                    return [expected[2]]
                environ["PATH_INFO"] = "/_nhsauth/no-such-call"
            return mock(environ, start_response)

        pytester.makepyfile(TESTS)
        with serving.serve(older) as server:
            mock.served_at(server.url)
            outcome = run(f"--nhsauth-target={server.url}")

        assert outcome.parseoutcomes() == {"passed": 2}
        assert mock.exchanges.tally().exchanges == 2

    def test_an_unknown_one_is_one_line(self, pytester: pytest.Pytester, run: Run, running: Mock) -> None:
        pytester.makepyfile(TESTS)

        outcome = run(f"--nhsauth-target={running.url}/_worlds/nope")

        assert outcome.parseoutcomes() == {"errors": 2}
        outcome.stdout.fnmatch_lines(['the target cannot be used: No world is called "nope"*'])

    def test_one_that_goes_in_the_middle_is_one_line_a_test(
        self, pytester: pytest.Pytester, run: Run, running: Mock
    ) -> None:
        pytester.makepyfile(
            """
            import requests

            def test_one(nhsauth):
                root, _, name = nhsauth.url.partition("/_worlds/")
                requests.delete(f"{root}/_nhsauth/worlds/{name}", timeout=10)

            def test_two(nhsauth):
                pass
            """
        )

        outcome = run("-p", "no:randomly", f"--nhsauth-target={running.url}")

        assert outcome.parseoutcomes() == {"passed": 1, "errors": 2}
        outcome.stdout.fnmatch_lines(["No world is called *: it was deleted, or nobody asked it for an hour*"])
        outcome.stdout.no_fnmatch_line("*Traceback*")

    def test_no_room_for_one_more_is_one_line(self, pytester: pytest.Pytester, run: Run, ring: KeyRing) -> None:
        mock = Mock(ring=ring)
        assert mock.worlds is not None
        for _ in range(WORLDS):
            mock.worlds.create()
        pytester.makepyfile(TESTS)

        with mock.serving() as server:
            outcome = run(f"--nhsauth-target={server.url}")

        assert outcome.parseoutcomes() == {"errors": 2}
        outcome.stdout.fnmatch_lines(["the target cannot be used: 200 worlds are there, which is the limit: *"])


@pytest.mark.slow
@pytest.mark.timeout(400)  # thirteen processes that each load the servers' libraries
def test_eight_sessions_and_four_workers_at_once_do_not_disturb_each_other(
    pytester: pytest.Pytester, running: Mock
) -> None:
    pytester.makepyfile(AT_ONCE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"--nhsauth-target={running.url}"]
    sessions = [[*command], *([*command, "-n4"] for _ in range(1)), *([*command] for _ in range(7))]

    with ThreadPoolExecutor(len(sessions)) as pool:
        outcomes = list(pool.map(lambda each: finished(*each, folder=pytester.path, patience=360), sessions))

    assert [each.stdout for each in outcomes if each.returncode] == []
    assert [re.findall(r"(\d+) passed", each.stdout) for each in outcomes] == [["8"]] * 9
    assert worlds(running) == []


IN_PROCESS = """
import pytest

@pytest.mark.nhsauth_in_process("it stops time")
def test_it(nhsauth): pass

@pytest.mark.nhsauth_in_process(reason="it reads the mock's memory")
class TestMore:
    def test_it(self): pass

def test_another(nhsauth): assert nhsauth.control_url == f"{nhsauth.url}/_nhsauth"
"""


class TestWhatNeedsTheMockInItsOwnProcess:
    def test_it_is_skipped_by_its_reason(self, pytester: pytest.Pytester, run: Run, running: Mock) -> None:
        pytester.makepyfile(IN_PROCESS)

        outcome = run("-rs", f"--nhsauth-target={running.url}")

        assert outcome.parseoutcomes() == {"skipped": 2, "passed": 1}
        needs = f"SKIPPED *needs the mock in its own process, not {running.url}: "
        outcome.stdout.fnmatch_lines_random([f"{needs}it stops time", f"{needs}it reads the mock's memory"])

    def test_it_runs_where_the_mock_is_there(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makepyfile(IN_PROCESS)

        assert run("--strict-markers").parseoutcomes() == {"passed": 3}

    @pytest.mark.parametrize("given", ["", "7", "'a', 'b'", "why='a'"])
    @pytest.mark.parametrize("at_target", ["a running mock", ""])
    def test_a_marker_that_gives_no_reason_is_one_line(
        self, pytester: pytest.Pytester, run: Run, running: Mock, given: str, at_target: str
    ) -> None:
        pytester.makepyfile(f"import pytest\n@pytest.mark.nhsauth_in_process({given})\ndef test_it(): pass")

        outcome = run(*([f"--nhsauth-target={running.url}"] if at_target else []))

        assert outcome.parseoutcomes() == {"errors": 1}
        outcome.stdout.fnmatch_lines(["@pytest.mark.nhsauth_in_process takes one text, the reason, and nothing else"])


def worlds(mock: Mock) -> list[str]:
    """The names of the worlds that a mock has."""
    assert mock.worlds is not None
    return [each.name for each in mock.worlds.all()]


def test_nothing_that_answers_is_one_line(pytester: pytest.Pytester, run: Run, ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        url = server.url
    pytester.makepyfile(TESTS)

    outcome = run(f"--nhsauth-target={url}")

    assert outcome.parseoutcomes() == {"errors": 2}
    outcome.stdout.fnmatch_lines(
        [f"the target cannot be used: Nothing answers at {url}: *refused*. Is `nhsauth serve` running there?"]
    )
    outcome.stdout.no_fnmatch_line("*Traceback*")
    outcome.stdout.no_fnmatch_line("*.py:*in *")


def test_a_mock_that_dies_in_the_middle_is_one_line_a_test(pytester: pytest.Pytester, run: Run, ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        pytester.makepyfile(
            """
            import gc
            from urllib.parse import urlsplit
            from mock_servers.http.server import Server

            def test_one(nhsauth):
                port = urlsplit(nhsauth.url).port
                (server,) = [each for each in gc.get_objects() if isinstance(each, Server) and each.port == port]
                server.stop()

            def test_two(nhsauth):
                pass
            """
        )

        outcome = run(f"--nhsauth-target={server.url}", "-p", "no:randomly")

    assert outcome.parseoutcomes() == {"passed": 1, "errors": 2}
    assert str(outcome.stdout).count("Is `nhsauth serve` running there?") >= 2
    outcome.stdout.no_fnmatch_line("*Traceback*")


def test_a_mock_that_dies_under_a_test_is_reported_at_the_test_s_own_line(
    pytester: pytest.Pytester, run: Run, ring: KeyRing
) -> None:
    with Mock(ring=ring).serving() as server:
        pytester.makepyfile(
            """
            import gc
            from urllib.parse import urlsplit
            from mock_servers.http.server import Server

            def test_one(nhsauth):
                port = urlsplit(nhsauth.url).port
                (server,) = [each for each in gc.get_objects() if isinstance(each, Server) and each.port == port]
                server.stop()
                assert nhsauth.clock.now()
            """
        )

        outcome = run(f"--nhsauth-target={server.url}")

    outcome.stdout.fnmatch_lines(
        [">       assert nhsauth.clock.now()", "E       *ServerDiedError: Nothing answers at *"]
    )
    outcome.stdout.no_fnmatch_line("*pytest_nhsauth?*.py:*")


@pytest.mark.parametrize("value", ["localhost:8080", "http://", "ftp://127.0.0.1", "http://127.0.0.1/oauth2"])
def test_what_is_not_base_url_is_a_usage_error(run: Run, value: str) -> None:
    outcome = run(f"--nhsauth-target={value}")

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(
        [
            (
                f"ERROR: nhsauth: target is '{value}'; allowed: http(s)://host[[]:port[]], or a world of it: "
                "…/_worlds/NAME (--nhsauth-target)"
            )
        ]
    )


def test_a_configuration_beside_it_is_a_usage_error(pytester: pytest.Pytester, run: Run) -> None:
    pytester.path.joinpath("mine.toml").write_text("", encoding="utf-8")

    outcome = run("--nhsauth-target=http://127.0.0.1:9", "--nhsauth-config=mine.toml")

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(
        ["ERROR: nhsauth: config (--nhsauth-config) and target (--nhsauth-target) exclude each other: a running mock *"]
    )


@pytest.mark.parametrize(
    ("option", "variable", "ini", "decides"),
    [
        ("http://option:1", "http://variable:1", "http://ini:1", "target http://option:1 (--nhsauth-target)"),
        (None, "http://variable:1", "http://ini:1", "target http://variable:1 (NHSAUTH_TARGET)"),
        (None, None, "http://ini:1", "target http://ini:1 (nhsauth_target of tox.ini)"),
    ],
)
def test_option_comes_before_variable_before_ini(
    pytester: pytest.Pytester,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    option: str | None,
    variable: str | None,
    ini: str,
    decides: str,
) -> None:
    pytester.makeini(f"[pytest]\nnhsauth_target = {ini}")
    if variable:
        monkeypatch.setenv("NHSAUTH_TARGET", variable)

    run(*([f"--nhsauth-target={option}"] if option else [])).stdout.fnmatch_lines([f"nhsauth: {decides}"])
