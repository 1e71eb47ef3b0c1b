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
    "REFRESH_PERIOD_OVER": Usual(
        "_refresh_tokens_validity_ms is not more than the session is old: 0, or a negative number, ends every session.",
        "Leave the parameter out. The refresh token is spent by then: have the person log in again.",
    ),
    "REFRESH_TOKEN_SPENT": Usual(
        "Two requests used the same token at the same moment.", "Refresh under a lock, and share the answer."
    ),
    "REFRESH_TOKEN_REVOKED": Usual(
        "The person has logged out at CIS2, which ended the session and all its tokens.",
        "Have the person log in again. " + _GUESS,
    ),
    # Authorization request
    "AUTHORIZE_CLIENT_ID_MISSING": Usual(
        "The query string has no client_id, or the parameters were sent some other way.",
        "Send the app's API key as client_id in the URL of /authorize.",
    ),
    "AUTHORIZE_CLIENT_UNKNOWN": Usual(
        "client_id is another environment's API key, the app's id, or the client id that CIS2 or NHS login gave.",
        "Send the API key of this environment.",
    ),
    "AUTHORIZE_REDIRECT_URI_MISSING": Usual(
        "The query string has no redirect_uri.", "Send the callback URL that is registered for the app."
    ),
    "AUTHORIZE_REDIRECT_URI_UNREGISTERED": Usual(
        "The redirect_uri differs from the registered callback URL: a slash, the case, the port, http for https, "
        "localhost for 127.0.0.1.",
        "Send the registered URL to the letter, or register this one.",
    ),
    "STATE_MISSING": Usual(
        "The client sends no state.", "Send a fresh random state, and compare it when the person comes back."
    ),
    "RESPONSE_TYPE_MISSING": Usual("The client sends no response_type.", "Send response_type=code."),
    "RESPONSE_TYPE_UNSUPPORTED": Usual(
        "The client asks for a token or id_token in the redirect.", "Send response_type=code, and redeem the code."
    ),
    # Callback
    "STATE_UNKNOWN": Usual(
        "The page was reloaded, which uses a state twice, or somebody called /callback with the application's own "
        "state.",
        "Begin at /authorize again. Only the identity provider sends people to /callback.",
    ),
    "STATE_EXPIRED": Usual(
        "The person took too long to log in.", "Begin at /authorize again. How long a state is kept is a guess."
    ),
    "STATE_TAKEN": Usual("Two requests brought the same state at the same moment.", "Begin at /authorize again."),
    "CALLBACK_CLIENT_UNKNOWN": Usual("The app was removed while the person logged in.", "Register it again."),
    "PROVIDER_REFUSED": Usual(
        "The person cancelled, refused consent or could not log in, and the provider sent them back with an error.",
        "Let them begin at /authorize again. " + _GUESS,
    ),
    "PROVIDER_TOKENS_REFUSED": Usual(
        "The provider gave the platform no tokens: the code in the URL was wrong, late or used, or it was down.",
        "Begin at /authorize again. " + _GUESS,
    ),
    "EXTERNAL_ID_TOKEN_MISSING": Usual(
        "The provider's answer to the platform has no id_token.",
        "Nothing that an application does leads here: ask NHS England. " + _GUESS,
    ),
    "EXTERNAL_ID_TOKEN_MALFORMED": Usual(
        "The provider's id_token is no JWT.", "Nothing that an application does leads here: ask NHS England."
    ),
    "EXTERNAL_ID_TOKEN_AUD_WRONG": Usual(
        "The provider's id_token is for another client than the platform.",
        "Nothing that an application does leads here: ask NHS England.",
    ),
    "EXTERNAL_ID_TOKEN_ISS_MISSING": Usual(
        "The provider's id_token names no issuer.",
        "Nothing that an application does leads here: ask NHS England. " + _GUESS,
    ),
    "EXTERNAL_ID_TOKEN_ISS_WRONG": Usual(
        "The provider's id_token names another issuer.", "Nothing that an application does leads here: ask NHS England."
    ),
    "EXTERNAL_ID_TOKEN_KID_UNKNOWN": Usual(
        "The provider has signed with a key that it does not publish.",
        "Nothing that an application does leads here: ask NHS England.",
    ),
    "EXTERNAL_ID_TOKEN_ALG_UNSUPPORTED": Usual(
        "The provider has signed by another algorithm than RS256 or RS512.",
        "Nothing that an application does leads here: ask NHS England. " + _GUESS,
    ),
    "EXTERNAL_ID_TOKEN_SIGNATURE_WRONG": Usual(
        "The provider's id_token was changed after it was signed.",
        "Nothing that an application does leads here: ask NHS England.",
    ),
    "EXTERNAL_ID_TOKEN_OUT_OF_TIME": Usual(
        "The provider's id_token has expired, or the provider's clock is fast.",
        "Begin at /authorize again. " + _GUESS,
    ),
    # Authorization code
    "CODE_REDIRECT_URI_MISSING": Usual(
        "The token request leaves redirect_uri out.", "Repeat the redirect_uri of the log-in."
    ),
    "CODE_REDIRECT_URI_UNREGISTERED": Usual(
        "The redirect_uri differs from the registered callback URL: a slash, the case, the port, http for https.",
        "Repeat the redirect_uri of the log-in to the letter.",
    ),
    "CODE_MISSING": Usual(
        "The code was not taken from the redirect, or that brought an error instead.",
        "Look for error first; else send the redirect's code.",
    ),
    "CODE_UNKNOWN": Usual(
        "The code is CIS2's or NHS login's own, another app's, or used before: a callback that ran twice.",
        "Redeem each code once, where it was issued, by the app that asked for it.",
    ),
    "CODE_FOR_OTHER_REDIRECT_URI": Usual(
        "The app has several redirect URIs, and the token request repeats another than the log-in's.",
        "Repeat the redirect_uri of the log-in. " + _GUESS,
    ),
    "CODE_EXPIRED": Usual("The code was kept for more than five minutes.", "Redeem it as soon as it arrives."),
    "CODE_SPENT": Usual(
        "Two requests redeemed one code at the same moment.", "Redeem each code once, and share the answer."
    ),
    # Userinfo
    "USERINFO_TOKEN_MISSING": Usual(
        "No Authorization header, or Bearer with nothing behind it.", "Send Authorization: Bearer and the access_token."
    ),
    "USERINFO_TOKEN_UNKNOWN": Usual(
        "The token is another environment's, or the provider's own.", "Send the access_token of this /token endpoint."
    ),
    "USERINFO_TOKEN_REVOKED": Usual(
        "The person has logged out at CIS2, which ended the session and all its tokens.", "Have them log in again."
    ),
    "USERINFO_TOKEN_EXPIRED": Usual("The token was kept beyond its ten minutes.", "Refresh it before it expires."),
    "USERINFO_APP_UNUSABLE": Usual(
        "The app was revoked or unsubscribed after the token was issued.",
        "Approve app and key, and subscribe the app to a product that covers this service. " + _GUESS,
    ),
    "USERINFO_NOT_COMBINED": Usual(
        "The token comes from a token exchange, from client_credentials, or from a log-in at NHS login.",
        "Ask the provider's own userinfo where the person logged in there; at NHS login read the id_token.",
    ),
    "USERINFO_UNAVAILABLE": Usual("CIS2 could not be reached.", "Try again later. " + _GUESS),
    "USERINFO_REFUSED": Usual(
        "CIS2 refused or failed, and its own status is passed on, mostly 401: CIS2's access token lives an hour, and a "
        "refresh at the platform does not renew it.",
        "Ask soon after the log-in, and keep the answer. " + _GUESS,
    ),
    # Back-channel logout
    "LOGOUT_TOKEN_MISSING": Usual("The form has no logout_token.", "CIS2 alone calls this. " + _GUESS),
    "LOGOUT_TOKEN_MALFORMED": Usual("logout_token is no JWT.", "Post CIS2's token unchanged."),
    "LOGOUT_AUD_WRONG": Usual(
        "The logout token is for another client than the platform.", "Applications that are clients of CIS2 get theirs."
    ),
    "LOGOUT_ISS_WRONG": Usual("The logout token is another environment's.", "Post it where the session began."),
    "LOGOUT_SID_MISSING": Usual("The token names no session.", "A logout token has a sid."),
    "LOGOUT_EVENTS_WRONG": Usual("The token is an id_token, or another.", "A logout token has the logout event."),
    "LOGOUT_NONCE_PRESENT": Usual("The token is an id_token.", "A logout token never has a nonce."),
    "LOGOUT_JWKS_UNREACHABLE": Usual("CIS2's keys could not be fetched.", "CIS2 does not try again."),
    "LOGOUT_KID_UNKNOWN": Usual("The token was not signed by CIS2.", "Post CIS2's token unchanged."),
    "LOGOUT_SIGNATURE_WRONG": Usual("The token was not signed by CIS2.", "Post CIS2's token unchanged."),
    "LOGOUT_OUT_OF_TIME": Usual(
        "The token has expired, or a clock is fast.", "Post CIS2's token when it arrives. " + _GUESS
    ),
    "LOGOUT_SID_UNKNOWN": Usual(
        "The session is none of a log-in through /authorize whose code was redeemed: token exchange begins none.",
        "An application that logs people in at CIS2 itself listens to CIS2's back-channel logout itself.",
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
    "TOKEN_REVOKED": Usual(
        "The person has logged out at CIS2, which ended the session and all its tokens.",
        "Have them log in again. " + _GUESS,
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
    "API_KEY_MISSING": Usual(
        "The API is opened by an API key alone, and the header apikey was left out, or is called otherwise.",
        "Send the app's API key in the header apikey.",
    ),
    "API_KEY_NOT_FOR_API": Usual(
        "The app is not subscribed to this API in this environment: no product of its key covers it.",
        "Connect the app to the API in the developer portal of this environment.",
    ),
    "TOKEN_NOT_FOR_API": Usual(
        "The token is good, but no product of the app that got it covers this API in this environment.",
        "Connect the app to the API in the developer portal, and get a new token.",
    ),
    "TOKEN_APP_NOT_APPROVED": Usual(
        "The app, or its key, has lost its approval since the token was issued.",
        "Have it approved in the developer portal of this environment. " + _GUESS,
    ),
    "STATUS_KEY_WRONG": Usual(
        "The header apikey of a health check does not hold the platform's own status key.",
        "Ask the platform for its status key; at this mock it is status_key of the configuration.",
    ),
    "API_KEY_NOT_APPROVED": Usual(
        "The app or its key is not approved.", "Have it approved in the developer portal of this environment."
    ),
    "NO_SUCH_API": Usual(
        "The first part of the path names no API here: a typing error, or an API of another environment.",
        "Compare the base path with the API's documentation. At this mock, add your own with [[apis]].",
    ),
    "QUOTA_EXCEEDED": Usual(
        "The app made more calls of this API in a minute than its quota allows.",
        "Make fewer, or ask for a higher quota; wait until the minute is over.",
    ),
    "UPSTREAM_UNREACHABLE": Usual("Nothing listens where the API's upstream should be.", "Start your API. " + _GUESS),
    "UPSTREAM_SLOW": Usual("The API took longer to answer than the gateway waits.", "Answer sooner. " + _GUESS),
    "UPSTREAM_BROKEN": Usual(
        "The API closed the connection without an answer: it crashed, or speaks TLS or another protocol there.",
        "Look into the API's own log. " + _GUESS,
    ),
    "FAULT": Usual("The mock itself failed.", "Look into its log. " + _GUESS),
}
"""Of the rows of `gateway.errors`."""

PROVIDERS: Final[Mapping[str, Usual]] = {
    "method_not_post": Usual("The token endpoint was called with GET.", "POST a form."),
    "grant_type_missing": Usual(
        "The parameters are in the URL, or went out as JSON.", "POST a form with grant_type=authorization_code."
    ),
    "grant_type_unknown": Usual(
        "A typing error, or a value that was encoded twice and arrives with its percent signs.",
        "Use grant_type=authorization_code.",
    ),
    "grant_type_unsupported": Usual("The provider has no such grant.", "Use grant_type=authorization_code."),
    "grant_not_registered": Usual(
        "The client is registered, but not for this grant.", "Have it registered, or do without it."
    ),
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
    "authorize_method": Usual(
        "The person's browser was sent with another method.", "Redirect it to the authorize URL, which is a GET."
    ),
    "target_repeated": Usual(
        "client_id or redirect_uri is in the URL twice.", "Build the URL from one set of parameters."
    ),
    "client_id_missing": Usual(
        "The parameters did not reach the authorize URL's query.", "Send the client id that this provider gave."
    ),
    "client_unknown": Usual(
        "client_id is another environment's, or the platform's API key.",
        "Send the client id that this provider gave for this environment.",
    ),
    "redirect_uri_absent": Usual(
        "The request leaves redirect_uri out.", "Send a registered redirect_uri, even if there is only one."
    ),
    "redirect_uri_relative": Usual(
        "redirect_uri is a path, or lacks its scheme.", "Send the whole URL, as it is registered."
    ),
    "redirect_uri_mismatch": Usual(
        "redirect_uri differs from the registered one: http for https behind a proxy, port, case, a slash at the end.",
        "Send the registered one to the letter, or register this one.",
    ),
    "asked_twice": Usual(
        "A parameter is in the URL twice: a library and the application both set it.",
        "Set each parameter in one place.",
    ),
    "state_missing": Usual(
        "The request has no state.", "Send a fresh random one, and compare it when the person comes back."
    ),
    "response_type_missing": Usual("The request has no response_type.", "Send response_type=code."),
    "response_type_unsupported": Usual("The library asks for the implicit or hybrid flow.", "Send response_type=code."),
    "response_mode_unsupported": Usual("The library asks for form_post or fragment.", "Leave response_mode out."),
    "request_not_supported": Usual("The library sends the request as a JWT.", "Send plain parameters."),
    "request_uri_not_supported": Usual("The library pushes the request, or refers to it.", "Send plain parameters."),
    "registration_not_supported": Usual(
        "The request carries a registration.", "Register with the provider's team instead."
    ),
    "openid_missing": Usual(
        "scope lacks openid, or its words are joined by something other than a blank.",
        "Send scope=openid and more words, one blank between.",
    ),
    "scope_unknown": Usual(
        "scope has a word that this provider does not have, such as offline_access.",
        "Ask for the documented scopes alone.",
    ),
    "scope_reserved": Usual("The client is not registered for this scope.", "Leave it out, or have it registered."),
    "scopes_exclusive": Usual("profile and basic_demographics are both there.", "Ask for one of them."),
    "nonce_missing": Usual(
        "The library sends no nonce unless told.", "Send a fresh random one, and compare it with the id_token's."
    ),
    "prompt_invalid": Usual(
        "prompt is no known word, or none is not alone.", "Leave it out, or send login, or none alone."
    ),
    "max_age_invalid": Usual("max_age is no whole number.", "Send seconds, such as 300."),
    "display_unsupported": Usual("display is popup or wap.", "Leave it out."),
    "vtr_malformed": Usual(
        "vtr is no JSON array, or was percent-encoded twice.", 'Send ["P9.Cp.Cd"], percent-encoded once.'
    ),
    "vtr_unknown": Usual(
        "vtr has a vector for which the client is not registered.", "Ask for registered vectors alone."
    ),
    "login_required": Usual(
        "prompt=none, and the person is not logged in here, or too long ago.",
        "Treat it as a normal answer: ask again without prompt=none.",
    ),
    "consent_required": Usual(
        "prompt=none, and the person has not agreed to share data with this client.",
        "Treat it as a normal answer: ask again without prompt=none.",
    ),
    "code_not_registered": Usual(
        "The client is registered, but not for the authorization code flow.", "Have it registered for that."
    ),
    "asserted_invalid": Usual(
        "asserted_login_identity is no JWT, lacks a claim, or lives for more than a minute.",
        "Have the other client sign iss, code, jti, iat and exp, just before the redirect. " + _GUESS,
    ),
    "asserted_untrusted": Usual(
        "iss is no client, or another key made the signature.",
        "Sign with RS512 and the key of the client for which the person logged in first. " + _GUESS,
    ),
    "asserted_unknown": Usual(
        "code is not the jti of an id_token of that client, or the person's session has ended.",
        "Take the jti out of the newest id_token, and fall back to a log-in. " + _GUESS,
    ),
    "asserted_spent": Usual(
        "The same asserted_login_identity was sent before.", "Sign a new one for each log-in. " + _GUESS
    ),
    "realm_unknown": Usual(
        "The path names another realm, or a part of it is missing.", "Take every URL out of the discovery document."
    ),
    "code_not_of_request": Usual(
        "The code was used before (a callback that ran twice), or belongs to another client or redirect URI.",
        "Redeem it once, for the client and with the redirect_uri of the authorization request.",
    ),
    "form_token_wrong": Usual(
        "The log-in form was changed, or is older than the mock's last start.", "Load the page again."
    ),
    "error_chosen": Usual("Whoever logged in has chosen this end.", "Handle it as the provider's documentation says."),
    "outcome_unknown": Usual("The form's outcome is none that the mock plays.", "Choose one that the page offers."),
    "person_unknown": Usual(
        "The user id is none of this provider's people.", "Choose somebody from the page, or add a user."
    ),
    "role_unknown": Usual("The role is not this person's.", "Choose one of the person's roles."),
    "cancelled": Usual("The person did not go on.", "Show your own page, with a way to try again."),
    "consent_refused": Usual("The person does not share the data.", "Show your own page, with a way to try again."),
    "provider_error": Usual("The provider failed.", "Show your own page, and let the person try again later."),
    "level_too_low": Usual(
        "The person cannot reach the level that acr_values or vtr asks for.",
        "Ask for less, or have the person use a stronger way to log in.",
    ),
    "content_type_wrong": Usual("The body went out as JSON.", "POST a form."),
    "parameter_repeated": Usual(
        "A parameter is in the form twice: a library and the application both set it.",
        "Set each parameter in one place.",
    ),
    "two_identities": Usual(
        "The library sends an Authorization header, and the form a client_id.", "Choose one way to name the client."
    ),
    "token_client_unknown": Usual(
        "The client id is another environment's, or the platform's API key.",
        "Use the client id that this provider gave.",
    ),
    "assertion_malformed": Usual("client_assertion is cut off, or no JWT.", "Send what the library signed, unchanged."),
    "assertion_not_of_client": Usual(
        "iss, sub and client_id differ.", "Set all of them to the client id that this provider gave."
    ),
    "assertion_expired": Usual(
        "exp has passed: the assertion was kept, or the clock is wrong.", "Sign a fresh one for each request."
    ),
    "assertion_too_long": Usual(
        "exp is more than 30 minutes ahead, or in milliseconds.", "Set exp to now + 300, in seconds."
    ),
    "client_keys_unreachable": Usual(
        "The provider cannot fetch the client's key set.", "Serve it without log-in at the registered URL."
    ),
    "assertion_key_unknown": Usual(
        "kid names no key of the registered set.", "Publish the key, and name it in the header."
    ),
    "assertion_signature_wrong": Usual(
        "The key is another environment's, or alg is not the registered one.",
        "Sign with the registered key and algorithm.",
    ),
    "two_methods": Usual("The library sends a secret beside the assertion.", "Take the secret out of its settings."),
    "assertion_audience_wrong": Usual(
        "aud is the issuer, or lacks the port of discovery's token_endpoint.",
        "Take aud from token_endpoint of the discovery document to the letter.",
    ),
    "method_not_registered": Usual(
        "The client is registered for another way to prove itself.", "Use that way, or have the registration changed."
    ),
    "client_secret_wrong": Usual(
        "The secret is another environment's, or has a line end.", "Use the secret that goes with this client id."
    ),
    "refresh_token_missing": Usual("The form has no refresh_token.", "Send that of the last token answer."),
    "refresh_token_unknown": Usual(
        "The token is another service's, or not the latest one.",
        "Keep the refresh_token of each answer, and send that.",
    ),
    "refresh_token_foreign": Usual(
        "Two clients share a store of tokens.", "Send each token with the client it was issued to."
    ),
    "refresh_token_expired": Usual("The token was kept too long.", "Have the person log in again."),
    "refresh_scope_wider": Usual("scope asks for more than the log-in was granted.", "Leave scope out."),
    "refresh_token_spent": Usual(
        "Two requests used the same token at the same moment.", "Refresh under a lock, and share the answer."
    ),
    "userinfo_method": Usual("Userinfo was called with another method.", "GET it."),
    "access_token_invalid": Usual(
        "The token is the platform's, an id_token, or of a session that has ended.",
        "Send the access_token of this provider's token answer as Bearer.",
    ),
    "access_token_expired": Usual("The token was kept too long.", "Get another before expires_in is over."),
    "scope_insufficient": Usual("The token was refreshed without openid.", "Keep openid in scope."),
    "metadata_scope_insufficient": Usual(
        "The log-in did not ask for client_metadata.", "Add client_metadata to scope."
    ),
    "metadata_invalid": Usual(
        "The body is not the one member, or too long.",
        'Send {"client_user_metadata": "..."} with 1,024 characters at most.',
    ),
    "end_session_method": Usual("The endpoint was called with another method.", "Redirect the browser to it."),
    "id_token_hint_missing": Usual(
        "The application kept no id_token.", "Keep the id_token until the person logs out, and send it."
    ),
    "id_token_hint_invalid": Usual(
        "The token is another provider's or environment's.", "Send the id_token of this provider."
    ),
    "post_logout_relative": Usual("post_logout_redirect_uri is a path.", "Send the whole URL, as it is registered."),
    "post_logout_mismatch": Usual(
        "post_logout_redirect_uri is not registered.", "Send the registered one to the letter."
    ),
    "fault": Usual("The mock itself failed.", "Look into its log. " + _GUESS),
}
"""Of the problems that `identity_provider.errors` names, for either provider."""

MANAGEMENT: Final[Mapping[str, Usual]] = {
    "BEARER_MISSING": Usual(
        "The call has no Authorization: Bearer, or an empty one: the log-in failed, or its token was not passed on.",
        "Log in first, and send its access_token with each call. " + _GUESS,
    ),
    "LOG_IN_CLIENT_WRONG": Usual(
        "The log-in's Basic header does not hold the client id and secret of Apigee's own command line tools.",
        "Send the documented pair. " + _GUESS,
    ),
    "LOG_IN_GRANT_UNSUPPORTED": Usual(
        "grant_type is neither password nor refresh_token.", "Log in by one of the two. " + _GUESS
    ),
    "LOG_IN_PERSON_MISSING": Usual(
        "username, password or refresh_token is missing or empty: a setting was not filled in.",
        "Fill it in; this mock takes any. " + _GUESS,
    ),
    "LOG_IN_ELSEWHERE": Usual("The path is none of the log-in's.", "POST to /oauth/token. " + _GUESS),
    "ORGANIZATION_UNKNOWN": Usual(
        "The organisation in the path is misspelt, or the path has none.",
        "Use an organisation that is played here. " + _GUESS,
    ),
    "PATH_UNKNOWN": Usual(
        "The path is misspelt, or a call that this mock does not play.",
        "Compare the path with the documentation of Apigee's management API. " + _GUESS,
    ),
    "METHOD_NOT_ALLOWED": Usual("The path is right, and the method is not.", "Use a method it has. " + _GUESS),
    "BODY_TOO_LARGE": Usual("The body has more than 1 MiB.", "Send one entity at a time. " + _GUESS),
    "BODY_MALFORMED": Usual(
        "The body is not the JSON, or the form, that the call takes, or a member of it is not as it must be.",
        "The message names the member. " + _GUESS,
    ),
    "QUERY_MALFORMED": Usual("A query parameter is not as it must be.", "The message names the parameter. " + _GUESS),
    "APP_UNKNOWN": Usual(
        "The app was deleted, by an earlier test perhaps, or is another developer's, or its name is misspelt.",
        "Create it first, or list the developer's apps.",
    ),
    "APP_ID_UNKNOWN": Usual(
        "The id is a name, a key, or of an app that was deleted.", "Take appId of the app. " + _GUESS
    ),
    "APP_EXISTS": Usual(
        "The app is left over from an earlier run.", "Delete it, or choose a name that nobody else has. " + _GUESS
    ),
    "APP_CHANGED": Usual("Somebody else has changed the app at the same moment.", "Read it again. " + _GUESS),
    "ACTION_UNKNOWN": Usual("action is neither approve nor revoke.", "Send one of the two. " + _GUESS),
    "ATTRIBUTE_UNKNOWN": Usual("There is no attribute of this name.", "Set it first; case counts."),
    "KEY_UNKNOWN": Usual("The key was deleted, or is another app's.", "Take consumerKey of the app's credentials."),
    "KEY_EXISTS": Usual("Another app has this key already.", "Let a key be made up. " + _GUESS),
    "KEY_SCOPES_INVALID": Usual(
        "The key is to have scopes that no product of it has.", "Give the product the scopes first. " + _GUESS
    ),
    "PRODUCT_NOT_OF_KEY": Usual("The key does not have this product.", "Add it to the key first. " + _GUESS),
    "PRODUCT_UNKNOWN": Usual("The product was deleted, or its name is misspelt.", "Create it first; case counts."),
    "PRODUCTS_UNKNOWN": Usual("A key is to have a product that there is not.", "Create the product first. " + _GUESS),
    "PRODUCT_EXISTS": Usual("The product is left over from an earlier run.", "Delete it first. " + _GUESS),
    "PRODUCT_IN_USE": Usual("An app still has the product.", "Take it away from every key first. " + _GUESS),
    "PROXY_UNKNOWN": Usual(
        "The proxy's name is misspelt, or none of those played here.", "List the proxies. " + _GUESS
    ),
    "REVISION_UNKNOWN": Usual("The proxy has no such revision.", "Ask which is deployed. " + _GUESS),
    "ENVIRONMENT_UNKNOWN": Usual(
        "The proxy is not deployed in this environment, or its name is misspelt.", "Ask where it is deployed. " + _GUESS
    ),
    "DEBUG_SESSION_UNKNOWN": Usual(
        "The session has ended, was deleted, or is another proxy's.", "Begin one right before the request. " + _GUESS
    ),
    "TRANSACTION_UNKNOWN": Usual(
        "No request went through the proxy while the session was open, or another one has recorded it.",
        "List the session's transactions. " + _GUESS,
    ),
    "TOKEN_UNKNOWN": Usual(
        "The token is another environment's, was deleted, or is an id_token.",
        "Take the access_token of the token service's answer.",
    ),
    "SEARCH_EMPTY": Usual("Tokens were searched for without saying whose.", "Send enduser or app. " + _GUESS),
    "FAULT": Usual("The mock itself failed.", "Look into its log. " + _GUESS),
}
"""Of the rows of `management.errors`."""
