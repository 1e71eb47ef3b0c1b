"""THE ORDER. Which flow takes a request (the first at its path whose condition holds), and each check, top to bottom.

Policies are grouped as the contract groups them; the sentence of each rule stands in `errors`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final

from mock_servers.apim import (
    authorization_code,
    authorize,
    callback,
    client,
    client_assertion,
    client_secret,
    errors,
    logout,
    monitoring,
    refresh,
    request_form,
    scopes,
    subject_token,
    tokens,
    userinfo,
)
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.request_form import ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.rules import Flow, Policy, Rule, anything, rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANY, Routes

ASSERTION: Final = (
    client_assertion.decode_client_assertion,
    client_assertion.check_client_assertion_alg,
    client_assertion.check_client_assertion_not_expired,
    client_assertion.find_client_assertion_kid,
    client_assertion.check_client_assertion_typ,
    client_assertion.check_client_assertion_exp_present,
    client_assertion.find_client_assertion_exp,
    client_assertion.find_client_id,
    client_assertion.check_client_assertion_jti_present,
    client_assertion.find_client_assertion_jti,
    client_assertion.check_client_assertion_jti_fresh,
    client_assertion.check_client_assertion_exp_near,
    client_assertion.claim_client_assertion_jti,
)
"""§3.4 to §3.16."""

APP: Final = (
    client.check_client_known_to_sandbox,
    client.find_app,
    client.claim_quota,
)
"""§3.17 and §3.17a."""

APP_KEY: Final = (
    client.check_public_key_registered,
    client.fetch_app_jwks,
    client.check_app_jwks_readable,
    client.find_app_jwk,
    client.decode_app_key,
    client_assertion.check_client_assertion_signature,
    client_assertion.check_client_assertion_begun,
    client_assertion.check_client_assertion_aud,
)
"""§3.18 to §3.23."""

CLIENT_ASSERTION: Final[tuple[Policy[Exchange], ...]] = (
    Policy(name="ValidateClientAssertion", rules=ASSERTION),
    Policy(name="VerifyAPIKey", rules=APP),
    Policy(name="VerifyClientAssertion", rules=APP_KEY),
)

APP_STATUS: Final = (
    client_secret.check_app_approved,
    client_secret.check_developer_active,
    client_secret.check_company_active,
    client_secret.check_key_approved,
    client_secret.check_app_subscribed,
)
"""What Apigee says of an API key that it knows, the status first."""

CLIENT_SECRET: Final[Policy[Exchange]] = Policy(
    name="ValidateClientSecret",
    rules=(
        client_secret.check_client_id_present,
        client_secret.find_app_by_client_id,
        *APP_STATUS,
        client.claim_quota,
        client_secret.check_client_secret_present,
        client_secret.check_client_secret,
    ),
)

SUBJECT_TOKEN: Final[tuple[Policy[Exchange], ...]] = (
    Policy(
        name="ValidateSubjectToken",
        rules=(
            subject_token.check_subject_token_present,
            subject_token.decode_subject_token,
            *subject_token.SUBJECT_TOKEN_CHECKS,
        ),
    ),
    Policy(
        name="ValidateActorToken",
        rules=(
            subject_token.decode_actor_token,
            *subject_token.ACTOR_TOKEN_CHECKS,
            subject_token.check_actor_nhs_number,
        ),
    ),
    Policy(
        name="VerifySubjectToken",
        rules=(
            subject_token.find_provider,
            subject_token.fetch_provider_jwks,
            subject_token.find_provider_jwk,
            subject_token.check_subject_token_alg,
            subject_token.check_subject_token_signature,
            subject_token.check_subject_token_begun,
        ),
    ),
    Policy(name="FilterScopes", rules=(subject_token.check_proofing_level, scopes.find_user_scopes)),
)

AUTHORIZE: Final[tuple[Policy[Exchange], ...]] = (
    Policy(
        name="VerifyAPIKey",
        rules=(
            authorize.check_client_id_in_query,
            authorize.find_app_of_query,
            *APP_STATUS,
            client.claim_quota,
        ),
    ),
    Policy(
        name="ValidateAuthorizeRequest",
        rules=(
            authorize.check_redirect_uri_in_query,
            authorize.find_redirect_uri,
            authorize.check_state_present,
            authorize.check_response_type_present,
            authorize.check_response_type,
        ),
    ),
)

CALLBACK: Final[tuple[Policy[Exchange], ...]] = (
    Policy(
        name="ValidateState",
        rules=(
            callback.find_pending,
            callback.check_pending_live,
            callback.claim_state,
        ),
    ),
    Policy(name="VerifyAPIKey", rules=(callback.find_app_of_pending, *APP_STATUS, client.claim_quota)),
    Policy(
        name="RedeemExternalCode",
        rules=(callback.check_provider_error, callback.fetch_provider_tokens, callback.check_external_id_token_present),
    ),
    Policy(
        name="VerifyExternalIdToken",
        rules=(
            callback.decode_external_id_token,
            callback.check_external_aud,
            callback.check_external_iss_present,
            callback.check_external_iss,
            subject_token.fetch_provider_jwks,
            callback.find_external_jwk,
            callback.check_external_alg,
            callback.check_external_signature,
            callback.check_external_in_time,
        ),
    ),
    Policy(name="FilterScopes", rules=(subject_token.check_proofing_level, scopes.find_user_scopes)),
)

AUTHORIZATION_CODE: Final[Policy[Exchange]] = Policy(
    name="GenerateAccessToken",
    rules=(
        authorization_code.check_redirect_uri_in_form,
        authorization_code.check_redirect_uri_registered,
        authorization_code.check_code_present,
        authorization_code.find_code,
        authorization_code.check_redirect_uri_of_log_in,
        authorization_code.check_code_live,
        authorization_code.claim_code,
    ),
)

USERINFO: Final[tuple[Policy[Exchange], ...]] = (
    Policy(
        name="OauthV2.VerifyAccessToken",
        rules=(
            userinfo.find_bearer,
            userinfo.find_token,
            userinfo.check_token_not_revoked,
            userinfo.check_token_live,
            userinfo.check_app_of_token,
            client.claim_quota,
        ),
    ),
    Policy(
        name="GetUserinfo",
        rules=(userinfo.find_combined_session, userinfo.fetch_userinfo, userinfo.check_userinfo_given),
    ),
)

LOGOUT: Final[Policy[Exchange]] = Policy(
    name="ValidateLogoutToken",
    rules=(
        logout.check_logout_token_present,
        logout.decode_logout_token,
        logout.check_logout_aud,
        logout.find_logout_provider,
        logout.check_logout_sid_present,
        logout.check_logout_events,
        logout.check_logout_nonce_absent,
        logout.fetch_logout_jwks,
        logout.find_logout_jwk,
        logout.check_logout_signature,
        logout.check_logout_in_time,
        logout.claim_session_end,
    ),
)

REFRESH_TOKEN: Final[Policy[Exchange]] = Policy(
    name="RefreshAccessToken",
    rules=(
        refresh.check_refresh_token_present,
        refresh.find_refresh_token,
        refresh.check_refresh_token_not_revoked,
        refresh.check_refresh_token_live,
        refresh.claim_refresh_token,
        refresh.check_session_of_refresh_token,
    ),
)


def _grant(name: str) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.form("grant_type") == name


def _is_token_exchange(exchange: Exchange) -> bool:
    return exchange.form("subject_token_type") == ID_TOKEN_TYPE


def _is_pre_flight(exchange: Exchange) -> bool:
    headers = exchange.request.headers
    return "origin" in headers and "access-control-request-method" in headers


def _refusal(row: str, name: str, takes: Callable[[Exchange], bool], rule: Rule[Exchange]) -> Flow[Exchange, Answer]:
    """Return a flow that only ever refuses."""
    policies = (Policy(name=name, rules=(rule,)),)
    return Flow(row=row, name=name, takes=takes, policies=policies)


@rejects(errors.BODY_TOO_LARGE)
def check_body_size(_: Exchange) -> str | None:
    """Before any flow: a body beyond the limit is not read at all."""
    return "The body is larger than 1 MiB, which is all that this mock reads. A token request has some kilobytes."


_CHECK_FORM: Final[Sequence[Rule[Exchange]]] = (request_form.check_client_assertion_type,)
_CHECK_ASSERTION_THERE: Final[Sequence[Rule[Exchange]]] = (
    request_form.check_subject_token_beside_assertion,
    request_form.check_client_assertion_present,
)

FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    _refusal("§1", "body-too-large", lambda exchange: exchange.request.oversized, check_body_size),
    Flow(
        row="§2.1",
        name="ping",
        policies=(),
        respond=monitoring.ping,
        recorded=False,
    ),
    Flow(
        row="§2.2",
        name="status",
        policies=(Policy(name="CheckStatusKey", rules=(monitoring.check_status_key,)),),
        respond=monitoring.status,
        recorded=False,
    ),
    Flow(
        row="§2.3",
        name="authorize",
        policies=AUTHORIZE,
        respond=authorize.send_to_provider,
    ),
    _refusal(
        "§2.4",
        "content-type",
        lambda exchange: not request_form.is_form(exchange),
        request_form.check_content_type_form,
    ),
    Flow(
        row="§2.5",
        name="client-credentials",
        takes=lambda exchange: exchange.form("grant_type") == "client_credentials" and not _is_token_exchange(exchange),
        policies=(
            Policy(name="ValidateTokenRequest", rules=(*_CHECK_FORM, *_CHECK_ASSERTION_THERE)),
            *CLIENT_ASSERTION,
            Policy(name="FilterScopes", rules=(scopes.find_app_scopes,)),
        ),
        respond=tokens.application_token,
    ),
    Flow(
        row="§2.6",
        name="token-exchange",
        takes=_is_token_exchange,
        policies=(
            Policy(
                name="ValidateTokenRequest",
                rules=(*_CHECK_FORM, request_form.check_grant_type_token_exchange, *_CHECK_ASSERTION_THERE),
            ),
            *CLIENT_ASSERTION,
            *SUBJECT_TOKEN,
        ),
        respond=tokens.exchanged_token,
    ),
    Flow(
        row="§2.7",
        name="backchannel-logout",
        policies=(LOGOUT,),
        respond=logout.logged_out,
    ),
    Flow(
        row="§2.8",
        name="authorization-code",
        takes=_grant("authorization_code"),
        policies=(CLIENT_SECRET, AUTHORIZATION_CODE),
        respond=tokens.code_token,
    ),
    Flow(
        row="§2.9",
        name="refresh",
        takes=_grant("refresh_token"),
        policies=(CLIENT_SECRET, REFRESH_TOKEN),
        respond=tokens.refreshed_token,
    ),
    Flow(
        row="§2.10",
        name="callback",
        policies=CALLBACK,
        respond=callback.send_back,
    ),
    Flow(
        row="§2.11",
        name="userinfo",
        policies=USERINFO,
        respond=userinfo.pass_on,
    ),
    Flow(row="§2.12", name="pre-flight", takes=_is_pre_flight, policies=(), respond=monitoring.pre_flight),
    _refusal("§2.13", "subject-token-type", _grant(TOKEN_EXCHANGE), request_form.check_subject_token_type_id_token),
    _refusal(
        "§2.14",
        "grant-type-unsupported",
        lambda exchange: "grant_type" in exchange.request.form,
        request_form.check_grant_type_supported,
    ),
    _refusal("§2.15", "grant-type-missing", anything, request_form.check_grant_type_present),
    _refusal("§2.16", "authorize-method", anything, request_form.check_authorize_method),
    _refusal("§2.17", "token-method", anything, request_form.check_token_method),
    _refusal("§2.18", "not-found", anything, request_form.check_path_known),
)
"""Each row of the flow table, in its order; the guard before them is the mock's own."""

