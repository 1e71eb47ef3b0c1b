"""Signs client assertions for tests and for the mock's own requests: correct ones, or altered as a test wants."""

from __future__ import annotations

from mock_servers.jose import jwts
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.journal import provenance
from mock_servers.state.grant import Issued
from mock_servers.state.store import Store

LIFETIME = 300
"""Seconds; the most that the service allows."""


def sign(
    *, client_id: str, audience: str, key: KeyPair, now: float, jti: str, alterations: Alterations = UNALTERED
) -> str:
    """Return a client assertion (RFC 7523) by RS512 that expires LIFETIME seconds after `now`."""
    header = {"alg": "RS512", "typ": "JWT", "kid": key.kid}
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": jti, "exp": int(now) + LIFETIME}
    return jwts.sign(
        jwts.altered(header, alterations.headers, alterations.without, prefix="header."),
        jwts.altered(claims, alterations.claims, alterations.without),
        key.private,
    )


def remember(store: Store, assertion: str, *, client_id: str, now: float) -> None:
    """Store that an assertion was signed here, so that it is recognised in a wrong place."""
    issued = Issued(
        kind="client assertion",
        issuer="the mock",
        client_id=client_id,
        person=None,
        at=now,
        expires_at=now + LIFETIME,
    )
    provenance.remember(store, assertion, issued)
