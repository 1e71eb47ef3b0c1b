"""Cures are followed as they are written, under plain and under real host names."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import Wanted
from mock_servers.jose.jwks import Redirect
from mock_servers.jose.jwts import Alterations
from mock_servers.journal.finding import Finding
from mock_servers.mock import Mock
from mock_servers.state.configuration import Api

REDIRECT = "https://app.example/callback"
INT, REF = "https://int.api.service.nhs.uk", "https://ref.api.service.nhs.uk"
CIS2_INT = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443"
CIS2_DEP = "https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443"
CIS2_PATH = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
NHS_LOGIN = "https://auth.aos.signin.nhs.uk"
REALMS = "https://identity.ptl.api.platform.nhs.uk"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
PLAIN = "http://127.0.0.1:8080"
TOKEN = f"{PLAIN}/oauth2/token"


@dataclass
class Bench:
    """A client of the platform that calls whole URLs, real ones among them."""

    platform: Mock

    def post(self, url: str, form: Mapping[str, Any]) -> TestResponse:
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        return Client(self.platform).post(parts.path, data=form, base_url=base)

    def assertion(self, url: str) -> dict[str, str]:
        signed = self.platform.client_assertion("nhsauth-app", token_url=url)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def exchange(self, url: str, subject_token: str) -> TestResponse:
        form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": subject_token}
        return self.post(url, {**form, **self.assertion(url)})

    def code(self, provider: str, issuer: str) -> str:
        """Log in at a provider as a browser does."""
        scopes = "openid profile" if provider == "nhs_login" else "openid"
        authorize = f"{issuer}/protocol/openid-connect/auth" if issuer.startswith(REALMS) else f"{issuer}/authorize"
        user = "9912003071" if provider == "nhs_login" else "656005750104"
        query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&scope={scopes}&state=s&nonce=n"
        landed = self.platform.log_in(f"{authorize}?{query}", user=user)
        return dict(parse_qsl(urlsplit(landed).query))["code"]

    def ask(self, url: str = f"{PLAIN}/oauth2/token", **changes: Any) -> TestResponse:
        """Ask for an application's token; a change to `None` leaves the parameter out."""
        form = {"grant_type": "client_credentials", **self.assertion(url), **changes}
        return self.post(url, {name: value for name, value in form.items() if value is not None})

    def signed(self, *without: str, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        changes = Alterations(headers=headers or {}, claims=claims, without=without)
        return self.platform.client_assertion("nhsauth-app", alterations=changes)

    def foreign_assertion(self) -> dict[str, str]:
        """An assertion of the app, whose key the mock no longer holds."""
        key = self.platform.ring.pair("nhsauth-foreign", bits=2048, kid="nhsauth-1")
        signed = self.platform.client_assertion("nhsauth-app", key=key)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def id_token(self) -> str:
        return self.platform.id_token("cis2", Wanted(client_id="nhsauth-app"))

    def publish(self, body: Any) -> None:
        """Let the app's key set be this body, or what a list of keys makes one."""
        served = body if isinstance(body, bytes) else json.dumps({"keys": body}).encode()
        self.platform.store.jwks.restore({})
        for service in self.platform.token_services:
            object.__setattr__(service, "fetch", lambda _: served)

    def jwk(self, *without: str, **changes: Any) -> dict[str, Any]:
        (public,) = self.platform.apps.jwks(self.platform.apps.get("nhsauth-app"))["keys"]
        return {name: value for name, value in {**public, **changes}.items() if name not in without}

    def told(self, *facts: str, id: str, certainty: str = "certain") -> None:  # noqa: A002 - a finding's own word
        """Assert what the first finding says."""
        text = str(self.top)
        assert (self.top.id, self.top.certainty) == (id, certainty), text
        assert [fact for fact in facts if fact not in text] == [], text

    @property
    def top(self) -> Finding:
        return self.platform.exchanges.last.findings[0]


@pytest.fixture
def bench(platform: Mock) -> Bench:
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    for host in platform.names.hosts:
        platform.names.origins.add(host.origin)
    return Bench(platform=platform)


def url_in(text: str) -> str:
    found = re.search(r"https?://[^\s\",]+", text)
    assert found is not None, text
    return found[0]


@pytest.mark.parametrize(
    ("at", "provider", "issuer"),
    [
        (f"{PLAIN}/oauth2/token", "cis2", f"{PLAIN}{CIS2_PATH}"),
        (f"{PLAIN}/oauth2/token", "nhs_login", PLAIN),
        (f"{INT}/oauth2/token", "cis2", f"{CIS2_INT}{CIS2_PATH}"),
        (f"{INT}/oauth2/token", "nhs_login", NHS_LOGIN),
        (f"{REF}/oauth2/token", "cis2", f"{CIS2_DEP}{CIS2_PATH}"),
        (f"{INT}/oauth2-mock/token", "cis2", f"{REALMS}/realms/Cis2-mock-int"),
    ],
)
def test_a_code_in_place_of_an_id_token_is_redeemed_where_the_cure_says(
    bench: Bench, at: str, provider: str, issuer: str
) -> None:
    code = bench.code(provider, issuer)

    answer = bench.exchange(at, code)

    assert answer.get_json()["error_description"] == "Malformed JWT in subject_token"
    assert (bench.top.id, bench.top.certainty) == ("code-as-subject-token", "certain")
    redeem_at = url_in(bench.top.cure)
    assert redeem_at.startswith(issuer)
    proof = bench.assertion(redeem_at) if "client assertion" in bench.top.cure else SECRET
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof}
    redeemed = bench.post(redeem_at, form)
    assert bench.exchange(at, redeemed.get_json()["id_token"]).status_code == 200


