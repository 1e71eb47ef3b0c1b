"""The contract of the token endpoint once more, in its order: each way to get one rule wrong, and what it is answered.

Written by hand from what is known of the real service, and apart from the mock's own list, so that a rule in the wrong
place there is seen here. Of several mistakes in one request the one that stands first in this list is answered.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, TypeAlias

from contract_tests import circumstance
from contract_tests.draft import Draft
from contract_tests.mistake import (
    act,
    app,
    assertion,
    authorize,
    callback,
    code,
    logout,
    refresh,
    request,
    subject_token,
    userinfo,
)
from contract_tests.reach import Ability

Damage: TypeAlias = Callable[[Draft], None]
Evidence: TypeAlias = Literal["S", "D", "Q", "I"]
"""S: the service's published source or its own tests. D: NHS documentation. Q: quoted by a user. I: inferred."""


class Flow(StrEnum):
    """A kind of request; each has a sound draft to begin with."""

    ROUTING = "routing"
    CLIENT_CREDENTIALS = "client_credentials"
    TOKEN_EXCHANGE = "token_exchange"
    DELEGATION = "delegation"
    REFRESH = "refresh"
    AUTHORIZE = "authorize"
    CALLBACK = "callback"
    AUTHORIZATION_CODE = "authorization_code"
    USERINFO = "userinfo"
    LOGOUT = "logout"


class Shape(StrEnum):
    """The form of a refusal; which members and headers it has is in `answers`."""

    ENVELOPE = "error, error_description and message_id"
    RATE_LIMIT = "the gateway's own members"
    REDIRECT = "a redirect to the client, with error, error_description and state"
    REDIRECT_WITHOUT_STATE = "a redirect to the client, with error and error_description"
    ALLOW_GET = "no body, and a header that allows GET"
    ALLOW_POST = "no body, and a header that allows POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """One way to break one rule.

    `row` is the place in the contract. `touches` names the parts of the draft that it changes or relies on, dotted, a
    part standing for all below it; two breakages whose parts are apart are both wrong in one request. `needs` are
    abilities of the target. `doubts` are what the real service may answer as well, since its sources disagree.
    """

    row: str
    flows: frozenset[Flow]
    status: int
    error: str | None
    sentence: str
    evidence: Evidence = "S"
    damage: Damage
    touches: frozenset[str]
    shape: Shape = Shape.ENVELOPE
    circumstance: Callable[[Draft], AbstractContextManager[None]] = circumstance.nothing
    needs: frozenset[Ability] = frozenset()
    doubts: tuple[tuple[int, str | None, str], ...] = ()

    @property
    def name(self) -> str:
        """The name of the mistake, such as `assertion-kid-absent`."""
        part = self.damage.__module__.rpartition(".")[2]
        return f"{part}-{self.damage.__name__}".replace("_", "-")

    def also(self, *damages: Damage, flows: frozenset[Flow] | None = None) -> "tuple[Breakage, ...]":
        """Return this breakage and others of the same answer and the same parts, in the same flows or in these."""
        return self, *(replace(self, damage=damage, flows=flows or self.flows) for damage in damages)

    def combines_with(self, other: "Breakage") -> bool:
        """Tell whether one request can hold both mistakes."""
        return not any(_overlap(mine, theirs) for mine in self.touches for theirs in other.touches)


def of_flow(flow: Flow) -> tuple[Breakage, ...]:
    """Return the breakages of one kind of request, in the order of the contract."""
    return tuple(breakage for breakage in BREAKAGES if flow in breakage.flows)


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _parts(*names: str) -> frozenset[str]:
    return frozenset(names)


def _flows(*flows: Flow) -> frozenset[Flow]:
    return frozenset(flows)


_ROUTING = _flows(Flow.ROUTING)
_CREDENTIALS = _flows(Flow.CLIENT_CREDENTIALS)
_EXCHANGE = _flows(Flow.TOKEN_EXCHANGE)
_EXCHANGES = _flows(Flow.TOKEN_EXCHANGE, Flow.DELEGATION)
_DELEGATION = _flows(Flow.DELEGATION)
_ASSERTED = _flows(Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE)
_REFRESH = _flows(Flow.REFRESH)
_CODE = _flows(Flow.AUTHORIZATION_CODE)
_SECRET = _flows(Flow.AUTHORIZATION_CODE, Flow.REFRESH)
_AUTHORIZE = _flows(Flow.AUTHORIZE)
_CLIENT = _flows(Flow.AUTHORIZE, Flow.AUTHORIZATION_CODE, Flow.REFRESH)
_CALLBACK = _flows(Flow.CALLBACK)
_USERINFO = _flows(Flow.USERINFO)
_LOGOUT = _flows(Flow.LOGOUT)
_AT_TOKEN = _SECRET | _flows(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION)

_SIGNED = frozenset({Ability.ID_TOKENS})
"""What a rule behind the signature needs, for claims of one's own to come so far."""

_CATCH_ALL = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)

# What a breakage of the person acting relies on: the rule looks at no other provider's tokens.
_ACTING = "subject_token.claims.iss", "subject_token.claims.nhs_number"

