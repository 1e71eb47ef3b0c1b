"""What an identity provider is made of. Its values hold data alone: where two providers differ, a field says how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mock_servers.rules import Problem, ServiceError
from mock_servers.wire.origins import canonical


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
    SELECTED_ROLE = "selected_role"
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
class Asking:
    """What a provider wants of an authorization request; `state_required` and `nonce_required` where a setting insists.

    `scopes` are known, `reserved_scopes` too but for clients that have them alone. `acr_levels` says which levels each
    acr value allows, the best first, `vectors` the level of each vector of trust; without either a person logs in at
    whatever level is theirs. `displays` empty: not judged. `unsupported` names the parameters that must not be
    there. `told` are the parameters of the successful answer, in their order. A form with a `form_id` is
    Keycloak's. `takes_asserted_log_in`: another client may vouch for a person who has logged in through it.
    `outcomes` are documented errors without a cause that the mock could play: a log-in may choose to end with one.
    """

    takes_post: bool = False
    scopes: tuple[str, ...] = ()
    reserved_scopes: tuple[str, ...] = ()
    ignores_unknown_scopes: bool = False
    exclusive_scopes: tuple[str, ...] = ()
    state_required: bool = False
    nonce_required: bool = False
    acr_levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_acr: str = ""
    vectors: Mapping[str, str] = field(default_factory=dict)
    default_vectors: tuple[str, ...] = ()
    displays: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    honours_max_age: bool = False
    told: tuple[str, ...] = ("code", "state")
    form_id: str | None = None
    takes_asserted_log_in: bool = False
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How clients prove themselves at the token endpoint.

    `methods` and `algorithms` empty: as registered. `audiences` are words of endpoints, or `issuer`; a list of
    audiences will do where `audience_list`. `longest` is how many seconds ahead an assertion's `exp` may be, `None` for
    no limit, `advised` how many are documented. `counts_registered`: of several proofs in one request the one that is
    registered counts, and no other is looked at.
    """

    methods: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ("token",)
    audience_list: bool = False
    longest: int | None = None
    advised: int | None = None
    realm: str = ""
    counts_registered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An identity provider.

    `name` is its word in the configuration and the control API, `people` the word of whom it logs in, `path` where it
    lives below the origin. Paths of `endpoints` are below `path`. `written_origins` says how the issuer writes an
    origin, by how it is called in lower case and without an implied port; others are written as they are called.
    `hosts` are the real ones that are this provider's alone, and with `only_at_hosts` no other name leads to it.
    Lifetimes are seconds; `told_short_by` is by how many fewer `expires_in` says. `assurance_claims` are numbers that a
    setting makes text. `scope` is what a log-in has that asked for none; `token_members` are those of a token answer,
    in their order. `redirect_at_token_is_loose`: case and query do not count when a code is redeemed. `tells_all`:
    userinfo does not mind the scope. `known_grants` are refused in other words than what is no grant at all;
    `gives_refresh_tokens`: to clients that are registered for no grant in particular, too. Whatever else lies below
    `realms_path` is a realm that does not exist. `errors` has the row of each problem, `ancestor_errors` those that a
    setting puts in their place.
    """

    name: str
    title: str
    people: str
    path: str
    endpoints: Mapping[str, str]
    written_origins: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    only_at_hosts: bool = False
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
    session_lifetime: int = 43200
    asking: Asking = field(default_factory=Asking)
    proof: Proof = field(default_factory=Proof)
    grants: tuple[str, ...] = ("authorization_code",)
    known_grants: tuple[str, ...] = ()
    gives_refresh_tokens: bool = True
    token_members: tuple[str, ...] = ("access_token", "scope", "id_token", "token_type", "expires_in")
    redirect_at_token_is_loose: bool = False
    tells_all: bool = False
    realms_path: str = ""
    errors: Mapping[Problem, ServiceError] = field(default_factory=dict)
    ancestor_errors: Mapping[Problem, ServiceError] = field(default_factory=dict)

    @property
    def discovery_path(self) -> str:
        """Where the discovery document is, below the origin (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.path}/.well-known/openid-configuration"

    def issuer(self, origin: str) -> str:
        """Return the issuer under one of the mock's names."""
        return f"{self.written_origins.get(canonical(origin).lower(), origin)}{self.path}"

    @property
    def home(self) -> str:
        """The real origin as its own documents write it; empty without a real host."""
        return self.issuer(f"https://{self.hosts[0]}").removesuffix(self.path) if self.hosts else ""

    def endpoint(self, name: str) -> str:
        """Return the path of an endpoint below the origin: `token`, `jwks`, …."""
        return f"{self.path}{self.endpoints[name]}"

    @property
    def takes_client_secret(self) -> bool:
        """Whether a client may prove itself by a secret."""
        return self.proof.methods != ("private_key_jwt",)

    @property
    def highest_level(self) -> str:
        """The word of the highest level, as `aal3` or `P9`."""
        return next(iter(self.levels))
