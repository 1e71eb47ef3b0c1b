"""The token service's refusals of a client assertion, in the order of its checks."""

from contract_tests import precondition
from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import app, assertion, request
from contract_tests.reach import Switch

_CREDENTIALS = kinds(Flow.CLIENT_CREDENTIALS)
_EXCHANGE = kinds(Flow.TOKEN_EXCHANGE)
_EXCHANGES = kinds(Flow.TOKEN_EXCHANGE, Flow.DELEGATION)
_ASSERTED = kinds(Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE)
_ANY = kinds(Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION)

ASSERTION: tuple[Breakage, ...] = (
    *broken("§3.1", _ANY, "form.client_assertion_type", request.no_client_assertion_type),
    *broken("§3.1", _ASSERTED, "form.client_assertion_type", request.saml_client_assertion_type),
    *broken(
        "§3.1: empty or repeated",
        _ASSERTED,
        "form.client_assertion_type",
        request.empty_client_assertion_type,
        request.second_client_assertion_type_right,
    ),
    *broken("§3.2", _ANY, "form.grant_type form.subject_token_type", request.client_credentials_grant_with_an_id_token),
    *broken("§3.2", _EXCHANGE, "form.grant_type form.subject_token_type", request.exchange_without_grant_type),
    *broken(
        "§3.2: empty or repeated",
        _EXCHANGE,
        "form.grant_type form.subject_token_type",
        request.exchange_with_empty_grant_type,
        request.exchange_with_second_grant_type_right,
    ),
    # Without a subject token as well, the answer is that of §3.3a.
    *broken(
        "§3.3", _ASSERTED, "client_assertion query subject_token.presence", assertion.absent, assertion.in_the_query
    ),
    *broken("§3.3: empty", _ASSERTED, "client_assertion subject_token.presence", assertion.empty),
    *broken(
        "§3.3a", _CREDENTIALS, "client_assertion form.subject_token_type", assertion.absent_with_a_subject_token_type
    ),
    *broken("§3.3a", _EXCHANGES, "client_assertion subject_token", assertion.absent_like_the_subject_token),
    *broken("§3.4", _ANY, "client_assertion", assertion.opaque),
    *broken(
        "§3.4",
        _ASSERTED,
        "client_assertion",
        assertion.two_parts,
        assertion.four_parts,
        assertion.header_not_base64url,
        assertion.header_not_json,
        assertion.header_a_list,
        assertion.claims_not_json,
        assertion.claims_a_text,
    ),
    *broken("§3.4: repeated", _ASSERTED, "client_assertion", assertion.second_one_right),
    *broken(
        "§3.5",
        _ASSERTED,
        "client_assertion.header.alg",
        assertion.alg_rs256,
        assertion.alg_in_small_letters,
        assertion.alg_absent,
    ),
    *broken("§3.5", _ASSERTED, "client_assertion.header.alg client_assertion.signature", assertion.alg_none),
    *broken("§3.6", _ANY, "client_assertion.claims.exp", assertion.exp_a_second_ago),
    *broken(
        "§3.6",
        _ASSERTED,
        "client_assertion.claims.exp",
        assertion.exp_past_as_text,
        assertion.exp_zero,
        assertion.exp_false,
        assertion.exp_true,
        assertion.exp_null,
        assertion.exp_empty_text,
        assertion.exp_empty_list,
    ),
    *broken(
        "§3.7",
        _ASSERTED,
        "client_assertion.header.kid",
        assertion.kid_absent,
        assertion.kid_empty,
        assertion.kid_zero,
        assertion.kid_null,
    ),
    *broken(
        "§3.8",
        _ASSERTED,
        "client_assertion.header.typ",
        assertion.typ_absent,
        assertion.typ_other,
        assertion.typ_null,
        assertion.typ_a_list,
    ),
    *broken("§3.9", _ASSERTED, "client_assertion.claims.exp", assertion.exp_absent),
    *broken(
        "§3.10",
        _ASSERTED,
        "client_assertion.claims.exp",
        assertion.exp_words,
        assertion.exp_future_as_text,
        assertion.exp_an_object,
    ),
    *broken(
        "§3.11",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub",
        assertion.iss_and_sub_differ,
        assertion.iss_absent,
        assertion.sub_absent,
        assertion.iss_and_sub_absent,
        assertion.iss_and_sub_empty,
    ),
    *broken(
        "§3.12",
        _ASSERTED,
        "client_assertion.claims.jti",
        assertion.jti_absent,
        assertion.jti_empty,
        assertion.jti_zero,
        assertion.jti_null,
        assertion.jti_false,
    ),
    *broken(
        "§3.13",
        _ASSERTED,
        "client_assertion.claims.jti",
        assertion.jti_a_number,
        assertion.jti_an_empty_list,
        assertion.jti_an_empty_object,
    ),
    *broken(
        "§3.14", _ANY, "client_assertion.claims.jti", assertion.jti_used_before, circumstance=precondition.jti_spent
    ),
    *broken("§3.15", _ASSERTED, "client_assertion.claims.exp", assertion.exp_too_far, assertion.exp_an_hour_ahead),
    *broken("§3.15: half a second", _ASSERTED, "client_assertion.claims.exp", assertion.exp_half_a_second_too_far),
    *broken(
        "§3.17",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub",
        assertion.client_unknown,
        assertion.client_a_number,
        unless=Switch.SANDBOX_UNKNOWN_CLIENT,
    ),
    *broken(
        "§3.17: sandbox",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub",
        assertion.client_unknown,
        assertion.client_a_number,
        only=Switch.SANDBOX_UNKNOWN_CLIENT,
    ),
    *broken("§3.17", _ASSERTED, "app.services", app.at_providers_alone, unless=Switch.SANDBOX_UNKNOWN_CLIENT),
    *broken("§3.17: sandbox", _ASSERTED, "app.services", app.at_providers_alone, only=Switch.SANDBOX_UNKNOWN_CLIENT),
    *broken("§3.17", _ASSERTED, "app.approved", app.not_approved),
    *broken("§3.17", _ASSERTED, "app.key_approved", app.key_not_approved),
    *broken("§3.17", _ASSERTED, "app.developer_active", app.developer_inactive),
    *broken("§3.17", _ASSERTED, "app.company_active", app.company_inactive),
    *broken("§3.17", _ASSERTED, "app.subscribed", app.not_subscribed),
    *broken("§3.17a", _ASSERTED, "app.quota_per_minute", app.quota_of_one, circumstance=precondition.quota_spent),
    *broken("§3.18", _ASSERTED, "app.jwks", app.no_public_key),
    *broken(
        "§3.19",
        _ASSERTED,
        "app.jwks app.jwks_url",
        app.jwks_not_found,
        app.jwks_host_silent,
        app.jwks_host_failing,
        app.jwks_url_in_capitals,
    ),
    *broken(
        "§3.19a",
        _ASSERTED,
        "app.jwks app.jwks_url",
        app.jwks_a_web_page,
        app.jwks_a_bare_key,
        app.jwks_keys_no_list,
        app.jwks_moved,
    ),
    *broken("§3.20", _ANY, "client_assertion.header.kid", assertion.kid_unknown),
    *broken("§3.20", _ASSERTED, "client_assertion.header.kid", assertion.kid_a_list),
    *broken("§3.20a", _ASSERTED, "app.jwks app.jwks_url client_assertion.key", app.key_too_short, app.key_of_a_curve),
    *broken("§3.21", _ANY, "client_assertion.signature", assertion.signature_turned),
    *broken("§3.21", _ASSERTED, "client_assertion.signature", assertion.signature_of_other_claims),
    *broken(
        "§3.21", _ASSERTED, "client_assertion.key client_assertion.signature", assertion.signature_of_a_foreign_key
    ),
    *broken("§3.21: empty", _ASSERTED, "client_assertion.signature", assertion.signature_empty),
    *broken("§3.22", _ASSERTED, "client_assertion.claims.nbf", assertion.nbf_ahead, assertion.nbf_ten_minutes_ahead),
    *broken("§3.22", _ASSERTED, "client_assertion.claims.iat", assertion.iat_ahead, assertion.iat_ten_minutes_ahead),
    *broken("§3.23", _ANY, "client_assertion.claims.aud query", assertion.aud_absent),
    *broken(
        "§3.23",
        _ASSERTED,
        "client_assertion.claims.aud query",
        assertion.aud_other,
        assertion.aud_with_a_slash,
        assertion.aud_the_origin,
        assertion.aud_a_list_of_others,
        assertion.aud_without_the_query,
    ),
)
