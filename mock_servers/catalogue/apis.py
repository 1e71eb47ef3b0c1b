"""Errors of APIs behind the gateway: recognised, never played. People take them for errors of the log-in."""

from __future__ import annotations

from typing import Final

from mock_servers.rules import Evidence, ServiceError

_ASK: Final = "Your log-in worked. "
_TEAM: Final = "Give the API's team the X-Correlation-ID of the call."
_SESSION: Final = "Send NHSD-Session-URID: the id of one of the person's roles at CIS2. "


def _row(
    status: int, sentence: str, evidence: Evidence, *, code: str = "", row: str = "gateway §2", cause: str, cure: str
) -> ServiceError:
    return ServiceError(
        status=status, code=code, sentence=sentence, evidence=evidence, row=row, shape="api", cause=cause, cure=cure
    )


# PDS and APIs that are built like it: the sentence is in `diagnostics` of an OperationOutcome.
AUTHORIZATION_MISSING = _row(
    401,
    "Missing Authorization header",
    "S",
    cause="The call of the API has no Authorization header.",
    cure="Send Authorization: Bearer and the access_token that this environment's /oauth2/token gave.",
)
AUTHORIZATION_EMPTY = _row(
    401,
    "Empty Authorization header",
    "S",
    cause="The Authorization header has no value, because your code missed a failed token call.",
    cure="Look at the status of the token call, and send Authorization: Bearer and its access_token.",
)
AUTHORIZATION_ONE_WORD = _row(
    401,
    "Missing access token",
    "S",
    cause="The Authorization header is a single word: the token without Bearer, or Bearer without a token.",
    cure="Send Authorization: Bearer, a blank and the access_token.",
)
AUTHORIZATION_NOT_BEARER = _row(
    401,
    "Invalid token type '{type}', must be 'Bearer'",
    "S",
    cause="The first word of the Authorization header is not Bearer.",
    cure="Send Authorization: Bearer, a blank and the access_token.",
)
REQUEST_ID_MISSING = _row(
    400,
    "Invalid request with error - X-Request-ID header must be supplied to access this resource",
    "S",
    code="MISSING_VALUE",
    cause="The call of the API has no X-Request-ID header. Your token is not the cause.",
    cure="Send X-Request-ID: a new UUID for each call.",
)
REQUEST_ID_INVALID = _row(
    400,
    "Invalid value - '{value}' in header 'X-Request-ID'",
    "S",
    code="INVALID_VALUE",
    cause="The X-Request-ID header is not a UUID. Your token is not the cause.",
    cure="Send X-Request-ID: a new UUID for each call.",
)
ACCESS_DENIED = _row(
    401,
    "Access Denied - Unauthorised",
    "S",
    code="ACCESS_DENIED",
    cause="The API or its gateway refused the access token. The member diagnostics says why.",
    cure="Search for the sentence in diagnostics.",
)
# That these codes exist is documented (D); with which status they come is a guess, and so the rows are.
ACCESS_DENIED_LEVEL = _row(
    403,
    "",
    "I",
    code="ACCESS_DENIED_LEVEL",
    cause="The person logged in at a lower level than the API asks for.",
    cure="Log the person in at the level that the API's documentation names.",
)
ACCESS_TOKEN_EXPIRED = _row(
    401,
    "",
    "I",
    code="ACCESS_TOKEN_EXPIRED",
    cause="Your code kept the access token longer than its ten minutes.",
    cure="Get a new one a minute before it expires (expires_in is in seconds, sent as a string).",
)
ACCESS_TOKEN_INVALID = _row(
    401,
    "",
    "I",
    code="ACCESS_TOKEN_INVALID",
    cause="The token is not an access token of this environment.",
    cure="Send the access_token that this environment's /oauth2/token gave.",
)
ACCESS_TOKEN_MISSING = _row(
    401,
    "",
    "I",
    code="ACCESS_TOKEN_MISSING",
    cause="The call of the API has no access token.",
    cure="Send Authorization: Bearer and the access_token that this environment's /oauth2/token gave.",
)

