"""Each exchange of any client has a page, and each value an explanation, that are safe to look at."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from mock_servers.mock import Mock

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HTML = {"Accept": "text/html"}
ORIGIN = "http://127.0.0.1:8080"
PATHS = (
    "/oauth2/token",
    "/oauth2-mock/token",
    "/oauth2/authorize",
    "/oauth2/userinfo",
    "/oauth2/backchannel_logout",
    "/token",
    "/authorize",
    "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token",
    "/realms/Cis2-mock-internal-dev/protocol/openid-connect/token",
    "/hello-world/hello/user",
    "/hello-world/hello/application",
    "/no/such/api",
)
NAMES = (
    "grant_type",
    "client_assertion",
    "client_assertion_type",
    "subject_token",
    "subject_token_type",
    "code",
    "refresh_token",
    "client_id",
    "redirect_uri",
    "scope",
    "nhsauth_user",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nhs_number", "act", "events"])
    | st.text(max_size=5),
    JSON,
    max_size=5,
)


def encoded(members: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode(errors="surrogatepass")).rstrip(b"=").decode()


JWTS = st.builds(lambda header, claims: f"{encoded(header)}.{encoded(claims)}.AAAA", CLAIMS, CLAIMS)
VALUES = JWTS | st.text(max_size=40) | st.sampled_from(["token-exchange", "authorization_code", "refresh_token", "<b>"])


@pytest.mark.slow
@example(path="/oauth2/token", method="POST", form={"subject_token": f"e30.{encoded({'sub': []})}.AAAA"})
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST"]),
    form=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), VALUES, max_size=6),
)
def test_every_exchange_has_a_page(
    platform: Mock, http: Client, path: str, method: str, form: Mapping[str, str]
) -> None:
    platform.reset()
    body, query = (form, None) if method == "POST" else (None, form)
    bearer = {"Authorization": f"Bearer {form['code']}"} if form.get("code", "").isascii() and "code" in form else {}
    headers = _printable(bearer)
    http.open(path, method=method, base_url=ORIGIN, headers=headers, data=body, query_string=query).close()

    for record in platform.exchanges:
        answer = http.get(f"/_nhsauth/exchanges/{record.id}", base_url=ORIGIN, headers=HTML)
        assert answer.status_code == 200
        assert STEERING.search(answer.text) is None
    assert http.get("/_nhsauth/", base_url=ORIGIN, headers=HTML).status_code == 200


def _printable(headers: Mapping[str, str]) -> dict[str, str]:
    """A header has no line ends."""
    return {name: value for name, value in headers.items() if value.isprintable()}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES.filter(bool), role=st.sampled_from(["", "client_assertion", "subject_token", "code", "apikey"]))
def test_every_value_has_an_explanation(http: Client, value: str, role: str) -> None:
    headers = {**HTML, "Origin": ORIGIN}

    answer = http.post("/_nhsauth/explain", data={"value": value, "as": role}, base_url=ORIGIN, headers=headers)

    assert answer.status_code == 200
    assert STEERING.search(answer.text) is None
