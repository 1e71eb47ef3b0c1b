"""What usually lies behind each error, and what to do: by the name of its row. Which error it is, the catalogues say.

A diagnosis knows the request and says more; this is for who has the answer of the real service alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual cause of an error, and its cure."""

    cause: str
    cure: str


_SPENT: Final = "The jti is spent by then, so sign a new assertion for the next try."
_GUESS: Final = "Nobody here has seen the real service's answer to this."

TOKEN_SERVICE: Final[Mapping[str, Usual]] = {
    # The catch-all of whatever no rule names
    "SCRIPT_FAULT": Usual(
        "The service met something that none of its checks foresees.",
        "Compare the request with one that works, part by part; quote the message_id to NHS England's support.",
    ),
    "BODY_TOO_LARGE": Usual(
        "The body has more than 1 MiB, mostly because a whole file or answer was sent as one parameter.",
        "Send the parameters of the grant and nothing else. " + _GUESS,
    ),
    "NOT_PLAYED": Usual(
        "This path belongs to the real service and is not played by this version of the mock.",
        "Use the grants that it plays: client_credentials, token exchange and refresh_token.",
    ),
    # Which flow takes the request
    "CONTENT_TYPE_NOT_FORM": Usual(
        "The body went out as JSON or without content type: HTTP libraries choose JSON for objects, and none for text.",
        "Send a form: data={...} in requests, URLSearchParams in axios and fetch. The header is exactly "
        "application/x-www-form-urlencoded; whether the real service takes a charset behind it is in doubt.",
    ),
    "SUBJECT_TOKEN_TYPE_INVALID": Usual(
        "subject_token_type was left out or shortened, or a library filled in the type of another kind of token.",
        "Send exactly urn:ietf:params:oauth:token-type:id_token.",
    ),
    "GRANT_TYPE_UNSUPPORTED": Usual(
        "A typing error, a grant that this service has not (password, jwt-bearer), or a value that was encoded twice "
        "and arrives with its percent signs.",
        "Use client_credentials, authorization_code, refresh_token or "
        "urn:ietf:params:oauth:grant-type:token-exchange, encoded once.",
    ),
    "GRANT_TYPE_MISSING": Usual(
        "The parameters are in the URL, which the service does not read, or the body is empty.",
        "Put all parameters into the body, as a form.",
    ),
    "AUTHORIZE_METHOD_NOT_ALLOWED": Usual(
        "A program has posted to /authorize.", "Send the person's browser there, by a redirect: that is a GET."
    ),
    "TOKEN_METHOD_NOT_ALLOWED": Usual(
        "The token URL was opened in a browser, or a redirect has turned the POST into a GET.",
        "POST a form, and call the URL exactly as it is documented, so that nothing redirects.",
    ),
    "NOT_FOUND": Usual(
        "The path is nearly right: /oauth2 alone, /oauth2/token/ or /oauth2/access_token.", "POST to /oauth2/token."
    ),
    # Client assertion
    "CLIENT_ASSERTION_TYPE_INVALID": Usual(
        "The request names itself by client_id and client_secret, as most OAuth libraries do unless told otherwise.",
        "There is no secret for this grant: sign a client assertion, and send it with client_assertion_type "
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
    ),
    "GRANT_TYPE_NOT_TOKEN_EXCHANGE": Usual(
        "subject_token_type makes a request a token exchange, whatever its grant_type says.",
        "Set grant_type to urn:ietf:params:oauth:grant-type:token-exchange, or leave subject_token_type out.",
    ),
    "CLIENT_ASSERTION_MISSING": Usual(
        "The assertion was not sent, came out empty, or went into the Authorization header, which is not read.",
        "Send the signed JWT as the parameter client_assertion of the form.",
    ),
    "BOTH_TOKENS_MISSING": Usual(
        "Neither client_assertion nor subject_token is in the form, though subject_token_type is.",
        "Send both: the assertion that your app signs, and the id_token of the person.",
    ),
    "CLIENT_ASSERTION_MALFORMED": Usual(
        "The value is no JWT: cut off, wrapped over lines, in quotes, with a dash that an editor has prettified, or "
        "the text 'undefined' of a variable that was never filled.",
        "Send the JWT as the library returns it: three base64url parts with dots between, nothing around them.",
    ),
    "CLIENT_ASSERTION_ALG_NOT_RS512": Usual(
        "The library's default was left in place: mostly RS256.", "Sign with RS512, and an RSA key."
    ),
    "CLIENT_ASSERTION_EXPIRED": Usual(
        "The assertion was made long before it was sent, the clock is slow, or local time was taken for UTC: in summer "
        "that is an hour off.",
        "Make a new assertion for each request, from a clock that knows UTC, with exp some minutes ahead.",
    ),
    "CLIENT_ASSERTION_KID_MISSING": Usual(
        "Many libraries write no kid unless told to, and some put it into the payload.",
        "Give the library the kid of the registered key as a header.",
    ),
    "CLIENT_ASSERTION_TYP_NOT_JWT": Usual(
        "Several libraries write no typ by themselves, newer ones write client-authentication+jwt.",
        'Set the header typ to "JWT".',
    ),
    "CLIENT_ASSERTION_EXP_MISSING": Usual(
        "The library adds no exp unless asked to.", "Add exp: now plus at most 300, in whole seconds since 1970."
    ),
    "CLIENT_ASSERTION_EXP_NOT_NUMBER": Usual(
        "exp is text, often because a template or environment variable filled it in, or a date was formatted.",
        "Write exp as a number, without quotes: seconds since 1970.",
    ),
    "CLIENT_ASSERTION_ISS_NOT_SUB": Usual(
        "One of iss and sub is missing, or one is the app's name or id and the other its API key.",
        "Set both to the app's API key.",
    ),
    "CLIENT_ASSERTION_JTI_MISSING": Usual("Most JWT libraries add no jti.", "Add jti: a new UUID, as text, each time."),
    "CLIENT_ASSERTION_JTI_NOT_STRING": Usual(
        "jti is a number, such as a counter or the time.", "Make it text: a new UUID each time."
    ),
    "CLIENT_ASSERTION_JTI_USED": Usual(
        "The same assertion was sent again: it is made once at start, or a retry repeats the body, or the jti comes "
        "from the clock and two calls met in one second.",
        "Sign anew for each request, retries included, with a fresh UUID as jti. Even an assertion that is refused "
        "spends its jti.",
    ),
    "CLIENT_ASSERTION_EXP_TOO_FAR": Usual(
        "The library gives an hour or ten minutes by default, exp is in milliseconds, or the clock runs fast.",
        "Set exp to now plus 240: five minutes are allowed, and a fast clock needs the rest.",
    ),
    "CLIENT_ASSERTION_JTI_TAKEN": Usual(
        "Two requests with the same assertion arrived at the same moment.",
        "Sign anew for each request, with a fresh UUID as jti.",
    ),
    "APP_UNKNOWN": Usual(
        "iss and sub are no API key of this environment: the key of another one, an application id (a UUID), a name, a "
        "CIS2 client id, a regenerated key; or the app is not approved, or not subscribed to this API.",
        "Copy the API key of the app in this very environment, and see that app and key are approved. " + _SPENT,
    ),
    "QUOTA_EXCEEDED": Usual(
        "A token is asked for with each call, where one lives ten minutes.",
        "Keep a token until a minute before it expires. Wait for ratelimiting_expiry_time_ms. " + _SPENT,
    ),
    "PUBLIC_KEY_NOT_REGISTERED": Usual(
        "The app has no JWKS URL yet.",
        "Publish the public key as a JWK set and register its URL with the app: `nhsauth keys new` makes one. "
        + _SPENT,
    ),
    "JWKS_UNREACHABLE": Usual(
        "The URL of the key set is behind a log-in, a VPN or a firewall, has a self-signed certificate, or sleeps.",
        "Make it answer 200 to anybody on the internet, without a redirect. The failure is not cached. " + _SPENT,
    ),
    "JWKS_UNREADABLE": Usual(
        "The URL serves a web page (a repository's view, not the raw file), a PEM file, or one key without a set.",
        'Serve {"keys": [...]}. What was served is kept for an hour all the same. ' + _GUESS,
    ),
    "CLIENT_ASSERTION_KID_UNKNOWN": Usual(
        "The kid differs from the registered one by a dash, a capital or a digit; or the key was published less than "
        "an hour ago, and the set is still cached.",
        "Compare it with the set, letter by letter. An unknown kid has the set not fetched again: wait out the hour. "
        + _SPENT,
    ),
    "PUBLIC_KEY_UNUSABLE": Usual(
        "The registered key is no RSA key, is damaged, or has fewer than 2048 bits.",
        "Register an RSA key of 4096 bits. " + _GUESS,
    ),
    "CLIENT_ASSERTION_SIGNATURE_WRONG": Usual(
        "The private key is not the other half of the registered one: another environment's, or an older one under the "
        "same kid.",
        "Make the public half of the key that signs, and compare its modulus with the set. " + _SPENT,
    ),
    "CLIENT_ASSERTION_NOT_YET_VALID": Usual(
        "iat or nbf lies ahead, because the clock runs fast.",
        "Leave both out, as the service wants neither, and keep the clock right. " + _GUESS,
    ),
    "CLIENT_ASSERTION_AUD_WRONG": Usual(
        "aud is another environment's token URL, or nearly this one: no https://, a slash at the end, /oauth2 alone, "
        "the issuer that a library fills in.",
        "Take aud and the URL that is called from one setting, so that they are equal to the letter. " + _SPENT,
    ),
    "SANDBOX_CLIENT_UNKNOWN": Usual(
        "The API key is none of the sandbox environment, where a user has seen this in place of the usual answer.",
        "Use the API key of an app that is registered there.",
    ),
    # Scopes
    "APP_SCOPES_NONE_LEFT": Usual(
        "The app is subscribed to no API for application-restricted access.",
        "Subscribe it to one, or exchange a person's id_token instead.",
    ),
    "USER_SCOPES_NONE_LEFT": Usual(
        "The app has no API for the level at which the person logged in, or only APIs for the other provider's people.",
        "Ask for a higher level at log-in, or subscribe the app to an API for this one.",
    ),
    "PROOFING_LEVEL_MISSING": Usual(
        "The token says no identity_proofing_level: mostly it is NHS login's access token.",
        "Send the id_token of the same answer. " + _GUESS,
    ),
    # Subject token
    "SUBJECT_TOKEN_MISSING": Usual(
        "The id_token was not sent, or came out empty because the log-in's answer was not looked at.",
        "Send the id_token of the provider's token answer as subject_token.",
    ),
    "SUBJECT_TOKEN_MALFORMED": Usual(
        "The value is not an id_token: an authorization code, CIS2's access token, a refresh token; or a JWT that was "
        "cut off or quoted.",
        "Exchange the code at the provider's own token endpoint first, and send the id_token of that answer.",
    ),
    "SUBJECT_TOKEN_KID_MISSING": Usual(
        "The token is home-made or another provider's: CIS2 and NHS login always write a kid.",
        "Send the id_token as the provider gave it.",
    ),
    "SUBJECT_TOKEN_TYP_NOT_JWT": Usual(
        "The token is home-made, or an access token with a type of its own.",
        "Send the id_token as the provider gave it.",
    ),
    "SUBJECT_TOKEN_ALG_MISSING": Usual(
        "The token is home-made, without a signature.", "Send the id_token as the provider gave it."
    ),
    "SUBJECT_TOKEN_EXP_MISSING": Usual(
        "The JWT is no id_token: a logout token or userinfo answer has no exp.",
        "Send the id_token of the provider's token answer.",
    ),
    "SUBJECT_TOKEN_EXP_NOT_NUMBER": Usual(
        "The token is home-made, with exp as text.", "Send the id_token as the provider gave it."
    ),
    "SUBJECT_TOKEN_EXPIRED": Usual(
        "The id_token was kept since log-in and is exchanged later. It lives an hour, at the mock realms five minutes.",
        "Exchange it right after log-in, and from then on use the platform's refresh_token.",
    ),
    "SUBJECT_TOKEN_ISS_MISSING": Usual(
        "The JWT is no id_token, or home-made.", "Send the id_token of the provider's token answer."
    ),
    "SUBJECT_TOKEN_AUD_MISSING": Usual(
        "The JWT is no id_token, or home-made.", "Send the id_token of the provider's token answer."
    ),
    # The token of the person acting for another
    "ACTOR_TOKEN_MALFORMED": Usual(
        "act.sub holds text that is no JWT, such as an NHS number.",
        "It is the id_token of the person who acts, as NHS login writes it. " + _GUESS,
    ),
    "ACTOR_TOKEN_KID_MISSING": Usual(
        "The token in act.sub is home-made.", "Use the id_token of the person who acts, as NHS login gave it."
    ),
    "ACTOR_TOKEN_TYP_NOT_JWT": Usual(
        "The token in act.sub is home-made or no id_token.", "Use the id_token of the person who acts."
    ),
    "ACTOR_TOKEN_ALG_MISSING": Usual(
        "The token in act.sub is home-made.", "Use the id_token of the person who acts, as NHS login gave it."
    ),
    "ACTOR_TOKEN_EXP_MISSING": Usual(
        "The token in act.sub is home-made or no id_token.", "Use the id_token of the person who acts."
    ),
    "ACTOR_TOKEN_EXP_NOT_NUMBER": Usual(
        "The token in act.sub is home-made, with exp as text.", "Write exp as a number: seconds since 1970."
    ),
    "ACTOR_TOKEN_ISS_MISSING": Usual(
        "The token in act.sub is home-made or no id_token.", "Use the id_token of the person who acts."
    ),
    "ACTOR_TOKEN_AUD_MISSING": Usual(
        "The token in act.sub is home-made or no id_token.", "Use the id_token of the person who acts."
    ),
    "ACTOR_TOKEN_NHS_NUMBER_MISSING": Usual(
        "The person who acts is not known by an NHS number: act.sub is another provider's token, or cut down.",
        "Use NHS login's id_token of the person who acts, as it was given.",
    ),
    # The provider behind the subject token
    "SUBJECT_TOKEN_ISS_UNTRUSTED": Usual(
        "The person logged in at another environment's provider: CIS2's development realm, live, or a mock realm.",
        "Log in at the provider that belongs to this environment; the mock realms go with /oauth2-mock.",
    ),
    "PROVIDER_JWKS_UNREACHABLE": Usual(
        "The platform could not fetch the provider's key set.", "Try again later, with a new assertion."
    ),
    "SUBJECT_TOKEN_KID_UNKNOWN": Usual(
        "The token names the right issuer, and was signed by a key that it does not publish: it is home-made, or old.",
        "Log in again and send the new id_token as it is.",
    ),
    "SUBJECT_TOKEN_ALG_UNSUPPORTED": Usual(
        "The token was signed by an algorithm other than RS256 and RS512, so it is home-made.",
        "Send the id_token as the provider gave it. " + _GUESS,
    ),
    "SUBJECT_TOKEN_SIGNATURE_WRONG": Usual(
        "The token was changed after it was signed, cut off, or signed by another key under a known kid.",
        "Send the id_token as the provider gave it, to the last character.",
    ),
    "SUBJECT_TOKEN_NOT_YET_VALID": Usual(
        "iat or nbf lies ahead: the token is home-made, or a clock is wrong.",
        "Send the id_token as the provider gave it. " + _GUESS,
    ),
    # Client by secret
    "CLIENT_ID_MISSING": Usual(
        "The client named itself in the Authorization header or by an assertion, which this grant does not read.",
        "Send client_id (the API key) and client_secret in the form.",
    ),
    "CLIENT_UNKNOWN": Usual(
        "client_id is no API key of this environment: another environment's, the application id, the name.",
        "Copy the API key of the app in this environment.",
    ),
    "APP_REVOKED": Usual(
        "The app is not approved yet, or was revoked.", "Have it approved in the developer portal of this environment."
    ),
    "DEVELOPER_INACTIVE": Usual(
        "The account that owns the app was switched off.", "Have it switched on, or register the app under another."
    ),
    "COMPANY_INACTIVE": Usual("The company that owns the app was switched off.", "Ask NHS England's support about it."),
    "KEY_REVOKED": Usual(
        "The API key was revoked or regenerated, and the app goes on with the old one.",
        "Use the app's present key. " + _GUESS,
    ),
    "APP_NOT_SUBSCRIBED": Usual(
        "The app has API products, and none of them covers this service.",
        "Subscribe the app to the API that it wants to call, in this environment.",
    ),
    "CLIENT_SECRET_MISSING": Usual(
        "The secret was left out, as at the exchange with a signed assertion.",
        "The code grant and refresh want the app's secret, in the form, beside client_id.",
    ),
    "CLIENT_SECRET_WRONG": Usual(
        "The secret is another app's or environment's, or has a blank or newline at its end.",
        "Copy the secret that belongs to this API key.",
    ),
    # Refresh
    "REFRESH_TOKEN_MISSING": Usual(
        "There was none to send: client_credentials gives no refresh token.",
        "Send the refresh_token of the last answer, or ask for a new token.",
    ),
    "REFRESH_TOKEN_UNKNOWN": Usual(
        "The token was used before: each refresh gives a new one and ends the old. Two workers share one, a copy in a "
        "session is old, or an answer was lost on a timeout; or the token is another app's.",
        "Keep the newest under a lock, and wait 30 s for an answer. If it is lost, log in again.",
    ),
    "REFRESH_TOKEN_EXPIRED": Usual(
        "The session has ended: 12 hours after log-in at CIS2, one hour at NHS login. Refreshing does not extend it.",
        "Have the person log in again.",
    ),
    "REFRESH_TOKEN_SPENT": Usual(
        "Two requests used the same token at the same moment.", "Refresh under a lock, and share the answer."
    ),
    # Status
    "STATUS_KEY_WRONG": Usual(
        "The header apikey is missing, or is an app's key.",
        "Send the key of the monitoring endpoint; _ping needs none.",
    ),
}
"""Of the rows of `apim.errors`."""

