"""The platform as a whole through the control API."""

import json
from collections.abc import Callable

import pytest
import requests
from werkzeug.test import TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.version import installed

Control = Callable[..., TestResponse]
Post = Callable[..., TestResponse]


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080", "http://mock:8080", "http://int.api.service.nhs.uk", "https://evil.example"]
)
def test_its_health_is_reported_under_any_host_and_is_never_in_the_journal(
    control: Control, platform: Mock, base_url: str
) -> None:
    answer = control("GET", "/health", base_url=base_url)

    assert (answer.status_code, answer.get_json()) == (
        200,
        {"status": "ok", "version": installed(), "control": f"{base_url}/_nhsauth"},
    )
    assert len(platform.exchanges) == 0


def test_the_status_is_reported_under_no_foreign_host(control: Control) -> None:
    assert control("GET", "/status", base_url="http://mock:8080").status_code == 403


def test_the_status_is_ready_and_shows_the_version(control: Control) -> None:
    answer = control("GET", "/status")

    assert answer.status_code == 200
    assert list(answer.get_json()) == ["ready", "version", "urls", "providers", "real_names"]
    assert (answer.get_json()["ready"], answer.get_json()["version"]) == (True, installed())


def test_the_status_shows_the_endpoints_that_discovery_has(control: Control, platform: Mock) -> None:
    shown = control("GET", "/status").get_json()["providers"]

    assert list(shown) == list(platform.providers)
    for name, urls in shown.items():
        _, body = platform.in_process.call(urls["discovery"])
        document = json.loads(body)
        assert urls["issuer"] == document["issuer"], name
        assert urls["token"] == document["token_endpoint"], name
        assert urls["userinfo"] == document["userinfo_endpoint"], name


def test_the_status_shows_where_all_is(control: Control) -> None:
    urls = control("GET", "/status").get_json()["urls"]

    assert urls == {
        "base": "http://127.0.0.1:8080",
        "token": "http://127.0.0.1:8080/oauth2/token",
        "authorize": "http://127.0.0.1:8080/oauth2/authorize",
        "userinfo": "http://127.0.0.1:8080/oauth2/userinfo",
        "cis2": "http://127.0.0.1:8080/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare",
        "nhs_login": "http://127.0.0.1:8080",
        "Cis2-mock-internal-dev": "http://127.0.0.1:8080/realms/Cis2-mock-internal-dev",
        "NHS-Login-mock-internal-dev": "http://127.0.0.1:8080/realms/NHS-Login-mock-internal-dev",
        "hello_world": "http://127.0.0.1:8080/hello-world",
        "control": "http://127.0.0.1:8080/_nhsauth",
        "openapi": "http://127.0.0.1:8080/_nhsauth/openapi.json",
    }


def test_the_status_follows_the_name_that_was_called(control: Control) -> None:
    urls = control("GET", "/status", base_url="https://localhost:9090").get_json()["urls"]

    assert urls["token"] == "https://localhost:9090/oauth2/token"


@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"])
def test_each_issuer_of_the_status_has_a_discovery_document(ring: KeyRing, provider: str) -> None:
    with Mock(ring=ring).serving() as server:
        issuer = requests.get(f"{server.url}/_nhsauth/status", timeout=30).json()["urls"][provider]
        document = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()

    assert document["issuer"] == issuer


def test_a_reset_brings_the_start_back(control: Control, platform: Mock, post: Post) -> None:
    start = platform.store.snapshot()
    control("POST", "/apps", {"client_id": "theirs"})
    control("PATCH", "/apps/nhsauth-app", {"quota_per_minute": 1})
    control("POST", "/users", {"provider": "cis2", "id": "1", "level": "aal3"})
    control("POST", "/log-ins", {})
    control("POST", "/access-tokens", {"access": "patient"})
    post()

    answer = control("POST", "/reset")

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert platform.store.snapshot() == start
    assert len(platform.exchanges) == 0


def test_a_reset_puts_the_clock_back(control: Control, platform: Mock) -> None:
    start = platform.clock.snapshot()
    control("PUT", "/clock", {"advance": 600, "frozen": False})

    control("POST", "/reset")

    assert platform.clock.snapshot() == start


def test_a_reset_leaves_the_keys(control: Control) -> None:
    before = control("GET", "/apps/nhsauth-app/jwks").get_json()

    control("POST", "/reset")

    assert control("GET", "/apps/nhsauth-app/jwks").get_json() == before


def test_a_reset_may_come_with_an_empty_object(control: Control) -> None:
    assert control("POST", "/reset", {}).status_code == 204


def test_the_index_lists_every_call(control: Control) -> None:
    index = control("GET", "/").get_json()

    assert list(index) == ["title", "version", "calls"]
    assert {"method": "GET", "path": "/_nhsauth/status"}.items() <= index["calls"][3].items()
