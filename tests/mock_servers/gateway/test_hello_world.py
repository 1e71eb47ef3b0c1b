"""An API behind the platform: what it takes, and the gateway's own fault bodies."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration
from mock_servers.wire.identifiers import Identifiers

Ask = Callable[..., TestResponse]

NO_TOKEN = ("Invalid access token", "oauth.v2.InvalidAccessToken")
UNKNOWN = ("Invalid Access Token", "keymanagement.service.invalid_access_token")
EXPIRED = ("Access Token expired", "keymanagement.service.access_token_expired")
TOO_LOW = ("Required scope(s): OauthV2.VerifyAccessToken.scopeSet", "steps.oauth.v2.InsufficientScope")


def fault(answer: TestResponse) -> tuple[int, Any]:
    """Status and fault of an answer, whose body must be the gateway's to the member."""
    (name, inner), *rest = answer.get_json().items()
    assert (name, rest, list(inner), list(inner["detail"])) == (
        "fault",
        [],
        ["faultstring", "detail"],
        ["errorcode"],
    )
    return answer.status_code, (inner["faultstring"], inner["detail"]["errorcode"])


def call(http: Client, whom: str, token: str | None = None, **headers: str) -> TestResponse:
    bearer = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return http.get(f"/hello-world/hello/{whom}", headers={**bearer, **headers})


def test_the_world_is_greeted_without_a_token(http: Client) -> None:
    answer = call(http, "world")

    assert (answer.status_code, answer.get_json()) == (200, {"message": "Hello World!"})


def test_an_application_is_greeted_for_its_token(http: Client, client_credentials: Ask) -> None:
    answer = call(http, "application", client_credentials().get_json()["access_token"])

    assert (answer.status_code, answer.get_json()) == (200, {"message": "Hello Application!"})


def test_an_application_is_greeted_for_its_api_key(http: Client) -> None:
    answer = call(http, "application", apikey="nhsauth-app")

    assert (answer.status_code, answer.get_json()) == (200, {"message": "Hello Application!"})


def test_the_quota_counts_tokens_and_keys_together_and_not_what_is_open(
    platform: Mock, http: Client, client_credentials: Ask
) -> None:
    token = client_credentials().get_json()["access_token"]
    platform.apps.change("nhsauth-app", quota_per_minute=2, name="My app - INT")

    statuses = [
        call(http, "application", token).status_code,
        call(http, "application", apikey="nhsauth-app").status_code,
    ]
    refused = [call(http, "application", token), call(http, "application", apikey="nhsauth-app")]

    assert statuses == [200, 200]
    assert [(answer.status_code, answer.get_json()["limit"]) for answer in refused] == [(429, 2)] * 2
    assert call(http, "world").status_code == 200


def test_a_person_counts_in_the_quota_of_the_app_until_the_minute_is_over(
    platform: Mock, http: Client, token_exchange: Ask
) -> None:
    token = token_exchange().get_json()["access_token"]
    platform.apps.change("nhsauth-app", quota_per_minute=1)

    statuses = [call(http, "user", token).status_code for _ in range(2)]
    platform.clock.advance(60)

    assert [*statuses, call(http, "user", token).status_code] == [200, 429, 200]


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_person_is_greeted_for_their_token(http: Client, token_exchange: Ask, provider: str) -> None:
    answer = call(http, "user", token_exchange(provider).get_json()["access_token"])

    assert (answer.status_code, answer.get_json()) == (200, {"message": "Hello User!"})


