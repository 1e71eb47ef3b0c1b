"""The mistakes that clients make with assertions, key sets, forms and id tokens, each made as a client makes it.

One row a way to make it: what went out on the wire, the finding that comes first, and the facts in its words.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import jwt as pyjwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import Wanted
from mock_servers.jose import jwts, keys
from mock_servers.jose.jwks import UnreachableError
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.journal.record import Record
from mock_servers.platform.platform import Platform
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from mock_servers.state.fault import Fault
from mock_servers.state.settings import ApimSettings

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

    platform: Platform
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
        """As PyJWT signs, with RS512 and the app's kid unless told otherwise."""
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
        return self.platform.id_token("cis2", Wanted(client_id=APP), Alterations(claims=changes))

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


def case(of: str, id: str, wire: tuple[int, str], *facts: str, **more: Any) -> Callable[[Make], Make]:  # noqa: A002
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


# 1 and 4: aud


def aud(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(aud=value)))


def near(change: Callable[[str], Any]) -> Make:
    return lambda world: world.ask(world.signed(world.claims(aud=change(world.platform.token_url))))


PRODUCTION = "https://api.service.nhs.uk/oauth2/token"
case("prod", "aud-other-environment", AUD, "prod's token URL", "you posted to int", PRODUCTION)(aud(PRODUCTION))
case("in a list", "aud-other-environment", AUD, "internal-dev's token URL")(
    aud(["https://internal-dev.api.service.nhs.uk/oauth2/token"])
)
case("no scheme", "aud-near-miss", AUD, "it lacks http://")(near(lambda url: url.removeprefix("http://")))
case("https", "aud-near-miss", AUD, 'it says "https" for http')(near(lambda url: url.replace("http:", "https:")))
case("slash", "aud-near-miss", AUD, "a slash at the end")(near(lambda url: f"{url}/"))
case("base", "aud-near-miss", AUD, "it ends at /oauth2, without /token")(near(lambda url: url.removesuffix("/token")))
case("host", "aud-near-miss", AUD, "the host alone")(near(lambda url: url.removesuffix("/oauth2/token")))
case("port", "aud-near-miss", AUD, "it lacks the port, :8080")(near(lambda url: url.replace(":8080", "")))
case("case", "aud-near-miss", AUD, "its path has capital letters")(near(lambda url: url.replace("token", "Token")))
case("blank", "aud-near-miss", AUD, "white space around it")(near(lambda url: f"{url}\n"))
case("query", "aud-near-miss", AUD, "its query string differs")(near(lambda url: f"{url}?a=b"))
case("mock", "aud-near-miss", AUD, "it names the other token service")(near(lambda url: url.replace("2/", "2-mock/")))
case("issuer", "aud-near-miss", AUD, "an identity provider's issuer")(
    near(lambda url: url.replace("/oauth2/token", CIS2_PATH))
)
case("other name", "aud-near-miss", AUD, 'its host is "localhost:8080", not "127.0.0.1:8080"')(
    near(lambda url: url.replace("127.0.0.1", "localhost"))
)
case("real issuer", "aud-near-miss", AUD, "an identity provider's issuer")(
    aud(f"https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443{CIS2_PATH}")
)
case("list", "aud-near-miss", AUD, "None of the 2 in the list")(near(lambda url: ["x", f"{url}/"]))
case("port of https", "aud-near-miss", AUD, "it spells the port :443 out")(
    aud("https://int.api.service.nhs.uk:443/oauth2/token")
)
case("upper host", "aud-near-miss", AUD, "its host has capital letters")(
    aud("https://INT.api.service.nhs.uk/oauth2/token")
)
case("number", "aud-near-miss", AUD, "aud is 5, which is no text")(aud(5))
case("none like it", "aud-near-miss", AUD, "not the token URL at all", certainty="likely")(aud("my-service"))


@case("absent", "aud-near-miss", AUD, "The assertion has no aud", "Set aud to")
def no_aud(world: World) -> TestResponse:
    claims = world.claims()
    del claims["aud"]
    return world.ask(world.signed(claims))


# 2, 24, 25: who asks


def named(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(iss=value, sub=value)))


case("application id", "app-not-known-here", APP_UNKNOWN, "application id", "API key", certainty="likely")(named(UUID))
case("name", "app-not-known-here", APP_UNKNOWN, 'the name of app "nhsauth app"', '"nhsauth-app"')(named("nhsauth app"))
case("case", "app-not-known-here", APP_UNKNOWN, "in other capitals")(named("NHSAUTH-APP"))
case("blank", "app-not-known-here", APP_UNKNOWN, "with white space or quotes around it")(named("nhsauth-app\n"))
case("kid", "app-not-known-here", APP_UNKNOWN, 'the kid of app "nhsauth app"')(named("nhsauth-1"))
case("cis2", "app-not-known-here", APP_UNKNOWN, "CIS2 client id", certainty="likely")(named("12345.apps.national"))
case("placeholder", "app-not-known-here", APP_UNKNOWN, "a variable that was not filled in")(named("<your API key>"))
case("API_KEY", "app-not-known-here", APP_UNKNOWN, "a variable that was not filled in")(named("API_KEY"))
case("another's key", "app-not-known-here", APP_UNKNOWN, "32 letters and digits", "since replaced", certainty="likely")(
    named("aB3" * 10 + "xy")
)
case("nothing known", "app-not-known-here", APP_UNKNOWN, "nothing that this mock knows", certainty="possible")(
    named("somebody")
)


