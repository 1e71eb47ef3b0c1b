"""A browser, and providers with given answers."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.apim.app import create_app
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import CIS2
from tests.mock_servers.answers import query_of
from tests.mock_servers.apim.browser import Browser


@pytest.fixture
def browser(platform: Mock, http: Client) -> Browser:
    return Browser(platform, http)


FakeProvider = Callable[..., TestResponse]


@pytest.fixture
def answered_by(browser: Browser) -> FakeProvider:
    """Come back from a CIS2 that answers the platform's token request with this body."""

    def come_back(body: bytes, status: int = 200) -> TestResponse:
        service = replace(browser.platform.token_services[0], call=lambda *_, **__: (status, body))
        brought = query_of(browser.authorize())
        query = {"state": brought["state"], "code": "any"}
        return Client(create_app(service)).get("/callback", query_string=query, base_url=browser.platform.url)

    return come_back


@pytest.fixture
def given(platform: Mock, answered_by: FakeProvider) -> FakeProvider:
    """Come back from a CIS2 that gives an id token with these alterations."""

    def come_back(alterations: Alterations = UNALTERED, level: str | None = None) -> TestResponse:
        wanted = LogInRequest(client_id=CIS2.on_platform.client_id, level=level)
        token = platform.id_token("cis2", wanted, alterations)
        return answered_by(json.dumps({"access_token": "opaque", "id_token": token}).encode())

    return come_back
