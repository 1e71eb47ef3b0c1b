"""Beside libraries that stand in for servers, the fixtures' own client still reaches the mock."""

import importlib.util
from collections.abc import Callable

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

Run = Callable[..., pytest.RunResult]
pytestmark = pytest.mark.recipes


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    return Mock(ring=ring)


BLOCKED = {
    "responses": """
import responses
from requests import ConnectionError as Blocked

@pytest.fixture(autouse=True)
def stand_in():
    with responses.RequestsMock() as mocked:
        yield mocked
""",
    "requests_mock": """
from requests_mock.exceptions import NoMockAddress as Blocked

@pytest.fixture(autouse=True)
def stand_in(requests_mock):
    yield requests_mock
""",
    "vcr": """
import vcr
from vcr.errors import CannotOverwriteExistingCassetteException as Blocked

@pytest.fixture(autouse=True)
def stand_in(tmp_path):
    with vcr.use_cassette(str(tmp_path / "none.yaml"), record_mode="none") as cassette:
        yield cassette
""",
    "respx": """
import respx
from requests import Timeout as Blocked

@pytest.fixture(autouse=True)
def stand_in():
    with respx.mock as mocked:
        yield mocked
""",
}

FROM_THE_BEGINNING = {
    "responses": """
import responses
mocked = responses.RequestsMock(assert_all_requests_are_fired=False)
mocked.start()
""",
    "requests_mock": """
import requests_mock
requests_mock.Mocker().start()
""",
    "vcr": """
import vcr
cassette = vcr.use_cassette("none.yaml", record_mode="none")
cassette.__enter__()
""",
    "respx": """
import respx
respx.mock.start()
""",
}
"""The same, begun when the first conftest is read: before anything of ours is loaded but the plugin's hooks."""


@pytest.mark.parametrize("library", FROM_THE_BEGINNING)
@pytest.mark.parametrize("at", ["in process", "elsewhere"])
def test_it_works_where_the_library_was_there_first(
    pytester: pytest.Pytester, run: Run, library: str, at: str, platform: Mock
) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} comes with the dependency group recipes")
    pytester.makeconftest(FROM_THE_BEGINNING[library])
    pytester.makepyfile(
        f"""
        import pytest
        import requests

        @pytest.mark.parametrize("turn", range(2))
        def test_ours(nhsauth, nhsauth_client, nhsauth_id_token, turn):
            assert nhsauth_client.token_exchange(nhsauth_id_token()).access_token
            assert nhsauth.exchanges.last.status == 200

        def test_theirs_is_stood_in_for(nhsauth):
            if "{library}" == "respx":
                pytest.skip("it stands in for httpx alone")
            with pytest.raises(Exception):
                requests.get(nhsauth.url, timeout=5)
        """
    )
    with platform.serving():
        outcome = run(
            "-p", "no:randomly", *(["--nhsauth-target", platform.url] if at == "elsewhere" else []), subprocess=True
        )

    assert outcome.parseoutcomes().get("failed", 0) + outcome.parseoutcomes().get("errors", 0) == 0
    assert outcome.parseoutcomes()["passed"] >= 2


@pytest.mark.parametrize("library", BLOCKED)
def test_the_fixtures_own_client_works(pytester: pytest.Pytester, run: Run, library: str) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} comes with the dependency group recipes")
    pytester.makepyfile(
        f"""
        import pytest
        import requests
        {BLOCKED[library].replace(chr(10), chr(10) + " " * 8)}

        @pytest.mark.parametrize("turn", range(2))
        def test_ours(nhsauth_client, nhsauth_id_token, turn):
            assert nhsauth_client.token_exchange(nhsauth_id_token()).access_token

        @pytest.mark.nhsauth(access="application")
        def test_the_marker(nhsauth, nhsauth_auth_headers):
            assert nhsauth_auth_headers["Authorization"].startswith("Bearer ")

        def test_theirs_is_stood_in_for(nhsauth):
            if "{library}" == "respx":
                pytest.skip("it stands in for httpx alone")
            with pytest.raises(Blocked):
                requests.get(nhsauth.url, timeout=5)
        """
    )

    outcome = run("-p", "no:randomly", subprocess=True)

    assert outcome.parseoutcomes().get("failed", 0) + outcome.parseoutcomes().get("errors", 0) == 0
    assert outcome.parseoutcomes()["passed"] >= 3
