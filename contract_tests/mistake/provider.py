"""Mistakes made at CIS2 and at NHS login: in an authorization request, for a token, at userinfo, at the end."""

from base64 import b64encode

from contract_tests import jwts
from contract_tests.draft import (
    REALM_WORKER,
    Draft,
    LazyValue,
    asked_at,
    cis2_authorize,
    cis2_refresh,
    cis2_refresh_of,
    cis2_token,
    cis2_userinfo,
    nhs_login_refresh,
    nhs_login_refresh_of,
    nhs_login_userinfo,
    realm_userinfo,
)
from contract_tests.target import HEALTHCARE_WORKER, PATIENT

NOBODY = "no-such-client"


def asked_without_client_id(draft: Draft) -> None:
    """Do not say who asks."""
    del draft.asked["client_id"]


def asked_by_a_stranger(draft: Draft) -> None:
    """Send the client id of nobody."""
    draft.asked["client_id"] = NOBODY


def asked_without_redirect_uri(draft: Draft) -> None:
    """Do not say where to come back to."""
    del draft.asked["redirect_uri"]


def redirect_uri_relative(draft: Draft) -> None:
    """Come back to a path."""
    draft.asked["redirect_uri"] = "/callback"


def redirect_uri_foreign(draft: Draft) -> None:
    """Send a redirect URI that is not the client's."""
    draft.asked["redirect_uri"] = "https://another.example/callback"


def redirect_uri_with_a_slash(draft: Draft) -> None:
    """Add a slash to the client's own URI."""
    draft.asked["redirect_uri"] += "/"


def asked_without_response_type(draft: Draft) -> None:
    """Do not say what is wanted."""
    del draft.asked["response_type"]


def response_type_token(draft: Draft) -> None:
    """Ask for a token in the redirect."""
    draft.asked["response_type"] = "token"


def scope_without_openid(draft: Draft) -> None:
    """Ask for no id token."""
    draft.asked["scope"] = "profile"


def scope_unknown(draft: Draft) -> None:
    """Ask for a scope that nobody knows."""
    draft.asked["scope"] = "openid everything"


def request_object(draft: Draft) -> None:
    """Send the request as a JWT."""
    draft.asked["request"] = "e30.e30."


def vtr_no_json(draft: Draft) -> None:
    """Write a vector of trust that is no list."""
    draft.asked["vtr"] = "P9.Cp.Cd"


def prompt_none(draft: Draft) -> None:
    """Send `prompt=none` from a browser without a session."""
    draft.asked["prompt"] = "none"


def method_get(draft: Draft) -> None:
    """Get a token endpoint."""
    draft.method = "GET"


def content_type_json(draft: Draft) -> None:
    """Call the form JSON."""
    draft.headers["Content-Type"] = "application/json"


def parameter_twice(draft: Draft) -> None:
    """Send a parameter twice, if only one that nobody asks for."""
    draft.form["extra"] = ["one", "two"]


def grant_type_absent(draft: Draft) -> None:
    """Leave the grant type out."""
    del draft.form["grant_type"]


def grant_type_unknown(draft: Draft) -> None:
    """Make a grant type up."""
    draft.form["grant_type"] = "magic"


def grant_type_password(draft: Draft) -> None:
    """Use a grant type that this provider does not answer."""
    draft.form["grant_type"] = "password"


def grant_type_refresh(draft: Draft) -> None:
    """Refresh where there is nothing to refresh."""
    draft.form["grant_type"] = "refresh_token"


def client_id_absent(draft: Draft) -> None:
    """Do not say who asks for a token."""
    del draft.form["client_id"]


def client_id_unknown(draft: Draft) -> None:
    """Ask for a token as nobody."""
    draft.form["client_id"] = NOBODY


def assertion_opaque(draft: Draft) -> None:
    """Send an assertion that is not a JWT."""
    draft.assertion.spoils.append(jwts.opaque)


def iss_and_sub_an_api_key(draft: Draft) -> None:
    """Assert to be the app by its key at the platform, beside CIS2's own client id."""
    draft.assertion.claims |= {"iss": "A" * 32, "sub": "A" * 32}
    draft.form["client_id"] = LazyValue.CLIENT_ID


def iss_and_sub_an_api_key_alone(draft: Draft) -> None:
    """Assert to be the app by its key at the platform, and name no client beside it."""
    draft.assertion.claims |= {"iss": "A" * 32, "sub": "A" * 32}


def app_at_the_platform_alone(draft: Draft) -> None:
    """Ask as an app that the platform alone knows."""
    draft.app["services"] = ["platform"]


def iss_of_another(draft: Draft) -> None:
    """Name an issuer that is not the subject."""
    draft.assertion.claims["iss"] = NOBODY


