"""A value that is encoded once too often is decoded until the service would take it: that step is the cause."""

import base64
import gzip
import html
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from mock_servers.explain.any_text import explain_text
from mock_servers.wire.wrapping import recovered
from tests.mock_servers.diagnosis.cures.bench import (
    ASSERTION_TYPE,
    CIS2_PATH,
    FORMS,
    PLAIN,
    REDIRECT,
    SECRET,
    TOKEN,
    Bench,
    call,
    raw,
)

Encode = Callable[[str], str]


def percent(text: str) -> str:
    """Encode every character, as few libraries do."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def deflated(data: bytes) -> bytes:
    """Compress without a mark, as .NET's DeflateStream and PHP's gzdeflate do."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


ENCODED: Mapping[str, tuple[Encode, str]] = {
    "UTF-16": (lambda text: text.encode("utf-16-le").decode("latin-1"), "a zero byte beside each character"),
    "UTF-16 big endian": (lambda text: text.encode("utf-16-be").decode("latin-1"), "a zero byte beside each"),
    "byte order mark": (lambda text: f"\ufeff{text}", "a byte order mark (U+FEFF)"),
    "byte order mark as Latin-1": (lambda text: f"\u00ef\u00bb\u00bf{text}", "a byte order mark (U+FEFF)"),
    "zero width": (lambda text: f"{text[:3]}\u200b{text[3:]}", "an invisible character in it (U+200B"),
    "soft hyphen": (lambda text: f"{text[:3]}\u00ad{text[3:]}", "an invisible character in it (U+00AD"),
    "blank that does not break": (lambda text: f"{text}\u00a0", "white space around it"),
    "percent": (percent, "percent signs in it, encoded twice"),
    "percent, twice": (lambda text: quote(percent(text)), "percent signs in it, encoded twice"),
    "base64": (lambda text: in_base64(text.encode()), "base64 around it"),
    "base64, twice": (lambda text: in_base64(in_base64(text.encode()).encode()), "base64 around it"),
    "hex": (lambda text: text.encode().hex(), "two hexadecimal digits"),
    "gzip": (lambda text: in_base64(gzip.compress(text.encode())), "compression and base64 around it"),
    "zlib": (lambda text: in_base64(zlib.compress(text.encode())), "compression and base64 around it"),
    "raw deflate": (lambda text: in_base64(deflated(text.encode())), "compression and base64 around it"),
    "JSON": (json.dumps, "quotes around it"),
    "JSON, twice": (lambda text: json.dumps(json.dumps(text)), "quotes around it"),
    "typographic quotes": (lambda text: f"\u201c{text}\u201d", "typographic quotes around it"),
    "HTML": (lambda text: html.escape(f'"{text}"'), "HTML entities in it and quotes around it"),
    "bytes": (lambda text: f"b'{text}'", "b'…' around it, as Python prints bytes"),
    "list": (lambda text: repr([text]), "it is a list of one"),
    "tuple": (lambda text: repr((text,)), "it is a list of one"),
    "map": (lambda text: f"{{token={text}, type=x}}", "other text around it, {token=…, type=x}"),
    "optional": (lambda text: f"Optional[{text}]", "other text around it, Optional[…]"),
    "name": (lambda text: f"the_token={text}", "other text around it, the_token=…"),
    "header": (lambda text: f"Bearer {text}", "a Bearer in front of it"),
}
"""What may have become of a value, and what is said of it."""
PRINTED = {
    "<coroutine object token at 0x7f12>": "await it",
    "[object Promise]": "await it",
    "System.Threading.Tasks.Task`1[System.String]": "await it",
    "java.util.concurrent.CompletableFuture@1b2c6ec2": "await it",
    "[object Object]": "take the value out of it",
    "System.Collections.Hashtable": "take the value out of it",
    "System.Byte[]": "take the value out of it",
    "[B@1b6d3586": "take the value out of it",
    "<Response [200]>": "take the value out of it",
    "SecretStr('**********')": "take the value out of it",
}