ROUTES: Final = Routes(
    FLOWS,
    {
        "/_ping": {"GET HEAD": ["ping"]},
        "/_status": {"GET HEAD": ["status"]},
        "/authorize": {"GET": ["authorize"], ANY: ["authorize-method"]},
        "/token": {
            "POST": [
                *("content-type", "client-credentials", "token-exchange", "authorization-code", "refresh"),
                *("subject-token-type", "grant-type-unsupported", "grant-type-missing"),
            ],
            ANY: ["token-method"],
        },
        "/backchannel_logout": {"POST": ["backchannel-logout"]},
        "/callback": {"GET": ["callback"]},
        "/userinfo": {"GET": ["userinfo"]},
    },
    everywhere={"OPTIONS": ["pre-flight"], ANY: ["body-too-large", "not-found"]},
)
"""Which flows each path has, below `/oauth2` and `/oauth2-mock`."""


def reach_quota(exchange: Exchange, flow: Flow[Exchange, Answer]) -> None:
    """Judge an exchange as far as its client's quota, for what is used up on the way there: a jti, a state."""
    rules = (rule for policy in flow.policies for rule in policy.rules)
    for rule in itertools.takewhile(lambda rule: rule is not client.claim_quota, rules):
        if rule.objection(exchange) is not None:
            return
