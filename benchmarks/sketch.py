"""A token exchange without rules: Flask, two signatures checked, JSON answered. What ours takes more is our own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from flask import Flask, abort, request
from jwt import PyJWS

from benchmarks import exchanging
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import CIS2

Check: TypeAlias = Callable[[str, RSAPublicKey, str], Mapping[str, Any]]
"""Returns the claims of a JWT that the key has signed by the algorithm. Raises when it has not."""

_JWS: Final = PyJWS()
_PADDING: Final = PKCS1v15()
_HASHES: Final = {"RS256": SHA256(), "RS512": SHA512()}


def by_pyjwt(token: str, key: RSAPublicKey, algorithm: str) -> Mapping[str, Any]:
    """Check as anybody would."""
    claims: Mapping[str, Any] = json.loads(_JWS.decode(token, key, algorithms=[algorithm]))
    return claims


def by_cryptography(token: str, key: RSAPublicKey, algorithm: str) -> Mapping[str, Any]:
    """Check with the least that there is."""
    signed, _, signature = token.rpartition(".")
    key.verify(_decoded(signature), signed.encode(), _PADDING, _HASHES[algorithm])
    claims: Mapping[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
    return claims


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def app(platform: Mock, check: Check = by_pyjwt, document: Mapping[str, Any] | None = None) -> Flask:
    """Return the sketch; it knows the public keys of the platform's app and of CIS2, and a document to serve."""
    client_key, provider_key = exchanging.public_keys(platform)
    sketch = Flask(__name__, static_folder=None)

    @sketch.post("/oauth2/token")
    def token() -> dict[str, str]:
        assertion = check(request.form["client_assertion"], client_key, "RS512")
        subject = check(request.form["subject_token"], provider_key, CIS2.signing_algorithm)
        if min(assertion["exp"], subject["exp"]) < time.time():
            abort(400)
        return _TOKEN

    @sketch.get("/document")
    def served() -> Mapping[str, Any]:
        return dict(document or {})

    return sketch


_TOKEN: Final = {
    "access_token": "x" * 28,
    "expires_in": "599",
    "token_type": "Bearer",
    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "refresh_token": "x" * 32,
    "refresh_token_expires_in": "43199",
    "refresh_count": "0",
}
