"""What the providers answer. The rules name a problem; each provider says which row that is for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_servers.rules import Evidence, ServiceError


def _problem(name: str) -> ServiceError:
    return ServiceError(status=400, code=name, sentence="", evidence="I", row="OAuth", shape="problem")


AUTHORIZE_METHOD: Final = _problem("authorize_method")
TARGET_REPEATED: Final = _problem("target_repeated")
CLIENT_ID_MISSING: Final = _problem("client_id_missing")
CLIENT_UNKNOWN: Final = _problem("client_unknown")
REDIRECT_URI_ABSENT: Final = _problem("redirect_uri_absent")
REDIRECT_URI_RELATIVE: Final = _problem("redirect_uri_relative")
REDIRECT_URI_MISMATCH: Final = _problem("redirect_uri_mismatch")
ASKED_TWICE: Final = _problem("asked_twice")
STATE_MISSING: Final = _problem("state_missing")
RESPONSE_TYPE_MISSING: Final = _problem("response_type_missing")
RESPONSE_TYPE_UNSUPPORTED: Final = _problem("response_type_unsupported")
CODE_NOT_REGISTERED: Final = _problem("code_not_registered")
RESPONSE_MODE_UNSUPPORTED: Final = _problem("response_mode_unsupported")
REQUEST_NOT_SUPPORTED: Final = _problem("request_not_supported")
REQUEST_URI_NOT_SUPPORTED: Final = _problem("request_uri_not_supported")
REGISTRATION_NOT_SUPPORTED: Final = _problem("registration_not_supported")
OPENID_MISSING: Final = _problem("openid_missing")
SCOPE_UNKNOWN: Final = _problem("scope_unknown")
SCOPE_RESERVED: Final = _problem("scope_reserved")
SCOPES_EXCLUSIVE: Final = _problem("scopes_exclusive")
NONCE_MISSING: Final = _problem("nonce_missing")
PROMPT_INVALID: Final = _problem("prompt_invalid")
MAX_AGE_INVALID: Final = _problem("max_age_invalid")
DISPLAY_UNSUPPORTED: Final = _problem("display_unsupported")
VTR_MALFORMED: Final = _problem("vtr_malformed")
VTR_UNKNOWN: Final = _problem("vtr_unknown")
LOGIN_REQUIRED: Final = _problem("login_required")
CONSENT_REQUIRED: Final = _problem("consent_required")
ASSERTED_INVALID: Final = _problem("asserted_invalid")
ASSERTED_UNTRUSTED: Final = _problem("asserted_untrusted")
ASSERTED_UNKNOWN: Final = _problem("asserted_unknown")
ASSERTED_SPENT: Final = _problem("asserted_spent")
FORM_TOKEN_WRONG: Final = _problem("form_token_wrong")
ERROR_CHOSEN: Final = _problem("error_chosen")
OUTCOME_UNKNOWN: Final = _problem("outcome_unknown")
PERSON_UNKNOWN: Final = _problem("person_unknown")
ROLE_UNKNOWN: Final = _problem("role_unknown")
CANCELLED: Final = _problem("cancelled")
CONSENT_REFUSED: Final = _problem("consent_refused")
PROVIDER_ERROR: Final = _problem("provider_error")
LEVEL_TOO_LOW: Final = _problem("level_too_low")

METHOD_NOT_POST: Final = _problem("method_not_post")
CONTENT_TYPE_WRONG: Final = _problem("content_type_wrong")
PARAMETER_REPEATED: Final = _problem("parameter_repeated")
GRANT_TYPE_MISSING: Final = _problem("grant_type_missing")
GRANT_TYPE_UNKNOWN: Final = _problem("grant_type_unknown")
GRANT_TYPE_UNSUPPORTED: Final = _problem("grant_type_unsupported")
GRANT_NOT_REGISTERED: Final = _problem("grant_not_registered")
TWO_IDENTITIES: Final = _problem("two_identities")
CLIENT_NOT_AUTHENTICATED: Final = _problem("client_not_authenticated")
TOKEN_CLIENT_UNKNOWN: Final = _problem("token_client_unknown")
ASSERTION_MALFORMED: Final = _problem("assertion_malformed")
ASSERTION_NOT_OF_CLIENT: Final = _problem("assertion_not_of_client")
ASSERTION_EXPIRED: Final = _problem("assertion_expired")
ASSERTION_TOO_LONG: Final = _problem("assertion_too_long")
CLIENT_KEYS_UNREACHABLE: Final = _problem("client_keys_unreachable")
ASSERTION_KEY_UNKNOWN: Final = _problem("assertion_key_unknown")
ASSERTION_SIGNATURE_WRONG: Final = _problem("assertion_signature_wrong")
TWO_METHODS: Final = _problem("two_methods")
ASSERTION_AUDIENCE_WRONG: Final = _problem("assertion_audience_wrong")
METHOD_NOT_REGISTERED: Final = _problem("method_not_registered")
CLIENT_SECRET_WRONG: Final = _problem("client_secret_wrong")
CODE_MISSING: Final = _problem("code_missing")
REDIRECT_URI_MISSING: Final = _problem("redirect_uri_missing")
SCOPE_SENT: Final = _problem("scope_sent")
CODE_UNKNOWN: Final = _problem("code_unknown")
CODE_NOT_OF_REQUEST: Final = _problem("code_not_of_request")
CODE_EXPIRED: Final = _problem("code_expired")
CODE_SPENT: Final = _problem("code_spent")
REFRESH_TOKEN_MISSING: Final = _problem("refresh_token_missing")
REFRESH_TOKEN_UNKNOWN: Final = _problem("refresh_token_unknown")
REFRESH_TOKEN_FOREIGN: Final = _problem("refresh_token_foreign")
REFRESH_TOKEN_EXPIRED: Final = _problem("refresh_token_expired")
REFRESH_SCOPE_WIDER: Final = _problem("refresh_scope_wider")
REFRESH_TOKEN_SPENT: Final = _problem("refresh_token_spent")

USERINFO_METHOD: Final = _problem("userinfo_method")
ACCESS_TOKEN_INVALID: Final = _problem("access_token_invalid")
ACCESS_TOKEN_EXPIRED: Final = _problem("access_token_expired")
SCOPE_INSUFFICIENT: Final = _problem("scope_insufficient")
METADATA_SCOPE_INSUFFICIENT: Final = _problem("metadata_scope_insufficient")
METADATA_INVALID: Final = _problem("metadata_invalid")

END_SESSION_METHOD: Final = _problem("end_session_method")
ID_TOKEN_HINT_MISSING: Final = _problem("id_token_hint_missing")
ID_TOKEN_HINT_INVALID: Final = _problem("id_token_hint_invalid")
POST_LOGOUT_RELATIVE: Final = _problem("post_logout_relative")
POST_LOGOUT_MISMATCH: Final = _problem("post_logout_mismatch")
REALM_UNKNOWN: Final = _problem("realm_unknown")
FAULT: Final = _problem("fault")

HEADINGS: Final[Mapping[str, str]] = {
    "authorize_method": "The application sent the wrong kind of request",
    "target_repeated": "The application sent something twice",
    "client_id_missing": "The application did not say which one it is",
    "client_unknown": "The application is not known here",
    "redirect_uri_absent": "The application did not say where to send you back",
    "redirect_uri_relative": "The address to send you back to is not complete",
    "redirect_uri_mismatch": "The address to send you back to is not registered",
    "form_token_wrong": "This log-in page is out of date",
}
"""What an error page says in plain words, by problem, whichever the provider; the provider's own words stand below."""


