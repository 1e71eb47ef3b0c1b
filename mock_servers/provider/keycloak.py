"""The answers of a mock realm in the words of its product, Keycloak. All of it is inferred (I)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_servers.provider import errors
from mock_servers.rules import Problem, ServiceError

_ROW: Final = "admin §4"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _row(status: int, code: str, sentence: str = "") -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence="I",
        row=_ROW,
        shape="error_first",
        headers=_NO_STORE,
    )


def _page(sentence: str, status: int = 400) -> ServiceError:
    return ServiceError(status=status, code="invalid_request", sentence=sentence, evidence="I", row=_ROW, shape="page")


def _redirect(code: str, sentence: str = "") -> ServiceError:
    return ServiceError(status=302, code=code, sentence=sentence, evidence="I", row=_ROW, shape="redirect")


def _bearer(status: int, code: str, sentence: str) -> ServiceError:
    asks = f'Bearer realm="realm", error="{code}", error_description="{sentence}"'
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence="I",
        row=_ROW,
        shape="error_first",
        headers={"WWW-Authenticate": asks},
    )


_CLIENT_WRONG: Final = "Invalid client or Invalid client credentials"
_JWT_WRONG: Final = "Client authentication with signed JWT failed"
_METHOD_WRONG: Final = _row(405, "HTTP 405 Method Not Allowed")
_CLIENT_UNPROVEN: Final = _row(401, "invalid_client", _CLIENT_WRONG)
_CODE_WRONG: Final = _row(400, "invalid_grant", "Code not valid")
_INVALID: Final = _row(400, "invalid_request", "Invalid request")

ROWS: Final[Mapping[Problem, ServiceError]] = {
    **errors.OF_THE_FORM,
    errors.AUTHORIZE_METHOD: _page("HTTP 405 Method Not Allowed", 405),
    errors.TARGET_REPEATED: _page("Invalid Request"),
    errors.CLIENT_ID_MISSING: _page("Invalid Request"),
    errors.CLIENT_UNKNOWN: _page("Client not found."),
    errors.REDIRECT_URI_ABSENT: _page("Invalid parameter: redirect_uri"),
    errors.REDIRECT_URI_RELATIVE: _page("Invalid parameter: redirect_uri"),
    errors.REDIRECT_URI_MISMATCH: _page("Invalid parameter: redirect_uri"),
    errors.ASKED_TWICE: _redirect("invalid_request", "duplicated parameter"),
    errors.STATE_MISSING: _redirect("invalid_request", "Missing parameter: state"),
    errors.RESPONSE_TYPE_MISSING: _redirect("invalid_request", "Missing parameter: response_type"),
    errors.RESPONSE_TYPE_UNSUPPORTED: _redirect("unsupported_response_type"),
    errors.CODE_NOT_REGISTERED: _redirect(
        "unauthorized_client",
        "Client is not allowed to initiate browser login with given response_type. Standard "
        "flow is disabled for the client.",
    ),
    errors.RESPONSE_MODE_UNSUPPORTED: _redirect("invalid_request", "Invalid parameter: response_mode"),
    errors.REQUEST_NOT_SUPPORTED: _redirect("request_not_supported"),
    errors.REQUEST_URI_NOT_SUPPORTED: _redirect("request_uri_not_supported"),
    errors.REGISTRATION_NOT_SUPPORTED: _redirect("registration_not_supported"),
    errors.OPENID_MISSING: _redirect("invalid_scope", "Missing scope: openid"),
    errors.SCOPE_UNKNOWN: _redirect("invalid_scope", "Invalid scopes"),
    errors.SCOPE_RESERVED: _redirect("invalid_scope", "Invalid scopes"),
    errors.SCOPES_EXCLUSIVE: _redirect("invalid_scope", "Invalid scopes"),
    errors.NONCE_MISSING: _redirect("invalid_request", "Missing parameter: nonce"),
    errors.PROMPT_INVALID: _redirect("invalid_request", "Invalid parameter: prompt"),
    errors.MAX_AGE_INVALID: _redirect("invalid_request", "Invalid parameter: max_age"),
    errors.DISPLAY_UNSUPPORTED: _redirect("invalid_request", "Invalid parameter: display"),
    errors.VTR_MALFORMED: _redirect("invalid_request", "Invalid parameter: vtr"),
    errors.VTR_UNKNOWN: _redirect("invalid_request", "Invalid parameter: vtr"),
    errors.LOGIN_REQUIRED: _redirect("login_required"),
    errors.CONSENT_REQUIRED: _redirect("interaction_required"),
    errors.ASSERTED_INVALID: _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    errors.ASSERTED_UNTRUSTED: _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    errors.ASSERTED_UNKNOWN: _redirect("login_required"),
    errors.ASSERTED_SPENT: _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    errors.FORM_TOKEN_WRONG: _page("An error occurred, please login again through your application."),
    errors.ERROR_CHOSEN: _redirect("server_error"),
    errors.CANCELLED: _redirect("access_denied", "User cancelled"),
    errors.CONSENT_REFUSED: _redirect("access_denied", "User denied consent"),
    errors.PROVIDER_ERROR: _redirect("server_error"),
    errors.LEVEL_TOO_LOW: _redirect("interaction_required", "Authentication requirements not fulfilled"),
    errors.METHOD_NOT_POST: _METHOD_WRONG,
    errors.CONTENT_TYPE_WRONG: _row(400, "invalid_request", "Missing form parameter: grant_type"),
    errors.PARAMETER_REPEATED: _row(400, "invalid_request", "duplicated parameter"),
    errors.GRANT_TYPE_MISSING: _row(400, "invalid_request", "Missing form parameter: grant_type"),
    errors.GRANT_TYPE_UNKNOWN: _row(400, "unsupported_grant_type", "Unsupported grant_type"),
    errors.GRANT_TYPE_UNSUPPORTED: _row(400, "unsupported_grant_type", "Unsupported grant_type"),
    errors.GRANT_NOT_REGISTERED: _row(400, "unauthorized_client", "Client not enabled to retrieve this grant"),
    errors.TWO_IDENTITIES: _CLIENT_UNPROVEN,
    errors.CLIENT_NOT_AUTHENTICATED: _CLIENT_UNPROVEN,
    errors.TOKEN_CLIENT_UNKNOWN: _CLIENT_UNPROVEN,
    errors.ASSERTION_MALFORMED: _row(400, "invalid_client", _JWT_WRONG),
    errors.ASSERTION_BY_API_KEY: _CLIENT_UNPROVEN,
    errors.ASSERTION_NOT_OF_CLIENT: _row(400, "invalid_client", _JWT_WRONG),
    errors.ASSERTION_EXPIRED: _row(400, "invalid_client", _JWT_WRONG),
    errors.ASSERTION_TOO_LONG: _row(400, "invalid_client", _JWT_WRONG),
    errors.CLIENT_KEYS_UNREACHABLE: _row(400, "invalid_client", _JWT_WRONG),
    errors.ASSERTION_KEY_UNKNOWN: _row(400, "invalid_client", _JWT_WRONG),
    errors.ASSERTION_SIGNATURE_WRONG: _row(400, "invalid_client", _JWT_WRONG),
    errors.TWO_METHODS: _CLIENT_UNPROVEN,
    errors.ASSERTION_AUDIENCE_WRONG: _row(400, "invalid_client", _JWT_WRONG),
    errors.METHOD_NOT_REGISTERED: _CLIENT_UNPROVEN,
    errors.CLIENT_SECRET_WRONG: _row(401, "unauthorized_client", _CLIENT_WRONG),
    errors.CODE_MISSING: _row(400, "invalid_request", "Missing parameter: code"),
    errors.REDIRECT_URI_MISSING: _row(400, "invalid_grant", "Incorrect redirect_uri"),
    errors.SCOPE_SENT: _row(400, "invalid_scope", "Invalid scopes"),
    errors.CODE_UNKNOWN: _CODE_WRONG,
    errors.CODE_NOT_OF_REQUEST: _CODE_WRONG,
    errors.CODE_EXPIRED: _row(400, "invalid_grant", "Code is expired"),
    errors.CODE_VERIFIER_WRONG: _CODE_WRONG,
    errors.CODE_SPENT: _CODE_WRONG,
    errors.REFRESH_TOKEN_MISSING: _row(400, "invalid_request", "No refresh token"),
    errors.REFRESH_TOKEN_UNKNOWN: _row(400, "invalid_grant", "Invalid refresh token"),
    errors.REFRESH_TOKEN_FOREIGN: _row(400, "invalid_grant", "Invalid refresh token"),
    errors.REFRESH_TOKEN_EXPIRED: _row(400, "invalid_grant", "Token is not active"),
    errors.REFRESH_SCOPE_WIDER: _row(400, "invalid_scope", "Invalid scopes"),
    errors.REFRESH_TOKEN_SPENT: _row(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded"),
    errors.USERINFO_METHOD: _METHOD_WRONG,
    errors.ACCESS_TOKEN_INVALID: _bearer(401, "invalid_token", "Token verification failed"),
    errors.ACCESS_TOKEN_EXPIRED: _bearer(401, "invalid_token", "Token verification failed"),
    errors.SCOPE_INSUFFICIENT: _bearer(403, "insufficient_scope", "Missing openid scope"),
    errors.METADATA_SCOPE_INSUFFICIENT: _bearer(403, "insufficient_scope", "Missing scope"),
    errors.METADATA_INVALID: _INVALID,
    errors.END_SESSION_METHOD: _METHOD_WRONG,
    errors.ID_TOKEN_HINT_MISSING: _row(400, "invalid_request", "Missing parameter: id_token_hint"),
    errors.ID_TOKEN_HINT_INVALID: _row(400, "invalid_request", "Invalid parameter: id_token_hint"),
    errors.POST_LOGOUT_RELATIVE: _row(400, "invalid_request", "Invalid redirect uri"),
    errors.POST_LOGOUT_MISMATCH: _row(400, "invalid_request", "Invalid redirect uri"),
    errors.REALM_UNKNOWN: _row(404, "Realm does not exist"),
    errors.FAULT: _row(500, "unknown_error"),
}
"""Keycloak uses one sentence for an unknown client and a wrong secret. Some rows are for problems that no realm has."""
