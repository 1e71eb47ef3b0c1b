"""For which grants a client is registered, and what a provider says of one that it has not or does not know."""

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

Ask = Callable[..., TestResponse]
ReadRedirect = Callable[[TestResponse], dict[str, str]]
REDIRECT = "https://app.example/callback"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
BOTH = ("authorization_code", "refresh_token")


def pairs(answer: TestResponse) -> tuple[int, list[tuple[str, str]]]:
    """Status and body, member order included."""
    return answer.status_code, list(answer.get_json().items())


def cis2_members(code: str, description: str) -> list[tuple[str, str]]:
    return [("error_description", description), ("error", code)]


@pytest.fixture
def cis2_refresh(platform: Mock, http: Client, redeem: Ask, token: Ask) -> tuple[dict[str, Any], Ask]:
    """The token answer of a client of CIS2 that is registered for refreshes, and how it refreshes."""
    assert http is not None
    platform.apps.change("nhsauth-app", grant_types=BOTH)
    first = redeem("cis2", platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)).get_json()

    def refresh(refresh_token: str, **changes: str) -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **SECRET, **changes}
        return token("cis2", form)

    return first, refresh


@pytest.mark.parametrize("sent", ["implicit", "authorization-code", "urn%3Aietf", "x" * 10_000])
def test_cis2_repeats_a_grant_that_nobody_knows(token: Ask, sent: str) -> None:
    answer = token("cis2", {"grant_type": sent, **SECRET})

    assert pairs(answer) == (400, cis2_members("invalid_grant", f"Unknown Grant Type, {sent}"))


@pytest.mark.parametrize("sent", ["password", "client_credentials"])
def test_cis2_knows_grants_that_it_does_not_answer(token: Ask, sent: str) -> None:
    answer = token("cis2", {"grant_type": sent, **SECRET})

    assert pairs(answer) == (400, cis2_members("unsupported_grant_type", "Grant type is not supported"))


@pytest.mark.parametrize("sent", ["implicit", "password"])
def test_nhs_login_has_one_word_for_both(token: Ask, sent: str) -> None:
    answer = token("nhs_login", {"grant_type": sent})

    assert pairs(answer) == (400, [("error", "unsupported_grant_type")])


def test_cis2_gives_a_refresh_token_to_a_client_that_is_registered_for_it(
    cis2_refresh: tuple[dict[str, Any], Ask],
) -> None:
    first, refresh = cis2_refresh

    second = refresh(first["refresh_token"]).get_json()

    assert sorted(first) == ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]
    assert sorted(second) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]


def test_cis2_refreshes_with_the_latest_token_alone(cis2_refresh: tuple[dict[str, Any], Ask]) -> None:
    first, refresh = cis2_refresh
    refresh(first["refresh_token"])

    again = refresh(first["refresh_token"])

    assert pairs(again) == (400, cis2_members("invalid_request", "RefreshToken does not exist"))


def test_cis2_refuses_an_expired_refresh_token(cis2_refresh: tuple[dict[str, Any], Ask], platform: Mock) -> None:
    first, refresh = cis2_refresh
    platform.clock.advance(12 * 3600)

    late = refresh(first["refresh_token"])

    assert pairs(late) == (400, cis2_members("invalid_grant", "grant is invalid"))


def test_cis2_refuses_a_refresh_token_of_another_client(
    cis2_refresh: tuple[dict[str, Any], Ask], platform: Mock
) -> None:
    first, refresh = cis2_refresh
    platform.apps.create(client_id="other", client_secret="other-secret", make_key=False)

    foreign = refresh(first["refresh_token"], client_id="other", client_secret="other-secret")

    assert pairs(foreign) == (400, cis2_members("invalid_request", "Token was issued to a different client"))


def test_cis2_refuses_a_wider_scope(cis2_refresh: tuple[dict[str, Any], Ask]) -> None:
    first, refresh = cis2_refresh

    wider = refresh(first["refresh_token"], scope="openid email")

    sentence = "The requested scope is invalid, unknown, or malformed."
    assert pairs(wider) == (400, cis2_members("invalid_scope", sentence))


