"""What the mock logs in a test process reaches no test of the team's own, unless they ask for it."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

ORDER = ["-p", "no:randomly"]
REFUSED_THEN_ANOTHER = """
import logging
import requests

def test_refused(nhsauth):
    for _ in range(20):
        requests.post(nhsauth.token_url, {"grant_type": "password"}, timeout=10)

def test_another(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mock_servers.exchanges").warning("late")
    logging.getLogger("mock_servers.http.front").warning("late")
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
"""


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_records_of_the_mock_reach_no_other_test(pytester: pytest.Pytester, run: Run, workers: list[str]) -> None:
    pytester.makepyfile(REFUSED_THEN_ANOTHER)

    assert run(*ORDER, *workers, subprocess=True).parseoutcomes() == {"passed": 2}


@pytest.mark.slow
def test_the_ini_lets_them_reach_the_root_logger(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nnhsauth_log_propagate = true")
    pytester.makepyfile(
        """
        import logging
        import threading
        import requests

        def test_it(nhsauth_platform, caplog):
            logged = threading.Event()
            handler = logging.Handler()
            handler.emit = lambda _: logged.set()
            logging.getLogger().addHandler(handler)
            requests.post(nhsauth_platform.token_url, {"grant_type": "password"}, timeout=10)
            assert logged.wait(timeout=30)
            logging.getLogger().removeHandler(handler)
            assert "mock_servers.exchanges" in [record.name for record in caplog.records]
        """
    )

    assert run(subprocess=True).parseoutcomes() == {"passed": 1}


@pytest.mark.slow
def test_a_failure_inside_the_mock_is_logged_all_the_same(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import logging

        def test_it(nhsauth, caplog):
            logging.getLogger("mock_servers.journal.record").error("planted")
            assert caplog.messages == ["planted"]
        """
    )

    assert run(subprocess=True).parseoutcomes() == {"passed": 1}


@pytest.mark.slow
def test_the_loggers_are_as_they_were_once_the_mock_has_stopped(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import logging

        def read():
            return [logging.getLogger(name).level for name in ("mock_servers", "mock_servers.jose")]

        BEFORE = read()

        def pytest_unconfigure():
            print("as before:", read() == BEFORE)
        """
    )
    pytester.makepyfile("def test_it(nhsauth): pass")

    run(subprocess=True).stdout.fnmatch_lines(["*as before: True*"])
