"""NHS login for who the patient is, the API platform for what an API may be asked on the patient's behalf."""

import functools
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from django.conf import settings

TIMEOUT = 10  # seconds
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class RefusedError(Exception):
    """A service refused, or did not answer; the text is for the log."""


def authorize_url(redirect_uri: str, state: str, nonce: str) -> str:
    """Where to send the patient's browser."""
    asked = {
        "response_type": "code",
        "client_id": settings.CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": "openid profile",
        "vtr": '["P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"]',  # who has proved who they are; less opens no health record
        "state": state,
        "nonce": nonce,
    }
    return f"{settings.NHS_LOGIN_URL}/authorize?{urlencode(asked)}"


def id_token(code: str, redirect_uri: str, nonce: str) -> str:
    """Redeem the code of a log-in for an id_token, and make sure that it is ours."""
    token_url = f"{settings.NHS_LOGIN_URL}/token"
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": settings.CLIENT_ID,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": signed(audience=token_url),
    }
    found: str = _posted(token_url, form)["id_token"]
    claims = jwt.decode(
        found,
        key_set(settings.NHS_LOGIN_URL).get_signing_key_from_jwt(found),
        algorithms=["RS512"],
        audience=settings.CLIENT_ID,
        issuer=settings.NHS_LOGIN_URL,
        options={"require": ["exp", "iat", "nonce"]},
    )
    if claims["nonce"] != nonce:
        raise RefusedError("the id_token was made for another log-in")
    return found


def access_token(id_token: str) -> dict[str, Any]:
    """Exchange an id_token at the API platform: what comes opens the APIs that the patient's level allows."""
    token_url = f"{settings.APIM_URL}/oauth2/token"
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": id_token,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": signed(audience=token_url),
    }
    return _posted(token_url, form)


def get(path: str, token: str) -> requests.Response:
    """Call an API of the platform."""
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": str(uuid.uuid4())}
    return requests.get(f"{settings.APIM_URL}{path}", headers=headers, timeout=TIMEOUT)


def signed(audience: str) -> str:
    """A client assertion: the proof that it is us. Each names one service, and is good there for one request."""
    claims = {
        "iss": settings.CLIENT_ID,
        "sub": settings.CLIENT_ID,
        "aud": audience,
        "jti": str(uuid.uuid4()),
        "exp": int(time.time()) + 240,
    }
    return jwt.encode(claims, _private_key(settings.PRIVATE_KEY), algorithm="RS512", headers={"kid": settings.KID})


@functools.cache
def _private_key(pem: str) -> Any:
    # Once: to load 4096 bits takes a quarter of a second, and to sign a thousandth.
    return jwt.get_algorithm_by_name("RS512").prepare_key(pem)


@functools.cache
def key_set(issuer: str) -> jwt.PyJWKClient:
    """The provider's public keys; the client keeps them for five minutes."""
    return jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", timeout=TIMEOUT)


def _posted(url: str, form: dict[str, str]) -> dict[str, Any]:
    answer = requests.post(url, data=form, timeout=TIMEOUT)
    if not answer.ok:
        # The text names the mistake, and a message id that support can look up.
        raise RefusedError(f"{answer.status_code} from {url}: {' '.join(answer.text.split())}")
    members: dict[str, Any] = answer.json()
    return members
