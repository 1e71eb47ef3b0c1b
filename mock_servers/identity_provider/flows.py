"""Which requests a provider answers, and the order of the checks (I, but for the assertion's: S)."""

from __future__ import annotations

import json
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
from mock_servers.rules import Flow, Policy
from mock_servers.wire.probes import is_probe
from mock_servers.wire.request import Answer

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


def _asks(endpoint: str) -> Any:
    def takes(exchange: Exchange) -> bool:
        provider = exchange.service.provider
        path = "/.well-known/openid-configuration" if endpoint == "discovery" else provider.endpoints[endpoint]
        return exchange.request.path == path and exchange.request.method in ("GET", "HEAD")

    return takes


def _at(exchange: Exchange, *endpoints: str) -> bool:
    known = exchange.service.provider.endpoints
    return exchange.request.path in [known[name] for name in endpoints if name in known]


def _at_authorize(exchange: Exchange) -> bool:
    return _at(exchange, "authorize", "log_in")


def _is_log_in(exchange: Exchange) -> bool:
    return _at_authorize(exchange) and exchange.request.method == "POST" and ask.is_answered_form(exchange)


def _is_asserted(exchange: Exchange) -> bool:
    takes = exchange.service.provider.asking.takes_asserted_log_in
    return takes and _at_authorize(exchange) and exchange.ask(asserted_log_in.PARAMETER) is not None


def _is_headless(exchange: Exchange) -> bool:
    return _at_authorize(exchange) and exchange.request.method != "HEAD" and log_in_form.is_headless(exchange)


def _is_metadata(exchange: Exchange) -> bool:
    takes = "client_metadata" in exchange.service.provider.asking.scopes
    return _at(exchange, "userinfo") and exchange.request.method == "PATCH" and takes


def _nowhere(exchange: Exchange) -> Answer:
    error = {"error": "not_found", "error_description": f"This mock has nothing at {json.dumps(exchange.request.path)}"}
    return Answer(status=404, body=error)


NOWHERE: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(
        row="nowhere",
        name="probe",
        takes=lambda exchange: is_probe(exchange.request.path),
        policies=(ELSEWHERE,),
        respond=_nowhere,
        recorded=False,
    ),
    Flow(row="nowhere", name="nowhere", takes=lambda _: True, policies=(ELSEWHERE,), respond=_nowhere),
)
"""What is at no endpoint; what browsers and wait scripts try by themselves leaves no record."""

FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(row="discovery", name="discovery", takes=_asks("discovery"), policies=(), respond=_discovery, recorded=False),
    Flow(row="jwks", name="jwks", takes=_asks("jwks"), policies=(), respond=_key_set, recorded=False),
    Flow(
        row="authorize",
        name="log in by form",
        takes=_is_log_in,
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
        takes=lambda exchange: _at_authorize(exchange) and exchange.ask("prompt") == "none",
        policies=(AUTHORIZE, SESSION),
        respond=log_in_form.continued,
    ),
    Flow(
        row="authorize",
        name="log in without form",
        takes=_is_headless,
        policies=(AUTHORIZE, LOG_IN),
        respond=log_in_form.completed,
    ),
    Flow(
        row="authorize",
        name="show the form",
        takes=_at_authorize,
        policies=(AUTHORIZE,),
        respond=log_in_form.shown_or_continued,
    ),
    Flow(
        row="token",
        name="refresh",
        takes=lambda exchange: _at(exchange, "token") and exchange.form("grant_type") == "refresh_token",
        policies=(ASKED_FOR_TOKEN, CLIENT, REFRESH),
        respond=refresh.refreshed,
    ),
    Flow(
        row="token",
        name="code",
        takes=lambda exchange: _at(exchange, "token"),
        policies=(ASKED_FOR_TOKEN, CLIENT, CODE),
        respond=token_request.redeemed,
    ),
    Flow(row="userinfo", name="metadata", takes=_is_metadata, policies=(METADATA,), respond=userinfo.kept),
    Flow(
        row="userinfo",
        name="userinfo",
        takes=lambda exchange: _at(exchange, "userinfo"),
        policies=(USERINFO,),
        respond=userinfo.answer_claims,
    ),
    Flow(
        row="end session",
        name="end session",
        takes=lambda exchange: _at(exchange, "end_session"),
        policies=(END_SESSION,),
        respond=end_session.ended,
    ),
    NOWHERE[-1],
)
