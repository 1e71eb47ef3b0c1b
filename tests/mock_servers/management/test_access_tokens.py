"""Access tokens over the management API: their attributes for each grant, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.apim import token_attributes
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock
from mock_servers.state.grant import Session

NOW_MS = 1_800_000_000_000
APP = "/developers/tester@example.nhs.uk/apps/my-app"
CIS2, NHS_LOGIN = "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"
ISSUER = "http://127.0.0.1:8080/realms"
UNKNOWN = {"code": "keymanagement.service.invalid_access_token", "message": "Invalid Access Token", "contexts": []}
REVOKED = "keymanagement.service.access_token_not_approved"

Granted = Callable[..., dict[str, str]]


@pytest.fixture
def logged_in(platform: Mock, http: Client, management: Any, key: str) -> Callable[..., dict[str, str]]:
    """Log somebody in through the platform and return the answer of the token service."""

    def get(user: str, scope: str) -> dict[str, str]:
        query = f"client_id={key}&redirect_uri=https://google.com/callback&response_type=code&state=1&scope={scope}"
        end = platform.log_in(f"{platform.url}/oauth2-mock/authorize?{query}", user=user)
        form = {
            "grant_type": "authorization_code",
            "client_id": key,
            "client_secret": management.get(f"{APP}/keys/{key}")["consumerSecret"],
            "redirect_uri": "https://google.com/callback",
            "code": parse_qs(urlsplit(end).query)["code"][0],
        }
        return dict(http.post("/oauth2-mock/token", data=form, base_url=platform.url).get_json())

    return get


@pytest.fixture
def attributes(management: Any) -> Callable[[str], dict[str, str]]:
    """The attributes of a token by name."""

    def get(token: str) -> dict[str, str]:
        body = management.get(f"/oauth2/accesstokens/{token}")
        return {each["name"]: each["value"] for each in body["attributes"]}

    return get


Attributes = Callable[[str], dict[str, str]]


@pytest.fixture
def call(http: Client) -> Callable[[str], TestResponse]:
    """Call an API with a token."""
    return lambda token: http.get("/mock-jwks/test-auth/app/level3", headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_shown_whole(management: Any, granted: Granted, key: str) -> None:
    token = granted()["access_token"]

    body = management.get(f"/oauth2/accesstokens/{token}")

    assert body == {
        "token": token,
        "clientId": key,
        "app": "my-app",
        "scope": "urn:nhsd:apim:app:level3:mock-jwks urn:nhsd:apim:app:level3:identity-service",
        "status": "approved",
        "tokenType": "Bearer",
        "grantType": "client_credentials",
        "issuedAt": NOW_MS,
        "expiresAt": NOW_MS + 600_000,
        "refreshToken": "",
        "refreshCount": "0",
        "attributes": [
            {"name": "auth_type", "value": "app"},
            {"name": "auth_grant_type", "value": "client_credentials"},
            {"name": "auth_level", "value": "level3"},
            {"name": "auth_provider", "value": "apim"},
            {"name": "auth_user_id", "value": ""},
            {"name": "issuer", "value": "http://127.0.0.1:8080/oauth2-mock"},
            {"name": "_first_issued", "value": str(NOW_MS)},
        ],
    }


@pytest.mark.parametrize(
    ("realm", "user", "level", "provider"),
    [
        (CIS2, "656005750104", "aal3", "apim-mock-nhs-cis2"),
        (CIS2, "656005750109", "aal2", "apim-mock-nhs-cis2"),
        (CIS2, "656005750110", "aal1", "apim-mock-nhs-cis2"),
        (NHS_LOGIN, "9912003071", "p9", "apim-mock-nhs-login"),
        (NHS_LOGIN, "9912003072", "p5", "apim-mock-nhs-login"),
        (NHS_LOGIN, "9912003073", "p0", "apim-mock-nhs-login"),
    ],
)
def test_an_exchanged_token_shows_who_logged_in_and_how(
    granted: Granted, attributes: Attributes, realm: str, user: str, level: str, provider: str
) -> None:
    answer = granted(realm, user)

    reported = attributes(answer["access_token"])

    assert {name: value for name, value in reported.items() if name.startswith("auth_")} == {
        "auth_type": "user",
        "auth_grant_type": "token_exchange",
        "auth_level": level,
        "auth_provider": provider,
        "auth_user_id": user,
    }
    assert reported["id_token-issuer"] == f"{ISSUER}/{realm}"
    assert reported["id_token"].count(".") == 2
    assert "external_access_token" not in reported


def test_the_id_token_is_reported_claim_by_claim(granted: Granted, attributes: Attributes) -> None:
    reported = attributes(granted(CIS2, "656005750104")["access_token"])

    assert {name: value for name, value in reported.items() if name.startswith("id_token-")} == {
        "id_token-subject": "656005750104",
        "id_token-issuer": f"{ISSUER}/{CIS2}",
        "id_token-acr": "",
        "id_token-authentication_assurance_level": "3",
        "id_token-amr": "",
        "id_token-id-assurance-level": "",
        "id_token-identity-proofing-level": "",
    }


@pytest.mark.parametrize(
    ("user", "scope", "level", "provider"),
    [
        ("656005750104", "nhs-cis2", "aal3", "apim-mock-nhs-cis2"),
        ("9912003072", "nhs-login", "p5", "apim-mock-nhs-login"),
    ],
)
def test_a_token_of_the_browser_flow_says_so_and_keeps_the_providers_token(
    logged_in: Callable[..., dict[str, str]],
    attributes: Attributes,
    user: str,
    scope: str,
    level: str,
    provider: str,
) -> None:
    reported = attributes(logged_in(user, scope)["access_token"])

    assert [reported[f"auth_{name}"] for name in ("type", "grant_type", "level", "provider", "user_id")] == [
        "user",
        "authorization_code",
        level,
        provider,
        user,
    ]
    assert reported["external_access_token"]


def test_the_real_providers_have_other_words(platform: Mock, http: Client, management: Any) -> None:
    """By the host of the issuer: a realm's id token, and CIS2's own, each at its token service."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    words = []
    for provider in ("cis2", "nhs_login"):
        subject_token = platform.id_token(provider, LogInRequest(client_id="nhsauth-app"))
        assertion = platform.client_assertion("nhsauth-app")
        sent = {**form, "client_assertion": assertion, "subject_token": subject_token}
        token = http.post("/oauth2/token", data=sent, base_url=platform.url).get_json()["access_token"]
        body = management.get(f"/oauth2/accesstokens/{token}")
        words.append(dict(tuple(each.values()) for each in body["attributes"])["auth_provider"])

    assert words == ["nhs-cis2", "nhs-login"]


