"""The control API on a port of its own: all of it is there, and nothing of it beside the services."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP, Configuration

BROWSER = {"Accept": "text/html"}
NOT_THERE = {
    "fault": {
        "faultstring": "Unable to identify proxy for host: secure and url: {path}",
        "detail": {"errorcode": "messaging.adaptors.http.flow.ApplicationNotFound"},
    }
}


@pytest.fixture
def platform(ring: KeyRing) -> Iterator[Mock]:
    """A mock whose control API has a port of its own."""
    mock = Mock(ring=ring)
    servers = [mock.start_control(), mock.start()]
    yield mock
    for server in servers:
        server.stop()


def control(platform: Mock) -> str:
    return f"{platform.names.control_url}/_nhsauth"


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=30, allow_redirects=False)


@pytest.mark.parametrize("path", ["", "/", "/status", "/apps", "/openapi.json", "/exchanges", "/callbacks"])
def test_beside_the_services_it_is_a_path_that_is_not_there(platform: Mock, path: str) -> None:
    answer = get(f"{platform.url}/_nhsauth{path}", **BROWSER)

    expected = json.loads(json.dumps(NOT_THERE).replace("{path}", f"/_nhsauth{path}"))
    assert (answer.status_code, answer.json()) == (404, expected)


@pytest.mark.parametrize("below", ["", "/_worlds/w"])
def test_health_and_key_sets_are_there_all_the_same(platform: Mock, below: str) -> None:
    requests.post(f"{control(platform)}/worlds", json={"name": "w"}, timeout=30)
    jwks = f"{platform.url}{below}/_nhsauth/apps/{READY_MADE_APP.client_id}/jwks"

    for url in (platform.url, platform.names.control_url):
        health = get(f"{url}{below}/_nhsauth/health").json()
        assert health["control"] == f"{platform.names.control_url}{below}/_nhsauth"
    assert list(get(jwks).json()) == ["keys"]
    assert requests.put(jwks, json={"keys": []}, timeout=30).status_code == 404


def test_nor_is_it_at_a_real_host(platform: Mock) -> None:
    answer = Client(platform).get("/_nhsauth/status", base_url="https://int.api.service.nhs.uk")

    assert (answer.status_code, answer.get_json()["fault"]["faultstring"]) == (
        404,
        "Unable to identify proxy for host: secure and url: /_nhsauth/status",
    )


def test_the_front_door_of_the_services_redirects_no_one_to_it(platform: Mock) -> None:
    assert get(platform.url, **BROWSER).status_code == 404


def test_its_own_front_door_reaches_the_page(platform: Mock) -> None:
    answer = requests.get(f"{platform.names.control_url}/", headers=BROWSER, timeout=30)

    assert (answer.status_code, answer.url) == (200, f"{control(platform)}/")
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", ["/oauth2/token", "/hello-world/hello/world", "/_nhsauthority"])
def test_its_port_has_none_of_the_services(platform: Mock, path: str) -> None:
    answer = get(f"{platform.names.control_url}{path}")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "This port has the control API alone, below /_nhsauth/"


def test_it_shows_where_the_services_are_and_where_it_is(platform: Mock) -> None:
    urls = get(f"{control(platform)}/status").json()["urls"]

    assert (urls["base"], urls["token"]) == (platform.url, f"{platform.url}/oauth2/token")
    assert (urls["control"], urls["openapi"]) == (control(platform), f"{control(platform)}/openapi.json")


def test_it_shows_them_under_the_name_by_which_it_was_called(platform: Mock) -> None:
    answer = get(f"{control(platform)}/status", Host="localhost:7")

    urls = answer.json()["urls"]
    assert urls["base"] == platform.url.replace("127.0.0.1", "localhost")
    assert urls["control"] == "http://localhost:7/_nhsauth"


def test_a_public_url_is_where_the_services_are(ring: KeyRing) -> None:
    mock = Mock(Configuration(public_urls=("https://auth.example",)), ring=ring)
    server = mock.start_control()
    urls = get(f"{control(mock)}/status").json()["urls"]
    server.stop()

    assert (urls["token"], urls["control"]) == ("https://auth.example/oauth2/token", control(mock))


def test_its_description_names_its_own_port(platform: Mock) -> None:
    described = get(f"{control(platform)}/openapi.json").json()

    assert described["servers"] == [{"url": control(platform)}]


def test_an_access_token_that_it_gives_is_good_at_the_services(platform: Mock) -> None:
    body = {"access": "healthcare_worker"}
    token = requests.post(f"{control(platform)}/access-tokens", json=body, timeout=30).json()["access_token"]

    answer = get(f"{platform.url}/hello-world/hello/user", Authorization=f"Bearer {token}")

    assert answer.status_code == 200


def test_an_assertion_that_it_signs_is_for_the_services(platform: Mock) -> None:
    made = requests.post(f"{control(platform)}/client-assertions", json={}, timeout=30).json()
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": made["client_assertion"],
    }

    answer = requests.post(f"{platform.url}/oauth2/token", form, timeout=30)

    assert answer.status_code == 200


def test_the_key_set_of_an_app_is_found_by_the_services(platform: Mock) -> None:
    app = get(f"{control(platform)}/apps/{READY_MADE_APP.client_id}").json()

    status, body = platform.in_process.call(app["jwks_url"])

    assert (status, list(json.loads(body))) == (200, ["keys"])
    assert get(f"{control(platform)}/apps/{READY_MADE_APP.client_id}/jwks").status_code == 200


def test_a_log_in_ends_at_the_page_of_the_services_whose_commands_call_the_other_port(platform: Mock) -> None:
    code = platform.issue_code(
        "cis2", LogInRequest(client_id=READY_MADE_APP.client_id), f"{platform.url}/_nhsauth/callback"
    )

    page = get(f"{platform.url}/_nhsauth/callback?code={code}", **BROWSER)

    assert page.status_code == 200
    assert f"{platform.url}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token" in page.text
    assert all(get(f"{platform.url}/_nhsauth/{file}").status_code == 200 for file in ("style.css", "journal.js"))


def test_the_commands_of_a_page_call_each_at_its_own_port(platform: Mock) -> None:
    form: dict[str, Any] = {"grant_type": "client_credentials"}
    requests.post(f"{platform.url}/oauth2/token", form, timeout=30)
    last = platform.exchanges.last

    page = get(f"{control(platform)}/exchanges/{last.id}", **BROWSER)

    assert control(platform) in page.text
    assert f"{platform.url}/oauth2/token" in page.text


def test_what_a_page_of_another_port_asks_is_refused(platform: Mock) -> None:
    answer = requests.post(f"{control(platform)}/reset", headers={"Origin": platform.url}, json={}, timeout=30)

    assert answer.status_code == 403


def test_it_stays_apart_after_a_reset(platform: Mock) -> None:
    reset = requests.post(f"{control(platform)}/reset", json={}, timeout=30)

    assert reset.status_code == 204
    assert get(f"{platform.url}/_nhsauth/status").status_code == 404


def test_a_world_has_its_services_at_one_port_and_its_control_api_at_the_other(platform: Mock) -> None:
    made = requests.post(f"{control(platform)}/worlds", json={"name": "b"}, timeout=30).json()

    urls = get(f"{platform.names.control_url}/_worlds/b/_nhsauth/status").json()["urls"]

    assert made["url"] == urls["base"] == f"{platform.url}/_worlds/b"
    assert urls["control"] == f"{platform.names.control_url}/_worlds/b/_nhsauth"
    assert get(f"{made['url']}/_nhsauth/status").status_code == 404
    assert get(f"{made['url']}/hello-world/hello/world").status_code == 200
