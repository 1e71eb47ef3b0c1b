"""Authlib logs in at both providers and at the platform, refreshes, and logs out: Flask client and OAuth2Session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

pytest.importorskip("authlib", reason="the dependency group interop is not installed")

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, Response, redirect, request, session, url_for
from joserfc import jwt
from joserfc.errors import UnsupportedHeaderError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from mock_servers.http import server as serving
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock

DOCTOR = "656005750104"
PATIENT = "9912003071"
CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
BACKCHANNEL_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

Visit = Callable[..., requests.Response]

pytestmark = pytest.mark.interop


class ShortLivedPrivateKeyJWT(PrivateKeyJWT):
    """The cure for Authlib's hour: an assertion that lives for five minutes, its claims made anew each time."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        claims = {"exp": int(time.time()) + 300}
        signed: str = PrivateKeyJWT(claims=claims, headers=dict(self.headers), alg=self.alg).sign(auth, token_endpoint)
        return signed


# the Flask client, in an application that a person uses with a browser


def web_application(name: str, **registered: Any) -> Flask:
    """Return an application as Authlib's documentation shows it: /log-in, /callback, and what it learned at /me."""
    app = Flask(__name__)
    app.secret_key = "a test's"
    client = OAuth(app).register(name, client_id="nhsauth-app", **registered)

    @app.get("/log-in")
    def log_in() -> Response:
        answer: Response = client.authorize_redirect(url_for("callback", _external=True), **request.args)
        return answer

    @app.get("/callback")
    def callback() -> Any:
        token = client.authorize_access_token()
        session["id_token"] = token.pop("id_token", None)
        token["userinfo"] = dict(token.get("userinfo") or client.userinfo(token=token))
        return dict(token)

    @app.get("/log-out")
    def log_out() -> Any:
        return redirect(client.create_logout_url(id_token_hint=session["id_token"])["url"])

    @app.post("/backchannel-logout")
    def backchannel_logout() -> dict[str, Any]:
        logout_token, key_set = request.form["logout_token"], KeySet.import_key_set(client.fetch_jwk_set())
        claims = jwt.decode(logout_token, key_set, algorithms=["RS256"]).claims
        JWTClaimsRegistry(
            iss={"essential": True, "value": client.load_server_metadata()["issuer"]},
            aud={"essential": True, "value": client.client_id},
        ).validate(claims)
        app.extensions["logged_out"] = claims
        return {}

    return app


@pytest.fixture
def serve_application(platform: Mock) -> Iterator[Callable[[Flask], str]]:
    """Serve an application on a free port, registered with the platform."""
    servers: list[serving.Server] = []

    def start(app: Flask) -> str:
        servers.append(serving.start(app))
        url = servers[-1].url
        platform.apps.change(
            "nhsauth-app",
            redirect_uris=(*platform.apps.get("nhsauth-app").redirect_uris, f"{url}/callback"),
            backchannel_logout_uri=f"{url}/backchannel-logout",
        )
        return url

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def cis2_application(platform: Mock) -> Flask:
    """An application whose people log in at CIS2, with its secret in the form."""
    return web_application(
        "cis2",
        client_secret="nhsauth-secret",
        server_metadata_url=f"{platform.url}{CIS2}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "token_endpoint_auth_method": "client_secret_post"},
    )


@pytest.fixture
def nhs_login_application(platform: Mock, private_key_pem: str) -> Flask:
    """An application whose people log in at NHS login, with a signed assertion."""
    return web_application(
        "nhs_login",
        client_secret=private_key_pem,
        server_metadata_url=f"{platform.url}/.well-known/openid-configuration",
        client_auth_methods=[PrivateKeyJWT(f"{platform.url}/token", alg="RS512")],
        client_kwargs={"scope": "openid profile", "token_endpoint_auth_method": "private_key_jwt"},
    )


@pytest.fixture
def platform_application(platform: Mock) -> Flask:
    """An application whose people log in at the platform, which sends them on to CIS2."""
    return web_application(
        "apim",
        client_secret="nhsauth-secret",
        authorize_url=f"{platform.url}/oauth2/authorize",
        access_token_url=f"{platform.url}/oauth2/token",
        userinfo_endpoint=f"{platform.url}/oauth2/userinfo",
        client_kwargs={"token_endpoint_auth_method": "client_secret_post"},
    )


