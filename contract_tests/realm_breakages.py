"""The refusals of the platform's mock realms, in the words of their product, Keycloak; all of it is inferred."""

from contract_tests.breakage import Breakage, Damage, Flow, Shape, kinds, parts
from contract_tests.mistake import provider as wrong

_ANY_TOKEN = kinds(Flow.REALM_TOKEN, Flow.REALM_ASSERTED)
_TOKEN = kinds(Flow.REALM_TOKEN)
_ASSERTED = kinds(Flow.REALM_ASSERTED)
_CLIENT = "Invalid client or Invalid client credentials"
_SIGNED = "Client authentication with signed JWT failed"
_UNTRUE = "Token verification failed"


def _realm(
    status: int, error: str, sentence: str, damage: Damage, touches: str, shape: Shape, of: frozenset[Flow]
) -> Breakage:
    return Breakage(
        row="admin §4",
        flows=of,
        status=status,
        error=error,
        sentence=sentence,
        evidence="I",
        damage=damage,
        touches=parts(*touches.split()),
        shape=shape,
    )


def _page(sentence: str, damage: Damage, touches: str, status: int = 400) -> Breakage:
    of = kinds(Flow.REALM_AUTHORIZE)
    return _realm(status, "invalid_request", sentence, damage, touches, Shape.PAGE, of)


def _sent_back(error: str, sentence: str, damage: Damage, touches: str) -> Breakage:
    shape = Shape.REDIRECT if sentence else Shape.REDIRECT_UNDESCRIBED
    return _realm(302, error, sentence, damage, touches, shape, kinds(Flow.REALM_AUTHORIZE))


def _realm_breakage(
    error: str, sentence: str, damage: Damage, touches: str, *, status: int = 400, of: frozenset[Flow] = _TOKEN
) -> Breakage:
    shape = Shape.ERROR_FIRST if sentence else Shape.ERROR_ALONE
    return _realm(status, error, sentence, damage, touches, shape, of)


