"""What an identity provider is made of. Where two providers differ, a field says how; nobody asks for a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from mock_servers.rules import Problem, ServiceError
from mock_servers.wire.origins import canonical


class Fact(Enum):
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


DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
"""Where the discovery document is, below an issuer (OpenID Connect Discovery 1.0, section 4)."""


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
    there. `answer_parameters` are those of the successful answer, in their order. A form with a `form_id` is
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
    answer_parameters: tuple[str, ...] = ("code", "state")
    form_id: str | None = None
    takes_asserted_log_in: bool = False
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How clients prove themselves at the token endpoint.

    `methods` and `algorithms` empty: as registered. `audiences` are words of endpoints, or `issuer`; a list of
    audiences will do where `audience_list`. `longest` is how many seconds ahead an assertion's `exp` may be, `None` for
    no limit, `longest_source` who says so, `advised` how many are documented. `counts_registered`: of several proofs in
    one request the one that is registered counts, and no other is looked at.
    """

    methods: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ("token",)
    audience_list: bool = False
    longest: int | None = None
    longest_source: str = ""
    advised: int | None = None
    realm: str = ""
    counts_registered: bool = False


class Someone(Protocol):
    """Who can log in, as a provider tells of them; the whole is `state.person`."""

    @property
    def id(self) -> str:
        """The provider's number for the person."""

    @property
    def uuid(self) -> str:
        """A UUID that is always the same for this person."""

    @property
    def level(self) -> str:
        """The word of the highest level at which the person can log in."""

    @property
    def family_name(self) -> str:
        """In capitals."""

    @property
    def given_name(self) -> str:
        """As it is written."""

    @property
    def birthdate(self) -> str:
        """As ISO 8601 writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a provider tells of people at userinfo.

    `members` returns all of them in their order, `by_scope` says which of them each scope adds. Those of the scopes in
    `at_userinfo_alone` are not for an id token. `unknown_at_level`: what a log-in at a level does not tell.
    `names_itself`: issuer, client and the client's own note have a place. `tells_birthdate`: the log-in page offers
    people by their date of birth, else by their roles.
    """

    members: Callable[[Someone], dict[str, Any]]
    by_scope: Mapping[str, Sequence[str]]
    at_userinfo_alone: tuple[str, ...] = ()
    unknown_at_level: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names_itself: bool = False
    tells_birthdate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAsClient:
    """How the API platform sends people to a provider, and what it makes of their log-in.

    `client_id` is the platform's there, `scope` what it asks for, `default_acr` the `acr_values` of a client that names
    none; without it none are sent. `picked_by` is the scope at /authorize that picks this provider; the first without
    one takes all others. A session lasts `session_lifetime` seconds and so does a refresh token. `tells_log_outs`: its
    logout tokens are believed. The platform proves itself by its secret in the form, or by an assertion. `lent_as` is
    the word by which the proxy mock-jwks lends client id and secret.
    """

    client_id: str
    scope: str = "openid"
    default_acr: str | None = None
    picked_by: str | None = None
    session_lifetime: int = 43200
    tells_log_outs: bool = False
    lent_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MockRealm:
    """The platform's mock realm for a provider's people: `Cis2-mock` and an environment, and its claims for them."""

    name: str
    claims: Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An identity provider.

    `name` is its word in the configuration and the control API, `people` the word of whom it logs in, `path` where it
    lives below the base. Paths of `endpoints` are below `path`. `written_origins` says how the issuer writes an
    origin, by how it is called in lower case and without an implied port; others are written as they are called.
    `hosts` are the real ones that are this provider's alone, and with `only_at_hosts` no other name leads to it.
    Lifetimes are seconds; `expires_in_short_by` is by how many fewer `expires_in` says. `assurance_claims` are numbers
    that a setting makes text. `scope` is what a log-in has that asked for none; `token_members` are those of a token
    answer, in their order. `redirect_at_token_is_loose`: case and query do not count when a code is redeemed.
    `tells_all`: userinfo does not mind the scope. `answers_codes_alone`: its errors are
    codes, mostly without a sentence. `known_grants` are refused in other words than what is no grant at
    all; `gives_refresh_tokens`: to clients that are registered for no grant in particular, too. Whatever else lies
    below `realms_path` is a realm that does not exist. `errors` has the row of each problem, `ancestor_errors` those
    that a setting puts in their place.

    `ready_made` are the people who are there at the start, as members of a `Person`, and `telling` is what userinfo
    tells of them. `access` is the word of their access to an API. `scope_mark` is how a scope names a level, made of
    the text of the claim. A client id has the form `client_id_form`, where it has one of its own, and looks like
    `client_id_like`; `host_form` is that of its real hosts, known and unknown ones. `at_environment` are
    further realms that an environment of the provider has besides. `on_platform` is what the API platform does with it,
    `mock_realm` who stands for it at `/oauth2-mock`.
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
    expires_in_short_by: int = 0
    session_lifetime: int = 43200
    asking: Asking = field(default_factory=Asking)
    proof: Proof = field(default_factory=Proof)
    grants: tuple[str, ...] = ("authorization_code",)
    known_grants: tuple[str, ...] = ()
    gives_refresh_tokens: bool = True
    token_members: tuple[str, ...] = ("access_token", "scope", "id_token", "token_type", "expires_in")
    redirect_at_token_is_loose: bool = False
    tells_all: bool = False
    answers_codes_alone: bool = False
    realms_path: str = ""
    errors: Mapping[Problem, ServiceError] = field(default_factory=dict)
    ancestor_errors: Mapping[Problem, ServiceError] = field(default_factory=dict)
    ready_made: tuple[Mapping[str, Any], ...] = ()
    telling: Telling
    access: str = ""
    scope_mark: str = "{level}"
    client_id_form: str = ""
    client_id_like: tuple[str, ...] = ()
    host_form: str = ""
    at_environment: Mapping[str, tuple[Provider, ...]] = field(default_factory=dict)
    on_platform: PlatformAsClient
    mock_realm: MockRealm | None = None

    @property
    def discovery_path(self) -> str:
        """Where the discovery document is, below the base (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.path}{DISCOVERY_PATH}"

    def issuer(self, base: str) -> str:
        """Return the issuer under one of the mock's names."""
        return f"{self.written_origins.get(canonical(base).lower(), base)}{self.path}"

    @property
    def home(self) -> str:
        """The real origin as its own documents write it; empty without a real host."""
        return self.issuer(f"https://{self.hosts[0]}").removesuffix(self.path) if self.hosts else ""

    def endpoint(self, name: str) -> str:
        """Return the path of an endpoint below the base: `token`, `jwks`, …."""
        return f"{self.path}{self.endpoints[name]}"

    @property
    def takes_client_secret(self) -> bool:
        """Whether a client may prove itself by a secret."""
        return self.proof.methods != ("private_key_jwt",)

    def has_client_id(self, value: str) -> bool:
        """Whether a value has the form that this provider's client ids have, and others' do not."""
        return bool(self.client_id_form) and re.fullmatch(self.client_id_form, value) is not None

    @property
    def word(self) -> str:
        """What scopes, logs and `_status` call it: `nhs-cis2`."""
        return word_of(self.people)

    @property
    def scope_marks(self) -> tuple[str, ...]:
        """How scopes name the levels, the lowest first."""
        return tuple(level.scope_mark for level in reversed([*self.levels.values()]))

    @property
    def highest_level(self) -> str:
        """The word of the highest level, as `aal3` or `P9`."""
        return next(iter(self.levels))


def word_of(people: str) -> str:
    """Return what scopes, logs and `_status` call the provider of these people."""
    return f"nhs-{people.removeprefix('nhs_')}".replace("_", "-")


def mailbox(person: Someone) -> str:
    """Return what a person's invented e-mail addresses have before the @."""
    return re.sub(r"[^a-z0-9.]", "", f"{person.given_name}.{person.family_name}".lower())
