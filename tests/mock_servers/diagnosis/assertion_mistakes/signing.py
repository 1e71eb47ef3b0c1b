"""Mistakes with keys: the key set, the kid, the signature and the header that names its algorithm."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import TestResponse

from mock_servers.jose import jwts, keys
from mock_servers.jose.keys import KeyPair
from tests.mock_servers.diagnosis.assertion_mistakes.world import (
    ALG,
    APP,
    CATCH_ALL,
    KID_MISSING,
    KID_UNKNOWN,
    NO_KEY_SET,
    SIGNATURE,
    TYP,
    Make,
    World,
    case,
)

# 6, 26, 28: the key set


def unreachable(met: str) -> Make:
    def make(world: World) -> TestResponse:
        world.serve_key_set(met)
        return world.ask(world.signed(world.claims()))

    return make


def unreachable_at(url: str) -> Make:
    def make(world: World) -> TestResponse:
        assertion = world.signed(world.claims())
        world.platform.apps.change(APP, key_name=None, jwks_url=url)
        world.serve_key_set("it answered 503")
        return world.ask(assertion)

    return make


SPENT = "The jti of this assertion is spent"
for where, words in (("http://keys/jwks", "This host is on your own network"), ("http://keys.example/jwks", SPENT)):
    case(where, "jwks-unreachable", NO_KEY_SET, f'at "{where}"', words)(unreachable_at(where))
case("basic auth", "jwks-unreachable", NO_KEY_SET, "asks for a log-in", "does not keep a failure", SPENT)(
    unreachable("it answered 401")
)
case("tls", "jwks-unreachable", NO_KEY_SET, "certificate is not trusted")(
    unreachable("SSLError: certificate verify failed: self-signed certificate")
)
case("timeout", "jwks-unreachable", NO_KEY_SET, "did not answer in time")(unreachable("ReadTimeoutError: timed out"))
case("refused", "jwks-unreachable", NO_KEY_SET, "Nothing listens there", "own network")(
    unreachable("NewConnectionError: Connection refused")
)
case("no URL", "jwks-unreachable", NO_KEY_SET, "is not the URL of a file on a host")(
    unreachable("the URL must be http(s)://host/path")
)
case("something else", "jwks-unreachable", NO_KEY_SET, "The request for it failed.")(unreachable("InvalidChunkLength"))
case("never called", "jwks-unreachable", NO_KEY_SET, "Register a URL")(
    unreachable("169.254.169.254 is link-local, where clouds keep their metadata: this mock never calls it")
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
case("case", "wrong-kid", KID_UNKNOWN, "only in capital letters")(kid("NHSAUTH-1"))


@case(
    "another key", "wrong-kid", KID_UNKNOWN, "No registered key made this signature. Sign with the private key of kid"
)
def kid_of_another_key(world: World) -> TestResponse:
    """Nearly the kid of the key, which has not made the signature: another kid alone would not help."""
    return world.ask(world.signed(world.claims(), {"kid": "NHSAUTH-1"}, world.stranger("").private))


case("digit", "wrong-kid", KID_UNKNOWN, "only in its number")(kid("nhsauth-2"))
case("file", "wrong-kid", KID_UNKNOWN, "a file name; the key in it is registered as")(kid("keys/nhsauth-1.pem"))
case("other file", "wrong-kid", KID_UNKNOWN, "looks like a file name")(kid("jwtRS512.key"))
case("quotes", "wrong-kid", KID_UNKNOWN, "with quotes around it")(kid('"nhsauth-1"'))
case("number", "wrong-kid", KID_UNKNOWN, "not text", 'Send kid "1"')(kid(1, "1"))
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


@case(
    "of neither key", "wrong-kid", KID_UNKNOWN, "no key with this kid", 'Send kid "winter"', "signature is that key's"
)
def kid_of_neither_key(world: World) -> TestResponse:
    summer = world.stranger("summer").public_jwk(alg="RS512")
    world.platform.apps.change(APP, jwks={"keys": [summer, world.public(kid="winter")]})
    return kid("9")(world)


@case("another number", "wrong-kid", KID_UNKNOWN, 'Send kid "rota-2"', "signature is that key's")
def kid_that_differs_from_two_in_its_number(world: World) -> TestResponse:
    """The key that made the signature decides, not the first kid that looks alike."""
    first = world.stranger("rota-1").public_jwk(alg="RS512")
    world.platform.apps.change(APP, jwks={"keys": [first, world.public(kid="rota-2")]})
    return kid("rota-3")(world)


@case("a number, and nobody's key", "wrong-kid", KID_UNKNOWN, "no key with this kid", "No registered key made")
def kid_of_another_number_by_nobody(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), {"kid": "nhsauth-2"}, world.stranger("").private))


@case(
    "kid and key of another app",
    "wrong-kid",
    KID_UNKNOWN,
    'The signature is that of kid "their-key" of app "the other"',
)
def kid_and_key_of_another_app(world: World) -> TestResponse:
    other = world.stranger("their-key")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return world.ask(world.signed(world.claims(), {"kid": "their-key"}, other.private))


def unnamed(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name != "kid"}


@case("one without a kid", "wrong-kid", KID_UNKNOWN, "The key set of the app has no key with this kid.")
def kid_of_neither_key_of_which_one_has_none(world: World) -> TestResponse:
    nameless = unnamed(world.stranger("").public_jwk(alg="RS512"))
    world.platform.apps.change(APP, jwks={"keys": [world.public(kid="summer"), nameless]})
    return kid("9")(world)


@case("another signed", "jwk-without-kid", KID_UNKNOWN, "the key in the registered set has no kid", certainty="likely")
def kid_where_the_only_key_has_none(world: World) -> TestResponse:
    world.platform.apps.change(APP, jwks={"keys": [unnamed(world.public())]})
    return world.ask(world.signed(world.claims(), {"kid": "9"}, world.stranger("").private))


@case("another app's", "wrong-kid", KID_UNKNOWN, 'It is a kid of app "the other"')
def kid_of_another_app(world: World) -> TestResponse:
    other = world.stranger("their-key")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return kid("their-key")(world)


@case("", "new-key-not-seen-yet", KID_UNKNOWN, "copy is 12 min old", "Wait until 2027-01-15T09:00:00Z", "an hour")
def rotated(world: World) -> TestResponse:
    world.ask(world.signed(world.claims()))
    new = world.stranger("nhsauth-2")
    world.platform.apps.change(APP, jwks=keys.jwks(world.key, new, alg="RS512"))
    world.platform.clock.advance(720)
    return world.ask(world.signed(world.claims(), {"kid": "nhsauth-2"}, new.private))


@case("same kid", "new-key-not-seen-yet", SIGNATURE, "now has as kid", "copy is 12 min old", "sign with the old key")
def rotated_under_the_same_kid(world: World) -> TestResponse:
    world.ask(world.signed(world.claims()))
    new = world.stranger("nhsauth-1")
    world.platform.apps.change(APP, jwks=keys.jwks(new, alg="RS512"))
    world.platform.clock.advance(720)
    return world.ask(world.signed(world.claims(), {"kid": "nhsauth-1"}, new.private))


@case("kept copy", "typ-missing", TYP, "has no typ")
def kid_that_only_the_newest_set_has(world: World) -> TestResponse:
    """What the kid will run into is the copy that the service keeps, though the set has it by now."""
    world.ask(world.signed(world.claims()))
    world.platform.apps.change(APP, jwks={"keys": [world.public(kid="nhsauth-2")]})
    return world.ask(world.signed(world.claims(), {"kid": "nhsauth-2", "typ": None}))


# 11: the signature


@case("other kid of the app", "other-private-key", SIGNATURE, 'matches kid "test-2" of this app')
def key_of_another_kid(world: World) -> TestResponse:
    second = world.stranger("test-2")
    world.platform.apps.change(APP, jwks=keys.jwks(world.key, second, alg="RS512"))
    return world.ask(world.signed(world.claims(), key=second.private))


@case("other app", "other-private-key", SIGNATURE, 'of app "the other"', "another owner's private key")
def key_of_another_app(world: World) -> TestResponse:
    other = world.stranger("their-key")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return world.ask(world.signed(world.claims(), key=other.private))


@case("other app under this kid", "other-private-key", SIGNATURE, 'of app "the other"')
def key_of_another_app_of_the_same_kid(world: World) -> TestResponse:
    other = world.stranger("nhsauth-1")
    world.platform.apps.create(client_id="other", name="the other", jwks=keys.jwks(other, alg="RS512"))
    return world.ask(world.signed(world.claims(), key=other.private))


@case("held, under another kid", "other-private-key", SIGNATURE, 'matches kid "nhsauth-1"')
def key_that_the_mock_holds_under_another_kid(world: World) -> TestResponse:
    world.platform.apps.change(APP, jwks=keys.jwks(world.stranger("test-2"), alg="RS512"))
    return world.ask(world.signed(world.claims(), {"kid": "test-2"}))


@case("the provider's", "other-private-key", SIGNATURE, "of CIS2")
def key_of_cis2(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), key=world.platform.providers["cis2"].key().private))


@case(
    "nobody's", "other-private-key", SIGNATURE, "No key that this mock knows", "its modulus begins", certainty="likely"
)
def key_of_nobody(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(), key=world.stranger("", 4096).private))


@case("halves of two pairs", "jwk-and-pem-differ", SIGNATURE, "JWK and PEM are not a pair")
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


@case("HS512", "signature-by-other-alg", SIGNATURE, "64 bytes, like one of HS512", certainty="likely")
def signed_with_a_secret(world: World) -> TestResponse:
    header = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}
    signing_input = jwts.signing_input(json.dumps(header).encode(), json.dumps(world.claims()).encode())
    return world.ask(f"{signing_input.decode()}.{base64url(hashlib.sha512(signing_input).digest())}")


@case("line wrap", "signature-cut-off", SIGNATURE, "(76 characters)", "perhaps where a line was wrapped")
def wrapped(world: World) -> TestResponse:
    header, payload, signature = world.signed(world.claims()).split(".")
    return world.ask(f"{header}.{payload}.{signature[:76]}")


@case("kid added later", "changed-after-signing", SIGNATURE, "the header without kid", "wrote it again after signing")
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


def signed_text(make: Callable[[bytes, bytes], bytes], encode: Callable[[bytes], str] = base64url) -> Make:
    """Send a good header and payload, and the signature of the text that `make` builds of them."""

    def send(world: World) -> TestResponse:
        parts = ({"alg": "RS512", "typ": "JWT", "kid": world.key.kid}, world.claims())
        header, payload = (json.dumps(part, separators=(",", ":")).encode() for part in parts)
        signature = pyjwt.get_algorithm_by_name("RS512").sign(make(header, payload), world.key.private)
        return world.ask(f"{jwts.signing_input(header, payload).decode()}.{encode(signature)}")

    return send


for slip, build in {
    "a line feed after the payload": lambda header, payload: jwts.signing_input(header, payload) + b"\n",
    "a carriage return and a line feed": lambda header, payload: jwts.signing_input(header, payload) + b"\r\n",
    "the JSON instead of its base64url": lambda header, payload: header + b"." + payload,
    "the payload alone": lambda _, payload: base64url(payload).encode(),
    "the JSON of the payload alone": lambda _, payload: payload,
    "in UTF-16": lambda header, payload: jwts.signing_input(header, payload).decode().encode("utf-16-le"),
    "as sent hashed twice": lambda header, payload: hashlib.sha512(jwts.signing_input(header, payload)).digest(),
    "sent hashed twice": lambda header, payload: (
        hashlib.sha512(jwts.signing_input(header, payload)).hexdigest().encode()
    ),
}.items():
    case(slip, "changed-after-signing", SIGNATURE, "The registered key signed client_assertion with", slip)(
        signed_text(build)
    )
for form, write in {
    "in hex.": bytes.hex,
    "in hex, and then in base64url": lambda signature: base64url(signature.hex().encode()),
    "in base64 twice": lambda signature: base64url(base64.b64encode(signature)),
    "from its last byte to its first": lambda signature: base64url(signature[::-1]),
}.items():
    case(form, "changed-after-signing", SIGNATURE, "its third part is written", form)(
        signed_text(jwts.signing_input, write)
    )


@case("bare", "changed-after-signing", SIGNATURE, "a bare digest, without the DigestInfo", "openssl pkeyutl", "hash")
def signature_of_a_bare_digest(world: World) -> TestResponse:
    """PKCS #1 padding around the digest alone (RFC 8017, section 9.2, without its step 2)."""
    text = world.signed(world.claims()).rpartition(".")[0]
    private = world.key.private.private_numbers()
    size, digest = world.key.private.key_size // 8, hashlib.sha512(text.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    signature = pow(int.from_bytes(padded), private.d, private.public_numbers.n).to_bytes(size)
    return world.ask(f"{text}.{base64url(signature)}")