_AUTHORIZE = (
    _page("HTTP 405 Method Not Allowed", wrong.asked_by_put, "method", 405),
    _page("Invalid Request", wrong.client_id_twice, "asked.client_id"),
    _page("Invalid Request", wrong.asked_without_client_id, "asked.client_id"),
    _page("Client not found.", wrong.asked_by_a_stranger, "asked.client_id"),
    *_page("Invalid parameter: redirect_uri", wrong.asked_without_redirect_uri, "asked.redirect_uri").also(
        wrong.redirect_uri_relative, wrong.redirect_uri_foreign, wrong.redirect_uri_with_a_slash
    ),
    _sent_back("invalid_request", "duplicated parameter", wrong.asked_twice, "asked.extra"),
    _sent_back(
        "invalid_request", "Missing parameter: response_type", wrong.asked_without_response_type, "asked.response_type"
    ),
    _sent_back("unsupported_response_type", "", wrong.response_type_token, "asked.response_type"),
    _sent_back(
        "unauthorized_client",
        "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled for the "
        "client.",
        wrong.codes_not_registered,
        "app.grant_types",
    ),
    _sent_back("invalid_request", "Invalid parameter: response_mode", wrong.response_mode_form, "asked.response_mode"),
    *_sent_back("invalid_scope", "Missing scope: openid", wrong.scope_without_openid, "asked.scope").also(
        wrong.scope_absent
    ),
    *_sent_back("invalid_request", "Invalid parameter: prompt", wrong.prompt_unknown, "asked.prompt").also(
        wrong.prompt_none_and_login
    ),
    *_sent_back("invalid_request", "Invalid parameter: max_age", wrong.max_age_no_number, "asked.max_age").also(
        wrong.max_age_negative
    ),
    _sent_back("login_required", "", wrong.prompt_none, "asked.prompt"),
)
_REDEMPTION = (
    _realm_breakage("HTTP 405 Method Not Allowed", "", wrong.method_get, "method", status=405, of=_ANY_TOKEN),
    _realm_breakage(
        "invalid_request",
        "Missing form parameter: grant_type",
        wrong.content_type_json,
        "headers.Content-Type",
        of=_ANY_TOKEN,
    ),
    _realm_breakage("invalid_request", "duplicated parameter", wrong.parameter_twice, "form.extra", of=_ANY_TOKEN),
    _realm_breakage(
        "invalid_request",
        "Missing form parameter: grant_type",
        wrong.grant_type_absent,
        "form.grant_type",
        of=_ANY_TOKEN,
    ),
    *_realm_breakage(
        "unsupported_grant_type", "Unsupported grant_type", wrong.grant_type_unknown, "form.grant_type", of=_ANY_TOKEN
    ).also(wrong.grant_type_password, wrong.grant_type_refresh),
    _realm_breakage("invalid_client", _CLIENT, wrong.client_id_absent, "form.client_id", status=401),
    *_realm_breakage(
        "invalid_client",
        _CLIENT,
        wrong.assertion_type_other,
        "form.client_assertion_type client_assertion",
        status=401,
        of=_ASSERTED,
    ).also(wrong.client_unnamed),
    _realm_breakage("invalid_client", _SIGNED, wrong.assertion_opaque, "client_assertion", of=_ASSERTED),
    *_realm_breakage(
        "invalid_client",
        _SIGNED,
        wrong.iss_of_another,
        "client_assertion.claims.iss client_assertion.claims.sub",
        of=_ASSERTED,
    ).also(wrong.sub_absent),
    _realm_breakage("invalid_client", _CLIENT, wrong.client_id_unknown, "form.client_id", status=401),
    _realm_breakage(
        "invalid_client",
        _CLIENT,
        wrong.iss_and_sub_unknown,
        "client_assertion.claims.iss client_assertion.claims.sub",
        status=401,
        of=_ASSERTED,
    ),
    *_realm_breakage(
        "invalid_client", _SIGNED, wrong.exp_a_second_ago, "client_assertion.claims.exp", of=_ASSERTED
    ).also(wrong.exp_this_second, wrong.exp_text),
    _realm_breakage("invalid_client", _SIGNED, wrong.keys_unreachable, "app.jwks_url", of=_ASSERTED),
    _realm_breakage("invalid_client", _SIGNED, wrong.kid_unknown, "client_assertion.header.kid", of=_ASSERTED),
    *_realm_breakage(
        "invalid_client", _SIGNED, wrong.signature_turned, "client_assertion.signature", of=_ASSERTED
    ).also(wrong.signature_of_a_foreign_key),
    *_realm_breakage("invalid_client", _SIGNED, wrong.aud_elsewhere, "client_assertion.claims.aud", of=_ASSERTED).also(
        wrong.aud_absent
    ),
    _realm_breakage("invalid_client", _CLIENT, wrong.nothing_else, "", status=401, of=_ASSERTED),
    *_realm_breakage("unauthorized_client", _CLIENT, wrong.client_secret_wrong, "form.client_secret", status=401).also(
        wrong.client_secret_absent
    ),
    _realm_breakage(
        "unauthorized_client",
        "Client not enabled to retrieve this grant",
        wrong.codes_not_registered,
        "app.grant_types",
    ),
    _realm_breakage("invalid_request", "Missing parameter: code", wrong.code_absent, "form.code"),
    _realm_breakage("invalid_grant", "Incorrect redirect_uri", wrong.redirect_uri_absent, "form.redirect_uri"),
    *_realm_breakage("invalid_grant", "Code not valid", wrong.code_unknown, "form.code").also(
        wrong.code_used_before, wrong.realm_code_of_cis2
    ),
    _realm_breakage("invalid_grant", "Code not valid", wrong.other_redirect_uri, "form.redirect_uri"),
    _realm_breakage("invalid_grant", "Code is expired", wrong.realm_code_too_old, "form.code"),
)
_USERINFO = (
    _realm(
        405,
        "HTTP 405 Method Not Allowed",
        "",
        wrong.userinfo_by_put,
        "method",
        Shape.ERROR_ALONE,
        kinds(Flow.REALM_USERINFO),
    ),
    *_realm(
        401,
        "invalid_token",
        _UNTRUE,
        wrong.token_unknown,
        "headers.Authorization",
        Shape.BEARER,
        kinds(Flow.REALM_USERINFO),
    ).also(wrong.token_absent, wrong.realm_token_expired, wrong.nhs_login_token_of_cis2),
)

REALMS: tuple[Breakage, ...] = (*_AUTHORIZE, *_REDEMPTION, *_USERINFO)
