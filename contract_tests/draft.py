"""A token request under construction: valid at first, every part can be damaged, signed when it is built.

There is a starting point for each kind of request. `breakages` has the answers to damaged ones.
"""

import uuid
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from contract_tests.jwts import Jwt, Signer, decode, unsigned
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

PLATFORM = "test-client-cis2"
"""The platform's client id at CIS2."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
STATE = "the client's state"

REALM_WORKER = replace(HEALTHCARE_WORKER, provider="Cis2-mock-internal-dev")
_REALM = f"/realms/{REALM_WORKER.provider}/protocol/openid-connect"
_CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
TOKEN_PATH = "/oauth2/token"
AUTHORIZE_PATH = "/oauth2/authorize"
FORM = "application/x-www-form-urlencoded"


class LazyValue(Enum):
    """A value that is only known when the draft is built."""

    URL = "the URL that is posted to, query string included"
    CLIENT_ID = "the client id of the app, whichever it has become"
    CLIENT_SECRET = "the secret of the app"
    JTI = "a fresh identifier"
    ASSERTION = "the client assertion, signed"
    LOGOUT = "the logout token, signed"
    SUBJECT = "the subject token, signed"
    ACTING = "the token of the person acting, signed"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A moment so many seconds after the target's now; stands in the place of the value, like `Late`."""

    seconds: float


def _unused() -> Jwt:
    return Jwt(header={}, claims={}, sign=unsigned)


