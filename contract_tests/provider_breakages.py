"""The refusals of CIS2 and NHS login, in the order of their checks, which is inferred except for the assertion's.

CIS2's sentences are those of its product's open-source ancestor, except for the few that were captured; NHS login
documents codes and few sentences.
"""

from dataclasses import replace

from contract_tests.breakage import Breakage, Damage, Evidence, Flow, Shape, kinds, parts
from contract_tests.mistake import provider as wrong
from contract_tests.reach import Switch

_CIS2_ANY = kinds(Flow.CIS2_TOKEN, Flow.CIS2_ASSERTED)
_CIS2 = kinds(Flow.CIS2_TOKEN)
_ASSERTED = kinds(Flow.CIS2_ASSERTED)
_CIS2_EVERY = kinds(Flow.CIS2_TOKEN, Flow.CIS2_ASSERTED, Flow.CIS2_REFRESH)
_CIS2_SECRET = kinds(Flow.CIS2_TOKEN, Flow.CIS2_REFRESH)
_CIS2_RENEWAL = kinds(Flow.CIS2_REFRESH)
_NHS_LOGIN_ANY = kinds(Flow.NHS_LOGIN_TOKEN, Flow.NHS_LOGIN_REFRESH)
_NHS_LOGIN = kinds(Flow.NHS_LOGIN_TOKEN)

_NOT_AUTHENTICATED = "Client authentication failed"
_INVALID_GRANT = "The provided access grant is invalid, expired, or revoked."
_INVALID_CLIENT = (
    "The client identifier provided is invalid, the client failed to authenticate, the client did not include its "
    "credentials, provided multiple client credentials, or used unsupported credentials type."
)
_INVALID_TOKEN = "The access token provided is expired, revoked, malformed, or invalid for other reasons."


def _cis2(
    error: str,
    sentence: str,
    damage: Damage,
    touches: str,
    *,
    of: frozenset[Flow] = _CIS2_ANY,
    status: int = 400,
    evidence: Evidence = "I",
    only: Switch | None = None,
) -> Breakage:
    return Breakage(
        row="CIS2 §5 token",
        flows=of,
        status=status,
        error=error,
        sentence=sentence,
        evidence=evidence,
        damage=damage,
        touches=parts(*touches.split()),
        shape=Shape.DESCRIPTION_FIRST,
        only=only,
    )


def _at_cis2(
    status: int,
    error: str,
    sentence: str,
    damage: Damage,
    touches: str,
    shape: Shape,
    *,
    of: Flow,
    evidence: Evidence = "I",
) -> Breakage:
    return Breakage(
        row=f"CIS2 §5 {of.value.removeprefix('cis2_').replace('_', ' ')}",
        flows=kinds(of),
        status=status,
        error=error,
        sentence=sentence,
        evidence=evidence,
        damage=damage,
        touches=parts(*touches.split()),
        shape=shape,
    )


def _nhs_login(
    error: str, damage: Damage, touches: str, *, of: frozenset[Flow] = _NHS_LOGIN, evidence: Evidence = "D"
) -> Breakage:
    return Breakage(
        row="NHS login §5",
        flows=of,
        status=400,
        error=error,
        sentence="",
        evidence=evidence,
        damage=damage,
        touches=parts(*touches.split()),
        shape=Shape.ERROR_ALONE,
    )


def _sent_back(
    error: str,
    sentence: str,
    damage: Damage,
    touches: str,
    shape: Shape = Shape.REDIRECT_UNDESCRIBED,
    evidence: Evidence = "D",
) -> Breakage:
    return Breakage(
        row="NHS login §4",
        flows=kinds(Flow.NHS_LOGIN_AUTHORIZE),
        status=302,
        error=error,
        sentence=sentence,
        evidence=evidence,
        damage=damage,
        touches=parts(*touches.split()),
        shape=shape,
    )


def _page(error: str, sentence: str, damage: Damage, touches: str, status: int = 400) -> Breakage:
    return Breakage(
        row="NHS login §4",
        flows=kinds(Flow.NHS_LOGIN_AUTHORIZE),
        status=status,
        error=error,
        sentence=sentence,
        evidence="I",
        damage=damage,
        touches=parts(*touches.split()),
        shape=Shape.PAGE,
    )