@case("of another JWT", "changed-after-signing", SIGNATURE, "but not for the header and payload that were sent")
def signature_of_another_jwt(world: World) -> TestResponse:
    other, sent = (world.signed(world.claims()) for _ in range(2))
    return world.ask(f"{sent.rpartition('.')[0]}.{other.rpartition('.')[2]}")


@case("exp changed later", "changed-after-signing", SIGNATURE, 'another "jti" and "exp": what exchange 1 sent')
def signature_that_was_sent_before(world: World) -> TestResponse:
    first = world.signed(world.claims())
    world.ask(first)
    claims = {**jwts.decode(first).claims, "exp": world.claims()["exp"] - 1, "jti": world.jti()}
    header = jwts.decode(first).header
    text = jwts.signing_input(*(json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)))
    return world.ask(f"{text.decode()}.{first.rpartition('.')[2]}")


@case("one letter too many", "signature-cut-off", SIGNATURE, "Something was added to the end")
def signature_with_a_letter_more(world: World) -> TestResponse:
    return world.ask(f"{world.signed(world.claims())}A")


PROVIDER_KID = (401, "Invalid 'kid' header in subject_token JWT - no matching public key")


@case(
    "of the app, under CIS2's kid", "other-private-key", SIGNATURE, "of this app", "other than CIS2", "nhsauth_id_token"
)
def id_token_by_the_app(world: World) -> TestResponse:
    token = world.id_token()
    claims, kid = jwts.decode(token).claims, jwts.decode(token).header["kid"]
    return world.exchange(jwts.sign({"alg": "RS512", "typ": "JWT", "kid": kid}, claims, world.key.private))


