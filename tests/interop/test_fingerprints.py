"""Real libraries make their mistakes, are recognised, and the change in their own words cures them."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Request as WebRequest
from werkzeug.wrappers import Response

from mock_servers.diagnosis import fingerprints
from mock_servers.diagnosis.client_traits import Traits, traits_of
from mock_servers.http.server import serve
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.wire.request import Request

NODE = Path(__file__).parent / "node"
UA = {"user-agent": "python-requests/2.34.2"}
FORM = "application/x-www-form-urlencoded"
KID = {"kid": "k"}


def seen(headers: Mapping[str, str], assertion: str | None) -> tuple[Traits, jwts.Jwt | None]:
    request = Request(method="POST", base="http://mock", target="/token", path="/token", headers=headers)
    jwt = jwts.decode(assertion) if assertion else None
    return traits_of(request, jwt, time.time()), jwt


def has_mistake(mistake: str, traits: Traits, jwt: jwts.Jwt | None) -> bool:
    header, claims = (jwt.header, jwt.claims) if jwt else ({}, {})
    return {
        "typ-missing": "typ" not in header,
        "kid-missing": "kid" not in header,
        "alg-not-rs512": header.get("alg") != "RS512",
        "lifetime-too-long": (traits.lifetime or 0) > 300,
        "exp-unit": (traits.lifetime or 0) < 1,
        "jti-missing": "jti" not in claims,
        "aud-near-miss": not str(claims.get("aud")).endswith("/token"),
        "charset-suffix": ";" in traits.content_type,
        "json-body": traits.content_type == "application/json",
        "credentials-in-basic": traits.basic,
    }[mistake]


def check(library: str, mistake: str, wrong: Any, right: Any) -> None:
    hint = fingerprints.hint(wrong[0], mistake)
    assert has_mistake(mistake, *wrong)
    assert hint is not None
    assert library in hint.libraries
    assert not has_mistake(mistake, *right)


@pytest.mark.node
def test_libraries_for_node_are_recognised_and_cured() -> None:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules").is_dir():
        pytest.skip("node, or what npm ci installs in tests/interop/node, is not there")

    done = subprocess.run(  # noqa: S603 - our own script
        [node, "fingerprints.mjs"], cwd=NODE, capture_output=True, encoding="utf-8", timeout=60, check=True
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({line["library"] for line in lines}) == 8
    for line in lines:
        check(line["library"], line["mistake"], seen(**line["wrong"]), seen(**line["right"]))


# Python


@pytest.fixture(scope="module")
def key(ring: KeyRing) -> rsa.RSAPrivateKey:
    return ring.pair("interop", bits=2048).private


@pytest.fixture(scope="module")
def pem(ring: KeyRing) -> str:
    return ring.pair("interop", bits=2048).private_pem()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "app",
        "sub": "app",
        "aud": "https://mock/token",
        "jti": str(uuid.uuid4()),
        "exp": now + 240,
    } | changes


def without_jti() -> dict[str, Any]:
    return {name: value for name, value in claims().items() if name != "jti"}


def sent(assertion: str | bytes) -> Any:
    return seen(UA, assertion.decode() if isinstance(assertion, bytes) else assertion)


pytestmark = pytest.mark.interop


def test_pyjwt(key: rsa.RSAPrivateKey) -> None:
    right = sent(jwt.encode(claims(), key, algorithm="RS512", headers=KID))

    check("PyJWT", "kid-missing", sent(jwt.encode(claims(), key, algorithm="RS512")), right)
    check("PyJWT", "alg-not-rs512", sent(jwt.encode(claims(), key, algorithm="RS256")), right)
    check("PyJWT", "jti-missing", sent(jwt.encode(without_jti(), key, algorithm="RS512", headers=KID)), right)
    long = jwt.encode(claims(exp=int(time.time()) + 3600), key, algorithm="RS512", headers=KID)
    check("PyJWT", "lifetime-too-long", sent(long), right)


def test_python_jose(pem: str) -> None:
    jose = pytest.importorskip("jose.jwt")

    right = sent(jose.encode(claims(), pem, algorithm="RS512", headers=KID))

    check("python-jose", "kid-missing", sent(jose.encode(claims(), pem, algorithm="RS512")), right)
    check("python-jose", "alg-not-rs512", sent(jose.encode(claims(), pem, algorithm="RS256")), right)


def test_joserfc(pem: str) -> None:
    encode, jwk = pytest.importorskip("joserfc.jwt").encode, pytest.importorskip("joserfc.jwk")
    key = jwk.RSAKey.import_key(pem)

    right = sent(encode({"alg": "RS512", "kid": "k"}, claims(), key, algorithms=["RS512"]))

    check("joserfc", "kid-missing", sent(encode({"alg": "RS512"}, claims(), key, algorithms=["RS512"])), right)
    check("joserfc", "alg-not-rs512", sent(encode({"alg": "RS256"}, claims(), key)), right)


def test_jwcrypto(pem: str) -> None:
    jwk, library = pytest.importorskip("jwcrypto.jwk"), pytest.importorskip("jwcrypto.jwt")

    def signed(header: Mapping[str, str], **options: Any) -> Any:
        token = library.JWT(header=dict(header), **options)
        token.make_signed_token(jwk.JWK.from_pem(pem.encode()))
        return sent(token.serialize())

    right = signed({"alg": "RS512", "kid": "k", "typ": "JWT"}, claims=claims())
    defaults = {"exp": None, "iat": None, "jti": None}
    ten_minutes = {name: value for name, value in claims().items() if name != "exp"}

    check("jwcrypto", "typ-missing", signed({"alg": "RS512", "kid": "k"}, claims=claims()), right)
    long = signed({"alg": "RS512", "kid": "k"}, claims=ten_minutes, default_claims=defaults)
    check("jwcrypto", "lifetime-too-long", long, right)


def test_msal(pem: str) -> None:
    assertion = pytest.importorskip("msal.oauth2cli.assertion")
    make = assertion.JwtAssertionCreator

    right = sent(make(pem, "RS512", headers=KID).create_normal_assertion("https://mock/token", "app", expires_in=240))

    check("msal", "lifetime-too-long", sent(make(pem, "RS512").create_normal_assertion("https://mock", "app")), right)
    check("msal", "kid-missing", sent(make(pem, "RS512").create_normal_assertion("https://mock", "app")), right)


def test_requests_oauth2client(pem: str) -> None:
    library = pytest.importorskip("requests_oauth2client")
    jwskate = pytest.importorskip("jwskate")
    jwk = jwskate.Jwk.from_pem(pem).with_kid_thumbprint()

    wrong = sent(str(library.PrivateKeyJwt("app", jwk, alg="RS256").client_assertion("https://mock/token")))
    right = sent(str(library.PrivateKeyJwt("app", jwk, alg="RS512").client_assertion("https://mock/token")))

    check("requests_oauth2client", "alg-not-rs512", wrong, right)


# whole token requests


class Listener:
    """A token endpoint that keeps what came."""

    def __init__(self) -> None:
        self.url = ""
        self.kept: list[tuple[dict[str, str], str]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = WebRequest(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.kept.append((headers, request.get_data(as_text=True)))
        return Response('{"access_token":"a","token_type":"Bearer"}', mimetype="application/json")(
            environ, start_response
        )

    @property
    def last(self) -> Any:
        headers, body = self.kept[-1]
        form = dict(parse_qsl(body))
        return seen(headers, form.get("client_assertion") or form.get("assertion"))


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    for library in ("OAUTHLIB", "AUTHLIB"):
        monkeypatch.setenv(f"{library}_INSECURE_TRANSPORT", "1")
    listener = Listener()
    with serve(listener) as server:
        listener.url = f"{server.url}/token"
        yield listener


def test_authlib_signs_for_itself(listener: Listener, pem: str) -> None:
    library = pytest.importorskip("authlib.integrations.requests_client")
    from authlib.oauth2.rfc7523 import PrivateKeyJWT  # noqa: PLC0415 - it is installed, as the line above has found

    class FourMinutes(PrivateKeyJWT):
        def sign(self, auth: Any, token_endpoint: str) -> Any:
            own = PrivateKeyJWT(claims={"exp": int(time.time()) + 240}, headers=dict(self.headers), alg=self.alg)
            return own.sign(auth, token_endpoint)

    def ask(method: Any, **options: Any) -> Any:
        session = library.OAuth2Session("app", pem, token_endpoint_auth_method=method)
        session.fetch_token(listener.url, grant_type="client_credentials", **options)
        return listener.last

    wrong = ask(PrivateKeyJWT(listener.url))
    right = ask(FourMinutes(listener.url, alg="RS512", headers=KID), headers={"Content-Type": FORM})

    for mistake in ("alg-not-rs512", "kid-missing", "lifetime-too-long", "charset-suffix"):
        check("Authlib (PrivateKeyJWT)", mistake, wrong, right)


def test_the_mock_shows_authlibs_users_in_its_own_words(platform: Mock, pem: str) -> None:
    library = pytest.importorskip("authlib.integrations.requests_client")
    maker = pytest.importorskip("authlib.oauth2.rfc7523").PrivateKeyJWT
    error = pytest.importorskip("authlib.integrations.base_client.errors").OAuthError
    session = library.OAuth2Session("nhsauth-app", pem, token_endpoint_auth_method=maker(platform.token_url))

    with pytest.raises(error, match="RS512"):
        session.fetch_token(platform.token_url, grant_type="client_credentials")

    first, second, third = platform.exchanges.last.findings
    assert (first.id, second.id, third.id) == ("alg-not-rs512", "kid-missing", "lifetime-too-long")
    assert first.change == (
        'This looks like Authlib (PrivateKeyJWT): PrivateKeyJWT(token_url, alg="RS512", headers={"kid": "…"})'
    )
    assert third.change is not None
    assert "its hour is fixed" in third.change


@pytest.mark.parametrize("method", ["client_secret_basic", None])
def test_authlib_with_a_secret(listener: Listener, method: str | None) -> None:
    library = pytest.importorskip("authlib.integrations.requests_client")

    def ask(method: str | None) -> Any:
        session = library.OAuth2Session("app", "a secret", token_endpoint_auth_method=method)
        session.fetch_token(listener.url, grant_type="client_credentials")
        return listener.last

    check("Authlib", "credentials-in-basic", ask(method), ask("client_secret_post"))


def test_requests_oauthlib(listener: Listener) -> None:
    library = pytest.importorskip("requests_oauthlib")
    oauth2 = pytest.importorskip("oauthlib.oauth2")

    def ask(**options: Any) -> Any:
        session = library.OAuth2Session(client=oauth2.BackendApplicationClient("app"))
        session.fetch_token(listener.url, **options)
        return listener.last

    wrong, right = ask(client_id="app", client_secret=""), ask(include_client_id=True, client_secret="a secret")

    check("requests-oauthlib (BackendApplicationClient)", "credentials-in-basic", wrong, right)


def test_oauthlibs_service_application_client(pem: str) -> None:
    oauth2 = pytest.importorskip("oauthlib.oauth2")
    client = oauth2.ServiceApplicationClient("app", pem, issuer="app", subject="app", audience="https://mock/token")

    form = dict(parse_qsl(client.prepare_request_body()))

    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    hint = fingerprints.hint(sent(form["assertion"])[0], "grant-type")
    assert hint is not None
    assert hint.libraries == ("oauthlib (ServiceApplicationClient)",)


def httpx_post(url: str, **options: Any) -> Any:
    return pytest.importorskip("httpx").post(url, **options)


@pytest.mark.parametrize(("library", "post"), [("requests", requests.post), ("httpx", httpx_post)])
def test_http_clients(listener: Listener, library: str, post: Callable[..., Any]) -> None:
    post(listener.url, json={"grant_type": "client_credentials"})
    wrong = listener.last
    post(listener.url, data={"grant_type": "client_credentials"})

    check(library, "json-body", wrong, listener.last)