def _bearer(sentence: str, damage: Damage, evidence: Evidence) -> Breakage:
    return Breakage(
        row="NHS login §7",
        flows=kinds(Flow.NHS_LOGIN_USERINFO),
        status=401,
        error="invalid_token",
        sentence=sentence,
        evidence=evidence,
        damage=damage,
        touches=parts("headers.Authorization"),
        shape=Shape.BEARER,
    )


_CIS2_AUTHORIZE = (
    _at_cis2(
        405,
        "method_not_allowed",
        "Required Method: GET found: PUT",
        wrong.asked_by_put,
        "method",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        400,
        "invalid_request",
        "Invalid Request, duplicate request parameter found : client_id",
        wrong.client_id_twice,
        "asked.client_id",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        400,
        "invalid_request",
        "Missing parameter, client_id",
        wrong.asked_without_client_id,
        "asked.client_id",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        400,
        "invalid_client",
        _INVALID_CLIENT,
        wrong.asked_by_a_stranger,
        "asked.client_id",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        400,
        "invalid_request",
        "Missing parameter: redirect_uri",
        wrong.asked_without_redirect_uri,
        "asked.redirect_uri",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        400,
        "relative_redirect_uri",
        "The redirection URI provided is not absolute.",
        wrong.redirect_uri_relative,
        "asked.redirect_uri",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ),
    *_at_cis2(
        400,
        "redirect_uri_mismatch",
        "The redirection URI provided does not match a pre-registered value.",
        wrong.redirect_uri_foreign,
        "asked.redirect_uri",
        Shape.PAGE,
        of=Flow.CIS2_AUTHORIZE,
    ).also(wrong.redirect_uri_with_a_slash),
    _at_cis2(
        302,
        "invalid_request",
        "Invalid Request, duplicate request parameter found : extra",
        wrong.asked_twice,
        "asked.extra",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "invalid_request",
        "Missing parameter, response_type",
        wrong.asked_without_response_type,
        "asked.response_type",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "unsupported_response_type",
        "Response type is not supported.",
        wrong.response_type_token,
        "asked.response_type",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "unauthorized_client",
        "The client is not authorized to request an authorization code using this method.",
        wrong.codes_not_registered,
        "app.grant_types",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "invalid_request",
        "Invalid Response Type.",
        wrong.response_mode_form,
        "asked.response_mode",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    *_at_cis2(
        302,
        "invalid_request",
        "Missing expected scope=openid from request",
        wrong.scope_without_openid,
        "asked.scope",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ).also(wrong.scope_absent),
    _at_cis2(
        302,
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed.",
        wrong.scope_unknown,
        "asked.scope",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    *_at_cis2(
        302,
        "invalid_request",
        "Prompt parameter is invalid or unsupported",
        wrong.prompt_unknown,
        "asked.prompt",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ).also(wrong.prompt_none_and_login),
    *_at_cis2(
        302,
        "invalid_request",
        "Invalid max_age parameter",
        wrong.max_age_no_number,
        "asked.max_age",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ).also(wrong.max_age_negative),
    _at_cis2(
        302,
        "login_required",
        "The request requires login.",
        wrong.prompt_none,
        "asked.prompt asked.login_hint",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "interaction_required",
        "The request requires some interaction that is not allowed.",
        wrong.person_of_a_low_level,
        "asked.login_hint asked.acr_values",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
)
_CIS2_TOKEN = (
    _cis2(
        "method_not_allowed", "Required Method: POST found: GET", wrong.method_get, "method", of=_CIS2_EVERY, status=405
    ),
    _cis2("invalid_request", "Invalid Content Type", wrong.content_type_json, "headers.Content-Type", of=_CIS2_EVERY),
    _cis2(
        "invalid_request",
        "Invalid Request, duplicate request parameter found : extra",
        wrong.parameter_twice,
        "form.extra",
        of=_CIS2_EVERY,
    ),
    _cis2("invalid_request", "Grant type is not set", wrong.grant_type_absent, "form.grant_type"),
    _cis2("invalid_grant", "Unknown Grant Type, magic", wrong.grant_type_unknown, "form.grant_type"),
    _cis2("unsupported_grant_type", "Grant type is not supported", wrong.grant_type_password, "form.grant_type"),
    _cis2(
        "invalid_request",
        _NOT_AUTHENTICATED,
        wrong.header_beside_client_id,
        "headers.Authorization form.client_id",
        of=_CIS2_EVERY,
    ),
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_id_absent, "form.client_id", of=_CIS2_SECRET),
    *_cis2(
        "invalid_client",
        _NOT_AUTHENTICATED,
        wrong.assertion_type_other,
        "form.client_assertion_type client_assertion",
        of=_ASSERTED,
    ).also(wrong.client_unnamed),
    _cis2("invalid_client", "JWT is not valid", wrong.assertion_opaque, "client_assertion", of=_ASSERTED),
    *(
        each
        for foreign in (
            _cis2(
                "invalid_client",
                "JWT is not valid",
                wrong.iss_and_sub_an_api_key,
                "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
                of=_ASSERTED,
                evidence="Q",
            ),
            *_cis2(
                "invalid_client",
                "JWT is not valid",
                wrong.iss_of_another,
                "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
                of=_ASSERTED,
            ).also(wrong.sub_absent),
        )
        for each in foreign.where(
            Switch.ASSERTIONS_OF_ANCESTOR,
            sentence="JWT 'iss' and 'sub' claims must be equal to the client_id",
            evidence="I",
        )
    ),
    replace(
        _cis2(
            "invalid_client",
            "JWT is not valid",
            wrong.iss_and_sub_an_api_key_alone,
            "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
            of=_ASSERTED,
        ),
        row="CIS2 §5 token API key",
    ),
    replace(
        _cis2("invalid_client", "JWT is not valid", wrong.app_at_the_platform_alone, "app.services", of=_ASSERTED),
        row="CIS2 §5 token API key",
        relies=parts("client_assertion.claims.iss", "client_assertion.claims.sub"),
    ),
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.app_at_the_platform_alone, "app.services", of=_CIS2_SECRET),
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_id_unknown, "form.client_id", of=_CIS2_SECRET),
    _cis2(
        "invalid_client",
        _NOT_AUTHENTICATED,
        wrong.iss_and_sub_unknown,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        of=_ASSERTED,
    ),
    *_cis2(
        "invalid_client", "JWT has expired", wrong.exp_a_second_ago, "client_assertion.claims.exp", of=_ASSERTED
    ).also(wrong.exp_this_second, wrong.exp_text),
    _cis2(
        "invalid_client",
        "JWT expiration time is unreasonable",
        wrong.exp_too_far,
        "client_assertion.claims.exp",
        of=_ASSERTED,
    ),
    _cis2("invalid_client", "JWT is not valid", wrong.keys_unreachable, "app.jwks_url", of=_ASSERTED),
    _cis2(
        "invalid_client",
        "JWT is not valid",
        wrong.kid_unknown,
        "client_assertion.header.kid",
        of=_ASSERTED,
        evidence="Q",
    ),
    *_cis2(
        "invalid_client",
        "JWT is not valid",
        wrong.signature_turned,
        "client_assertion.signature",
        of=_ASSERTED,
        evidence="Q",
    ).also(wrong.signature_of_a_foreign_key),
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.secret_beside_the_assertion, "form.client_secret", of=_ASSERTED),
    *_cis2(
        "invalid_client",
        "Audience validation failed",
        wrong.aud_the_issuer,
        "client_assertion.claims.aud query",
        of=_ASSERTED,
    ).also(wrong.aud_absent),
    _cis2(
        "invalid_client",
        "Invalid authentication method for accessing this endpoint.",
        wrong.secret_of_an_app_that_signs,
        "app.cis2_auth_method",
        of=_CIS2,
    ),
    *_cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_secret_wrong, "form.client_secret", of=_CIS2_SECRET).also(
        wrong.client_secret_absent
    ),
    _cis2("unsupported_grant_type", "Grant type is not supported", wrong.codes_not_registered, "app.grant_types"),
    _cis2(
        "unsupported_grant_type",
        "Grant type is not supported",
        wrong.refreshes_not_registered,
        "app.grant_types",
        of=_CIS2_RENEWAL,
    ),
    _cis2("invalid_request", "Missing parameter, 'code'", wrong.code_absent, "form.code"),
    _cis2("invalid_request", "Missing parameter, 'redirect_uri'", wrong.redirect_uri_absent, "form.redirect_uri"),
    _cis2(
        "invalid_request",
        "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
        "should be supplied to the authorize request.",
        wrong.scope_with_the_code,
        "form.scope",
        only=Switch.SCOPE_AT_TOKEN_REFUSED,
    ),
    *_cis2("invalid_grant", _INVALID_GRANT, wrong.code_unknown, "form.code", evidence="S").where(
        Switch.CODES_OF_ANCESTOR, error="invalid_request", sentence="Authorization code doesn't exist.", evidence="I"
    ),
    *_cis2("invalid_grant", _INVALID_GRANT, wrong.code_used_before, "form.code", evidence="S").also(
        wrong.code_of_another_app
    ),
    _cis2("invalid_grant", _INVALID_GRANT, wrong.other_redirect_uri, "form.redirect_uri"),
    *_cis2("invalid_grant", _INVALID_GRANT, wrong.code_too_old, "form.code", evidence="S").where(
        Switch.CODES_OF_ANCESTOR, sentence="Authorization code expired.", evidence="I"
    ),
    *(
        replace(
            _cis2("invalid_grant", _INVALID_GRANT, damage, "form.code form.code_verifier", only=Switch.PKCE_ENFORCED),
            row="CIS2 §5 token code_verifier",
            relies=parts("app"),
        )
        for damage in (wrong.code_verifier_absent, wrong.code_verifier_of_another)
    ),
    _cis2(
        "invalid_request",
        "Missing parameter, 'refresh_token'",
        wrong.refresh_token_absent,
        "form.refresh_token",
        of=_CIS2_RENEWAL,
    ),
    *_cis2(
        "invalid_request",
        "RefreshToken does not exist",
        wrong.refresh_token_unknown,
        "form.refresh_token",
        of=_CIS2_RENEWAL,
    ).also(wrong.refresh_token_used_before_at_cis2),
    _cis2(
        "invalid_request",
        "Token was issued to a different client",
        wrong.refresh_as_another_app,
        "app.name form.refresh_token",
        of=_CIS2_RENEWAL,
    ),
    _cis2(
        "invalid_grant",
        "grant is invalid",
        wrong.refresh_token_too_old_at_cis2,
        "form.refresh_token",
        of=_CIS2_RENEWAL,
    ),
    _cis2(
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed.",
        wrong.scope_wider,
        "form.scope",
        of=_CIS2_RENEWAL,
    ),
)
_CIS2_USERINFO = (
    _at_cis2(
        405,
        "method_not_allowed",
        "Required Method: GET found: PUT",
        wrong.userinfo_by_put,
        "method",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_USERINFO,
    ),
    *_at_cis2(
        401,
        "invalid_token",
        _INVALID_TOKEN,
        wrong.token_unknown,
        "headers.Authorization",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_USERINFO,
        evidence="S",
    ).also(wrong.token_absent, wrong.token_under_another_scheme, wrong.token_expired, wrong.cis2_token_of_nhs_login),
)
_CIS2_END_SESSION = (
    _at_cis2(
        405,
        "method_not_allowed",
        "Required Method: GET found: POST",
        wrong.end_by_post,
        "method",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_END_SESSION,
    ),
    _at_cis2(
        400,
        "bad_request",
        "The endSession endpoint requires an id_token_hint parameter",
        wrong.hint_absent,
        "asked.id_token_hint",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_END_SESSION,
    ),
    *_at_cis2(
        400,
        "bad_request",
        "The id_token_hint is not a token of this provider",
        wrong.hint_opaque,
        "asked.id_token_hint",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_END_SESSION,
    ).also(wrong.hint_of_nhs_login),
    _at_cis2(
        400,
        "relative_redirect_uri",
        "The redirection URI provided is not absolute.",
        wrong.come_back_to_a_path,
        "asked.post_logout_redirect_uri",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_END_SESSION,
    ),
    _at_cis2(
        400,
        "redirect_uri_mismatch",
        "The redirection URI provided does not match a pre-registered value.",
        wrong.come_back_elsewhere,
        "asked.post_logout_redirect_uri",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_END_SESSION,
    ),
)
_CIS2_ELSEWHERE = (
    _at_cis2(
        404,
        "not_found",
        "No OpenID Connect provider for realm /NHSIdentity/Hospital",
        wrong.realm_other,
        "path",
        Shape.DESCRIPTION_FIRST_WITH_STATE,
        of=Flow.CIS2_ELSEWHERE,
    ),
)
_NHS_LOGIN_AUTHORIZE = (
    _page("invalid_request", "Use GET or a form by POST.", wrong.asked_by_put, "method", 405),
    _page("invalid_request", "A parameter was sent twice.", wrong.client_id_twice, "asked.client_id"),
    _page("invalid_request", "The client_id is missing.", wrong.asked_without_client_id, "asked.client_id"),
    _page("unauthorized_client", "The client is unknown.", wrong.asked_by_a_stranger, "asked.client_id"),
    _page("invalid_request", "The redirect_uri is missing.", wrong.asked_without_redirect_uri, "asked.redirect_uri"),
    *_page(
        "invalid_request", "The redirect_uri is not registered.", wrong.redirect_uri_relative, "asked.redirect_uri"
    ).also(wrong.redirect_uri_foreign, wrong.redirect_uri_with_a_slash),
    _sent_back("invalid_request", "", wrong.asked_twice, "asked.extra", evidence="I"),
    replace(
        _sent_back("invalid_request", "", wrong.state_absent, "asked.state", Shape.REDIRECT_CODE_ALONE),
        only=Switch.STRICT_AUTHORIZE,
    ),
    _sent_back("invalid_request", "", wrong.asked_without_response_type, "asked.response_type"),
    _sent_back(
        "unsupported_response_type",
        "Unsupported response_type value",
        wrong.response_type_token,
        "asked.response_type",
        Shape.REDIRECT,
    ),
    _sent_back("unauthorized_client", "", wrong.codes_not_registered, "app.grant_types"),
    _sent_back("invalid_request", "", wrong.response_mode_form, "asked.response_mode", evidence="I"),
    _sent_back("request_not_supported", "", wrong.request_object, "asked.request"),
    _sent_back("request_uri_not_supported", "", wrong.request_uri, "asked.request_uri"),
    _sent_back("registration_not_supported", "", wrong.registration, "asked.registration"),
    *_sent_back("invalid_scope", "", wrong.scope_without_openid, "asked.scope", evidence="I").also(wrong.scope_absent),
    _sent_back("invalid_scope", "", wrong.scope_reserved, "asked.scope"),
    _sent_back("invalid_scope", "", wrong.scopes_exclusive, "asked.scope", evidence="I"),
    replace(
        _sent_back("invalid_request", "", wrong.nonce_absent, "asked.nonce", evidence="I"),
        only=Switch.STRICT_AUTHORIZE,
    ),
    *_sent_back("invalid_request", "", wrong.prompt_unknown, "asked.prompt", evidence="I").also(
        wrong.prompt_none_and_login
    ),
    _sent_back("invalid_request", "", wrong.display_unknown, "asked.display", evidence="I"),
    *_sent_back("invalid_request", "", wrong.vtr_no_json, "asked.vtr", evidence="I").also(
        wrong.vtr_empty, wrong.vtr_unknown
    ),
    _sent_back("invalid_request", "", wrong.voucher_opaque, "asked.asserted_login_identity", evidence="I"),
    _sent_back(
        "sso_login_required",
        "",
        wrong.prompt_none,
        "asked.prompt asked.login_hint asked.asserted_login_identity",
    ),
    replace(
        _sent_back(
            "interaction_required",
            "",
            wrong.patient_of_a_low_level,
            "asked.login_hint asked.vtr asked.asserted_login_identity",
            evidence="I",
        ),
        unless=Switch.ANY_VECTOR,
    ),
)
_NHS_LOGIN_TOKEN = (
    _nhs_login("invalid_request", wrong.method_get, "method", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.content_type_json, "headers.Content-Type", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.parameter_twice, "form.extra", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.grant_type_absent, "form.grant_type"),
    *_nhs_login("unsupported_grant_type", wrong.grant_type_password, "form.grant_type").also(wrong.grant_type_unknown),
    _nhs_login(
        "invalid_client",
        wrong.header_beside_client_id,
        "headers.Authorization form.client_id",
        of=_NHS_LOGIN_ANY,
        evidence="I",
    ),
    *_nhs_login(
        "invalid_client",
        wrong.assertion_type_other,
        "form.client_assertion_type client_assertion",
        of=_NHS_LOGIN_ANY,
    ).also(wrong.client_unnamed),
    _nhs_login("invalid_client", wrong.assertion_opaque, "client_assertion", of=_NHS_LOGIN_ANY),
    *_nhs_login(
        "invalid_client",
        wrong.iss_of_another,
        "client_assertion.claims.iss client_assertion.claims.sub",
        of=_NHS_LOGIN_ANY,
    ).also(wrong.sub_absent, wrong.iss_and_sub_unknown),
    *_nhs_login("invalid_client", wrong.exp_a_second_ago, "client_assertion.claims.exp", of=_NHS_LOGIN_ANY).also(
        wrong.exp_this_second, wrong.exp_text
    ),
    _nhs_login("invalid_client", wrong.keys_unreachable, "app.jwks_url", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_client", wrong.kid_unknown, "client_assertion.header.kid", of=_NHS_LOGIN_ANY),
    *_nhs_login("invalid_client", wrong.signature_turned, "client_assertion.signature", of=_NHS_LOGIN_ANY).also(
        wrong.signature_of_a_foreign_key
    ),
    _nhs_login("invalid_client", wrong.secret_beside_the_assertion, "form.client_secret", of=_NHS_LOGIN_ANY),
    *_nhs_login("invalid_client", wrong.aud_absent, "client_assertion.claims.aud", of=_NHS_LOGIN_ANY).also(
        wrong.aud_elsewhere
    ),
    _nhs_login(
        "invalid_client",
        wrong.secret_for_an_assertion,
        "client_assertion form.client_assertion_type form.client_id form.client_secret",
    ),
    _nhs_login("unauthorized_client", wrong.codes_not_registered, "app.grant_types"),
    _nhs_login(
        "unauthorized_client", wrong.refreshes_not_registered, "app.grant_types", of=kinds(Flow.NHS_LOGIN_REFRESH)
    ),
    _nhs_login("invalid_request", wrong.code_absent, "form.code"),
    _nhs_login("invalid_request", wrong.redirect_uri_absent, "form.redirect_uri"),
    *_nhs_login("invalid_grant", wrong.code_unknown, "form.code").also(
        wrong.code_used_before, wrong.code_of_another_patients_app, wrong.code_too_old_at_nhs_login
    ),
    _nhs_login("invalid_grant", wrong.other_redirect_uri, "form.redirect_uri"),
    _nhs_login("invalid_request", wrong.refresh_token_absent, "form.refresh_token", of=kinds(Flow.NHS_LOGIN_REFRESH)),
    *_nhs_login(
        "invalid_grant", wrong.refresh_token_unknown, "form.refresh_token", of=kinds(Flow.NHS_LOGIN_REFRESH)
    ).also(wrong.refresh_token_used_before, wrong.refresh_token_too_old_at_nhs_login),
    _nhs_login(
        "invalid_grant",
        wrong.refresh_as_another_app,
        "app.name form.refresh_token",
        of=kinds(Flow.NHS_LOGIN_REFRESH),
    ),
    _nhs_login("invalid_scope", wrong.scope_wider, "form.scope", of=kinds(Flow.NHS_LOGIN_REFRESH)),
)
_NHS_LOGIN_USERINFO = (
    Breakage(
        row="NHS login §7",
        flows=kinds(Flow.NHS_LOGIN_USERINFO),
        status=400,
        error="invalid_request",
        sentence="Invalid parameter content",
        evidence="I",
        damage=wrong.userinfo_by_put,
        touches=parts("method"),
        shape=Shape.ERROR_FIRST,
    ),
    *_bearer("The access token is invalid", wrong.token_unknown, "I").also(
        wrong.token_absent, wrong.token_under_another_scheme, wrong.nhs_login_token_of_cis2
    ),
    _bearer("The access token expired", wrong.nhs_login_token_expired, "D"),
    Breakage(
        row="NHS login §7",
        flows=kinds(Flow.NHS_LOGIN_METADATA),
        status=403,
        error="insufficient_scope",
        sentence="The scope client_metadata is required",
        evidence="I",
        damage=wrong.nothing_else,
        touches=parts(),
        shape=Shape.BEARER_OF_SCOPE,
    ),
)

PROVIDERS: tuple[Breakage, ...] = (
    *_CIS2_AUTHORIZE,
    *_CIS2_TOKEN,
    *_CIS2_USERINFO,
    *_CIS2_END_SESSION,
    *_CIS2_ELSEWHERE,
    *_NHS_LOGIN_AUTHORIZE,
    *_NHS_LOGIN_TOKEN,
    *_NHS_LOGIN_USERINFO,
)