@pytest.mark.parametrize(
    ("code_of", "sent_to"),
    [
        (f"{CIS2_INT}{CIS2_PATH}", f"{INT}/oauth2/token"),
        (f"{CIS2_INT}{CIS2_PATH}", f"{NHS_LOGIN}/token"),
        (f"{CIS2_DEP}{CIS2_PATH}", f"{PLAIN}/oauth2/token"),
    ],
)
def test_a_code_at_the_wrong_service_is_redeemed_where_the_cure_says(bench: Bench, code_of: str, sent_to: str) -> None:
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", code_of), "redirect_uri": REDIRECT}

    answer = bench.post(sent_to, {**form, **(bench.assertion(sent_to) if "signin" in sent_to else SECRET)})

    assert answer.status_code in (400, 401)
    assert (bench.top.id, bench.top.certainty) == ("code-spent-or-late", "certain")
    assert bench.post(url_in(bench.top.cure), {**form, **SECRET}).status_code == 200


# key sets


@pytest.mark.parametrize(
    ("without", "changes", "sent", "words"),
    [
        (["kid"], {}, "test-1", "has no kid"),
        ([], {"kid": 7}, "7", "has kid 7, which is not text"),
        ([], {"kid": None}, "test-1", "has kid null, which is not text"),
    ],
)
def test_a_kid_is_added_to_a_key_set_that_lacks_it(
    bench: Bench, without: Sequence[str], changes: Mapping[str, Any], sent: str, words: str
) -> None:
    bench.publish([bench.jwk(*without, **changes)])

    answer = bench.ask(client_assertion=bench.signed(headers={"kid": sent}))

    assert answer.get_json()["error_description"] == (
        "Invalid 'kid' header in client_assertion JWT - no matching public key"
    )
    bench.told(words, f'Add "kid": "{sent}" to the JWK', id="jwk-without-kid")
    bench.publish([bench.jwk(kid=sent)])
    assert bench.ask(client_assertion=bench.signed(headers={"kid": sent})).status_code == 200


def test_of_several_keys_the_one_without_kid_is_named_that_signed(bench: Bench) -> None:
    bench.publish([bench.jwk("kid"), {**bench.platform.providers["cis2"].key().public_jwk(alg="RS512"), "kid": "x"}])

    bench.ask()

    bench.told("its key in the registered set has no kid", id="jwk-without-kid")


@pytest.mark.parametrize("kid", ["your-kid", "<kid>", "${KID}", "undefined"])
def test_a_kid_that_was_not_filled_in(bench: Bench, kid: str) -> None:
    bench.ask(client_assertion=bench.signed(headers={"kid": kid}))

    bench.told("a variable that was not filled in", 'Send kid "nhsauth-1"', id="wrong-kid")
    assert bench.ask(client_assertion=bench.signed(headers={"kid": "nhsauth-1"})).status_code == 200


@pytest.mark.parametrize(
    ("make", "good", "words"),
    [
        (lambda jwk: {**jwk, "n": None}, {}, "it lacks n or e"),
        (lambda jwk: {name: jwk[name] for name in ("kid", "n", "e")}, {"kty": "RSA"}, 'Add "kty": "RSA" to the JWK'),
        (lambda jwk: {"kid": jwk["kid"], "x5c": ["MIIC"]}, {}, "does not read x5c. You can keep the key"),
        (lambda jwk: {"kid": jwk["kid"], "kty": "RSA", "pem": "-----BEGIN PUBLIC KEY-----"}, {}, '"pem" holds a PEM'),
    ],
)
def test_a_jwk_that_lacks_something_is_mended_and_the_key_stays(
    bench: Bench, make: Callable[[dict[str, Any]], dict[str, Any]], good: Mapping[str, Any], words: str
) -> None:
    bench.publish([make(bench.jwk())])

    answer = bench.ask()

    assert answer.status_code == 401
    bench.told(words, id="weak-or-odd-key")
    assert ("Make an RSA key" in bench.top.cure) is (words == "it lacks n or e")
    bench.publish([{**make(bench.jwk()), "n": bench.jwk()["n"], "e": bench.jwk()["e"], "kty": "RSA", **good}])
    assert bench.ask().status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"keys": ["-----BEGIN PUBLIC KEY-----"]}', "a list of keys with a PEM key in it"),
        (Redirect(b"<html>Moved</html>"), "Register the URL that it redirects to"),
        (Redirect(b""), "a redirect, which is not followed"),
    ],
)
def test_what_is_no_key_set_is_named(bench: Bench, body: bytes, words: str) -> None:
    bench.publish(body)

    answer = bench.ask()

    assert answer.status_code == 401
    bench.told(words, id="jwks-is-not-a-set")
    bench.publish([bench.jwk()])
    assert bench.ask().status_code == 200


def test_a_fetched_redirect_is_known_as_one(bench: Bench) -> None:
    query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&state=s"
    bench.platform.apps.change("nhsauth-app", jwks_url=f"{PLAIN}/oauth2/authorize?{query}")
    bench.platform.apps.change("nhsauth-app", key_name=None)

    bench.post(f"{PLAIN}/oauth2/token", {"grant_type": "client_credentials", **bench.foreign_assertion()})

    bench.told("a redirect, which is not followed", id="jwks-is-not-a-set")