def test_a_refreshed_token_keeps_when_it_was_first_issued(
    platform: Mock,
    http: Client,
    management: Any,
    key: str,
    logged_in: Callable[..., dict[str, str]],
    attributes: Attributes,
) -> None:
    first = logged_in("656005750104", "nhs-cis2")
    platform.clock.advance(60)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": key,
        "client_secret": management.get(f"{APP}/keys/{key}")["consumerSecret"],
    }
    second = http.post("/oauth2-mock/token", data=form, base_url=platform.url).get_json()

    body = management.get(f"/oauth2/accesstokens/{second['access_token']}")

    assert (body["refreshToken"], body["refreshCount"], body["issuedAt"]) == (
        second["refresh_token"],
        "1",
        NOW_MS + 60_000,
    )
    assert attributes(second["access_token"])["_first_issued"] == str(NOW_MS)


def test_only_the_attributes_that_are_named_change(management: Any, granted: Granted, attributes: Attributes) -> None:
    token = granted()["access_token"]
    sent = {"attributes": [{"name": "auth_level", "value": "other"}, {"name": "mine", "value": "x"}]}

    answer = management("POST", f"/oauth2/accesstokens/{token}", json=sent)

    reported = attributes(token)
    assert (answer.status_code, answer.get_json()) == (200, management.get(f"/oauth2/accesstokens/{token}"))
    assert (reported["auth_level"], reported["mine"], reported["auth_type"], list(reported)[-1]) == (
        "other",
        "x",
        "app",
        "mine",
    )


def test_a_scope_that_is_given_counts_at_once(
    management: Any, granted: Granted, call: Callable[[str], TestResponse]
) -> None:
    token = granted()["access_token"]
    before = call(token).status_code

    answer = management("POST", f"/oauth2/accesstokens/{token}", json={"scope": "a b"})

    assert (before, answer.get_json()["scope"], call(token).status_code) == (200, "a b", 403)


def test_a_scope_that_is_given_leaves_the_level_at_which_the_person_logged_in(
    management: Any, granted: Granted, attributes: Attributes
) -> None:
    token = granted(CIS2, "656005750109")["access_token"]

    management("POST", f"/oauth2/accesstokens/{token}", json={"scope": "a b"})

    assert attributes(token)["auth_level"] == "aal2"


def test_a_revoked_token_is_dead_at_once_and_alive_when_approved(
    management: Any, granted: Granted, call: Callable[[str], TestResponse]
) -> None:
    token = granted()["access_token"]
    path = f"/oauth2/accesstokens/{token}"
    revoked = management("POST", path, query_string={"action": "revoke"})
    refused = call(token)
    approved = management("POST", path, query_string={"action": "approve"})

    assert (revoked.status_code, revoked.get_json()["status"]) == (200, "revoked")
    assert (refused.status_code, refused.get_json()["fault"]["detail"]["errorcode"]) == (401, REVOKED)
    assert (approved.get_json()["status"], call(token).status_code) == ("approved", 200)


