"""The log-in before the management API: any password is accepted, and the answer is a JWT."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from werkzeug.test import Client

NOW = 1_800_000_000
BASIC = {"Authorization": "Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0"}
FORM = {"grant_type": "password", "response_type": "token", "username": "me@example.nhs.uk", "password": "any"}


@pytest.mark.parametrize("base_url", ["https://login.apigee.com", "http://127.0.0.1:8080"])
def test_a_password_is_good_for_a_bearer_that_is_a_jwt(http: Client, base_url: str) -> None:
    answer = http.post("/oauth/token?mfa_token=123456", data=FORM, headers=BASIC, base_url=base_url)

    body = answer.get_json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 1799)
    assert (claims["exp"], claims["user_name"]) == (NOW + 1799, "me@example.nhs.uk")


def test_a_passcode_will_do(http: Client) -> None:
    form = {"grant_type": "password", "response_type": "token", "passcode": "abc"}

    assert http.post("/oauth/token", data=form, headers=BASIC).status_code == 200


@pytest.mark.parametrize(
    ("changes", "headers", "expected"),
    [
        ({}, {}, (401, {"error": "unauthorized", "error_description": "Bad credentials"})),
        ({}, {"Authorization": "Basic eDp5"}, (401, {"error": "unauthorized", "error_description": "Bad credentials"})),
        ({"password": ""}, BASIC, (401, {"error": "unauthorized", "error_description": "Bad credentials"})),
        (
            {"grant_type": "implicit"},
            BASIC,
            (400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type: implicit"}),
        ),
    ],
)
def test_a_log_in_that_does_not_do_is_refused(
    http: Client, changes: dict[str, str], headers: dict[str, str], expected: Any
) -> None:
    answer = http.post("/oauth/token", data={**FORM, **changes}, headers=headers)

    assert (answer.status_code, answer.get_json()) == expected


@pytest.mark.parametrize(("method", "path"), [("GET", "/oauth/token"), ("POST", "/oauth/token/more")])
def test_there_is_nothing_beside_it(http: Client, method: str, path: str) -> None:
    answer = http.open(path, method=method, headers=BASIC)

    assert (answer.status_code, answer.get_json()) == (
        404,
        {"error": "not_found", "error_description": f"There is nothing at {path}"},
    )
