"""The unverified claims of a JWT about its own kind."""

from __future__ import annotations

from typing import Any, Final

from mock_servers.jose.jwts import Jwt

ASSERTION: Final = "a client assertion (iss equals sub)"
_OF_LOG_INS: Final = ("auth_time", "at_hash", "nonce", "acr", "amr", "azp", "identity_proofing_level", "nhs_number")
"""Claims about a person's log-in, which no app puts into an assertion."""


def described_jwt(jwt: Jwt) -> str:
    """Return the kind of a JWT by its own claims; empty if they are not specific."""
    claims: Any = jwt.claims
    if isinstance(claims.get("events"), dict):
        return "a logout token"
    if claims.get("token_use") == "access":
        return "NHS login's access token (token_use access)"
    if claims.get("token_use") == "id":
        return "NHS login's id_token (token_use id)"
    if claims.get("tokenName") == "id_token":
        return "CIS2's id_token (tokenName id_token)"
    if "/realms/" in str(claims.get("iss")) and claims.get("typ") in ("Bearer", "Refresh", "ID"):
        return f"a Keycloak token of typ {claims['typ']}"
    iss = claims.get("iss")
    return ASSERTION if isinstance(iss, str) and iss == claims.get("sub") else ""


def is_of_provider(jwt: Jwt) -> bool:
    """Whether a JWT claims to be an identity provider's: its issuer is a URL, and it describes a log-in."""
    iss, what = jwt.claims.get("iss"), described_jwt(jwt)
    if what:
        return what != ASSERTION
    is_url = isinstance(iss, str) and iss.startswith(("https://", "http://"))
    return is_url and iss != jwt.claims.get("sub") and any(name in jwt.claims for name in _OF_LOG_INS)
