"""Apigee's own fault bodies, sent before the API is reached: statuses, strings, codes, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from mock_servers.rules import Evidence, ServiceError

_GUESS: Final = "We have not seen the real service's answer to this."


def _fault(status: int, code: str, sentence: str, evidence: Evidence, *, cause: str, cure: str) -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence=evidence,
        row="gateway §2",
        shape="fault",
        headers=_challenge(code, sentence) if status == HTTPStatus.UNAUTHORIZED else {},
        cause=cause,
        cure=cure,
    )


def _challenge(code: str, sentence: str) -> Mapping[str, str]:
    """The header of a 401: of a call without a token as a user quoted it (Q), in the same form for the others (I)."""
    description = f"{code}: {sentence}"
    return {"WWW-Authenticate": f'Bearer realm="null",error="invalid_token",error_description="{description}"'}


TOKEN_MISSING = _fault(
    401,
    "oauth.v2.InvalidAccessToken",
    "Invalid access token",
    "S",
    cause="There is no Authorization header, or nothing after Bearer, because your code missed a failed token call.",
    cure="Look at the status of the token call, and send Authorization: Bearer and its access_token.",
)
TOKEN_UNKNOWN = _fault(
    401,
    "keymanagement.service.invalid_access_token",
    "Invalid Access Token",
    "S",
    cause="The token is another environment's, the provider's own access token or id_token, the API key, or the text "
    "'None' or 'undefined'.",
    cure="Send the access_token that this environment's /oauth2/token gave.",
)
TOKEN_REVOKED = _fault(
    401,
    "keymanagement.service.access_token_not_approved",
    "Access Token not approved",
    "I",
    cause="The person has logged out at CIS2, which ended the session and all its tokens.",
    cure="Have them log in again. " + _GUESS,
)
TOKEN_EXPIRED = _fault(
    401,
    "keymanagement.service.access_token_expired",
    "Access Token expired",
    "S",
    cause="Your code kept the token longer than its ten minutes.",
    cure="Get a new one a minute before it expires (expires_in is in seconds, sent as a string).",
)
SCOPE_TOO_LOW = _fault(
    403,
    "steps.oauth.v2.InsufficientScope",
    "Required scope(s): OauthV2.VerifyAccessToken.scopeSet",
    "D",
    cause="The API needs a person's token and got an application's, or it needs a higher level of log-in.",
    cure="Use the grant and the level of log-in that the API's documentation names.",
)
SCOPE_TOO_LOW_UNAUTHORIZED = _fault(
    401,
    "steps.oauth.v2.InsufficientScope",
    "Required scope(s): OauthV2.VerifyAccessToken.scopeSet",
    "S",
    cause="As with 403, which older releases of the public test suites expect: the token's scopes are too low.",
    cure="Use the grant and the level of log-in that the API's documentation names.",
)
API_KEY_INVALID = _fault(
    401,
    "oauth.v2.InvalidApiKey",
    "Invalid ApiKey",
    "D",
    cause="The header apikey does not have a key of this environment.",
    cure="Send the app's API key; a token goes with Bearer instead.",
)
API_KEY_MISSING = _fault(
    401,
    "steps.oauth.v2.FailedToResolveAPIKey",
    "Failed to resolve API Key variable request.header.apikey",
    "D",
    cause="This API needs an API key, but the header apikey is missing or has another name.",
    cure="Send the app's API key in the header apikey.",
)
# Status and string are asserted by a public suite (S), the code is documented (D).
API_KEY_NOT_FOR_API = _fault(
    401,
    "oauth.v2.InvalidApiKeyForGivenResource",
    "Invalid ApiKey for given resource",
    "S",
    cause="The app is not subscribed to this API in this environment: no product of its key covers it.",
    cure="Connect the app to the API in the developer portal of this environment.",
)
TOKEN_NOT_FOR_API = _fault(
    401,
    "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
    "Invalid API call as no apiproduct match found",
    "D",
    cause="The token is valid, but no product of its app covers this API in this environment.",
    cure="Connect the app to the API in the developer portal, and get a new token.",
)
# It is documented that such a token opens nothing (D); the answer is a guess, and so the row is.
TOKEN_APP_NOT_APPROVED = _fault(
    401,
    "keymanagement.service.invalid_client-app_not_approved",
    "App not approved",
    "I",
    cause="The app, or its key, has lost its approval since the token was issued.",
    cure="Have it approved in the developer portal of this environment. " + _GUESS,
)
STATUS_KEY_WRONG = ServiceError(
    status=401,
    code="",
    sentence="",
    evidence="S",
    row="admin §5",
    shape="empty",
    cause="The header apikey of a health check does not hold the platform's own status key.",
    cure="Ask the platform for its status key; at this mock it is status_key of the configuration.",
)
# Status and string are asserted by a public suite (S); the code is a guess, and so the row is.
API_KEY_NOT_APPROVED = _fault(
    401,
    "keymanagement.service.invalid_client-app_not_approved",
    "ApiKey not approved",
    "I",
    cause="The app or its key is not approved.",
    cure="Have it approved in the developer portal of this environment.",
)
# Quoted whole by a user of sandbox, who also shows that the slashes are escaped.
NO_SUCH_API = ServiceError(
    status=404,
    code="messaging.adaptors.http.flow.ApplicationNotFound",
    sentence="Unable to identify proxy for host: secure and url: {path}",
    evidence="Q",
    row="§9",
    shape="fault",
    cause="The first part of the path names no API here: a typing error, or an API of another environment.",
    cure="Compare the base path with the API's documentation. At this mock, add your own with [[apis]].",
)
QUOTA_EXCEEDED = ServiceError(
    status=429,
    code="",
    sentence="Your application, {app}, has exceeded its quota of {limit} requests every 1 minute(s) and is being "
    "rate limited.",
    evidence="S",
    row="gateway §1",
    shape="rate_limit",
    cause="The app called this API more often in a minute than its quota allows.",
    cure="Wait until the minute is over. Call less often, or ask for a higher quota.",
)
SPIKE_ARREST = ServiceError(
    status=429,
    code="",
    sentence="Your application, {app}, has created a spike in traffic and is being rate limited. Please reduce the "
    "frequency of your requests.",
    evidence="S",
    row="gateway §1",
    shape="rate_limit",
    cause="The app sent many requests at the same moment, more than its spike arrest allows.",
    cure="Wait a second and send it again. Spread the requests evenly, and keep a token for its ten minutes.",
)
API_BUSY = ServiceError(
    status=429,
    code="",
    sentence="This API is currently receiving a high volume of requests and is being rate limited.",
    evidence="S",
    row="gateway §1",
    shape="rate_limit",
    cause="All apps together call this API more often than it allows: the limit is not that of your app.",
    cure="Wait a few seconds and send it again, each time after a longer pause.",
)
# What Apigee's documentation shows for a target in this state; nobody has seen the platform's own answer.
UPSTREAM_UNREACHABLE = _fault(
    503,
    "messaging.adaptors.http.flow.ServiceUnavailable",
    "The Service is temporarily unavailable",
    "I",
    cause="Nothing listens where the API's upstream should be.",
    cure="Start your API. " + _GUESS,
)
UPSTREAM_SLOW = _fault(
    504,
    "messaging.adaptors.http.flow.GatewayTimeout",
    "Gateway Timeout",
    "I",
    cause="The API took longer to answer than the gateway waits.",
    cure="Answer sooner. " + _GUESS,
)
UPSTREAM_BROKEN = _fault(
    502,
    "messaging.adaptors.http.UnexpectedEOFAtTarget",
    "Unexpected EOF at target",
    "I",
    cause="The API closed the connection without an answer: it crashed, or speaks TLS or another protocol there.",
    cure="Look at the API's own log. " + _GUESS,
)
FAULT = _fault(
    500,
    "steps.javascript.ScriptExecutionFailed",
    "Execution of the mock failed",
    "I",
    cause="The mock itself failed.",
    cure="Look at its log. " + _GUESS,
)