def test_the_flask_client_logs_a_doctor_in_at_cis2(
    visit: Visit, serve_application: Callable[[Flask], str], cis2_application: Flask
) -> None:
    url = serve_application(cis2_application)

    learned = visit(f"{url}/log-in", username=DOCTOR).json()

    assert learned["userinfo"]["sub"] == DOCTOR
    assert learned["userinfo"]["authentication_assurance_level"] == 3
    assert learned["token_type"] == "Bearer"


def test_the_flask_client_logs_a_patient_in_at_nhs_login(
    visit: Visit, serve_application: Callable[[Flask], str], nhs_login_application: Flask
) -> None:
    url = serve_application(nhs_login_application)

    learned = visit(f"{url}/log-in", username=PATIENT).json()

    assert learned["userinfo"]["nhs_number"] == PATIENT
    assert learned["userinfo"]["identity_proofing_level"] == "P9"
    assert learned["token_type"] == "bearer"


def test_the_flask_client_logs_a_doctor_in_at_the_platform(
    visit: Visit, serve_application: Callable[[Flask], str], platform_application: Flask
) -> None:
    url = serve_application(platform_application)

    learned = visit(f"{url}/log-in", username=DOCTOR).json()

    assert learned["expires_in"] == "599"
    assert learned["userinfo"]["nhsid_useruid"] == DOCTOR


# OAuth2Session, in a program


@pytest.fixture
def cis2(platform: Mock, private_key_pem: str, redirect_uri: str) -> Iterator[OAuth2Session]:
    """A client of CIS2 that is registered with private_key_jwt, its assertion as CIS2 wants it."""
    platform.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt", cis2_signing_algorithm="RS512")
    with signing_session(private_key_pem, redirect_uri) as client:
        client.register_client_auth_method(ShortLivedPrivateKeyJWT(alg="RS512", headers={"kid": "nhsauth-1"}))
        yield client


@pytest.fixture
def nhs_login(private_key_pem: str, redirect_uri: str) -> Iterator[OAuth2Session]:
    """A client of NHS login with nothing said but the algorithm."""
    with signing_session(private_key_pem, redirect_uri) as client:
        client.register_client_auth_method(PrivateKeyJWT(alg="RS512"))
        yield client


@pytest.fixture
def apim(redirect_uri: str) -> Iterator[OAuth2Session]:
    """A client of the platform, with its secret in the form."""
    with OAuth2Session(
        "nhsauth-app",
        "nhsauth-secret",
        redirect_uri=redirect_uri,
        token_endpoint_auth_method="client_secret_post",
    ) as client:
        yield client


def signing_session(private_key_pem: str, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        "nhsauth-app",
        private_key_pem,
        scope="openid profile",
        redirect_uri=redirect_uri,
        token_endpoint_auth_method="private_key_jwt",
    )


def logged_in(client: OAuth2Session, visit: Visit, authorize_url: str, token_url: str, username: str) -> dict[str, Any]:
    """Log a person in and redeem the code, as Authlib's documentation shows it."""
    url, state = client.create_authorization_url(authorize_url, nonce="n-0S6_WzA2Mj")
    landed = visit(url, username=username).url
    token: dict[str, Any] = client.fetch_token(token_url, authorization_response=landed, state=state)
    return token


def read(id_token: str, key_set_url: str, registry: JWSRegistry) -> dict[str, Any]:
    """Return the claims of a token whose signature the provider's key set confirms."""
    key_set = KeySet.import_key_set(requests.get(key_set_url, timeout=10).json())
    return dict(jwt.decode(id_token, key_set, registry=registry).claims)


def test_a_session_with_private_key_jwt_logs_in_at_cis2(platform: Mock, visit: Visit, cis2: OAuth2Session) -> None:
    issuer = f"{platform.url}{CIS2}"

    token = logged_in(cis2, visit, f"{issuer}/authorize", f"{issuer}/access_token", DOCTOR)
    claims = read(token["id_token"], f"{issuer}/connect/jwk_uri", JWSRegistry(algorithms=["RS256"]))

    assert (claims["iss"], claims["sub"], claims["nonce"]) == (issuer, DOCTOR, "n-0S6_WzA2Mj")
    assert cis2.get(f"{issuer}/userinfo").json()["sub"] == DOCTOR


