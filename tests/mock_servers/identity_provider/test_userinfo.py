"""Userinfo returns what the token's scopes allow, and refuses in the provider's words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH

Ask = Callable[..., TestResponse]
ReadRedirect = Callable[[TestResponse], dict[str, str]]
DOCTOR = "656005750104"
PATIENT = "9912003071"
INVALID = "The access token provided is expired, revoked, malformed, or invalid for other reasons."
PATHS = {"cis2": f"{PATH}/userinfo", "nhs_login": "/userinfo"}


@pytest.fixture
def bearer(submit: Ask, read_redirect: ReadRedirect, redeem: Ask) -> Callable[..., dict[str, str]]:
    """Log in with a scope; return the header that asks for userinfo."""

    def log_in(provider: str, scope: str) -> dict[str, str]:
        code = read_redirect(submit(DOCTOR if provider == "cis2" else PATIENT, provider, scope=scope))["code"]
        return {"Authorization": f"Bearer {redeem(provider, code).get_json()['access_token']}"}

    return log_in


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("provider", "scope", "members"),
    [
        ("cis2", "openid", ["nhsid_useruid", "sub"]),
        ("cis2", "openid profile", ["nhsid_useruid", "name", "given_name", "family_name", "uid", "sub"]),
        ("cis2", "openid nationalrbacaccess", ["nhsid_useruid", "nhsid_nrbac_roles", "sub"]),
        ("nhs_login", "openid", ["sub", "iss", "aud"]),
        (
            "nhs_login",
            "openid profile profile_extended",
            [
                "sub",
                "iss",
                "aud",
                "nhs_number",
                "birthdate",
                "family_name",
                "identity_proofing_level",
                "given_name",
            ],
        ),
    ],
)
def test_userinfo_goes_by_scope(
    bearer: Callable[..., dict[str, str]],
    http: Client,
    platform: Mock,
    provider: str,
    scope: str,
    members: list[str],
    method: str,
) -> None:
    answer = http.open(PATHS[provider], method=method, headers=bearer(provider, scope), base_url=platform.url)

    assert (answer.status_code, list(json.loads(answer.data))) == (200, members)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eA==", "Bearer " + "x" * 10_000])
def test_cis2_refuses_a_bad_token(http: Client, header: str | None) -> None:
    answer = http.get(PATHS["cis2"], headers={} if header is None else {"Authorization": header})

    assert answer.status_code == 401
    assert list(json.loads(answer.data).items()) == [("error_description", INVALID), ("error", "invalid_token")]


def test_cis2_refuses_an_expired_token(bearer: Callable[..., dict[str, str]], http: Client, platform: Mock) -> None:
    headers = bearer("cis2", "openid")
    platform.clock.advance(3600)

    answer = http.get(PATHS["cis2"], headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, {"error_description": INVALID, "error": "invalid_token"})


def test_nhs_login_shows_of_an_expired_token_in_the_header(
    bearer: Callable[..., dict[str, str]], http: Client, platform: Mock
) -> None:
    headers = bearer("nhs_login", "openid")
    platform.clock.advance(300)

    answer = http.get(PATHS["nhs_login"], headers=headers, base_url=platform.url)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'error="invalid_token", error_description="The access token expired"'


def test_a_token_of_one_provider_is_none_of_the_others(bearer: Callable[..., dict[str, str]], http: Client) -> None:
    assert http.get(PATHS["nhs_login"], headers=bearer("cis2", "openid")).status_code == 401


def test_another_method_is_named_by_cis2(http: Client) -> None:
    answer = http.delete(PATHS["cis2"])

    assert (answer.status_code, answer.get_json()["error_description"]) == (405, "Required Method: GET found: DELETE")


@pytest.mark.parametrize(("sent", "kept"), [("a note", "a note"), ("", None), ("x" * 1024, "x" * 1024)])
def test_a_clients_note_is_kept(
    bearer: Callable[..., dict[str, str]], http: Client, platform: Mock, sent: str, kept: str | None
) -> None:
    headers = bearer("nhs_login", "openid client_metadata")
    http.patch("/userinfo", json={"client_user_metadata": "old"}, headers=headers, base_url=platform.url)

    answer = http.patch("/userinfo", json={"client_user_metadata": sent}, headers=headers, base_url=platform.url)

    body: dict[str, Any] = http.get("/userinfo", headers=headers, base_url=platform.url).get_json()
    assert (answer.status_code, answer.data) == (204, b"")
    assert body.get("client_user_metadata") == kept


def test_auto_makes_a_new_note(bearer: Callable[..., dict[str, str]], http: Client, platform: Mock) -> None:
    headers = bearer("nhs_login", "openid client_metadata")

    http.patch("/userinfo", json={"client_user_metadata": "auto"}, headers=headers, base_url=platform.url)

    note = http.get("/userinfo", headers=headers, base_url=platform.url).get_json()["client_user_metadata"]
    assert note not in ("", "auto")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"client_user_metadata": 1}', b'{"client_user_metadata": "a", "more": 1}', b"[" * 9999],
)
def test_a_bad_note_is_refused(
    bearer: Callable[..., dict[str, str]], http: Client, platform: Mock, body: bytes
) -> None:
    headers = bearer("nhs_login", "openid client_metadata")

    answer = http.patch("/userinfo", data=body, headers=headers, base_url=platform.url)

    assert answer.status_code == 400
    assert list(json.loads(answer.data).items()) == [
        ("error", "invalid_request"),
        ("error_description", "Invalid parameter content"),
    ]


def test_a_note_of_1025_characters_is_too_long(
    bearer: Callable[..., dict[str, str]], http: Client, platform: Mock
) -> None:
    headers = bearer("nhs_login", "openid client_metadata")

    answer = http.patch("/userinfo", json={"client_user_metadata": "x" * 1025}, headers=headers, base_url=platform.url)

    assert answer.status_code == 400


def test_a_note_needs_its_scope(bearer: Callable[..., dict[str, str]], http: Client, platform: Mock) -> None:
    headers = bearer("nhs_login", "openid")

    answer = http.patch("/userinfo", json={"client_user_metadata": "x"}, headers=headers, base_url=platform.url)

    assert (answer.status_code, answer.get_json()["error"]) == (403, "insufficient_scope")
