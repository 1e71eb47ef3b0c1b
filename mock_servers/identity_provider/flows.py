"""Which requests a provider answers, and the order of the checks (I, but for the assertion's: S)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mock_servers.identity_provider import (
    asserted_log_in,
    client_proof,
    end_session,
    log_in_form,
    realm,
    refresh,
    token_request,
    userinfo,
)
from mock_servers.identity_provider import authorize_request as ask
from mock_servers.identity_provider.service import Exchange
from mock_servers.jose import keys
from mock_servers.provider.provider import DISCOVERY_PATH, Provider
from mock_servers.rules import Flow, Policy
from mock_servers.wire import probes
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANY, Routes, Row

AUTHORIZE: Final[Policy[Exchange]] = Policy(
    name="authorize",
    rules=(
        ask.check_authorize_method,
        ask.check_target_not_repeated,
        ask.check_client_id_present,
        ask.find_authorizing_client,
        ask.check_redirect_uri_present,
        ask.check_redirect_uri_absolute,
        ask.find_redirect_uri,
        ask.check_nothing_asked_twice,
        ask.check_state_present,
        ask.check_response_type_present,
        ask.check_response_type_code,
        ask.check_code_registered,
        ask.check_response_mode,
        ask.check_no_request,
        ask.check_no_request_uri,
        ask.check_no_registration,
        ask.check_scope_openid,
        ask.find_scopes,
        ask.check_scopes_permitted,
        ask.check_scopes_compatible,
        ask.check_nonce_present,
        ask.check_prompt,
        ask.check_max_age,
        ask.check_display,
        ask.check_vtr_readable,
        ask.find_assurances,
    ),
)
FORM: Final[Policy[Exchange]] = Policy(name="form", rules=(log_in_form.check_form_token,))
LOG_IN: Final[Policy[Exchange]] = Policy(
    name="log in",
    rules=(
        log_in_form.check_no_error_chosen,
        log_in_form.check_outcome_known,
        log_in_form.check_not_cancelled,
        log_in_form.check_provider_well,
        log_in_form.find_person,
        log_in_form.find_role,
        log_in_form.find_assurance,
        log_in_form.check_consent_given,
    ),
)
SESSION: Final[Policy[Exchange]] = Policy(
    name="session",
    rules=(ask.find_session, log_in_form.find_session_assurance, log_in_form.check_consent_not_needed),
)
ASSERTED: Final[Policy[Exchange]] = Policy(
    name="asserted log-in",
    rules=(
        asserted_log_in.decode_asserted,
        asserted_log_in.fetch_voucher,
        asserted_log_in.find_asserted_session,
        log_in_form.find_session_assurance,
        asserted_log_in.claim_asserted,
    ),
)
ASKED_FOR_TOKEN: Final[Policy[Exchange]] = Policy(
    name="token request",
    rules=(
        token_request.check_method,
        token_request.check_content_type,
        token_request.check_parameters_not_repeated,
        token_request.check_grant_type_present,
        token_request.check_grant_type_known,
        token_request.check_grant_type,
    ),
)
CLIENT: Final[Policy[Exchange]] = Policy(
    name="client",
    rules=(
        client_proof.check_one_identity,
        client_proof.find_credentials,
        client_proof.decode_assertion,
        client_proof.check_assertion_names_client,
        client_proof.check_assertion_not_by_api_key,
        client_proof.find_client,
        client_proof.check_assertion_live,
        client_proof.check_assertion_near,
        client_proof.fetch_client_keys,
        client_proof.check_assertion_key,
        client_proof.check_assertion_signature,
        client_proof.check_one_method,
        client_proof.check_assertion_audience,
        client_proof.check_method_registered,
        client_proof.check_client_secret,
        token_request.check_grant_registered,
    ),
)
CODE: Final[Policy[Exchange]] = Policy(
    name="code",
    rules=(
        token_request.check_code_present,
        token_request.check_redirect_uri_present,
        token_request.check_no_scope,
        token_request.find_code,
        token_request.check_code_of_request,
        token_request.check_code_live,
        token_request.check_code_verifier,
        token_request.claim_code,
    ),
)
REFRESH: Final[Policy[Exchange]] = Policy(
    name="refresh",
    rules=(
        refresh.check_refresh_token_present,
        refresh.find_refresh_token,
        refresh.check_refresh_token_own,
        refresh.check_refresh_token_live,
        refresh.check_refresh_scope,
        refresh.claim_refresh_token,
    ),
)
USERINFO: Final[Policy[Exchange]] = Policy(
    name="userinfo",
    rules=(
        userinfo.check_userinfo_method,
        userinfo.find_access_token,
        userinfo.check_access_token_live,
        userinfo.check_scope_userinfo,
    ),
)
METADATA: Final[Policy[Exchange]] = Policy(
    name="metadata",
    rules=(
        userinfo.find_access_token,
        userinfo.check_access_token_live,
        userinfo.check_scope_metadata,
        userinfo.find_metadata,
    ),
)
ELSEWHERE: Final[Policy[Exchange]] = Policy(name="elsewhere", rules=(realm.check_realm_known,))
END_SESSION: Final[Policy[Exchange]] = Policy(
    name="end session",
    rules=(
        end_session.check_end_session_method,
        end_session.check_id_token_hint_present,
        end_session.decode_id_token_hint,
        end_session.check_post_logout_absolute,
        end_session.check_post_logout_registered,
    ),
)


def _discovery(exchange: Exchange) -> Answer:
    issuer = exchange.service.issuer(exchange.request.base)
    document: Any = exchange.service.provider.discovery
    return Answer(status=200, body={name: _placed(value, issuer) for name, value in document.items()})


def _placed(value: Any, issuer: str) -> Any:
    return value.replace("{issuer}", issuer) if isinstance(value, str) else value


def _key_set(exchange: Exchange) -> Answer:
    service = exchange.service
    return Answer(status=200, body=keys.jwks(service.key(), alg=service.provider.signing_algorithm))


def _is_asserted(exchange: Exchange) -> bool:
    takes = exchange.service.provider.asking.takes_asserted_log_in
    return takes and exchange.ask(asserted_log_in.PARAMETER) is not None


def _is_metadata(exchange: Exchange) -> bool:
    return "client_metadata" in exchange.service.provider.asking.scopes


def _nowhere(exchange: Exchange) -> Answer:
    error = {"error": "not_found", "error_description": f"This mock has nothing at {json.dumps(exchange.request.path)}"}
    return Answer(status=404, body=error)


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(row="discovery", name="discovery", policies=(), respond=_discovery, recorded=False),
    Flow(row="jwks", name="jwks", policies=(), respond=_key_set, recorded=False),
    Flow(
        row="authorize",
        name="log in by form",
        takes=ask.is_answered_form,
        policies=(AUTHORIZE, FORM, LOG_IN),
        respond=log_in_form.completed,
    ),
    Flow(
        row="authorize",
        name="log in by another client's word",
        takes=_is_asserted,
        policies=(AUTHORIZE, ASSERTED),
        respond=log_in_form.continued,
    ),
    Flow(
        row="authorize",
        name="log in by session",
        takes=lambda exchange: exchange.ask("prompt") == "none",
        policies=(AUTHORIZE, SESSION),
        respond=log_in_form.continued,
    ),
    Flow(
        row="authorize",
        name="log in without form",
        takes=log_in_form.is_headless,
        policies=(AUTHORIZE, LOG_IN),
        respond=log_in_form.completed,
    ),
    Flow(
        row="authorize",
        name="show the form",
        policies=(AUTHORIZE,),
        respond=log_in_form.shown_or_continued,
    ),
    Flow(
        row="token",
        name="refresh",
        takes=lambda exchange: exchange.form("grant_type") == "refresh_token",
        policies=(ASKED_FOR_TOKEN, CLIENT, REFRESH),
        respond=refresh.refreshed,
    ),
    Flow(
        row="token",
        name="code",
        policies=(ASKED_FOR_TOKEN, CLIENT, CODE),
        respond=token_request.redeemed,
    ),
    Flow(row="userinfo", name="metadata", takes=_is_metadata, policies=(METADATA,), respond=userinfo.kept),
    Flow(row="userinfo", name="userinfo", policies=(USERINFO,), respond=userinfo.answer_claims),
    Flow(row="end session", name="end session", policies=(END_SESSION,), respond=end_session.ended),
    Flow(row="nowhere", name="nowhere", policies=(ELSEWHERE,), respond=_nowhere),
)
_PROBE: Final = replace(FLOWS[-1], name="probe", recorded=False)
_ORDER: Final = (_PROBE, *FLOWS)

_BY_PARAMETERS: Final = ("log in by another client's word", "log in by session")
_AUTHORIZE: Final[Row] = {
    "POST": ["log in by form", *_BY_PARAMETERS, "log in without form", "show the form"],
    "GET": [*_BY_PARAMETERS, "log in without form", "show the form"],
    "HEAD": [*_BY_PARAMETERS, "show the form"],
    ANY: [*_BY_PARAMETERS, "log in without form", "show the form"],
}
_ENDPOINTS: Final[Mapping[str, Row]] = {
    "discovery": {"GET HEAD": ["discovery"]},
    "jwks": {"GET HEAD": ["jwks"]},
    "authorize": _AUTHORIZE,
    "log_in": _AUTHORIZE,
    "token": {"POST": ["refresh", "code"], ANY: ["refresh", "code"]},
    "userinfo": {"GET": ["userinfo"], "PATCH": ["metadata", "userinfo"], ANY: ["userinfo"]},
    "end_session": {"GET": ["end session"], ANY: ["end session"]},
}
"""Which flows each endpoint has. The rules of most endpoints judge the method themselves."""

_PROBES: Final[Mapping[str, Row]] = {path: {ANY: ["probe"]} for path in probes.PATHS}
_EVERYWHERE: Final[Row] = {ANY: ["nowhere"]}

ELSEWHERE_ROUTES: Final = Routes(_ORDER, _PROBES, _EVERYWHERE)
"""Which flows the other paths of a provider's host have: nothing answers there."""


def routes_of(provider: Provider) -> Routes[Exchange]:
    """Return which flows each path of a provider has, below its own."""
    paths = {"discovery": DISCOVERY_PATH, **provider.endpoints}
    return Routes(_ORDER, {**_PROBES, **{paths[word]: _ENDPOINTS[word] for word in paths}}, _EVERYWHERE)