@pytest.mark.parametrize("name", ["client_assertion", "client_assertion_type", "grant_type", "subject_token"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_parameter_is_decoded_until_the_service_would_take_it(bench: Bench, encoding: str, name: str) -> None:
    encode, words = ENCODED[encoding]
    url, form = FORMS["token_exchange" if name == "subject_token" else "client_credentials"]
    good = form(bench)

    answer = bench.post(url, {**good, name: encode(good[name])})

    assert answer.status_code == 400
    found = {"grant_type": "grant-type", "client_assertion_type": "client-assertion-type"}.get(name, "mangled-jwt")
    bench.assert_finding(words, id=found)
    again = {**good, **(bench.assertion(url) if name == "subject_token" else {})}
    assert bench.post(url, again).status_code == 200


@pytest.mark.parametrize("name", ["client_assertion", "client_assertion_type", "grant_type", "subject_token"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_pasted_request_is_decoded_as_far(bench: Bench, encoding: str, name: str) -> None:
    encode, words = ENCODED[encoding]
    url, form = FORMS["token_exchange" if name == "subject_token" else "client_credentials"]
    good = form(bench)
    sent = {**good, name: encode(good[name])}

    found = explain_text(pasted(sent, bench.post(url, sent)), clock=bench.platform.clock.now).findings[0]

    assert words in f"{found.seen} {found.cause}"
    assert found.certainty == "certain"


def pasted(form: dict[str, str], answer: TestResponse) -> str:
    """A request to the real service and its answer, as a log has them."""
    head = "POST /oauth2/token HTTP/1.1\nHost: int.api.service.nhs.uk\nContent-Type: application/x-www-form-urlencoded"
    refusal = f"HTTP/1.1 {answer.status}\nContent-Type: application/json"
    return f"{head}\n\n{urlencode(form)}\n\n{refusal}\n\n{answer.text}"


@pytest.mark.parametrize("kind", ["code", "refresh"])
@pytest.mark.parametrize(
    "encoding", [each for each in ENCODED if each not in ("base64, twice", "gzip", "zlib", "raw deflate")]
)
def test_an_issued_value_is_decoded_until_it_is_known(bench: Bench, encoding: str, kind: str) -> None:
    encode, words = ENCODED[encoding]
    name = "code" if kind == "code" else "refresh_token"
    url, form = FORMS[kind]
    good = form(bench)

    bench.post(url, {**good, name: encode(good[name])})

    bench.assert_finding(words, id="wrapped-value")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("encoding", ["byte order mark", "zero width", "JSON", "bytes", "list", "HTML", "line feed"])
def test_a_value_of_the_basic_header_is_decoded_as_well(bench: Bench, encoding: str, name: str) -> None:
    encode, words = ENCODED.get(encoding, (lambda text: f"{text}\n", "white space around it"))
    bench.platform.apps.change("nhsauth-app", cis2_auth_method="client_secret_basic")
    url, form = FORMS["cis2"]

    def answer(**values: str) -> TestResponse:
        pair = {**SECRET, **values}
        header = in_base64(f"{pair['client_id']}:{pair['client_secret']}".encode())
        sent = {each: value for each, value in form(bench).items() if each not in SECRET}
        return raw(bench, urlencode(sent).encode(), url, Authorization=f"Basic {header}")

    assert answer(**{name: encode(SECRET[name])}).status_code == 401
    bench.assert_finding(words, id="wrapped-value")
    assert bench.top.seen.startswith(f"In the Basic header, {name} ")
    assert answer().status_code == 200


@pytest.mark.parametrize("member", ["aud", "iss", "kid", "alg", "typ"])
@pytest.mark.parametrize("encoding", ["byte order mark", "zero width", "JSON", "bytes", "list", "percent", "HTML"])
def test_a_member_of_the_jwt_is_decoded_as_well(bench: Bench, encoding: str, member: str) -> None:
    encode, words = ENCODED[encoding]
    good = {"aud": TOKEN, "iss": "nhsauth-app", "kid": "nhsauth-1", "alg": "RS512", "typ": "JWT"}[member]
    changes: dict[str, Any] = {member: encode(good)} | ({"sub": encode(good)} if member == "iss" else {})
    signed = bench.signed(**changes) if member in ("aud", "iss") else bench.signed(headers=changes)

    bench.ask(client_assertion=signed)

    ids = {"aud": "aud-near-miss", "iss": "app-not-known-here", "kid": "wrong-kid"}
    bench.assert_finding(words, id=ids.get(member) or ("alg-not-rs512" if member == "alg" else "typ-missing"))


@pytest.mark.parametrize("name", ["client_assertion", "client_assertion_type", "grant_type", "subject_token", "body"])
@pytest.mark.parametrize("printed", PRINTED)
def test_an_object_that_was_printed(bench: Bench, printed: str, name: str) -> None:
    url, form = FORMS["token_exchange" if name == "subject_token" else "client_credentials"]

    if name == "body":
        raw(bench, printed.encode(), url)
    else:
        bench.post(url, {**form(bench), name: printed})

    assert PRINTED[printed] in bench.top.cause


def as_form(form: Mapping[str, str]) -> bytes:
    return urlencode(form).encode()


@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (lambda form: urlencode(form).encode("utf-16"), "as in UTF-16"),
        (lambda form: urlencode(form).encode("utf-16-be"), "as in UTF-16"),
        (lambda form: b"\xef\xbb\xbf" + as_form(form), "a byte order mark (U+FEFF) in front of it"),
        (lambda form: json.dumps(urlencode(form)).encode(), "quotes around it"),
        (lambda form: json.dumps(json.dumps(form)).encode(), "quotes around it"),
        (lambda form: base64.b64encode(as_form(form)), "base64 around it"),
        (lambda form: zlib.compress(as_form(form)), "compression around it"),
        (lambda form: deflated(as_form(form)), "compression around it"),
        (lambda form: repr(as_form(form)).encode(), "as Python prints bytes"),
        (lambda form: repr(dict(form)).encode(), "an object that was printed"),
        (lambda form: f"{{{', '.join(f'{a}={b}' for a, b in form.items())}}}".encode(), "an object that was printed"),
    ],
    ids=["utf-16", "utf-16-be", "mark", "json", "json twice", "base64", "zlib", "raw deflate", "bytes", "dict", "map"],
)
@pytest.mark.parametrize("kind", FORMS)
def test_a_body_is_decoded_as_well(
    bench: Bench, kind: str, encode: Callable[[Mapping[str, str]], bytes], words: str
) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    raw(bench, encode(good), url)

    bench.assert_finding(words, id="encoded-body")
    assert bench.post(url, good).status_code == 200


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (lambda claims: {"payload": claims}, 'are inside the claim "payload"'),
        (lambda claims: {"claims": json.dumps(claims)}, 'are inside the claim "claims"'),
        (lambda claims: {name.upper(): value for name, value in claims.items()}, '"ISS"'),
        (lambda claims: {"issuer": claims["iss"], "subject": claims["sub"]}, '"issuer"'),
    ],
    ids=["nested", "nested as text", "capital letters", "in full"],
)
def test_claims_under_other_names(
    bench: Bench, around: Callable[[Mapping[str, Any]], dict[str, Any]], words: str
) -> None:
    good = {"iss": "nhsauth-app", "sub": "nhsauth-app", "aud": TOKEN, "jti": "j", "exp": 1}
    changed = around(good)
    without = tuple(good) if len(changed) != 2 else ("iss", "sub")

    bench.ask(client_assertion=bench.signed(*without, **changed))

    bench.assert_finding(words, id="claim-names")
    assert bench.ask().status_code == 200


