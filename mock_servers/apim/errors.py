"""Every answer of the token service that is not a success: status, code, whole sentence, evidence letter, paragraph.

The sentences are the real service's, to the letter. Which request meets which row is decided in `flows`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mock_servers.rules import Evidence, ServiceError

_UNKNOWN: Final = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)
_SPENT: Final = "The jti is then spent: sign a new assertion for the next try."
_GUESS: Final = "We have not seen the real service's answer to this."


def _row(
    row: str, status: int, code: str, sentence: str, evidence: Evidence = "S", *, cause: str, cure: str
) -> ServiceError:
    return ServiceError(row=row, status=status, code=code, sentence=sentence, evidence=evidence, cause=cause, cure=cure)


def _catch_all(row: str, status: int, evidence: Evidence = "I", *, cause: str, cure: str) -> ServiceError:
    return _row(row, status, "unknown_error", _UNKNOWN, evidence, cause=cause, cure=cure)


def _redirect(code: str, sentence: str, *, cause: str, cure: str) -> ServiceError:
    return replace(_row("§6 authorize", 302, code, sentence, cause=cause, cure=cure), shape="redirect")


# The catch-all for anything that no rule names

SCRIPT_FAULT = _catch_all(
    "§1",
    500,
    "S",
    cause="The service met something that none of its checks expects.",
    cure="Compare the request with one that works, part by part. Quote the message_id to NHS England's support.",
)
BODY_TOO_LARGE = _catch_all(
    "§1",
    413,
    cause="The body has more than 1 MiB, mostly because a whole file or answer was sent as one parameter.",
    cure="Send the parameters of the grant and nothing else. " + _GUESS,
)

# Which flow takes the request

CONTENT_TYPE_NOT_FORM = _row(
    "§2.4",
    415,
    "invalid_request",
    "Content-Type header must be application/x-www-form-urlencoded",
    cause="Your code sent JSON, or no content type. HTTP libraries use JSON for objects, and no type for text.",
    cure="Send a form: data={...} in requests, URLSearchParams in axios and fetch. The header is exactly "
    "application/x-www-form-urlencoded; we do not know whether the real service accepts a charset after it.",
)
SUBJECT_TOKEN_TYPE_INVALID = _row(
    "§2.13",
    400,
    "invalid_request",
    "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
    cause="subject_token_type is missing or shortened, or a library sent the type of another kind of token.",
    cure="Send exactly urn:ietf:params:oauth:token-type:id_token.",
)
GRANT_TYPE_UNSUPPORTED = _row(
    "§2.14",
    400,
    "unsupported_grant_type",
    "grant_type is invalid",
    cause="A typing error, a grant that this service does not have (password, jwt-bearer), or a value that was "
    "encoded twice and arrives with its percent signs.",
    cure="Use client_credentials, authorization_code, refresh_token or "
    "urn:ietf:params:oauth:grant-type:token-exchange, encoded once.",
)
GRANT_TYPE_MISSING = _row(
    "§2.15",
    400,
    "invalid_request",
    "grant_type is missing",
    cause="The parameters are in the URL, which the service does not read, or the body is empty.",
    cure="Put all parameters into the body, as a form.",
)
AUTHORIZE_METHOD_NOT_ALLOWED = ServiceError(
    row="§2.16",
    status=405,
    code="",
    sentence="",
    evidence="S",
    shape="empty",
    headers={"Allow": "GET"},
    cause="A program has posted to /authorize.",
    cure="Send the person's browser there, by a redirect: that is a GET.",
)
TOKEN_METHOD_NOT_ALLOWED = ServiceError(
    row="§2.17",
    status=405,
    code="",
    sentence="",
    evidence="S",
    shape="empty",
    headers={"Allow": "POST"},
    cause="The token URL was opened in a browser, or a redirect has turned the POST into a GET.",
    cure="POST a form, and call the URL exactly as it is documented, so that nothing redirects.",
)
NOT_FOUND = _row(
    "§2.18",
    404,
    "invalid_request",
    "Not Found",
    cause="The path is nearly right: /oauth2 alone, /oauth2/token/ or /oauth2/access_token.",
    cure="POST to /oauth2/token.",
)

# Client assertion

CLIENT_ASSERTION_TYPE_INVALID = _row(
    "§3.1",
    400,
    "invalid_request",
    "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'",
    cause="Most OAuth libraries send a client_id and client_secret by default, in the form or in a Basic header.",
    cure="This grant does not use a secret: sign a client assertion, and send it with client_assertion_type "
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
)
GRANT_TYPE_NOT_TOKEN_EXCHANGE = _row(
    "§3.2",
    400,
    "invalid_request",
    "grant_type is invalid",
    cause="subject_token_type makes a request a token exchange, even if its grant_type says otherwise.",
    cure="Set grant_type to urn:ietf:params:oauth:grant-type:token-exchange, or leave subject_token_type out.",
)
CLIENT_ASSERTION_MISSING = _row(
    "§3.3",
    400,
    "invalid_request",
    "Missing client_assertion",
    cause="The assertion was not sent, came out empty, or went into the Authorization header, which is not read.",
    cure="Send the signed JWT as the parameter client_assertion of the form.",
)
BOTH_TOKENS_MISSING = _row(
    "§3.3a",
    400,
    "invalid_request",
    "Missing subject_token",
    cause="Neither client_assertion nor subject_token is in the form, though subject_token_type is.",
    cure="Send both: the assertion that your app signs, and the id_token of the person.",
)
CLIENT_ASSERTION_MALFORMED = _row(
    "§3.4",
    400,
    "invalid_request",
    "Malformed JWT in client_assertion",
    cause="The value is not a JWT: cut off, wrapped over lines, in quotes, with a dash that an editor changed, or "
    "the text 'undefined' of a variable that was never filled in.",
    cure="Send the JWT as the library returns it: three base64url parts joined by dots, with nothing around them.",
)
CLIENT_ASSERTION_ALG_NOT_RS512 = _row(
    "§3.5",
    400,
    "invalid_request",
    "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'",
    cause="The library signed with its default, mostly RS256.",
    cure="Sign with RS512, and an RSA key.",
)
CLIENT_ASSERTION_EXPIRED = _row(
    "§3.6",
    400,
    "invalid_request",
    "Invalid 'exp' claim in client_assertion JWT - JWT has expired",
    cause="The assertion was made long before it was sent, the clock is slow, or your code treats UTC as local "
    "time: in summer exp is then an hour early.",
    cure="Make a new assertion for each request. Use UTC, and set exp a few minutes ahead.",
)
CLIENT_ASSERTION_KID_MISSING = _row(
    "§3.7",
    400,
    "invalid_request",
    "Missing 'kid' header in client_assertion JWT",
    cause="Many libraries do not write a kid by default, and some put it in the payload.",
    cure="Give the library the kid of the registered key as a header.",
)
CLIENT_ASSERTION_TYP_NOT_JWT = _row(
    "§3.8",
    400,
    "invalid_request",
    "Invalid 'typ' header in client_assertion JWT - must be 'JWT'",
    cause="Several libraries do not write a typ. Newer ones write client-authentication+jwt.",
    cure='Set the header typ to "JWT".',
)
CLIENT_ASSERTION_EXP_MISSING = _row(
    "§3.9",
    400,
    "invalid_request",
    "Missing 'exp' claim in client_assertion JWT",
    cause="The library does not add an exp by default.",
    cure="Add exp: now plus at most 300, in whole seconds since 1970.",
)
CLIENT_ASSERTION_EXP_NOT_NUMBER = _row(
    "§3.10",
    400,
    "invalid_request",
    "Invalid 'exp' claim in client_assertion JWT - must be an integer",
    cause="exp is text, often because a template or environment variable filled it in, or a date was formatted.",
    cure="Write exp as a number, without quotes: seconds since 1970.",
)
CLIENT_ASSERTION_ISS_NOT_SUB = _row(
    "§3.11",
    400,
    "invalid_request",
    "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT",
    cause="One of iss and sub is missing, or one is the app's name or id and the other its API key.",
    cure="Set both to the app's API key.",
)
CLIENT_ASSERTION_JTI_MISSING = _row(
    "§3.12",
    400,
    "invalid_request",
    "Missing 'jti' claim in client_assertion JWT",
    cause="Most JWT libraries do not add a jti.",
    cure="Add jti: a new UUID, as text, each time.",
)
CLIENT_ASSERTION_JTI_NOT_STRING = _row(
    "§3.13",
    400,
    "invalid_request",
    "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID",
    cause="jti is a number, such as a counter or the time.",
    cure="Make it text: a new UUID each time.",
)
CLIENT_ASSERTION_JTI_USED = _row(
    "§3.14",
    400,
    "invalid_request",
    "Non-unique 'jti' claim in client_assertion JWT",
    cause="The same assertion was sent again: it is made once at start, or a retry repeats the body, or the jti comes "
    "from the clock and two calls met in one second.",
    cure="Sign a new assertion for each request, retries too, with a new UUID as jti. A refused assertion spends its "
    "jti too.",
)
CLIENT_ASSERTION_EXP_TOO_FAR = _row(
    "§3.15",
    400,
    "invalid_request",
    "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future",
    cause="The library gives an hour or ten minutes by default, exp is in milliseconds, or the clock runs fast.",
    cure="Set exp to now plus 240. Five minutes are allowed, and a fast clock needs the rest.",
)
CLIENT_ASSERTION_JTI_TAKEN = _row(
    "§3.16",
    400,
    "invalid_request",
    "Non-unique 'jti' claim in client_assertion JWT",
    cause="Two requests with the same assertion arrived at the same moment.",
    cure="Sign a new assertion for each request, with a new UUID as jti.",
)
APP_UNKNOWN = _row(
    "§3.17",
    401,
    "invalid_request",
    "Invalid 'iss'/'sub' claims in client_assertion JWT",
    cause="iss and sub are not an API key of this environment: the key of another one, an application id (a UUID), a "
    "name, a CIS2 client id, a regenerated key; or the app is not approved, or not subscribed to this API.",
    cure="Copy the API key of the app in this environment, and check that app and key are approved. " + _SPENT,
)
QUOTA_EXCEEDED = ServiceError(
    row="§3.17a",
    status=429,
    code="",
    sentence="Your application, {app}, has exceeded its quota of {limit} requests every 1 minute(s) and is being "
    "rate limited.",
    evidence="S",
    shape="rate_limit",
    cause="Your code asks for a token with each call, but one lives ten minutes.",
    cure="Cache the token and reuse it until a minute before it expires. Wait until ratelimiting_expiry_time_ms before "
    "trying again. " + _SPENT,
)
PUBLIC_KEY_NOT_REGISTERED = _row(
    "§3.18",
    403,
    "public_key error",
    "You need to register a public key to use this authentication method - please contact support to configure",
    cause="The app has no JWKS URL yet.",
    cure="Publish the public key as a JWK set and register its URL with the app: `nhsauth keys new` makes one. "
    + _SPENT,
)
# A user quoted status and sentence, too (Q).
JWKS_UNREACHABLE = _row(
    "§3.19",
    403,
    "public_key error",
    "The JWKS endpoint, for your client_assertion can't be reached",
    cause="The URL of the key set is behind a log-in, a VPN or a firewall, has a self-signed certificate, or sleeps.",
    cure="Make it public on the internet, with status 200 and no redirect. Retry as soon as the URL is public: "
    "failures are not cached. " + _SPENT,
)
JWKS_UNREADABLE = _catch_all(
    "§3.19a",
    401,
    cause="The URL serves a web page (a repository's view, not the raw file), a PEM file, or one key without a set.",
    cure='Serve {"keys": [...]}. The service keeps what it got for an hour. ' + _GUESS,
)
CLIENT_ASSERTION_KID_UNKNOWN = _row(
    "§3.20",
    401,
    "invalid_request",
    "Invalid 'kid' header in client_assertion JWT - no matching public key",
    cause="The kid differs from the registered one by a dash, a capital or a digit; or the key was published less than "
    "an hour ago, and the set is still cached.",
    cure="Compare it with the set, character by character. If you added the key less than an hour ago, wait until the "
    "hour is over: the service does not fetch the set again for an unknown kid. " + _SPENT,
)
PUBLIC_KEY_UNUSABLE = _catch_all(
    "§3.20a",
    401,
    cause="The registered key is not an RSA key, is damaged, or has fewer than 2048 bits.",
    cure="Register an RSA key of 4096 bits. " + _GUESS,
)
CLIENT_ASSERTION_SIGNATURE_WRONG = _row(
    "§3.21",
    401,
    "public_key error",
    "JWT signature verification failed",
    cause="The private key is not the other half of the registered one: another environment's, or an older one under "
    "the same kid.",
    cure="Take the public half of your key, and compare its modulus with the set. " + _SPENT,
)
CLIENT_ASSERTION_NOT_YET_VALID = _catch_all(
    "§3.22",
    401,
    cause="iat or nbf is in the future, because the clock is fast.",
    cure="Leave both out. The service does not need them. And set the clock right. " + _GUESS,
)
CLIENT_ASSERTION_AUD_WRONG = _row(
    "§3.23",
    401,
    "invalid_request",
    "Missing or invalid 'aud' claim in client_assertion JWT",
    cause="aud is another environment's token URL, or nearly this one: no https://, a slash at the end, /oauth2 alone, "
    "the issuer that a library fills in.",
    cure="Use one setting for aud and the URL that you call, so that they are exactly equal. " + _SPENT,
)

SANDBOX_CLIENT_UNKNOWN = ServiceError(
    row="§9",
    status=500,
    code="oauth.v2.InvalidClientIdentifier",
    sentence="Invalid client identifier {0}",
    evidence="Q",
    shape="fault",
    cause="The API key is not of the sandbox environment. A user saw this there, not the usual answer.",
    cure="Use the API key of an app that is registered there.",
)

# Scopes

_NOT_CONFIGURED: Final = (
    "you have tried to request authorization but your application is not configured to use this authorization "
    "grant type"
)
APP_SCOPES_NONE_LEFT = _row(
    "§4",
    401,
    "unauthorized_client",
    _NOT_CONFIGURED,
    cause="The app is subscribed to no API for application-restricted access.",
    cure="Subscribe it to one, or exchange a person's id_token instead.",
)
USER_SCOPES_NONE_LEFT = _row(
    "§5.18",
    401,
    "unauthorized_client",
    _NOT_CONFIGURED,
    cause="The app has no API for the level at which the person logged in, or only APIs for the other provider's "
    "people.",
    cure="Ask for a higher level at log-in, or subscribe the app to an API for this one.",
)
PROOFING_LEVEL_MISSING = _catch_all(
    "§5.18a",
    500,
    cause="The token says no identity_proofing_level: mostly it is NHS login's access token.",
    cure="Send the id_token of the same answer. " + _GUESS,
)

# Subject token

SUBJECT_TOKEN_MISSING = _row(
    "§5.1",
    400,
    "invalid_request",
    "Missing subject_token",
    cause="The id_token was not sent, or was empty because your code did not check the answer of the log-in.",
    cure="Send the id_token of the provider's token answer as subject_token.",
)
SUBJECT_TOKEN_MALFORMED = _row(
    "§5.2",
    400,
    "invalid_request",
    "Malformed JWT in subject_token",
    cause="The value is not an id_token: an authorization code, CIS2's access token, a refresh token; or a JWT that "
    "was cut off or quoted.",
    cure="If you have the authorization code, exchange it at the provider's own token endpoint first, and send the "
    "id_token of that answer.",
)
SUBJECT_TOKEN_KID_MISSING = _row(
    "§5.3",
    400,
    "invalid_request",
    "Missing 'kid' header in subject_token JWT",
    cause="The token is self-made or another provider's: CIS2 and NHS login always write a kid.",
    cure="Send the id_token exactly as the provider gave it.",
)
SUBJECT_TOKEN_TYP_NOT_JWT = _row(
    "§5.4",
    400,
    "invalid_request",
    "Invalid 'typ' header in subject_token JWT - must be 'JWT'",
    cause="The token is self-made, an access token with a type of its own, or that of another provider.",
    cure="Send the id_token of CIS2 or NHS login, exactly as the provider gave it.",
)
SUBJECT_TOKEN_ALG_MISSING = _row(
    "§5.5",
    400,
    "invalid_request",
    "Missing 'alg' header in subject_token JWT",
    cause="The token is self-made, without a signature.",
    cure="Send the id_token exactly as the provider gave it.",
)
SUBJECT_TOKEN_EXP_MISSING = _row(
    "§5.6",
    400,
    "invalid_request",
    "Missing 'exp' claim in subject_token JWT",
    cause="The JWT is not an id_token: a logout token or userinfo answer has no exp.",
    cure="Send the id_token of the provider's token answer.",
)
SUBJECT_TOKEN_EXP_NOT_NUMBER = _row(
    "§5.7",
    400,
    "invalid_request",
    "Invalid 'exp' claim in subject_token JWT - must be an integer",
    cause="The token is self-made, with exp as text.",
    cure="Send the id_token exactly as the provider gave it.",
)
SUBJECT_TOKEN_EXPIRED = _row(
    "§5.8",
    400,
    "invalid_request",
    "Invalid 'exp' claim in subject_token JWT - JWT has expired",
    cause="The id_token was kept since log-in and is exchanged later. It lives an hour, at the mock realms five "
    "minutes.",
    cure="Exchange it right after the log-in. After that use the platform's refresh_token.",
)
SUBJECT_TOKEN_ISS_MISSING = _row(
    "§5.9",
    400,
    "invalid_request",
    "Missing 'iss' claim in subject_token JWT",
    cause="The JWT is not an id_token, or self-made.",
    cure="Send the id_token of the provider's token answer.",
)
SUBJECT_TOKEN_AUD_MISSING = _row(
    "§5.10",
    401,
    "invalid_request",
    "Missing 'aud' claim in subject_token JWT",
    cause="The JWT is not an id_token, or self-made.",
    cure="Send the id_token of the provider's token answer.",
)

# The token of the person acting for another

ACTOR_TOKEN_MALFORMED = _catch_all(
    "§5.11",
    401,
    cause="act.sub holds text that is not a JWT, such as an NHS number.",
    cure="It is the id_token of the person who acts, as NHS login writes it. " + _GUESS,
)
ACTOR_TOKEN_KID_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'kid' header in act.sub JWT",
    cause="The token in act.sub is self-made.",
    cure="Use the id_token of the person who acts, as NHS login gave it.",
)
ACTOR_TOKEN_TYP_NOT_JWT = _row(
    "§5.11",
    400,
    "invalid_request",
    "Invalid 'typ' header in act.sub JWT - must be 'JWT'",
    cause="The token in act.sub is self-made or no id_token.",
    cure="Use the id_token of the person who acts.",
)
ACTOR_TOKEN_ALG_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'alg' header in act.sub JWT",
    cause="The token in act.sub is self-made.",
    cure="Use the id_token of the person who acts, as NHS login gave it.",
)
ACTOR_TOKEN_EXP_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'exp' claim in act.sub JWT",
    cause="The token in act.sub is self-made or no id_token.",
    cure="Use the id_token of the person who acts.",
)
ACTOR_TOKEN_EXP_NOT_NUMBER = _row(
    "§5.11",
    400,
    "invalid_request",
    "Invalid 'exp' claim in act.sub JWT - must be an integer",
    cause="The token in act.sub is self-made, with exp as text.",
    cure="Write exp as a number: seconds since 1970.",
)
ACTOR_TOKEN_ISS_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'iss' claim in act.sub JWT",
    cause="The token in act.sub is self-made or no id_token.",
    cure="Use the id_token of the person who acts.",
)
ACTOR_TOKEN_AUD_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'aud' claim in act.sub JWT",
    cause="The token in act.sub is self-made or no id_token.",
    cure="Use the id_token of the person who acts.",
)
ACTOR_TOKEN_NHS_NUMBER_MISSING = _row(
    "§5.11",
    400,
    "invalid_request",
    "Missing 'nhs_number' claim in act.sub JWT",
    cause="The person who acts is not known by an NHS number: act.sub is another provider's token, or cut down.",
    cure="Use NHS login's id_token of the person who acts, as it was given.",
)

# The provider behind the subject token

SUBJECT_TOKEN_ISS_UNTRUSTED = _row(
    "§5.12",
    400,
    "invalid_request",
    "Missing or non-matching 'iss' claim in subject_token JWT",
    cause="The person logged in at another environment's provider: CIS2's development realm, live, or a mock realm.",
    cure="Log in at the provider that belongs to this environment; the mock realms go with /oauth2-mock.",
)
PROVIDER_JWKS_UNREACHABLE = _catch_all(
    "§5.13",
    500,
    "S",
    cause="The platform could not fetch the provider's key set.",
    cure="Try again later, with a new assertion.",
)
SUBJECT_TOKEN_KID_UNKNOWN = _row(
    "§5.14",
    401,
    "invalid_request",
    "Invalid 'kid' header in subject_token JWT - no matching public key",
    cause="The token names the right issuer, and was signed by a key that it does not publish: it is self-made, or "
    "old.",
    cure="Log in again and send the new id_token as it is.",
)
SUBJECT_TOKEN_ALG_UNSUPPORTED = _catch_all(
    "§5.15",
    401,
    cause="The token was signed by an algorithm other than RS256 and RS512, so it is self-made.",
    cure="Send the id_token exactly as the provider gave it. " + _GUESS,
)
SUBJECT_TOKEN_SIGNATURE_WRONG = _row(
    "§5.16",
    401,
    "public_key error",
    "JWT signature verification failed",
    cause="The token was changed after it was signed, cut off, or signed by another key under a known kid.",
    cure="Send the id_token as the provider gave it, to the last character.",
)
SUBJECT_TOKEN_NOT_YET_VALID = _catch_all(
    "§5.17",
    401,
    cause="iat or nbf lies ahead: the token is self-made, or a clock is wrong.",
    cure="Send the id_token exactly as the provider gave it. " + _GUESS,
)

# Client by secret

CLIENT_ID_MISSING = _row(
    "§6 client",
    401,
    "invalid_request",
    "client_id is missing",
    cause="The client named itself in the Authorization header or by an assertion, which this grant does not read.",
    cure="Send client_id (the API key) and client_secret in the form.",
)
CLIENT_UNKNOWN = _row(
    "§6 client",
    401,
    "invalid_client",
    "client_id or client_secret is invalid",
    cause="client_id is no API key of this environment: another environment's, the application id, the name.",
    cure="Copy the API key of the app in this environment.",
)
APP_REVOKED = _row(
    "§6 client",
    401,
    "access_denied",
    "The developer app associated with the API key is not approved or revoked",
    cause="The app is not approved yet, or was revoked.",
    cure="Have it approved in the developer portal of this environment.",
)
DEVELOPER_INACTIVE = _row(
    "§6 client",
    401,
    "access_denied",
    "The developer who created the developer app that has the API key you are using has an inactive status",
    cause="The account that owns the app was switched off.",
    cure="Have it switched on, or register the app under another.",
)
COMPANY_INACTIVE = _row(
    "§6 client",
    401,
    "access_denied",
    "The company associated with the developer app that has the API key you are using has an inactive status",
    cause="The company that owns the app was switched off.",
    cure="Ask NHS England's support about it.",
)
KEY_REVOKED = _catch_all(
    "§6 client",
    401,
    cause="The API key was revoked or regenerated, and the app goes on with the old one.",
    cure="Use the app's present key. " + _GUESS,
)
APP_NOT_SUBSCRIBED = _row(
    "§6 client",
    401,
    "access_denied",
    "API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an app "
    "which has sufficient access to access this resource.",
    cause="The app has API products, and none of them covers this service.",
    cure="Subscribe the app to the API that it wants to call, in this environment.",
)
CLIENT_SECRET_MISSING = _row(
    "§6 client",
    401,
    "invalid_request",
    "client_secret is missing",
    cause="The secret was left out, as at the exchange with a signed assertion.",
    cure="The code grant and refresh want the app's secret, in the form, beside client_id.",
)
CLIENT_SECRET_WRONG = _row(
    "§6 client",
    401,
    "invalid_client",
    "client_id or client_secret is invalid",
    cause="The secret is another app's or environment's, or has a blank or newline at its end.",
    cure="Copy the secret that belongs to this API key.",
)

# Authorization request

AUTHORIZE_CLIENT_ID_MISSING = _row(
    "§6 authorize",
    401,
    "invalid_request",
    "client_id is missing",
    cause="The query string has no client_id, or the parameters were sent some other way.",
    cure="Send the app's API key as client_id in the URL of /authorize.",
)
AUTHORIZE_CLIENT_UNKNOWN = _row(
    "§6 authorize",
    401,
    "invalid_request",
    "client_id is invalid",
    cause="client_id is another environment's API key, the app's id, or the client id that CIS2 or NHS login gave.",
    cure="Send the API key of this environment.",
)
AUTHORIZE_REDIRECT_URI_MISSING = _row(
    "§6 authorize",
    400,
    "invalid_request",
    "redirect_uri is missing",
    cause="The query string has no redirect_uri.",
    cure="Send the callback URL that is registered for the app.",
)
AUTHORIZE_REDIRECT_URI_UNREGISTERED = _row(
    "§6 authorize",
    400,
    "invalid_request",
    "redirect_uri is invalid",
    cause="The redirect_uri differs from the registered callback URL: a slash, the case, the port, http for https, "
    "localhost for 127.0.0.1.",
    cure="Send the registered URL to the letter, or register this one.",
)
STATE_MISSING = _redirect(
    "invalid_request",
    "state is missing",
    cause="The client sends no state.",
    cure="Send a fresh random state, and compare it when the person comes back.",
)
RESPONSE_TYPE_MISSING = _redirect(
    "invalid_request",
    "response_type is missing",
    cause="The client sends no response_type.",
    cure="Send response_type=code.",
)
RESPONSE_TYPE_UNSUPPORTED = _redirect(
    "unsupported_response_type",
    "response_type is invalid",
    cause="The client asks for a token or id_token in the redirect.",
    cure="Send response_type=code, and redeem the code.",
)

# Callback

_STATE_INVALID: Final = "Invalid state parameter."
STATE_UNKNOWN = _row(
    "§6 callback",
    400,
    "invalid_request",
    _STATE_INVALID,
    cause="The page was reloaded, which uses a state twice, or somebody called /callback with the application's own "
    "state.",
    cure="Begin at /authorize again. Only the identity provider sends people to /callback.",
)
STATE_EXPIRED = _row(
    "§6 callback",
    400,
    "invalid_request",
    _STATE_INVALID,
    "I",
    cause="The person took too long to log in.",
    cure="Begin at /authorize again. How long a state is kept is a guess.",
)
STATE_TAKEN = _row(
    "§6 callback",
    400,
    "invalid_request",
    _STATE_INVALID,
    cause="Two requests brought the same state at the same moment.",
    cure="Begin at /authorize again.",
)
CALLBACK_CLIENT_UNKNOWN = _row(
    "§6 callback",
    401,
    "invalid_request",
    "client_id is invalid",
    cause="The app was removed while the person logged in.",
    cure="Register it again.",
)
PROVIDER_REFUSED = _catch_all(
    "§6 callback",
    500,
    cause="The person cancelled, refused consent or could not log in, and the provider sent them back with an error.",
    cure="Let them begin at /authorize again. " + _GUESS,
)
PROVIDER_TOKENS_REFUSED = _catch_all(
    "§6 callback",
    500,
    cause="The provider gave the platform no tokens: the code in the URL was wrong, late or used, or it was down.",
    cure="Begin at /authorize again. " + _GUESS,
)
EXTERNAL_ID_TOKEN_MISSING = _row(
    "§6 callback",
    400,
    "invalid_request",
    "Missing client_assertion",
    "I",
    cause="The provider's answer to the platform has no id_token.",
    cure="No request of an application causes this: ask NHS England. " + _GUESS,
)
EXTERNAL_ID_TOKEN_MALFORMED = _row(
    "§6 callback",
    400,
    "invalid_request",
    "Malformed JWT in External ID token",
    cause="The provider's id_token is not a JWT.",
    cure="No request of an application causes this: ask NHS England.",
)
EXTERNAL_ID_TOKEN_AUD_WRONG = _row(
    "§6 callback",
    400,
    "invalid_request",
    "Invalid 'aud' claim in external ID token JWT",
    cause="The provider's id_token is for another client than the platform.",
    cure="No request of an application causes this: ask NHS England.",
)
EXTERNAL_ID_TOKEN_ISS_MISSING = _catch_all(
    "§6 callback",
    500,
    cause="The provider's id_token names no issuer.",
    cure="No request of an application causes this: ask NHS England. " + _GUESS,
)
EXTERNAL_ID_TOKEN_ISS_WRONG = _row(
    "§6 callback",
    400,
    "invalid_request",
    "Invalid iss claim in external ID token JWT",
    cause="The provider's id_token names another issuer.",
    cure="No request of an application causes this: ask NHS England.",
)
EXTERNAL_ID_TOKEN_KID_UNKNOWN = _row(
    "§6 callback",
    401,
    "invalid_request",
    "Invalid 'kid' header in external ID token JWT - no matching public key",
    cause="The provider has signed with a key that it does not publish.",
    cure="No request of an application causes this: ask NHS England.",
)
EXTERNAL_ID_TOKEN_ALG_UNSUPPORTED = _catch_all(
    "§6 callback",
    401,
    cause="The provider has signed by another algorithm than RS256 or RS512.",
    cure="No request of an application causes this: ask NHS England. " + _GUESS,
)
EXTERNAL_ID_TOKEN_SIGNATURE_WRONG = _row(
    "§6 callback",
    401,
    "public_key error",
    "JWT signature verification failed",
    "I",
    cause="The provider's id_token was changed after it was signed.",
    cure="No request of an application causes this: ask NHS England.",
)
EXTERNAL_ID_TOKEN_OUT_OF_TIME = _catch_all(
    "§6 callback",
    401,
    cause="The provider's id_token has expired, or the provider's clock is fast.",
    cure="Begin at /authorize again. " + _GUESS,
)

# Authorization code

CODE_REDIRECT_URI_MISSING = _row(
    "§6 code",
    400,
    "invalid_request",
    "redirect_uri is missing",
    cause="The token request leaves redirect_uri out.",
    cure="Repeat the redirect_uri of the log-in.",
)
CODE_REDIRECT_URI_UNREGISTERED = _row(
    "§6 code",
    400,
    "invalid_request",
    "redirect_uri is invalid",
    cause="The redirect_uri differs from the registered callback URL: a slash, the case, the port, http for https.",
    cure="Repeat the redirect_uri of the log-in to the letter.",
)
CODE_MISSING = _row(
    "§6 code",
    400,
    "invalid_request",
    "authorization_code is missing",
    cause="Your code did not take the code from the redirect, or the redirect has an error instead.",
    cure="Check for error first. Then send the code of the redirect.",
)
_CODE_INVALID: Final = "authorization_code is invalid"
CODE_UNKNOWN = _row(
    "§6 code",
    400,
    "invalid_grant",
    _CODE_INVALID,
    cause="The code is CIS2's or NHS login's own, another app's, or used before: a callback that ran twice.",
    cure="Redeem each code once, where it was issued, by the app that asked for it.",
)
CODE_FOR_OTHER_REDIRECT_URI = _row(
    "§6 code",
    400,
    "invalid_grant",
    _CODE_INVALID,
    "I",
    cause="The app has several redirect URIs, and the token request repeats another than the log-in's.",
    cure="Repeat the redirect_uri of the log-in. " + _GUESS,
)
CODE_EXPIRED = _row(
    "§6 code",
    400,
    "invalid_grant",
    _CODE_INVALID,
    "I",
    cause="The code was kept for more than five minutes.",
    cure="Redeem it as soon as it arrives.",
)
CODE_SPENT = _row(
    "§6 code",
    400,
    "invalid_grant",
    _CODE_INVALID,
    cause="Two requests redeemed one code at the same moment.",
    cure="Redeem each code once, and share the answer.",
)

# Refresh

REFRESH_TOKEN_MISSING = _row(
    "§6 refresh",
    400,
    "invalid_request",
    "refresh_token is missing",
    cause="Your code had none: client_credentials gives no refresh token.",
    cure="Send the refresh_token of the last answer, or ask for a new token.",
)
# A user quoted status and sentence, too (Q).
REFRESH_TOKEN_UNKNOWN = _row(
    "§6 refresh",
    401,
    "invalid_grant",
    "refresh_token is invalid",
    cause="The token was used before: each refresh gives a new one and ends the old. Two workers share one, a copy in "
    "a session is old, or an answer was lost on a timeout; or the token is another app's.",
    cure="Keep the newest under a lock, and wait 30 s for an answer. If it is lost, log in again.",
)
REFRESH_TOKEN_REVOKED = _row(
    "§6 refresh",
    401,
    "invalid_grant",
    "refresh_token is invalid",
    "I",
    cause="The person has logged out at CIS2, which ended the session and all its tokens.",
    cure="Have the person log in again. " + _GUESS,
)
REFRESH_TOKEN_EXPIRED = _row(
    "§6 refresh",
    401,
    "invalid_grant",
    "refresh token refresh period has expired",
    cause="The session has ended: 12 hours after log-in at CIS2, one hour at NHS login. Refreshing does not extend it.",
    cure="Have the person log in again.",
)
REFRESH_PERIOD_OVER = _row(
    "§6 refresh",
    401,
    "invalid_grant",
    "refresh token refresh period has expired",
    cause="_refresh_tokens_validity_ms is not more than the session is old: 0, or a negative number, ends every "
    "session.",
    cure="Leave the parameter out. The refresh token is used up: have the person log in again.",
)
REFRESH_TOKEN_SPENT = _row(
    "§6 refresh",
    401,
    "invalid_grant",
    "refresh_token is invalid",
    cause="Two requests used the same token at the same moment.",
    cure="Refresh under a lock, and share the answer.",
)

# Userinfo

USERINFO_TOKEN_MISSING = _catch_all(
    "§6 userinfo",
    401,
    "S",
    cause="There is no Authorization header, or nothing after Bearer.",
    cure="Send Authorization: Bearer and the access_token.",
)
USERINFO_TOKEN_UNKNOWN = _catch_all(
    "§6 userinfo",
    401,
    "S",
    cause="The token is another environment's, or the provider's own.",
    cure="Send the access_token of this /token endpoint.",
)
USERINFO_TOKEN_REVOKED = _catch_all(
    "§6 userinfo",
    401,
    "S",
    cause="The person has logged out at CIS2, which ended the session and all its tokens.",
    cure="Have them log in again.",
)
USERINFO_TOKEN_EXPIRED = _catch_all(
    "§6 userinfo",
    401,
    "S",
    cause="Your code kept the token longer than its ten minutes.",
    cure="Refresh it before it expires.",
)
USERINFO_APP_UNUSABLE = _catch_all(
    "§6 userinfo",
    401,
    cause="The app was revoked or unsubscribed after the token was issued.",
    cure="Approve app and key, and subscribe the app to a product that covers this service. " + _GUESS,
)
USERINFO_NOT_COMBINED = _row(
    "§6 userinfo",
    400,
    "invalid_request",
    "The Userinfo endpoint is only supported for Combined Auth integrations. Currently this is only for NHS CIS2 "
    "authentications - for more guidance see https://digital.nhs.uk/developer/guides-and-documentation/"
    "security-and-authorisation/user-restricted-restful-apis-nhs-cis2-combined-authentication-and-authorisation",
    cause="The token comes from a token exchange, from client_credentials, or from a log-in at NHS login.",
    cure="Ask the provider's own userinfo where the person logged in there; at NHS login read the id_token.",
)
USERINFO_UNAVAILABLE = _catch_all(
    "§6 userinfo", 500, cause="CIS2 could not be reached.", cure="Try again later. " + _GUESS
)
USERINFO_REFUSED = ServiceError(
    row="§6 userinfo",
    status=401,
    code="unknown_error",
    sentence=_UNKNOWN,
    evidence="I",
    shape="providers_status",
    cause="CIS2 refused or failed, and its own status is passed on, mostly 401: CIS2's access token lives an hour, "
    "and a refresh at the platform does not renew it.",
    cure="Ask soon after the log-in, and keep the answer. " + _GUESS,
)
"""Its status is what CIS2 answered: 401 once CIS2's own access token has expired."""

