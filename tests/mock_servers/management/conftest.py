"""The management API of a platform that plays internal-dev, and an app to work with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Api, Configuration

NOW = 1_800_000_000.0
ORGANIZATION = "/v1/organizations/nhsd-nonprod"
DEVELOPER = "tester@example.nhs.uk"
APPS = f"/developers/{DEVELOPER}/apps"
APP = f"{APPS}/my-app"
NEW_APP: Mapping[str, Any] = {
    "name": "my-app",
    "callbackUrl": "https://google.com/callback",
    "attributes": [{"name": "jwks-resource-url", "value": "https://internal-dev.api.service.nhs.uk/mock-jwks/e30="}],
}


class Management:
    """Calls the management API with a bearer, below the organisation."""

    def __init__(self, http: Client) -> None:
        self.http = http

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": "Bearer any.jwt.will-do"}
        return self.http.open(f"{ORGANIZATION}{path}", method=method, headers=headers, **options)

    def get(self, path: str, **query: str) -> Any:
        """The body of a GET that must succeed."""
        answer = self("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def make(self, path: str, body: Mapping[str, Any]) -> Any:
        """The body of a POST that must create."""
        answer = self("POST", path, json=copy.deepcopy(dict(body)))
        assert answer.status_code == 201, answer.text
        return answer.get_json()


@pytest.fixture
def configuration() -> Configuration:
    """What the platform is configured with; a module may override it."""
    api = Api(path="/my-api", upstream="http://127.0.0.1:9", scopes=("urn:nhsd:apim:app:level3:mine",))
    return Configuration(apim=ApimSettings(environment="internal-dev"), apis=(api,))


@pytest.fixture
def platform(ring: KeyRing, configuration: Configuration) -> Mock:
    """A fresh platform that plays internal-dev, its clock stopped at NOW."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Mock(configuration, ring=ring, clock=clock)


@pytest.fixture
def management(http: Client) -> Management:
    """The management API."""
    return Management(http)


@pytest.fixture
def made_app(management: Management) -> Any:
    """An app with its first key, which has no product."""
    return management.make(APPS, NEW_APP)


@pytest.fixture
def bound_key(management: Management, made_app: Any) -> str:
    """A second key of that app, with the product of the mock identity service."""
    answer = management("PUT", APP, json={**made_app, "apiProducts": ["identity-service-mock-internal-dev"]})
    return str(answer.get_json()["credentials"][1]["consumerKey"])


@pytest.fixture
def key(management: Management, platform: Mock) -> str:
    """A key with the products of mock-jwks and the mock identity service; the mock can sign for it."""
    url = f"{platform.url}/_nhsauth/apps/nhsauth-app/jwks"
    made = management.make(
        "/developers/tester@example.nhs.uk/apps",
        {
            "name": "my-app",
            "callbackUrl": "https://google.com/callback",
            "attributes": [{"name": "jwks-resource-url", "value": url}],
            "apiProducts": ["mock-jwks-internal-dev", "identity-service-mock-internal-dev"],
        },
    )
    return str(made["credentials"][0]["consumerKey"])


@pytest.fixture
def form(platform: Mock, key: str) -> Callable[..., dict[str, str]]:
    """What asks for a token with that key: an application's, or a person's of a realm."""

    def made(realm: str = "", user: str = "") -> dict[str, str]:
        assertion = platform.client_assertion(
            "nhsauth-app",
            token_url=f"{platform.url}/oauth2-mock/token",
            alterations=Alterations(claims={"iss": key, "sub": key}),
        )
        proof = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        if not realm:
            return {**proof, "grant_type": "client_credentials"}
        return {
            **proof,
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "subject_token": platform.id_token(realm, LogInRequest(client_id="test-client", user=user)),
        }

    return made


@pytest.fixture
def granted(platform: Mock, http: Client, form: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Get tokens: the answer of the token service."""

    def get(realm: str = "", user: str = "") -> dict[str, str]:
        answer = http.post("/oauth2-mock/token", data=form(realm, user), base_url=platform.url)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    return get