def test_standard_base64_in_a_jwk_passes_with_advice(bench: Bench) -> None:
    n = bench.jwk()["n"].replace("-", "+").replace("_", "/") + "=="
    bench.publish([bench.jwk(n=n)])

    answer = bench.ask()

    (advice,) = bench.platform.exchanges.last.advice
    assert answer.status_code == 200
    assert "n of the JWK" in advice
    assert "base64url" in advice


@pytest.mark.parametrize("scope", ["nhs_login", "NHS-login", "openid nhs-login", "nhslogin"])
def test_a_scope_that_is_nearly_nhs_login_goes_to_cis2_with_advice(bench: Bench, scope: str) -> None:
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "state": "s"}

    answer = Client(bench.platform).get("/oauth2/authorize", query_string={**query, "scope": scope}, base_url=PLAIN)

    assert answer.status_code == 302
    assert any("only exactly nhs-login picks NHS login" in each for each in bench.platform.exchanges.last.advice)


# values


def refresh_form(bench: Bench, **changes: str) -> dict[str, str]:
    token = bench.exchange(f"{PLAIN}/oauth2/token", bench.id_token()).get_json()["refresh_token"]
    return {"grant_type": "refresh_token", "refresh_token": token, **SECRET, **changes}


def code_form(bench: Bench, **changes: str) -> dict[str, str]:
    query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&state=s"
    landed = bench.platform.log_in(f"{PLAIN}/oauth2/authorize?{query}", user="656005750104")
    code = dict(parse_qsl(urlsplit(landed).query))["code"]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET, **changes}


def application_form(bench: Bench, **changes: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", **bench.assertion(TOKEN), **changes}


def exchange_form(bench: Bench, **changes: str) -> dict[str, str]:
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": bench.id_token()}
    return {**form, **bench.assertion(TOKEN), **changes}


def cis2_form(bench: Bench, **changes: str) -> dict[str, str]:
    code = bench.code("cis2", f"{PLAIN}{CIS2_PATH}")
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET, **changes}


FORMS: Mapping[str, tuple[str, Callable[..., dict[str, str]]]] = {
    "client_credentials": (TOKEN, application_form),
    "token_exchange": (TOKEN, exchange_form),
    "code": (TOKEN, code_form),
    "refresh": (TOKEN, refresh_form),
    "cis2": (f"{PLAIN}{CIS2_PATH}/access_token", cis2_form),
}
"""The five token requests, good as they are."""
SENT = [
    ("client_credentials", "client_assertion"),
    ("token_exchange", "client_assertion"),
    ("token_exchange", "subject_token"),
    ("code", "client_id"),
    ("code", "client_secret"),
    ("code", "code"),
    ("refresh", "client_id"),
    ("refresh", "client_secret"),
    ("refresh", "refresh_token"),
    ("cis2", "client_secret"),
    ("cis2", "code"),
]
OPAQUE = [each for each in SENT if each[1] not in ("client_assertion", "subject_token")]
JWTS = [each for each in SENT if each[1] in ("client_assertion", "subject_token")]


@pytest.mark.parametrize("kind", FORMS)
def test_each_token_request_is_good_to_begin_with(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    assert bench.post(url, form(bench)).status_code == 200


def wrong(bench: Bench, kind: str, name: str, value: str) -> None:
    """Send a value in place of a good one."""
    url, form = FORMS[kind]
    assert bench.post(url, form(bench, **{name: value})).status_code in (400, 401)


def followed(bench: Bench, kind: str) -> int:
    """Send the request anew, as it should have been; the status."""
    url, form = FORMS[kind]
    return bench.post(url, form(bench)).status_code


@pytest.mark.parametrize(("kind", "name"), OPAQUE)
@pytest.mark.parametrize("value", ["undefined", "None", "<your value>", "${VALUE}"])
def test_a_variable_that_was_not_filled_in(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.told(f"{name} is", "a variable that was not filled in", id="variable-not-filled-in")
    assert f"Send as {name} the" in bench.top.cure
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), JWTS)
@pytest.mark.parametrize("value", ["null", "{{token}}", "./token.jwt", "/run/secrets/token"])
def test_a_jwt_that_was_not_filled_in(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.told(f"{name} is", "never", id="mangled-jwt")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), OPAQUE)
def test_a_path_in_place_of_what_is_in_the_file(bench: Bench, kind: str, name: str) -> None:
    wrong(bench, kind, name, "/run/secrets/value.txt")

    bench.told("the path of a file", "read the file", id="variable-not-filled-in", certainty="likely")


@pytest.mark.parametrize(
    ("value", "words", "certainty"),
    [
        ("<client id>", "a variable that was not filled in", "certain"),
        ("your-client-id", "a variable that was not filled in", "certain"),
        ("client.json", "the path of a file", "likely"),
    ],
)
def test_an_iss_that_was_not_filled_in(bench: Bench, value: str, words: str, certainty: str) -> None:
    bench.ask(client_assertion=bench.signed(iss=value, sub=value))

    bench.told(words, "nhsauth-app", id="app-not-known-here", certainty=certainty)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        *((*each, value) for each in SENT for value in ("", " ")),
        ("code", "redirect_uri", ""),
        ("refresh", "grant_type", ""),
    ],
)
def test_empty_is_not_absent(bench: Bench, kind: str, name: str, value: str) -> None:
    wrong(bench, kind, name, value)

    bench.told(f"{name} was sent, but", id="empty-parameter")
    assert "between dots" not in bench.platform.exchanges.last.explained()
    assert value or f"an empty {name}" in (bench.platform.exchanges.last.diagnosis or "") or kind == "cis2"
    assert followed(bench, kind) == 200


