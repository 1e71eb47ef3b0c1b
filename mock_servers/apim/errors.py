"""Every answer of the token service that is not a success: status, code, whole sentence, evidence letter, paragraph.

The sentences are the real service's, to the letter. Which request meets which row is decided in `flows`.
"""

from __future__ import annotations

from typing import Final

from mock_servers.rules import Evidence, ServiceError

_UNKNOWN: Final = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


def _row(row: str, status: int, code: str, sentence: str, evidence: Evidence = "S") -> ServiceError:
    return ServiceError(row=row, status=status, code=code, sentence=sentence, evidence=evidence)


def _catch_all(row: str, status: int, evidence: Evidence = "I") -> ServiceError:
    return _row(row, status, "unknown_error", _UNKNOWN, evidence)


def _redirect(code: str, sentence: str) -> ServiceError:
    return ServiceError(row="§6 authorize", status=302, code=code, sentence=sentence, evidence="S", shape="redirect")


# The catch-all of whatever no rule names

SCRIPT_FAULT = _catch_all("§1", 500, "S")
BODY_TOO_LARGE = _catch_all("§1", 413)

# Which flow takes the request

CONTENT_TYPE_NOT_FORM = _row(
    "§2.4", 415, "invalid_request", "Content-Type header must be application/x-www-form-urlencoded"
)
SUBJECT_TOKEN_TYPE_INVALID = _row(
    "§2.13",
    400,
    "invalid_request",
    "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
)
GRANT_TYPE_UNSUPPORTED = _row("§2.14", 400, "unsupported_grant_type", "grant_type is invalid")
GRANT_TYPE_MISSING = _row("§2.15", 400, "invalid_request", "grant_type is missing")
AUTHORIZE_METHOD_NOT_ALLOWED = ServiceError(
    row="§2.16", status=405, code="", sentence="", evidence="S", shape="empty", headers={"Allow": "GET"}
)
TOKEN_METHOD_NOT_ALLOWED = ServiceError(
    row="§2.17", status=405, code="", sentence="", evidence="S", shape="empty", headers={"Allow": "POST"}
)
NOT_FOUND = _row("§2.18", 404, "invalid_request", "Not Found")

# Client assertion

CLIENT_ASSERTION_TYPE_INVALID = _row(
    "§3.1",
    400,
    "invalid_request",
    "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
)
GRANT_TYPE_NOT_TOKEN_EXCHANGE = _row("§3.2", 400, "invalid_request", "grant_type is invalid")
CLIENT_ASSERTION_MISSING = _row("§3.3", 400, "invalid_request", "Missing client_assertion")
BOTH_TOKENS_MISSING = _row("§3.3a", 400, "invalid_request", "Missing subject_token")
CLIENT_ASSERTION_MALFORMED = _row("§3.4", 400, "invalid_request", "Malformed JWT in client_assertion")
CLIENT_ASSERTION_ALG_NOT_RS512 = _row(
    "§3.5",
    400,
    "invalid_request",
    "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
)
CLIENT_ASSERTION_EXPIRED = _row(
    "§3.6", 400, "invalid_request", "Invalid 'exp' claim in client_assertion JWT - JWT has expired"
)
CLIENT_ASSERTION_KID_MISSING = _row("§3.7", 400, "invalid_request", "Missing 'kid' header in client_assertion JWT")
CLIENT_ASSERTION_TYP_NOT_JWT = _row(
    "§3.8", 400, "invalid_request", "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"
)
CLIENT_ASSERTION_EXP_MISSING = _row("§3.9", 400, "invalid_request", "Missing 'exp' claim in client_assertion JWT")
CLIENT_ASSERTION_EXP_NOT_NUMBER = _row(
    "§3.10", 400, "invalid_request", "Invalid 'exp' claim in client_assertion JWT - must be an integer"
)
CLIENT_ASSERTION_ISS_NOT_SUB = _row(
    "§3.11", 400, "invalid_request", "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"
)
CLIENT_ASSERTION_JTI_MISSING = _row("§3.12", 400, "invalid_request", "Missing 'jti' claim in client_assertion JWT")
CLIENT_ASSERTION_JTI_NOT_STRING = _row(
    "§3.13",
    400,
    "invalid_request",
    "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
)
CLIENT_ASSERTION_JTI_USED = _row("§3.14", 400, "invalid_request", "Non-unique 'jti' claim in client_assertion JWT")
CLIENT_ASSERTION_EXP_TOO_FAR = _row(
    "§3.15",
    400,
    "invalid_request",
    "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
)
CLIENT_ASSERTION_JTI_TAKEN = _row("§3.16", 400, "invalid_request", "Non-unique 'jti' claim in client_assertion JWT")
APP_UNKNOWN = _row("§3.17", 401, "invalid_request", "Invalid 'iss'/'sub' claims in client_assertion JWT")
QUOTA_EXCEEDED = ServiceError(
    row="§3.17a",
    status=429,
    code="",
    sentence="Your application, {app}, has exceeded its quota of {limit} requests every 1 minute(s) and is being "
    "rate limited.",
    evidence="S",
    shape="rate_limit",
)
PUBLIC_KEY_NOT_REGISTERED = _row(
    "§3.18",
    403,
    "public_key error",
    "You need to register a public key to use this authentication method - please contact support to configure",
)
JWKS_UNREACHABLE = _row(
    "§3.19", 403, "public_key error", "The JWKS endpoint, for your client_assertion can't be reached"
)
JWKS_UNREADABLE = _catch_all("§3.19a", 401)
CLIENT_ASSERTION_KID_UNKNOWN = _row(
    "§3.20", 401, "invalid_request", "Invalid 'kid' header in client_assertion JWT - no matching public key"
)
PUBLIC_KEY_UNUSABLE = _catch_all("§3.20a", 401)
CLIENT_ASSERTION_SIGNATURE_WRONG = _row("§3.21", 401, "public_key error", "JWT signature verification failed")
CLIENT_ASSERTION_NOT_YET_VALID = _catch_all("§3.22", 401)
CLIENT_ASSERTION_AUD_WRONG = _row(
    "§3.23", 401, "invalid_request", "Missing or invalid 'aud' claim in client_assertion JWT"
)

