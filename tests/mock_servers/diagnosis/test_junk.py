"""No input makes a finder fail, and what findings show is short, printable and no whole secret."""

import base64
import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from tests.mistakes.listed import World, made

LONGEST = 2500
"""Characters of a finding: some sentences, with a list of issuers or URLs at most."""

NAMES = (
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "subject_token",
    "subject_token_type",
    "code",
    "redirect_uri",
    "refresh_token",
    "state",
    "response_type",
    "assertion",
)
KNOWN = (
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:token-type:id_token",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "nhsauth-app",
    "nhsauth-secret",
    "undefined",
    "https://[::1",
    "http://127.0.0.1:99999/",
    "eyJhbGciOiJSUzUxMiJ9.e30.",
    "\x1b[31m<script>alert(1)</script>\u202e\x00",
    "ÅÄÖ" * 2000,
)
CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
POSTS = ("/oauth2/token", "/oauth2-mock/token", f"{CIS2}/access_token", "/token", "/oauth2/nowhere")
GETS = (
    "/oauth2/authorize",
    "/oauth2/callback",
    f"{CIS2}/authorize",
    "/authorize",
    "/oauth2/userinfo",
    "/hello-world/x",
)

values = st.sampled_from(KNOWN) | st.text(max_size=60)
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def jwt_of(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join((*parts, "c2lnbmF0dXJl"))


members = st.dictionaries(
    st.sampled_from(
        ("alg", "kid", "typ", "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "events", "token_use", "act")
    ),
    json_values | st.sampled_from(KNOWN),
)
tokens = st.builds(jwt_of, members, members)
forms = st.dictionaries(st.sampled_from(NAMES), values | tokens)


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> World:
    return World(ring)


def check(platform: Mock, log: pytest.LogCaptureFixture) -> None:
    """Read what explains the last exchange."""
    for finding in platform.exchanges.last.findings:
        text = str(finding)
        assert len(text) < LONGEST
        assert text.isprintable()
    _ = platform.exchanges.last.advice
    assert [record.getMessage() for record in log.records if record.levelno >= logging.ERROR] == []


SETTINGS = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.slow
@SETTINGS
@given(path=st.sampled_from(POSTS), form=forms, header=values)
def test_no_form_makes_a_finder_stumble(
    world: World, caplog: pytest.LogCaptureFixture, path: str, form: dict[str, str], header: str
) -> None:
    caplog.clear()
    headers = {"Authorization": header.encode("utf-8", "replace").decode("latin-1").replace("\n", "").replace("\r", "")}
    Client(world.platform).post(path, data=form, headers=headers, base_url=world.platform.url)

    check(world.platform, caplog)


@pytest.mark.slow
@SETTINGS
@given(path=st.sampled_from(GETS), query=forms, header=values | tokens.map("Bearer {}".format))
def test_no_query_makes_a_finder_stumble(
    world: World, caplog: pytest.LogCaptureFixture, path: str, query: dict[str, str], header: str
) -> None:
    caplog.clear()
    headers = {"Authorization": header.encode("utf-8", "replace").decode("latin-1").replace("\n", "").replace("\r", "")}
    Client(world.platform).get(path, query_string=query, headers=headers, base_url=world.platform.url)

    check(world.platform, caplog)


def test_a_megabyte_is_explained_in_no_time(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("client_assertion", "subject_token", "grant_type", "redirect_uri", "code", "refresh_token"):
        made(world, "token_exchange", ())
        form = {"grant_type": "authorization_code", "client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
        sent = {**form, "redirect_uri": "http://a", name: "x.y" * 340_000}
        world.http.post("/oauth2/token", data=sent, base_url=world.platform.url)

        check(world.platform, caplog)
