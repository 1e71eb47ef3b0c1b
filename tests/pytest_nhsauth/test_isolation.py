"""What one test leaves for the next: nothing of its own, and all that wider fixtures have made."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]


def passes(run: Run, tests: int, *arguments: str) -> bool:
    """Whether a run ends with this many passed tests and nothing else, in whichever order they came."""
    outcome = run(*arguments)
    return (outcome.ret, outcome.parseoutcomes()) == (pytest.ExitCode.OK, {"passed": tests})


def test_an_app_of_a_test_is_gone_in_the_next(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(2))
        def test_takes_the_client_id(nhsauth, nhsauth_new_app, turn):
            nhsauth_new_app(client_id="mine", make_key=False)

            assert [app.client_id for app in nhsauth.apps.all()] == ["nhsauth-app", "mine"]
        """
    )

    assert passes(run, 2)


def test_an_app_of_a_module_s_fixture_stays_for_the_module(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module", autouse=True)
        def _shared(nhsauth_platform):
            nhsauth_platform.new_app(client_id="shared", make_key=False)

        @pytest.mark.parametrize("turn", range(2))
        def test_has_it_and_no_other(nhsauth, turn):
            nhsauth.new_app(client_id="mine", make_key=False)

            assert [app.client_id for app in nhsauth.apps.all()] == ["nhsauth-app", "shared", "mine"]
        """
    )

    assert passes(run, 2)


def test_a_token_of_a_module_s_fixture_stays_good(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.fixture(scope="module")
        def bearer(nhsauth_platform):
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": nhsauth_platform.app().client_assertion(),
            }
            answer = requests.post(nhsauth_platform.token_url, form, timeout=10)
            return {"Authorization": f"Bearer {answer.json()['access_token']}"}

        @pytest.mark.parametrize("turn", range(2))
        def test_uses_it(nhsauth, bearer, turn):
            url = f"{nhsauth.gateway}/hello-world/hello/application"

            assert requests.get(url, headers=bearer, timeout=10).status_code == 200
        """
    )

    assert passes(run, 2)


def test_a_jti_of_a_test_is_free_in_the_next(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.mark.parametrize("turn", range(2))
        def test_spends_it(nhsauth, nhsauth_client_assertion, turn):
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": nhsauth_client_assertion({"jti": "the same"}),
            }
            assert requests.post(nhsauth.token_url, form, timeout=10).status_code == 200
        """
    )

    assert passes(run, 2)


def test_each_test_has_a_journal_of_its_own(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(2))
        def test_asks_once(nhsauth_exchanges, nhsauth_client, turn):
            nhsauth_client.client_credentials()

            assert len(nhsauth_exchanges) == 1
        """
    )

    assert passes(run, 2)


def test_what_the_session_s_platform_was_asked_is_not_in_a_test_s_journal(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.fixture(scope="session", autouse=True)
        def _earlier(nhsauth_platform):
            requests.get(f"{nhsauth_platform.gateway}/hello-world/hello/world", timeout=10)
            assert len(nhsauth_platform.exchanges) == 1

        def test_has_asked_nothing(nhsauth_exchanges):
            assert len(nhsauth_exchanges) == 0
        """
    )

    assert passes(run, 1)


def test_the_time_of_a_test_is_over_in_the_next(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(2))
        def test_stops_the_clock(nhsauth_clock, turn):
            assert not nhsauth_clock.frozen
            nhsauth_clock.freeze()
        """
    )

    assert passes(run, 2)


def test_a_test_that_fails_leaves_nothing_either(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(2))
        def test_fails(nhsauth_new_app, turn):
            nhsauth_new_app(client_id="mine", make_key=False)
            pytest.fail("as it should")
        """
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"failed": 2}
    outcome.stdout.no_fnmatch_line("*AppExistsError*")


def test_fixtures_can_be_overridden_at_each_level(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def nhsauth_app(nhsauth, nhsauth_app):
            return nhsauth.new_app(client_id=f"after-{nhsauth_app.client_id}")
        """
    )
    pytester.makepyfile(
        """
        import pytest

        def test_in_a_conftest(nhsauth_app, nhsauth_client, nhsauth_exchanges):
            nhsauth_client.client_credentials()

            nhsauth_exchanges.assert_one(error=None)
            assert nhsauth_app.client_id == "after-nhsauth-app"

        class TestInAClass:
            @pytest.fixture
            def nhsauth_app(self, nhsauth):
                return nhsauth.new_app(client_id="of-the-class")

            def test_it(self, nhsauth_app, nhsauth_client, nhsauth_id_token, nhsauth_exchanges):
                nhsauth_client.token_exchange(nhsauth_id_token())

                assert nhsauth_app.client_id == "of-the-class"
        """
    )

    assert passes(run, 2)


def test_a_server_that_has_died_fails_the_next_test_that_needs_it_and_no_other(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        """
        import asyncio
        import contextlib
        import socket
        import threading
        from urllib.parse import urlsplit
        import pytest

        def address_of(url):
            return urlsplit(url).hostname, urlsplit(url).port

        @pytest.fixture(scope="session", autouse=True)
        def _death(request):
            def die(*_):
                raise RuntimeError("no more")

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(asyncio.SelectorEventLoop, "run_forever", die)
                platform = request.getfixturevalue("nhsauth_platform")
                with contextlib.suppress(ConnectionError), socket.create_connection(address_of(platform.token_url)):
                    pass
                for thread in threading.enumerate():
                    if thread.name == "mock_servers.http.server":
                        thread.join()

        def test_needs_it(nhsauth):
            pass

        def test_asks_for_its_url(nhsauth_platform):
            nhsauth_platform.token_url

        def test_needs_nothing():
            pass
        """
    )

    outcome = run(subprocess=True)

    assert outcome.parseoutcomes() == {"errors": 1, "failed": 1, "passed": 1}
    outcome.stdout.fnmatch_lines_random(
        [
            "The mock's server has died of RuntimeError('no more'): nothing answers at http://127.0.0.1:* any more.",
            "*ServerDiedError: The mock's server has died of RuntimeError('no more'): nothing answers at *",
        ]
    )
