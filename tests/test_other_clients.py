"""Nothing needs our Python client: requests alone, and curl with what a page shows, do the whole story."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

PAGE = Path(__file__).parent.parent / "docs" / "any-language.md"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": ASSERTION_TYPE,
}


@pytest.fixture
def url(ring: KeyRing) -> Iterator[str]:
    with Mock(ring=ring).serving() as server:
        yield server.url


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def asked(http: requests.Session, url: str, call: str, body: dict[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = http.post(f"{url}/_nhsauth/{call}", json=body).json()
    return members


def posted(http: requests.Session, url: str, **form: str) -> tuple[int, dict[str, Any]]:
    answer = http.post(url, data=form)
    return answer.status_code, answer.json()


def test_requests_alone_shows_the_founding_story(http: requests.Session, url: str) -> None:
    token_url = f"{url}/oauth2/token"
    (redirect_uri,) = http.get(f"{url}/_nhsauth/apps/nhsauth-app").json()["redirect_uris"]
    log_in = {"provider": "cis2", "client_id": "nhsauth-app", "redirect_uri": redirect_uri}
    code = asked(http, url, "log-ins", log_in)["code"]

    def assertion() -> str:
        return str(asked(http, url, "client-assertions", {"client_id": "nhsauth-app"})["client_assertion"])

    mistaken = posted(http, token_url, **EXCHANGE, client_assertion=assertion(), subject_token=code)
    reported = http.get(f"{url}/_nhsauth/exchanges").json()[-1]
    discovered = http.get(
        f"{url}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration"
    ).json()
    _, tokens = posted(
        http,
        discovered["token_endpoint"],
        grant_type="authorization_code",
        code=code,
        redirect_uri=redirect_uri,
        client_id="nhsauth-app",
        client_secret="nhsauth-secret",
    )
    right = posted(http, token_url, **EXCHANGE, client_assertion=assertion(), subject_token=tokens["id_token"])
    bearer = {"Authorization": f"Bearer {right[1]['access_token']}"}
    greeting = http.get(f"{url}/hello-world/hello/user", headers=bearer).json()

    assert (mistaken[0], mistaken[1]["error_description"]) == (400, "Malformed JWT in subject_token")
    assert reported["message_id"] == mistaken[1]["message_id"]
    assert "the authorization code that CIS2 issued" in reported["findings"][0]["seen"]
    assert right[0] == 200
    assert greeting == {"message": "Hello User!"}


def test_requests_alone_refreshes(http: requests.Session, url: str) -> None:
    asking = {"access": "patient", "level": "P9", "client_id": "nhsauth-app"}
    first = asked(http, url, "access-tokens", asking)
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}

    status, members = posted(
        http, f"{url}/oauth2/token", grant_type="refresh_token", refresh_token=first["refresh_token"], **secret
    )

    assert (status, members["refresh_count"]) == (200, "1")


def test_what_a_page_shows_for_any_language_gets_a_token(url: str) -> None:
    if not (shutil.which("curl") and shutil.which("sh")):
        pytest.skip("curl and a POSIX shell are not on this machine")
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"```sh\n(ask\(\) .*?)```", text, re.DOTALL)
    assert found is not None
    script = found[1].replace("http://127.0.0.1:8080", url).replace("curl ", "curl --noproxy '*' ")

    command = ["sh", "-euc", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - the page's

    assert list(json.loads(done.stdout)) == [
        "access_token",
        "expires_in",
        "token_type",
        "issued_token_type",
        "refresh_token",
        "refresh_token_expires_in",
        "refresh_count",
    ]