def _cis2(status: int, code: str, sentence: str, evidence: Evidence = "I") -> ServiceError:
    return ServiceError(
        status=status, code=code, sentence=sentence, evidence=evidence, row="CIS2 §5", shape="description_first"
    )


def _cis2_page(status: int, code: str, sentence: str) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence="I", row="CIS2 §5", shape="page")


def _cis2_redirect(code: str, sentence: str) -> ServiceError:
    return ServiceError(status=302, code=code, sentence=sentence, evidence="I", row="CIS2 §5", shape="redirect")


def _again(sentence: str) -> ServiceError:
    return ServiceError(status=200, code="", sentence=sentence, evidence="I", row="the mock's form", shape="again")


_PERSON_UNKNOWN: Final = _again("There is nobody here with this user id.")
_OUTCOME_UNKNOWN: Final = _again("A log-in cannot end like this.")
_ROLE_UNKNOWN: Final = _again("This person does not have this role.")

_CLIENT_INVALID: Final = (
    "The client identifier provided is invalid, the client failed to authenticate, the client did not include its "
    "credentials, provided multiple client credentials, or used unsupported credentials type."
)
_DUPLICATE: Final = "Invalid Request, duplicate request parameter found : {name}"
_INVALID_GRANT: Final = "The provided access grant is invalid, expired, or revoked."
_INVALID_SCOPE: Final = "The requested scope is invalid, unknown, or malformed."
_INVALID_TOKEN: Final = "The access token provided is expired, revoked, malformed, or invalid for other reasons."
_DENIED: Final = "Resource Owner did not authorize the request"
_MISMATCH: Final = "The redirection URI provided does not match a pre-registered value."
_RELATIVE: Final = "The redirection URI provided is not absolute."
_NOT_AUTHENTICATED: Final = "Client authentication failed"

