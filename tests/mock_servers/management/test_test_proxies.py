"""The proxies that test suites lean on: mock-jwks, canary-api and hello-world, each status with its whole body."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration

APPS = "/developers/tester@example.nhs.uk/apps"
APP = f"{APPS}/my-app"
MOCK_JWKS = "mock-jwks-internal-dev"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERSION = {"version": "v1.0.0", "revision": "1", "releaseId": "1", "commitId": "0000000"}

NO_KEY = (401, "Failed to resolve API Key variable request.header.apikey", "steps.oauth.v2.FailedToResolveAPIKey")
BAD_KEY = (401, "Invalid ApiKey", "oauth.v2.InvalidApiKey")
REVOKED_KEY = (401, "ApiKey not approved", "keymanagement.service.invalid_client-app_not_approved")
KEY_NOT_FOR_API = (401, "Invalid ApiKey for given resource", "oauth.v2.InvalidApiKeyForGivenResource")
NO_TOKEN = (401, "Invalid access token", "oauth.v2.InvalidAccessToken")
UNKNOWN_TOKEN = (401, "Invalid Access Token", "keymanagement.service.invalid_access_token")
EXPIRED = (401, "Access Token expired", "keymanagement.service.access_token_expired")
TOKEN_NOT_FOR_API = (
    401,
    "Invalid API call as no apiproduct match found",
    "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
)
APP_NOT_APPROVED = (401, "App not approved", "keymanagement.service.invalid_client-app_not_approved")
TOO_LOW = ("Required scope(s): OauthV2.VerifyAccessToken.scopeSet", "steps.oauth.v2.InsufficientScope")

BY_KEY = ["/status-endpoint-api-key", "/keycloak-client-credentials", "/test-auth/app/level0"]
BY_TOKEN = {
    "app/level3": ("", ""),
    "nhs-cis2/aal1": ("Cis2-mock-internal-dev", "656005750110"),
    "nhs-cis2/aal2": ("Cis2-mock-internal-dev", "656005750109"),
    "nhs-cis2/aal3": ("Cis2-mock-internal-dev", "656005750104"),
    "nhs-login/P0": ("NHS-Login-mock-internal-dev", "9912003073"),
    "nhs-login/P5": ("NHS-Login-mock-internal-dev", "9912003072"),
    "nhs-login/P9": ("NHS-Login-mock-internal-dev", "9912003071"),
}


def fault(answer: TestResponse) -> tuple[int, str, str]:
    """Status, string and code of an Apigee fault."""
    inner = answer.get_json()["fault"]
    return answer.status_code, inner["faultstring"], inner["detail"]["errorcode"]


@pytest.fixture
def token(granted: Callable[..., dict[str, str]]) -> Callable[..., str]:
    """Get a token: an application's, or a person's of a realm."""
    return lambda realm="", user="": granted(realm, user)["access_token"]


@pytest.fixture
def read(http: Client) -> Callable[..., TestResponse]:
    """Read a path of a proxy with a token, an API key, or neither."""

    def get(path: str, token: str | None = None, **headers: str) -> TestResponse:
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        return http.get(path, headers={**bearer, **headers})

    return get


Read = Callable[..., TestResponse]


@pytest.mark.parametrize("proxy", ["mock-jwks", "canary-api", "oauth2", "oauth2-mock"])
def test_the_version_is_open_and_reported_in_four_members(http: Client, proxy: str) -> None:
    answer, head = http.get(f"/{proxy}/_ping"), http.head(f"/{proxy}/_ping")

    assert (answer.status_code, answer.get_json(), head.status_code) == (200, VERSION, 200)


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ("mock-jwks", {"status": "pass"}),
        ("canary-api", {"ping": "pong", "status": "pass", "service": "canary", "_version": VERSION}),
    ],
)
def test_the_status_key_that_mock_jwks_lends_opens_each_status(read: Read, key: str, proxy: str, expected: Any) -> None:
    status_key = read("/mock-jwks/status-endpoint-api-key", apikey=key).text

    answer = read(f"/{proxy}/_status", apikey=status_key)

    assert (answer.status_code, answer.get_json()) == (200, expected)


def test_the_status_of_the_token_service_passes_with_that_key(read: Read, key: str) -> None:
    status_key = read("/mock-jwks/status-endpoint-api-key", apikey=key).text

    body = read("/oauth2-mock/_status", apikey=status_key).get_json()

    assert (body["status"], [check["status"] for check in body["checks"].values()]) == ("pass", ["pass", "pass"])


@pytest.mark.parametrize("proxy", ["mock-jwks", "canary-api"])
@pytest.mark.parametrize("headers", [{}, {"apikey": ""}, {"apikey": "wrong"}])
def test_a_status_without_its_key_is_an_empty_401(read: Read, proxy: str, headers: dict[str, str]) -> None:
    answer = read(f"/{proxy}/_status", **headers)

    assert (answer.status_code, answer.data, answer.mimetype) == (401, b"", "text/plain")


def test_the_status_key_is_bare_text(read: Read, key: str) -> None:
    answer = read("/mock-jwks/status-endpoint-api-key", apikey=key)

    assert (answer.status_code, answer.text, answer.mimetype) == (200, "status", "application/text")


def test_the_realms_clients_are_reported_and_may_send_people_to_google(
    platform: Mock, http: Client, read: Read, key: str
) -> None:
    answer = read("/mock-jwks/keycloak-client-credentials", apikey=key)
    clients = answer.get_json()
    query = {
        "response_type": "code",
        "client_id": clients["cis2"]["client_id"],
        "redirect_uri": "https://google.com",
        "scope": "openid",
    }
    form = http.get(
        "/realms/Cis2-mock-internal-dev/protocol/openid-connect/auth", query_string=query, base_url=platform.url
    )

    assert (answer.status_code, list(clients)) == (200, ["cis2", "nhs-login"])
    assert {tuple(client) for client in clients.values()} == {("client_id", "client_secret")}
    assert clients["cis2"]["client_id"] == "test-client-cis2"
    assert (form.status_code, 'id="kc-form-login"' in form.text) == (200, True)


@pytest.mark.parametrize("path", BY_KEY)
def test_a_key_for_mock_jwks_opens_what_wants_a_key(read: Read, key: str, path: str) -> None:
    assert read(f"/mock-jwks{path}", apikey=key).status_code == 200


def test_level_zero_answers_nothing(read: Read, key: str) -> None:
    assert read("/mock-jwks/test-auth/app/level0", apikey=key).data == b""


@pytest.mark.parametrize("path", BY_KEY)
@pytest.mark.parametrize(("headers", "expected"), [({}, NO_KEY), ({"apikey": ""}, NO_KEY), ({"apikey": "x"}, BAD_KEY)])
def test_what_wants_a_key_says_so(read: Read, path: str, headers: dict[str, str], expected: Any) -> None:
    assert fault(read(f"/mock-jwks{path}", **headers)) == expected


@pytest.mark.parametrize("path", BY_KEY)
def test_a_revoked_key_opens_nothing(management: Any, read: Read, key: str, path: str) -> None:
    management("POST", f"{APP}/keys/{key}", query_string={"action": "revoke"})

    assert fault(read(f"/mock-jwks{path}", apikey=key)) == REVOKED_KEY


@pytest.mark.parametrize("path", BY_KEY)
def test_a_key_for_another_api_opens_nothing(management: Any, read: Read, key: str, path: str) -> None:
    management("POST", f"{APP}/keys/{key}", json={"apiProducts": ["canary-api-ref"], "attributes": []})
    for product in (MOCK_JWKS, "identity-service-mock-internal-dev"):
        management("DELETE", f"{APP}/keys/{key}/apiproducts/{product}")

    assert fault(read(f"/mock-jwks{path}", apikey=key)) == KEY_NOT_FOR_API


@pytest.mark.parametrize("path", BY_TOKEN)
def test_each_level_opens_its_own_path_and_no_other(read: Read, token: Callable[..., str], path: str) -> None:
    value = token(*BY_TOKEN[path])

    opened = {other: read(f"/mock-jwks/test-auth/{other}", value) for other in BY_TOKEN}

    assert {other for other, answer in opened.items() if answer.status_code == 200} == {path}
    assert opened[path].data == b""
    assert {fault(answer) for other, answer in opened.items() if other != path} == {(403, *TOO_LOW)}


def test_a_scope_too_low_is_a_401_by_the_newest_suite_when_set(ring: KeyRing) -> None:
    settings = ApimSettings(environment="internal-dev", insufficient_scope_status=401)
    platform = Mock(Configuration(apim=settings), ring=ring)
    http = Client(platform)
    url = f"{platform.url}/oauth2-mock/token"
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": platform.client_assertion("nhsauth-app", token_url=url),
    }
    value = http.post("/oauth2-mock/token", data=form, base_url=platform.url).get_json()["access_token"]

    answer = http.get("/mock-jwks/test-auth/app/level3", headers={"Authorization": f"Bearer {value}"})

    assert fault(answer) == (401, *TOO_LOW)


@pytest.mark.parametrize("path", ["/mock-jwks/test-auth/app/level3", "/canary-api", "/canary-api/tweet"])
class TestATokenThatDoesNotDo:
    @pytest.mark.parametrize(("value", "expected"), [(None, NO_TOKEN), ("", NO_TOKEN), ("unknown", UNKNOWN_TOKEN)])
    def test_none_or_an_unknown_one(self, read: Read, path: str, value: str | None, expected: Any) -> None:
        assert fault(read(path, value)) == expected

    def test_an_expired_one(self, platform: Mock, read: Read, token: Callable[..., str], path: str) -> None:
        value = token()
        platform.clock.advance(601)

        assert fault(read(path, value)) == EXPIRED

    def test_one_for_another_api(
        self, management: Any, read: Read, token: Callable[..., str], key: str, path: str
    ) -> None:
        value = token()
        management("POST", f"{APP}/keys/{key}", json={"apiProducts": ["canary-api-ref"], "attributes": []})
        for product in (MOCK_JWKS, "identity-service-mock-internal-dev"):
            management("DELETE", f"{APP}/keys/{key}/apiproducts/{product}")

        assert fault(read(path, value)) == TOKEN_NOT_FOR_API

    def test_one_whose_app_is_revoked(self, management: Any, read: Read, token: Callable[..., str], path: str) -> None:
        value = token()
        management("POST", APP, query_string={"action": "revoke"})

        assert fault(read(path, value)) == APP_NOT_APPROVED

    def test_one_whose_key_is_gone(
        self, management: Any, read: Read, token: Callable[..., str], key: str, path: str
    ) -> None:
        value = token()
        management("DELETE", f"{APP}/keys/{key}")

        assert fault(read(path, value)) == UNKNOWN_TOKEN


def test_the_canary_greets_any_caller_that_has_a_token_for_it(
    management: Any, read: Read, token: Callable[..., str], key: str
) -> None:
    management("POST", f"{APP}/keys/{key}", json={"apiProducts": ["canary-api-internal-dev"], "attributes": []})
    value = token()

    greeting, tweet = read("/canary-api", value), read("/canary-api/tweet", value)

    assert (greeting.status_code, greeting.text, greeting.mimetype) == (200, "Hello user!", "text/html")
    assert (tweet.status_code, tweet.get_json()) == (200, {"msg": "tweet tweet"})
    assert read("/canary-api/anything/else", value).text == "Hello user!"


def test_hello_world_wants_a_product_for_it(management: Any, read: Read, token: Callable[..., str], key: str) -> None:
    value = token()
    before = [
        fault(read("/hello-world/hello/application", value)),
        fault(read("/hello-world/hello/application", apikey=key)),
    ]
    management("POST", f"{APP}/keys/{key}", json={"apiProducts": ["hello-world-internal-dev"], "attributes": []})

    after = [read("/hello-world/hello/application", value), read("/hello-world/hello/application", apikey=key)]

    assert before == [TOKEN_NOT_FOR_API, KEY_NOT_FOR_API]
    assert [answer.get_json() for answer in after] == [{"message": "Hello Application!"}] * 2


HOSTED = '{"k":"~~~???ÿ"}'
"""Whose base64 has a letter of each alphabet's own, and padding."""