SANDBOX_CLIENT_UNKNOWN = ServiceError(
    row="§9",
    status=500,
    code="oauth.v2.InvalidClientIdentifier",
    sentence="Invalid client identifier {0}",
    evidence="Q",
    shape="fault",
)

# Scopes

_NOT_CONFIGURED: Final = (
    "you have tried to request authorization but your application is not configured to use this authorization "
    "grant type"
)
APP_SCOPES_NONE_LEFT = _row("§4", 401, "unauthorized_client", _NOT_CONFIGURED)
USER_SCOPES_NONE_LEFT = _row("§5.18", 401, "unauthorized_client", _NOT_CONFIGURED)
PROOFING_LEVEL_MISSING = _catch_all("§5.18a", 500)

# Subject token

SUBJECT_TOKEN_MISSING = _row("§5.1", 400, "invalid_request", "Missing subject_token")
SUBJECT_TOKEN_MALFORMED = _row("§5.2", 400, "invalid_request", "Malformed JWT in subject_token")
SUBJECT_TOKEN_KID_MISSING = _row("§5.3", 400, "invalid_request", "Missing 'kid' header in subject_token JWT")
SUBJECT_TOKEN_TYP_NOT_JWT = _row(
    "§5.4", 400, "invalid_request", "Invalid 'typ' header in subject_token JWT - must be 'JWT'"
)
SUBJECT_TOKEN_ALG_MISSING = _row("§5.5", 400, "invalid_request", "Missing 'alg' header in subject_token JWT")
SUBJECT_TOKEN_EXP_MISSING = _row("§5.6", 400, "invalid_request", "Missing 'exp' claim in subject_token JWT")
SUBJECT_TOKEN_EXP_NOT_NUMBER = _row(
    "§5.7", 400, "invalid_request", "Invalid 'exp' claim in subject_token JWT - must be an integer"
)
SUBJECT_TOKEN_EXPIRED = _row(
    "§5.8", 400, "invalid_request", "Invalid 'exp' claim in subject_token JWT - JWT has expired"
)
SUBJECT_TOKEN_ISS_MISSING = _row("§5.9", 400, "invalid_request", "Missing 'iss' claim in subject_token JWT")
SUBJECT_TOKEN_AUD_MISSING = _row("§5.10", 401, "invalid_request", "Missing 'aud' claim in subject_token JWT")

# The token of the person acting for another

ACTOR_TOKEN_MALFORMED = _catch_all("§5.11", 401)
ACTOR_TOKEN_KID_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'kid' header in act.sub JWT")
ACTOR_TOKEN_TYP_NOT_JWT = _row("§5.11", 400, "invalid_request", "Invalid 'typ' header in act.sub JWT - must be 'JWT'")
ACTOR_TOKEN_ALG_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'alg' header in act.sub JWT")
ACTOR_TOKEN_EXP_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'exp' claim in act.sub JWT")
ACTOR_TOKEN_EXP_NOT_NUMBER = _row(
    "§5.11", 400, "invalid_request", "Invalid 'exp' claim in act.sub JWT - must be an integer"
)
ACTOR_TOKEN_ISS_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'iss' claim in act.sub JWT")
ACTOR_TOKEN_AUD_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'aud' claim in act.sub JWT")
ACTOR_TOKEN_NHS_NUMBER_MISSING = _row("§5.11", 400, "invalid_request", "Missing 'nhs_number' claim in act.sub JWT")