BREAKAGES: tuple[Breakage, ...] = (
    # Path and method come before the content type: a request that is not a POST to /token is not asked for one.
    *Breakage(
        row="§2.18",
        flows=_AT_TOKEN,
        status=404,
        error="invalid_request",
        sentence="Not Found",
        damage=request.unknown_path,
        touches=_parts("path"),
    ).also(request.trailing_slash),
    *Breakage(
        row="§2.18",
        flows=_ROUTING,
        status=404,
        error="invalid_request",
        sentence="Not Found",
        damage=request.post_to_callback,
        touches=_parts("path", "method"),
    ).also(request.post_to_userinfo, request.post_to_ping, request.get_of_logout),
    *Breakage(
        row="§2.16",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.post_to_authorize,
        touches=_parts("path", "method"),
        shape=Shape.ALLOW_GET,
    ).also(request.head_of_authorize, request.delete_of_authorize),
    *Breakage(
        row="§2.17",
        flows=_AT_TOKEN,
        status=405,
        error=None,
        sentence="",
        damage=request.get_of_token,
        touches=_parts("method"),
        shape=Shape.ALLOW_POST,
    ).also(request.put_to_token),
    *Breakage(
        row="§2.17",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.patch_of_token,
        touches=_parts("method", "headers.Origin", "headers.Access-Control-Request-Method"),
        shape=Shape.ALLOW_POST,
    ).also(request.options_without_origin, request.options_without_requested_method),
    # An answer to HEAD has no body by which a 404 could be told, so no wrong path beside it.
    Breakage(
        row="§2.17",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.head_of_token,
        touches=_parts("path", "method"),
        shape=Shape.ALLOW_POST,
    ),
    *Breakage(
        row="§2.4",
        flows=_AT_TOKEN,
        status=415,
        error="invalid_request",
        sentence="Content-Type header must be application/x-www-form-urlencoded",
        damage=request.json_content_type,
        touches=_parts("headers.Content-Type"),
    ).also(request.multipart_content_type, request.no_content_type),
    *Breakage(
        row="§2.13",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
        damage=request.no_subject_token_type,
        touches=_parts("form.subject_token_type", "form.grant_type"),
    ).also(request.access_token_as_subject_token_type),
    *Breakage(
        row="§2.13",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
        evidence="I",
        damage=request.empty_subject_token_type,
        touches=_parts("form.subject_token_type", "form.grant_type"),
    ).also(request.second_subject_token_type_right),
    *Breakage(
        row="§2.14",
        flows=_flows(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="unsupported_grant_type",
        sentence="grant_type is invalid",
        damage=request.password_grant,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ).also(request.unknown_grant_type),
    Breakage(
        row="§2.14",
        flows=_flows(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="unsupported_grant_type",
        sentence="grant_type is invalid",
        evidence="I",
        damage=request.second_grant_type_right,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ),
    *Breakage(
        row="§2.15",
        flows=_flows(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="invalid_request",
        sentence="grant_type is missing",
        damage=request.no_grant_type,
        touches=_parts("form.grant_type", "form.subject_token_type", "query"),
    ).also(request.grant_type_in_the_query),
    Breakage(
        row="§2.15",
        flows=_flows(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="invalid_request",
        sentence="grant_type is missing",
        evidence="I",
        damage=request.empty_grant_type,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ),
    # The client assertion.
    Breakage(
        row="§3.1",
        flows=_ASSERTED | _DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing or invalid client_assertion_type - must be "
        "'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
        damage=request.no_client_assertion_type,
        touches=_parts("form.client_assertion_type"),
    ),
    Breakage(
        row="§3.1",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing or invalid client_assertion_type - must be "
        "'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
        damage=request.saml_client_assertion_type,
        touches=_parts("form.client_assertion_type"),
    ),
    *Breakage(
        row="§3.1",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing or invalid client_assertion_type - must be "
        "'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
        evidence="I",
        damage=request.empty_client_assertion_type,
        touches=_parts("form.client_assertion_type"),
    ).also(request.second_client_assertion_type_right),
    Breakage(
        row="§3.2",
        flows=_ASSERTED | _DELEGATION,
        status=400,
        error="invalid_request",
        sentence="grant_type is invalid",
        damage=request.client_credentials_grant_with_an_id_token,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ),
    Breakage(
        row="§3.2",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="grant_type is invalid",
        damage=request.exchange_without_grant_type,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ),
    *Breakage(
        row="§3.2",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="grant_type is invalid",
        evidence="I",
        damage=request.exchange_with_empty_grant_type,
        touches=_parts("form.grant_type", "form.subject_token_type"),
    ).also(request.exchange_with_second_grant_type_right),
    # Without a subject token as well, the answer is that of §3.3a.
    *Breakage(
        row="§3.3",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing client_assertion",
        damage=assertion.absent,
        touches=_parts("client_assertion", "subject_token.presence", "query"),
    ).also(assertion.in_the_query),
    Breakage(
        row="§3.3",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing client_assertion",
        evidence="I",
        damage=assertion.empty,
        touches=_parts("client_assertion", "subject_token.presence"),
    ),
    Breakage(
        row="§3.3a",
        flows=_CREDENTIALS,
        status=400,
        error="invalid_request",
        sentence="Missing subject_token",
        damage=assertion.absent_with_a_subject_token_type,
        touches=_parts("client_assertion", "form.subject_token_type"),
    ),
    Breakage(
        row="§3.3a",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing subject_token",
        damage=assertion.absent_like_the_subject_token,
        touches=_parts("client_assertion", "subject_token"),
    ),
    Breakage(
        row="§3.4",
        flows=_ASSERTED | _DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in client_assertion",
        damage=assertion.opaque,
        touches=_parts("client_assertion"),
    ),
    *Breakage(
        row="§3.4",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in client_assertion",
        damage=assertion.two_parts,
        touches=_parts("client_assertion"),
    ).also(
        assertion.four_parts,
        assertion.header_not_base64url,
        assertion.header_not_json,
        assertion.header_a_list,
        assertion.claims_not_json,
        assertion.claims_a_text,
    ),
    Breakage(
        row="§3.4",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in client_assertion",
        evidence="I",
        damage=assertion.second_one_right,
        touches=_parts("client_assertion"),
    ),
    *Breakage(
        row="§3.5",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
        damage=assertion.alg_rs256,
        touches=_parts("client_assertion.header.alg"),
    ).also(assertion.alg_in_small_letters, assertion.alg_absent),
    Breakage(
        row="§3.5",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
        damage=assertion.alg_none,
        touches=_parts("client_assertion.header.alg", "client_assertion.signature"),
    ),
    *Breakage(
        row="§3.6",
        flows=_ASSERTED | _DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in client_assertion JWT - JWT has expired",
        damage=assertion.exp_a_second_ago,
        touches=_parts("client_assertion.claims.exp"),
    ).also(
        assertion.exp_past_as_text,
        assertion.exp_zero,
        assertion.exp_false,
        assertion.exp_true,
        assertion.exp_null,
        assertion.exp_empty_text,
        assertion.exp_empty_list,
        flows=_ASSERTED,
    ),
    *Breakage(
        row="§3.7",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing 'kid' header in client_assertion JWT",
        damage=assertion.kid_absent,
        touches=_parts("client_assertion.header.kid"),
    ).also(assertion.kid_empty, assertion.kid_zero, assertion.kid_null),
    *Breakage(
        row="§3.8",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'typ' header in client_assertion JWT - must be 'JWT'",
        damage=assertion.typ_absent,
        touches=_parts("client_assertion.header.typ"),
    ).also(assertion.typ_other, assertion.typ_null, assertion.typ_a_list),
    Breakage(
        row="§3.9",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing 'exp' claim in client_assertion JWT",
        damage=assertion.exp_absent,
        touches=_parts("client_assertion.claims.exp"),
    ),
    *Breakage(
        row="§3.10",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in client_assertion JWT - must be an integer",
        damage=assertion.exp_words,
        touches=_parts("client_assertion.claims.exp"),
    ).also(assertion.exp_future_as_text, assertion.exp_an_object),
    *Breakage(
        row="§3.11",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing or non-matching 'iss'/'sub' claims in client_assertion JWT",
        damage=assertion.iss_and_sub_differ,
        touches=_parts("client_assertion.claims.iss", "client_assertion.claims.sub"),
    ).also(assertion.iss_absent, assertion.sub_absent, assertion.iss_and_sub_absent, assertion.iss_and_sub_empty),
    *Breakage(
        row="§3.12",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Missing 'jti' claim in client_assertion JWT",
        damage=assertion.jti_absent,
        touches=_parts("client_assertion.claims.jti"),
    ).also(assertion.jti_empty, assertion.jti_zero, assertion.jti_null, assertion.jti_false),
    *Breakage(
        row="§3.13",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
        damage=assertion.jti_a_number,
        touches=_parts("client_assertion.claims.jti"),
    ).also(assertion.jti_an_empty_list, assertion.jti_an_empty_object),
    Breakage(
        row="§3.14",
        flows=_ASSERTED | _DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Non-unique 'jti' claim in client_assertion JWT",
        damage=assertion.jti_used_before,
        touches=_parts("client_assertion.claims.jti"),
        circumstance=circumstance.jti_spent,
    ),
    *Breakage(
        row="§3.15",
        flows=_ASSERTED,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
        damage=assertion.exp_too_far,
        touches=_parts("client_assertion.claims.exp"),
    ).also(assertion.exp_half_a_second_too_far, assertion.exp_an_hour_ahead),
    *Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=assertion.client_unknown,
        touches=_parts("client_assertion.claims.iss", "client_assertion.claims.sub"),
    ).also(assertion.client_a_number),
    Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=app.not_approved,
        touches=_parts("app.approved"),
    ),
    Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=app.key_not_approved,
        touches=_parts("app.key_approved"),
    ),
    Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=app.developer_inactive,
        touches=_parts("app.developer_active"),
    ),
    Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=app.company_inactive,
        touches=_parts("app.company_active"),
    ),
    Breakage(
        row="§3.17",
        flows=_ASSERTED,
        status=401,
        error="invalid_request",
        sentence="Invalid 'iss'/'sub' claims in client_assertion JWT",
        damage=app.not_subscribed,
        touches=_parts("app.subscribed"),
    ),
    Breakage(
        row="§3.17a",
        flows=_ASSERTED,
        status=429,
        error=None,
        sentence="Your application, Contract tests, has exceeded its quota of 1 requests every 1 minute(s) "
        "and is being rate limited.",
        evidence="I",
        damage=app.quota_of_one,
        touches=_parts("app.quota_per_minute"),
        shape=Shape.RATE_LIMIT,
        circumstance=circumstance.quota_spent,
    ),
    Breakage(
        row="§3.18",
        flows=_ASSERTED,
        status=403,
        error="public_key error",
        sentence="You need to register a public key to use this authentication method"
        " - please contact support to configure",
        damage=app.no_public_key,
        touches=_parts("app.jwks"),
    ),
    *Breakage(
        row="§3.19",
        flows=_ASSERTED,
        status=403,
        error="public_key error",
        sentence="The JWKS endpoint, for your client_assertion can't be reached",
        damage=app.jwks_not_found,
        touches=_parts("app.jwks", "app.jwks_url"),
    ).also(app.jwks_host_silent, app.jwks_host_failing),
    *Breakage(
        row="§3.19a",
        flows=_ASSERTED,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=app.jwks_a_web_page,
        touches=_parts("app.jwks", "app.jwks_url"),
    ).also(app.jwks_a_bare_key, app.jwks_keys_no_list, app.jwks_moved),
    *Breakage(
        row="§3.20",
        flows=_ASSERTED | _DELEGATION,
        status=401,
        error="invalid_request",
        sentence="Invalid 'kid' header in client_assertion JWT - no matching public key",
        damage=assertion.kid_unknown,
        touches=_parts("client_assertion.header.kid"),
    ).also(assertion.kid_a_list, flows=_ASSERTED),
    *Breakage(
        row="§3.20a",
        flows=_ASSERTED,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=app.key_too_short,
        touches=_parts("app.jwks", "app.jwks_url", "client_assertion.key"),
    ).also(app.key_of_a_curve),
    *Breakage(
        row="§3.21",
        flows=_ASSERTED | _DELEGATION,
        status=401,
        error="public_key error",
        sentence="JWT signature verification failed",
        damage=assertion.signature_turned,
        touches=_parts("client_assertion.signature"),
    ).also(assertion.signature_of_other_claims, flows=_ASSERTED),
    Breakage(
        row="§3.21",
        flows=_ASSERTED,
        status=401,
        error="public_key error",
        sentence="JWT signature verification failed",
        damage=assertion.signature_of_a_foreign_key,
        touches=_parts("client_assertion.signature", "client_assertion.key"),
    ),
    Breakage(
        row="§3.21",
        flows=_ASSERTED,
        status=401,
        error="public_key error",
        sentence="JWT signature verification failed",
        evidence="I",
        damage=assertion.signature_empty,
        touches=_parts("client_assertion.signature"),
    ),
    *Breakage(
        row="§3.22",
        flows=_ASSERTED,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=assertion.nbf_ahead,
        touches=_parts("client_assertion.claims.nbf"),
    ).also(assertion.nbf_ten_minutes_ahead),
    *Breakage(
        row="§3.22",
        flows=_ASSERTED,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=assertion.iat_ahead,
        touches=_parts("client_assertion.claims.iat"),
    ).also(assertion.iat_ten_minutes_ahead),
    *Breakage(
        row="§3.23",
        flows=_ASSERTED | _DELEGATION,
        status=401,
        error="invalid_request",
        sentence="Missing or invalid 'aud' claim in client_assertion JWT",
        damage=assertion.aud_absent,
        touches=_parts("client_assertion.claims.aud", "query"),
    ).also(
        assertion.aud_other,
        assertion.aud_with_a_slash,
        assertion.aud_the_origin,
        assertion.aud_a_list_of_others,
        assertion.aud_without_the_query,
        flows=_ASSERTED,
    ),
    # Client credentials.
    *Breakage(
        row="§4",
        flows=_CREDENTIALS,
        status=401,
        error="unauthorized_client",
        sentence="you have tried to request authorization but your application is not configured to use this "
        "authorization grant type",
        damage=app.scopes_of_people_only,
        touches=_parts("app.scopes"),
    ).also(app.no_scopes),
    # Token exchange.
    Breakage(
        row="§5.1",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing subject_token",
        damage=subject_token.absent,
        touches=_parts("subject_token"),
    ),
    Breakage(
        row="§5.1",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="Missing subject_token",
        evidence="I",
        damage=subject_token.empty,
        touches=_parts("subject_token"),
    ),
    *Breakage(
        row="§5.2",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in subject_token",
        damage=subject_token.opaque,
        touches=_parts("subject_token.header", "subject_token.claims", "subject_token.signature"),
    ).also(subject_token.two_parts, subject_token.header_not_json, subject_token.claims_a_list),
    Breakage(
        row="§5.2",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in subject_token",
        evidence="I",
        damage=subject_token.second_one_right,
        touches=_parts("subject_token"),
    ),
    *Breakage(
        row="§5.3",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing 'kid' header in subject_token JWT",
        damage=subject_token.kid_absent,
        touches=_parts("subject_token.header.kid"),
    ).also(subject_token.kid_empty),
    *Breakage(
        row="§5.4",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Invalid 'typ' header in subject_token JWT - must be 'JWT'",
        damage=subject_token.typ_absent,
        touches=_parts("subject_token.header.typ"),
    ).also(subject_token.typ_other),
    Breakage(
        row="§5.5",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing 'alg' header in subject_token JWT",
        damage=subject_token.alg_absent,
        touches=_parts("subject_token.header.alg"),
    ),
    *Breakage(
        row="§5.6",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing 'exp' claim in subject_token JWT",
        damage=subject_token.exp_absent,
        touches=_parts("subject_token.claims.exp"),
    ).also(subject_token.exp_zero, subject_token.exp_empty_text),
    *Breakage(
        row="§5.7",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in subject_token JWT - must be an integer",
        damage=subject_token.exp_as_text,
        touches=_parts("subject_token.claims.exp"),
    ).also(subject_token.exp_past_as_text, subject_token.exp_true),
    Breakage(
        row="§5.8",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in subject_token JWT - JWT has expired",
        damage=subject_token.expired,
        touches=_parts("subject_token.claims.exp"),
    ),
    Breakage(
        row="§5.9",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing 'iss' claim in subject_token JWT",
        damage=subject_token.iss_absent,
        touches=_parts("subject_token.claims.iss"),
    ),
    Breakage(
        row="§5.10",
        flows=_EXCHANGES,
        status=401,
        error="invalid_request",
        sentence="Missing 'aud' claim in subject_token JWT",
        damage=subject_token.aud_absent,
        touches=_parts("subject_token.claims.aud"),
    ),
    # The person acting for a patient.
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=act.opaque,
        touches=_parts("subject_token.claims.act", *_ACTING),
    ),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'kid' header in act.sub JWT",
        damage=act.kid_absent,
        touches=_parts("subject_token.claims.act.header.kid", *_ACTING),
    ),
    *Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Invalid 'typ' header in act.sub JWT - must be 'JWT'",
        damage=act.typ_absent,
        touches=_parts("subject_token.claims.act.header.typ", *_ACTING),
    ).also(act.typ_other),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'alg' header in act.sub JWT",
        damage=act.alg_absent,
        touches=_parts("subject_token.claims.act.header.alg", *_ACTING),
    ),
    *Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'exp' claim in act.sub JWT",
        damage=act.exp_absent,
        touches=_parts("subject_token.claims.act.claims.exp", *_ACTING),
    ).also(act.exp_zero),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Invalid 'exp' claim in act.sub JWT - must be an integer",
        damage=act.exp_as_text,
        touches=_parts("subject_token.claims.act.claims.exp", *_ACTING),
    ),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'iss' claim in act.sub JWT",
        damage=act.iss_absent,
        touches=_parts("subject_token.claims.act.claims.iss", *_ACTING),
    ),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'aud' claim in act.sub JWT",
        damage=act.aud_absent,
        touches=_parts("subject_token.claims.act.claims.aud", *_ACTING),
    ),
    Breakage(
        row="§5.11",
        flows=_DELEGATION,
        status=400,
        error="invalid_request",
        sentence="Missing 'nhs_number' claim in act.sub JWT",
        damage=act.nhs_number_absent,
        touches=_parts("subject_token.claims.act.claims.nhs_number", *_ACTING),
    ),
    *Breakage(
        row="§5.12",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="Missing or non-matching 'iss' claim in subject_token JWT",
        damage=subject_token.iss_of_a_stranger,
        touches=_parts("subject_token.claims.iss"),
    ).also(subject_token.iss_with_a_slash),
    Breakage(
        row="§5.13",
        flows=_EXCHANGE,
        status=500,
        error="unknown_error",
        sentence=_CATCH_ALL,
        damage=subject_token.kid_not_yet_fetched,
        touches=_parts("subject_token.header.kid"),
        circumstance=circumstance.cis2_keys_unreachable,
        needs=frozenset({Ability.FAULTS}),
    ),
    Breakage(
        row="§5.14",
        flows=_EXCHANGES,
        status=401,
        error="invalid_request",
        sentence="Invalid 'kid' header in subject_token JWT - no matching public key",
        damage=subject_token.kid_unknown,
        touches=_parts("subject_token.header.kid"),
    ),
    *Breakage(
        row="§5.15",
        flows=_EXCHANGES,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=subject_token.alg_hs256,
        touches=_parts("subject_token.header.alg"),
    ).also(subject_token.alg_rs384),
    Breakage(
        row="§5.15",
        flows=_EXCHANGES,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=subject_token.alg_none,
        touches=_parts("subject_token.header.alg", "subject_token.signature"),
    ),
    *Breakage(
        row="§5.16",
        flows=_EXCHANGES,
        status=401,
        error="public_key error",
        sentence="JWT signature verification failed",
        damage=subject_token.signature_turned,
        touches=_parts("subject_token.signature"),
    ).also(subject_token.signature_of_other_claims, subject_token.signature_of_the_app),
    Breakage(
        row="§5.16",
        flows=_EXCHANGE,
        status=401,
        error="public_key error",
        sentence="JWT signature verification failed",
        evidence="I",
        damage=subject_token.signature_empty,
        touches=_parts("subject_token.signature"),
    ),
    Breakage(
        row="§5.17",
        flows=_EXCHANGES,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=subject_token.nbf_ahead,
        touches=_parts("subject_token.claims.nbf"),
        needs=_SIGNED,
    ),
    Breakage(
        row="§5.17",
        flows=_EXCHANGES,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=subject_token.iat_ahead,
        touches=_parts("subject_token.claims.iat"),
        needs=_SIGNED,
    ),
    *Breakage(
        row="§5.18",
        flows=_EXCHANGES,
        status=401,
        error="unauthorized_client",
        sentence="you have tried to request authorization but your application is not configured to use this "
        "authorization grant type",
        damage=app.scopes_of_lower_levels,
        touches=_parts("app.scopes", "subject_token.claims.identity_proofing_level"),
    ).also(app.scopes_of_the_app_only, app.no_scopes),
    Breakage(
        row="§5.18a",
        flows=_DELEGATION,
        status=500,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=subject_token.identity_proofing_level_absent,
        touches=_parts("subject_token.claims.identity_proofing_level"),
        needs=_SIGNED,
    ),
    # Clients that name themselves.
    Breakage(
        row="§6 client_id absent",
        flows=_SECRET,
        status=401,
        error="invalid_request",
        sentence="client_id is missing",
        damage=refresh.client_id_absent,
        touches=_parts("form.client_id"),
    ),
    Breakage(
        row="§6 client_id absent",
        flows=_SECRET,
        status=401,
        error="invalid_request",
        sentence="client_id is missing",
        evidence="I",
        damage=refresh.client_id_empty,
        touches=_parts("form.client_id"),
    ),
    Breakage(
        row="§6 client_id unknown",
        flows=_SECRET,
        status=401,
        error="invalid_client",
        sentence="client_id or client_secret is invalid",
        damage=refresh.client_id_unknown,
        touches=_parts("form.client_id"),
    ),
    Breakage(
        row="§6 authorize client_id absent",
        flows=_AUTHORIZE,
        status=401,
        error="invalid_request",
        sentence="client_id is missing",
        damage=authorize.client_id_absent,
        touches=_parts("asked.client_id"),
    ),
    Breakage(
        row="§6 authorize client_id absent",
        flows=_AUTHORIZE,
        status=401,
        error="invalid_request",
        sentence="client_id is missing",
        evidence="I",
        damage=authorize.client_id_empty,
        touches=_parts("asked.client_id"),
    ),
    Breakage(
        row="§6 authorize client_id unknown",
        flows=_AUTHORIZE,
        status=401,
        error="invalid_request",
        sentence="client_id is invalid",
        damage=authorize.client_id_unknown,
        touches=_parts("asked.client_id"),
    ),
    Breakage(
        row="§6 app revoked",
        flows=_CLIENT,
        status=401,
        error="access_denied",
        sentence="The developer app associated with the API key is not approved or revoked",
        damage=app.not_approved,
        touches=_parts("app.approved"),
    ),
    Breakage(
        row="§6 developer inactive",
        flows=_CLIENT,
        status=401,
        error="access_denied",
        sentence="The developer who created the developer app that has the API key you are using "
        "has an inactive status",
        damage=app.developer_inactive,
        touches=_parts("app.developer_active"),
    ),
    Breakage(
        row="§6 company inactive",
        flows=_CLIENT,
        status=401,
        error="access_denied",
        sentence="The company associated with the developer app that has the API key you are using "
        "has an inactive status",
        damage=app.company_inactive,
        touches=_parts("app.company_active"),
    ),
    Breakage(
        row="§6 key revoked",
        flows=_CLIENT,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=app.key_not_approved,
        touches=_parts("app.key_approved"),
    ),
    Breakage(
        row="§6 not subscribed",
        flows=_CLIENT,
        status=401,
        error="access_denied",
        sentence="API Key supplied does not have access to this resource. Please check the API Key you are using "
        "belongs to an app which has sufficient access to access this resource.",
        damage=app.not_subscribed,
        touches=_parts("app.subscribed"),
    ),
    Breakage(
        row="§6 client_secret absent",
        flows=_SECRET,
        status=401,
        error="invalid_request",
        sentence="client_secret is missing",
        damage=refresh.client_secret_absent,
        touches=_parts("form.client_secret"),
    ),
    Breakage(
        row="§6 client_secret absent",
        flows=_SECRET,
        status=401,
        error="invalid_request",
        sentence="client_secret is missing",
        evidence="I",
        damage=refresh.client_secret_empty,
        touches=_parts("form.client_secret"),
    ),
    Breakage(
        row="§6 client_secret wrong",
        flows=_SECRET,
        status=401,
        error="invalid_client",
        sentence="client_id or client_secret is invalid",
        damage=refresh.client_secret_wrong,
        touches=_parts("form.client_secret"),
    ),
    Breakage(
        row="§6 client_secret wrong",
        flows=_SECRET,
        status=401,
        error="invalid_client",
        sentence="client_id or client_secret is invalid",
        evidence="I",
        damage=refresh.second_client_secret_right,
        touches=_parts("form.client_secret"),
    ),
    Breakage(
        row="§6 quota",
        flows=_CLIENT,
        status=429,
        error=None,
        sentence="Your application, Contract tests, has exceeded its quota of 1 requests every 1 minute(s) "
        "and is being rate limited.",
        evidence="I",
        damage=app.quota_of_one,
        touches=_parts("app.quota_per_minute"),
        shape=Shape.RATE_LIMIT,
        circumstance=circumstance.quota_spent,
    ),
    # Authorize, callback, code.
    Breakage(
        row="§6 authorize redirect_uri absent",
        flows=_AUTHORIZE,
        status=400,
        error="invalid_request",
        sentence="redirect_uri is missing",
        damage=authorize.redirect_uri_absent,
        touches=_parts("asked.redirect_uri"),
    ),
    *Breakage(
        row="§6 authorize redirect_uri not the app's",
        flows=_AUTHORIZE,
        status=400,
        error="invalid_request",
        sentence="redirect_uri is invalid",
        damage=authorize.redirect_uri_foreign,
        touches=_parts("asked.redirect_uri"),
    ).also(
        authorize.redirect_uri_with_a_slash,
        authorize.redirect_uri_in_capitals,
        authorize.redirect_uri_with_a_port,
    ),
    Breakage(
        row="§6 authorize state absent",
        flows=_AUTHORIZE,
        status=302,
        error="invalid_request",
        sentence="state is missing",
        damage=authorize.state_absent,
        touches=_parts("asked.state"),
        shape=Shape.REDIRECT_WITHOUT_STATE,
    ),
    Breakage(
        row="§6 authorize state absent",
        flows=_AUTHORIZE,
        status=302,
        error="invalid_request",
        sentence="state is missing",
        evidence="I",
        damage=authorize.state_empty,
        touches=_parts("asked.state"),
        shape=Shape.REDIRECT_WITHOUT_STATE,
    ),
    Breakage(
        row="§6 authorize response_type absent",
        flows=_AUTHORIZE,
        status=302,
        error="invalid_request",
        sentence="response_type is missing",
        damage=authorize.response_type_absent,
        touches=_parts("asked.response_type"),
        shape=Shape.REDIRECT,
    ),
    *Breakage(
        row="§6 authorize response_type other",
        flows=_AUTHORIZE,
        status=302,
        error="unsupported_response_type",
        sentence="response_type is invalid",
        damage=authorize.response_type_token,
        touches=_parts("asked.response_type"),
        shape=Shape.REDIRECT,
    ).also(authorize.response_type_code_and_id_token),
    *Breakage(
        row="§6 callback state",
        flows=_CALLBACK,
        status=400,
        error="invalid_request",
        sentence="Invalid state parameter.",
        damage=callback.state_unknown,
        touches=_parts("asked.state"),
    ).also(callback.state_absent, callback.state_of_the_client),
    Breakage(
        row="§6 callback state",
        flows=_CALLBACK,
        status=400,
        error="invalid_request",
        sentence="Invalid state parameter.",
        damage=callback.state_used_before,
        touches=_parts("asked"),
    ),
    Breakage(
        row="§6 callback error",
        flows=_CALLBACK,
        status=500,
        error="unknown_error",
        sentence=_CATCH_ALL,
        evidence="I",
        damage=callback.error_of_the_provider,
        touches=_parts("asked.error"),
    ),
    *Breakage(
        row="§6 callback no id token",
        flows=_CALLBACK,
        status=400,
        error="invalid_request",
        sentence="Missing client_assertion",
        evidence="I",
        damage=callback.code_never_issued,
        touches=_parts("asked.code"),
    ).also(callback.code_absent),
    Breakage(
        row="§6 code redirect_uri absent",
        flows=_CODE,
        status=400,
        error="invalid_request",
        sentence="redirect_uri is missing",
        damage=code.redirect_uri_absent,
        touches=_parts("form.redirect_uri"),
    ),
    *Breakage(
        row="§6 code redirect_uri not the app's",
        flows=_CODE,
        status=400,
        error="invalid_request",
        sentence="redirect_uri is invalid",
        damage=code.redirect_uri_foreign,
        touches=_parts("form.redirect_uri"),
    ).also(code.redirect_uri_with_a_slash),
    Breakage(
        row="§6 code absent",
        flows=_CODE,
        status=400,
        error="invalid_request",
        sentence="authorization_code is missing",
        damage=code.code_absent,
        touches=_parts("form.code"),
    ),
    Breakage(
        row="§6 code absent",
        flows=_CODE,
        status=400,
        error="invalid_request",
        sentence="authorization_code is missing",
        evidence="I",
        damage=code.code_empty,
        touches=_parts("form.code"),
    ),
    *Breakage(
        row="§6 code unknown",
        flows=_CODE,
        status=400,
        error="invalid_grant",
        sentence="authorization_code is invalid",
        damage=code.code_unknown,
        touches=_parts("form.code"),
    ).also(code.code_used_before),
    Breakage(
        row="§6 code unknown",
        flows=_CODE,
        status=400,
        error="invalid_grant",
        sentence="authorization_code is invalid",
        evidence="I",
        damage=code.code_too_old,
        touches=_parts("form.code"),
    ),
    # Refresh.
    Breakage(
        row="§6 refresh_token absent",
        flows=_REFRESH,
        status=400,
        error="invalid_request",
        sentence="refresh_token is missing",
        damage=refresh.token_absent,
        touches=_parts("form.refresh_token"),
    ),
    Breakage(
        row="§6 refresh_token absent",
        flows=_REFRESH,
        status=400,
        error="invalid_request",
        sentence="refresh_token is missing",
        evidence="I",
        damage=refresh.token_empty,
        touches=_parts("form.refresh_token"),
    ),
    *Breakage(
        row="§6 refresh_token unknown",
        flows=_REFRESH,
        status=401,
        error="invalid_grant",
        sentence="refresh_token is invalid",
        damage=refresh.token_unknown,
        touches=_parts("form.refresh_token"),
    ).also(refresh.token_used_before),
    *Breakage(
        row="§6 refresh_token expired",
        flows=_REFRESH,
        status=401,
        error="invalid_grant",
        sentence="refresh token refresh period has expired",
        damage=refresh.token_expired,
        touches=_parts("form.refresh_token"),
    ).also(refresh.session_over),
    # Userinfo and logout.
    *Breakage(
        row="§6 userinfo no live token",
        flows=_USERINFO,
        status=401,
        error="unknown_error",
        sentence=_CATCH_ALL,
        damage=userinfo.token_absent,
        touches=_parts("headers.Authorization"),
    ).also(userinfo.token_empty, userinfo.token_unknown, userinfo.token_expired),
    *Breakage(
        row="§6 userinfo other token",
        flows=_USERINFO,
        status=400,
        error="invalid_request",
        sentence="The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for "
        "NHS CIS2 authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/"
        "security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation",
        damage=userinfo.token_of_an_application,
        touches=_parts("headers.Authorization"),
    ).also(userinfo.token_of_an_exchange, userinfo.token_of_a_patient),
    Breakage(
        row="§7 no token",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Missing client_assertion",
        evidence="I",
        damage=logout.token_absent,
        touches=_parts("logout_token"),
    ),
    Breakage(
        row="§7 malformed",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Malformed JWT in logout_token",
        damage=logout.token_opaque,
        touches=_parts("logout_token"),
    ),
    *Breakage(
        row="§7 aud",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Missing/invalid aud claim in JWT",
        damage=logout.aud_absent,
        touches=_parts("logout_token.claims.aud"),
    ).also(logout.aud_of_another, logout.aud_second),
    *Breakage(
        row="§7 iss",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Missing/invalid iss claim in JWT",
        damage=logout.iss_absent,
        touches=_parts("logout_token.claims.iss"),
    ).also(logout.iss_of_a_stranger),
    *Breakage(
        row="§7 sid",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Missing sid claim in JWT",
        damage=logout.sid_absent,
        touches=_parts("logout_token.claims.sid"),
    ).also(logout.sid_empty),
    *Breakage(
        row="§7 events",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Missing/invalid events claim in JWT",
        damage=logout.events_absent,
        touches=_parts("logout_token.claims.events"),
    ).also(logout.events_other),
    Breakage(
        row="§7 nonce",
        flows=_LOGOUT,
        status=400,
        error="invalid_request",
        sentence="Prohibited nonce claim in JWT",
        damage=logout.nonce_present,
        touches=_parts("logout_token.claims.nonce"),
    ),
    Breakage(
        row="§7 signature",
        flows=_LOGOUT,
        status=400,
        error="bad_request",
        sentence="Unable to verify JWT",
        damage=logout.kid_unknown,
        touches=_parts("logout_token.header.kid"),
    ),
    Breakage(
        row="§7 signature",
        flows=_LOGOUT,
        status=400,
        error="bad_request",
        sentence="Unable to verify JWT",
        damage=logout.alg_none,
        touches=_parts("logout_token.header.alg"),
    ),
    Breakage(
        row="§7 sid unknown",
        flows=_LOGOUT,
        status=501,
        error="not_implemented",
        sentence="SID not found",
        damage=logout.sid_unknown,
        touches=_parts("logout_token.claims.sid"),
    ),
)
