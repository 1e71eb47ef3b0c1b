"""What the mock logs in a test process reaches no test of the team's own, unless they ask for it."""

from collections.abc import Callable

import pytest

from pytest_nhsauth import mock_platform

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


EVERY_LEVEL = """
import logging
import pytest
import requests

SEEN = []


class Collecting(logging.Handler):
    def emit(self, record):
        SEEN.append(record)


@pytest.fixture(scope="session", autouse=True)
def handlers():
    collecting = Collecting()
    for name in (None, "asyncio", "mock_servers", "mock_servers.exchanges", "urllib3"):
        logging.getLogger(name).setLevel(1)
        logging.getLogger(name).addHandler(collecting)


@pytest.fixture(autouse=True)
def debug(caplog):
    caplog.set_level(1)


def refused(nhsauth):
    logging.getLogger("mock_servers.exchanges").setLevel(1)  # after the mock has set its own
    jwks_url = nhsauth.url.replace("127.0.0.1", "localhost") + "/keys"
    nhsauth.new_app(client_id="fetched", jwks_url=jwks_url)
    assertion = nhsauth.app().client_assertion({"iss": "fetched", "sub": "fetched"})
    form = {"grant_type": "client_credentials", "client_assertion": assertion}
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    session = requests.Session()
    for _ in range(2):
        assert session.post(nhsauth.token_url, form, timeout=10).status_code >= 400


def of_threads(records):
    # without what requests logs in the test's own thread, and the team's application
    found = [(record.threadName, record.name, record.getMessage()) for record in records if record.name != "team"]
    return [each for each in found if each[0] != "MainThread"]


@pytest.mark.parametrize("number", range(3))
def test_nothing_of_the_mock_is_seen(nhsauth, nhsauth_real_names, caplog, number):
    refused(nhsauth)
    assert of_threads(caplog.records) == []
    assert of_threads(SEEN) == []


def application(environ, start_response):
    logging.getLogger("team").info("called")
    start_response("200 OK", [])
    logging.getLogger("team").info("answering")
    return [b"{}"]


def test_an_application_behind_the_gateway_is_heard(nhsauth_gateway, caplog):
    requests.get(nhsauth_gateway(application, open=True), timeout=10)
    assert [each for each in caplog.messages if each in ("called", "answering")] == ["called", "answering"]
    assert of_threads(caplog.records) == []
"""


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_no_thread_of_ours_reaches_a_handler_at_any_level(
    pytester: pytest.Pytester, run: Run, workers: list[str]
) -> None:
    pytester.makepyfile(EVERY_LEVEL)

    assert run("--log-level=1", *workers, subprocess=True).parseoutcomes() == {"passed": 4}


@pytest.mark.slow
def test_a_mock_elsewhere_is_called_without_a_record(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_it(nhsauth, nhsauth_app, caplog):
            assert (caplog.record_tuples, caplog.get_records("setup")) == ([], [])
        """
    )

    with mock_platform() as running:
        outcome = run("--log-level=1", f"--nhsauth-target={running.url}", subprocess=True)

    assert outcome.parseoutcomes() == {"passed": 1}


@pytest.mark.slow
def test_a_failure_in_a_thread_of_the_mock_is_written_to_the_standard_error(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        """
        import logging
        import threading
        from mock_servers.silence import silence

        def fail():
            with silence():
                logging.getLogger("mock_servers").error("planted")

        def test_it(nhsauth, caplog, capsys):
            failing = threading.Thread(target=fail)
            failing.start()
            failing.join()
            assert caplog.messages == []
            assert capsys.readouterr().err == "nhsauth: planted\\n"
        """
    )

    assert run(subprocess=True).parseoutcomes() == {"passed": 1}


@pytest.mark.slow
@pytest.mark.parametrize("chained", [True, False])
def test_the_record_factory_of_a_team_is_kept(pytester: pytest.Pytester, run: Run, *, chained: bool) -> None:
    pytester.makeconftest(
        f"""
        import logging

        FORMER = logging.getLogRecordFactory() if {chained} else logging.LogRecord

        def marked(*given, **more):
            record = FORMER(*given, **more)
            record.marked = True
            return record

        logging.setLogRecordFactory(marked)

        def pytest_unconfigure():
            print("as before:", logging.getLogRecordFactory() is marked)
        """
    )
    pytester.makepyfile(
        """
        import logging

        def test_it(nhsauth, caplog):
            logging.getLogger("team").warning("seen")
            assert [record.marked for record in caplog.records] == [True]
        """
    )

    run(subprocess=True).stdout.fnmatch_lines(["*1 passed*", "*as before: True*"])


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