CIS2: Final[Mapping[str, ServiceError]] = {
    "authorize_method": _cis2_page(405, "method_not_allowed", "Required Method: GET found: {method}"),
    "target_repeated": _cis2_page(400, "invalid_request", _DUPLICATE),
    "client_id_missing": _cis2_page(400, "invalid_request", "Missing parameter, client_id"),
    "client_unknown": _cis2_page(400, "invalid_client", _CLIENT_INVALID),
    "redirect_uri_absent": _cis2_page(400, "invalid_request", "Missing parameter: redirect_uri"),
    "redirect_uri_relative": _cis2_page(400, "relative_redirect_uri", _RELATIVE),
    "redirect_uri_mismatch": _cis2_page(400, "redirect_uri_mismatch", _MISMATCH),
    "asked_twice": _cis2_redirect("invalid_request", _DUPLICATE),
    "state_missing": _cis2_redirect("invalid_request", "Missing parameter, state"),
    "response_type_missing": _cis2_redirect("invalid_request", "Missing parameter, response_type"),
    "response_type_unsupported": _cis2_redirect("unsupported_response_type", "Response type is not supported."),
    "code_not_registered": _cis2_redirect(
        "unauthorized_client", "The client is not authorized to request an authorization code using this method."
    ),
    "response_mode_unsupported": _cis2_redirect("invalid_request", "Invalid Response Type."),
    "request_not_supported": _cis2_redirect("request_not_supported", ""),
    "request_uri_not_supported": _cis2_redirect("request_uri_not_supported", ""),
    "registration_not_supported": _cis2_redirect("registration_not_supported", ""),
    "openid_missing": _cis2_redirect("invalid_request", "Missing expected scope=openid from request"),
    "scope_unknown": _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    "scope_reserved": _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    "scopes_exclusive": _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    "nonce_missing": _cis2_redirect("invalid_request", "Missing parameter, nonce"),
    "prompt_invalid": _cis2_redirect("invalid_request", "Prompt parameter is invalid or unsupported"),
    "max_age_invalid": _cis2_redirect("invalid_request", "Invalid max_age parameter"),
    "display_unsupported": _cis2_redirect("invalid_request", "Invalid display parameter"),
    "vtr_malformed": _cis2_redirect("invalid_request", "Invalid vtr parameter"),
    "vtr_unknown": _cis2_redirect("invalid_request", "Invalid vtr parameter"),
    "login_required": _cis2_redirect("login_required", "The request requires login."),
    "consent_required": _cis2_redirect("consent_required", "The request requires consent."),
    "asserted_invalid": _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    "asserted_untrusted": _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    "asserted_unknown": _cis2_redirect("login_required", "The request requires login."),
    "asserted_spent": _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    "form_token_wrong": _cis2_page(400, "invalid_request", "This log-in form was not made for this request."),
    "error_chosen": _cis2_redirect("server_error", ""),
    "outcome_unknown": _OUTCOME_UNKNOWN,
    "person_unknown": _PERSON_UNKNOWN,
    "role_unknown": _ROLE_UNKNOWN,
    "cancelled": _cis2_redirect("access_denied", _DENIED),
    "consent_refused": _cis2_redirect("access_denied", _DENIED),
    "provider_error": _cis2_redirect("server_error", "Internal Server Error"),
    "level_too_low": _cis2_redirect(
        "interaction_required", "The request requires some interaction that is not allowed."
    ),
    "method_not_post": _cis2(405, "method_not_allowed", "Required Method: POST found: {method}"),
    "content_type_wrong": _cis2(400, "invalid_request", "Invalid Content Type"),
    "parameter_repeated": _cis2(400, "invalid_request", _DUPLICATE),
    "grant_type_missing": _cis2(400, "invalid_request", "Grant type is not set"),
    "grant_type_unknown": _cis2(400, "invalid_grant", "Unknown Grant Type, {grant_type}"),
    "grant_type_unsupported": _cis2(400, "unsupported_grant_type", "Grant type is not supported"),
    "grant_not_registered": _cis2(400, "unsupported_grant_type", "Grant type is not supported"),
    "two_identities": _cis2(400, "invalid_request", _NOT_AUTHENTICATED),
    "client_not_authenticated": _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    "token_client_unknown": _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    "assertion_malformed": _cis2(400, "invalid_client", "JWT is not valid"),
    "assertion_not_of_client": _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    "assertion_expired": _cis2(400, "invalid_client", "JWT has expired"),
    "assertion_too_long": _cis2(400, "invalid_client", "JWT expiration time is unreasonable"),
    "client_keys_unreachable": _cis2(400, "invalid_client", "JWT is not valid"),
    "assertion_key_unknown": _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    "assertion_signature_wrong": _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    "two_methods": _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    "assertion_audience_wrong": _cis2(400, "invalid_client", "Audience validation failed"),
    "method_not_registered": _cis2(400, "invalid_client", "Invalid authentication method for accessing this endpoint."),
    "client_secret_wrong": _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    "code_missing": _cis2(400, "invalid_request", "Missing parameter, 'code'"),
    "redirect_uri_missing": _cis2(400, "invalid_request", "Missing parameter, 'redirect_uri'"),
    "scope_sent": _cis2(
        400,
        "invalid_request",
        "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
        "should be supplied to the authorize request.",
    ),
    "code_unknown": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "code_not_of_request": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "code_expired": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "code_spent": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "refresh_token_missing": _cis2(400, "invalid_request", "Missing parameter, 'refresh_token'"),
    "refresh_token_unknown": _cis2(400, "invalid_request", "RefreshToken does not exist"),
    "refresh_token_foreign": _cis2(400, "invalid_request", "Token was issued to a different client"),
    "refresh_token_expired": _cis2(400, "invalid_grant", "grant is invalid"),
    "refresh_scope_wider": _cis2(400, "invalid_scope", _INVALID_SCOPE),
    "refresh_token_spent": _cis2(400, "invalid_request", "RefreshToken does not exist"),
    "userinfo_method": _cis2(405, "method_not_allowed", "Required Method: GET found: {method}"),
    "access_token_invalid": _cis2(401, "invalid_token", _INVALID_TOKEN, "S"),
    "access_token_expired": _cis2(401, "invalid_token", _INVALID_TOKEN, "S"),
    "scope_insufficient": _cis2(403, "insufficient_scope", "The resource requested requires scope: openid"),
    "metadata_scope_insufficient": _cis2(
        403, "insufficient_scope", "The resource requested requires scope: client_metadata"
    ),
    "metadata_invalid": _cis2(400, "invalid_request", "Invalid parameter content"),
    "end_session_method": _cis2(405, "method_not_allowed", "Required Method: GET found: {method}"),
    "id_token_hint_missing": _cis2(400, "bad_request", "The endSession endpoint requires an id_token_hint parameter"),
    "id_token_hint_invalid": _cis2(400, "bad_request", "The id_token_hint is not a token of this provider"),
    "post_logout_relative": _cis2(400, "relative_redirect_uri", _RELATIVE),
    "post_logout_mismatch": _cis2(400, "redirect_uri_mismatch", _MISMATCH),
    "realm_unknown": _cis2(404, "not_found", "No OpenID Connect provider for realm {realm}"),
    "fault": _cis2(400, "server_error", "Internal Server Error"),
}
"""No source tells CIS2's words for prompt, max_age and id_token_hint: ours say what is wrong."""