def test_a_client_without_refreshes_gets_no_refresh_token_at_nhs_login(platform: Mock, redeem: Ask) -> None:
    platform.apps.change("nhsauth-app", grant_types=("authorization_code",))

    answer = redeem("nhs_login", platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT))

    assert "refresh_token" not in answer.get_json()


def test_cis2_refuses_a_grant_that_the_client_is_not_registered_for(platform: Mock, token: Ask) -> None:
    platform.apps.change("nhsauth-app", grant_types=("authorization_code",))

    answer = token("cis2", {"grant_type": "refresh_token", "refresh_token": "x", **SECRET})

    assert pairs(answer) == (400, cis2_members("unsupported_grant_type", "Grant type is not supported"))


def test_nhs_login_refuses_a_grant_that_the_client_is_not_registered_for(platform: Mock, redeem: Ask) -> None:
    platform.apps.change("nhsauth-app", grant_types=("authorization_code",))

    answer = redeem("nhs_login", "x", grant_type="refresh_token", refresh_token="x")

    assert pairs(answer) == (400, [("error", "unauthorized_client")])


@pytest.mark.parametrize(
    ("provider", "sentence"),
    [
        ("cis2", "The client is not authorized to request an authorization code using this method."),
        ("nhs_login", None),
    ],
)
def test_a_client_without_the_code_flow_is_sent_back(
    platform: Mock, authorize: Ask, read_redirect: ReadRedirect, provider: str, sentence: str | None
) -> None:
    platform.apps.change("nhsauth-app", grant_types=("refresh_token",))

    came = read_redirect(authorize(provider))

    described = {"error_description": sentence} if sentence else {}
    assert list(came.items()) == list({"error": "unauthorized_client", **described, "state": "s-1"}.items())


@pytest.fixture
def ancestor(ring: KeyRing) -> Mock:
    """A platform whose CIS2 distinguishes unusable codes."""
    return Mock(Configuration(cis2=ProviderSettings(unusable_code="ancestor")), ring=ring)


def _redeemed(platform: Mock, code: str) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET}
    return Client(platform).post(f"{PATH}/access_token", data=form)


def test_the_ancestor_says_that_a_code_does_not_exist(ancestor: Mock) -> None:
    answer = _redeemed(ancestor, "unknown")

    assert pairs(answer) == (400, cis2_members("invalid_request", "Authorization code doesn't exist."))


def test_the_ancestor_says_that_a_code_has_expired(ancestor: Mock) -> None:
    code = ancestor.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    ancestor.clock.advance(120)

    answer = _redeemed(ancestor, code)

    assert pairs(answer) == (400, cis2_members("invalid_grant", "Authorization code expired."))


def test_the_ancestor_says_as_captured_of_a_code_that_was_used(ancestor: Mock) -> None:
    code = ancestor.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    _redeemed(ancestor, code)

    answer = _redeemed(ancestor, code)

    sentence = "The provided access grant is invalid, expired, or revoked."
    assert pairs(answer) == (400, cis2_members("invalid_grant", sentence))


@pytest.mark.parametrize(
    ("path", "realm"),
    [
        ("realms/NHSIdentity/realms/Dentistry/authorize", "/NHSIdentity/Dentistry"),
        ("realms/NHSIdentity/realms/healthcare/.well-known/openid-configuration", "/NHSIdentity/healthcare"),
        ("realms/NHSIdentity/access_token", "/NHSIdentity"),
        ("authorize", "/"),
    ],
)
def test_cis2s_product_has_no_provider_for_another_realm(http: Client, path: str, realm: str) -> None:
    answer = http.get(f"/openam/oauth2/realms/root/{path}")

    assert pairs(answer) == (404, cis2_members("not_found", f"No OpenID Connect provider for realm {realm}"))