# The provider behind the subject token

SUBJECT_TOKEN_ISS_UNTRUSTED = _row(
    "§5.12", 400, "invalid_request", "Missing or non-matching 'iss' claim in subject_token JWT"
)
PROVIDER_JWKS_UNREACHABLE = _catch_all("§5.13", 500, "S")
SUBJECT_TOKEN_KID_UNKNOWN = _row(
    "§5.14", 401, "invalid_request", "Invalid 'kid' header in subject_token JWT - no matching public key"
)
SUBJECT_TOKEN_ALG_UNSUPPORTED = _catch_all("§5.15", 401)
SUBJECT_TOKEN_SIGNATURE_WRONG = _row("§5.16", 401, "public_key error", "JWT signature verification failed")
SUBJECT_TOKEN_NOT_YET_VALID = _catch_all("§5.17", 401)

# Client by secret

CLIENT_ID_MISSING = _row("§6 client", 401, "invalid_request", "client_id is missing")
CLIENT_UNKNOWN = _row("§6 client", 401, "invalid_client", "client_id or client_secret is invalid")
APP_REVOKED = _row(
    "§6 client",
    401,
    "access_denied",
    "The developer app associated with the API key is not approved or revoked",
)
DEVELOPER_INACTIVE = _row(
    "§6 client",
    401,
    "access_denied",
    "The developer who created the developer app that has the API key you are using has an inactive status",
)
COMPANY_INACTIVE = _row(
    "§6 client",
    401,
    "access_denied",
    "The company associated with the developer app that has the API key you are using has an inactive status",
)
KEY_REVOKED = _catch_all("§6 client", 401)
APP_NOT_SUBSCRIBED = _row(
    "§6 client",
    401,
    "access_denied",
    "API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app "
    "which has sufficient access to access this resource.",
)
CLIENT_SECRET_MISSING = _row("§6 client", 401, "invalid_request", "client_secret is missing")
CLIENT_SECRET_WRONG = _row("§6 client", 401, "invalid_client", "client_id or client_secret is invalid")

# Authorization request

AUTHORIZE_CLIENT_ID_MISSING = _row("§6 authorize", 401, "invalid_request", "client_id is missing")
AUTHORIZE_CLIENT_UNKNOWN = _row("§6 authorize", 401, "invalid_request", "client_id is invalid")
AUTHORIZE_REDIRECT_URI_MISSING = _row("§6 authorize", 400, "invalid_request", "redirect_uri is missing")
AUTHORIZE_REDIRECT_URI_UNREGISTERED = _row("§6 authorize", 400, "invalid_request", "redirect_uri is invalid")
STATE_MISSING = _redirect("invalid_request", "state is missing")
RESPONSE_TYPE_MISSING = _redirect("invalid_request", "response_type is missing")
RESPONSE_TYPE_UNSUPPORTED = _redirect("unsupported_response_type", "response_type is invalid")

# Callback

_STATE_INVALID: Final = "Invalid state parameter."
STATE_UNKNOWN = _row("§6 callback", 400, "invalid_request", _STATE_INVALID)
STATE_EXPIRED = _row("§6 callback", 400, "invalid_request", _STATE_INVALID, "I")
STATE_TAKEN = _row("§6 callback", 400, "invalid_request", _STATE_INVALID)
CALLBACK_CLIENT_UNKNOWN = _row("§6 callback", 401, "invalid_request", "client_id is invalid")
PROVIDER_REFUSED = _catch_all("§6 callback", 500)
PROVIDER_TOKENS_REFUSED = _catch_all("§6 callback", 500)
EXTERNAL_ID_TOKEN_MISSING = _row("§6 callback", 400, "invalid_request", "Missing client_assertion", "I")
EXTERNAL_ID_TOKEN_MALFORMED = _row("§6 callback", 400, "invalid_request", "Malformed JWT in External ID token")
EXTERNAL_ID_TOKEN_AUD_WRONG = _row(
    "§6 callback", 400, "invalid_request", "Invalid 'aud' claim in external ID token JWT"
)
EXTERNAL_ID_TOKEN_ISS_MISSING = _catch_all("§6 callback", 500)
EXTERNAL_ID_TOKEN_ISS_WRONG = _row("§6 callback", 400, "invalid_request", "Invalid iss claim in external ID token JWT")
EXTERNAL_ID_TOKEN_KID_UNKNOWN = _row(
    "§6 callback", 401, "invalid_request", "Invalid 'kid' header in external ID token JWT - no matching public key"
)
EXTERNAL_ID_TOKEN_ALG_UNSUPPORTED = _catch_all("§6 callback", 401)
EXTERNAL_ID_TOKEN_SIGNATURE_WRONG = _row(
    "§6 callback", 401, "public_key error", "JWT signature verification failed", "I"
)
EXTERNAL_ID_TOKEN_OUT_OF_TIME = _catch_all("§6 callback", 401)

