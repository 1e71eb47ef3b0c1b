"""Which services know an app: an API key of the platform is a client id only where it is registered as one."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock

Ask = Callable[..., TestResponse]
Sign = Callable[..., str]

REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOT_VALID = {"error_description": "JWT is not valid", "error": "invalid_client"}
UNKNOWN = {"error_description": "Client authentication failed", "error": "invalid_client"}
KEY = "Jq3xKf8GmWvT0ZrB5yLnP7cD2hS9aEuX"


@pytest.fixture
def prove(platform: Mock, token: Ask) -> Ask:
    """Redeem a code at CIS2 with an assertion, and perhaps a client_id."""

    def send(signed: str, **form: Any) -> TestResponse:
        code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
        return token(
            "cis2", {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof, **form}
        )

    return send


@pytest.fixture
def known_at(platform: Mock) -> Callable[..., None]:
    """Register the ready-made app, which signs at CIS2, at these services alone."""

    def set_services(*services: str) -> None:
        platform.apps.change("nhsauth-app", services=services, cis2_auth_method="private_key_jwt")

    return set_services


def test_an_app_is_known_everywhere_by_default(platform: Mock) -> None:
    assert platform.apps.get("nhsauth-app").services == ("platform", "cis2", "nhs_login", "realms")


def test_a_key_that_cis2_does_not_know_is_not_valid_there(
    platform: Mock, prove: Ask, assertion: Sign, known_at: Callable[..., None]
) -> None:
    known_at("platform", "nhs_login", "realms")

    answer = prove(assertion("cis2"))

    assert (answer.status_code, answer.get_json()) == (400, NOT_VALID)
    (finding,) = (each for each in platform.exchanges.last.findings if each.id == "cis2-iss-is-api-key")
    assert finding.certainty == "certain"


@pytest.mark.parametrize(("iss", "said"), [(KEY, NOT_VALID), ("other", UNKNOWN)])
def test_what_looks_like_an_api_key_is_not_valid_and_any_other_text_is_unknown(
    prove: Ask, assertion: Sign, iss: str, said: dict[str, str]
) -> None:
    answer = prove(assertion("cis2", iss=iss, sub=iss))

    assert (answer.status_code, answer.get_json()) == (400, said)


def test_a_key_that_is_registered_at_cis2_is_a_client_id_there(
    platform: Mock, prove: Ask, http: Client, assertion: Sign
) -> None:
    assert http is not None
    platform.apps.create(client_id=KEY, redirect_uris=(REDIRECT,), cis2_auth_method="private_key_jwt", make_key=True)
    code = platform.issue_code("cis2", LogInRequest(client_id=KEY), REDIRECT)

    answer = prove(assertion("cis2", client_id=KEY), code=code)

    assert answer.status_code == 200


@pytest.mark.parametrize("services", [("platform", "cis2"), ("cis2",)])
def test_the_log_in_page_is_for_clients_that_the_provider_knows(
    authorize: Ask, known_at: Callable[..., None], services: tuple[str, ...]
) -> None:
    known_at(*services)

    statuses = {provider: authorize(provider).status_code for provider in ("cis2", "nhs_login")}

    assert statuses == {"cis2": 200, "nhs_login": 400}


@pytest.mark.parametrize(("services", "status"), [(("realms",), 200), (("platform", "cis2", "nhs_login"), 400)])
def test_the_mock_realms_have_clients_of_their_own(
    authorize: Ask, known_at: Callable[..., None], services: tuple[str, ...], status: int
) -> None:
    known_at(*services)

    assert authorize("Cis2-mock-internal-dev").status_code == status


@pytest.mark.parametrize(("services", "status"), [(("platform",), 200), (("cis2", "nhs_login"), 401)])
def test_the_platform_knows_no_app_of_the_providers_alone(
    platform: Mock, http: Client, known_at: Callable[..., None], services: tuple[str, ...], status: int
) -> None:
    signed = platform.client_assertion("nhsauth-app", token_url=platform.token_url, alterations=Alterations(claims={}))
    known_at(*services)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    }

    answer = http.post("/oauth2/token", data=form, base_url=platform.url)

    assert answer.status_code == status
    if status == 401:
        assert answer.get_json()["error_description"] == "Invalid 'iss'/'sub' claims in client_assertion JWT"
        (finding,) = (each for each in platform.exchanges.last.findings if each.id == "app-not-known-here")
        assert "which is registered at CIS2 and NHS login, and not at the platform" in finding.seen


def test_a_client_that_is_registered_elsewhere_is_reported_so(
    platform: Mock, authorize: Ask, known_at: Callable[..., None]
) -> None:
    known_at("platform")

    authorize("cis2")

    assert platform.exchanges.last.diagnosis == (
        'client_id "nhsauth-app" is app "nhsauth app", which is no client of CIS2: send the client id of CIS2, or name '
        "cis2 in the app's `services`."
    )


def test_nothing_is_said_of_the_secret_of_an_app_that_the_provider_does_not_know(platform: Mock, token: Ask) -> None:
    platform.apps.create(client_id="other", client_secret="nhsauth-secret", services=("platform",), make_key=False)
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT, "client_id": "other"}

    token("cis2", {**form, "client_secret": "nhsauth-secret"})

    assert [each.id for each in platform.exchanges.last.findings if each.id == "secret-of-other-app"] == []