def sub_absent(draft: Draft) -> None:
    """Leave the subject out."""
    draft.assertion.claims["iss"] = LazyValue.CLIENT_ID
    draft.assertion.claims.pop("sub")


def iss_and_sub_unknown(draft: Draft) -> None:
    """Assert to be nobody."""
    draft.assertion.claims |= {"iss": NOBODY, "sub": NOBODY}


def exp_a_second_ago(draft: Draft) -> None:
    """Send an assertion that expired a second ago."""
    draft.assertion.claims["exp"] = draft.target.second() - 1


def exp_too_far(draft: Draft) -> None:
    """Ask for a second more than half an hour."""
    draft.assertion.claims["exp"] = draft.target.second() + 1801


def signature_turned(draft: Draft) -> None:
    """Damage one bit of the signature."""
    draft.assertion.spoils.append(jwts.turned_signature)


def signature_of_a_foreign_key(draft: Draft) -> None:
    """Sign with a key that is registered nowhere."""
    draft.assertion.sign = draft.target.foreign_signer


def secret_beside_the_assertion(draft: Draft) -> None:
    """Send the secret as well."""
    draft.form["client_secret"] = LazyValue.CLIENT_SECRET


def secret_for_an_assertion(draft: Draft) -> None:
    """Send the secret in the place of an assertion."""
    del draft.form["client_assertion"]
    del draft.form["client_assertion_type"]
    draft.form |= {"client_id": LazyValue.CLIENT_ID, "client_secret": LazyValue.CLIENT_SECRET}


def aud_the_issuer(draft: Draft) -> None:
    """Name the issuer in the place of the token endpoint."""
    draft.assertion.claims["aud"] = draft.url.rpartition("/")[0]


def aud_absent(draft: Draft) -> None:
    """Do not say whom the assertion is for."""
    del draft.assertion.claims["aud"]


def aud_elsewhere(draft: Draft) -> None:
    """Send an assertion that is for somebody else."""
    draft.assertion.claims["aud"] = "https://auth.example/token"


def secret_of_an_app_that_signs(draft: Draft) -> None:
    """Send the secret of an app that has registered assertions."""
    draft.app["cis2_auth_method"] = "private_key_jwt"


def client_secret_wrong(draft: Draft) -> None:
    """Send a secret that is not the app's."""
    draft.form["client_secret"] = "no-such-secret"


def client_secret_absent(draft: Draft) -> None:
    """Send no secret."""
    del draft.form["client_secret"]


def code_absent(draft: Draft) -> None:
    """Send no code."""
    del draft.form["code"]


def redirect_uri_absent(draft: Draft) -> None:
    """Do not repeat where the person came back to."""
    del draft.form["redirect_uri"]


def other_redirect_uri(draft: Draft) -> None:
    """Repeat another redirect URI than the log-in's."""
    draft.form["redirect_uri"] = "https://another.example/callback"


def code_unknown(draft: Draft) -> None:
    """Send a code that was never given."""
    draft.form["code"] = "AAAAAAAA"


def code_used_before(draft: Draft) -> None:
    """Send a code a second time."""
    draft.send()


def code_too_old(draft: Draft) -> None:
    """Send a code on the second when its time is over."""
    with draft.target.at(draft.target.now() - 120):
        draft.form["code"] = draft.target.code(HEALTHCARE_WORKER, draft.target.app(draft.app))


_CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
"""Those of RFC 7636, appendix B."""


def code_verifier_absent(draft: Draft) -> None:
    """Log in with a challenge, and redeem the code without its verifier."""
    asking = cis2_authorize(draft.target)
    asking.app = draft.app
    asking.asked |= {"nhsauth_user": HEALTHCARE_WORKER.user, **_CHALLENGE}
    draft.form["code"] = asked_at(asking.send().headers["location"])["code"]


def code_verifier_of_another(draft: Draft) -> None:
    """Send the verifier of another log-in."""
    code_verifier_absent(draft)
    draft.form["code_verifier"] = "A" * 43


def refresh_token_absent(draft: Draft) -> None:
    """Send no refresh token."""
    del draft.form["refresh_token"]


def refresh_token_unknown(draft: Draft) -> None:
    """Send a refresh token that was never issued."""
    draft.form["refresh_token"] = "7a1f6f0e-0000-4000-8000-000000000000"


def refresh_token_used_before(draft: Draft) -> None:
    """Send a refresh token a second time."""
    nhs_login_refresh_of(draft.target, draft.form["refresh_token"]).send()


def scope_wider(draft: Draft) -> None:
    """Ask for more than at the log-in."""
    draft.form["scope"] = "openid email"


def token_absent(draft: Draft) -> None:
    """Send no access token."""
    del draft.headers["Authorization"]


def token_unknown(draft: Draft) -> None:
    """Send an access token that was never issued."""
    draft.headers["Authorization"] = "Bearer no-such-token"


