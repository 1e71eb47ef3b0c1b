"""The management API of a platform that plays internal-dev, and an app to work with."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.clock import Clock
from mock_servers.configuration import Api, Configuration
from mock_servers.keys import KeyRing
from mock_servers.platform import Platform
from mock_servers.settings import ApimSettings

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
def platform(ring: KeyRing, configuration: Configuration) -> Platform:
    """A fresh platform that plays internal-dev, its clock stopped at NOW."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Platform(configuration, ring=ring, clock=clock)


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