@case("of nobody", "other-private-key", SIGNATURE, "subject_token", "other than CIS2", certainty="likely")
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


@case("matches no key", "wrong-kid", PROVIDER_KID, 'kid of subject_token is "zz"', "nhsauth_id_token")
def id_token_under_no_kid_known(world: World) -> TestResponse:
    token = jwts.decode(world.id_token())
    return world.exchange(jwts.sign({**token.header, "kid": "zz"}, token.claims, world.key.private))


@case("renamed", "wrong-kid", PROVIDER_KID, 'kid of subject_token is "zz"', "the header was changed after that")
def id_token_whose_kid_was_changed(world: World) -> TestResponse:
    header, payload, signature = world.id_token().split(".")
    members = {**jwts.decode(f"{header}.{payload}.{signature}").header, "kid": "zz"}
    return world.exchange(f"{base64url(json.dumps(members).encode())}.{payload}.{signature}")


# 15 to 17: the header


@case("PyJWT", "kid-missing", KID_MISSING, "has no kid", 'registered for this app is "nhsauth-1"')
def no_kid(world: World) -> TestResponse:
    return world.ask(pyjwt.encode(world.claims(), world.key.private, "RS512"))


@case("no set either", "kid-missing", KID_MISSING, "the one under which the public key is registered")
def no_kid_and_no_key_set(world: World) -> TestResponse:
    assertion = pyjwt.encode(world.claims(), world.key.private, "RS512")
    world.platform.apps.change(APP, key_name=None)
    return world.ask(assertion)


