"""Client libraries of others make their mistakes over HTTP; each is answered, found and explained in its words.

They are used as their documentation shows, with what they do by themselves.
"""

from __future__ import annotations

import time
import uuid
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import jwt as pyjwt
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry
from werkzeug.test import Client

from mock_servers.jose import keys
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH

CIS2 = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443"
APP = "nhsauth-app"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALG = "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'"
KID_MISSING = "Missing 'kid' header in client_assertion JWT"
KID_UNKNOWN = "Invalid 'kid' header in client_assertion JWT - no matching public key"
TYP = "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"
TOO_FAR = "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"
JTI_USED = "Non-unique 'jti' claim in client_assertion JWT"
JTI_MISSING = "Missing 'jti' claim in client_assertion JWT"
NOT_FORM = "Content-Type header must be application/x-www-form-urlencoded"

RETRY = Retry(total=1, status_forcelist=[429], allowed_methods=None, respect_retry_after_header=False)
"""One retry of a POST that was answered with 429, as teams configure it; without pauses, which no test waits for."""

pytestmark = pytest.mark.interop


def claims(platform: Mock, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": APP, "sub": APP, "aud": platform.token_url, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 300}
    return made | changes


def form(assertion: str | bytes) -> dict[str, str]:
    text = assertion.decode() if isinstance(assertion, bytes) else assertion
    return {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": text}


def post(platform: Mock, assertion: str | bytes) -> None:
    requests.post(platform.token_url, form(assertion), timeout=10)


def explained(platform: Mock, sentence: str, *ids: str) -> str:
    """Check what went out last, and which mistakes were found, the first for certain; returns all their words."""
    record = platform.exchanges.last
    findings = record.findings
    assert record.error_description == sentence
    assert tuple(finding.id for finding in findings[: len(ids)]) == ids
    assert findings[0].certainty == "certain"
    return " ".join(map(str, findings))


def authlib(platform: Mock, pem: str, **signing: Any) -> None:
    """Ask for a token as Authlib's documentation shows."""
    session = pytest.importorskip("authlib.integrations.requests_client").OAuth2Session
    method = pytest.importorskip("authlib.oauth2.rfc7523").PrivateKeyJWT
    error = pytest.importorskip("authlib.integrations.base_client.errors").OAuthError
    client = session(APP, pem, token_endpoint_auth_method=method(platform.token_url, **signing))
    with pytest.raises(error):
        client.fetch_token(platform.token_url, grant_type="client_credentials")


def test_authlib_by_itself_makes_three_mistakes_of_which_one_is_answered(platform: Mock, private_key_pem: str) -> None:
    authlib(platform, private_key_pem)

    words = explained(platform, ALG, "alg-not-rs512", "kid-missing", "lifetime-too-long")
    assert "This looks like Authlib" in words
    assert 'registered for this app is "nhsauth-1"' in words
    assert "3600 s after iat" in words


def test_authlib_with_the_right_algorithm_lacks_the_kid(platform: Mock, private_key_pem: str) -> None:
    authlib(platform, private_key_pem, alg="RS512")

    explained(platform, KID_MISSING, "kid-missing", "lifetime-too-long")


def test_authlib_with_a_kid_lives_an_hour(platform: Mock, private_key_pem: str) -> None:
    authlib(platform, private_key_pem, alg="RS512", headers={"kid": "nhsauth-1", "typ": "JWT"})

    assert "the default of Authlib" in explained(platform, TOO_FAR, "lifetime-too-long")


def test_pyjwt_by_itself_has_no_kid(platform: Mock, private_key_pem: str) -> None:
    post(platform, pyjwt.encode(claims(platform), private_key_pem, "RS512"))

    explained(platform, KID_MISSING, "kid-missing")


def test_pyjwt_adds_no_jti(platform: Mock, private_key_pem: str) -> None:
    fewer = claims(platform)
    del fewer["jti"]

    post(platform, pyjwt.encode(fewer, private_key_pem, "RS512", {"kid": "nhsauth-1"}))

    explained(platform, JTI_MISSING, "jti-missing")


def test_joserfc_by_itself_has_no_kid(platform: Mock, private_key_pem: str) -> None:
    encode, jwk = pytest.importorskip("joserfc.jwt").encode, pytest.importorskip("joserfc.jwk")

    key = jwk.RSAKey.import_key(private_key_pem)
    post(platform, encode({"alg": "RS512"}, claims(platform), key, algorithms=["RS512"]))

    explained(platform, KID_MISSING, "kid-missing")


def test_joserfc_names_a_key_by_its_thumbprint(platform: Mock, private_key_pem: str) -> None:
    encode, jwk = pytest.importorskip("joserfc.jwt").encode, pytest.importorskip("joserfc.jwk")
    key = jwk.RSAKey.import_key(private_key_pem)

    header = {"alg": "RS512", "kid": key.thumbprint()}
    post(platform, encode(header, claims(platform), key, algorithms=["RS512"]))

    words = explained(platform, KID_UNKNOWN, "wrong-kid")
    assert "It is the SHA-256 thumbprint of the key that is registered as" in words
    assert "The signature is that key's" in words


def test_jwcrypto_by_itself_has_no_typ(platform: Mock, private_key_pem: str) -> None:
    jwk, jwt = pytest.importorskip("jwcrypto.jwk"), pytest.importorskip("jwcrypto.jwt")

    token = jwt.JWT(header={"alg": "RS512", "kid": "nhsauth-1"}, claims=claims(platform))
    token.make_signed_token(jwk.JWK.from_pem(private_key_pem.encode()))
    post(platform, token.serialize())

    explained(platform, TYP, "typ-missing")


def test_python_jose_by_itself_has_no_kid(platform: Mock, private_key_pem: str) -> None:
    jwt = pytest.importorskip("jose.jwt")

    post(platform, jwt.encode(claims(platform), private_key_pem, algorithm="RS512"))

    explained(platform, KID_MISSING, "kid-missing")


def test_msal_signs_for_ten_minutes_with_rs256(platform: Mock, private_key_pem: str) -> None:
    assertions = pytest.importorskip("msal.oauth2cli.assertion")

    signer = assertions.JwtAssertionCreator(private_key_pem, algorithm="RS256", headers={"kid": "nhsauth-1"})
    post(platform, signer.create_normal_assertion(platform.token_url, APP, APP))

    assert "The signature" not in explained(platform, ALG, "alg-not-rs512", "lifetime-too-long")


class RealNames:
    """What MSAL takes for HTTP: it wants https, and this gets a platform's answers at the real names."""

    def __init__(self, platform: Mock) -> None:
        self._client = Client(platform)

    def get(self, url: str, **_: Any) -> SimpleNamespace:
        """Return what MSAL reads of an answer."""
        parts = urlsplit(url)
        answer = self._client.get(f"{parts.path}?{parts.query}", base_url=f"{parts.scheme}://{parts.netloc}")
        return SimpleNamespace(status_code=answer.status_code, text=answer.text, headers=answer.headers)

    def close(self) -> None:
        """Do nothing: no connection is open."""


@pytest.mark.filterwarnings("ignore:response_mode")  # its own wish: CIS2 documents the query alone
@pytest.mark.parametrize(("excluded", "is_refused"), [([], True), (["offline_access"], False)])
def test_msal_asks_for_offline_access_unless_it_is_excluded(
    platform: Mock, redirect_uri: str, excluded: list[str], *, is_refused: bool
) -> None:
    msal = pytest.importorskip("msal")
    http = RealNames(platform)

    client = msal.ConfidentialClientApplication(
        APP, "a secret", oidc_authority=f"{CIS2}{PATH}", exclude_scopes=excluded, http_client=http
    )
    http.get(client.initiate_auth_code_flow([], redirect_uri=redirect_uri)["auth_uri"])

    found = [each for each in platform.exchanges.last.findings if each.id == "scope-unknown"]
    assert [each.certainty for each in found] == ["certain"] * is_refused
    assert all("This looks like msal (a log-in)" in (each.change or "") for each in found)


def test_requests_with_json_sends_no_form(platform: Mock, private_key_pem: str) -> None:
    requests.post(platform.token_url, json=form(pyjwt.encode(claims(platform), private_key_pem, "RS512")), timeout=10)

    assert "data={…} rather than json={…}" in explained(platform, NOT_FORM, "json-body")


def test_requests_with_params_puts_everything_into_the_url(platform: Mock, private_key_pem: str) -> None:
    requests.post(platform.token_url, params=form(pyjwt.encode(claims(platform), private_key_pem, "RS512")), timeout=10)

    explained(platform, NOT_FORM, "query-string-params")


def test_urllib3s_retry_sends_the_same_assertion_again(platform: Mock, private_key_pem: str) -> None:
    platform.clock.freeze()  # else the quota may begin again between two requests, with the minute
    exp = int(platform.clock.now()) + 60
    platform.apps.change(APP, quota_per_minute=1)
    good = {"kid": "nhsauth-1"}
    post(platform, pyjwt.encode(claims(platform, exp=exp), private_key_pem, "RS512", good))

    assertion = pyjwt.encode(claims(platform, exp=exp), private_key_pem, "RS512", good)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=RETRY))
        session.post(platform.token_url, form(assertion))

    assert "answered 429" in explained(platform, JTI_USED, "retry-resends-assertion")


def test_a_jwk_that_joserfc_made_of_another_key_does_not_belong_to_the_pem(
    platform: Mock, private_key_pem: str
) -> None:
    jwk = pytest.importorskip("joserfc.jwk")
    other = jwk.RSAKey.generate_key(2048, {"kid": "nhsauth-1"}, private=True)
    platform.apps.change(APP, jwks={"keys": [dict(other.as_dict(private=False))]})

    post(platform, pyjwt.encode(claims(platform), private_key_pem, "RS512", {"kid": "nhsauth-1"}))

    assert platform.exchanges.last.findings[0].id == "jwk-and-pem-differ"


def test_the_thumbprint_that_is_compared_is_that_of_other_libraries(platform: Mock, private_key_pem: str) -> None:
    library = pytest.importorskip("jwcrypto.jwk")
    (registered,) = platform.apps.jwks(platform.apps.get(APP))["keys"]

    assert library.JWK.from_pem(private_key_pem.encode()).thumbprint() == keys.thumbprint(registered)