# e-RS
ASID_MISSING = _row(
    403,
    "ASID is not configured in the application",
    "Q",
    cause=_ASK + "The platform has no ASID for your app, an attribute that only the platform can set.",
    cure="Ask the e-RS team to have the app's ASID set in this environment. " + _TEAM,
)
ODS_CODE_MISSING = _row(
    500,
    "Unresolved variable : app.app-restricted-ods-code",
    "Q",
    code="entities.UnresolvedVariable",
    cause=_ASK + "The platform has no ODS code for your app, an attribute that only the platform can set.",
    cure="Ask the e-RS team to have app-restricted-ods-code set for the app in this environment. " + _TEAM,
)
ON_BEHALF_NOT_PERMITTED = _row(
    403,
    "On Behalf Of User ID ({id}) is not permitted for Business Function ({function})",
    "Q",
    cause=_ASK + "Only some business functions may act on behalf of another user.",
    cure="Leave out the header with the on-behalf-of user, or use a role whose business function may act for another.",
)
NOT_AUTHORISED = _row(
    403,
    "The logged in user is not authorised to perform the requested action",
    "Q",
    cause=_ASK + "The person's business function or organisation does not allow this action in e-RS.",
    cure="Call with the organisation and business function of a role that may do this. " + _TEAM,
)
# The string was read in source (S); the status is a guess, and so the row is.
LEVEL_NOT_SUPPORTED = _row(
    401,
    "The authentication method utilised is not currently supported. Contact your local Registration Authority or IT "
    "department for help.",
    "I",
    cause="The person logged in at a lower authentication assurance level than e-RS asks for.",
    cure="Log the person in at CIS2 at the level that the API's documentation names.",
)

# The shared flow that reads a person's role. Three statuses were seen; those of the other four are guesses (I).
ROLES_MANY = _row(
    401,
    "multiple roles found in user info, please check NHSD-Session-URID",
    "I",
    cause=_ASK + "The person has several roles, and the request does not say which one they work in.",
    cure=_SESSION + "userinfo lists them.",
)
ROLES_NONE = _row(
    401,
    "no userroles available, please check NHSD-Session-URID is valid",
    "I",
    cause=_ASK + "None of the person's roles has the id in NHSD-Session-URID, or the person has no role.",
    cure=_SESSION + "userinfo lists them.",
)
SELECTED_ROLE_INVALID = _row(
    401,
    "selected_roleid is misconfigured/invalid",
    "I",
    cause=_ASK + "The id_token's selected_roleid is not one of the person's roles.",
    cure="Log the person in again, and have them choose a role. " + _TEAM,
)
NRBAC_ROLES_INVALID = _row(
    401,
    "nhsid_nrbac_roles is misconfigured/invalid",
    "I",
    cause=_ASK + "CIS2 gives the person's roles in a form that the API cannot read, or gives none.",
    cure="Ask for the scope nationalrbacaccess at log-in, and read nhsid_nrbac_roles at userinfo. " + _TEAM,
)
SESSION_ROLE_INVALID = _row(
    401,
    "NHSD-Session-URID is invalid",
    "S",
    cause=_ASK + "NHSD-Session-URID does not have the id of a role.",
    cure=_SESSION + "userinfo lists them.",
)
SELECTED_ROLE_MISSING = _row(
    401,
    "selected_roleid is missing in your token",
    "S",
    cause=_ASK + "The request has no NHSD-Session-URID, and the person chose no role when they logged in.",
    cure=_SESSION + "Or ask for the scope selectedrole at log-in.",
)
USER_INFO_UNREAD = _row(
    500,
    "unable to retrieve user info",
    "S",
    cause="The API needs userinfo of CIS2, but the person logged in with NHS login.",
    cure="Use a log-in with CIS2 for this API. " + _TEAM,
)
