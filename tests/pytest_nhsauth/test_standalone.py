"""The mock outside pytest: a context manager, a decorator, and how it is configured."""

import asyncio
import logging
import threading
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from pytest_nhsauth import Configuration, Platform, UnusedFaultWarning, mock_platform
from tests.processes import python

Run = Callable[..., pytest.RunResult]


def token_of(nhsauth: Platform) -> int:
    """The status of a token request, by the requests library, of the first app."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": nhsauth.app().client_assertion(),
    }
    return requests.post(nhsauth.token_url, form, timeout=10).status_code


def test_a_block_has_a_platform_and_leaves_nothing_behind() -> None:
    before = {*threading.enumerate()}

    with mock_platform() as nhsauth:
        status = token_of(nhsauth)
        seen = nhsauth.exchanges.last.path

    assert (status, seen) == (200, "/oauth2/token")
    assert {*threading.enumerate()} - before == set()
    with pytest.raises(requests.ConnectionError):
        requests.get(nhsauth.url, timeout=10)


def test_its_client_goes_by_the_clock_of_the_mock() -> None:
    with mock_platform() as nhsauth:
        client = nhsauth.client()
        first, again = client.client_credentials(), client.client_credentials()
        nhsauth.clock.advance(700)
        later = client.client_credentials()
        client.forget()
        forgotten = client.client_credentials()
        headers = {"Authorization": f"Bearer {later.access_token}"}
        answer = requests.get(f"{nhsauth.gateway}/hello-world/hello/application", headers=headers, timeout=10)

    assert first == again
    assert len({first.access_token, later.access_token, forgotten.access_token}) == 3
    assert later.expires_at == pytest.approx(first.expires_at + 700, abs=60)
    assert answer.status_code == 200


def test_its_client_is_that_of_a_named_app() -> None:
    with mock_platform() as nhsauth:
        other = nhsauth.new_app(client_id="other")
        tokens = [nhsauth.client(app).client_credentials() for app in ("other", other)]
        with pytest.raises(LookupError, match="nobody"):
            nhsauth.client("nobody")

        assert [record.client_id for record in nhsauth.exchanges] == ["other", "other"]
    assert all(token.token_type == "Bearer" for token in tokens)


def test_a_decorated_function_gets_a_fresh_platform_with_each_call() -> None:
    @mock_platform()
    def registered(client_id: str, nhsauth: Platform) -> list[str]:
        nhsauth.new_app(client_id=client_id, make_key=False)
        return [app.client_id for app in nhsauth.apps.all()]

    assert [registered("one"), registered(client_id="one")] == [["nhsauth-app", "one"]] * 2


def test_a_decorated_function_need_not_take_it() -> None:
    @mock_platform()
    def named() -> str:
        """Its own docstring."""
        return "called"

    assert (named(), named.__doc__) == ("called", "Its own docstring.")


def test_a_coroutine_function_has_the_mock_until_it_ends() -> None:
    @mock_platform()
    async def status(nhsauth: Platform) -> int:
        return await asyncio.to_thread(token_of, nhsauth)

    assert asyncio.run(status()) == 200


def test_a_method_of_unittest_gets_it() -> None:
    class Case(unittest.TestCase):
        @mock_platform()
        def test_it(self, nhsauth: Platform) -> None:
            assert token_of(nhsauth) == 200

    outcome = unittest.TestResult()
    Case("test_it").run(outcome)

    assert (outcome.testsRun, outcome.errors, outcome.failures) == (1, [], [])


def test_a_class_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(TypeError, match=r"Case is a class: call cls.enterClassContext\(mock_platform\(\)\)"):

        @mock_platform()
        class Case:
            pass


def test_pytest_looks_for_no_fixture_of_a_decorated_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        from pytest_nhsauth import mock_platform

        @pytest.mark.parametrize("client_id", ["mine"])
        @mock_platform(apps=[{"client_id": "mine"}])
        def test_it(client_id, nhsauth):
            assert nhsauth.app().client_id == client_id
        """
    )

    assert run().parseoutcomes() == {"passed": 1}


def test_it_is_configured_by_a_file_by_members_or_by_both(tmp_path: Path) -> None:
    file = tmp_path / "nhsauth.toml"
    file.write_text('[[apps]]\nclient_id = "of-the-file"\n[apim]\nenvironment = "ref"\n', encoding="utf-8")

    with (
        mock_platform(file) as by_file,
        mock_platform(apps=[{"client_id": "given"}]) as by_members,
        mock_platform(str(file), apps=[{"client_id": "given"}]) as by_both,
        mock_platform(Configuration(apps=())) as by_value,
    ):
        ids = [[app.client_id for app in each.apps.all()] for each in (by_file, by_members, by_both, by_value)]

    assert ids == [["of-the-file"], ["given"], ["given"], []]


def test_the_file_of_this_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nhsauth.toml").write_text('[[apps]]\nclient_id = "found"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with mock_platform() as nhsauth:
        assert nhsauth.app().client_id == "found"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"app": []}, r"app is unknown \(did you mean apps\?\)"),
        ({"diagnosis": "yes"}, 'diagnosis is "yes"; allowed: true or false'),
    ],
)
def test_what_is_configured_amiss_is_reported_in_a_line(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        mock_platform(**settings)


def test_members_beside_a_configuration_are_refused() -> None:
    with pytest.raises(ValueError, match="settings are apps, beside a Configuration; allowed: put them into it"):
        mock_platform(Configuration(), apps=[])


def test_a_fault_that_nobody_met_is_warned_of() -> None:
    with pytest.warns(UnusedFaultWarning) as warned, mock_platform() as nhsauth:
        nhsauth.faults.next("token", status=503)

    assert [each.filename for each in warned] == [__file__]


def test_blocks_that_overlap_leave_the_levels_of_loggers_as_they_were() -> None:
    logger = logging.getLogger("mock_servers")
    before = logger.level
    first, second = mock_platform(), mock_platform()

    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    between = logger.level
    second.__exit__(None, None, None)

    assert (between, logger.level) == (logging.ERROR, before)


@pytest.mark.slow
def test_a_program_without_pytest_s_runner_logs_nothing_of_its_clients() -> None:
    program = (
        "import requests\nfrom pytest_nhsauth import mock_platform\n"
        "with mock_platform() as nhsauth:\n"
        "    print(requests.post(nhsauth.token_url, {}, timeout=10).status_code)\n"
    )

    outcome = python(program)

    assert (outcome.stdout, outcome.stderr) == ("415\n", "")
