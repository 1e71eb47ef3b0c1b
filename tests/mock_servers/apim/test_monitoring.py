"""`_ping`, `_status` and the pre-flight answer, member by member; none of the first two is in the journal."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from mock_servers.apim.app import create_app
from mock_servers.jose.jwks import HttpFetcher
from mock_servers.mock import Mock

VERSION = ["version", "revision", "releaseId", "commitId"]


@pytest.mark.parametrize("mount", ["/oauth2", "/oauth2-mock"])
def test_ping_shows_the_version(http: Client, mount: str) -> None:
    answer = http.get(f"{mount}/_ping")

    assert (answer.status_code, list(answer.get_json())) == (200, VERSION)


@pytest.mark.parametrize("path", ["/oauth2/_ping", "/oauth2/_status"])
def test_head_is_answered_without_a_body(http: Client, path: str) -> None:
    answer = http.head(path, headers={"apikey": "status"})

    assert (answer.status_code, answer.data) == (200, b"")


def test_status_checks_both_providers(platform: Mock, http: Client) -> None:
    answer = http.get("/oauth2/_status", headers={"apikey": "status"}, base_url=platform.url)

    members = answer.get_json()
    assert (answer.status_code, members["status"]) == (200, "pass")
    assert list(members) == ["status", *VERSION, "checks"]
    assert list(members["checks"]) == ["nhs-cis2", "nhs-login"]
    assert [list(check) for check in members["checks"].values()] == [
        ["status", "timeout", "responseCode", "outcome", "links"]
    ] * 2


@pytest.mark.parametrize("headers", [{}, {"apikey": ""}, {"apikey": "wrong"}])
def test_status_without_its_key_is_denied(http: Client, headers: dict[str, str]) -> None:
    answer = http.get("/oauth2/_status", headers=headers)

    members = answer.get_json()
    assert answer.status_code == 401
    assert list(members) == ["error", "error_description", "message_id"]
    assert (members["error"], members["error_description"]) == (
        "Access Denied",
        "Invalid api key for _status monitoring endpoint",
    )


@pytest.mark.parametrize(("down", "expected"), [(("/openam",), "warn"), (("/openam", "/.well-known"), "fail")])
def test_status_warns_when_one_provider_is_down_and_fails_when_both_are(
    platform: Mock, monkeypatch: pytest.MonkeyPatch, down: tuple[str, ...], expected: str
) -> None:
    monkeypatch.setattr(platform, "own", lambda url: (503 if urlsplit(url).path.startswith(down) else 200, b""))
    service = replace(platform.token_services[0], fetch=HttpFetcher(own=platform.own))

    members = Client(create_app(service)).get("/_status", headers={"apikey": "status"}).get_json()

    assert members["status"] == expected
    assert members["checks"]["nhs-cis2"]["status"] == "fail"


def test_a_pre_flight_request_is_answered_for_its_origin(http: Client) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}

    answer = http.options("/oauth2/token", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert answer.headers["Access-Control-Allow-Headers"] == (
        "origin, x-requested-with, accept, content-type, authorization"
    )
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT, POST, DELETE"


@pytest.mark.parametrize("headers", [{"Origin": "https://app.example"}, {"Access-Control-Request-Method": "POST"}])
def test_options_without_both_headers_is_not_pre_flight(http: Client, headers: dict[str, str]) -> None:
    assert http.options("/oauth2/token", headers=headers).status_code == 405


def test_health_checks_discovery_and_key_sets_leave_no_trace(platform: Mock, http: Client) -> None:
    for path in ("/oauth2/_ping", "/oauth2/_status", "/.well-known/openid-configuration", "/.well-known/jwks.json"):
        http.get(path)

    assert platform.exchanges.kept() == []
