"""A provider is data: one that only a test knows logs people in, and the platform takes its id tokens."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.provider import Proof
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from mock_servers.state.log_in import LogInError
from tests.mock_servers.provider_of_another_kind import PHARMACY

CALLBACK = "https://shop.example/callback"
SCOPE = "urn:nhsd:apim:user-pharmacy:gold:hello-world"
APP = replace(READY_MADE_APP, redirect_uris=(CALLBACK,), scopes=(SCOPE,))
CREDENTIALS = (APP.client_id, APP.client_secret)


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    return Mock(Configuration(apps=(APP,)), ring=ring, providers=(*PROVIDERS, PHARMACY))


@pytest.fixture
def http(platform: Mock) -> Client:
    return Client(platform)


def log_in(platform: Mock, **more: str) -> str:
    asked = {"client_id": APP.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s", **more}
    url = f"{platform.url}{PHARMACY.endpoint('authorize')}?{urlencode({'scope': 'openid licence', **asked})}"
    return parse_qs(urlsplit(platform.log_in(url, user="PH1")).query)["code"][0]


def redeem(platform: Mock, http: Client, code: str, credentials: tuple[str, str] = CREDENTIALS) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return http.post(PHARMACY.endpoint("token"), data=form, auth=credentials, base_url=platform.url)


def exchange(platform: Mock, http: Client, id_token: str) -> TestResponse:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": id_token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion(APP.client_id),
    }
    return http.post("/oauth2/token", data=form, base_url=platform.url)


def token(platform: Mock, http: Client) -> dict[str, Any]:
    answer = redeem(platform, http, log_in(platform))
    assert answer.status_code == 200, answer.text
    members: dict[str, Any] = answer.get_json()
    return members


def test_a_person_logs_in_and_the_code_is_exchanged(platform: Mock, http: Client) -> None:
    claims = jwts.decode(token(platform, http)["id_token"]).claims

    assert (claims["iss"], claims["sub"]) == (f"{platform.url}/pharmacy/oidc", "PH1")
    assert (claims["strength"], claims["shop"]) == ("gold", "S1")


def test_userinfo_shows_what_its_scopes_add(platform: Mock, http: Client) -> None:
    bearer = {"Authorization": f"Bearer {token(platform, http)['access_token']}"}

    answer = http.get(PHARMACY.endpoint("userinfo"), headers=bearer, base_url=platform.url)

    assert answer.get_json() == {"sub": "PH1", "name": "Ola Tansy", "licence": "L-PH1", "strength": "gold"}


def test_its_discovery_document_is_below_its_path(platform: Mock, http: Client) -> None:
    answer = http.get(PHARMACY.discovery_path, base_url=platform.url)

    assert answer.get_json()["jwks_uri"] == f"{platform.url}/pharmacy/oidc/keys"


def test_the_token_service_trusts_its_id_token_for_as_long_as_it_says(platform: Mock, http: Client) -> None:
    answer = exchange(platform, http, token(platform, http)["id_token"]).get_json()

    assert answer["refresh_token_expires_in"] == "1199"
    kept = platform.store.access_tokens.get(answer["access_token"])
    assert kept is not None
    assert kept.scopes == (SCOPE,)


def test_a_platform_that_was_not_given_it_does_not_trust_it(ring: KeyRing, platform: Mock) -> None:
    other = Mock(Configuration(apps=(APP,)), ring=ring)
    id_token = platform.id_token(PHARMACY.name, LogInRequest(client_id=APP.client_id))

    answer = exchange(other, Client(other), id_token)

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_its_errors_are_in_its_own_words(platform: Mock, http: Client) -> None:
    unknown = redeem(platform, http, "00000000-0000-4000-8000-000000000000")
    wrong = redeem(platform, http, log_in(platform), (APP.client_id, "wrong"))

    assert (unknown.status_code, unknown.get_json()) == (
        422,
        {"error": "no_such_code", "error_description": "We never gave that code."},
    )
    assert (wrong.status_code, wrong.get_json()["error_description"]) == (401, "That is not your secret.")


def test_the_platform_sends_people_there_by_its_scope_and_gives_a_token(platform: Mock, http: Client) -> None:
    asked = {"client_id": APP.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
    url = f"{platform.url}/oauth2/authorize?{urlencode({**asked, 'scope': 'pharmacy'})}"

    code = parse_qs(urlsplit(platform.log_in(url, user="PH1")).query)["code"][0]

    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    secret = {"client_id": APP.client_id, "client_secret": APP.client_secret}
    answer = http.post("/oauth2/token", data=form | secret, base_url=platform.url)
    assert (answer.status_code, answer.get_json()["token_type"]) == (200, "Bearer")


def test_a_provider_that_refuses_the_platform_is_reported_of(ring: KeyRing, caplog: pytest.LogCaptureFixture) -> None:
    strict = replace(PHARMACY, proof=Proof(methods=("client_secret_basic",)))
    platform = Mock(Configuration(apps=(APP,)), ring=ring, providers=(*PROVIDERS, strict))
    asked = {"client_id": APP.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}

    with pytest.raises(LogInError, match="answered 500"):
        platform.log_in(f"{platform.url}/oauth2/authorize?{urlencode({**asked, 'scope': 'pharmacy'})}", user="PH1")

    assert "Pharmacy sign-in answered the platform's token request with 400" in caplog.text
    assert "could not be explained" not in caplog.text


def test_the_others_are_as_before(platform: Mock) -> None:
    assert [service.provider.name for service in platform.providers.values()][:3] == ["cis2", "nhs_login", "pharmacy"]
