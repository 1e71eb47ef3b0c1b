"""The refusals of the platform's mock realms, in the words of their product, Keycloak; all of it is inferred."""

from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import provider as wrong

_AUTHORIZE = kinds(Flow.REALM_AUTHORIZE)
_ANY_TOKEN = kinds(Flow.REALM_TOKEN, Flow.REALM_ASSERTED)
_TOKEN = kinds(Flow.REALM_TOKEN)
_ASSERTED = kinds(Flow.REALM_ASSERTED)
_USERINFO = kinds(Flow.REALM_USERINFO)

REALMS: tuple[Breakage, ...] = (
    *broken("admin §4: authorize method", _AUTHORIZE, "method", wrong.asked_by_put),
    *broken("admin §4: client_id", _AUTHORIZE, "asked.client_id", wrong.client_id_twice, wrong.asked_without_client_id),
    *broken("admin §4: client unknown", _AUTHORIZE, "asked.client_id", wrong.asked_by_a_stranger),
    *broken(
        "admin §4: redirect_uri",
        _AUTHORIZE,
        "asked.redirect_uri",
        wrong.asked_without_redirect_uri,
        wrong.redirect_uri_relative,
        wrong.redirect_uri_foreign,
        wrong.redirect_uri_with_a_slash,
    ),
    *broken("admin §4: authorize parameter repeated", _AUTHORIZE, "asked.extra", wrong.asked_twice),
    *broken("admin §4: response_type absent", _AUTHORIZE, "asked.response_type", wrong.asked_without_response_type),
    *broken("admin §4: response_type other", _AUTHORIZE, "asked.response_type", wrong.response_type_token),
    *broken("admin §4: authorize grant not allowed", _AUTHORIZE, "app.grant_types", wrong.codes_not_registered),
    *broken("admin §4: response_mode", _AUTHORIZE, "asked.response_mode", wrong.response_mode_form),
    *broken("admin §4: openid absent", _AUTHORIZE, "asked.scope", wrong.scope_without_openid, wrong.scope_absent),
    *broken("admin §4: prompt", _AUTHORIZE, "asked.prompt", wrong.prompt_unknown, wrong.prompt_none_and_login),
    *broken("admin §4: max_age", _AUTHORIZE, "asked.max_age", wrong.max_age_no_number, wrong.max_age_negative),
    *broken("admin §4: login required", _AUTHORIZE, "asked.prompt", wrong.prompt_none),
    *broken("admin §4: method", _ANY_TOKEN, "method", wrong.method_get),
    *broken("admin §4: grant_type absent", _ANY_TOKEN, "headers.Content-Type", wrong.content_type_json),
    *broken("admin §4: parameter repeated", _ANY_TOKEN, "form.extra", wrong.parameter_twice),
    *broken("admin §4: grant_type absent", _ANY_TOKEN, "form.grant_type", wrong.grant_type_absent),
    *broken(
        "admin §4: grant_type unknown",
        _ANY_TOKEN,
        "form.grant_type",
        wrong.grant_type_unknown,
        wrong.grant_type_password,
        wrong.grant_type_refresh,
    ),
    *broken("admin §4: client unproven", _TOKEN, "form.client_id", wrong.client_id_absent),
    *broken(
        "admin §4: client unproven",
        _ASSERTED,
        "client_assertion form.client_assertion_type",
        wrong.assertion_type_other,
        wrong.client_unnamed,
    ),
    *broken("admin §4: assertion", _ASSERTED, "client_assertion", wrong.assertion_opaque),
    *broken(
        "admin §4: assertion",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub",
        wrong.iss_of_another,
        wrong.sub_absent,
    ),
    *broken("admin §4: client unproven", _TOKEN, "form.client_id", wrong.client_id_unknown),
    *broken(
        "admin §4: client unproven",
        _ASSERTED,
        "client_assertion.claims.iss client_assertion.claims.sub",
        wrong.iss_and_sub_unknown,
    ),
    *broken(
        "admin §4: assertion",
        _ASSERTED,
        "client_assertion.claims.exp",
        wrong.exp_a_second_ago,
        wrong.exp_this_second,
        wrong.exp_text,
    ),
    *broken("admin §4: assertion", _ASSERTED, "app.jwks_url", wrong.keys_unreachable),
    *broken("admin §4: assertion", _ASSERTED, "client_assertion.header.kid", wrong.kid_unknown),
    *broken(
        "admin §4: assertion",
        _ASSERTED,
        "client_assertion.signature",
        wrong.signature_turned,
        wrong.signature_of_a_foreign_key,
    ),
    *broken("admin §4: assertion", _ASSERTED, "client_assertion.claims.aud", wrong.aud_elsewhere, wrong.aud_absent),
    *broken("admin §4: client unproven", _ASSERTED, "", wrong.nothing_else),
    *broken(
        "admin §4: client_secret", _TOKEN, "form.client_secret", wrong.client_secret_wrong, wrong.client_secret_absent
    ),
    *broken("admin §4: grant not allowed", _TOKEN, "app.grant_types", wrong.codes_not_registered),
    *broken("admin §4: code absent", _TOKEN, "form.code", wrong.code_absent),
    *broken("admin §4: redirect_uri other", _TOKEN, "form.redirect_uri", wrong.redirect_uri_absent),
    *broken(
        "admin §4: code", _TOKEN, "form.code", wrong.code_unknown, wrong.code_used_before, wrong.realm_code_of_cis2
    ),
    *broken("admin §4: code", _TOKEN, "form.redirect_uri", wrong.other_redirect_uri),
    *broken("admin §4: code too old", _TOKEN, "form.code", wrong.realm_code_too_old),
    *broken("admin §4: method", _USERINFO, "method", wrong.userinfo_by_put),
    *broken(
        "admin §4: token",
        _USERINFO,
        "headers.Authorization",
        wrong.token_unknown,
        wrong.token_absent,
        wrong.realm_token_expired,
        wrong.nhs_login_token_of_cis2,
    ),
)
