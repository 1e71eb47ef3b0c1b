"""The refusals of CIS2 and NHS login, in the order of their checks, which is inferred except for the assertion's.

CIS2's sentences are those of its product's open-source ancestor, except for the few that were captured; NHS login
documents codes and few sentences.
"""

from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import provider as wrong
from contract_tests.reach import Switch

_CIS2_AUTHORIZE = kinds(Flow.CIS2_AUTHORIZE)
_CIS2_ANY = kinds(Flow.CIS2_TOKEN, Flow.CIS2_ASSERTED)
_CIS2_EVERY = kinds(Flow.CIS2_TOKEN, Flow.CIS2_ASSERTED, Flow.CIS2_REFRESH)
_CIS2_SECRET = kinds(Flow.CIS2_TOKEN, Flow.CIS2_REFRESH)
_ASSERTED = kinds(Flow.CIS2_ASSERTED)
_CIS2_TOKEN = kinds(Flow.CIS2_TOKEN)
_CIS2_REFRESH = kinds(Flow.CIS2_REFRESH)
_CIS2_USERINFO = kinds(Flow.CIS2_USERINFO)
_CIS2_END_SESSION = kinds(Flow.CIS2_END_SESSION)
_CIS2_ELSEWHERE = kinds(Flow.CIS2_ELSEWHERE)
_NHS_LOGIN_AUTHORIZE = kinds(Flow.NHS_LOGIN_AUTHORIZE)
_NHS_LOGIN_ANY = kinds(Flow.NHS_LOGIN_TOKEN, Flow.NHS_LOGIN_REFRESH)
_NHS_LOGIN_TOKEN = kinds(Flow.NHS_LOGIN_TOKEN)
_NHS_LOGIN_REFRESH = kinds(Flow.NHS_LOGIN_REFRESH)
_NHS_LOGIN_USERINFO = kinds(Flow.NHS_LOGIN_USERINFO)
_NHS_LOGIN_METADATA = kinds(Flow.NHS_LOGIN_METADATA)

