"""Each fixture, asked for directly: these tests run with the plugin that they test."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_servers.client import Client, TokenError
from mock_servers.identity_provider.log_ins import LevelError, NoSuchPersonError
from mock_servers.jose import keys
from pytest_nhsauth import (
    AppFactory,
    ClientAssertionFactory,
    Clock,
    Exchanges,
    IdTokenFactory,
    Platform,
    RegisteredApp,
)

SCOPE = "urn:nhsd:apim:app:level3:hello-world"


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    members: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return members


def header(token: str) -> dict[str, Any]:
    return part(token, 0)


def claims(token: str) -> dict[str, Any]:
    return part(token, 1)


def ask(platform: Platform, assertion: str) -> requests.Response:
    """Ask for an application's token with a client assertion."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    with requests.Session() as session:
        session.trust_env = False
        return session.post(platform.token_url, form, timeout=10)


class TestPlatform:
    def test_the_session_s_platform_is_the_test_s(self, nhsauth: Platform, nhsauth_platform: Platform) -> None:
        assert nhsauth is nhsauth_platform

    @given(state=st.text(max_size=20))
    @settings(max_examples=5, deadline=None)
    def test_given_takes_the_session_s_platform(self, nhsauth_platform: Platform, state: str) -> None:
        with nhsauth_platform.isolated():
            answer = ask(nhsauth_platform, nhsauth_platform.app().client_assertion({"state": state}))

            assert answer.status_code == 200