@case("secret", "app-not-known-here", APP_UNKNOWN, "the client secret of app", "… (14 characters)")
def secret_as_iss(world: World) -> TestResponse:
    return named("nhsauth-secret")(world)


@case("other environment", "app-not-known-here", APP_UNKNOWN, "registered in sandbox and not here")
def key_of_another_environment(world: World) -> TestResponse:
    world.platform.apps.create(client_id="there", environments=("sandbox",))
    return named("there")(world)


@case("sub absent", "iss-sub-differ", (400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"), APP)
def no_sub(world: World) -> TestResponse:
    claims = world.claims()
    del claims["sub"]
    return world.ask(world.signed(claims))


@case(
    "iss is a name",
    "iss-sub-differ",
    (400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"),
    'iss is "my service"',
    '"nhsauth-app" (the API key of an app)',
)
def iss_is_a_name(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(iss="my service")))


@case(
    "",
    "no-public-key",
    (
        403,
        "You need to register a public key to use this authentication method - please contact support to configure",
    ),
    'App "nhsauth app" has no JWKS URL',
    "The jti of this assertion is spent",
)
def no_key(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.platform.apps.change(APP, key_name=None)
    return world.ask(assertion)


# 3, 12, 13: the subject token


def subject(value: str) -> Make:
    return lambda world: world.exchange(value)


@case("", "code-as-subject-token", MALFORMED_SUBJECT, "the authorization code that CIS2 issued 2.1 s ago", "unused")
def code(world: World) -> TestResponse:
    sent = world.platform.log_in("cis2", Wanted(client_id=APP), "http://127.0.0.1:8080/_nhsauth/callback")
    world.platform.clock.advance(2.1)
    return world.exchange(sent)


SHAPES = (
    ("dBF9M-1rX2_aaBcDeFgHiJkLmNo", "27 characters", "a code of CIS2, or an access or refresh token", "possible"),
    ("a1" * 14, "28 letters and digits", "an access token of the platform", "likely"),
    ("a1" * 16, "32 letters and digits", "an API key, or a refresh token of the platform", "possible"),
    ("a1" * 8, "16 letters and digits", "an app's client secret", "likely"),
    ("a1b2c3d4", "8 letters and digits", "a code of the platform", "likely"),
    (UUID, "a UUID", "a code of NHS login, or its refresh token, or an application id", "possible"),
    (f"{UUID}.{UUID}.{UUID}", "three UUIDs", "a code of a mock realm", "likely"),
    ("rrt-118304561371460570-b-geu2-2173710-114871213-1", "begins with rrt-", "the message id", "likely"),
    ("656005750104", "12 digits", "a CIS2 user id", "possible"),
)
for value, by, what, sure in SHAPES:
    case(by, "code-as-subject-token", MALFORMED_SUBJECT, by, what, "id_token", certainty=sure)(subject(value))


def iss(value: Any) -> Make:
    return lambda world: world.exchange(world.id_token(iss=value))


case("DEP", "id-token-other-environment", ISS_UNTRUSTED, "the real CIS2's, of its environment dep", "trusts")(
    iss(f"https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443{CIS2_PATH}")
)
case("live login", "id-token-other-environment", ISS_UNTRUSTED, "the real NHS login's, of its environment live")(
    iss("https://auth.login.nhs.uk")
)
case("realm", "id-token-other-environment", ISS_UNTRUSTED, "the mock realm Cis2-mock-int's", "/oauth2-mock")(
    iss("https://identity.ptl.api.platform.nhs.uk/realms/Cis2-mock-int")
)
case("elsewhere", "id-token-other-environment", ISS_UNTRUSTED, "never called", certainty="likely")(
    iss(f"http://elsewhere:9{CIS2_PATH}")
)
case("nobody's", "id-token-other-environment", ISS_UNTRUSTED, "does not know", certainty="possible")(
    iss("https://log-in.example")
)
case("slash", "iss-near-miss", ISS_UNTRUSTED, "almost")(iss(f"http://127.0.0.1:8080{CIS2_PATH}/"))
case("capitals", "iss-near-miss", ISS_UNTRUSTED, "almost")(iss(f"http://127.0.0.1:8080{CIS2_PATH.lower()}"))


@case(
    "",
    "id-token-expired",
    (400, "Invalid 'exp' claim in subject_token JWT - JWT has expired"),
    "from the log-in 74 min ago",
    "expired 14 min ago",
    "refresh_token",
)
def old_id_token(world: World) -> TestResponse:
    token = world.id_token()
    world.platform.clock.advance(74 * 60)
    return world.exchange(token)


# 5, 14, 30, 31: the form


@case("requests json=", "json-body", NOT_FORM, "application/json", "the body is JSON", "data={…}")
def json_body(world: World) -> TestResponse:
    return world.post(json.dumps({"grant_type": "client_credentials"}), "application/json")


@case("labelled as JSON", "json-body", NOT_FORM, "the body is a form")
def form_called_json(world: World) -> TestResponse:
    return world.post("grant_type=client_credentials", "application/json;charset=utf-8")


@case("labelled as form", "json-body", NO_GRANT, "the body is JSON")
def json_called_form(world: World) -> TestResponse:
    return world.post(' {"grant_type": "client_credentials"}', FORM)


@case(
    "",
    "secret-style-client-credentials",
    (
        400,
        f"Missing or invalid client_assertion_type - must be '{ASSERTION_TYPE}'",
    ),
    "a client_secret and no client_assertion",
    "scope is ignored",
)
def client_secret(world: World) -> TestResponse:
    form = {"grant_type": "client_credentials", "client_id": APP, "client_secret": "nhsauth-secret", "scope": "x"}
    return world.post(form)


@case("no body", "query-string-params", NOT_FORM, "grant_type, client_assertion: in the URL", "nothing")
def in_the_url(world: World) -> TestResponse:
    return world.post("", "", query="?grant_type=client_credentials&client_assertion=x")


@case("empty form", "query-string-params", NO_GRANT, "grant_type: in the URL")
def in_the_url_of_a_form(world: World) -> TestResponse:
    return world.post("", query="?grant_type=client_credentials")


@case(
    "",
    "charset-suffix",
    NOT_FORM,
    "charset=UTF-8",
    "disputed",
    configuration=Configuration(apim=ApimSettings(strict_content_type=True)),
)
def charset(world: World) -> TestResponse:
    return world.post("grant_type=client_credentials", f"{FORM};charset=UTF-8")


# 6, 26, 28: the key set


def unreachable(met: str) -> Make:
    def make(world: World) -> TestResponse:
        world.serve_key_set(met)
        return world.ask(world.signed(world.claims()))

    return make


SPENT = "The jti of this assertion is spent"
case("basic auth", "jwks-unreachable", NO_KEY_SET, "asks for a log-in", "not cached", SPENT)(
    unreachable("it answered 401")
)
case("tls", "jwks-unreachable", NO_KEY_SET, "certificate is not trusted")(
    unreachable("SSLError: certificate verify failed: self-signed certificate")
)
case("timeout", "jwks-unreachable", NO_KEY_SET, "did not answer in time")(unreachable("ReadTimeoutError: timed out"))
case("refused", "jwks-unreachable", NO_KEY_SET, "Nothing listens there", "own network")(
    unreachable("NewConnectionError: Connection refused")
)
case("not public", "jwks-unreachable", NO_KEY_SET, "allow_hosts")(
    unreachable("this mock calls loopback and private hosts only; list 'x' in allow_hosts")
)


def key_set(body: Callable[[World], Any], url: str | None = None) -> Make:
    def make(world: World) -> TestResponse:
        assertion, served = world.signed(world.claims()), body(world)
        world.serve_key_set(served if isinstance(served, bytes) else json.dumps(served).encode())
        if url is not None:
            world.platform.apps.change(APP, key_name=None, jwks_url=url)
        return world.ask(assertion)

    return make


case("bare JWK", "jwks-is-not-a-set", CATCH_ALL, "a single JWK", 'Wrap the key: {"keys"', "our guess")(
    key_set(lambda world: world.public())
)
case("blob", "jwks-is-not-a-set", CATCH_ALL, "a web page", "use the raw URL")(
    key_set(lambda _: b"<!DOCTYPE html>", "https://github.com/x/y/blob/main/jwks.json")
)
case("pem", "jwks-is-not-a-set", CATCH_ALL, "a PEM key", "nhsauth keys new")(
    key_set(lambda world: world.key.public_pem().encode())
)
case("empty", "jwks-is-not-a-set", KID_UNKNOWN, "a key set without any key")(key_set(lambda _: {"keys": []}))


def short_key(_: World) -> dict[str, Any]:
    pair = KeyPair(kid="nhsauth-1", private=rsa.generate_private_key(65537, 1024))
    return {"keys": [pair.public_jwk(alg="RS512")]}


case("1024 bits", "weak-or-odd-key", CATCH_ALL, "1024 bits", "4096")(key_set(short_key))
case("EC", "weak-or-odd-key", CATCH_ALL, "kty is 'EC'")(
    key_set(lambda _: {"keys": [{"kty": "EC", "kid": "nhsauth-1"}]})
)
case("padding", "weak-or-odd-key", CATCH_ALL, "not the base64url numbers")(
    key_set(lambda world: {"keys": [world.public(n="****")]})
)


# 7, 8, 22: seen before


@case(
    "", "same-assertion-again", JTI_USED, "first sent 3.2 s ago", "JWT signature verification failed", "sign a new one"
)
def twice(world: World) -> TestResponse:
    stranger = world.stranger("").private
    assertion = world.signed(world.claims(), key=stranger)
    world.ask(assertion)
    world.platform.clock.advance(3.2)
    return world.ask(assertion)


@case("a good one", "same-assertion-again", JTI_USED, "first sent 60 s ago and answered 200", "at start-up")
def kept(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.clock.advance(60)
    return world.ask(assertion)


@case("until it expired", "same-assertion-again", EXPIRED, "first sent 11 min ago and answered 200")
def kept_too_long(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.clock.advance(660)
    return world.ask(assertion)


@case("signed by the mock", "same-assertion-again", EXPIRED, "was signed 20 min ago", certainty="likely")
def signed_long_ago(world: World) -> TestResponse:
    assertion = world.platform.client_assertion(APP)
    world.platform.clock.advance(1200)
    return world.ask(assertion)


@case("forgotten", "same-assertion-again", JTI_USED, "kept no longer", certainty="possible")
def first_use_forgotten(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.exchanges.clear()
    return world.ask(assertion)


@case("429", "retry-resends-assertion", JTI_USED, "answered 429", "inside the retry")
def retry_after_quota(world: World) -> TestResponse:
    world.platform.apps.change(APP, quota_per_minute=1)
    world.ask(world.signed(world.claims()))
    assertion = world.signed(world.claims())
    assert world.ask(assertion).status_code == 429
    world.platform.clock.advance(1)
    return world.ask(assertion)


@case("key set down", "retry-resends-assertion", JTI_USED, "answered 403")
def retry_after_key_set(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.serve_key_set("it answered 503")
    world.ask(assertion)
    return world.ask(assertion)


@case("clock", "jti-not-unique", JTI_USED, "in another assertion 400 ms ago", "made of the clock", "uuid4")
def jti_of_the_clock(world: World) -> TestResponse:
    world.ask(world.signed(world.claims(jti=f"{APP}{NOW}")))
    world.platform.clock.advance(0.4)
    return world.ask(world.signed(world.claims(jti=f"{APP}{NOW}", x=1)))


@case("constant", "jti-not-unique", JTI_USED, "seems to be a constant")
def jti_constant(world: World) -> TestResponse:
    world.ask(world.signed(world.claims(jti="my-app")))
    return world.ask(world.signed(world.claims(jti="my-app", x=1)))


# 9, 10: the kid


def kid(value: Any, registered: str | None = None) -> Make:
    def make(world: World) -> TestResponse:
        if registered is not None:
            world.platform.apps.change(APP, jwks={"keys": [world.public(kid=registered)]})
        return world.ask(world.by_hand(world.claims(), {"alg": "RS512", "typ": "JWT", "kid": value}))

    return make


case("dash", "wrong-kid", KID_UNKNOWN, 'kid is "test1"', '"test-1"', "The signature is that key's")(
    kid("test1", "test-1")
)
case("case", "wrong-kid", KID_UNKNOWN, "in capital letters alone")(kid("NHSAUTH-1"))
case("digit", "wrong-kid", KID_UNKNOWN, "in its number alone")(kid("nhsauth-2"))
case("file", "wrong-kid", KID_UNKNOWN, "a file name; the key in it is registered as")(kid("keys/nhsauth-1.pem"))
case("other file", "wrong-kid", KID_UNKNOWN, "looks like a file name")(kid("jwtRS512.key"))
case("quotes", "wrong-kid", KID_UNKNOWN, "with white space or quotes around it")(kid('"nhsauth-1"'))
case("number", "wrong-kid", KID_UNKNOWN, "no text", 'Send kid "1"')(kid(1, "1"))
case("own name for a thumbprint", "wrong-kid", KID_UNKNOWN, "you send a name of your own")(
    lambda world: kid("mine", keys.thumbprint(world.public()))(world)
)


def thumbprint(encode: Callable[[bytes], str], digest: Any = hashlib.sha256) -> Make:
    def make(world: World) -> TestResponse:
        members = {name: world.public()[name] for name in ("e", "kty", "n")}
        return kid(encode(digest(json.dumps(members, separators=(",", ":")).encode()).digest()))(world)

    return make


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


case("thumbprint", "wrong-kid", KID_UNKNOWN, "the SHA-256 thumbprint of the key that is registered as")(
    thumbprint(base64url)
)
case("thumbprint in hex", "wrong-kid", KID_UNKNOWN, "the SHA-256 thumbprint in hex")(thumbprint(bytes.hex))
case("SHA-1", "wrong-kid", KID_UNKNOWN, "the SHA-1 thumbprint of the key")(thumbprint(base64url, hashlib.sha1))


@case("digest of the PEM", "wrong-kid", KID_UNKNOWN, "the SHA-256 digest of the PEM")
def kid_is_a_digest_of_the_pem(world: World) -> TestResponse:
    der = world.key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return kid(base64.b64encode(hashlib.sha256(der).digest()).decode())(world)


@case("another app's", "wrong-kid", KID_UNKNOWN, 'It is a kid of app "the other"')
def kid_of_another_app(world: World) -> TestResponse:
    other = world.stranger("their-key")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return kid("their-key")(world)


@case(
    "", "new-key-not-seen-yet", KID_UNKNOWN, "fetched 12 min ago", "It will work from 2027-01-15T09:00:00Z", "an hour"
)
def rotated(world: World) -> TestResponse:
    world.ask(world.signed(world.claims()))
    new = world.stranger("nhsauth-2")
    world.platform.apps.change(APP, jwks=keys.jwks(world.key, new, alg="RS512"))
    world.platform.clock.advance(720)
    return world.ask(world.signed(world.claims(), {"kid": "nhsauth-2"}, new.private))


# 11: the signature


@case("other kid of the app", "other-private-key", SIGNATURE, 'matches kid "test-2" of this app')
def key_of_another_kid(world: World) -> TestResponse:
    second = world.stranger("test-2")
    world.platform.apps.change(APP, jwks=keys.jwks(world.key, second, alg="RS512"))
    return world.ask(world.signed(world.claims(), key=second.private))


@case("other app", "other-private-key", SIGNATURE, 'of app "the other"', "The private key of another owner")
def key_of_another_app(world: World) -> TestResponse:
    other = world.stranger("their-key")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return world.ask(world.signed(world.claims(), key=other.private))


@case("the provider's", "other-private-key", SIGNATURE, "of CIS2")
def key_of_cis2(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), key=world.platform.providers["cis2"].key().private))


@case(
    "nobody's", "other-private-key", SIGNATURE, "No key that this mock knows", "its modulus begins", certainty="likely"
)
def key_of_nobody(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), key=world.stranger("", 4096).private))


@case("halves of two pairs", "jwk-and-pem-differ", SIGNATURE, "JWK and PEM do not belong together")
def halves_of_two_pairs(world: World) -> TestResponse:
    other = world.stranger("nhsauth-1")
    world.platform.apps.change(APP, jwks=keys.jwks(other, alg="RS512"))
    return world.ask(world.signed(world.claims()))


def relabelled(world: World, alg: str) -> str:
    """Signed by `alg`, under a header that says RS512."""
    header = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}
    signing_input = jwts.signing_input(json.dumps(header).encode(), json.dumps(world.claims()).encode())
    signature = pyjwt.get_algorithm_by_name(alg).sign(signing_input, world.key.private)
    return f"{signing_input.decode()}.{base64url(signature)}"


@case("PS512", "signature-by-other-alg", SIGNATURE, "by PS512", "PSS")
def padded_otherwise(world: World) -> TestResponse:
    return world.ask(relabelled(world, "PS512"))


@case("RS256", "signature-by-other-alg", SIGNATURE, "by RS256; the header says")
def hashed_otherwise(world: World) -> TestResponse:
    return world.ask(relabelled(world, "RS256"))


@case("HS512", "signature-by-other-alg", SIGNATURE, "64 bytes, as HS512", certainty="likely")
def signed_with_a_secret(world: World) -> TestResponse:
    header = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}
    signing_input = jwts.signing_input(json.dumps(header).encode(), json.dumps(world.claims()).encode())
    return world.ask(f"{signing_input.decode()}.{base64url(hashlib.sha512(signing_input).digest())}")


@case("line wrap", "signature-cut-off", SIGNATURE, "(76 characters)", "where a line would be wrapped")
def wrapped(world: World) -> TestResponse:
    header, payload, signature = world.signed(world.claims()).split(".")
    return world.ask(f"{header}.{payload}.{signature[:76]}")


@case("kid added later", "changed-after-signing", SIGNATURE, "the header without kid", "written anew after signing")
def header_written_anew(world: World) -> TestResponse:
    claims = world.claims()
    _, payload, signature = world.by_hand(claims, {"alg": "RS512", "typ": "JWT"}).split(".")
    header = base64url(json.dumps({"alg": "RS512", "typ": "JWT", "kid": world.key.kid}).encode())
    return world.ask(f"{header}.{payload}.{signature}")


@case("payload re-serialised", "changed-after-signing", SIGNATURE, "the payload written with blanks")
def payload_written_anew(world: World) -> TestResponse:
    header = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}
    claims = world.claims()
    signing_input = jwts.signing_input(json.dumps(header, separators=(",", ":")).encode(), json.dumps(claims).encode())
    signature = base64url(pyjwt.get_algorithm_by_name("RS512").sign(signing_input, world.key.private))
    sent = jwts.signing_input(*(json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)))
    return world.ask(f"{sent.decode()}.{signature}")