def test_header_members_under_other_names(bench: Bench) -> None:
    bench.ask(client_assertion=bench.signed("header.kid", headers={"Kid": "nhsauth-1"}))

    bench.assert_finding('The header has "Kid", and no kid.', id="header-names")


def test_several_parameters_under_other_names_are_named_together(bench: Bench) -> None:
    good = bench.assertion(TOKEN)

    bench.post(TOKEN, {"grantType": "client_credentials", **{name.upper(): value for name, value in good.items()}})

    bench.assert_finding('"grantType" grant_type', '"CLIENT_ASSERTION" client_assertion', id="parameter-name")


IN_ASCII = {"percent", "percent, twice", "base64", "base64, twice", "hex"}
LAYERS = st.lists(st.sampled_from(sorted(set(ENCODED) - {"map", "optional", "name"})), min_size=1, max_size=2)


@given(LAYERS)
def test_what_is_recovered_is_what_was_encoded(layers: list[str]) -> None:
    value = text = ASSERTION_TYPE
    assume(not layers[0].startswith("UTF-16") or set(layers[1:]) <= IN_ASCII)  # nothing else keeps its zero bytes
    for layer in layers:
        value = ENCODED[layer][0](value)

    found = recovered(value, text.__eq__)

    assert value == text or (found is not None and found.bare == text)


@given(st.text(max_size=200))
def test_nothing_is_recovered_that_the_service_would_not_take(value: str) -> None:
    found = recovered(value, lambda bare: bare == ASSERTION_TYPE)

    assert found is None or found.bare == ASSERTION_TYPE