class TestApp:
    def test_it_is_the_ready_made_one(self, nhsauth_app: RegisteredApp) -> None:
        assert (nhsauth_app.client_id, nhsauth_app.client_secret) == ("nhsauth-app", "nhsauth-secret")

    def test_its_kid_is_that_of_its_key_set(self, nhsauth_app: RegisteredApp) -> None:
        assert [key["kid"] for key in nhsauth_app.jwks["keys"]] == [nhsauth_app.kid]

    def test_its_redirect_uri_is_registered(self, nhsauth: Platform, nhsauth_app: RegisteredApp) -> None:
        assert nhsauth_app.redirect_uri in nhsauth.apps.get(nhsauth_app.client_id).redirect_uris

    def test_its_pem_is_its_private_key(self, nhsauth_app: RegisteredApp) -> None:
        loaded = load_pem_private_key(
            nhsauth_app.private_key_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )

        public = [
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            for key in (loaded, nhsauth_app.private_key)
        ]
        assert public[0] == public[1]

    def test_its_pem_is_written_only_when_asked_for(
        self, nhsauth_app: RegisteredApp, nhsauth_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = count()
        monkeypatch.setattr(keys.KeyPair, "private_pem", lambda _: f"PEM {next(written)}")

        nhsauth_client.client_credentials()

        assert nhsauth_app.private_key_pem == "PEM 0"

    def test_its_repr_shows_no_secret(self, nhsauth_app: RegisteredApp) -> None:
        assert repr(nhsauth_app) == "RegisteredApp(client_id='nhsauth-app')"

    def test_a_change_at_the_platform_shows_at_once(self, nhsauth: Platform, nhsauth_app: RegisteredApp) -> None:
        nhsauth.apps.change(nhsauth_app.client_id, redirect_uris=("https://other.example/callback",))

        assert nhsauth_app.redirect_uri == "https://other.example/callback"


class TestNewApp:
    def test_its_own_assertion_gets_a_token(self, nhsauth: Platform, nhsauth_new_app: AppFactory) -> None:
        app = nhsauth_new_app()

        assert ask(nhsauth, app.client_assertion()).status_code == 200

    def test_members_are_those_of_the_configuration(self, nhsauth: Platform, nhsauth_new_app: AppFactory) -> None:
        app = nhsauth_new_app(client_id="other", scopes=[SCOPE], quota_per_minute=1)

        registered = nhsauth.apps.get("other")
        assert (app.client_id, registered.scopes, registered.quota_per_minute) == ("other", (SCOPE,), 1)

    def test_two_have_different_keys(self, nhsauth_app: RegisteredApp, nhsauth_new_app: AppFactory) -> None:
        assert nhsauth_new_app().jwks["keys"][0]["n"] != nhsauth_app.jwks["keys"][0]["n"]

    def test_an_unknown_member_is_refused(self, nhsauth_new_app: AppFactory) -> None:
        with pytest.raises(ValueError, match=r"^app\.client_ID is unknown \(did you mean client_id\?\)"):
            nhsauth_new_app(client_ID="other")

    def test_a_member_of_the_wrong_type_is_refused(self, nhsauth_new_app: AppFactory) -> None:
        with pytest.raises(ValueError, match=r'^app\.approved is "no"; allowed: true or false$'):
            nhsauth_new_app(approved="no")

    def test_a_key_set_takes_the_place_of_a_key(self, nhsauth_app: RegisteredApp, nhsauth_new_app: AppFactory) -> None:
        app = nhsauth_new_app(jwks=nhsauth_app.jwks)

        assert (app.jwks, app.kid) == (nhsauth_app.jwks, nhsauth_app.kid)
        with pytest.raises(LookupError, match=r"the mock .*no private key of app"):
            _ = app.private_key_pem

    def test_without_a_key_there_is_not_kid(self, nhsauth_new_app: AppFactory) -> None:
        with pytest.raises(LookupError, match="has no kid"):
            _ = nhsauth_new_app(make_key=False).kid

    def test_without_redirect_uris_there_is_not_first(self, nhsauth_new_app: AppFactory) -> None:
        with pytest.raises(LookupError, match="has no redirect URI"):
            _ = nhsauth_new_app(make_key=False).redirect_uri

    def test_its_jwks_url_is_the_one_given(self, nhsauth_new_app: AppFactory) -> None:
        url = "http://127.0.0.1:9/jwks.json"

        assert nhsauth_new_app(jwks_url=url).jwks_url == url


class TestClient:
    def test_it_gets_an_application_s_token(self, nhsauth_client: Client) -> None:
        assert len(nhsauth_client.client_credentials().access_token) == 28

    @pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
    def test_it_exchanges_an_id_token(
        self, nhsauth_client: Client, nhsauth_id_token: IdTokenFactory, provider: str
    ) -> None:
        token = nhsauth_client.token_exchange(nhsauth_id_token(provider=provider))

        assert token.refresh_count == 0

    def test_it_refreshes(self, nhsauth_client: Client, nhsauth_id_token: IdTokenFactory) -> None:
        first = nhsauth_client.token_exchange(nhsauth_id_token())

        assert nhsauth_client.refresh(first).refresh_count == 1

    def test_it_follows_the_mock_s_time(self, nhsauth_client: Client, nhsauth_clock: Clock) -> None:
        nhsauth_clock.set(2_000_000_000, frozen=True)

        assert nhsauth_client.client_credentials().expires_at == 2_000_000_599

    def test_it_ignores_the_proxies_of_the_environment(
        self, nhsauth: Platform, nhsauth_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        nhsauth_client.client_credentials()

        nhsauth.exchanges.assert_one(status=200)

    def test_a_refusal_is_its_one_exception(self, nhsauth: Platform, nhsauth_client: Client) -> None:
        nhsauth.apps.change("nhsauth-app", approved=False)

        with pytest.raises(TokenError) as refused:
            nhsauth_client.client_credentials()
        assert refused.value.status == nhsauth.exchanges.last.status


def test_a_client_of_an_app_without_a_key_is_reported_in_one_line(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def nhsauth_app(nhsauth):
            return nhsauth.new_app(client_id="mine", make_key=False)

        def test_it(nhsauth_client): pass
        """
    )

    outcome = run()

    outcome.stdout.fnmatch_lines(["the mock has no private key of app 'mine': it was registered without one"])
    outcome.stdout.no_fnmatch_line("*pytest_nhsauth?*.py*")


class TestClientAssertion:
    def test_a_plain_one_gets_a_token(
        self, nhsauth: Platform, nhsauth_client_assertion: ClientAssertionFactory
    ) -> None:
        assert ask(nhsauth, nhsauth_client_assertion()).status_code == 200

    def test_each_has_a_jti_of_its_own(self, nhsauth_client_assertion: ClientAssertionFactory) -> None:
        assert claims(nhsauth_client_assertion())["jti"] != claims(nhsauth_client_assertion())["jti"]

    def test_claims_are_added_and_replaced(self, nhsauth_client_assertion: ClientAssertionFactory) -> None:
        signed = claims(nhsauth_client_assertion({"aud": "elsewhere", "extra": 1}))

        assert (signed["aud"], signed["extra"]) == ("elsewhere", 1)

    def test_headers_are_added_and_replaced(self, nhsauth_client_assertion: ClientAssertionFactory) -> None:
        signed = header(nhsauth_client_assertion(headers={"kid": "other", "extra": 1}))

        assert (signed["kid"], signed["extra"]) == ("other", 1)

    def test_members_are_left_out(self, nhsauth_client_assertion: ClientAssertionFactory) -> None:
        signed = nhsauth_client_assertion(without=["exp", "header.kid"])

        assert ("exp" in claims(signed), "kid" in header(signed)) == (False, False)

    def test_another_key_signs_under_the_app_s_kid(
        self,
        nhsauth_app: RegisteredApp,
        nhsauth_new_app: AppFactory,
        nhsauth_client_assertion: ClientAssertionFactory,
    ) -> None:
        signed = nhsauth_client_assertion(key=nhsauth_new_app().private_key)

        assert header(signed)["kid"] == nhsauth_app.kid

    def test_the_signature_of_another_key_is_refused(
        self, nhsauth: Platform, nhsauth_new_app: AppFactory, nhsauth_client_assertion: ClientAssertionFactory
    ) -> None:
        ask(nhsauth, nhsauth_client_assertion(key=nhsauth_new_app().private_key))

        assert nhsauth.exchanges.last.error == "public_key error"

    @pytest.mark.parametrize("kind", [str, str.encode])
    def test_a_key_may_be_pem(
        self, nhsauth: Platform, nhsauth_client_assertion: ClientAssertionFactory, kind: Any
    ) -> None:
        pem = keys.KeyPair(kid="", private=keys.generate(2048)).private_pem()

        ask(nhsauth, nhsauth_client_assertion(key=kind(pem)))

        assert nhsauth.exchanges.last.error == "public_key error"

    @pytest.mark.parametrize("key", ["app.pem", b"", "-----BEGIN PUBLIC KEY-----"])
    def test_what_is_not_private_key_is_refused_and_not_shown(
        self, nhsauth_client_assertion: ClientAssertionFactory, key: Any
    ) -> None:
        with pytest.raises(ValueError, match=r"^key does not serve; allowed is an RSA private key, as an object or"):
            nhsauth_client_assertion(key=key)

    def test_it_follows_the_mock_s_time(
        self, nhsauth_clock: Clock, nhsauth_client_assertion: ClientAssertionFactory
    ) -> None:
        nhsauth_clock.set(2_000_000_000, frozen=True)

        assert claims(nhsauth_client_assertion())["exp"] == 2_000_000_300


class TestIdToken:
    def test_it_is_cis2_s_unless_asked(self, nhsauth: Platform, nhsauth_id_token: IdTokenFactory) -> None:
        assert claims(nhsauth_id_token())["iss"] == nhsauth.cis2.issuer

    def test_it_is_for_the_registered_app(self, nhsauth_app: RegisteredApp, nhsauth_id_token: IdTokenFactory) -> None:
        assert claims(nhsauth_id_token())["aud"] == nhsauth_app.client_id

    def test_it_is_the_user_asked_for(self, nhsauth_id_token: IdTokenFactory) -> None:
        assert claims(nhsauth_id_token("9912003072", "nhs_login"))["nhs_number"] == "9912003072"

    def test_a_level_alone_finds_somebody_who_reaches_it(self, nhsauth_id_token: IdTokenFactory) -> None:
        assert claims(nhsauth_id_token(level="aal2"))["authentication_assurance_level"] == 2

    def test_it_is_altered_before_it_is_signed(self, nhsauth_id_token: IdTokenFactory) -> None:
        token = nhsauth_id_token(claims={"nonce": "n-1"}, headers={"kid": "other"}, without=["exp"])

        assert (claims(token)["nonce"], header(token)["kid"], "exp" in claims(token)) == ("n-1", "other", False)

    def test_an_unknown_user_is_refused_with_those_there_are(self, nhsauth_id_token: IdTokenFactory) -> None:
        with pytest.raises(NoSuchPersonError, match=r"CIS2 has no user '1': it has 656005750104 \(aal3\)"):
            nhsauth_id_token("1")

    def test_a_level_above_the_user_s_is_refused(self, nhsauth_id_token: IdTokenFactory) -> None:
        with pytest.raises(LevelError, match="user 656005750109 logs in at aal2 at most, not at aal3"):
            nhsauth_id_token("656005750109", level="aal3")

    def test_an_unknown_provider_is_refused_with_those_there_are(self, nhsauth_id_token: IdTokenFactory) -> None:
        with pytest.raises(LookupError, match=r"provider .*cis3.*cis2.*nhs_login"):
            nhsauth_id_token(provider="cis3")


class TestExchanges:
    def test_they_are_the_platform_s(
        self, nhsauth: Platform, nhsauth_exchanges: Exchanges, nhsauth_client: Client
    ) -> None:
        nhsauth_client.client_credentials()

        assert nhsauth_exchanges.last == nhsauth.exchanges.last


class TestClock:
    def test_it_is_the_platform_s(self, nhsauth: Platform, nhsauth_clock: Clock) -> None:
        assert nhsauth_clock is nhsauth.clock


@pytest.mark.parametrize(
    ("fault", "call", "expected"),
    [
        (
            'nhsauth.faults.next("token", drop=True)',
            "nhsauth_client.client_credentials()",
            "E *.ServiceUnreachableError: no answer from http*: ConnectionError, *",
        ),
        (
            "",
            "nhsauth.log_in(nhsauth.cis2.authorize_url + '?client_id=nobody', user='656005750104')",
            "E *.LogInError: *answered 400 *",
        ),
    ],
    ids=["no answer", "no log-in"],
)
def test_what_fails_is_shown_at_the_test_s_own_line(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult], fault: str, call: str, expected: str
) -> None:
    pytester.makepyfile(
        f"""
        def test_it(nhsauth, nhsauth_client):
            {fault}
            {call}
        """
    )

    outcome = run("-p", "no:randomly")

    places = [line for line in outcome.outlines if re.match(r"\S+\.py:\d+: ", line)]
    assert [line for line in outcome.outlines if line.startswith(">")] == [f">       {call}"]
    assert len([line for line in places if not line.startswith("test_what_fails")]) == 0, places
    outcome.stdout.fnmatch_lines([expected])
