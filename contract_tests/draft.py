"""A token request under construction: sound at first, open to damage in every part, signed when it is built.

Four starting points, one a kind of request. What a damaged request is answered is for `breakages` to say.
"""

import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from contract_tests.jwts import Jwt, Signer, unsigned
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

TOKEN_PATH = "/oauth2/token"
FORM = "application/x-www-form-urlencoded"


class Late(Enum):
    """What a draft only knows when it is built; stands in the place of the value."""

    URL = "the URL that is posted to, query string included"
    CLIENT_ID = "the client id of the app, whichever it has become"
    CLIENT_SECRET = "the secret of the app"
    JTI = "a fresh identifier"
    ASSERTION = "the client assertion, signed"
    SUBJECT = "the subject token, signed"
    ACTING = "the token of the person acting, signed"


def _unused() -> Jwt:
    return Jwt(header={}, claims={}, sign=unsigned)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A request before it is sent; every part may be changed, and `Late` values stand for what follows from the rest.

    `app` holds members that the sending app has beside those of a sound one. `form` values are texts, `Late` values, or
    lists of them for a repeated parameter. A part a kind of request has no use for is there and goes nowhere.
    """

    target: Target
    form: dict[str, Any]
    method: str = "POST"
    path: str = TOKEN_PATH
    query: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": FORM})
    app: dict[str, Any] = field(default_factory=dict)
    assertion: Jwt = field(default_factory=_unused)
    subject: Jwt = field(default_factory=_unused)
    acting: Jwt = field(default_factory=_unused)

    @property
    def url(self) -> str:
        """The absolute URL that will be posted to."""
        return self.target.origin + self._path_and_query

    def build(self) -> HttpRequest:
        """Sign what is to be signed, with a fresh jti each time, and return the request."""
        body = urlencode(self._fill(self.form), doseq=True)
        return HttpRequest(method=self.method, path=self._path_and_query, headers=self.headers, body=body)

    def send(self) -> Answer:
        """Build the request and put it to the target."""
        return self.target.send(self.build())

    @property
    def _path_and_query(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def _fill(self, value: Any) -> Any:
        if isinstance(value, Late):
            return self._late(value)
        if isinstance(value, dict):
            return {name: self._fill(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._fill(member) for member in value]
        return value

    def _late(self, late: Late) -> str:
        tokens = {Late.ASSERTION: self.assertion, Late.SUBJECT: self.subject, Late.ACTING: self.acting}
        if late in tokens:
            return tokens[late].text(self._fill)
        if late is Late.URL:
            return self.url
        if late is Late.JTI:
            return str(uuid.uuid4())
        app = self.target.app(self.app)
        return app.client_id if late is Late.CLIENT_ID else app.client_secret


def client_credentials(target: Target) -> Draft:
    """Return a sound request of an app for itself."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": Late.ASSERTION,
    }
    return Draft(target=target, form=form, assertion=_sound_assertion(target))


def token_exchange(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound exchange of a person's id token: CIS2's, unless the person is another provider's."""
    form = {
        "subject_token": Late.SUBJECT,
        "client_assertion": Late.ASSERTION,
        "subject_token_type": ID_TOKEN,
        "client_assertion_type": JWT_BEARER,
        "grant_type": TOKEN_EXCHANGE,
    }
    header, claims = target.id_token_parts(person)
    subject = Jwt(header=header, claims=claims, sign=_provider(target, person))
    return Draft(target=target, form=form, assertion=_sound_assertion(target), subject=subject)


def delegation(target: Target) -> Draft:
    """Return a sound exchange of an NHS login id token that names who is acting for the patient."""
    draft = token_exchange(target, PATIENT)
    header, claims = target.id_token_parts(PATIENT)
    draft.acting = Jwt(header=header, claims=claims, sign=unsigned)
    draft.subject.claims["act"] = {"sub": Late.ACTING}
    return draft


def refresh(target: Target, person: Person = HEALTHCARE_WORKER) -> Draft:
    """Return a sound refresh, with the refresh token of an exchange that this call makes."""
    answer = token_exchange(target, person).send()
    return refresh_of(target, str(answer.json.get("refresh_token")))


def refresh_of(target: Target, refresh_token: str) -> Draft:
    """Return a refresh with a token that is known already."""
    form = {
        "grant_type": "refresh_token",
        "client_id": Late.CLIENT_ID,
        "client_secret": Late.CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    return Draft(target=target, form=form)


def _sound_assertion(target: Target) -> Jwt:
    header = {"alg": "RS512", "typ": "JWT", "kid": target.jwk["kid"]}
    claims = {
        "iss": Late.CLIENT_ID,
        "sub": Late.CLIENT_ID,
        "aud": Late.URL,
        "jti": Late.JTI,
        "exp": target.now() + 300,
    }
    return Jwt(header=header, claims=claims, sign=target.signer)


def _provider(target: Target, person: Person) -> Signer:
    def sign(header: Any, claims: Any) -> str:
        return target.id_token(person, header, claims)

    return sign