def token_under_another_scheme(draft: Draft) -> None:
    """Send the access token under another scheme."""
    draft.headers["Authorization"] = draft.headers["Authorization"].replace("Bearer", "Basic")


def token_expired(draft: Draft) -> None:
    """Send an access token of CIS2 when its hour is over."""
    with draft.target.at(draft.target.now() - 3600):
        draft.headers["Authorization"] = cis2_userinfo(draft.target).headers["Authorization"]


def nhs_login_token_expired(draft: Draft) -> None:
    """Send an access token of NHS login when its five minutes are over."""
    with draft.target.at(draft.target.now() - 300):
        draft.headers["Authorization"] = nhs_login_userinfo(draft.target).headers["Authorization"]


def hint_absent(draft: Draft) -> None:
    """Do not say whose session is to end."""
    del draft.asked["id_token_hint"]


def come_back_elsewhere(draft: Draft) -> None:
    """Come back from a logout to where the client is not at home."""
    draft.asked["post_logout_redirect_uri"] = "https://another.example/bye"


def asked_by_put(draft: Draft) -> None:
    """Send the browser with a method that no browser has."""
    draft.method = "PUT"


def client_id_twice(draft: Draft) -> None:
    """Say twice who asks."""
    draft.asked["client_id"] = [LazyValue.CLIENT_ID, LazyValue.CLIENT_ID]


def asked_twice(draft: Draft) -> None:
    """Ask with a parameter twice, if only one that nobody reads."""
    draft.asked["extra"] = ["one", "two"]


def codes_not_registered(draft: Draft) -> None:
    """Ask as a client that is registered for refreshes alone."""
    draft.app["grant_types"] = ["refresh_token"]


def refreshes_not_registered(draft: Draft) -> None:
    """Refresh as a client that is registered for codes alone."""
    draft.app["grant_types"] = ["authorization_code"]


def response_mode_form(draft: Draft) -> None:
    """Want the answer as a form."""
    draft.asked["response_mode"] = "form_post"


def request_uri(draft: Draft) -> None:
    """Say where the request is."""
    draft.asked["request_uri"] = "https://app.example/request.jwt"


def registration(draft: Draft) -> None:
    """Register in the request."""
    draft.asked["registration"] = "{}"


def scope_absent(draft: Draft) -> None:
    """Ask for no scope at all."""
    del draft.asked["scope"]


def scope_reserved(draft: Draft) -> None:
    """Ask for what only the NHS App may."""
    draft.asked["scope"] = "openid nhs_app_credentials"


def scopes_exclusive(draft: Draft) -> None:
    """Ask for two scopes of which there is only one."""
    draft.asked["scope"] = "openid profile basic_demographics"


def prompt_unknown(draft: Draft) -> None:
    """Make a prompt up."""
    draft.asked["prompt"] = "sometimes"


def prompt_none_and_login(draft: Draft) -> None:
    """Want no page, and a log-in."""
    draft.asked["prompt"] = "none login"


def max_age_no_number(draft: Draft) -> None:
    """Name an age that is no number."""
    draft.asked["max_age"] = "five minutes"


def max_age_negative(draft: Draft) -> None:
    """Name an age below zero."""
    draft.asked["max_age"] = "-1"


def display_unknown(draft: Draft) -> None:
    """Want a page for a device that nobody has."""
    draft.asked["display"] = "wap"


def vtr_unknown(draft: Draft) -> None:
    """Name a vector of trust that no client is registered for."""
    draft.asked["vtr"] = '["P7.Cp.Cd"]'


def vtr_empty(draft: Draft) -> None:
    """Name no vector of trust, in a list."""
    draft.asked["vtr"] = "[]"


def voucher_opaque(draft: Draft) -> None:
    """Send another client's word that is not a JWT."""
    draft.asked["asserted_login_identity"] = "opaque"


def person_of_a_low_level(draft: Draft) -> None:
    """Log somebody in who has no smartcard, where the highest level is taken for granted."""
    draft.asked["login_hint"] = "656005750110"


def patient_of_a_low_level(draft: Draft) -> None:
    """Log somebody in who has proven nothing, where P9 is taken for granted."""
    draft.asked["login_hint"] = "9912003073"


def header_beside_client_id(draft: Draft) -> None:
    """Name the client in a header and in the form."""
    draft.form["client_id"] = LazyValue.CLIENT_ID
    draft.headers["Authorization"] = f"Basic {b64encode(b'a:b').decode()}"


def assertion_type_other(draft: Draft) -> None:
    """Name another type of assertion."""
    draft.form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"


def client_unnamed(draft: Draft) -> None:
    """Send neither a client id nor an assertion."""
    for name in ("client_assertion_type", "client_assertion"):
        del draft.form[name]