@dataclass(slots=True, kw_only=True, repr=False)
class Draft:
    """A request before it is sent. Every part can be changed; `Late` values are computed from the others.

    `app` holds members that the sending app has besides those of a valid one. `form` values are texts, `Late` values,
    or lists of them for a repeated parameter; so are those of `asked`, the parameters of a query. A part that a kind of
    request does not use is ignored.
    """

    target: Target
    form: dict[str, Any]
    method: str = "POST"
    path: str = TOKEN_PATH
    query: str = ""
    asked: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=lambda: {"Content-Type": FORM})
    app: dict[str, Any] = field(default_factory=dict)
    assertion: Jwt = field(default_factory=_unused)
    subject: Jwt = field(default_factory=_unused)
    acting: Jwt = field(default_factory=_unused)
    logout: Jwt = field(default_factory=_unused)

    @property
    def url(self) -> str:
        """The absolute URL that will be posted to."""
        return self.target.origin + self._path_and_query

    def build(self) -> HttpRequest:
        """Sign what needs a signature, with a new jti each time, and return the request."""
        return self.built()[0]

    def built(self) -> tuple[HttpRequest, list[tuple[str, str]]]:
        """Return the request as `build` does, and the parameters of its form."""
        pairs = parse_qsl(urlencode(self._fill(self.form), doseq=True), keep_blank_values=True)
        headers = {name: self._fill(value) for name, value in self.headers.items()}
        request = HttpRequest(method=self.method, path=self._path_and_query, headers=headers, body=urlencode(pairs))
        return request, pairs

    def send(self) -> Answer:
        """Build the request and put it to the target."""
        return self.target.send(self.build())

    @property
    def _path_and_query(self) -> str:
        query = self.query or urlencode(self._fill(self.asked), doseq=True)
        path = self.path
        if path.startswith("/oauth2/"):
            path = f"{self.target.prefix}/{path.removeprefix('/oauth2/')}"
        return f"{path}?{query}" if query else path

    def _fill(self, value: Any) -> Any:
        if isinstance(value, LazyValue):
            return self._late(value)
        if isinstance(value, Ahead):
            return self.target.now() + value.seconds
        if isinstance(value, dict):
            return {name: self._fill(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._fill(member) for member in value]
        return value

    def _late(self, late: LazyValue) -> str:
        tokens = {
            LazyValue.ASSERTION: self.assertion,
            LazyValue.SUBJECT: self.subject,
            LazyValue.ACTING: self.acting,
            LazyValue.LOGOUT: self.logout,
        }
        if late in tokens:
            return tokens[late].text(self._fill)
        if late is LazyValue.URL:
            return self.url
        if late is LazyValue.JTI:
            return str(uuid.uuid4())
        app = self.target.app(self.app)
        return app.client_id if late is LazyValue.CLIENT_ID else app.client_secret


def client_credentials(target: Target) -> Draft:
    """Return a sound request of an app for itself."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": LazyValue.ASSERTION,
    }
    return Draft(target=target, form=form, assertion=_sound_assertion(target))


def token_exchange(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound exchange of a person's id token: CIS2's, unless the person is another provider's."""
    form = {
        "subject_token": LazyValue.SUBJECT,
        "client_assertion": LazyValue.ASSERTION,
        "subject_token_type": ID_TOKEN,
        "client_assertion_type": JWT_BEARER,
        "grant_type": TOKEN_EXCHANGE,
    }
    header, claims = target.id_token_parts(person)
    subject = Jwt(header=header, claims=claims, sign=_provider(target, person))
    return Draft(target=target, form=form, assertion=_sound_assertion(target), subject=subject)


def delegation(target: Target) -> Draft:
    """Return a valid exchange of an NHS login id token that names the person who acts for the patient."""
    draft = token_exchange(target, PATIENT)
    header, claims = target.id_token_parts(PATIENT)
    draft.acting = Jwt(header=header, claims=claims, sign=unsigned)
    draft.subject.claims["act"] = {"sub": LazyValue.ACTING}
    return draft


def refresh(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound refresh, with the refresh token of an exchange that this call makes."""
    need(target.abilities, Ability.SECRET)
    answer = token_exchange(target, person).send()
    if "refresh_token" not in answer.json:
        target.refuse(f"the exchange that a refresh begins with gives no refresh token: {answer.status}")
    return refresh_of(target, str(answer.json["refresh_token"]))


def refresh_of(target: Target, refresh_token: str) -> Draft:
    """Return a refresh with a token that is known already."""
    form = {
        "grant_type": "refresh_token",
        "client_id": LazyValue.CLIENT_ID,
        "client_secret": LazyValue.CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    return Draft(target=target, form=form)


def authorize(target: Target, scope: str = "nhs-cis2") -> Draft:
    """Return a sound authorization request, as a browser brings it."""
    asked = {
        "client_id": LazyValue.CLIENT_ID,
        "redirect_uri": target.redirect_uri,
        "response_type": "code",
        "scope": scope,
        "state": STATE,
    }
    return Draft(target=target, method="GET", path=AUTHORIZE_PATH, headers={}, form={}, asked=asked)


def log_in(target: Target, person: Person = HEALTHCARE_WORKER) -> list[str]:
    """Log a person in through the platform; return the browser's redirects, the application last."""
    scope = "nhs-login" if person.provider == "nhs_login" else "nhs-cis2"
    return target.log_in(authorize(target, scope).build(), person)


def callback(target: Target) -> Draft:
    """Return a valid redirect from CIS2, with an unused state and code of this call."""
    answer = authorize(target).send()
    sent = asked_at(answer.headers.get("location", ""))
    if "state" not in sent:
        target.refuse(f"the authorization request that a callback begins with is not sent on: {answer.status}")
    asked = {"state": sent["state"], "code": "never-issued"}
    return Draft(target=target, method="GET", path="/oauth2/callback", headers={}, form={}, asked=asked)


def authorization_code(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound redemption, with the code of a log-in that this call makes."""
    form = {
        "grant_type": "authorization_code",
        "client_id": LazyValue.CLIENT_ID,
        "client_secret": LazyValue.CLIENT_SECRET,
        "redirect_uri": target.redirect_uri,
        "code": asked_at(log_in(target, person)[-1])["code"],
    }
    return Draft(target=target, form=form)


def userinfo(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound call of userinfo, with the access token of a log-in that this call makes."""
    token = authorization_code(target, person).send().json["access_token"]
    return userinfo_with(target, token)


def userinfo_with(target: Target, access_token: str) -> Draft:
    """Return a call of userinfo with a token that is known already."""
    headers = {"Authorization": f"Bearer {access_token}"}
    return Draft(target=target, method="GET", path="/oauth2/userinfo", headers=headers, form={})


def backchannel_logout(target: Target) -> Draft:
    """Return a logout of CIS2 that is valid except for its unknown session."""
    need(target.abilities, Ability.ID_TOKENS)
    header, claims = target.id_token_parts(HEALTHCARE_WORKER)
    logout = {
        "iss": claims["iss"],
        "sub": HEALTHCARE_WORKER.user,
        "aud": PLATFORM,
        "iat": target.now(),
        "jti": "logout",
        "sid": "7a1f6f0e-0000-4000-8000-000000000000",
        "events": {LOGOUT_EVENT: {}},
    }
    token = Jwt(header=header, claims=logout, sign=_provider(target, HEALTHCARE_WORKER))
    return Draft(
        target=target, path="/oauth2/backchannel_logout", form={"logout_token": LazyValue.LOGOUT}, logout=token
    )


def sid_of(target: Target, cookies: str, app: dict[str, Any]) -> str:
    """Return the session that a person's browser has at CIS2, as the app learns of it without a page."""
    silent = cis2_authorize(target)
    silent.app, silent.headers["Cookie"], silent.asked["prompt"] = app, cookies, "none"
    form = {
        "grant_type": "authorization_code",
        "code": asked_at(silent.send().headers["location"])["code"],
        "redirect_uri": target.redirect_uri,
        "client_id": LazyValue.CLIENT_ID,
        "client_secret": LazyValue.CLIENT_SECRET,
    }
    redeeming = Draft(target=target, path=f"{_CIS2}/access_token", form=form, app=app)
    return str(decode(redeeming.send().json["id_token"])[1]["sid"])


def cis2_authorize(target: Target) -> Draft:
    """Return a sound authorization request at CIS2."""
    return _authorize_at(target, f"{_CIS2}/authorize", "openid")


def nhs_login_authorize(target: Target) -> Draft:
    """Return a sound authorization request at NHS login."""
    return _authorize_at(target, "/authorize", "openid profile")


def _authorize_at(target: Target, path: str, scope: str) -> Draft:
    need(target.abilities, Ability.PROVIDERS)
    asked = {
        "client_id": LazyValue.CLIENT_ID,
        "redirect_uri": target.redirect_uri,
        "response_type": "code",
        "scope": scope,
        "state": STATE,
        "nonce": "nonce",
    }
    return Draft(target=target, method="GET", path=path, headers={}, form={}, asked=asked)


def cis2_token(target: Target) -> Draft:
    """Return a sound redemption at CIS2, by a client that has a secret."""
    draft = _redemption(target, HEALTHCARE_WORKER, f"{_CIS2}/access_token", {})
    draft.form |= {"client_id": LazyValue.CLIENT_ID, "client_secret": LazyValue.CLIENT_SECRET}
    return draft


def cis2_asserted(target: Target) -> Draft:
    """Return a sound redemption at CIS2, by a client that signs."""
    signs = {"cis2_auth_method": "private_key_jwt", "cis2_signing_algorithm": "RS512"}
    draft = _redemption(target, HEALTHCARE_WORKER, f"{_CIS2}/access_token", signs)
    return _asserted(draft)


def nhs_login_token(target: Target) -> Draft:
    """Return a sound redemption at NHS login."""
    return _asserted(_redemption(target, PATIENT, "/token", {}))


def nhs_login_refresh(target: Target) -> Draft:
    """Return a sound refresh at NHS login, with the refresh token of a redemption that this call makes."""
    return nhs_login_refresh_of(target, str(nhs_login_token(target).send().json["refresh_token"]))


def nhs_login_refresh_of(target: Target, refresh_token: str) -> Draft:
    """Return a refresh at NHS login with a token that is known already."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _asserted(Draft(target=target, path="/token", form=form))


def _redemption(target: Target, person: Person, path: str, app: dict[str, Any]) -> Draft:
    need(target.abilities, Ability.PROVIDERS)
    form = {
        "grant_type": "authorization_code",
        "code": target.code(person, target.app(app)),
        "redirect_uri": target.redirect_uri,
    }
    return Draft(target=target, path=path, form=form, app=dict(app))


def _asserted(draft: Draft) -> Draft:
    draft.assertion = _sound_assertion(draft.target)
    draft.form |= {"client_assertion_type": JWT_BEARER, "client_assertion": LazyValue.ASSERTION}
    return draft


def cis2_refresh(target: Target) -> Draft:
    """Return a sound refresh at CIS2, by a client that is registered for it."""
    renews = {"grant_types": ["authorization_code", "refresh_token"]}
    first = _redemption(target, HEALTHCARE_WORKER, f"{_CIS2}/access_token", renews)
    first.form |= {"client_id": LazyValue.CLIENT_ID, "client_secret": LazyValue.CLIENT_SECRET}
    return cis2_refresh_of(target, str(first.send().json["refresh_token"]), renews)


def cis2_refresh_of(target: Target, refresh_token: str, app: dict[str, Any]) -> Draft:
    """Return a refresh at CIS2 with a token that is known already."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": LazyValue.CLIENT_ID,
        "client_secret": LazyValue.CLIENT_SECRET,
    }
    return Draft(target=target, path=f"{_CIS2}/access_token", form=form, app=dict(app))


def cis2_userinfo(target: Target) -> Draft:
    """Return a sound call of CIS2's userinfo."""
    token = cis2_token(target).send().json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return Draft(target=target, method="GET", path=f"{_CIS2}/userinfo", headers=headers, form={})


def nhs_login_userinfo(target: Target) -> Draft:
    """Return a sound call of NHS login's userinfo."""
    token = nhs_login_token(target).send().json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return Draft(target=target, method="GET", path="/userinfo", headers=headers, form={})


def nhs_login_metadata(target: Target) -> Draft:
    """Return a change of the note that a client keeps of a person; the token of a log-in does not allow it."""
    draft = nhs_login_userinfo(target)
    draft.method, draft.headers["Content-Type"] = "PATCH", "application/json"
    return draft


def realm_authorize(target: Target) -> Draft:
    """Return a sound authorization request at the platform's mock realm of CIS2."""
    return _authorize_at(target, f"{_REALM}/auth", "openid")


def realm_token(target: Target) -> Draft:
    """Return a sound redemption at the mock realm."""
    draft = _redemption(target, REALM_WORKER, f"{_REALM}/token", {})
    draft.form |= {"client_id": LazyValue.CLIENT_ID, "client_secret": LazyValue.CLIENT_SECRET}
    return draft


def realm_asserted(target: Target) -> Draft:
    """Return a redemption by assertion, which no client of a realm is registered for: sound but for that."""
    return _asserted(_redemption(target, REALM_WORKER, f"{_REALM}/token", {}))


def realm_userinfo(target: Target) -> Draft:
    """Return a sound call of the realm's userinfo."""
    token = realm_token(target).send().json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return Draft(target=target, method="GET", path=f"{_REALM}/userinfo", headers=headers, form={})


def cis2_end_session(target: Target) -> Draft:
    """Return a sound end of a session at CIS2."""
    asked = {"id_token_hint": cis2_token(target).send().json["id_token"]}
    return Draft(target=target, method="GET", path=f"{_CIS2}/connect/endSession", headers={}, form={}, asked=asked)


def hello_user(target: Target) -> Draft:
    """Return a sound call of an API behind the platform, in a person's name."""
    need(target.abilities, Ability.GATEWAY)
    token = token_exchange(target).send().json.get("access_token")
    headers = {"Authorization": f"Bearer {token}"}
    return Draft(target=target, method="GET", path="/hello-world/hello/user", headers=headers, form={})


def hello_application(target: Target) -> Draft:
    """Return a sound call of an API behind the platform, with an API key."""
    need(target.abilities, Ability.GATEWAY)
    headers = {"apikey": LazyValue.CLIENT_ID}
    return Draft(target=target, method="GET", path="/hello-world/hello/application", headers=headers, form={})


def status(target: Target) -> Draft:
    """Return a sound call of the monitoring endpoint."""
    return Draft(target=target, method="GET", path="/oauth2/_status", headers={"apikey": target.status_key}, form={})


def asked_at(location: str) -> dict[str, str]:
    """Return the query that a redirect carries."""
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


def _sound_assertion(target: Target) -> Jwt:
    header = {"alg": "RS512", "typ": "JWT", "kid": target.jwk["kid"]}
    claims = {
        "iss": LazyValue.CLIENT_ID,
        "sub": LazyValue.CLIENT_ID,
        "aud": LazyValue.URL,
        "jti": LazyValue.JTI,
        "exp": target.now() + 240,
    }
    return Jwt(header=header, claims=claims, sign=target.signer)


def _provider(target: Target, person: Person) -> Signer:
    def sign(header: Any, claims: Any) -> str:
        return target.id_token(person, header, claims)

    return sign
