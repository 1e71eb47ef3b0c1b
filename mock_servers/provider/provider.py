"""The type of an identity provider. Where two providers differ, a field says how; no code tests its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from mock_servers.rules import Problem, ServiceError
from mock_servers.wire.origins import canonical


class Fact(Enum):
    """A fact about a log-in that a token's header or claims can hold. If a fact is unknown, its member is left out."""

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
    """One assurance level: its value in the id token, and further claims of a log-in at that level."""

    claim: int | str
    acr: str | None = None
    amr: tuple[str, ...] = ()
    vector_of_trust: str | None = None
    scope_mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a provider requires of an authorization request; `state_required` and `nonce_required` apply in strict mode.

    `scopes` are known; `reserved_scopes` too, but only for clients that are registered for them. `acr_levels` maps each
    acr value to the levels it allows, the best first; `vectors` maps each vector of trust to its level. Without either
    a person logs in at their own level. An empty `displays` is not checked. `unsupported` names parameters that are
    refused. `answer_parameters` are those of the successful answer, in their order. A form with a `form_id` is
    Keycloak's. `takes_asserted_log_in`: another client may vouch for a person who has logged in through it. `outcomes`
    are documented errors that the mock has no cause for; a log-in can choose to end with one.
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
    """How clients authenticate at the token endpoint.

    Empty `methods` and `algorithms` mean: as registered. `audiences` are words for endpoints, or `issuer`;
    `audience_list` also allows a list of audiences. `longest` is the largest number of seconds that an assertion's
    `exp` may lie ahead, `None` for no limit; `longest_source` says who documents it, and `advised` is the documented
    number. `counts_registered`: if a request has several credentials, only the registered method is checked.
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
    """A person who can log in, as a provider describes them. The whole type is `state.person`."""

    @property
    def id(self) -> str:
        """The provider's number for the person."""

    @property
    def uuid(self) -> str:
        """A UUID that stays the same for this person."""

    @property
    def level(self) -> str:
        """The highest level at which the person can log in."""

    @property
    def family_name(self) -> str:
        """In capitals."""

    @property
    def given_name(self) -> str:
        """As written."""

    @property
    def birthdate(self) -> str:
        """In ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserinfoRules:
    """What a provider returns about people at userinfo.

    `members` returns all members in their order; `by_scope` says which of them each scope adds. Those of the scopes in
    `at_userinfo_alone` are left out of an id token. `unknown_at_level`: the members that a log-in at a level does not
    return. `names_itself`: issuer, client and the client's own metadata are included. `shows_birthdate`: the log-in
    page shows people's dates of birth, else their roles.
    """

    members: Callable[[Someone], dict[str, Any]]
    by_scope: Mapping[str, Sequence[str]]
    at_userinfo_alone: tuple[str, ...] = ()
    unknown_at_level: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names_itself: bool = False
    shows_birthdate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAsClient:
    """How the API platform sends people to a provider, and what it does with their log-in.

    `client_id` is the platform's own at the provider, `scope` what it requests, `default_acr` the `acr_values` for a
    client that names none; without it none are sent. `picked_by` is the scope at /authorize that selects this provider;
    the first provider without one takes all other requests. A session and its refresh token live for `session_lifetime`
    seconds. `sends_logout_tokens`: the platform accepts its logout tokens. The platform authenticates by its secret in
    the form, or by an assertion. `lent_as` is the word under which the proxy mock-jwks offers a client id and secret.
    """

    client_id: str
    scope: str = "openid"
    default_acr: str | None = None
    picked_by: str | None = None
    session_lifetime: int = 43200
    sends_logout_tokens: bool = False
    lent_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MockRealm:
    """The platform's mock realm for a provider's people, such as `Cis2-mock-internal-dev`, and its claims for them."""

    name: str
    claims: Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An identity provider.

    `name` is its word in the configuration and the control API, `people` the word for those it logs in, `path` its
    place below the base. Paths of `endpoints` are below `path`. `written_origins` says how the issuer writes an origin,
    keyed by the called origin in lower case without an implied port; other origins are written as called. `hosts` are
    the real hosts of this provider alone; with `only_at_hosts` no other name reaches it. Lifetimes are seconds;
    `expires_in` is `expires_in_short_by` seconds shorter. `assurance_claims` are numbers that a setting turns into
    text. `scope` is the default scope of a log-in; `token_members` are those of a token answer, in their order.
    `redirect_at_token_is_loose`: the redirect URI of a code is compared without case and query. `supports_pkce`: a
    client that sends a code_challenge should send its verifier, too. `client_registry` is the word for it in an app's
    `services`, `people` unless given. `ignores_scope`: userinfo ignores the scope.
    `answers_codes_alone`: its errors are codes, mostly without a sentence. `known_grants` have another refusal than
    unknown grants; `gives_refresh_tokens`: also to clients that are registered for no particular grant. Any other path
    below `realms_path` is a realm that does not exist.
    `errors` has the row for each problem, `ancestor_errors` the rows that a setting replaces them with.

    `ready_made` are the people at the start, as members of a `Person`; `userinfo_rules` says what userinfo returns.
    `access` is the word for their access to an API. `scope_mark` makes the name of a level in a scope from the claim's
    text. A client id has the form `client_id_form`, if it has one of its own, and looks like `client_id_like`;
    `host_form` is the form of its real hosts. `at_environment` are further realms of one environment. `on_platform` is
    what the API platform does with the provider, `mock_realm` its stand-in at `/oauth2-mock`.
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
    supports_pkce: bool = True
    client_registry: str = ""
    ignores_scope: bool = False
    answers_codes_alone: bool = False
    realms_path: str = ""
    errors: Mapping[Problem, ServiceError] = field(default_factory=dict)
    ancestor_errors: Mapping[Problem, ServiceError] = field(default_factory=dict)
    ready_made: tuple[Mapping[str, Any], ...] = ()
    userinfo_rules: UserinfoRules
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
        """The path of the discovery document below the base (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.path}{DISCOVERY_PATH}"

    def issuer(self, base: str) -> str:
        """Return the issuer for one of the mock's names."""
        return f"{self.written_origins.get(canonical(base).lower(), base)}{self.path}"

    @property
    def home(self) -> str:
        """The real origin as the provider's own documents write it; empty without a real host."""
        return self.issuer(f"https://{self.hosts[0]}").removesuffix(self.path) if self.hosts else ""

    def endpoint(self, name: str) -> str:
        """Return the path of an endpoint below the base: `token`, `jwks`, …."""
        return f"{self.path}{self.endpoints[name]}"

    @property
    def knows_as(self) -> str:
        """The word for this provider in the `services` of an app."""
        return self.client_registry or self.people

    @property
    def takes_client_secret(self) -> bool:
        """Whether a client may authenticate with a secret."""
        return self.proof.methods != ("private_key_jwt",)

    def has_client_id(self, value: str) -> bool:
        """Whether a value has the form of this provider's client ids, and of no other's."""
        return bool(self.client_id_form) and re.fullmatch(self.client_id_form, value) is not None

    @property
    def word(self) -> str:
        """The provider's word in scopes, logs and `_status`, such as `nhs-cis2`."""
        return word_of(self.people)

    @property
    def scope_marks(self) -> tuple[str, ...]:
        """The names of the levels in scopes, the lowest first."""
        return tuple(level.scope_mark for level in reversed([*self.levels.values()]))


def word_of(people: str) -> str:
    """Return the word for the provider of these people in scopes, logs and `_status`."""
    return f"nhs-{people.removeprefix('nhs_')}".replace("_", "-")


def mailbox(person: Someone) -> str:
    """Return the part of a person's invented e-mail address before the @."""
    return re.sub(r"[^a-z0-9.]", "", f"{person.given_name}.{person.family_name}".lower())