@case("two in the set", "kid-missing", KID_MISSING, 'registered are ["summer", "winter"]')
def no_kid_of_two(world: World) -> TestResponse:
    world.platform.apps.change(APP, jwks={"keys": [world.public(kid="summer"), world.public(kid="winter")]})
    return world.ask(pyjwt.encode(world.claims(), world.key.private, "RS512"))


@case("in the payload", "kid-missing", KID_MISSING, 'The claims have one: "nhsauth-1"', "not in the payload")
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


case("RS256", "alg-not-rs512", ALG, 'alg "RS256"', "sign with RS256 by default")(alg("RS256"))
case("PS512", "alg-not-rs512", ALG, 'alg "PS512"', "the padding (PSS) is not")(alg("PS512"))
case("none", "alg-not-rs512", ALG, 'alg "none"', "has no signature")(
    lambda world: world.ask(world.by_hand(world.claims(), {"alg": "none", "typ": "JWT", "kid": "nhsauth-1"}))
)
case("HS512 with the PEM", "alg-not-rs512", ALG, "as plain text")(
    lambda world: world.ask(world.signed(world.claims(), {"alg": "HS512"}, "a secret that is long enough " * 3))
)
case("ES256", "alg-not-rs512", ALG, "elliptic-curve keys")(
    lambda world: world.ask(world.signed(world.claims(), {"alg": "ES256"}, ec.generate_private_key(ec.SECP256R1())))
)
