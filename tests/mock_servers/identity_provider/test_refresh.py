"""NHS login refreshes with the latest token alone; of many requests at once exactly one passes."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock

Ask = Callable[..., TestResponse]
Sign = Callable[..., str]
REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANTED = "openid profile profile_extended"


@pytest.fixture
def first(platform: Mock, redeem: Ask) -> dict[str, Any]:
    """The token answer of a fresh log-in."""
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    return dict(redeem("nhs_login", code).get_json())


@pytest.fixture
def refresh(token: Ask, assertion: Sign) -> Ask:
    """Refresh with good credentials; keywords change the form."""

    def send(refresh_token: str | None, **changes: Any) -> TestResponse:
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion()}
        return token("nhs_login", {"grant_type": "refresh_token", "refresh_token": refresh_token, **proof, **changes})

    return send


def test_the_answer_to_a_code_has_the_members_of_the_capture(first: dict[str, Any]) -> None:
    assert list(first) == ["access_token", "id_token", "scope", "expires_in", "token_type", "refresh_token"]
    assert (first["scope"], first["expires_in"], first["token_type"]) == (GRANTED, 300, "bearer")
    assert str(uuid.UUID(first["refresh_token"])) == first["refresh_token"]


def test_a_refresh_gives_no_id_token(first: dict[str, Any], refresh: Ask) -> None:
    answer = refresh(first["refresh_token"])

    assert answer.status_code == 200
    assert list(answer.get_json()) == ["access_token", "scope", "expires_in", "token_type", "refresh_token"]
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


def test_only_the_latest_refresh_token_is_good(first: dict[str, Any], refresh: Ask) -> None:
    second = refresh(first["refresh_token"]).get_json()["refresh_token"]

    assert refresh(first["refresh_token"]).get_json() == {"error": "invalid_grant"}
    assert refresh(second).status_code == 200


def test_a_narrower_scope_holds_for_one_access_token(first: dict[str, Any], refresh: Ask) -> None:
    narrow = refresh(first["refresh_token"], scope="openid").get_json()

    assert narrow["scope"] == "openid"
    assert refresh(narrow["refresh_token"]).get_json()["scope"] == GRANTED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"refresh_token": None}, "invalid_request"),
        ({"refresh_token": ""}, "invalid_request"),
        ({"refresh_token": "x" * 10_000}, "invalid_grant"),
        ({"scope": "openid email"}, "invalid_scope"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
    ],
)
def test_a_bad_refresh_is_refused(
    first: dict[str, Any], refresh: Ask, changes: dict[str, str | None], error: str
) -> None:
    answer = refresh(**{"refresh_token": first["refresh_token"], **changes})

    assert (answer.status_code, json.loads(answer.data)) == (400, {"error": error})


def test_a_refresh_token_lives_thirty_days(first: dict[str, Any], refresh: Ask, platform: Mock) -> None:
    platform.clock.advance(30 * 86400)

    assert refresh(first["refresh_token"]).get_json() == {"error": "invalid_grant"}


def test_a_refresh_token_of_another_client_is_refused(
    first: dict[str, Any], refresh: Ask, platform: Mock, assertion: Sign
) -> None:
    platform.apps.change("nhsauth-app", name="first")
    app = platform.apps.get("nhsauth-app")
    platform.apps.create(client_id="other", key_name=app.key_name, kid=app.kid, make_key=False)

    answer = refresh(first["refresh_token"], client_assertion=assertion(client_id="other"))

    assert answer.get_json() == {"error": "invalid_grant"}


def test_cis2_has_issued_no_refresh_token(token: Ask) -> None:
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}

    missing = token("cis2", {"grant_type": "refresh_token", **secret})
    unknown = token("cis2", {"grant_type": "refresh_token", "refresh_token": "x", **secret})

    assert missing.get_json() == {"error_description": "Missing parameter, 'refresh_token'", "error": "invalid_request"}
    assert unknown.get_json() == {"error_description": "RefreshToken does not exist", "error": "invalid_request"}


@pytest.mark.usefixtures("http")
def test_of_many_refreshes_at_once_one_passes(first: dict[str, Any], platform: Mock, assertion: Sign) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(),
    }

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client(platform).post("/token", data=form, base_url=platform.url), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


@pytest.mark.usefixtures("http")
def test_of_many_redemptions_at_once_one_passes(platform: Mock, assertion: Sign) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(),
    }

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client(platform).post("/token", data=form, base_url=platform.url), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