PROVIDER_KID = (401, "Invalid 'kid' header in subject_token JWT - no matching public key")


@case("of the app, under CIS2's kid", "other-private-key", SIGNATURE, "of this app", "not by CIS2", "nhsauth_id_token")
def id_token_by_the_app(world: World) -> TestResponse:
    token = world.id_token()
    claims, kid = jwts.decode(token).claims, jwts.decode(token).header["kid"]
    return world.exchange(jwts.sign({"alg": "RS512", "typ": "JWT", "kid": kid}, claims, world.key.private))


@case("of nobody", "other-private-key", SIGNATURE, "subject_token", "not by CIS2", certainty="likely")
def id_token_by_nobody(world: World) -> TestResponse:
    token = world.id_token()
    claims, kid = jwts.decode(token).claims, jwts.decode(token).header["kid"]
    return world.exchange(jwts.sign({"alg": "RS512", "typ": "JWT", "kid": kid}, claims, world.stranger("").private))


@case("id_token cut off", "signature-cut-off", SIGNATURE, "of subject_token has 241 bytes")
def id_token_cut_off(world: World) -> TestResponse:
    return world.exchange(world.id_token()[:-20])


@case("of an id_token", "wrong-kid", PROVIDER_KID, "It is a kid of this app", "CIS2 signs with")
def id_token_under_the_kid_of_the_app(world: World) -> TestResponse:
    token = jwts.decode(world.id_token())
    return world.exchange(jwts.sign({**token.header, "kid": "nhsauth-1"}, token.claims, world.key.private))