CIS2_ANCESTOR: Final[Mapping[str, ServiceError]] = {
    "code_unknown": _cis2(400, "invalid_request", "Authorization code doesn't exist."),
    "code_expired": _cis2(400, "invalid_grant", "Authorization code expired."),
    "assertion_not_of_client": _cis2(
        400, "invalid_client", "JWT 'iss' and 'sub' claims must be equal to the client_id"
    ),
}
"""What the product's ancestor, or a fork of it, says where CIS2 was captured or quoted with another sentence."""


_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _nhs_login(code: str, sentence: str = "", evidence: Evidence = "D") -> ServiceError:
    return ServiceError(
        status=400,
        code=code,
        sentence=sentence,
        evidence=evidence,
        row="NHS login §5",
        shape="error_first",
        headers=_NO_STORE,
    )


def _nhs_login_page(code: str, sentence: str, status: int = 400) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence="I", row="NHS login §4", shape="page")


def _nhs_login_redirect(code: str, sentence: str = "", evidence: Evidence = "D") -> ServiceError:
    return ServiceError(
        status=302, code=code, sentence=sentence, evidence=evidence, row="NHS login §4", shape="redirect"
    )


def _nhs_login_bearer(status: int, code: str, sentence: str, evidence: Evidence) -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence=evidence,
        row="NHS login §7",
        shape="error_first",
        headers={"WWW-Authenticate": f'error="{code}", error_description="{sentence}"'},
    )