def altered(token: str, name: str, value: object) -> str:
    """Return a token with a claim changed on the way, and the signature of what it was."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = json.dumps({**claims, name: value}, separators=(",", ":")).encode()
    return ".".join((header, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature))


@pytest.mark.parametrize(
    ("name", "value"), [("exp", 1), ("exp", "x"), ("exp", None), ("iss", "x"), ("sub", None), ("jti", None), ("jti", 7)]
)
def test_what_was_changed_on_the_way_is_no_mistake_in_a_claim(bench: Bench, name: str, value: object) -> None:
    assertion = bench.signed()
    bench.platform.exchanges.clear()

    bench.ask(client_assertion=altered(assertion, name, value))

    bench.assert_finding("not for the header and payload as sent", id="changed-after-signing", certainty="likely")
    found = bench.platform.exchanges.last.findings
    assert [each.id for each in found if each.certainty == "certain" and not each.later] == []
    assert len({each.id for each in found}) == len(found)
    assert bench.ask(client_assertion=assertion).status_code == 200


@pytest.mark.parametrize(("name", "value"), [("exp", 1), ("iss", "https://x.example"), ("aud", None)])
def test_an_id_token_that_was_changed_on_the_way(bench: Bench, name: str, value: object) -> None:
    token = bench.id_token()

    bench.exchange(TOKEN, altered(token, name, value))

    bench.assert_finding("not for the header and payload as sent", id="changed-after-signing", certainty="likely")
    found = bench.platform.exchanges.last.findings
    assert [each.id for each in found if each.certainty == "certain" and not each.later] == []
    assert len({each.id for each in found}) == len(found)
    assert bench.exchange(TOKEN, token).status_code == 200


@pytest.mark.parametrize("joined", ["openid,profile", "openid, profile", "openid;profile", "['openid', 'profile']"])
@pytest.mark.parametrize("path", ["/authorize", f"{CIS2_PATH}/authorize"])
def test_the_words_of_scope_are_joined_by_spaces(bench: Bench, path: str, joined: str) -> None:
    def ask(scope: str) -> int:
        asked = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "scope": scope}
        query = {**asked, "state": "s", "nonce": "n"}
        return Client(bench.platform).get(path, query_string=query, base_url=PLAIN).status_code

    ask(joined)

    bench.assert_finding("its words are not joined by spaces", 'Set scope to "openid profile"', id="scope-joined")
    assert ask("openid profile") == 200


def test_a_wrong_claim_beside_a_text_signed_in_an_unknown_way_is_not_certain_either(bench: Bench) -> None:
    """The key signed another text, and exp is wrong as well: neither is certainly what is refused here."""
    header, payload, _ = bench.signed(exp=1).split(".")
    private = bench.platform.apps.key_pair("nhsauth-app").private
    signature = private.sign(f"{header}.{payload} ".encode(), padding.PKCS1v15(), hashes.SHA512())

    bench.ask(client_assertion=f"{header}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")

    found = bench.platform.exchanges.last.findings
    assert {each.certainty for each in found if not each.later} == {"likely"}
    assert {"changed-after-signing", "exp-unit"} <= {each.id for each in found}


@pytest.mark.parametrize("sent", ["nhsauth-2", "hsauth-1", None])
def test_a_kid_that_was_changed_on_the_way_is_not_certainly_the_mistake(bench: Bench, sent: str | None) -> None:
    header, payload, signature = bench.signed().split(".")
    members = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) | {"kid": sent}
    changed = json.dumps({name: value for name, value in members.items() if value is not None}).encode()

    bench.ask(client_assertion=f"{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{payload}.{signature}")

    first = bench.platform.exchanges.last.findings[0]
    assert first.certainty == "likely"
    assert "changed or cut" in first.cause


@pytest.mark.parametrize("printed", PRINTED)
def test_an_object_after_bearer_is_no_consequence_of_an_earlier_refusal(bench: Bench, printed: str) -> None:
    bench.ask(grant_type="x")

    call(bench, Authorization=f"Bearer {printed}")

    bench.assert_finding("an object that was turned into text", PRINTED[printed], id="bearer-shape")


@pytest.mark.parametrize("aud", ["{{base_url}}/oauth2/token", "undefined/oauth2/token", "${BASE}/oauth2/token"])
def test_a_variable_in_aud_was_not_filled_in(bench: Bench, aud: str) -> None:
    bench.ask(client_assertion=bench.signed(aud=aud))

    bench.assert_finding("a variable in it was not filled in", id="aud-near-miss")
    assert bench.ask().status_code == 200
