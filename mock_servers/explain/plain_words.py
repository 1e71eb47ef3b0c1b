"""What each refusal says, in plain words to who was refused: by the name of its row in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PLAIN: Final[Mapping[str, str]] = {
    # the request
    "CONTENT_TYPE_NOT_FORM": "The body was not sent as a form.",
    "SUBJECT_TOKEN_TYPE_INVALID": "subject_token_type is missing or wrong.",
    "GRANT_TYPE_UNSUPPORTED": "The service has no grant of the name in grant_type.",
    "GRANT_TYPE_MISSING": "No grant_type reached the service in the body of the request.",
    "GRANT_TYPE_NOT_TOKEN_EXCHANGE": "subject_token_type makes this a token exchange, and grant_type says otherwise.",
    "TOKEN_METHOD_NOT_ALLOWED": "The token URL was called with GET; it takes POST only.",
    "NOT_FOUND": "The service has nothing at this path.",
    "CLIENT_ASSERTION_TYPE_INVALID": "client_assertion_type is missing or wrong.",
    "CLIENT_ASSERTION_MISSING": "No client_assertion reached the service.",
    "BOTH_TOKENS_MISSING": "Neither subject_token nor client_assertion reached the service.",
    "SUBJECT_TOKEN_MISSING": "No subject_token reached the service.",
    # the client assertion
    "CLIENT_ASSERTION_MALFORMED": "The value sent as client_assertion is not a JWT.",
    "CLIENT_ASSERTION_ALG_NOT_RS512": "The client_assertion is not signed with RS512.",
    "CLIENT_ASSERTION_EXPIRED": "The client_assertion had expired when the service read it.",
    "CLIENT_ASSERTION_KID_MISSING": "The header of your client_assertion has no kid.",
    "CLIENT_ASSERTION_TYP_NOT_JWT": "typ in the header of your client_assertion is missing or is not JWT.",
    "CLIENT_ASSERTION_EXP_MISSING": "Your client_assertion has no exp.",
    "CLIENT_ASSERTION_EXP_NOT_NUMBER": "exp in your client_assertion is not a number.",
    "CLIENT_ASSERTION_ISS_NOT_SUB": "iss and sub of your client_assertion are not the same, or one is missing.",
    "CLIENT_ASSERTION_JTI_MISSING": "Your client_assertion has no jti.",
    "CLIENT_ASSERTION_JTI_NOT_STRING": "jti in your client_assertion is not text.",
    "CLIENT_ASSERTION_JTI_USED": "This client_assertion, or one with the same jti, was sent before.",
    "CLIENT_ASSERTION_JTI_TAKEN": "This client_assertion, or one with the same jti, was sent before.",
    "CLIENT_ASSERTION_EXP_TOO_FAR": "exp in your client_assertion is more than 5 minutes ahead.",
    "CLIENT_ASSERTION_AUD_WRONG": "aud in your client_assertion is not exactly the URL that you posted to.",
    "APP_UNKNOWN": "iss and sub of your client_assertion are not an API key that may be used in this environment.",
    "QUOTA_EXCEEDED": "Your app has sent more requests in a minute than its quota allows.",
    "PUBLIC_KEY_NOT_REGISTERED": "No public key is registered for your app.",
    "JWKS_UNREACHABLE": "The service cannot fetch the key set (JWKS) that is registered for your app.",
    "CLIENT_ASSERTION_KID_UNKNOWN": "The key set registered for your app has no key with the kid in your "
    "client_assertion's header.",
    "CLIENT_ASSERTION_SIGNATURE_WRONG": "Your client_assertion and its signature do not fit the key that is registered "
    "under its kid: another key signed it, or the text was signed or encoded in another way.",
    # the subject token
    "SUBJECT_TOKEN_MALFORMED": "The value sent as subject_token is not a JWT, and the service needs the id_token.",
    "SUBJECT_TOKEN_KID_MISSING": "The header of the subject_token has no kid, so no provider issued it.",
    "SUBJECT_TOKEN_TYP_NOT_JWT": "The header of the subject_token has no typ JWT.",
    "SUBJECT_TOKEN_ALG_MISSING": "The header of the subject_token has no alg.",
    "SUBJECT_TOKEN_EXP_MISSING": "The subject_token has no exp, so it is not an id_token.",
    "SUBJECT_TOKEN_EXP_NOT_NUMBER": "exp in the subject_token is not a number.",
    "SUBJECT_TOKEN_EXPIRED": "The id_token that you sent as subject_token has expired.",
    "SUBJECT_TOKEN_ISS_MISSING": "The subject_token has no iss, so it is not an id_token.",
    "SUBJECT_TOKEN_AUD_MISSING": "The subject_token has no aud, so it is not an id_token.",
    "SUBJECT_TOKEN_ISS_UNTRUSTED": "The subject_token is not from the CIS2 or NHS login that this environment trusts.",
    "SUBJECT_TOKEN_KID_UNKNOWN": "The provider has no key with the kid in the subject_token's header.",
    "SUBJECT_TOKEN_SIGNATURE_WRONG": "The signature of the subject_token is not the provider's.",
    "APP_SCOPES_NONE_LEFT": "Your app has no product for this kind of access, so no scope is left for the token.",
    "USER_SCOPES_NONE_LEFT": "Your app has no product for people who logged in like this, so no scope is left.",
    # codes, secrets, refresh tokens
    "CLIENT_ID_MISSING": "No client_id reached the service.",
    "CLIENT_UNKNOWN": "client_id or client_secret is not that of an app of this environment.",
    "CLIENT_SECRET_MISSING": "No client_secret reached the service.",
    "CLIENT_SECRET_WRONG": "client_id or client_secret is not that of an app of this environment.",
    "APP_REVOKED": "Your app is not approved, or was revoked.",
    "APP_NOT_SUBSCRIBED": "Your app has no product that covers this service in this environment.",
    "AUTHORIZE_CLIENT_ID_MISSING": "The authorize URL has no client_id.",
    "AUTHORIZE_CLIENT_UNKNOWN": "client_id is not the API key of an app of this environment.",
    "CALLBACK_CLIENT_UNKNOWN": "client_id is not the API key of an app of this environment.",
    "AUTHORIZE_REDIRECT_URI_MISSING": "The request has no redirect_uri.",
    "CODE_REDIRECT_URI_MISSING": "The request has no redirect_uri.",
    "AUTHORIZE_REDIRECT_URI_UNREGISTERED": "redirect_uri is not exactly a callback URL registered for your app.",
    "CODE_REDIRECT_URI_UNREGISTERED": "redirect_uri is not exactly a callback URL registered for your app.",
    "STATE_MISSING": "The authorize URL has no state.",
    "RESPONSE_TYPE_MISSING": "The authorize URL has no response_type.",
    "STATE_UNKNOWN": "The state of this callback is unknown, was used already, or is too old.",
    "STATE_EXPIRED": "The state of this callback is unknown, was used already, or is too old.",
    "STATE_TAKEN": "The state of this callback is unknown, was used already, or is too old.",
    "CODE_MISSING": "No code reached the service.",
    "CODE_UNKNOWN": "The code is unknown here, was used already, or is too old.",
    "CODE_FOR_OTHER_REDIRECT_URI": "The code is unknown here, was used already, or is too old.",
    "CODE_EXPIRED": "The code is unknown here, was used already, or is too old.",
    "CODE_SPENT": "The code is unknown here, was used already, or is too old.",
    "CODE_NOT_OF_REQUEST": "The code is unknown here, was used already, or is too old.",
    "REFRESH_TOKEN_MISSING": "No refresh_token reached the service.",
    "REFRESH_TOKEN_UNKNOWN": "The refresh token is unknown here or was used already: each is good once.",
    "REFRESH_TOKEN_REVOKED": "The refresh token is unknown here or was used already: each is good once.",
    "REFRESH_TOKEN_SPENT": "The refresh token is unknown here or was used already: each is good once.",
    "REFRESH_PERIOD_OVER": "The session of this refresh token is over.",
    # an API's gateway
    "TOKEN_MISSING": "No access token reached the gateway: there is no Authorization header, or nothing after Bearer.",
    "TOKEN_UNKNOWN": "This environment has not issued the access token that you sent.",
    "TOKEN_EXPIRED": "The access token has expired: it lives ten minutes.",
    "SCOPE_TOO_LOW": "The access token does not have the scope that this API asks for.",
    "SCOPE_TOO_LOW_UNAUTHORIZED": "The access token does not have the scope that this API asks for.",
    "API_KEY_INVALID": "The apikey header is not the API key of an app of this environment.",
    "API_KEY_MISSING": "The request has no apikey header.",
    "API_KEY_NOT_FOR_API": "Your app is not connected to a product of this API, so its API key does not open it.",
    "TOKEN_NOT_FOR_API": "Your app is not connected to a product of this API.",
    "TOKEN_APP_NOT_APPROVED": "Your app is not approved.",
    "API_KEY_NOT_APPROVED": "Your app is not approved.",
    "NO_SUCH_API": "There is no API at this path in this environment.",
    # providers
    "REDIRECT_URI_MISMATCH": "redirect_uri is not exactly one that is registered for your client.",
    "ASSERTION_NOT_OF_CLIENT": "iss and sub of your client_assertion are not the client_id that CIS2 gave you.",
    "ASSERTION_KEY_UNKNOWN": "The key set registered at CIS2 has no key with the kid of your client_assertion.",
    "ASSERTION_SIGNATURE_WRONG": "Your client_assertion was signed by another key, or alg, than is registered at CIS2.",
    "ASSERTION_AUDIENCE_WRONG": "aud in your client_assertion is not exactly the token endpoint.",
}


def plain(name: str, cause: str) -> str:
    """Return what a row says; for one without words of its own its usual cause."""
    return PLAIN.get(name, cause)