NHS_LOGIN: Final[Mapping[str, ServiceError]] = {
    "authorize_method": _nhs_login_page("invalid_request", "Use GET or a form by POST.", 405),
    "target_repeated": _nhs_login_page("invalid_request", "A parameter was sent twice."),
    "client_id_missing": _nhs_login_page("invalid_request", "The client_id is missing."),
    "client_unknown": _nhs_login_page("unauthorized_client", "The client is unknown."),
    "redirect_uri_absent": _nhs_login_page("invalid_request", "The redirect_uri is missing."),
    "redirect_uri_relative": _nhs_login_page("invalid_request", "The redirect_uri is not registered."),
    "redirect_uri_mismatch": _nhs_login_page("invalid_request", "The redirect_uri is not registered."),
    "asked_twice": _nhs_login_redirect("invalid_request", evidence="I"),
    "state_missing": _nhs_login_redirect("invalid_request"),
    "response_type_missing": _nhs_login_redirect("invalid_request"),
    "response_type_unsupported": _nhs_login_redirect("unsupported_response_type", "Unsupported response_type value"),
    "code_not_registered": _nhs_login_redirect("unauthorized_client"),
    "response_mode_unsupported": _nhs_login_redirect("invalid_request", evidence="I"),
    "request_not_supported": _nhs_login_redirect("request_not_supported"),
    "request_uri_not_supported": _nhs_login_redirect("request_uri_not_supported"),
    "registration_not_supported": _nhs_login_redirect("registration_not_supported"),
    "openid_missing": _nhs_login_redirect("invalid_scope", evidence="I"),
    "scope_unknown": _nhs_login_redirect("invalid_scope"),
    "scope_reserved": _nhs_login_redirect("invalid_scope"),
    "scopes_exclusive": _nhs_login_redirect("invalid_scope", evidence="I"),
    "nonce_missing": _nhs_login_redirect("invalid_request", evidence="I"),
    "prompt_invalid": _nhs_login_redirect("invalid_request", evidence="I"),
    "max_age_invalid": _nhs_login_redirect("invalid_request", evidence="I"),
    "display_unsupported": _nhs_login_redirect("invalid_request", evidence="I"),
    "vtr_malformed": _nhs_login_redirect("invalid_request", evidence="I"),
    "vtr_unknown": _nhs_login_redirect("invalid_request", evidence="I"),
    "login_required": _nhs_login_redirect("sso_login_required"),
    "consent_required": _nhs_login_redirect("consent_required"),
    "asserted_invalid": _nhs_login_redirect("invalid_request", evidence="I"),
    "asserted_untrusted": _nhs_login_redirect("invalid_request", evidence="I"),
    "asserted_unknown": _nhs_login_redirect("login_required", evidence="I"),
    "asserted_spent": _nhs_login_redirect("invalid_request", evidence="I"),
    "form_token_wrong": _nhs_login_page("invalid_request", "This log-in form was not made for this request."),
    "error_chosen": _nhs_login_redirect("server_error"),
    "outcome_unknown": _OUTCOME_UNKNOWN,
    "person_unknown": _PERSON_UNKNOWN,
    "role_unknown": _ROLE_UNKNOWN,
    "cancelled": _nhs_login_redirect("access_denied", evidence="I"),
    "consent_refused": _nhs_login_redirect("access_denied", "ConsentNotGiven", "I"),
    "provider_error": _nhs_login_redirect("server_error", evidence="I"),
    "level_too_low": _nhs_login_redirect("interaction_required", evidence="I"),
    "method_not_post": _nhs_login("invalid_request"),
    "content_type_wrong": _nhs_login("invalid_request"),
    "parameter_repeated": _nhs_login("invalid_request"),
    "grant_type_missing": _nhs_login("invalid_request"),
    "grant_type_unknown": _nhs_login("unsupported_grant_type"),
    "grant_type_unsupported": _nhs_login("unsupported_grant_type"),
    "grant_not_registered": _nhs_login("unauthorized_client"),
    "two_identities": _nhs_login("invalid_client"),
    "client_not_authenticated": _nhs_login("invalid_client"),
    "token_client_unknown": _nhs_login("invalid_client"),
    "assertion_malformed": _nhs_login("invalid_client"),
    "assertion_not_of_client": _nhs_login("invalid_client"),
    "assertion_expired": _nhs_login("invalid_client"),
    "assertion_too_long": _nhs_login("invalid_client"),
    "client_keys_unreachable": _nhs_login("invalid_client"),
    "assertion_key_unknown": _nhs_login("invalid_client"),
    "assertion_signature_wrong": _nhs_login("invalid_client"),
    "two_methods": _nhs_login("invalid_client"),
    "assertion_audience_wrong": _nhs_login("invalid_client"),
    "method_not_registered": _nhs_login("invalid_client"),
    "client_secret_wrong": _nhs_login("invalid_client"),
    "code_missing": _nhs_login("invalid_request"),
    "redirect_uri_missing": _nhs_login("invalid_request"),
    "scope_sent": _nhs_login("invalid_request"),
    "code_unknown": _nhs_login("invalid_grant"),
    "code_not_of_request": _nhs_login("invalid_grant"),
    "code_expired": _nhs_login("invalid_grant"),
    "code_spent": _nhs_login("invalid_grant"),
    "refresh_token_missing": _nhs_login("invalid_request"),
    "refresh_token_unknown": _nhs_login("invalid_grant"),
    "refresh_token_foreign": _nhs_login("invalid_grant"),
    "refresh_token_expired": _nhs_login("invalid_grant"),
    "refresh_scope_wider": _nhs_login("invalid_scope"),
    "refresh_token_spent": _nhs_login("invalid_grant"),
    "userinfo_method": _nhs_login("invalid_request", "Invalid parameter content", "I"),
    "access_token_invalid": _nhs_login_bearer(401, "invalid_token", "The access token is invalid", "I"),
    "access_token_expired": _nhs_login_bearer(401, "invalid_token", "The access token expired", "D"),
    "scope_insufficient": _nhs_login_bearer(403, "insufficient_scope", "The scope openid is required", "I"),
    "metadata_scope_insufficient": _nhs_login_bearer(
        403, "insufficient_scope", "The scope client_metadata is required", "I"
    ),
    "metadata_invalid": _nhs_login("invalid_request", "Invalid parameter content"),
    "end_session_method": _nhs_login("invalid_request"),
    "id_token_hint_missing": _nhs_login("invalid_request"),
    "id_token_hint_invalid": _nhs_login("invalid_request"),
    "post_logout_relative": _nhs_login("invalid_request"),
    "post_logout_mismatch": _nhs_login("invalid_request"),
    "realm_unknown": _nhs_login("invalid_request"),
    "fault": _nhs_login("server_error"),
}
"""Only codes are documented, and two descriptions as examples; every other sentence on a page is ours."""