# Back-channel logout

LOGOUT_TOKEN_MISSING = _row(
    "§7",
    400,
    "invalid_request",
    "Missing client_assertion",
    "I",
    cause="The form has no logout_token.",
    cure="CIS2 alone calls this. " + _GUESS,
)
LOGOUT_TOKEN_MALFORMED = _row(
    "§7",
    400,
    "invalid_request",
    "Malformed JWT in logout_token",
    cause="logout_token is not a JWT.",
    cure="Post CIS2's token unchanged.",
)
LOGOUT_AUD_WRONG = _row(
    "§7",
    400,
    "invalid_request",
    "Missing/invalid aud claim in JWT",
    cause="The logout token is for another client than the platform.",
    cure="Applications that are clients of CIS2 get theirs.",
)
LOGOUT_ISS_WRONG = _row(
    "§7",
    400,
    "invalid_request",
    "Missing/invalid iss claim in JWT",
    cause="The logout token is another environment's.",
    cure="Post it where the session began.",
)
LOGOUT_SID_MISSING = _row(
    "§7",
    400,
    "invalid_request",
    "Missing sid claim in JWT",
    cause="The token names no session.",
    cure="A logout token has a sid.",
)
LOGOUT_EVENTS_WRONG = _row(
    "§7",
    400,
    "invalid_request",
    "Missing/invalid events claim in JWT",
    cause="The token is an id_token, or another.",
    cure="A logout token has the logout event.",
)
LOGOUT_NONCE_PRESENT = _row(
    "§7",
    400,
    "invalid_request",
    "Prohibited nonce claim in JWT",
    cause="The token is an id_token.",
    cure="A logout token never has a nonce.",
)
LOGOUT_JWKS_UNREACHABLE = _catch_all(
    "§7", 500, "S", cause="CIS2's keys could not be fetched.", cure="CIS2 does not try again."
)
LOGOUT_KID_UNKNOWN = _row(
    "§7",
    400,
    "bad_request",
    "Unable to verify JWT",
    cause="The token was not signed by CIS2.",
    cure="Post CIS2's token unchanged.",
)
LOGOUT_SIGNATURE_WRONG = _row(
    "§7",
    400,
    "bad_request",
    "Unable to verify JWT",
    cause="The token was not signed by CIS2.",
    cure="Post CIS2's token unchanged.",
)
LOGOUT_OUT_OF_TIME = _row(
    "§7",
    400,
    "bad_request",
    "Unable to verify JWT",
    "I",
    cause="The token has expired, or a clock is fast.",
    cure="Post CIS2's token when it arrives. " + _GUESS,
)
LOGOUT_SID_UNKNOWN = _row(
    "§7",
    501,
    "not_implemented",
    "SID not found",
    cause="The session is none of a log-in through /authorize whose code was redeemed: token exchange begins none.",
    cure="An application that logs people in at CIS2 itself listens to CIS2's back-channel logout itself.",
)

# Status

STATUS_KEY_WRONG = _row(
    "§8",
    401,
    "Access Denied",
    "Invalid api key for _status monitoring endpoint",
    cause="The header apikey is missing, or is an app's key.",
    cure="Send the key of the monitoring endpoint; _ping needs none.",
)
