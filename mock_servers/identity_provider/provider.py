"""What an identity provider is made of. Its values hold data alone: where two providers differ, a field says how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mock_servers.rules import ServiceError


class Fact(StrEnum):
    """What a token's header or claims may tell of a log-in; a fact that is not known leaves its member out."""

    ISSUER = "issuer"
    SUBJECT = "subject"
    PERSON_ID = "person_id"
    PERSON_UUID = "person_uuid"
    CLIENT_ID = "client_id"
    ISSUED_AT = "issued_at"
    AUTH_TIME = "auth_time"
    EXPIRES_AT = "expires_at"
    TOKEN_ID = "token_id"
    AUDIT_ID = "audit_id"
    SESSION_ID = "session_id"
    NONCE = "nonce"
    AT_HASH = "at_hash"
    C_HASH = "c_hash"
    S_HASH = "s_hash"
    ACR = "acr"
    AMR = "amr"
    LEVEL = "level"
    VECTOR_OF_TRUST = "vector_of_trust"
    TRUSTMARK = "trustmark"
    FAMILY_NAME = "family_name"
    BIRTHDATE = "birthdate"
    KID = "kid"
    ALGORITHM = "algorithm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One assurance level: its value in the id token, and what else a log-in at it says."""

    claim: int | str
    acr: str | None = None
    amr: tuple[str, ...] = ()
    vector_of_trust: str | None = None
    scope_mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An identity provider.

    `name` is its word in the configuration and the control API, `people` the word of whom it logs in, `path` where it
    lives below the origin; `issuer` is origin + path. Paths of `endpoints` are below `path`. Lifetimes are seconds;
    `told_short_by` is by how many fewer `expires_in` says. `assurance_claims` are numbers that a setting makes text.
    """

    name: str
    title: str
    people: str
    path: str
    endpoints: Mapping[str, str]
    discovery: Mapping[str, Any]
    signing_algorithm: str
    kid: str | None = None
    level_claim: str
    assurance_claims: tuple[str, ...] = ()
    levels: Mapping[str, Level]
    subject: Fact
    id_token_header: Mapping[str, Any]
    id_token_claims: Mapping[str, Any]
    code_form: str
    access_token_form: str
    token_type: str
    scope: str
    code_lifetime: int
    id_token_lifetime: int
    access_token_lifetime: int
    refresh_token_lifetime: int
    told_short_by: int = 0
    takes_client_secret: bool = True
    errors: Mapping[str, ServiceError] = field(default_factory=dict)

    @property
    def discovery_path(self) -> str:
        """Where the discovery document is, below the origin (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.path}/.well-known/openid-configuration"

    def endpoint(self, name: str) -> str:
        """Return the path of an endpoint below the origin: `token`, `jwks`, …."""
        return f"{self.path}{self.endpoints[name]}"

    @property
    def highest_level(self) -> str:
        """The word of the highest level, as `aal3` or `P9`."""
        return next(iter(self.levels))
