"""Apigee's own fault bodies, which an API's caller sees before the API does: statuses, strings, codes, evidence."""

from __future__ import annotations

from mock_servers.rules import Evidence, ServiceError


def _fault(status: int, code: str, sentence: str, evidence: Evidence) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence=evidence, row="gateway §2", shape="fault")


TOKEN_MISSING = _fault(401, "oauth.v2.InvalidAccessToken", "Invalid access token", "S")
TOKEN_UNKNOWN = _fault(401, "keymanagement.service.invalid_access_token", "Invalid Access Token", "S")
TOKEN_REVOKED = _fault(401, "keymanagement.service.access_token_not_approved", "Access Token not approved", "I")
TOKEN_EXPIRED = _fault(401, "keymanagement.service.access_token_expired", "Access Token expired", "S")
SCOPE_TOO_LOW = _fault(
    403, "steps.oauth.v2.InsufficientScope", "Required scope(s): OauthV2.VerifyAccessToken.scopeSet", "D"
)
SCOPE_TOO_LOW_UNAUTHORIZED = _fault(
    401, "steps.oauth.v2.InsufficientScope", "Required scope(s): OauthV2.VerifyAccessToken.scopeSet", "S"
)
API_KEY_INVALID = _fault(401, "oauth.v2.InvalidApiKey", "Invalid ApiKey", "D")
API_KEY_MISSING = _fault(
    401,
    "steps.oauth.v2.FailedToResolveAPIKey",
    "Failed to resolve API Key variable request.header.apikey",
    "D",
)
# Status and string are asserted by a public suite (S), the code is documented (D).
API_KEY_NOT_FOR_API = _fault(401, "oauth.v2.InvalidApiKeyForGivenResource", "Invalid ApiKey for given resource", "S")
TOKEN_NOT_FOR_API = _fault(
    401,
    "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
    "Invalid API call as no apiproduct match found",
    "D",
)
# That such a token opens nothing is documented (D); what is said then is a guess, and so the row is.
TOKEN_APP_NOT_APPROVED = _fault(401, "keymanagement.service.invalid_client-app_not_approved", "App not approved", "I")
STATUS_KEY_WRONG = ServiceError(status=401, code="", sentence="", evidence="S", row="admin §5", shape="empty")
# Status and string are asserted by a public suite (S); the code is a guess, and so the row is.
API_KEY_NOT_APPROVED = _fault(401, "keymanagement.service.invalid_client-app_not_approved", "ApiKey not approved", "I")
# Status and code were quoted by a user (Q); the string is a guess, and so the row is.
NO_SUCH_API = ServiceError(
    status=404,
    code="messaging.adaptors.http.flow.ApplicationNotFound",
    sentence="Unable to identify proxy for host: secure and url: {path}",
    evidence="I",
    row="§9",
    shape="fault",
)
QUOTA_EXCEEDED = ServiceError(
    status=429,
    code="",
    sentence="Your application, {app}, has exceeded its quota of {limit} requests every 1 minute(s) and is being "
    "rate limited.",
    evidence="S",
    row="gateway §1",
    shape="rate_limit",
)
# What Apigee's documentation shows for a target in this state; nobody has seen the platform's own answer.
UPSTREAM_UNREACHABLE = _fault(
    503, "messaging.adaptors.http.flow.ServiceUnavailable", "The Service is temporarily unavailable", "I"
)
UPSTREAM_SLOW = _fault(504, "messaging.adaptors.http.flow.GatewayTimeout", "Gateway Timeout", "I")
UPSTREAM_BROKEN = _fault(502, "messaging.adaptors.http.UnexpectedEOFAtTarget", "Unexpected EOF at target", "I")
FAULT = _fault(500, "steps.javascript.ScriptExecutionFailed", "Execution of the mock failed", "I")