def keys_unreachable(draft: Draft) -> None:
    """Register keys where nobody answers."""
    draft.app["jwks_url"] = draft.target.jwks_host.silent_url


def kid_unknown(draft: Draft) -> None:
    """Name a key that is not registered."""
    draft.assertion.header["kid"] = "no-such-key"


def exp_text(draft: Draft) -> None:
    """Write the expiry as text."""
    draft.assertion.claims["exp"] = str(draft.target.now() + 240)


def exp_this_second(draft: Draft) -> None:
    """Let the assertion expire on this very second."""
    draft.assertion.claims["exp"] = draft.target.second()


def code_of_another_app(draft: Draft) -> None:
    """Send a code that another app's log-in gave."""
    other = draft.target.app({"name": "Another app"})
    draft.form["code"] = draft.target.code(HEALTHCARE_WORKER, other)


def code_of_another_patients_app(draft: Draft) -> None:
    """Send a code of NHS login that another app's log-in gave."""
    other = draft.target.app({"name": "Another app"})
    draft.form["code"] = draft.target.code(PATIENT, other)


def code_too_old_at_nhs_login(draft: Draft) -> None:
    """Send a code on the second when its ten minutes are over."""
    with draft.target.at(draft.target.now() - 600):
        draft.form["code"] = draft.target.code(PATIENT, draft.target.app(draft.app))


def nhs_login_token_of_cis2(draft: Draft) -> None:
    """Send CIS2's access token to NHS login."""
    draft.headers["Authorization"] = cis2_userinfo(draft.target).headers["Authorization"]


def cis2_token_of_nhs_login(draft: Draft) -> None:
    """Send NHS login's access token to CIS2."""
    draft.headers["Authorization"] = nhs_login_userinfo(draft.target).headers["Authorization"]


def refresh_token_too_old_at_nhs_login(draft: Draft) -> None:
    """Send a refresh token on the second when its thirty days are over."""
    with draft.target.at(draft.target.now() - 2592000):
        draft.form["refresh_token"] = nhs_login_refresh(draft.target).form["refresh_token"]


def refresh_token_too_old_at_cis2(draft: Draft) -> None:
    """Send a refresh token on the second when its twelve hours are over."""
    with draft.target.at(draft.target.now() - 43200):
        draft.form["refresh_token"] = cis2_refresh(draft.target).form["refresh_token"]


def refresh_token_used_before_at_cis2(draft: Draft) -> None:
    """Send a refresh token a second time."""
    cis2_refresh_of(draft.target, draft.form["refresh_token"], draft.app).send()


def refresh_as_another_app(draft: Draft) -> None:
    """Refresh in the name of another app."""
    draft.app["name"] = "Another app"


def userinfo_by_put(draft: Draft) -> None:
    """Put userinfo."""
    draft.method = "PUT"


def hint_opaque(draft: Draft) -> None:
    """Send a hint that is no token."""
    draft.asked["id_token_hint"] = "opaque"


def hint_of_nhs_login(draft: Draft) -> None:
    """Send the id token of another provider."""
    header, claims = draft.target.id_token_parts(PATIENT)
    draft.asked["id_token_hint"] = draft.target.id_token(PATIENT, header, claims)


def come_back_to_a_path(draft: Draft) -> None:
    """Come back from a logout to a path."""
    draft.asked["post_logout_redirect_uri"] = "/bye"


def end_by_post(draft: Draft) -> None:
    """Post the end of a session."""
    draft.method = "POST"


def realm_other(draft: Draft) -> None:
    """Ask a realm that does not exist."""
    draft.path = draft.path.replace("/Healthcare/", "/Hospital/")


def nothing_else(_: Draft) -> None:
    """Do what nobody may, and nothing else."""


def realm_code_too_old(draft: Draft) -> None:
    """Send a code on the second when its two minutes are over."""
    with draft.target.at(draft.target.now() - 120):
        draft.form["code"] = draft.target.code(REALM_WORKER, draft.target.app(draft.app))


def realm_code_of_cis2(draft: Draft) -> None:
    """Send a code of CIS2 itself."""
    draft.form["code"] = cis2_token(draft.target).form["code"]


def realm_token_expired(draft: Draft) -> None:
    """Send an access token when its five minutes are over."""
    with draft.target.at(draft.target.now() - 300):
        draft.headers["Authorization"] = realm_userinfo(draft.target).headers["Authorization"]


def scope_with_the_code(draft: Draft) -> None:
    """Send a scope with the code, where that is refused."""
    draft.form["scope"] = "openid"


def state_absent(draft: Draft) -> None:
    """Send no state, where one is wanted."""
    del draft.asked["state"]


def nonce_absent(draft: Draft) -> None:
    """Send no nonce, where one is wanted."""
    del draft.asked["nonce"]
