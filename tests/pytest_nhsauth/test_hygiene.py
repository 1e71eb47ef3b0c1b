"""What a session leaves over, and the ways to run pytest that teams are fond of."""

import threading
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

USE = """
import pytest

@pytest.mark.parametrize("turn", range(4))
def test_it(nhsauth_client, nhsauth_id_token, nhsauth_exchanges, turn):
    nhsauth_client.token_exchange(nhsauth_id_token())

    nhsauth_exchanges.assert_one(error=None)
"""


def test_no_thread_is_left_over(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(USE)
    before = set(threading.enumerate())

    outcome = run()

    assert outcome.parseoutcomes() == {"passed": 4}
    assert set(threading.enumerate()) - before == set()


@pytest.mark.slow
def test_no_socket_is_left_over(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import gc
        import socket

        def pytest_unconfigure():
            gc.collect()
            left = [each for each in gc.get_objects() if isinstance(each, socket.socket) and each.fileno() >= 0]
            print(f"sockets left: {len(left)}")
        """
    )
    pytester.makepyfile(USE)

    run("-s", subprocess=True).stdout.fnmatch_lines(["*4 passed*", "sockets left: 0"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", "no:cacheprovider"],
        ["--import-mode=importlib"],
        pytest.param(["-n", "2"], marks=pytest.mark.slow),
        ["-p", "no:randomly"],
        ["--strict-markers", "--strict-config"],
    ],
    ids=" ".join,
)
def test_it_works_with(pytester: pytest.Pytester, run: Run, arguments: list[str]) -> None:
    pytester.makepyfile(USE)

    assert run(*arguments, subprocess="-n" in arguments).parseoutcomes() == {"passed": 4}


def test_nothing_is_started_or_made_for_tests_that_ask_for_nothing(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = pytester.path / "cache"
    monkeypatch.setenv("NHSAUTH_CACHE_DIR", str(cache))
    pytester.makepyfile(
        """
        import threading

        def test_it(nhsauth_settings):
            assert not [each for each in threading.enumerate() if each.name.startswith("mock_servers")]
        """
    )

    outcome = run(subprocess=True)

    assert (outcome.parseoutcomes(), cache.exists()) == ({"passed": 1}, False)


def test_a_started_platform_makes_no_key_before_one_is_used(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = pytester.path / "cache"
    monkeypatch.setenv("NHSAUTH_CACHE_DIR", str(cache))
    pytester.makepyfile("def test_it(nhsauth, nhsauth_app): assert nhsauth_app.kid")

    outcome = run()

    assert (outcome.parseoutcomes(), cache.exists()) == ({"passed": 1}, False)


def test_a_unittest_case_uses_it(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import unittest
        import pytest

        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _platform(self, nhsauth_client):
                self.client = nhsauth_client

            def test_it(self):
                self.assertEqual(self.client.client_credentials().token_type, "Bearer")
        """
    )

    assert run().parseoutcomes() == {"passed": 1}
