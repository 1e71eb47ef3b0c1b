"""Problems that a request to an identity provider can have.

Rules name a problem; each provider maps it to an error row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_servers.rules import Problem, ServiceError

_GUESS: Final = "We have not seen the real service's answer to this."

AUTHORIZE_METHOD: Final = Problem(
    cause="The person's browser was sent with another method.",
    cure="Redirect it to the authorize URL, which is a GET.",
    heading="The application sent the wrong kind of request",
)
TARGET_REPEATED: Final = Problem(
    cause="client_id or redirect_uri is in the URL twice.",
    cure="Build the URL from one set of parameters.",
    heading="The application sent something twice",
)
CLIENT_ID_MISSING: Final = Problem(
    cause="The parameters did not reach the authorize URL's query.",
    cure="Send the client id that this provider gave.",
    heading="The application did not say which one it is",
)
CLIENT_UNKNOWN: Final = Problem(
    cause="client_id is another environment's, or the platform's API key.",
    cure="Send the client id that this provider gave for this environment.",
    heading="The application is not known here",
)
REDIRECT_URI_ABSENT: Final = Problem(
    cause="The request leaves redirect_uri out.",
    cure="Send a registered redirect_uri, even if there is only one.",
    heading="The application did not say where to send you back",
)
REDIRECT_URI_RELATIVE: Final = Problem(
    cause="redirect_uri is a path, or lacks its scheme.",
    cure="Send the whole URL, as it is registered.",
    heading="The address to send you back to is not complete",
)
REDIRECT_URI_MISMATCH: Final = Problem(
    cause="redirect_uri differs from the registered one: http for https behind a proxy, port, case, a slash at the "
    "end.",
    cure="Send the registered one exactly, or register this one.",
    heading="The address to send you back to is not registered",
)
ASKED_TWICE: Final = Problem(
    cause="A parameter is in the URL twice: a library and the application both set it.",
    cure="Set each parameter in one place.",
)
STATE_MISSING: Final = Problem(
    cause="The request has no state.", cure="Send a new random one, and compare it when the person comes back."
)
RESPONSE_TYPE_MISSING: Final = Problem(cause="The request has no response_type.", cure="Send response_type=code.")
RESPONSE_TYPE_UNSUPPORTED: Final = Problem(
    cause="The library asks for the implicit or hybrid flow.", cure="Send response_type=code."
)
CODE_NOT_REGISTERED: Final = Problem(
    cause="The client is registered, but not for the authorization code flow.", cure="Have it registered for that."
)
RESPONSE_MODE_UNSUPPORTED: Final = Problem(
    cause="The library asks for form_post or fragment.", cure="Leave response_mode out."
)
REQUEST_NOT_SUPPORTED: Final = Problem(cause="The library sends the request as a JWT.", cure="Send plain parameters.")
REQUEST_URI_NOT_SUPPORTED: Final = Problem(
    cause="The library pushes the request, or refers to it.", cure="Send plain parameters."
)
REGISTRATION_NOT_SUPPORTED: Final = Problem(
    cause="The request carries a registration.", cure="Register with the provider's team instead."
)
OPENID_MISSING: Final = Problem(
    cause="scope lacks openid, or something other than a space joins its words.",
    cure="Send scope=openid and other words, one space between.",
)
SCOPE_UNKNOWN: Final = Problem(
    cause="scope has a word that this provider does not support, such as offline_access.",
    cure="Ask only for documented scopes.",
)
SCOPE_RESERVED: Final = Problem(
    cause="The client is not registered for this scope.", cure="Leave it out, or have it registered."
)
SCOPES_EXCLUSIVE: Final = Problem(cause="profile and basic_demographics are both there.", cure="Ask for one of them.")
NONCE_MISSING: Final = Problem(
    cause="The library does not send a nonce by default.",
    cure="Send a new random one, and compare it with the one in the id_token.",
)
PROMPT_INVALID: Final = Problem(
    cause="prompt has an unknown word, or `none` together with other words.",
    cure="Leave it out, or send `login`, or `none` on its own.",
)
MAX_AGE_INVALID: Final = Problem(cause="max_age is not a whole number.", cure="Send seconds, such as 300.")
DISPLAY_UNSUPPORTED: Final = Problem(cause="display is popup or wap.", cure="Leave it out.")
VTR_MALFORMED: Final = Problem(
    cause="vtr is not a JSON array, or was percent-encoded twice.", cure='Send ["P9.Cp.Cd"], percent-encoded once.'
)
VTR_UNKNOWN: Final = Problem(
    cause="vtr has a vector for which the client is not registered.", cure="Ask only for registered vectors."
)
LOGIN_REQUIRED: Final = Problem(
    cause="prompt=none, but the person is not logged in here, or logged in too long ago.",
    cure="This answer is normal. Ask again without prompt=none.",
)
CONSENT_REQUIRED: Final = Problem(
    cause="prompt=none, but the person has not agreed to share data with this client.",
    cure="This answer is normal. Ask again without prompt=none.",
)
ASSERTED_INVALID: Final = Problem(
    cause="asserted_login_identity is not a JWT, has a claim missing, or lives for more than a minute.",
    cure="Have the other client sign iss, code, jti, iat and exp, just before the redirect. " + _GUESS,
)
ASSERTED_UNTRUSTED: Final = Problem(
    cause="iss is not a client, or another key made the signature.",
    cure="Sign with RS512 and the key of the client for which the person logged in first. " + _GUESS,
)
ASSERTED_UNKNOWN: Final = Problem(
    cause="code is not the jti of an id_token of that client, or the person's session has ended.",
    cure="Take the jti out of the newest id_token, and fall back to a log-in. " + _GUESS,
)
ASSERTED_SPENT: Final = Problem(
    cause="The same asserted_login_identity was sent before.", cure="Sign a new one for each log-in. " + _GUESS
)
FORM_TOKEN_WRONG: Final = Problem(
    cause="The log-in form was changed, or is older than the mock's last start.",
    cure="Load the page again.",
    heading="This log-in page is out of date",
)
ERROR_CHOSEN: Final = Problem(
    cause="The person at the log-in page chose this end.", cure="Handle it as the provider's documentation says."
)
OUTCOME_UNKNOWN: Final = Problem(
    cause="The mock does not have the outcome that the form names.", cure="Choose one that the page offers."
)
PERSON_UNKNOWN: Final = Problem(
    cause="This provider has no person with this user id.", cure="Choose a person on the page, or add a user."
)
ROLE_UNKNOWN: Final = Problem(cause="The role is not this person's.", cure="Choose one of the person's roles.")
CANCELLED: Final = Problem(cause="The person stopped the log-in.", cure="Show your own page, with a way to try again.")
CONSENT_REFUSED: Final = Problem(
    cause="The person does not share the data.", cure="Show your own page, with a way to try again."
)
PROVIDER_ERROR: Final = Problem(
    cause="The provider failed.", cure="Show your own page, and let the person try again later."
)
LEVEL_TOO_LOW: Final = Problem(
    cause="The person cannot reach the level that acr_values or vtr asks for.",
    cure="Ask for less, or have the person use a stronger way to log in.",
)

METHOD_NOT_POST: Final = Problem(cause="The token endpoint was called with GET.", cure="POST a form.")
CONTENT_TYPE_WRONG: Final = Problem(cause="The body went out as JSON.", cure="POST a form.")
PARAMETER_REPEATED: Final = Problem(
    cause="A parameter is in the form twice: a library and the application both set it.",
    cure="Set each parameter in one place.",
)
GRANT_TYPE_MISSING: Final = Problem(
    cause="The parameters are in the URL, or went out as JSON.", cure="POST a form with grant_type=authorization_code."
)
GRANT_TYPE_UNKNOWN: Final = Problem(
    cause="A typing error, or a value that was encoded twice and arrives with its percent signs.",
    cure="Use grant_type=authorization_code.",
)
GRANT_TYPE_UNSUPPORTED: Final = Problem(
    cause="The provider has no such grant.", cure="Use grant_type=authorization_code."
)
GRANT_NOT_REGISTERED: Final = Problem(
    cause="The client is registered, but not for this grant.", cure="Have it registered, or do without it."
)
TWO_IDENTITIES: Final = Problem(
    cause="The library sends an Authorization header, and the form a client_id.",
    cure="Choose one way to name the client.",
)
CLIENT_NOT_AUTHENTICATED: Final = Problem(
    cause="The client used the wrong secret, the platform's API key, two ways at once, or a way that "
    "was not registered.",
    cure="Use the client id that this provider gave, and the one way that is registered. NHS login takes "
    "private_key_jwt with RS512 alone.",
)
ASSERTION_BY_API_KEY: Final = Problem(
    cause="iss and sub are the app's API key at the platform, which this provider does not know.",
    cure="Set iss and sub to the client id that this provider gave you.",
)
TOKEN_CLIENT_UNKNOWN: Final = Problem(
    cause="The client id is another environment's, or the platform's API key.",
    cure="Use the client id that this provider gave.",
)
ASSERTION_MALFORMED: Final = Problem(
    cause="client_assertion is cut off, or is not a JWT.", cure="Send what the library signed, unchanged."
)
ASSERTION_NOT_OF_CLIENT: Final = Problem(
    cause="iss, sub and client_id differ.", cure="Set all of them to the client id that this provider gave."
)
ASSERTION_EXPIRED: Final = Problem(
    cause="exp is over: your code kept the assertion, or the clock is wrong.", cure="Sign a fresh one for each request."
)
ASSERTION_TOO_LONG: Final = Problem(
    cause="exp is more than 30 minutes ahead, or in milliseconds.", cure="Set exp to now + 300, in seconds."
)
CLIENT_KEYS_UNREACHABLE: Final = Problem(
    cause="The provider cannot fetch the client's key set.", cure="Serve it without log-in at the registered URL."
)
ASSERTION_KEY_UNKNOWN: Final = Problem(
    cause="kid names no key of the registered set.", cure="Publish the key, and name it in the header."
)
ASSERTION_SIGNATURE_WRONG: Final = Problem(
    cause="The key is another environment's, or alg is not the registered one.",
    cure="Sign with the registered key and algorithm.",
)
TWO_METHODS: Final = Problem(
    cause="The library sends a secret beside the assertion.", cure="Take the secret out of its settings."
)
ASSERTION_AUDIENCE_WRONG: Final = Problem(
    cause="aud is the issuer, or lacks the port of discovery's token_endpoint.",
    cure="Use token_endpoint of the discovery document as aud, exactly.",
)
METHOD_NOT_REGISTERED: Final = Problem(
    cause="The client is registered for another way to prove itself.",
    cure="Use that way, or have the registration changed.",
)
CLIENT_SECRET_WRONG: Final = Problem(
    cause="The secret is another environment's, or has a line end.",
    cure="Use the secret that goes with this client id.",
)
CODE_MISSING: Final = Problem(
    cause="Your code did not take the code from the redirect, or the redirect has an error instead.",
    cure="Check for error first. Then send the code of the redirect.",
)
REDIRECT_URI_MISSING: Final = Problem(
    cause="The token request leaves redirect_uri out.", cure="Repeat the redirect_uri of the authorization request."
)
SCOPE_SENT: Final = Problem(
    cause="The token request has a scope, which belongs in the authorization request.",
    cure="Leave it out. Whether the real service minds is in doubt: a live client sends it.",
)
CODE_UNKNOWN: Final = Problem(
    cause="The code is another service's, another client's, used before (a callback that ran twice), or redirect_uri "
    "differs from that of the log-in.",
    cure="Redeem each code once, where it was issued, with exactly the redirect_uri of the log-in.",
)
CODE_NOT_OF_REQUEST: Final = Problem(
    cause="The code was used before (a callback that ran twice), or belongs to another client or redirect URI.",
    cure="Redeem it once, for the client and with the redirect_uri of the authorization request.",
)
CODE_EXPIRED: Final = Problem(cause="Your code kept it too long.", cure="Redeem it as soon as it arrives.")
CODE_VERIFIER_WRONG: Final = Problem(
    cause="The authorization request had a code_challenge, and the code_verifier of the token request is missing or is "
    "another log-in's.",
    cure="Keep the verifier in the person's session, and send it with the code; or send no code_challenge.",
)
CODE_SPENT: Final = Problem(
    cause="Two requests redeemed one code at the same moment.", cure="Redeem each code once, and share the answer."
)
REFRESH_TOKEN_MISSING: Final = Problem(
    cause="The form has no refresh_token.", cure="Send that of the last token answer."
)
REFRESH_TOKEN_UNKNOWN: Final = Problem(
    cause="The token is another service's, or not the latest one.",
    cure="Keep the refresh_token of each answer, and send that.",
)
REFRESH_TOKEN_FOREIGN: Final = Problem(
    cause="Two clients share a store of tokens.", cure="Send each token with the client it was issued to."
)
REFRESH_TOKEN_EXPIRED: Final = Problem(cause="Your code kept the token too long.", cure="Have the person log in again.")
REFRESH_SCOPE_WIDER: Final = Problem(cause="scope asks for more than the log-in was granted.", cure="Leave scope out.")
REFRESH_TOKEN_SPENT: Final = Problem(
    cause="Two requests used the same token at the same moment.", cure="Refresh under a lock, and share the answer."
)

USERINFO_METHOD: Final = Problem(cause="Userinfo was called with another method.", cure="GET it.")
ACCESS_TOKEN_INVALID: Final = Problem(
    cause="The token is the platform's, an id_token, or of a session that has ended.",
    cure="Send the access_token of this provider's token answer as Bearer.",
)
ACCESS_TOKEN_EXPIRED: Final = Problem(cause="Your code kept the token too long.", cure="Get another before it expires.")
SCOPE_INSUFFICIENT: Final = Problem(cause="The token was refreshed without openid.", cure="Keep openid in scope.")
METADATA_SCOPE_INSUFFICIENT: Final = Problem(
    cause="The log-in did not ask for client_metadata.", cure="Add client_metadata to scope."
)
METADATA_INVALID: Final = Problem(
    cause="The body is not the one member, or too long.",
    cure='Send {"client_user_metadata": "..."} with 1,024 characters at most.',
)

END_SESSION_METHOD: Final = Problem(
    cause="The endpoint was called with another method.", cure="Redirect the browser to it."
)
ID_TOKEN_HINT_MISSING: Final = Problem(
    cause="The application kept no id_token.", cure="Keep the id_token until the person logs out, and send it."
)
ID_TOKEN_HINT_INVALID: Final = Problem(
    cause="The token is another provider's or environment's.", cure="Send the id_token of this provider."
)
POST_LOGOUT_RELATIVE: Final = Problem(
    cause="post_logout_redirect_uri is a path.", cure="Send the whole URL, as it is registered."
)
POST_LOGOUT_MISMATCH: Final = Problem(
    cause="post_logout_redirect_uri is not registered.", cure="Send the registered one exactly."
)
REALM_UNKNOWN: Final = Problem(
    cause="The path names another realm, or a part of it is missing.",
    cure="Take every URL out of the discovery document.",
)
FAULT: Final = Problem(cause="The mock itself failed.", cure="Look at its log. " + _GUESS)


OUTCOMES: Final[Mapping[str, Problem]] = {
    "cancelled": CANCELLED,
    "consent_refused": CONSENT_REFUSED,
    "provider_error": PROVIDER_ERROR,
    "level_too_low": LEVEL_TOO_LOW,
}
"""The ways in which a test can make a log-in end, other than with success."""


def _again(sentence: str) -> ServiceError:
    return ServiceError(status=200, code="", sentence=sentence, evidence="I", row="the mock's form", shape="again")


OF_THE_FORM: Final[Mapping[Problem, ServiceError]] = {
    PERSON_UNKNOWN: _again("There is no person with this user id."),
    OUTCOME_UNKNOWN: _again("A log-in cannot end like this."),
    ROLE_UNKNOWN: _again("This person does not have this role."),
}
"""Problems after which the mock's own form is shown again, at every provider."""


def name_of(problem: Problem) -> str:
    """Return the name of a problem in this module."""
    return next(name for name, known in globals().items() if known is problem)
