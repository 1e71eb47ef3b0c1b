"""The hosts that public test suites call besides: each serves what is its own, and only when asked for."""

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.real_host import TEST_SUITE_HOSTS
from mock_servers.state.configuration import Configuration
from tests.processes import finished

MANAGEMENT = "https://api.enterprise.apigee.com"
INTERNAL_DEV = "https://internal-dev.api.service.nhs.uk"
JWKS = "/NHSDigital/identity-service-jwks/main/jwks/internal-dev/9baed6f4-1361-4a8e-8531-1f8426e3aba8.json"
BEARER = {"Authorization": "Bearer x"}
PRODUCTS = "/v1/organizations/nhsd-nonprod/apiproducts"
APPS = "/v1/organizations/nhsd-nonprod/developers/tester@example.nhs.uk/apps"


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    """A platform that plays the hosts of test suites."""
    return Mock(Configuration(test_suite_hosts=True), ring=ring)


Made = Callable[..., str]


@pytest.fixture
def made_key(http: Client, platform: Mock) -> Made:
    """Make an app with a product of internal-dev over the management API, and return its key."""

    def make(jwks_url: str) -> str:
        body = {
            "name": "my-app",
            "callbackUrl": "https://google.com/callback",
            "attributes": [{"name": "jwks-resource-url", "value": jwks_url}],
            "apiProducts": ["identity-service-mock-internal-dev"],
        }
        answer = http.post(APPS, json=body, headers=BEARER, base_url=MANAGEMENT)
        assert answer.status_code == 201, platform.exchanges.kept()
        return str(answer.get_json()["credentials"][0]["consumerKey"])

    return make


def token(platform: Mock, http: Client, key: str) -> TestResponse:
    url = f"{INTERNAL_DEV}/oauth2-mock/token"
    changes = Alterations(claims={"iss": key, "sub": key}, headers={"kid": "test-1"})
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app", token_url=url, alterations=changes),
    }
    return http.post("/oauth2-mock/token", data=form, base_url=INTERNAL_DEV)


def test_the_management_api_is_at_its_host_alone(http: Client) -> None:
    here = http.get(PRODUCTS, headers=BEARER, base_url=MANAGEMENT)
    elsewhere = [http.get(PRODUCTS, headers=BEARER, base_url=url) for url in (INTERNAL_DEV, "https://google.com")]

    assert (here.status_code, "canary-api-internal-dev" in here.get_json()) == (200, True)
    assert [answer.status_code for answer in elsewhere] == [404, 404]
    assert http.get("/oauth2/_ping", base_url=MANAGEMENT).status_code == 404


@pytest.mark.parametrize("host", ["login.apigee.com", "nhs-digital-prod.login.apigee.com"])
def test_one_logs_in_at_the_log_ins_own_hosts(http: Client, host: str) -> None:
    form = {"grant_type": "password", "username": "me", "password": "any"}
    headers = {"Authorization": "Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0"}

    answer = http.post("/oauth/token", data=form, headers=headers, base_url=f"https://{host}")

    assert answer.status_code == 200


def test_the_end_of_a_log_in_is_not_redirect(http: Client) -> None:
    answer = http.get("/callback?code=x&state=y", base_url="https://google.com")

    assert (answer.status_code, answer.data) == (404, b"")


def test_the_published_key_set_has_a_key_that_is_not_the_suites(platform: Mock, http: Client, made_key: Made) -> None:
    answer = http.get(JWKS, base_url="https://raw.githubusercontent.com")
    key = made_key(f"https://raw.githubusercontent.com{JWKS}")

    refused = token(platform, http, key)

    assert [each["kid"] for each in answer.get_json(force=True)["keys"]] == ["test-1"]
    assert (refused.status_code, refused.get_json()["error_description"]) == (401, "JWT signature verification failed")
    assert http.get("/anything/else.json", base_url="https://raw.githubusercontent.com").status_code == 404


def test_a_key_set_in_a_path_of_internal_dev_is_good_in_any_environment(
    platform: Mock, http: Client, made_key: Made
) -> None:

    jwks = http.get("/_nhsauth/apps/nhsauth-app/jwks").get_json()
    jwks["keys"][0]["kid"] = "test-1"
    path = base64.urlsafe_b64encode(json.dumps(jwks).encode()).decode()

    key = made_key(f"{INTERNAL_DEV}/mock-jwks/{path}")

    assert token(platform, http, key).status_code == 200


def test_they_are_played_when_asked_for_alone(ring: KeyRing) -> None:
    plain, asked = Mock(ring=ring), Mock(Configuration(test_suite_hosts=True), ring=ring)

    assert [plain.names.hosts.find(host.name) for host in TEST_SUITE_HOSTS] == [None] * len(TEST_SUITE_HOSTS)
    assert [asked.names.hosts.find(host.name) for host in TEST_SUITE_HOSTS] == list(TEST_SUITE_HOSTS)


ASK = f"""
import os, urllib.request
token = os.environ["APIGEE_ACCESS_TOKEN"]
request = urllib.request.Request("{MANAGEMENT}{PRODUCTS}", headers={{"Authorization": "Bearer " + token}})
print(urllib.request.urlopen(request, timeout=30).status, token)
"""


@pytest.mark.parametrize(
    ("given", "own"), [({}, True), pytest.param({"APIGEE_ACCESS_TOKEN": "mine"}, False, marks=pytest.mark.slow)]
)
def test_a_command_finds_a_bearer_that_is_a_jwt(tmp_path: Path, given: dict[str, str], own: bool) -> None:  # noqa: FBT001 - a case
    environ = {name: value for name, value in os.environ.items() if name != "APIGEE_ACCESS_TOKEN"}
    command = [sys.executable, "-m", "mock_servers", "run", "--test-suites", "--", sys.executable, "-c", ASK]
    done = finished(*command, folder=tmp_path, environ={**environ, **given})

    status, _, bearer = done.stdout.strip().partition(" ")
    assert (status, done.returncode) == ("200", 0), done.stderr
    assert ("exp" not in jwt.decode(bearer, options={"verify_signature": False})) if own else bearer == "mine"
