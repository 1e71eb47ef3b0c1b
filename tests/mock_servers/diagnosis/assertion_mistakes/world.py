"""What a client of a platform has, and the table in which the mistakes that it makes are gathered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jwt as pyjwt
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwks import UnreachableError
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration

NOW = 1_800_000_000
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
FORM = "application/x-www-form-urlencoded"
APP = "nhsauth-app"
UUID = "9baed6f4-1361-4a8e-8531-1f8426e3aba8"
CIS2_PATH = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
UNKNOWN = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


@dataclass
class World:
    """A platform in process and what a client of its has: key, kid, and a way to post."""

    platform: Mock
    http: Client
    strangers: KeyRing

    def stranger(self, kid: str, bits: int = 2048) -> KeyPair:
        """A key pair that the platform does not hold."""
        return replace(self.strangers.pair("stranger", bits=bits), kid=kid)

    @property
    def key(self) -> KeyPair:
        pair = self.platform.apps.key(self.platform.apps.get(APP))
        assert pair is not None
        return pair

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.platform.clock.now())
        claims = {"iss": APP, "sub": APP, "aud": self.platform.token_url, "jti": self.jti(), "exp": now + 300}
        return {**claims, **changes}

    def jti(self) -> str:
        return self.platform.identifiers.uuid()

    def signed(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None, key: Any = None) -> str:
        """As PyJWT signs, with RS512 and the app's kid by default."""
        headers = {"kid": self.key.kid, **(header or {})}
        return pyjwt.encode(dict(claims), key or self.key.private, headers.pop("alg", "RS512"), headers)

    def by_hand(self, claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
        """As libraries sign that put nothing into the header by themselves."""
        return jwts.sign(header, claims, self.key.private)

    def post(self, form: Mapping[str, Any] | str | bytes, content_type: str = FORM, query: str = "") -> TestResponse:
        return self.http.post(f"/oauth2/token{query}", data=form, base_url=self.platform.url, content_type=content_type)

    def ask(self, assertion: str, **changes: Any) -> TestResponse:
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
        return self.post({**form, "client_assertion": assertion, **changes})

    def exchange(self, subject_token: str, **changes: Any) -> TestResponse:
        return self.ask(
            self.signed(self.claims()),
            grant_type=TOKEN_EXCHANGE,
            subject_token_type=ID_TOKEN_TYPE,
            subject_token=subject_token,
            **changes,
        )

    def id_token(self, **changes: Any) -> str:
        return self.platform.id_token("cis2", LogInRequest(client_id=APP), Alterations(claims=changes))

    def serve_key_set(self, body: bytes | str) -> None:
        """Let every key set be fetched as these bytes; text is why it cannot be."""

        def fetch(_: str) -> bytes:
            if isinstance(body, str):
                raise UnreachableError(body)
            return body

        for service in self.platform.token_services:
            object.__setattr__(service, "fetch", fetch)

    def public(self, **changes: Any) -> dict[str, Any]:
        return {**self.key.public_jwk(alg="RS512"), **changes}


Make = Callable[[World], TestResponse]


@dataclass(frozen=True)
class Mistake:
    """A row of the table. `wire` is status and sentence, `facts` are in the words of the first finding."""

    id: str
    make: Make
    wire: tuple[int, str]
    facts: Sequence[str]
    certainty: str = "certain"
    configuration: Configuration = field(default_factory=Configuration)
    of: str = ""

    def __str__(self) -> str:
        return f"{self.id} {self.of}".strip()


def case(of: str, id: str, wire: tuple[int, str], *facts: str, **more: Any) -> Callable[[Make], Make]:  # noqa: A002 - its own name
    def add(make: Make) -> Make:
        MISTAKES.append(Mistake(id=id, make=make, wire=wire, facts=facts, of=of, **more))
        return make

    return add


MISTAKES: list[Mistake] = []

AUD = (401, "Missing or invalid 'aud' claim in client_assertion JWT")
APP_UNKNOWN = (401, "Invalid 'iss'/'sub' claims in client_assertion JWT")
MALFORMED_SUBJECT = (400, "Malformed JWT in subject_token")
NOT_FORM = (415, "Content-Type header must be application/x-www-form-urlencoded")
NO_GRANT = (400, "grant_type is missing")
NO_ASSERTION = (400, "Missing client_assertion")
NO_KEY_SET = (403, "The JWKS endpoint, for your client_assertion can't be reached")
JTI_USED = (400, "Non-unique 'jti' claim in client_assertion JWT")
KID_UNKNOWN = (401, "Invalid 'kid' header in client_assertion JWT - no matching public key")
SIGNATURE = (401, "JWT signature verification failed")
ISS_UNTRUSTED = (400, "Missing or non-matching 'iss' claim in subject_token JWT")
TOO_FAR = (400, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future")
EXPIRED = (400, "Invalid 'exp' claim in client_assertion JWT - JWT has expired")
NOT_NUMBER = (400, "Invalid 'exp' claim in client_assertion JWT - must be an integer")
ALG = (400, "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'")
TYP = (400, "Invalid 'typ' header in client_assertion JWT - must be 'JWT'")
KID_MISSING = (400, "Missing 'kid' header in client_assertion JWT")
CATCH_ALL = (401, UNKNOWN)