PROVIDERS: tuple[Breakage, ...] = (
    *broken("CIS2 §5 authorize: method", _CIS2_AUTHORIZE, "method", wrong.asked_by_put),
    *broken("CIS2 §5 authorize: client_id repeated", _CIS2_AUTHORIZE, "asked.client_id", wrong.client_id_twice),
    *broken("CIS2 §5 authorize: client_id absent", _CIS2_AUTHORIZE, "asked.client_id", wrong.asked_without_client_id),
    *broken("CIS2 §5 authorize: client unknown", _CIS2_AUTHORIZE, "asked.client_id", wrong.asked_by_a_stranger),
    *broken(
        "CIS2 §5 authorize: redirect_uri absent",
        _CIS2_AUTHORIZE,
        "asked.redirect_uri",
        wrong.asked_without_redirect_uri,
    ),
    *broken(
        "CIS2 §5 authorize: redirect_uri relative", _CIS2_AUTHORIZE, "asked.redirect_uri", wrong.redirect_uri_relative
    ),
    *broken(
        "CIS2 §5 authorize: redirect_uri foreign",
        _CIS2_AUTHORIZE,
        "asked.redirect_uri",
        wrong.redirect_uri_foreign,
        wrong.redirect_uri_with_a_slash,
    ),
    *broken("CIS2 §5 authorize: parameter repeated", _CIS2_AUTHORIZE, "asked.extra", wrong.asked_twice),
    *broken(
        "CIS2 §5 authorize: response_type absent",
        _CIS2_AUTHORIZE,
        "asked.response_type",
        wrong.asked_without_response_type,
    ),
    *broken(
        "CIS2 §5 authorize: response_type other", _CIS2_AUTHORIZE, "asked.response_type", wrong.response_type_token
    ),
    *broken("CIS2 §5 authorize: grant not registered", _CIS2_AUTHORIZE, "app.grant_types", wrong.codes_not_registered),
    *broken("CIS2 §5 authorize: response_mode", _CIS2_AUTHORIZE, "asked.response_mode", wrong.response_mode_form),
    *broken(
        "CIS2 §5 authorize: openid absent",
        _CIS2_AUTHORIZE,
        "asked.scope",
        wrong.scope_without_openid,
        wrong.scope_absent,
    ),
    *broken("CIS2 §5 authorize: scope unknown", _CIS2_AUTHORIZE, "asked.scope", wrong.scope_unknown),
    *broken(
        "CIS2 §5 authorize: prompt", _CIS2_AUTHORIZE, "asked.prompt", wrong.prompt_unknown, wrong.prompt_none_and_login
    ),
    *broken(
        "CIS2 §5 authorize: max_age", _CIS2_AUTHORIZE, "asked.max_age", wrong.max_age_no_number, wrong.max_age_negative
    ),
    *broken("CIS2 §5 authorize: login required", _CIS2_AUTHORIZE, "asked.login_hint asked.prompt", wrong.prompt_none),
    *broken(
        "CIS2 §5 authorize: interaction required",
        _CIS2_AUTHORIZE,
        "asked.acr_values asked.login_hint",
        wrong.person_of_a_low_level,
    ),
    *broken("CIS2 §5 token: method", _CIS2_EVERY, "method", wrong.method_get),
    *broken("CIS2 §5 token: content type", _CIS2_EVERY, "headers.Content-Type", wrong.content_type_json),
    *broken("CIS2 §5 token: parameter repeated", _CIS2_EVERY, "form.extra", wrong.parameter_twice),
    *broken("CIS2 §5 token: grant_type absent", _CIS2_ANY, "form.grant_type", wrong.grant_type_absent),
    *broken("CIS2 §5 token: grant_type unknown", _CIS2_ANY, "form.grant_type", wrong.grant_type_unknown),
    *broken("CIS2 §5 token: grant not allowed", _CIS2_ANY, "form.grant_type", wrong.grant_type_password),
    *broken(
        "CIS2 §5 token: two ways", _CIS2_EVERY, "form.client_id headers.Authorization", wrong.header_beside_client_id
    ),
    *broken("CIS2 §5 token: client unproven", _CIS2_SECRET, "form.client_id", wrong.client_id_absent),
    *broken(
        "CIS2 §5 token: client unproven",
        _ASSERTED,
        "client_assertion form.client_assertion_type",
        wrong.assertion_type_other,
        wrong.client_unnamed,
    ),
    *broken("CIS2 §5 token: assertion", _ASSERTED, "client_assertion", wrong.assertion_opaque),
    *broken(
        "CIS2 §5 token: assertion quoted",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        wrong.iss_and_sub_an_api_key,
        unless=Switch.ASSERTIONS_OF_ANCESTOR,
    ),
    *broken(
        "CIS2 §5 token: iss and sub",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        wrong.iss_and_sub_an_api_key,
        wrong.iss_of_another,
        wrong.sub_absent,
        only=Switch.ASSERTIONS_OF_ANCESTOR,
    ),
    *broken(
        "CIS2 §5 token: assertion",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        wrong.iss_of_another,
        wrong.sub_absent,
        unless=Switch.ASSERTIONS_OF_ANCESTOR,
    ),
    *broken(
        "CIS2 §5 token API key",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        wrong.iss_and_sub_an_api_key_alone,
    ),
    *broken(
        "CIS2 §5 token API key",
        _ASSERTED,
        "app.services",
        wrong.app_at_the_platform_alone,
        relies="client_assertion.claims.iss client_assertion.claims.sub",
    ),
    *broken("CIS2 §5 token: client unproven", _CIS2_SECRET, "app.services", wrong.app_at_the_platform_alone),
    *broken("CIS2 §5 token: client unproven", _CIS2_SECRET, "form.client_id", wrong.client_id_unknown),
    *broken(
        "CIS2 §5 token: client unproven",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        wrong.iss_and_sub_unknown,
    ),
    *broken(
        "CIS2 §5 token: exp past",
        _ASSERTED,
        "client_assertion.claims.exp",
        wrong.exp_a_second_ago,
        wrong.exp_this_second,
        wrong.exp_text,
    ),
    *broken("CIS2 §5 token: exp too far", _ASSERTED, "client_assertion.claims.exp", wrong.exp_too_far),
    *broken("CIS2 §5 token: assertion", _ASSERTED, "app.jwks_url", wrong.keys_unreachable),
    *broken("CIS2 §5 token: assertion quoted", _ASSERTED, "client_assertion.header.kid", wrong.kid_unknown),
    *broken(
        "CIS2 §5 token: assertion quoted",
        _ASSERTED,
        "client_assertion.signature",
        wrong.signature_turned,
        wrong.signature_of_a_foreign_key,
    ),
    *broken("CIS2 §5 token: client unproven", _ASSERTED, "form.client_secret", wrong.secret_beside_the_assertion),
    *broken(
        "CIS2 §5 token: aud", _ASSERTED, "client_assertion.claims.aud query", wrong.aud_the_issuer, wrong.aud_absent
    ),
    *broken("CIS2 §5 token: method of another", _CIS2_TOKEN, "app.cis2_auth_method", wrong.secret_of_an_app_that_signs),
    *broken(
        "CIS2 §5 token: client unproven",
        _CIS2_SECRET,
        "form.client_secret",
        wrong.client_secret_wrong,
        wrong.client_secret_absent,
    ),
    *broken("CIS2 §5 token: grant not allowed", _CIS2_ANY, "app.grant_types", wrong.codes_not_registered),
    *broken("CIS2 §5 token: grant not allowed", _CIS2_REFRESH, "app.grant_types", wrong.refreshes_not_registered),
    *broken("CIS2 §5 token: code absent", _CIS2_ANY, "form.code", wrong.code_absent),
    *broken("CIS2 §5 token: redirect_uri absent", _CIS2_ANY, "form.redirect_uri", wrong.redirect_uri_absent),
    *broken(
        "CIS2 §5 token: scope", _CIS2_ANY, "form.scope", wrong.scope_with_the_code, only=Switch.SCOPE_AT_TOKEN_REFUSED
    ),
    *broken("CIS2 §5 token: code", _CIS2_ANY, "form.code", wrong.code_unknown, unless=Switch.CODES_OF_ANCESTOR),
    *broken("CIS2 §5 token: code unknown", _CIS2_ANY, "form.code", wrong.code_unknown, only=Switch.CODES_OF_ANCESTOR),
    *broken("CIS2 §5 token: code", _CIS2_ANY, "form.code", wrong.code_used_before, wrong.code_of_another_app),
    *broken("CIS2 §5 token: redirect_uri other", _CIS2_ANY, "form.redirect_uri", wrong.other_redirect_uri),
    *broken("CIS2 §5 token: code", _CIS2_ANY, "form.code", wrong.code_too_old, unless=Switch.CODES_OF_ANCESTOR),
    *broken("CIS2 §5 token: code too old", _CIS2_ANY, "form.code", wrong.code_too_old, only=Switch.CODES_OF_ANCESTOR),
    *broken(
        "CIS2 §5 token code_verifier",
        _CIS2_ANY,
        "form.code form.code_verifier",
        wrong.code_verifier_absent,
        wrong.code_verifier_of_another,
        relies="app",
        only=Switch.PKCE_ENFORCED,
    ),
    *broken("CIS2 §5 token: refresh_token absent", _CIS2_REFRESH, "form.refresh_token", wrong.refresh_token_absent),
    *broken(
        "CIS2 §5 token: refresh_token unknown",
        _CIS2_REFRESH,
        "form.refresh_token",
        wrong.refresh_token_unknown,
        wrong.refresh_token_used_before_at_cis2,
    ),
    *broken(
        "CIS2 §5 token: refresh_token foreign",
        _CIS2_REFRESH,
        "app.name form.refresh_token",
        wrong.refresh_as_another_app,
    ),
    *broken(
        "CIS2 §5 token: refresh_token expired", _CIS2_REFRESH, "form.refresh_token", wrong.refresh_token_too_old_at_cis2
    ),
    *broken("CIS2 §5 token: scope wider", _CIS2_REFRESH, "form.scope", wrong.scope_wider),
    *broken("CIS2 §5 userinfo: method", _CIS2_USERINFO, "method", wrong.userinfo_by_put),
    *broken(
        "CIS2 §5 userinfo: token",
        _CIS2_USERINFO,
        "headers.Authorization",
        wrong.token_unknown,
        wrong.token_absent,
        wrong.token_under_another_scheme,
        wrong.token_expired,
        wrong.cis2_token_of_nhs_login,
    ),
    *broken("CIS2 §5 end session: method", _CIS2_END_SESSION, "method", wrong.end_by_post),
    *broken("CIS2 §5 end session: hint absent", _CIS2_END_SESSION, "asked.id_token_hint", wrong.hint_absent),
    *broken(
        "CIS2 §5 end session: hint foreign",
        _CIS2_END_SESSION,
        "asked.id_token_hint",
        wrong.hint_opaque,
        wrong.hint_of_nhs_login,
    ),
    *broken(
        "CIS2 §5 end session: redirect_uri relative",
        _CIS2_END_SESSION,
        "asked.post_logout_redirect_uri",
        wrong.come_back_to_a_path,
    ),
    *broken(
        "CIS2 §5 end session: redirect_uri foreign",
        _CIS2_END_SESSION,
        "asked.post_logout_redirect_uri",
        wrong.come_back_elsewhere,
    ),
    *broken("CIS2 §5 elsewhere", _CIS2_ELSEWHERE, "path", wrong.realm_other),
    *broken("NHS login §4: method", _NHS_LOGIN_AUTHORIZE, "method", wrong.asked_by_put),
    *broken(
        "NHS login §4: parameter repeated on a page", _NHS_LOGIN_AUTHORIZE, "asked.client_id", wrong.client_id_twice
    ),
    *broken("NHS login §4: client_id absent", _NHS_LOGIN_AUTHORIZE, "asked.client_id", wrong.asked_without_client_id),
    *broken("NHS login §4: client unknown", _NHS_LOGIN_AUTHORIZE, "asked.client_id", wrong.asked_by_a_stranger),
    *broken(
        "NHS login §4: redirect_uri absent",
        _NHS_LOGIN_AUTHORIZE,
        "asked.redirect_uri",
        wrong.asked_without_redirect_uri,
    ),
    *broken(
        "NHS login §4: redirect_uri foreign",
        _NHS_LOGIN_AUTHORIZE,
        "asked.redirect_uri",
        wrong.redirect_uri_relative,
        wrong.redirect_uri_foreign,
        wrong.redirect_uri_with_a_slash,
    ),
    *broken("NHS login §4: invalid_request inferred", _NHS_LOGIN_AUTHORIZE, "asked.extra", wrong.asked_twice),
    *broken(
        "NHS login §4: invalid_request without state",
        _NHS_LOGIN_AUTHORIZE,
        "asked.state",
        wrong.state_absent,
        only=Switch.STRICT_AUTHORIZE,
    ),
    *broken(
        "NHS login §4: invalid_request", _NHS_LOGIN_AUTHORIZE, "asked.response_type", wrong.asked_without_response_type
    ),
    *broken(
        "NHS login §4: response_type other", _NHS_LOGIN_AUTHORIZE, "asked.response_type", wrong.response_type_token
    ),
    *broken("NHS login §4: unauthorized_client", _NHS_LOGIN_AUTHORIZE, "app.grant_types", wrong.codes_not_registered),
    *broken(
        "NHS login §4: invalid_request inferred", _NHS_LOGIN_AUTHORIZE, "asked.response_mode", wrong.response_mode_form
    ),
    *broken("NHS login §4: request", _NHS_LOGIN_AUTHORIZE, "asked.request", wrong.request_object),
    *broken("NHS login §4: request_uri", _NHS_LOGIN_AUTHORIZE, "asked.request_uri", wrong.request_uri),
    *broken("NHS login §4: registration", _NHS_LOGIN_AUTHORIZE, "asked.registration", wrong.registration),
    *broken(
        "NHS login §4: invalid_scope inferred",
        _NHS_LOGIN_AUTHORIZE,
        "asked.scope",
        wrong.scope_without_openid,
        wrong.scope_absent,
    ),
    *broken("NHS login §4: invalid_scope", _NHS_LOGIN_AUTHORIZE, "asked.scope", wrong.scope_reserved),
    *broken("NHS login §4: invalid_scope inferred", _NHS_LOGIN_AUTHORIZE, "asked.scope", wrong.scopes_exclusive),
    *broken(
        "NHS login §4: invalid_request inferred",
        _NHS_LOGIN_AUTHORIZE,
        "asked.nonce",
        wrong.nonce_absent,
        only=Switch.STRICT_AUTHORIZE,
    ),
    *broken(
        "NHS login §4: invalid_request inferred",
        _NHS_LOGIN_AUTHORIZE,
        "asked.prompt",
        wrong.prompt_unknown,
        wrong.prompt_none_and_login,
    ),
    *broken("NHS login §4: invalid_request inferred", _NHS_LOGIN_AUTHORIZE, "asked.display", wrong.display_unknown),
    *broken(
        "NHS login §4: invalid_request inferred",
        _NHS_LOGIN_AUTHORIZE,
        "asked.vtr",
        wrong.vtr_no_json,
        wrong.vtr_empty,
        wrong.vtr_unknown,
    ),
    *broken(
        "NHS login §4: invalid_request inferred",
        _NHS_LOGIN_AUTHORIZE,
        "asked.asserted_login_identity",
        wrong.voucher_opaque,
    ),
    *broken(
        "NHS login §4: login required",
        _NHS_LOGIN_AUTHORIZE,
        "asked.asserted_login_identity asked.login_hint asked.prompt",
        wrong.prompt_none,
    ),
    *broken(
        "NHS login §4: interaction required",
        _NHS_LOGIN_AUTHORIZE,
        "asked.asserted_login_identity asked.login_hint asked.vtr",
        wrong.patient_of_a_low_level,
        unless=Switch.ANY_VECTOR,
    ),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_ANY, "method", wrong.method_get),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_ANY, "headers.Content-Type", wrong.content_type_json),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_ANY, "form.extra", wrong.parameter_twice),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_TOKEN, "form.grant_type", wrong.grant_type_absent),
    *broken(
        "NHS login §5: unsupported_grant_type",
        _NHS_LOGIN_TOKEN,
        "form.grant_type",
        wrong.grant_type_password,
        wrong.grant_type_unknown,
    ),
    *broken(
        "NHS login §5: two ways", _NHS_LOGIN_ANY, "form.client_id headers.Authorization", wrong.header_beside_client_id
    ),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_ANY,
        "client_assertion form.client_assertion_type",
        wrong.assertion_type_other,
        wrong.client_unnamed,
    ),
    *broken("NHS login §5: invalid_client", _NHS_LOGIN_ANY, "client_assertion", wrong.assertion_opaque),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_ANY,
        "client_assertion.claims.iss client_assertion.claims.sub",
        wrong.iss_of_another,
        wrong.sub_absent,
        wrong.iss_and_sub_unknown,
    ),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_ANY,
        "client_assertion.claims.exp",
        wrong.exp_a_second_ago,
        wrong.exp_this_second,
        wrong.exp_text,
    ),
    *broken("NHS login §5: invalid_client", _NHS_LOGIN_ANY, "app.jwks_url", wrong.keys_unreachable),
    *broken("NHS login §5: invalid_client", _NHS_LOGIN_ANY, "client_assertion.header.kid", wrong.kid_unknown),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_ANY,
        "client_assertion.signature",
        wrong.signature_turned,
        wrong.signature_of_a_foreign_key,
    ),
    *broken("NHS login §5: invalid_client", _NHS_LOGIN_ANY, "form.client_secret", wrong.secret_beside_the_assertion),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_ANY,
        "client_assertion.claims.aud",
        wrong.aud_absent,
        wrong.aud_elsewhere,
    ),
    *broken(
        "NHS login §5: invalid_client",
        _NHS_LOGIN_TOKEN,
        "client_assertion form.client_assertion_type form.client_id form.client_secret",
        wrong.secret_for_an_assertion,
    ),
    *broken("NHS login §5: unauthorized_client", _NHS_LOGIN_TOKEN, "app.grant_types", wrong.codes_not_registered),
    *broken("NHS login §5: unauthorized_client", _NHS_LOGIN_REFRESH, "app.grant_types", wrong.refreshes_not_registered),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_TOKEN, "form.code", wrong.code_absent),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_TOKEN, "form.redirect_uri", wrong.redirect_uri_absent),
    *broken(
        "NHS login §5: invalid_grant",
        _NHS_LOGIN_TOKEN,
        "form.code",
        wrong.code_unknown,
        wrong.code_used_before,
        wrong.code_of_another_patients_app,
        wrong.code_too_old_at_nhs_login,
    ),
    *broken("NHS login §5: invalid_grant", _NHS_LOGIN_TOKEN, "form.redirect_uri", wrong.other_redirect_uri),
    *broken("NHS login §5: invalid_request", _NHS_LOGIN_REFRESH, "form.refresh_token", wrong.refresh_token_absent),
    *broken(
        "NHS login §5: invalid_grant",
        _NHS_LOGIN_REFRESH,
        "form.refresh_token",
        wrong.refresh_token_unknown,
        wrong.refresh_token_used_before,
        wrong.refresh_token_too_old_at_nhs_login,
    ),
    *broken(
        "NHS login §5: invalid_grant", _NHS_LOGIN_REFRESH, "app.name form.refresh_token", wrong.refresh_as_another_app
    ),
    *broken("NHS login §5: invalid_scope", _NHS_LOGIN_REFRESH, "form.scope", wrong.scope_wider),
    *broken("NHS login §7: method", _NHS_LOGIN_USERINFO, "method", wrong.userinfo_by_put),
    *broken(
        "NHS login §7: token",
        _NHS_LOGIN_USERINFO,
        "headers.Authorization",
        wrong.token_unknown,
        wrong.token_absent,
        wrong.token_under_another_scheme,
        wrong.nhs_login_token_of_cis2,
    ),
    *broken("NHS login §7: token expired", _NHS_LOGIN_USERINFO, "headers.Authorization", wrong.nhs_login_token_expired),
    *broken("NHS login §7: scope", _NHS_LOGIN_METADATA, "", wrong.nothing_else),
)