GATEWAY: Final[Mapping[str, Usual]] = {
    "TOKEN_MISSING": Usual(
        "No Authorization header, or Bearer with nothing behind it, because a failed token call was not noticed.",
        "Look at the status of the token call, and send Authorization: Bearer and its access_token.",
    ),
    "TOKEN_UNKNOWN": Usual(
        "The token is another environment's, the provider's own access token or id_token, the API key, or the text "
        "'None' or 'undefined'.",
        "Send the access_token that this environment's /oauth2/token gave.",
    ),
    "TOKEN_EXPIRED": Usual(
        "The token was kept beyond its ten minutes.", "Renew it a minute before expires_in (text, in seconds) is over."
    ),
    "SCOPE_TOO_LOW": Usual(
        "The API wants a person's token and got an application's, or a higher level than the person logged in at.",
        "Get the token by the grant, and log the person in at the level, that the API's documentation names.",
    ),
    "SCOPE_TOO_LOW_UNAUTHORIZED": Usual(
        "As with 403, which older releases of the public test suites expect: the token's scopes are too low.",
        "Get the token by the grant, and log the person in at the level, that the API's documentation names.",
    ),
    "API_KEY_INVALID": Usual(
        "The header apikey holds no key of this environment.",
        "Send the app's API key; a token goes with Bearer instead.",
    ),
    "API_KEY_NOT_APPROVED": Usual(
        "The app or its key is not approved.", "Have it approved in the developer portal of this environment."
    ),
    "NO_SUCH_API": Usual(
        "The first part of the path names no API here: a typing error, or an API of another environment.",
        "Compare the base path with the API's documentation. At this mock, add your own with [[apis]].",
    ),
    "FAULT": Usual("The mock itself failed.", "Look into its log. " + _GUESS),
}
"""Of the rows of `gateway.errors`."""

