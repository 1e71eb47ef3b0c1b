"""Client libraries of others under the client contract: what each gets wrong by itself, and what its cure leaves."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("authlib", reason="the dependency group interop is not installed")

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session as RequestsOAuth2Session

from contract_tests.client_contract import CallableClient, CommandClient, Scorecard, Settings, judge
from mock_servers.client import Client
from mock_servers.jose.keys import KeyRing

pytestmark = pytest.mark.interop

NODE = Path(__file__).parent / "node" / "one-token.mjs"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Authlib:
    """Authlib's session; `corrected` as its users correct it."""

    def __init__(self, settings: Settings, *, corrected: bool) -> None:
        self._url = settings.token_url
        self._session = OAuth2Session(
            settings.client_id, settings.private_key_pem, token_endpoint_auth_method="private_key_jwt"
        )
        headers = {"kid": settings.kid} if corrected else {}
        proof = _ShortLived if corrected else PrivateKeyJWT
        self._session.register_client_auth_method(
            proof(settings.token_url, headers=headers, alg="RS512" if corrected else "RS256")
        )

    def token(self) -> str:
        return str(self._session.fetch_token(self._url, grant_type="client_credentials")["access_token"])


class _ShortLived(PrivateKeyJWT):
    def sign(self, auth: Any, token_endpoint: str) -> str:
        own = PrivateKeyJWT(claims={"exp": int(time.time()) + 240}, headers=dict(self.headers), alg=self.alg)
        signed: str = own.sign(auth, token_endpoint)
        return signed


class RequestsOAuthlib:
    """requests-oauthlib's session; it signs nothing, so that `corrected` brings an assertion made by hand."""

    def __init__(self, settings: Settings, *, corrected: bool) -> None:
        self._settings, self._corrected = settings, corrected
        self._session = RequestsOAuth2Session(client=BackendApplicationClient(client_id=settings.client_id))
        self._signer = Client(
            token_url=settings.token_url,
            client_id=settings.client_id,
            private_key=settings.private_key_pem,
            kid=settings.kid,
        )

    def token(self) -> str:
        if not self._corrected:
            answer = self._session.fetch_token(
                self._settings.token_url,
                client_id=self._settings.client_id,
                client_secret=self._settings.client_secret,
            )
            return str(answer["access_token"])
        answer = self._session.fetch_token(
            self._settings.token_url,
            include_client_id=False,
            auth=lambda request: request,
            client_assertion_type=ASSERTION_TYPE,
            client_assertion=self._signer.client_assertion(),
        )
        return str(answer["access_token"])


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib accepts a token URL without TLS only with an option."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def judged(kind: Any, ring: KeyRing, *, corrected: bool) -> Scorecard:
    return judge(CallableClient(lambda settings: kind(settings, corrected=corrected), kind.__name__), ring=ring)


def test_authlib_by_itself_gets_no_token(ring: KeyRing) -> None:
    card = judged(Authlib, ring, corrected=False)

    assert card.failed == ["charset", "alg", "kid", "lifetime", "token"], str(card)


def test_authlib_corrected_keeps_nothing_and_minds_a_fast_clock(ring: KeyRing) -> None:
    card = judged(Authlib, ring, corrected=True)

    assert card.failed == ["charset", "clock-fast", "kept"], str(card)


def test_requests_oauthlib_by_itself_sends_a_secret(ring: KeyRing) -> None:
    card = judged(RequestsOAuthlib, ring, corrected=False)

    assert {"nothing-elsewhere", "grant", "token"} <= set(card.failed), str(card)


def test_requests_oauthlib_with_an_assertion_keeps_nothing_and_logs_tokens(ring: KeyRing) -> None:
    card = judged(RequestsOAuthlib, ring, corrected=True)

    assert card.failed == ["kept", "secrets"], str(card)


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
class TestOpenidClient:
    """openid-client 6 as a command."""

    def test_by_itself_it_gets_no_token(self, ring: KeyRing) -> None:
        card = judge(CommandClient(["node", str(NODE)]), ring=ring)

        assert card.failed == ["charset", "typ", "aud", "token"], str(card)

    def test_corrected_it_gets_one(self, ring: KeyRing) -> None:
        card = judge(CommandClient(["node", str(NODE), "corrected"]), ring=ring)

        assert card.failed == ["charset", "clock-slow"], str(card)
