"""What CIS2 and NHS login refuse, in the order in which they look, which is inferred but for the assertion's.

CIS2's sentences are those of its product's open-source ancestor, but for the few that were captured; NHS login
documents codes and hardly a sentence.
"""

from contract_tests.breakage import Breakage, Damage, Evidence, Flow, Shape, kinds, parts
from contract_tests.mistake import provider as wrong

_CIS2_ANY = kinds(Flow.CIS2_TOKEN, Flow.CIS2_ASSERTED)
_CIS2 = kinds(Flow.CIS2_TOKEN)
_ASSERTED = kinds(Flow.CIS2_ASSERTED)
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
        "invalid_request",
        "Missing expected scope=openid from request",
        wrong.scope_without_openid,
        "asked.scope",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed.",
        wrong.scope_unknown,
        "asked.scope",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
    _at_cis2(
        302,
        "login_required",
        "The request requires login.",
        wrong.prompt_none,
        "asked.prompt",
        Shape.REDIRECT,
        of=Flow.CIS2_AUTHORIZE,
    ),
)
_CIS2_TOKEN = (
    _cis2("method_not_allowed", "Required Method: POST found: GET", wrong.method_get, "method", status=405),
    _cis2("invalid_request", "Invalid Content Type", wrong.content_type_json, "headers.Content-Type"),
    _cis2(
        "invalid_request",
        "Invalid Request, duplicate request parameter found : extra",
        wrong.parameter_twice,
        "form.extra",
    ),
    _cis2("invalid_request", "Grant type is not set", wrong.grant_type_absent, "form.grant_type"),
    _cis2("invalid_grant", "Unknown Grant Type, magic", wrong.grant_type_unknown, "form.grant_type"),
    _cis2("unsupported_grant_type", "Grant type is not supported", wrong.grant_type_password, "form.grant_type"),
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_id_absent, "form.client_id", of=_CIS2),
    _cis2("invalid_client", "JWT is not valid", wrong.assertion_opaque, "client_assertion", of=_ASSERTED),
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
    _cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_id_unknown, "form.client_id", of=_CIS2),
    _cis2(
        "invalid_client",
        _NOT_AUTHENTICATED,
        wrong.iss_and_sub_unknown,
        "client_assertion.claims.iss client_assertion.claims.sub form.client_id",
        of=_ASSERTED,
    ),
    _cis2("invalid_client", "JWT has expired", wrong.exp_a_second_ago, "client_assertion.claims.exp", of=_ASSERTED),
    _cis2(
        "invalid_client",
        "JWT expiration time is unreasonable",
        wrong.exp_too_far,
        "client_assertion.claims.exp",
        of=_ASSERTED,
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
    *_cis2("invalid_client", _NOT_AUTHENTICATED, wrong.client_secret_wrong, "form.client_secret", of=_CIS2).also(
        wrong.client_secret_absent
    ),
    _cis2("invalid_request", "Missing parameter, 'code'", wrong.code_absent, "form.code"),
    _cis2("invalid_request", "Missing parameter, 'redirect_uri'", wrong.redirect_uri_absent, "form.redirect_uri"),
    *_cis2("invalid_grant", _INVALID_GRANT, wrong.code_unknown, "form.code", evidence="S").also(
        wrong.code_used_before, wrong.code_too_old
    ),
    _cis2("invalid_grant", _INVALID_GRANT, wrong.other_redirect_uri, "form.redirect_uri"),
)
_CIS2_USERINFO = (
    *_at_cis2(
        401,
        "invalid_token",
        _INVALID_TOKEN,
        wrong.token_unknown,
        "headers.Authorization",
        Shape.DESCRIPTION_FIRST,
        of=Flow.CIS2_USERINFO,
        evidence="S",
    ).also(wrong.token_absent, wrong.token_expired),
)
_CIS2_END_SESSION = (
    _at_cis2(
        400,
        "bad_request",
        "The endSession endpoint requires an id_token_hint parameter",
        wrong.hint_absent,
        "asked.id_token_hint",
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
_NHS_LOGIN_AUTHORIZE = (
    _sent_back("invalid_request", "", wrong.asked_without_response_type, "asked.response_type"),
    _sent_back(
        "unsupported_response_type",
        "Unsupported response_type value",
        wrong.response_type_token,
        "asked.response_type",
        Shape.REDIRECT,
    ),
    _sent_back("request_not_supported", "", wrong.request_object, "asked.request"),
    _sent_back("invalid_scope", "", wrong.scope_without_openid, "asked.scope", evidence="I"),
    _sent_back("invalid_request", "", wrong.vtr_no_json, "asked.vtr", evidence="I"),
    _sent_back("sso_login_required", "", wrong.prompt_none, "asked.prompt"),
)
_NHS_LOGIN_TOKEN = (
    _nhs_login("invalid_request", wrong.method_get, "method", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.content_type_json, "headers.Content-Type", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.parameter_twice, "form.extra", of=_NHS_LOGIN_ANY),
    _nhs_login("invalid_request", wrong.grant_type_absent, "form.grant_type"),
    *_nhs_login("unsupported_grant_type", wrong.grant_type_password, "form.grant_type").also(wrong.grant_type_unknown),
    _nhs_login("invalid_client", wrong.assertion_opaque, "client_assertion", of=_NHS_LOGIN_ANY),
    *_nhs_login(
        "invalid_client",
        wrong.iss_of_another,
        "client_assertion.claims.iss client_assertion.claims.sub",
        of=_NHS_LOGIN_ANY,
    ).also(wrong.sub_absent),
    _nhs_login("invalid_client", wrong.exp_a_second_ago, "client_assertion.claims.exp", of=_NHS_LOGIN_ANY),
    *_nhs_login("invalid_client", wrong.signature_turned, "client_assertion.signature", of=_NHS_LOGIN_ANY).also(
        wrong.signature_of_a_foreign_key
    ),
    *_nhs_login("invalid_client", wrong.aud_absent, "client_assertion.claims.aud", of=_NHS_LOGIN_ANY).also(
        wrong.aud_elsewhere
    ),
    _nhs_login(
        "invalid_client",
        wrong.secret_for_an_assertion,
        "client_assertion form.client_assertion_type form.client_id form.client_secret",
    ),
    _nhs_login("invalid_request", wrong.code_absent, "form.code"),
    _nhs_login("invalid_request", wrong.redirect_uri_absent, "form.redirect_uri"),
    *_nhs_login("invalid_grant", wrong.code_unknown, "form.code").also(wrong.code_used_before_at_nhs_login),
    _nhs_login("invalid_grant", wrong.other_redirect_uri, "form.redirect_uri"),
    _nhs_login("invalid_request", wrong.refresh_token_absent, "form.refresh_token", of=kinds(Flow.NHS_LOGIN_REFRESH)),
    *_nhs_login(
        "invalid_grant", wrong.refresh_token_unknown, "form.refresh_token", of=kinds(Flow.NHS_LOGIN_REFRESH)
    ).also(wrong.refresh_token_used_before),
    _nhs_login("invalid_scope", wrong.scope_wider, "form.scope", of=kinds(Flow.NHS_LOGIN_REFRESH)),
)
_NHS_LOGIN_USERINFO = (
    *_bearer("The access token is invalid", wrong.token_unknown, "I").also(wrong.token_absent),
    _bearer("The access token expired", wrong.nhs_login_token_expired, "D"),
)

PROVIDERS: tuple[Breakage, ...] = (
    *_CIS2_AUTHORIZE,
    *_CIS2_TOKEN,
    *_CIS2_USERINFO,
    *_CIS2_END_SESSION,
    *_NHS_LOGIN_AUTHORIZE,
    *_NHS_LOGIN_TOKEN,
    *_NHS_LOGIN_USERINFO,
)
