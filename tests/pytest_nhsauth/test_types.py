"""The public types, as a type checker sees them in a project that uses the plugin."""

import ast
import os
import sys
from pathlib import Path

import pytest

import pytest_nhsauth
from tests.processes import finished

pytest.importorskip("mypy", reason="the group lint brings mypy")

RIGHT = """
from collections.abc import Iterator

import pytest
from pytest_nhsauth import (
    App, AppFactory, Client, ClientAssertionFactory, Clock, Configuration,
    Exchanges, Explanation, Fault, Faults, IdTokenFactory, Platform, Record, RegisteredApp,
    Settings, Token, mock_platform,
)

with mock_platform(apps=[]) as mocked:
    gateway: str = mocked.gateway


@pytest.fixture(scope="session")
def nhsauth_settings() -> Settings:
    app = App(client_id="mine", client_secret="secret", name="Mine")
    return Settings(configuration=Configuration(apps=(app,)))


@pytest.fixture(scope="module")
def shared(nhsauth_platform: Platform) -> Iterator[RegisteredApp]:
    yield nhsauth_platform.new_app(client_id="shared")


def test_all(
    nhsauth: Platform,
    nhsauth_access_token: str,
    nhsauth_app: RegisteredApp,
    nhsauth_auth_headers: dict[str, str],
    nhsauth_client: Client,
    nhsauth_client_assertion: ClientAssertionFactory,
    nhsauth_clock: Clock,
    nhsauth_env: dict[str, str],
    nhsauth_exchanges: Exchanges,
    nhsauth_faults: Faults,
    nhsauth_id_token: IdTokenFactory,
    nhsauth_new_app: AppFactory,
) -> None:
    token: Token = nhsauth_client.token_exchange(nhsauth_id_token("9912003071", provider="nhs_login"))
    assertion: str = nhsauth_client_assertion({"exp": 1}, without=["jti"], key=nhsauth_app.private_key_pem)
    other: RegisteredApp = nhsauth_new_app(client_id="other")
    issuer: str = nhsauth.cis2.issuer
    nhsauth_clock.advance(600)
    nhsauth_clock.freeze("2031-05-01T12:00:00Z")
    explained: Explanation = nhsauth.explain(nhsauth_access_token, as_="access_token")
    changed: App = nhsauth.apps.change(other.client_id, approved=False)
    seen: list[Record] = nhsauth_exchanges.wait_for(1, timeout=5, status=200)
    fault: Fault = nhsauth_faults.next("token", status=503, times=None)
    assert fault.used == 0
    record: Record = nhsauth_exchanges.assert_one(grant_type="client_credentials", error=None)
    assert token.expires_at
    assert [assertion, other.kid, issuer, record.diagnosis, explained.would_be, changed.name, seen]
    assert [nhsauth_auth_headers["Authorization"], nhsauth_env["APIM_URL"]]
"""
WRONG = """
from pytest_nhsauth import IdTokenFactory, Platfrom


def test_it(nhsauth_id_token: IdTokenFactory) -> int:
    return nhsauth_id_token(claim={})
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What mypy says of either file, in one run: it takes long to read what the packages stand on."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_right.py").write_text(RIGHT, encoding="utf-8")
    (folder / "test_wrong.py").write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "test_right.py", "test_wrong.py"]
    environment = {**os.environ, "MYPYPATH": str(Path(pytest_nhsauth.__file__).parents[1])}
    outcome = finished(*command, folder=folder, environ=environment)
    lines = outcome.stdout.splitlines()
    return {
        name: "\n".join(line for line in lines if line.startswith(f"test_{name}.py:")) for name in ("right", "wrong")
    } | {"all": outcome.stdout + outcome.stderr}


def test_each_type_that_annotations_name_is_public() -> None:
    (named,) = [
        node for node in ast.parse(RIGHT).body if isinstance(node, ast.ImportFrom) and node.module == "pytest_nhsauth"
    ]

    assert {alias.name for alias in named.names} <= set(pytest_nhsauth.__all__)


@pytest.mark.slow
def test_a_test_with_annotations_passes_strictly(checked: dict[str, str]) -> None:
    assert checked["right"] == ""


@pytest.mark.slow
def test_no_error_is_found_in_the_packages_themselves(checked: dict[str, str]) -> None:
    assert "errors in 1 file (checked 2 source files)" in checked["all"]


@pytest.mark.slow
def test_a_misspelt_type_is_found(checked: dict[str, str]) -> None:
    assert 'has no attribute "Platfrom"' in checked["wrong"]


@pytest.mark.slow
def test_a_misspelt_keyword_of_a_factory_is_found(checked: dict[str, str]) -> None:
    assert 'Unexpected keyword argument "claim"' in checked["wrong"]
