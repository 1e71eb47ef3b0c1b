"""Who may call the management API, which hands out consumer secrets: no web page of another origin, no rebound name."""

from collections.abc import Mapping

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration

APPS = "/v1/organizations/nhsd-nonprod/developers/tester@example.nhs.uk/apps"
REAL = "https://api.enterprise.apigee.com"


def ask(platform: Mock, base_url: str, headers: Mapping[str, str] = {}, path: str = APPS) -> TestResponse:
    """Ask for the apps, or for what else is at a path, with a bearer."""
    sent = {"Authorization": "Bearer any.jwt.will-do", **headers}
    return Client(platform).get(path, base_url=base_url, headers=sent)


@pytest.mark.parametrize("path", [APPS, "/oauth/token", "/v1/organizations", "/v1//organizations/x/apps"])
@pytest.mark.parametrize(
    ("base_url", "headers"),
    [
        ("http://evil.example:8080", {}),
        ("https://evil.example", {}),
        ("http://api.enterprise.apigee.com", {}),
        ("http://localhost.evil.example", {}),
        ("http://localhost", {"Origin": "http://evil.example"}),
        ("http://localhost", {"Origin": "null"}),
        ("http://localhost", {"Sec-Fetch-Site": "cross-site"}),
        ("http://localhost", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}),
    ],
)
def test_a_rebound_name_and_a_foreign_page_are_refused(
    ring: KeyRing, base_url: str, headers: Mapping[str, str], path: str
) -> None:
    platform = Mock(Configuration(test_suite_hosts=True), ring=ring)

    answer = ask(platform, base_url, headers, path)

    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert answer.get_json()["title"] == "Forbidden"
    assert any(word in answer.get_json()["detail"] for word in ("Host", "Origin", "Sec-Fetch-Site"))
    assert len(platform.exchanges) == 0


def test_a_foreign_page_is_refused_under_a_real_name_as_well(ring: KeyRing) -> None:
    platform = Mock(Configuration(test_suite_hosts=True), ring=ring)

    assert ask(platform, REAL, {"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("base_url", "headers"),
    [
        ("http://localhost:8080", {}),
        ("http://10.0.0.7", {}),
        ("http://mock:9090", {}),
        (REAL, {}),
        (REAL, {"Sec-Fetch-Site": "same-origin", "Origin": REAL}),
    ],
)
def test_near_names_listed_ones_and_real_ones_by_tls_are_answered(
    ring: KeyRing, base_url: str, headers: Mapping[str, str]
) -> None:
    platform = Mock(Configuration(test_suite_hosts=True, public_urls=("http://mock:8080",)), ring=ring)

    assert ask(platform, base_url, headers).status_code == 200


@pytest.mark.parametrize("path", ["/oauth2/token", "/_ping", "/mock-jwks/e30=", "/_nhsauth/style.css", "/any-api"])
def test_what_the_real_services_publish_is_answered_under_any_name(ring: KeyRing, path: str) -> None:
    answer = ask(Mock(ring=ring), "http://evil.example", {"Sec-Fetch-Site": "cross-site"}, path)

    assert answer.status_code != 403
