"""Beside libraries that stand in for servers, the fixtures' own client reaches the mock, whatever they forbid."""

import importlib.util
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]
pytestmark = pytest.mark.recipes

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
