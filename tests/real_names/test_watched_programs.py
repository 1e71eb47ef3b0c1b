"""Programs of many runtimes call the real services through `nhsauth watch`, and none of them knows of it.

A second mock, in a process of its own and with an app of its own, plays the services.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.real_names.test_programs import FOUNDING, PATIENCE, PROGRAMS, RUNTIMES, lacking, node_24

pytestmark = pytest.mark.real_names

INT = "int.api.service.nhs.uk"
TOKEN_URL = f"https://{INT}/oauth2/token"
ISSUER = (
    "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/"
    "Healthcare"
)
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The mock that plays the services."""

    url: str
    authority: Path

    def ask(self, path: str, body: object) -> dict[str, str]:
        content: dict[str, str] = requests.post(f"{self.url}/_nhsauth/{path}", json=body, timeout=PATIENCE).json()
        return content

    def form(self, subject_token: str) -> str:
        assertion = self.ask("client-assertions", {"token_url": TOKEN_URL})["client_assertion"]
        return urlencode({**EXCHANGE, "client_assertion": assertion, "subject_token": subject_token})


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    folder = tmp_path_factory.mktemp("second")
    (folder / "nhsauth.toml").write_text('[[apps]]\nclient_id = "theirs"\nmake_key = true\n', encoding="utf-8")
    environ = {**clean(), "NHSAUTH_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-m", "mock_servers", "serve", "--tls", "--port", "0", "--json", "--log-level", "error"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        yield Second(url=url, authority=folder / "cache" / "tls" / "ca.pem")
        process.terminate()


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in PROXIES}


@pytest.mark.parametrize(
    "name", ["curl", "requests", "httpx", "urllib", "aiohttp", "fetch", "node:https", "fetch on Node 24"]
)
def test_an_unmodified_program_gets_the_400_and_the_200_and_the_first_is_explained(name: str, second: Second) -> None:
    runtime = RUNTIMES[name]
    if reason := lacking(runtime):
        pytest.skip(reason)
    id_token = second.ask("id-tokens", {"provider": "cis2", "claims": {"iss": ISSUER}})["id_token"]
    environ = {**clean(), "WRONG": second.form("an-authorization-code"), "RIGHT": second.form(id_token)}
    upstream = f"{INT}={second.url.replace('http://', 'https://')}"
    options = ["--upstream", upstream, "--upstream-ca", str(second.authority)]
    program = [node_24() if part == "node24" else part for part in runtime.command]

    done = subprocess.run(
        [sys.executable, "-m", "mock_servers", "watch", *options, "--", *program],
        cwd=PROGRAMS,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )

    said = f"{done.stdout}\n{done.stderr}"
    wrong, _, rest = done.stdout.partition(FOUNDING)
    assert "access_token" not in wrong, said
    assert "access_token" in rest, said
    assert f"nhsauth: exchange 1: POST {INT}/oauth2/token 400 invalid_request {FOUNDING}" in done.stderr, said
    assert "nhsauth: 2 exchanges with known hosts, 1 refused" in done.stderr, said