@case("of no key", "wrong-kid", PROVIDER_KID, 'kid of subject_token is "zz"', "nhsauth_id_token")
def id_token_under_no_kid_known(world: World) -> TestResponse:
    token = jwts.decode(world.id_token())
    return world.exchange(jwts.sign({**token.header, "kid": "zz"}, token.claims, world.key.private))


# 15 to 17: the header


@case("PyJWT", "kid-missing", KID_MISSING, "has no kid", 'registered for this app is "nhsauth-1"')
def no_kid(world: World) -> TestResponse:
    return world.ask(pyjwt.encode(world.claims(), world.key.private, "RS512"))


@case("in the payload", "kid-missing", KID_MISSING, 'among the claims, "nhsauth-1"', "not of the payload")
def kid_in_the_payload(world: World) -> TestResponse:
    return world.ask(pyjwt.encode(world.claims(kid="nhsauth-1"), world.key.private, "RS512"))


@case("PyJWT without", "typ-missing", TYP, "has no typ", 'Set typ to "JWT"')
def no_typ(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), {"typ": None}))


@case("another", "typ-missing", TYP, 'says typ "client-authentication+jwt"')
def other_typ(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), {"typ": "client-authentication+jwt"}))


def alg(name: str) -> Make:
    return lambda world: world.ask(world.signed(world.claims(), {"alg": name}))