PROVIDERS: Final[Mapping[str, Usual]] = {
    "method_not_post": Usual("The token endpoint was called with GET.", "POST a form."),
    "grant_type_missing": Usual(
        "The parameters are in the URL, or went out as JSON.", "POST a form with grant_type=authorization_code."
    ),
    "grant_type_unsupported": Usual("The provider has no such grant.", "Use grant_type=authorization_code."),
    "client_not_authenticated": Usual(
        "The client named itself by the wrong secret, the platform's API key, in two ways at once, or in a way that "
        "was not registered.",
        "Use the client id that this provider gave, and the one way that is registered. NHS login takes "
        "private_key_jwt with RS512 alone.",
    ),
    "scope_sent": Usual(
        "The token request repeats scope, which belongs into the authorization request.",
        "Leave it out. Whether the real service minds is in doubt: a live client sends it.",
    ),
    "code_missing": Usual(
        "The code was not taken from the redirect, or that brought an error instead.",
        "Look for error first; else send the redirect's code.",
    ),
    "redirect_uri_missing": Usual(
        "The token request leaves redirect_uri out.", "Repeat the redirect_uri of the authorization request."
    ),
    "code_unknown": Usual(
        "The code is another service's, another client's, used before (a callback that ran twice), or redirect_uri "
        "differs from that of the log-in.",
        "Redeem each code once, where it was issued, with the redirect_uri of the log-in to the letter.",
    ),
    "code_expired": Usual("The code was kept too long.", "Redeem it as soon as it arrives."),
    "code_spent": Usual(
        "Two requests redeemed one code at the same moment.", "Redeem each code once, and share the answer."
    ),
    "fault": Usual("The mock itself failed.", "Look into its log. " + _GUESS),
}
"""Of the problems that `identity_provider.errors` names, for either provider."""