STANDARD, URL_SAFE = "eyJrIjoifn5+Pz8/w78ifQ==", "eyJrIjoifn5-Pz8_w78ifQ=="


@pytest.mark.parametrize("path", [STANDARD, URL_SAFE, URL_SAFE.rstrip("=")])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_any_other_path_is_decoded(http: Client, path: str, method: str) -> None:
    answer = http.open(f"/mock-jwks/{path}", method=method)

    assert (answer.status_code, answer.mimetype, answer.text) == (200, "application/json", HOSTED)


@pytest.mark.parametrize("path", ["%%%", "a", "_", "test-auth/nothing"])
def test_a_path_that_is_not_base64_is_decoded_as_far_as_it_goes(http: Client, path: str) -> None:
    answer = http.get(f"/mock-jwks/{path}")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_a_long_path_and_a_doubled_slash_lead_there(platform: Mock) -> None:
    text = json.dumps({"keys": [{"n": "x" * 700}]})

    status, body = platform.in_process.call(
        f"{platform.url}//mock-jwks/{base64.urlsafe_b64encode(text.encode()).decode()}"
    )

    assert (status, body.decode()) == (200, text)


def test_a_key_set_in_a_path_of_mock_jwks_is_an_apps(
    platform: Mock, http: Client, management: Any, key: str, token: Callable[..., str]
) -> None:
    keys = http.get("/_nhsauth/apps/nhsauth-app/jwks").text
    url = f"https://internal-dev.api.service.nhs.uk/mock-jwks/{base64.urlsafe_b64encode(keys.encode()).decode()}"
    management("POST", f"{APP}/attributes/jwks-resource-url", json={"value": url})

    token()

    assert platform.apps.get(key).jwks_url == url
    assert platform.store.jwks.get(("app", url)) is not None


def test_production_decodes_and_lends_nothing(platform: Mock, http: Client) -> None:  # noqa: ARG001 - its hosts
    answer = http.get("/mock-jwks/keycloak-client-credentials", base_url="https://api.service.nhs.uk")

    assert (answer.status_code, "client_secret" in answer.text) == (200, False)


def test_what_is_lent_never_stands_in_the_journal(platform: Mock, read: Read, key: str) -> None:
    for path in BY_KEY:
        read(f"/mock-jwks{path}", apikey=key)

    assert [record.path for record in platform.exchanges] == ["/mock-jwks/test-auth/app/level0"]