@pytest.mark.parametrize(("cascade", "expected"), [({}, 200), ({"cascade": "true"}, 401)])
def test_a_revoked_token_takes_its_refresh_token_along_when_asked_so(
    platform: Mock,
    http: Client,
    management: Any,
    key: str,
    granted: Granted,
    cascade: dict[str, str],
    expected: int,
) -> None:
    answer = granted(CIS2, "656005750104")
    path = f"/oauth2/accesstokens/{answer['access_token']}"
    management("POST", path, query_string={"action": "revoke", **cascade})
    form = {
        "grant_type": "refresh_token",
        "refresh_token": answer["refresh_token"],
        "client_id": key,
        "client_secret": management.get(f"{APP}/keys/{key}")["consumerSecret"],
    }

    refreshed = http.post("/oauth2-mock/token", data=form, base_url=platform.url)

    assert refreshed.status_code == expected


def test_a_deleted_token_is_shown_once_more_and_gone(
    management: Any, granted: Granted, call: Callable[[str], TestResponse]
) -> None:
    token = granted()["access_token"]
    shown = management.get(f"/oauth2/accesstokens/{token}")

    answer = management("DELETE", f"/oauth2/accesstokens/{token}")

    assert (answer.status_code, answer.get_json()) == (200, shown)
    assert call(token).get_json()["fault"]["detail"]["errorcode"] == "keymanagement.service.invalid_access_token"
    again = management("DELETE", f"/oauth2/accesstokens/{token}")
    assert (again.status_code, again.get_json()) == (404, UNKNOWN)


@pytest.mark.parametrize(
    ("method", "query"), [("GET", {}), ("POST", {}), ("POST", {"action": "revoke"}), ("DELETE", {})]
)
def test_a_token_that_was_never_issued_is_not_found(management: Any, method: str, query: dict[str, str]) -> None:
    answer = management(method, "/oauth2/accesstokens/nothing", json={}, query_string=query)

    assert (answer.status_code, answer.get_json()) == (404, UNKNOWN)


def test_the_tokens_of_a_deleted_key_are_not_found(management: Any, granted: Granted, key: str) -> None:
    token = granted()["access_token"]
    management("DELETE", f"{APP}/keys/{key}")

    assert management("GET", f"/oauth2/accesstokens/{token}").status_code == 404


def test_tokens_are_found_and_revoked_by_person_and_app(
    management: Any, granted: Granted, call: Callable[[str], TestResponse]
) -> None:
    app_id = management.get(APP)["appId"]
    mine, theirs = granted()["access_token"], granted(CIS2, "656005750104")["access_token"]

    of_app = management.get("/oauth2/search", app=app_id)
    of_person = management.get("/oauth2/search", enduser="656005750104")
    of_both = management.get("/oauth2/search", enduser="nobody", app=app_id)
    revoked = management("POST", "/oauth2/revoke", query_string={"enduser": "656005750104"})

    assert (of_app, of_person, of_both) == ([mine, theirs], [theirs], [])
    assert (revoked.status_code, revoked.get_json()) == (200, [theirs])
    assert management.get(f"/oauth2/accesstokens/{theirs}")["status"] == "revoked"
    assert call(mine).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/oauth2/search"), ("POST", "/oauth2/revoke")])
def test_a_search_names_a_person_or_a_known_app(management: Any, method: str, path: str) -> None:
    nothing, unknown = management(method, path), management(method, path, query_string={"app": "x"})

    assert (nothing.status_code, nothing.get_json()["code"]) == (400, "keymanagement.service.parameters_missing")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "developer.service.AppDoesNotExist")


def test_a_token_in_a_path_never_stands_in_the_journal(management: Any, platform: Mock, granted: Granted) -> None:
    token = granted()["access_token"]
    management("POST", f"/oauth2/accesstokens/{token}", json=[])
    management("GET", f"/oauth2/accesstokens/{token}X")

    assert [record.path for record in platform.exchanges] == ["/oauth2-mock/token"]


@pytest.mark.parametrize("scopes", [(), ("urn:nhsd:apim:user-nhs-cis2:aal4:hello-world",)])
def test_a_level_that_no_scope_names_is_unknown_and_never_empty(scopes: tuple[str, ...]) -> None:
    session = Session(
        id="", provider="cis2", subject="1", issued_at=0, lifetime=1, refresh_lifetime=1, people="cis2", issuer="x"
    )
    assert token_attributes.auth(session, scopes)["auth_level"] == "unknown"
