"""The token service's refusals in a log-in: authorize, callback, code, refresh, userinfo and logout."""

from contract_tests import precondition
from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import app, authorize, callback, code, logout, refresh, userinfo
from contract_tests.reach import Ability

_SECRET = kinds(Flow.AUTHORIZATION_CODE, Flow.REFRESH)
_CLIENT = kinds(Flow.AUTHORIZE, Flow.AUTHORIZATION_CODE, Flow.REFRESH)
_AUTHORIZE = kinds(Flow.AUTHORIZE)
_CALLBACK = kinds(Flow.CALLBACK)
_CODE = kinds(Flow.AUTHORIZATION_CODE)
_REFRESH = kinds(Flow.REFRESH)
_USERINFO = kinds(Flow.USERINFO)
_LOGOUT = kinds(Flow.LOGOUT)
_FAULTS = frozenset({Ability.FAULTS})

BROWSER_FLOW: tuple[Breakage, ...] = (
    *broken("§6 client_id absent", _SECRET, "form.client_id", refresh.client_id_absent),
    *broken("§6 client_id absent: empty", _SECRET, "form.client_id", refresh.client_id_empty),
    *broken("§6 client_id unknown", _SECRET, "form.client_id", refresh.client_id_unknown),
    *broken("§6 authorize client_id absent", _AUTHORIZE, "asked.client_id", authorize.client_id_absent),
    *broken("§6 authorize client_id absent: empty", _AUTHORIZE, "asked.client_id", authorize.client_id_empty),
    *broken("§6 authorize client_id unknown", _AUTHORIZE, "asked.client_id", authorize.client_id_unknown),
    *broken("§6 app revoked", _CLIENT, "app.approved", app.not_approved),
    *broken("§6 developer inactive", _CLIENT, "app.developer_active", app.developer_inactive),
    *broken("§6 company inactive", _CLIENT, "app.company_active", app.company_inactive),
    *broken("§6 key revoked", _CLIENT, "app.key_approved", app.key_not_approved),
    *broken("§6 not subscribed", _CLIENT, "app.subscribed", app.not_subscribed),
    *broken("§6 quota", _CLIENT, "app.quota_per_minute", app.quota_of_one, circumstance=precondition.quota_spent),
    *broken("§6 client_secret absent", _SECRET, "form.client_secret", refresh.client_secret_absent),
    *broken("§6 client_secret absent: empty", _SECRET, "form.client_secret", refresh.client_secret_empty),
    *broken("§6 client_secret wrong", _SECRET, "form.client_secret", refresh.client_secret_wrong),
    *broken("§6 client_secret wrong: repeated", _SECRET, "form.client_secret", refresh.second_client_secret_right),
    # Authorize, callback, code.
    *broken("§6 authorize redirect_uri absent", _AUTHORIZE, "asked.redirect_uri", authorize.redirect_uri_absent),
    *broken(
        "§6 authorize redirect_uri not the app's",
        _AUTHORIZE,
        "asked.redirect_uri",
        authorize.redirect_uri_foreign,
        authorize.redirect_uri_with_a_slash,
        authorize.redirect_uri_in_capitals,
        authorize.redirect_uri_with_a_port,
    ),
    *broken("§6 authorize state absent", _AUTHORIZE, "asked.state", authorize.state_absent),
    *broken("§6 authorize state absent: empty", _AUTHORIZE, "asked.state", authorize.state_empty),
    *broken("§6 authorize response_type absent", _AUTHORIZE, "asked.response_type", authorize.response_type_absent),
    *broken(
        "§6 authorize response_type other",
        _AUTHORIZE,
        "asked.response_type",
        authorize.response_type_token,
        authorize.response_type_code_and_id_token,
    ),
    *broken(
        "§6 callback state",
        _CALLBACK,
        "asked.state",
        callback.state_unknown,
        callback.state_absent,
        callback.state_of_the_client,
    ),
    *broken("§6 callback state", _CALLBACK, "asked", callback.state_used_before),
    *broken("§6 callback app removed", _CALLBACK, "asked.state", callback.app_removed),
    *broken("§6 callback app revoked", _CALLBACK, "asked.state", callback.app_not_approved),
    *broken("§6 callback developer inactive", _CALLBACK, "asked.state", callback.developer_inactive),
    *broken("§6 callback company inactive", _CALLBACK, "asked.state", callback.company_inactive),
    *broken("§6 callback key revoked", _CALLBACK, "asked.state", callback.key_not_approved),
    *broken("§6 callback not subscribed", _CALLBACK, "asked.state", callback.app_not_subscribed),
    *broken("§6 callback quota", _CALLBACK, "asked.state", callback.quota_spent_by_the_log_in),
    *broken("§6 callback error", _CALLBACK, "asked.error", callback.error_of_the_provider),
    *broken("§6 callback provider refuses", _CALLBACK, "asked.code", callback.code_never_issued, callback.code_absent),
    *broken(
        "§6 callback provider refuses",
        _CALLBACK,
        "",
        callback.provider_down,
        circumstance=precondition.cis2_tokens_unavailable,
        needs=_FAULTS,
    ),
    *broken("§6 code redirect_uri absent", _CODE, "form.redirect_uri", code.redirect_uri_absent),
    *broken(
        "§6 code redirect_uri not the app's",
        _CODE,
        "form.redirect_uri",
        code.redirect_uri_foreign,
        code.redirect_uri_with_a_slash,
    ),
    *broken("§6 code absent", _CODE, "form.code", code.code_absent),
    *broken("§6 code absent: empty", _CODE, "form.code", code.code_empty),
    *broken("§6 code unknown", _CODE, "form.code", code.code_unknown, code.code_used_before),
    *broken("§6 code unknown: too old", _CODE, "form.code", code.code_too_old),
    # Refresh.
    *broken("§6 refresh_token absent", _REFRESH, "form.refresh_token", refresh.token_absent),
    *broken("§6 refresh_token absent: empty", _REFRESH, "form.refresh_token", refresh.token_empty),
    *broken(
        "§6 refresh_token unknown", _REFRESH, "form.refresh_token", refresh.token_unknown, refresh.token_used_before
    ),
    *broken("§6 refresh_token expired", _REFRESH, "form.refresh_token", refresh.token_expired, refresh.session_over),
    *broken(
        "§6 refresh session shortened",
        _REFRESH,
        "form._refresh_tokens_validity_ms form.refresh_token",
        refresh.session_shortened_to_nothing,
        refresh.session_shortened_below_nothing,
        refresh.session_shortened_to_its_age,
        refresh.session_shortened_by_text,
    ),
    # Userinfo and logout.
    *broken(
        "§6 userinfo no live token",
        _USERINFO,
        "headers.Authorization",
        userinfo.token_absent,
        userinfo.token_empty,
        userinfo.token_unknown,
        userinfo.token_expired,
    ),
    *broken(
        "§6 userinfo app", _USERINFO, "headers.Authorization", userinfo.app_not_approved, userinfo.app_not_subscribed
    ),
    *broken(
        "§6 userinfo other token",
        _USERINFO,
        "headers.Authorization",
        userinfo.token_of_an_application,
        userinfo.token_of_an_exchange,
        userinfo.token_of_a_patient,
    ),
    *broken(
        "§6 userinfo CIS2 refuses: CIS2 down",
        _USERINFO,
        "",
        userinfo.cis2_down,
        circumstance=precondition.cis2_userinfo_unavailable,
        needs=_FAULTS,
    ),
    *broken(
        "§6 userinfo CIS2 refuses: token expired", _USERINFO, "headers.Authorization", userinfo.token_of_cis2_expired
    ),
    *broken("§7 no token", _LOGOUT, "logout_token", logout.token_absent),
    *broken("§7 malformed", _LOGOUT, "logout_token", logout.token_opaque),
    *broken("§7 aud", _LOGOUT, "logout_token.claims.aud", logout.aud_absent, logout.aud_of_another, logout.aud_second),
    *broken("§7 iss", _LOGOUT, "logout_token.claims.iss", logout.iss_absent, logout.iss_of_a_stranger),
    *broken("§7 sid", _LOGOUT, "logout_token.claims.sid", logout.sid_absent, logout.sid_null),
    *broken(
        "§7 events",
        _LOGOUT,
        "logout_token.claims.events",
        logout.events_absent,
        logout.events_other,
        logout.events_null,
    ),
    *broken(
        "§7 nonce", _LOGOUT, "logout_token.claims.nonce", logout.nonce_present, logout.nonce_empty, logout.nonce_zero
    ),
    *broken(
        "§7 keys unreachable",
        _LOGOUT,
        "",
        logout.keys_out_of_reach,
        circumstance=precondition.cis2_keys_unreachable,
        needs=_FAULTS,
    ),
    *broken("§7 signature", _LOGOUT, "logout_token.header.kid", logout.kid_unknown),
    *broken("§7 signature", _LOGOUT, "logout_token.header.alg", logout.alg_none),
    *broken(
        "§7 time",
        _LOGOUT,
        "logout_token.claims.exp logout_token.claims.iat logout_token.claims.nbf",
        logout.expired,
        logout.begins_later,
        logout.made_later,
    ),
    *broken("§7 sid unknown", _LOGOUT, "logout_token.claims.sid", logout.sid_unknown, logout.sid_empty),
)