case("RS256", "alg-not-rs512", ALG, 'alg "RS256"', "what many libraries sign with unless told")(alg("RS256"))
case("PS512", "alg-not-rs512", ALG, 'alg "PS512"', "another padding (PSS)")(alg("PS512"))
case("none", "alg-not-rs512", ALG, 'alg "none"', "no signature at all")(
    lambda world: world.ask(world.by_hand(world.claims(), {"alg": "none", "typ": "JWT", "kid": "nhsauth-1"}))
)
case("HS512 with the PEM", "alg-not-rs512", ALG, "used as mere text")(
    lambda world: world.ask(world.signed(world.claims(), {"alg": "HS512"}, "a secret that is long enough " * 3))
)
case("ES256", "alg-not-rs512", ALG, "an elliptic-curve key")(
    lambda world: world.ask(world.signed(world.claims(), {"alg": "ES256"}, ec.generate_private_key(ec.SECP256R1())))
)


# 18 to 21: the times


def times(**offsets: float) -> Make:
    return lambda world: world.ask(
        world.signed(world.claims(**{name: int(NOW + offset) for name, offset in offsets.items()}))
    )


case("an hour", "lifetime-too-long", TOO_FAR, "exp is 3600 s from now", "the default of Authlib")(times(exp=3600))
case("with iat", "lifetime-too-long", TOO_FAR, "it lives 1800 s from iat")(times(exp=1800, iat=0))
case("ten minutes", "lifetime-too-long", TOO_FAR, "the default of msal")(times(exp=600))
case("minutes", "lifetime-too-long", TOO_FAR, "300 was taken for minutes")(times(exp=18000))
case("odd", "lifetime-too-long", TOO_FAR, "more than five minutes")(times(exp=900))
case("iat", "clock-ahead", TOO_FAR, "exp - iat is 300 s", "about 14 s ahead", "NTP", certainty="likely")(
    times(exp=314, iat=14)
)
case("nbf alone", "not-yet-valid", CATCH_ALL, "nbf is 20 s ahead", "Leave nbf out")(times(exp=200, nbf=20))
case("iat alone", "not-yet-valid", CATCH_ALL, "A clock would have moved exp as well")(times(exp=240, iat=90))
case("an hour by iat", "clock-ahead", TOO_FAR, "1 hour, as when a local time", certainty="likely")(
    times(exp=3900, iat=3600)
)