# Authorization code

CODE_REDIRECT_URI_MISSING = _row("§6 code", 400, "invalid_request", "redirect_uri is missing")
CODE_REDIRECT_URI_UNREGISTERED = _row("§6 code", 400, "invalid_request", "redirect_uri is invalid")
CODE_MISSING = _row("§6 code", 400, "invalid_request", "authorization_code is missing")
_CODE_INVALID: Final = "authorization_code is invalid"
CODE_UNKNOWN = _row("§6 code", 400, "invalid_grant", _CODE_INVALID)
CODE_FOR_OTHER_REDIRECT_URI = _row("§6 code", 400, "invalid_grant", _CODE_INVALID, "I")
CODE_EXPIRED = _row("§6 code", 400, "invalid_grant", _CODE_INVALID, "I")
CODE_SPENT = _row("§6 code", 400, "invalid_grant", _CODE_INVALID)

# Refresh

REFRESH_TOKEN_MISSING = _row("§6 refresh", 400, "invalid_request", "refresh_token is missing")
REFRESH_TOKEN_UNKNOWN = _row("§6 refresh", 401, "invalid_grant", "refresh_token is invalid")
REFRESH_TOKEN_REVOKED = _row("§6 refresh", 401, "invalid_grant", "refresh_token is invalid", "I")
REFRESH_TOKEN_EXPIRED = _row("§6 refresh", 401, "invalid_grant", "refresh token refresh period has expired")
REFRESH_PERIOD_OVER = _row("§6 refresh", 401, "invalid_grant", "refresh token refresh period has expired")
REFRESH_TOKEN_SPENT = _row("§6 refresh", 401, "invalid_grant", "refresh_token is invalid")

# Userinfo

USERINFO_TOKEN_MISSING = _catch_all("§6 userinfo", 401, "S")
USERINFO_TOKEN_UNKNOWN = _catch_all("§6 userinfo", 401, "S")
USERINFO_TOKEN_REVOKED = _catch_all("§6 userinfo", 401, "S")
USERINFO_TOKEN_EXPIRED = _catch_all("§6 userinfo", 401, "S")
USERINFO_APP_UNUSABLE = _catch_all("§6 userinfo", 401)
USERINFO_NOT_COMBINED = _row(
    "§6 userinfo",
    400,
    "invalid_request",
    "The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 "
    "authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/"
    "security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation",
)
USERINFO_UNAVAILABLE = _catch_all("§6 userinfo", 500)
USERINFO_REFUSED = ServiceError(
    row="§6 userinfo", status=401, code="unknown_error", sentence=_UNKNOWN, evidence="I", shape="providers_status"
)
"""Its status is what CIS2 answered: 401 once CIS2's own access token has expired."""

# Back-channel logout

LOGOUT_TOKEN_MISSING = _row("§7", 400, "invalid_request", "Missing client_assertion", "I")
LOGOUT_TOKEN_MALFORMED = _row("§7", 400, "invalid_request", "Malformed JWT in logout_token")
LOGOUT_AUD_WRONG = _row("§7", 400, "invalid_request", "Missing/invalid aud claim in JWT")
LOGOUT_ISS_WRONG = _row("§7", 400, "invalid_request", "Missing/invalid iss claim in JWT")
LOGOUT_SID_MISSING = _row("§7", 400, "invalid_request", "Missing sid claim in JWT")
LOGOUT_EVENTS_WRONG = _row("§7", 400, "invalid_request", "Missing/invalid events claim in JWT")
LOGOUT_NONCE_PRESENT = _row("§7", 400, "invalid_request", "Prohibited nonce claim in JWT")
LOGOUT_JWKS_UNREACHABLE = _catch_all("§7", 500, "S")
LOGOUT_KID_UNKNOWN = _row("§7", 400, "bad_request", "Unable to verify JWT")
LOGOUT_SIGNATURE_WRONG = _row("§7", 400, "bad_request", "Unable to verify JWT")
LOGOUT_OUT_OF_TIME = _row("§7", 400, "bad_request", "Unable to verify JWT", "I")
LOGOUT_SID_UNKNOWN = _row("§7", 501, "not_implemented", "SID not found")

# Status

STATUS_KEY_WRONG = _row("§8", 401, "Access Denied", "Invalid api key for _status monitoring endpoint")
