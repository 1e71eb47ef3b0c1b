"""CIS2 redeems a code once, for the client's secret, and refuses in its own words; discovery says where."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

REDIRECT = "http://127.0.0.1:8080/_nhsauth/callback"
INVALID = {
    "error_description": "The provided access grant is invalid, expired, or revoked.",
    "error": "invalid_grant",
}
NOT_AUTHENTICATED = {"error_description": "Client authentication failed", "error": "invalid_client"}

Redeem = Callable[..., TestResponse]


@pytest.fixture
def redeem(platform: Mock, http: Client) -> Redeem:
    def send(**changes: Any) -> TestResponse:
        form = {
            "grant_type": "authorization_code",
            "code": platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT),
            "redirect_uri": REDIRECT,
            "client_id": "nhsauth-app",
            "client_secret": "nhsauth-secret",
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return http.post(f"{PATH}/access_token", data=sent, base_url=platform.url)

    return send


def test_a_code_is_redeemed_for_tokens(redeem: Redeem) -> None:
    answer = redeem()

    members = answer.get_json()
    assert answer.status_code == 200
    assert list(members) == ["access_token", "scope", "id_token", "token_type", "expires_in"]
    assert (members["scope"], members["token_type"], members["expires_in"]) == ("openid", "Bearer", 3599)


@pytest.mark.parametrize(
    ("changes", "status", "members"),
    [
        ({"grant_type": None}, 400, {"error_description": "Grant type is not set", "error": "invalid_request"}),
        (
            {"grant_type": "password"},
            400,
            {"error_description": "Grant type is not supported", "error": "unsupported_grant_type"},
        ),
        ({"client_id": None}, 400, NOT_AUTHENTICATED),
        ({"client_id": "other"}, 400, NOT_AUTHENTICATED),
        ({"client_secret": "wrong"}, 400, NOT_AUTHENTICATED),
        ({"client_secret": None}, 400, NOT_AUTHENTICATED),
        ({"code": None}, 400, {"error_description": "Missing parameter, 'code'", "error": "invalid_request"}),
        (
            {"redirect_uri": None},
            400,
            {"error_description": "Missing parameter, 'redirect_uri'", "error": "invalid_request"},
        ),
        ({"redirect_uri": "https://other.example/"}, 400, INVALID),
        ({"code": "unknown"}, 400, INVALID),
    ],
)
def test_a_refusal_is_in_cis2s_words_and_order(
    redeem: Redeem, changes: dict[str, Any], status: int, members: dict[str, str]
) -> None:
    answer = redeem(**changes)

    assert (answer.status_code, list(answer.get_json().items())) == (status, list(members.items()))


def test_a_code_is_redeemed_once(platform: Mock, redeem: Redeem) -> None:
    code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)

    answers = [redeem(code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].get_json() == INVALID


def test_a_code_expires(platform: Mock, redeem: Redeem) -> None:
    code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    platform.clock.advance(120)

    answer = redeem(code=code)

    assert (answer.status_code, answer.get_json()) == (400, INVALID)


def test_a_code_of_another_client_is_refused(platform: Mock, redeem: Redeem) -> None:
    platform.apps.create(client_id="other", make_key=False)
    code = platform.issue_code("cis2", LogInRequest(client_id="other"), REDIRECT)

    assert redeem(code=code).get_json() == INVALID


def test_a_code_of_nhs_login_is_none_of_cis2s(platform: Mock, redeem: Redeem) -> None:
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT)

    assert redeem(code=code).get_json() == INVALID


def test_another_method_is_named_in_the_refusal(http: Client) -> None:
    answer = http.put(f"{PATH}/access_token")

    assert answer.status_code == 405
    assert answer.get_json() == {
        "error_description": "Required Method: POST found: PUT",
        "error": "method_not_allowed",
    }


def test_a_scope_is_ignored_by_default(redeem: Redeem) -> None:
    assert redeem(scope="openid").status_code == 200


def test_a_scope_is_refused_when_set_so(ring: KeyRing) -> None:
    platform = Mock(Configuration(cis2=ProviderSettings(scope_at_token="refuse")), ring=ring)
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
        "scope": "openid",
    }

    answer = Client(platform).post(f"{PATH}/access_token", data=form)

    assert answer.status_code == 400
    assert answer.get_json() == {
        "error_description": (
            "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
            "should be supplied to the authorize request."
        ),
        "error": "invalid_request",
    }


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://mock:8080", "https://localhost:8443"])
def test_discovery_follows_the_name_that_was_called(http: Client, origin: str) -> None:
    document = http.get(f"{PATH}/.well-known/openid-configuration", base_url=origin).get_json()

    assert document["issuer"] == f"{origin}{PATH}"
    assert document["token_endpoint"] == f"{origin}{PATH}/access_token"
    assert document["jwks_uri"] == f"{origin}{PATH}/connect/jwk_uri"


def test_discovery_of_nhs_login_has_its_members_in_order(http: Client) -> None:
    document = http.get("/.well-known/openid-configuration").get_json()

    assert list(document) == [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "scopes_supported",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "claims_supported",
        "userinfo_endpoint",
        "token_endpoint_auth_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
        "fido_uaf_authentication_request_endpoint",
        "fido_uaf_registration_request_endpoint",
        "fido_uaf_registration_response_endpoint",
        "fido_uaf_deregistration_endpoint",
    ]
    assert len(document["claims_supported"]) == 33


def test_nhs_login_takes_no_client_secret(platform: Mock, http: Client) -> None:
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    form = {"grant_type": "authorization_code", "code": code, "client_id": "nhsauth-app"}

    answer = http.post("/token", data={**form, "client_secret": "nhsauth-secret"})

    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_client"})
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