def private_forms(bench: Bench) -> dict[str, str]:
    """The app's private key as clients send it."""
    key = bench.platform.apps.key(bench.platform.apps.get("nhsauth-app"))
    assert key is not None
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    der = key.private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {
        "pem": pem.decode(),
        "one line": pem.decode().replace("\n", "\\n"),
        "base64 of it": base64.b64encode(pem).decode(),
        "der": base64.b64encode(der).decode(),
        "jwk": json.dumps({"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}),
        "jwks": json.dumps({"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}]}),
    }


@pytest.mark.parametrize("form", ["pem", "one line", "base64 of it", "der", "jwk", "jwks"])
@pytest.mark.parametrize(("kind", "name"), SENT)
def test_a_private_key_is_told_loudly_and_alone(bench: Bench, kind: str, name: str, form: str) -> None:
    value = private_forms(bench)[form]

    wrong(bench, kind, name, value)

    bench.told(f"{name} contains a PRIVATE KEY", "Withdraw this key NOW", id="private-key-sent")
    record = bench.platform.exchanges.last
    assert [finding.id for finding in record.findings if finding.certainty == "certain"] == ["private-key-sent"]
    told = record.explained() + json.dumps(record.as_json())
    assert [piece for piece in re.findall(r"[A-Za-z0-9+/]{16}", value)[1:] if piece in told] == []


def test_a_private_key_in_a_place_of_no_meaning_is_told(bench: Bench) -> None:
    answer = bench.ask(private_key=private_forms(bench)["pem"])

    assert answer.status_code == 200
    assert any("PRIVATE KEY" in advice for advice in bench.platform.exchanges.last.advice)


@pytest.mark.parametrize("name", ["authorization", "apikey"])
def test_a_private_key_in_a_header_is_told(bench: Bench, name: str) -> None:
    key = private_forms(bench)["base64 of it"]
    value = f"Bearer {key}" if name == "authorization" else key

    Client(bench.platform).get("/hello-world/hello/user", headers={name: value}, base_url=PLAIN)

    bench.told("PRIVATE KEY", id="private-key-sent")


def test_a_private_key_in_a_claim_is_told(bench: Bench) -> None:
    pem = private_forms(bench)["pem"]

    bench.ask(client_assertion=bench.signed(iss=pem, sub=pem))

    bench.told("PRIVATE KEY", id="private-key-sent")


@pytest.mark.parametrize(("kind", "name"), SENT)
def test_a_public_key_is_told_as_what_it_is(bench: Bench, kind: str, name: str) -> None:
    wrong(bench, kind, name, "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")

    bench.told(f"{name} is a PEM (public key)", "does no harm", id="public-key-sent")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(("kind", "name"), SENT)
@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"error": "invalid_grant", "error_description": "code was used"}, 'failed ("code was used")'),
        ({"sub": "9912003071", "given_name": "A"}, "the answer of a userinfo endpoint"),
        ({"iss": "a", "sub": "a", "jti": "x", "exp": 5}, "is not signed"),
    ],
)
def test_json_in_place_of_a_value(bench: Bench, kind: str, name: str, members: Mapping[str, Any], words: str) -> None:
    wrong(bench, kind, name, json.dumps(members))

    bench.told(f"{name} is JSON", words, id="json-as-value")
    assert followed(bench, kind) == 200


def test_a_whole_token_answer_has_the_id_token_in_it(bench: Bench) -> None:
    answer = json.dumps({"access_token": "x", "id_token": bench.id_token(), "expires_in": 599})

    wrong(bench, "token_exchange", "subject_token", answer)

    bench.told("Send only its id_token", id="json-as-value")
    assert bench.exchange(TOKEN, json.loads(answer)["id_token"]).status_code == 200


WRAPPED: Mapping[str, Callable[[str], str]] = {
    "white space": lambda value: f" {value}\n",
    "quotes": lambda value: f'"{value}"',
    "b'…'": lambda value: f"b'{value}'",
    "encoded twice": lambda value: "".join(f"%{ord(each):02X}" for each in value),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "quotes and white space": lambda value: f'"{value}"\n',
}


@pytest.mark.parametrize(
    ("kind", "name", "wrapping"),
    [
        (*each, wrapping)
        for each in SENT
        for wrapping in WRAPPED
        if wrapping != "base64" or each[1] not in ("client_id", "code")  # too few characters to be told from others
    ],
)
def test_a_value_with_something_around_it(bench: Bench, kind: str, name: str, wrapping: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    answer = bench.post(url, {**good, name: WRAPPED[wrapping](good[name])})

    assert answer.status_code in (400, 401)
    words = wrapping.rsplit(" and ", maxsplit=1)[-1]
    bench.told(name, words, id="mangled-jwt" if (kind, name) in JWTS else "wrapped-value")
    proof = bench.assertion(TOKEN) if "client_assertion" in good else {}
    assert bench.post(url, {**good, **proof}).status_code == 200


@pytest.mark.parametrize(("kind", "name"), [("code", "code"), ("cis2", "code")])
def test_a_code_with_its_name_and_the_state(bench: Bench, kind: str, name: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, name: f"code={good[name]}&state=s"})

    bench.told("the name of the parameter in front of it", id="wrapped-value")
    assert bench.post(url, good).status_code == 200


