"""The platform as a client of the identity providers: its client id, and how it authenticates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mock_servers.apim.request_form import ASSERTION_TYPE
from mock_servers.identity_provider.client import Client
from mock_servers.jose import jwts, keys
from mock_servers.jose.keys import KeyPair
from mock_servers.provider.provider import Provider
from mock_servers.wire.identifiers import Identifiers

CLIENT_SECRET: Final = "platform-secret"
"""The platform's secret at CIS2 and the realms; NHS login accepts no secret (S)."""

TEST_REDIRECT_URIS: Final = {"/oauth2-mock": ("https://google.com",)}
"""Where public test suites have the mock realms send people who log in without the platform (S), by deployment."""

KEY_NAME: Final = "platform"
KEY_BITS: Final = 2048
SIGNING_ALGORITHM: Final = "RS512"
ASSERTION_LIFETIME: Final = 3600
"""Seconds: the lifetime of the platform's own assertion to NHS login (S)."""


def auth_method_at(provider: Provider) -> str:
    """Return how the platform authenticates at a provider, in the words of client registration (RFC 7591).

    By its secret in the form (S), except at NHS login, which accepts no secret (S).
    """
    return "client_secret_post" if provider.takes_client_secret else "private_key_jwt"


def platform_client(
    provider: Provider, mount: str, *, url: str, own_key: Callable[[], KeyPair], is_own: Callable[[str], bool]
) -> Client:
    """Return the platform as a provider's client.

    `mount` is the deployment that uses this provider, `url` one of the mock's names, for the logout URI; `is_own` says
    whether a base is one: the platform's callback is valid under each of them.
    """
    signs = auth_method_at(provider) == "private_key_jwt"
    callback, of_tests = f"{mount}/callback", TEST_REDIRECT_URIS.get(mount, ())

    def accepts_redirect(uri: str, _: str) -> bool:
        base = uri.removesuffix(callback)
        return uri in of_tests or (uri == f"{base}{callback}" and is_own(base))

    return Client(
        client_id=provider.on_platform.client_id,
        client_secret=CLIENT_SECRET,
        name="NHS England API platform",
        accepts_redirect=accepts_redirect,
        backchannel_logout_uri=f"{url}{mount}/backchannel_logout",
        auth_method=auth_method_at(provider),
        signing_algorithm=SIGNING_ALGORITHM,
        key_set=keys.jwks(own_key(), alg=SIGNING_ALGORITHM) if signs else None,
        is_platform=True,
    )


def proof(provider: Provider, token_url: str, key: KeyPair, identifiers: Identifiers, now: float) -> dict[str, str]:
    """Return the form parameters with which the platform authenticates at a provider's token endpoint."""
    client_id = provider.on_platform.client_id
    if auth_method_at(provider) == "client_secret_post":
        return {"client_secret": CLIENT_SECRET, "client_id": client_id}
    header = {"typ": "JWT", "alg": SIGNING_ALGORITHM, "kid": key.kid}
    claims = {
        "sub": client_id,
        "iss": client_id,
        "aud": token_url,
        "iat": int(now),
        "exp": int(now) + ASSERTION_LIFETIME,
        "jti": identifiers.uuid(),
    }
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwts.sign(header, claims, key.private)}