@case("by as much before", "clock-ahead", TOO_FAR, "about 14 s ahead")
def clock_ahead_again(world: World) -> TestResponse:
    times(exp=314, iat=14)(world)
    return times(exp=314, iat=14)(world)


case("summer time", "clock-behind-or-bst", EXPIRED, "55 min in the past", "British Summer Time", certainty="likely")(
    times(exp=-3300)
)
case("summer time by iat", "clock-behind-or-bst", EXPIRED, "British Summer Time", certainty="likely")(
    times(exp=-3420, iat=-3600)
)
case("made by the mock", "clock-behind-or-bst", EXPIRED, "British Summer Time", certainty="likely")(
    lambda world: world.ask(world.platform.client_assertion(APP, alterations=Alterations(claims={"exp": NOW - 3300})))
)
case("another zone", "clock-behind-or-bst", EXPIRED, "5 hours away from it", certainty="likely")(times(exp=-17700))
case("slow", "clock-behind-or-bst", EXPIRED, "slow, by 30 s at least, or", certainty="possible")(times(exp=-30))


def exp(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(exp=value)))


case("milliseconds", "exp-unit", TOO_FAR, "milliseconds; divide by 1000 and round down")(exp((NOW + 300) * 1000))
case("/ 100", "exp-unit", TOO_FAR, "Date.now() / 100")(exp((NOW + 300) * 10))
case("a span", "exp-unit", EXPIRED, "exp is 300: a lifetime")(exp(300))
case("object", "exp-unit", NOT_NUMBER, "no number")(
    lambda world: world.ask(
        world.by_hand(world.claims(exp={"in": 300}), {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"})
    )
)


def exp_by_hand(value: Any) -> Make:
    """PyJWT refuses to sign these."""
    header = {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}
    return lambda world: world.ask(world.by_hand(world.claims(exp=value), header))


case("text", "exp-unit", NOT_NUMBER, "digits in quotes")(exp_by_hand(str(NOW + 300)))
case("text in the past", "exp-unit", EXPIRED, "digits in quotes")(exp_by_hand("1635263528"))
case("date", "exp-unit", NOT_NUMBER, "a date as text")(exp_by_hand("2027-01-15T08:00:00Z"))
case("iat in milliseconds", "exp-unit", CATCH_ALL, f"iat is {NOW * 1000}: milliseconds")(times(iat=NOW * 999))


# 23: the jti


@case("", "jti-missing", (400, "Missing 'jti' claim in client_assertion JWT"), "has no jti", "uuid4")
def no_jti(world: World) -> TestResponse:
    claims = world.claims()
    del claims["jti"]
    return world.ask(world.signed(claims))


@case(
    "",
    "jti-number",
    (400, "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID"),
    "jti is 1234567890",
)
def jti_is_a_number(world: World) -> TestResponse:
    header = {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}
    return world.ask(world.by_hand(world.claims(jti=1234567890), header))


def world_of(platform: Platform, mistake: Mistake, ring: KeyRing, strangers: KeyRing) -> World:
    if mistake.configuration != Configuration():
        platform = Platform(mistake.configuration, ring=ring, clock=platform.clock)
    return World(platform=platform, http=Client(platform), strangers=strangers)


@pytest.fixture(scope="session")
def strangers(key_cache: Path) -> KeyRing:
    """Keys that no platform holds, made once a run."""
    return KeyRing(key_cache)


def sentence(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error_description"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_found_first_and_told_with_its_facts(
    platform: Platform, ring: KeyRing, strangers: KeyRing, mistake: Mistake
) -> None:
    world = world_of(platform, mistake, ring, strangers)

    answer = mistake.make(world)

    record = world.platform.exchanges.last
    assert sentence(answer) == mistake.wire
    assert [finding.id for finding in record.findings[:1]] == [mistake.id]
    assert record.findings[0].certainty == mistake.certainty
    assert [fact for fact in mistake.facts if fact not in str(record.findings[0])] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_explaining_changes_nothing_that_the_mock_remembers(
    platform: Platform, ring: KeyRing, strangers: KeyRing, mistake: Mistake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")  # nobody reads the log: nothing is explained yet
    world = world_of(platform, mistake, ring, strangers)
    mistake.make(world)
    before = world.platform.snapshot()

    findings = world.platform.exchanges.last.findings

    assert findings != ()
    assert world.platform.snapshot() == before


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_what_goes_out_is_the_same_whether_it_is_explained_or_not(
    ring: KeyRing, strangers: KeyRing, mistake: Mistake
) -> None:
    answers = []
    for diagnosis in (True, False):
        clock = Clock()
        clock.set(NOW, frozen=True)
        configuration = replace(mistake.configuration, diagnosis=diagnosis)
        platform = Platform(configuration, ring=ring, clock=clock, random=Random(1))
        answers.append(mistake.make(World(platform=platform, http=Client(platform), strangers=strangers)))

    explained, silent = answers

    assert (explained.status, list(explained.headers), explained.data) == (
        silent.status,
        list(silent.headers),
        silent.data,
    )


def verifications(record: Record) -> int:
    """How many RSA signatures are checked to explain an exchange."""
    calls: Counter[str] = Counter()
    before = sys.getprofile()
    sys.setprofile(lambda _, event, called: calls.update([called.__qualname__] if event == "c_call" else ()))
    try:
        record.examination()
    finally:
        sys.setprofile(before)
    return calls["RSAPublicKey.verify"]


@pytest.mark.parametrize("mistake", [each for each in MISTAKES if each.wire != SIGNATURE], ids=str)
def test_explaining_checks_one_signature_at_most_unless_that_is_what_failed(
    platform: Platform, ring: KeyRing, strangers: KeyRing, mistake: Mistake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")
    world = world_of(platform, mistake, ring, strangers)
    mistake.make(world)

    assert verifications(world.platform.exchanges.last) <= 1


def test_the_count_sees_the_signatures_that_are_tried_when_one_fails(
    platform: Platform, http: Client, strangers: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")
    key_of_nobody(World(platform=platform, http=http, strangers=strangers))

    assert verifications(platform.exchanges.last) > 1


def test_a_secret_as_iss_is_cut_in_every_sentence(platform: Platform, http: Client, strangers: KeyRing) -> None:
    secret_as_iss(World(platform=platform, http=http, strangers=strangers))

    record = platform.exchanges.last
    assert "nhsauth-secret" not in f"{record.diagnosis} {record.findings}"


def test_a_retry_after_a_connection_that_broke_off_is_told_as_that(platform: Platform) -> None:
    platform.faults.order(Fault(on="token", do="drop", processed=True, times=1))
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}

    with platform.serving() as server:
        form["client_assertion"] = platform.client_assertion(APP, token_url=f"{server.url}/oauth2/token")
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{server.url}/oauth2/token", form, timeout=10)
        answer = requests.post(f"{server.url}/oauth2/token", form, timeout=10)

    finding = platform.exchanges.last.findings[0]
    assert answer.json()["error_description"] == JTI_USED[1]
    assert (finding.id, finding.certainty) == ("retry-resends-assertion", "certain")


HOSTILE = {
    "terminal escapes": "\x1b]0;owned\x07\x1b[2J",
    "HTML": "<script>alert(1)</script>",
    "lines": "one\r\ntwo\n09:00:00 WARNING forged",
    "other letters": "\u202ereversed \U0001f600 \ud800",
    "most of a megabyte": "x" * 700_000,
    "nothing": "",
}
PLACES = ("header.kid", "header.typ", "header.alg", "iss", "sub", "aud", "jti", "exp", "iat", "nbf")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_a_claim_holds_is_told_in_short_lines_of_harmless_letters(
    platform: Platform, http: Client, strangers: KeyRing, caplog: pytest.LogCaptureFixture, place: str, hostile: str
) -> None:
    world = World(platform=platform, http=http, strangers=strangers)
    header, claims = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}, world.claims(iat=NOW, nbf=NOW)
    changed = header if place.startswith("header.") else claims
    changed[place.removeprefix("header.")] = hostile

    world.ask(world.by_hand(claims, header))

    record = platform.exchanges.last
    lines = [line for finding in record.findings for line in finding.lines()]
    assert record.refusal is None or record.findings != ()
    assert "could not be explained" not in caplog.text
    assert "failed on exchange" not in caplog.text
    assert [line for line in lines if len(line) > 3000 or not line.replace("…", "").isascii()] == []
    assert [line for line in lines if not line.isprintable()] == []


NUMBERS = (10**500, -(10**500), 1.7e308, -1, 0, 0.5, True, None, [], {}, [NOW], 10**15, -(10**15))


@pytest.mark.parametrize("place", ["exp", "iat", "nbf", "jti", "iss", "sub", "aud", "header.kid", "header.alg"])
@pytest.mark.parametrize("now", [0, NOW])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: str(value)[:12])
def test_no_number_and_no_clock_makes_a_finder_stumble(
    platform: Platform,
    http: Client,
    strangers: KeyRing,
    caplog: pytest.LogCaptureFixture,
    place: str,
    now: int,
    value: Any,
) -> None:
    platform.clock.set(now, frozen=True)
    world = World(platform=platform, http=http, strangers=strangers)
    header, claims = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}, world.claims(iat=now, nbf=now)
    changed = header if place.startswith("header.") else claims
    changed[place.removeprefix("header.")] = value

    world.ask(world.by_hand(claims, header))

    record = platform.exchanges.last
    assert len(record.explained()) < 5000
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("field", ["client_assertion", "subject_token", "grant_type", "client_secret"])
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_parameter_holds_is_told_in_harmless_letters(
    platform: Platform, http: Client, strangers: KeyRing, caplog: pytest.LogCaptureFixture, field: str, hostile: str
) -> None:
    world = World(platform=platform, http=http, strangers=strangers)

    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN_TYPE, "client_assertion_type": ASSERTION_TYPE}
    sent = {"client_assertion": world.signed(world.claims()), "subject_token": "x", **form}

    world.post({**sent, field: hostile.encode(errors="surrogatepass")})

    record = platform.exchanges.last
    assert "could not be explained" not in caplog.text
    assert "failed on exchange" not in caplog.text
    assert record.explained().replace("…", "").replace("\n", "").isprintable()
    assert record.explained().replace("…", "").isascii()


def test_of_a_key_with_two_names_the_telling_one_is_told(key_cache: Path) -> None:
    ring = KeyRing(key_cache)
    pair = ring.pair("a-second-name", bits=2048)
    ring.add("cis2", pair.private)
    platform = Platform(ring=ring)
    kid = platform.apps.jwks(platform.apps.get("nhsauth-app"))["keys"][0]["kid"]
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app", key=KeyPair(kid=kid, private=pair.private)),
    }

    Client(platform).post("/oauth2/token", data=form, base_url=platform.url)

    assert "of CIS2" in platform.exchanges.last.findings[0].seen