# the body


def raw(bench: Bench, body: bytes, url: str = TOKEN, **headers: str) -> TestResponse:
    parts = urlsplit(url)
    content_type = headers.pop("content_type", "application/x-www-form-urlencoded")
    return Client(bench.platform).post(
        parts.path,
        data=body,
        base_url=f"{parts.scheme}://{parts.netloc}",
        content_type=content_type,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@pytest.mark.parametrize("kind", FORMS)
def test_a_multipart_body(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    answer = raw(bench, b"--x\r\n", url, content_type="multipart/form-data; boundary=x")

    assert answer.status_code in (400, 415)
    bench.told("files={…}", "URLSearchParams", id="multipart-body")
    assert bench.post(url, form(bench)).status_code == 200


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("told", [True, False])
def test_a_compressed_body(bench: Bench, kind: str, *, told: bool) -> None:
    url, form = FORMS[kind]
    headers = {"Content_Encoding": "gzip"} if told else {}

    answer = raw(bench, gzip.compress(urlencode(form(bench)).encode()), url, **headers)

    assert answer.status_code == 400
    bench.told("The body is compressed", "uncompressed", id="compressed-body")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_a_whole_form_that_was_encoded_twice(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    answer = raw(bench, quote_plus(urlencode(form(bench))).encode(), url)

    assert answer.status_code == 400
    bench.told("Encode once", id="encoded-twice")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(("by", "words"), [("\n", '"\\n"'), ("\r\n", '"\\r\\n"'), ("; ", '"; "'), (",", '","')])
def test_parameters_that_are_joined_by_something_else(bench: Bench, kind: str, by: str, words: str) -> None:
    url, form = FORMS[kind]
    body = by.join(f"{name}={value}" for name, value in form(bench).items())

    answer = raw(bench, body.encode(), url)

    assert answer.status_code in (400, 401)
    bench.told(f"between them is {words}", "Join the parameters by &", id="parameters-joined")
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["parameters-joined"]
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("kind", "name", "sent"),
    [
        ("client_credentials", "client_assertion", "assertion"),
        ("client_credentials", "client_assertion", "clientAssertion"),
        ("client_credentials", "grant_type", "grantType"),
        ("client_credentials", "client_assertion_type", "client-assertion-type"),
        ("token_exchange", "subject_token", "subjectToken"),
        ("token_exchange", "subject_token_type", "subjectTokenType"),
        ("refresh", "refresh_token", "refreshToken"),
        ("refresh", "client_secret", "clientSecret"),
        ("code", "redirect_uri", "redirectUri"),
        ("code", "client_id", "clientId"),
        ("cis2", "grant_type", "GRANT_TYPE"),
        ("cis2", "redirect_uri", "redirectUri"),
    ],
)
def test_a_parameter_under_another_name(bench: Bench, kind: str, name: str, sent: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    answer = bench.post(url, {sent if each == name else each: value for each, value in good.items()})

    assert answer.status_code in (400, 401)
    bench.told(f'The form has "{sent}", and no {name}', f"Call it {name}.", id="parameter-name")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (None, "no client_assertion_type"),
        (ASSERTION_TYPE.replace(":", "%3A"), "encoded twice"),
        (f" {ASSERTION_TYPE}", "white space"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "the URN of a grant type"),
        ("jwt-bearer", "character by character"),
    ],
)
@pytest.mark.parametrize("kind", ["client_credentials", "token_exchange"])
def test_the_type_of_an_assertion(bench: Bench, kind: str, sent: str | None, words: str) -> None:
    url, form = FORMS[kind]
    changed = {**form(bench), "client_assertion_type": sent}

    answer = bench.post(url, {name: value for name, value in changed.items() if value is not None})

    assert answer.status_code == 400
    bench.told(words, f"Send client_assertion_type={ASSERTION_TYPE}.", id="client-assertion-type")
    assert followed(bench, kind) == 200


# tokens in the wrong place


def call(bench: Bench, path: str = "/hello-world/hello/user", base: str = PLAIN, **headers: str) -> TestResponse:
    return Client(bench.platform).get(path, headers=headers, base_url=base)


def tokens_of_cis2(bench: Bench, base: str = PLAIN) -> dict[str, Any]:
    issuer = f"{base}{CIS2_PATH}"
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", issuer), "redirect_uri": REDIRECT, **SECRET}
    members: dict[str, Any] = bench.post(f"{issuer}/access_token", form).get_json()
    return members


def user_token(bench: Bench, url: str = TOKEN) -> dict[str, Any]:
    origin = CIS2_INT if url.startswith("https:") else None
    id_token = bench.platform.id_token("cis2", Wanted(client_id="nhsauth-app"), origin=origin)
    members: dict[str, Any] = bench.exchange(url, id_token).get_json()
    return members


def test_a_token_in_the_query(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    answer = call(bench, f"/hello-world/hello/user?access_token={token}")

    assert answer.status_code == 401
    bench.told("access_token in the URL", "in the header Authorization: Bearer", id="token-in-query")
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["token-in-query"]
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("known", [True, False])
def test_a_client_assertion_as_bearer(bench: Bench, *, known: bool) -> None:
    assertion = bench.signed()
    if not known:
        bench.platform.store.issued.restore({})

    answer = call(bench, "/hello-world/hello/application", Authorization=f"Bearer {assertion}")

    assert answer.status_code == 401
    bench.told("ost it to the token endpoint", id="assertion-as-bearer")
    token = bench.ask(client_assertion=assertion).get_json()["access_token"]
    assert call(bench, "/hello-world/hello/application", Authorization=f"Bearer {token}").status_code == 200


def test_an_assertion_in_basic_is_moved_into_the_form(bench: Bench) -> None:
    assertion = bench.signed()
    basic = base64.b64encode(f"nhsauth-app:{assertion}".encode()).decode()

    raw(bench, b"grant_type=client_credentials", Authorization=f"Basic {basic}")

    bench.told("Move the JWT into the form", ASSERTION_TYPE, id="credentials-in-basic")
    assert bench.ask(client_assertion=assertion).status_code == 200


def test_an_access_token_of_cis2_at_an_api(bench: Bench) -> None:
    token = tokens_of_cis2(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token}")

    bench.told(
        "works only at CIS2's own userinfo", "Send the access_token of the platform's", id="provider-token-at-api"
    )
    assert call(bench, f"{CIS2_PATH}/userinfo", Authorization=f"Bearer {token}").status_code == 200


def test_an_access_token_of_cis2_at_the_platforms_userinfo(bench: Bench) -> None:
    token = tokens_of_cis2(bench)["access_token"]

    call(bench, "/oauth2/userinfo", Authorization=f"Bearer {token}")

    bench.told("the combined flow", "that provider's own userinfo", id="provider-token-at-api")
    combined = bench.post(TOKEN, code_form(bench)).get_json()["access_token"]
    assert call(bench, "/oauth2/userinfo", Authorization=f"Bearer {combined}").status_code == 200


def test_a_refresh_token_of_cis2_at_the_platform(bench: Bench) -> None:
    bench.platform.apps.change("nhsauth-app", grant_types=("authorization_code", "refresh_token"))
    token = tokens_of_cis2(bench)["refresh_token"]

    bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": token, **SECRET})

    bench.told(
        "the refresh token that CIS2 issued",
        "renews only CIS2's tokens",
        "the platform's last token answer",
        id="token-of-other-service",
    )
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["token-of-other-service"]
    own = user_token(bench)["refresh_token"]
    assert bench.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": own, **SECRET}).status_code == 200


@pytest.mark.parametrize("base", [REF, "https://internal-dev.api.service.nhs.uk"])
def test_a_token_of_another_environment(bench: Bench, base: str) -> None:
    tokens = user_token(bench, f"{INT}/oauth2/token")

    call(bench, base=base, Authorization=f"Bearer {tokens['access_token']}")
    bench.told("issued by environment int", id="token-of-other-environment")

    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **SECRET}
    bench.post(f"{base}/oauth2/token", form)
    bench.told("issued by environment int", id="token-of-other-environment")
    assert bench.post(f"{INT}/oauth2/token", form).status_code == 200
    assert call(bench, base=INT, Authorization=f"Bearer {tokens['access_token']}").status_code == 200


# paths


@pytest.mark.parametrize("path", ["/personal-demographics/FHIR/R4/Patient/9000000009", "/nothing"])
def test_an_unknown_api_with_a_good_token_is_told_nothing_of_tokens(bench: Bench, path: str) -> None:
    token = user_token(bench)["access_token"]

    answer = call(bench, path, Authorization=f"Bearer {token}")

    assert answer.status_code == 404
    bench.told("under apis", id="wrong-path", certainty="likely")
    record = bench.platform.exchanges.last
    assert len(record.findings) == 1
    assert not re.search("token|JSON|Authorization", record.explained())


def test_an_api_path_that_is_nearly_right(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, "/helo-world/hello/user", Authorization=f"Bearer {token}")

    bench.told("Did you mean GET /hello-world/hello/user?", id="wrong-path")
    assert call(bench, "/hello-world/hello/user", Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("path", ["/oauth2/tokens", "/oauth2/access_token", "/oauth/token2"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_mistyped_token_path_is_told_alone(bench: Bench, path: str, content_type: str) -> None:
    answer = raw(bench, b'{"grant_type": "client_credentials"}', f"{PLAIN}{path}", content_type=content_type)

    assert answer.status_code == 404
    bench.told("Did you mean POST /oauth2/token?", id="wrong-path")
    assert len(bench.platform.exchanges.last.findings) == 1


@pytest.mark.parametrize("path", ["/favicon.ico", "/health", "/", "/oauth2/health", "/robots.txt", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_is_told_nothing(bench: Bench, path: str, method: str) -> None:
    answer = Client(bench.platform).open(path, method=method, base_url=PLAIN)

    assert answer.status_code in (200, 204, 303, 404)
    assert [record.findings for record in bench.platform.exchanges if record.findings] == []


# times


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "British Summer Time"), (-5.5, "5.5 hours away"), (-10, "10 hours away")]
)
@pytest.mark.parametrize("lifetime", [300, 240, 60])
def test_a_clock_that_is_behind_by_a_time_zone(bench: Bench, hours: float, words: str, lifetime: int) -> None:
    then = int(bench.platform.clock.now() + hours * 3600)

    bench.ask(client_assertion=bench.signed(iat=then, exp=then + lifetime))
    bench.told(words, "use UTC time", id="clock-behind-or-bst", certainty="likely")

    bench.ask(client_assertion=bench.signed(exp=then + lifetime))
    bench.told(words, id="clock-behind-or-bst", certainty="likely")


@pytest.mark.parametrize(("hours", "words"), [(1, "1 hour,"), (5.5, "5.5 hours,"), (9.5, "9.5 hours,")])
def test_a_clock_that_is_ahead_by_a_time_zone(bench: Bench, hours: float, words: str) -> None:
    then = int(bench.platform.clock.now() + hours * 3600)

    bench.ask(client_assertion=bench.signed(iat=then, exp=then + 300))

    bench.told(words, "as when local time is used as UTC", id="clock-ahead", certainty="likely")


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("ahead", [30, 3600, 86400])
def test_a_time_that_is_ahead_beside_a_right_exp_is_no_clock(bench: Bench, name: str, ahead: int) -> None:
    then = int(bench.platform.clock.now()) + ahead

    answer = bench.ask(client_assertion=bench.signed(**{name: then}))

    assert answer.status_code == 401
    bench.told(f"{name} is", f"Leave {name} out", id="not-yet-valid")
    assert "lock" not in bench.top.cure
    assert bench.ask(client_assertion=bench.signed()).status_code == 200


def test_minutes_since_1970(bench: Bench) -> None:
    bench.ask(client_assertion=bench.signed(exp=int(bench.platform.clock.now() / 60) + 5))

    bench.told("minutes since 1970: multiply by 60", id="exp-unit")


def test_five_minutes_that_were_added_as_seconds(bench: Bench) -> None:
    now = int(bench.platform.clock.now())
    assertion = bench.signed(iat=now, exp=now + 5)
    bench.platform.clock.advance(7)

    bench.ask(client_assertion=assertion)
    bench.told("exp - iat is 5 s", "Set exp to now + 240", id="lifetime-too-short")

    now += 7
    assert bench.ask(client_assertion=bench.signed(iat=now, exp=now + 240)).status_code == 200


def test_a_life_of_seconds_that_passes_gets_advice(bench: Bench) -> None:
    answer = bench.ask(client_assertion=bench.signed(exp=int(bench.platform.clock.now()) + 5))

    assert answer.status_code == 200
    assert any("exp is 5.0 s ahead" in advice for advice in bench.platform.exchanges.last.advice)


# who


def test_keys_are_listed_whole_and_counted_right(bench: Bench) -> None:
    app = bench.platform.apps.get("nhsauth-app")
    names = [f"{number}{'k' * 30}{number}" for number in range(1, 9)]
    for name in (*names, "123456789012.apps.supplier"):
        bench.platform.apps.add(replace(app, client_id=name, name=name))

    bench.ask(client_assertion=bench.signed(iss="nobody", sub="nobody"))

    listed = ", ".join(f'"{each}"' for each in ["nhsauth-app", *names[:4]])
    assert f"this mock knows {listed} and 4 more." in bench.top.cure
    assert f"known are {listed} and 4 more." in (bench.platform.exchanges.last.diagnosis or "")


def test_a_change_is_told_of_the_same_environment_alone(bench: Bench) -> None:
    good = bench.ask(f"{REF}/oauth2/token")
    assert good.status_code == 200

    bench.ask(client_assertion=bench.signed(headers={"alg": "RS256"}))
    assert [each.id for each in bench.platform.exchanges.last.findings] == ["alg-not-rs512"]


def test_a_user_agent_is_no_change(bench: Bench) -> None:
    for agent, assertion in (("one/1", bench.signed()), ("two/2", bench.signed(headers={"kid": "nobody"}))):
        form = {"grant_type": "client_credentials", **bench.assertion(TOKEN), "client_assertion": assertion}
        Client(bench.platform).post("/oauth2/token", data=form, base_url=PLAIN, headers={"User-Agent": agent})

    (change,) = [each for each in bench.platform.exchanges.last.findings if each.id == "changed-since-success"]
    assert "user-agent" not in change.seen
    assert 'header kid was "nhsauth-1", and is "nobody"' in change.seen


def test_two_values_that_look_equal_are_no_change(bench: Bench) -> None:
    assert bench.ask(client_assertion=bench.signed(aud=[TOKEN, f"{'x' * 200}a"])).status_code == 200

    bench.ask(client_assertion=bench.signed(aud=[TOKEN, f"{'x' * 200}b"], headers={"kid": "nobody"}))

    (change,) = [each for each in bench.platform.exchanges.last.findings if each.id == "changed-since-success"]
    assert "header kid was" in change.seen
    assert "aud was" not in change.seen


@pytest.mark.parametrize(
    ("iss", "words"),
    [
        ("https://auth.login.nhs.uk", "nhs_login, live"),
        (f"{CIS2_DEP}{CIS2_PATH}", "cis2, dep"),
    ],
)
@pytest.mark.parametrize("kind", ["client_credentials", "token_exchange"])
def test_an_id_token_of_elsewhere_as_assertion_is_named_by_its_issuer(
    bench: Bench, kind: str, iss: str, words: str
) -> None:
    token = bench.platform.id_token("cis2", Wanted(client_id="nhsauth-app"), Alterations(claims={"iss": iss}))
    bench.platform.store.issued.restore({})

    wrong(bench, kind, "client_assertion", token)

    bench.told(words, "Sign a JWT with the app's private key", id="other-jwt-as-assertion")
    record = bench.platform.exchanges.last
    assert [each.id for each in record.findings if each.certainty == "certain"] == ["other-jwt-as-assertion"]
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("provider", "level", "scope", "who"),
    [
        ("cis2", "aal1", "urn:nhsd:apim:user-nhs-cis2:aal3:hello-world", "656005750104"),
        ("cis2", "aal3", "urn:nhsd:apim:user-nhs-cis2:aal2:hello-world", "656005750109"),
        ("nhs_login", "P0", "urn:nhsd:apim:user-nhs-login:P9:hello-world", "9912003071"),
    ],
)
def test_who_would_do_is_told_where_a_level_fails(
    bench: Bench, provider: str, level: str, scope: str, who: str
) -> None:
    bench.platform.apps.change("nhsauth-app", scopes=(scope,))
    wanted = Wanted(client_id="nhsauth-app", level=level)

    answer = bench.exchange(TOKEN, bench.platform.id_token(provider, wanted))

    assert answer.status_code == 401
    bench.told(who, id="scopes-none-left")
    named = re.findall(r"\d{10,12}", bench.top.cure)
    asked = re.search(r"Log in at (\w+)", bench.top.cure)
    assert asked is not None
    for user in named:
        cured = bench.platform.id_token(provider, Wanted(client_id="nhsauth-app", user=user, level=asked[1]))
        assert bench.exchange(TOKEN, cured).status_code == 200


def test_who_would_do_is_told_at_a_teams_own_api(bench: Bench) -> None:
    scope = "urn:nhsd:apim:user-nhs-cis2:aal3:team"
    bench.platform.add_api(Api(path="/team", upstream="http://127.0.0.1:9", scopes=(scope,)))
    bench.platform.apps.change("nhsauth-app", scopes=(scope, "urn:nhsd:apim:user-nhs-cis2:aal1:team"))
    weak = bench.platform.id_token("cis2", Wanted(client_id="nhsauth-app", level="aal1"))
    token = bench.exchange(TOKEN, weak).get_json()["access_token"]

    answer = call(bench, "/team/x", Authorization=f"Bearer {token}")

    assert answer.status_code == 403
    bench.told("Log in at aal3 (acr_values AAL3_ANY)", "656005750104", id="scopes-none-left")


# made up when all of the above was done, before it was read again


def test_an_assertion_behind_bearer_is_moved_into_the_form(bench: Bench) -> None:
    assertion = bench.signed()

    raw(bench, b"grant_type=client_credentials", Authorization=f"Bearer {assertion}")

    bench.told("Move the JWT into the form", id="credentials-in-basic")
    assert bench.ask(client_assertion=assertion).status_code == 200


@pytest.mark.parametrize("kind", FORMS)
def test_parameters_that_were_escaped_for_html(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    raw(bench, urlencode(form(bench)).replace("&", "&amp;").encode(), url)

    bench.told("joined by &amp;", "Join the parameters by &", id="parameters-joined")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_as_json_in_one_parameter(bench: Bench, kind: str) -> None:
    url, form = FORMS[kind]

    bench.post(url, {"data": json.dumps(form(bench))})

    bench.told('The parameter "data" holds the whole request as JSON', id="json-body")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("kind", "name", "sent"),
    [
        ("refresh", "refresh_token", "access_token"),
        ("code", "code", "authorization"),
        ("refresh", "client_secret", "x"),
    ],
)
def test_a_value_under_the_name_of_something_else(bench: Bench, kind: str, name: str, sent: str) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {sent if each == name else each: value for each, value in good.items()})

    bench.told(f'The form has "{sent}", and no {name}', f"Call it {name}.", id="parameter-name")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize(("kind", "name"), [("code", "code"), ("cis2", "code"), ("refresh", "refresh_token")])
@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda value: f"{value}#_=_", "after it"), (lambda value: value[:-1], "Its end was cut off")],
)
def test_a_value_that_was_cut_or_has_grown(
    bench: Bench, kind: str, name: str, change: Callable[[str], str], words: str
) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, name: change(good[name])})

    bench.told("that was issued here", words, id="wrapped-value")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_the_secret_of_another_app(bench: Bench, kind: str) -> None:
    app = bench.platform.apps.get("nhsauth-app")
    bench.platform.apps.add(replace(app, client_id="other", name="other", client_secret="another secret"))

    wrong(bench, kind, "client_secret", "another secret")

    bench.told('the secret of app "other"', 'client_id is "nhsauth-app"', id="secret-of-other-app")
    assert followed(bench, kind) == 200


@pytest.mark.parametrize(
    ("sent", "words"), [("NHSAUTH-APP", "but with different capital letters"), ("nhsauth app", "the name of app")]
)
@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_a_client_id_that_is_nobodys(bench: Bench, kind: str, sent: str, words: str) -> None:
    wrong(bench, kind, "client_id", sent)

    bench.told(f'client_id is "{sent}"', words, 'this mock knows "nhsauth-app"', id="app-not-known-here")
    assert followed(bench, kind) == 200


def test_a_header_that_is_nearly_authorization(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorisation=f"Bearer {token}")

    bench.told('There is a header "authorisation"', id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_a_token_that_was_cut_off(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token[:20]}")

    bench.told("has 20 characters, and begins as one of 28", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200