def test_a_session_with_private_key_jwt_logs_in_at_nhs_login_and_refreshes(
    platform: Mock, visit: Visit, nhs_login: OAuth2Session
) -> None:
    first = logged_in(nhs_login, visit, f"{platform.url}/authorize", f"{platform.url}/token", PATIENT)
    second = nhs_login.refresh_token(f"{platform.url}/token")

    assert second["access_token"] != first["access_token"]
    assert nhs_login.get(f"{platform.url}/userinfo").json()["nhs_number"] == PATIENT


def test_nhs_login_refuses_a_refresh_token_that_authlib_has_used(
    platform: Mock, visit: Visit, nhs_login: OAuth2Session
) -> None:
    first = logged_in(nhs_login, visit, f"{platform.url}/authorize", f"{platform.url}/token", PATIENT)
    nhs_login.refresh_token(f"{platform.url}/token")

    with pytest.raises(OAuthError) as refused:
        nhs_login.refresh_token(f"{platform.url}/token", refresh_token=first["refresh_token"])

    assert refused.value.error == "invalid_grant"


def test_a_session_logs_in_at_the_platform_and_refreshes(platform: Mock, visit: Visit, apim: OAuth2Session) -> None:
    token_url = f"{platform.url}/oauth2/token"
    logged_in(apim, visit, f"{platform.url}/oauth2/authorize", token_url, DOCTOR)

    token = apim.refresh_token(token_url)
    greeting = apim.get(f"{platform.url}/hello-world/hello/user")

    assert token["refresh_count"] == "1"
    assert greeting.json() == {"message": "Hello User!"}


# what Authlib sends by itself that the real services refuse, and the cure


def test_the_assertion_that_authlib_makes_for_cis2_lives_too_long(
    platform: Mock, visit: Visit, cis2: OAuth2Session
) -> None:
    cis2.register_client_auth_method(PrivateKeyJWT(alg="RS512", headers={"kid": "nhsauth-1"}))
    issuer = f"{platform.url}{CIS2}"

    with pytest.raises(OAuthError) as refused:
        logged_in(cis2, visit, f"{issuer}/authorize", f"{issuer}/access_token", DOCTOR)

    assert (refused.value.error, refused.value.description) == (
        "invalid_client",
        "JWT expiration time is unreasonable",
    )


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        pytest.param(
            PrivateKeyJWT(),
            "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
            id="as it is",
        ),
        pytest.param(
            PrivateKeyJWT(alg="RS512"), "Missing 'kid' header in client_assertion JWT", id="with the algorithm"
        ),
        pytest.param(
            PrivateKeyJWT(alg="RS512", headers={"kid": "nhsauth-1"}),
            "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
            id="with the key id",
        ),
    ],
)
def test_the_platform_refuses_the_assertion_that_authlib_makes(
    platform: Mock, private_key_pem: str, method: PrivateKeyJWT, sentence: str
) -> None:
    with signing_session(private_key_pem, "") as client:
        client.register_client_auth_method(method)

        with pytest.raises(OAuthError) as refused:
            client.fetch_token(f"{platform.url}/oauth2/token", grant_type="client_credentials")

    assert (refused.value.error, refused.value.description) == ("invalid_request", sentence)


def test_the_platform_takes_the_assertion_once_it_is_cured(platform: Mock, private_key_pem: str) -> None:
    with signing_session(private_key_pem, "") as client:
        client.register_client_auth_method(ShortLivedPrivateKeyJWT(alg="RS512", headers={"kid": "nhsauth-1"}))
        token = client.fetch_token(f"{platform.url}/oauth2/token", grant_type="client_credentials")
        greeting = client.get(f"{platform.url}/hello-world/hello/application")

    assert token["expires_in"] == "599"
    assert greeting.status_code == 200