@pytest.mark.parametrize("whom", ["application", "user"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer    ", "Basic eDp5"])
def test_no_token_is_the_gateways_fault(http: Client, whom: str, header: str) -> None:
    assert fault(call(http, whom, Authorization=header)) == (401, NO_TOKEN)


@pytest.mark.parametrize("token", ["x", "undefined", "\x00", "a b", "x" * 10_000])
def test_an_unknown_token_is_the_gateways_fault(http: Client, token: str) -> None:
    assert fault(http.get("/hello-world/hello/user", headers=[("Authorization", f"Bearer {token}")])) == (401, UNKNOWN)


def test_a_token_expires_after_ten_minutes(platform: Mock, http: Client, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]

    platform.clock.advance(599.9)
    before = call(http, "application", token).status_code
    platform.clock.advance(0.1)

    assert before == 200
    assert fault(call(http, "application", token)) == (401, EXPIRED)


def test_a_refresh_token_opens_no_api(http: Client, token_exchange: Ask) -> None:
    assert fault(call(http, "user", token_exchange().get_json()["refresh_token"])) == (401, UNKNOWN)


def test_an_applications_token_is_too_low_for_a_persons_api(http: Client, client_credentials: Ask) -> None:
    assert fault(call(http, "user", client_credentials().get_json()["access_token"])) == (403, TOO_LOW)


def test_a_persons_token_is_too_low_for_an_applications_api(http: Client, token_exchange: Ask) -> None:
    assert fault(call(http, "application", token_exchange().get_json()["access_token"])) == (403, TOO_LOW)


def test_too_low_is_401_when_the_newest_suite_is_right(ring: KeyRing) -> None:
    platform = Mock(Configuration(apim=ApimSettings(insufficient_scope_status=401)), ring=ring)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app"),
    }
    http = Client(platform)
    token = http.post("/oauth2/token", data=form, base_url=platform.url).get_json()["access_token"]

    assert fault(call(http, "user", token)) == (401, TOO_LOW)


def test_an_unknown_api_key_is_the_gateways_fault(http: Client) -> None:
    expected = (401, ("Invalid ApiKey", "oauth.v2.InvalidApiKey"))

    assert fault(call(http, "application", apikey=Identifiers().api_key())) == expected


@pytest.mark.parametrize("member", ["approved", "key_approved", "developer_active", "company_active"])
def test_the_api_key_of_an_app_out_of_order_is_not_approved(platform: Mock, http: Client, member: str) -> None:
    platform.apps.change("nhsauth-app", **{member: False})

    status, (text, _) = fault(call(http, "application", apikey="nhsauth-app"))

    assert (status, text) == (401, "ApiKey not approved")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/hello-world", "/hello-world/hello/nobody", "/oauth", "/openam"])
def test_an_unknown_path_is_the_gateways_own_404(http: Client, path: str) -> None:
    status, (_, code) = fault(http.get(path))

    assert (status, code) == (404, "messaging.adaptors.http.flow.ApplicationNotFound")


def challenge(code: str, sentence: str) -> str:
    return f'Bearer realm="null",error="invalid_token",error_description="{code}: {sentence}"'


def test_a_401_without_a_token_has_the_quoted_challenge(http: Client) -> None:
    assert call(http, "user").headers["WWW-Authenticate"] == (
        'Bearer realm="null",error="invalid_token",'
        'error_description="oauth.v2.InvalidAccessToken: Invalid access token"'
    )


def test_every_401_of_the_gateway_has_a_challenge_with_its_own_code_and_sentence(http: Client) -> None:
    answers = [call(http, "user", "x"), call(http, "application", apikey="nobody")]

    for answer in answers:
        status, (sentence, code) = fault(answer)
        assert (status, answer.headers["WWW-Authenticate"]) == (401, challenge(code, sentence))


def test_a_403_and_a_404_have_no_challenge(http: Client, client_credentials: Ask) -> None:
    token = client_credentials().get_json()["access_token"]
    answers = [call(http, "user", token), http.get("/nowhere")]

    assert [(each.status_code, each.headers.get("WWW-Authenticate")) for each in answers] == [(403, None), (404, None)]


def test_the_fault_of_an_unknown_path_escapes_its_slashes(http: Client) -> None:
    answer = http.get("/hello-world/hello/nobody?more=1")

    assert answer.text == (
        r'{"fault":{"faultstring":"Unable to identify proxy for host: secure and url: \/hello-world\/hello\/nobody",'
        '"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}'
    )


IDS = {"X-Request-ID": "60E0B220-8136-4CA5-AE46-1D97EF59D068", "X-Correlation-ID": "any text, 1"}


@pytest.mark.parametrize("path", ["/hello-world/hello/world", "/hello-world/hello/user", "/nowhere"])
@pytest.mark.parametrize("sent", [IDS, {"X-Correlation-ID": "2"}, {}])
def test_the_ids_of_a_call_come_back_as_sent(http: Client, path: str, sent: dict[str, str]) -> None:
    answer = http.get(path, headers=sent)

    assert {name: answer.headers[name] for name in IDS if name in answer.headers} == sent


@pytest.mark.parametrize(
    ("url", "is_there"),
    [
        ("https://int.api.service.nhs.uk/hello-world/hello/world", True),
        ("https://int.api.service.nhs.uk/hello-world/hello/user", True),
        ("https://api.service.nhs.uk/nowhere", True),
        ("https://int.api.service.nhs.uk/oauth2/token", True),
        ("https://int.api.service.nhs.uk/_nhsauth/health", False),
        ("http://int.api.service.nhs.uk/hello-world/hello/world", False),
        ("https://localhost/hello-world/hello/world", False),
        ("https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk/openam/oauth2/realms/root/nowhere", False),
    ],
)
def test_the_platform_wants_tls_from_now_on_at_its_real_names(http: Client, url: str, *, is_there: bool) -> None:
    base, slash, path = url.partition("/" + url.split("/", 3)[3])

    sent = http.get(f"{slash}{path}", base_url=base).headers.getlist("Strict-Transport-Security")

    assert sent == ["max-age=31536000; includeSubDomains"] * is_there
