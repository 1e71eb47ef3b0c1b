"""Issues id tokens: fills the members of a provider's data with the facts of one log-in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_servers.jose import jwts
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.provider.provider import Fact, Provider
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import id_token_claims
from mock_servers.wire.identifiers import Identifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Minting:
    """The data for an id token besides the log-in; `levels_as_text` turns assurance levels into strings."""

    provider: Provider
    issuer: str
    key: KeyPair
    identifiers: Identifiers
    now: float
    levels_as_text: bool = False


def mint(
    minting: Minting,
    log_in: LogIn,
    *,
    access_token: str | None = None,
    code: str | None = None,
    alterations: Alterations = UNALTERED,
) -> str:
    """Return a signed id token.

    The person's own `claims` replace the provider's, and `alterations` replace both. `at_hash`, `c_hash` and `s_hash`
    are present if their value is known (OpenID Connect Core 1.0, section 3.3.2.11).
    """
    hashed = {Fact.AT_HASH: access_token, Fact.C_HASH: code, Fact.S_HASH: log_in.state}
    facts = _facts(minting, log_in) | {fact: _half_hash(minting.provider, value) for fact, value in hashed.items()}
    header = _filled(minting.provider.id_token_header, facts)
    filled = _filled(minting.provider.id_token_claims, facts)
    claims = _leveled(minting, filled) | id_token_claims(minting.provider, log_in.person)
    if log_in.actor is not None:
        claims["act"] = {"sub": mint(minting, replace(log_in, person=log_in.actor, actor=None))}
    return jwts.sign(
        jwts.altered(header, alterations.headers, alterations.without, prefix="header."),
        jwts.altered(claims, alterations.claims, alterations.without),
        minting.key.private,
    )


def _facts(minting: Minting, log_in: LogIn) -> dict[Fact, Any]:
    provider, person, level = minting.provider, log_in.person, minting.provider.levels[log_in.level]
    issued_at, token_id = int(minting.now), minting.identifiers.uuid()
    facts: dict[Fact, Any] = {
        Fact.ISSUER: minting.issuer,
        Fact.PERSON_ID: person.id,
        Fact.PERSON_UUID: person.uuid,
        Fact.CLIENT_ID: log_in.client_id,
        Fact.ISSUED_AT: issued_at,
        Fact.AUTH_TIME: int(log_in.at),
        Fact.EXPIRES_AT: issued_at + provider.id_token_lifetime,
        Fact.TOKEN_ID: token_id,
        Fact.AUDIT_ID: f"{token_id}-1",
        Fact.SESSION_ID: log_in.session_id,
        Fact.NONCE: log_in.nonce,
        Fact.ACR: log_in.acr or level.acr,
        Fact.AMR: list(level.amr),
        Fact.LEVEL: level.claim,
        Fact.VECTOR_OF_TRUST: log_in.vector or level.vector_of_trust,
        Fact.SELECTED_ROLE: log_in.role,
        Fact.TRUSTMARK: trustmark(minting.issuer),
        Fact.FAMILY_NAME: person.family_name,
        Fact.BIRTHDATE: person.birthdate,
        Fact.KID: minting.key.kid,
        Fact.ALGORITHM: provider.signing_algorithm,
    }
    return facts | {Fact.SUBJECT: facts[provider.subject]}


def _filled(template: Mapping[str, Any], facts: Mapping[Fact, Any]) -> dict[str, Any]:
    members = {name: facts[value] if isinstance(value, Fact) else value for name, value in template.items()}
    return {name: value for name, value in members.items() if value is not None}


def _leveled(minting: Minting, claims: dict[str, Any]) -> dict[str, Any]:
    if not minting.levels_as_text:
        return claims
    as_text = minting.provider.assurance_claims
    return {name: str(value) if name in as_text else value for name, value in claims.items()}


def trustmark(issuer: str) -> str:
    """Return NHS login's `vtm`: where it says what its vectors of trust mean (S)."""
    return f"{issuer}/trustmark/{issuer.partition('://')[2]}"


def _half_hash(provider: Provider, value: str | None) -> str | None:
    if value is None:
        return None
    digest = hashlib.new(f"sha{provider.signing_algorithm[2:]}", value.encode()).digest()
    return jwts.base64url(digest[: len(digest) // 2])