def test_the_platform_does_not_see_the_secret_where_authlib_puts_it_by_itself(
    platform: Mock, visit: Visit, apim: OAuth2Session
) -> None:
    apim.token_endpoint_auth_method = "client_secret_basic"

    with pytest.raises(OAuthError) as refused:
        logged_in(apim, visit, f"{platform.url}/oauth2/authorize", f"{platform.url}/oauth2/token", DOCTOR)

    assert (refused.value.error, refused.value.description) == ("invalid_request", "client_id is missing")


def test_an_expiry_given_as_a_claim_makes_authlib_send_its_jti_twice(platform: Mock, private_key_pem: str) -> None:
    claims = {"exp": int(time.time()) + 300}
    method = PrivateKeyJWT(alg="RS512", headers={"kid": "nhsauth-1"}, claims=claims)
    with signing_session(private_key_pem, "") as client:
        client.register_client_auth_method(method)
        client.fetch_token(f"{platform.url}/oauth2/token", grant_type="client_credentials")

        with pytest.raises(OAuthError) as refused:
            client.fetch_token(f"{platform.url}/oauth2/token", grant_type="client_credentials")

    assert (refused.value.error, refused.value.description) == (
        "invalid_request",
        "Non-unique 'jti' claim in client_assertion JWT",
    )


def test_joserfc_minds_the_claims_that_nhs_login_repeats_in_the_header(platform: Mock) -> None:
    id_token = platform.id_token("nhs_login", LogInRequest(client_id="nhsauth-app"))

    with pytest.raises(UnsupportedHeaderError, match="in header"):
        read(id_token, f"{platform.url}/.well-known/jwks.json", JWSRegistry(algorithms=["RS512"]))


def test_joserfc_reads_the_id_token_of_nhs_login_when_it_is_reported_not_to_mind(platform: Mock) -> None:
    id_token = platform.id_token("nhs_login", LogInRequest(client_id="nhsauth-app"))
    tolerant = JWSRegistry(algorithms=["RS512"], strict_check_header=False)

    claims = read(id_token, f"{platform.url}/.well-known/jwks.json", tolerant)

    assert claims["identity_proofing_level"] == "P9"


# logging out: one person, one browser, one session at CIS2, in which the platform and the application both take part


@pytest.fixture
def logged_out(
    platform: Mock,
    visit: Visit,
    serve_application: Callable[[Flask], str],
    cis2_application: Flask,
    apim: OAuth2Session,
) -> dict[str, Any]:
    """Log in at the platform, at the application in the same session, and out there; return its id token's claims."""
    url = serve_application(cis2_application)
    logged_in(apim, visit, f"{platform.url}/oauth2/authorize", f"{platform.url}/oauth2/token", DOCTOR)
    learned: dict[str, Any] = visit(f"{url}/log-in?prompt=none", username=DOCTOR).json()
    assert apim.get(f"{platform.url}/hello-world/hello/user").status_code == 200
    visit(f"{url}/log-out", username=DOCTOR)
    return dict(learned["userinfo"])


def test_logging_out_at_cis2_shows_the_application(logged_out: dict[str, Any], cis2_application: Flask) -> None:
    reported = cis2_application.extensions["logged_out"]

    assert (reported["sub"], reported["sid"]) == (DOCTOR, logged_out["sid"])
    assert reported["events"] == {BACKCHANNEL_LOGOUT: {}}
    assert "nonce" not in reported


@pytest.mark.usefixtures("logged_out")
def test_logging_out_at_cis2_kills_the_access_token_of_the_platform(platform: Mock, apim: OAuth2Session) -> None:
    answer = apim.get(f"{platform.url}/hello-world/hello/user")

    assert answer.status_code == 401
    assert answer.json() == {
        "fault": {
            "faultstring": "Access Token not approved",
            "detail": {"errorcode": "keymanagement.service.access_token_not_approved"},
        }
    }


@pytest.mark.usefixtures("logged_out")
def test_logging_out_at_cis2_kills_the_refresh_token_of_the_platform(platform: Mock, apim: OAuth2Session) -> None:
    with pytest.raises(OAuthError) as refused:
        apim.refresh_token(f"{platform.url}/oauth2/token")

    assert (refused.value.error, refused.value.description) == ("invalid_grant", "refresh_token is invalid")
