"""A value that is unknown as it was sent: known in other letters, after one step of decoding, or in another place."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from mock_servers.explain.any_text import explain_text
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.finding import Finding
from tests.mistakes.edits import FIELDS_OF, Damaged, Edit, exchanges, followed
from tests.mistakes.listed import World
from tests.mock_servers.diagnosis.cures.bench import (
    CIS2_INT,
    CIS2_PATH,
    FORMS,
    JWTS,
    OPAQUE,
    REDIRECT,
    TOKEN,
    Bench,
    call,
    raw,
    refresh_form,
    user_token,
    wrong,
)
from tests.mock_servers.diagnosis.cures.bench import (
    followed as followed_again,
)

MASKS = ("***", "\u2026", "...", "[REDACTED]", "<hidden>", "********************")
IN_FORM = (
    "POST {path} HTTP/1.1\nHost: int.api.service.nhs.uk\n"
    "Content-Type: application/x-www-form-urlencoded\n\n{body}\n\n"
    "HTTP/1.1 {status} Any\nContent-Type: application/json\n\n{answer}"
)
KEY, SECRET, REFRESH = "Zq3TvB7yLmN4xWc9RkP2sHd6FgJ8aUe1", "h7Gk2LmQ9zXw4RtB", "gT4yUb8WqZx2Lm9PkR7sVn3CdF6hJa1E"


def offline(form: dict[str, str], error: str, sentence: str, path: str = "/oauth2/token", host: str = "") -> Finding:
    """Return what is said first of a request to a real host that was pasted with its answer."""
    answer = json.dumps({"error": error, "error_description": sentence})
    status = 401 if path == "/oauth2/token" else 400
    text = IN_FORM.format(path=path, body=urlencode(form), status=status, answer=answer)
    return explain_text(text.replace("int.api.service.nhs.uk", host) if host else text).findings[0]


TWICE = quote(REDIRECT, safe="")


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> World:
    return World(ring)


EVERY_EXCHANGE = [(kind, edit) for kind in FIELDS_OF for edit in exchanges(kind)]


@pytest.mark.parametrize(
    ("kind", "edit"), EVERY_EXCHANGE, ids=[f"{kind} {each.name} {each.text}" for kind, each in EVERY_EXCHANGE]
)
def test_two_members_that_were_swapped_are_exchanged(world: World, kind: str, edit: Edit) -> None:
    result = followed(world, Damaged(kind=kind, edits=(edit,)))

    assert result.end in ("200 in round 1", "accepted"), result.findings
    assert (result.end == "accepted") == ((kind, edit.name, edit.text) == ("cis2", "typ", "jti"))
    first = result.findings[0].id if result.findings else "swapped-values"
    others = {("client_assertion", "subject_token"): "swapped-tokens"}
    if kind != "cis2" or edit.part == "field":  # where kid and jti are not known to be swapped
        assert first == others.get((edit.name, edit.text), "swapped-values")


def test_a_swap_that_makes_one_of_two_right_is_none(bench: Bench) -> None:
    bench.post(TOKEN, refresh_form(bench, client_id="x", client_secret="nhsauth-app"))

    assert "swapped-values" not in [each.id for each in bench.platform.exchanges.last.findings]


def test_a_swap_in_a_pasted_request() -> None:
    form = {"grant_type": "refresh_token", "client_id": SECRET, "client_secret": KEY, "refresh_token": REFRESH}

    found = offline(form, "invalid_client", "client_id or client_secret is invalid")

    assert (found.id, found.certainty) == ("swapped-values", "likely")
    assert "client_id and client_secret are swapped" in found.seen


@pytest.mark.parametrize("turn", [str.lower, str.upper, str.swapcase])
@pytest.mark.parametrize(("kind", "name"), OPAQUE)
def test_letters_whose_case_was_changed(bench: Bench, kind: str, name: str, turn: Callable[[str], str]) -> None:
    url, form = FORMS[kind]
    good = form(bench)
    if turn(good[name]) == good[name]:
        return

    assert bench.post(url, {**good, name: turn(good[name])}).status_code in (400, 401)

    assert bench.top.certainty == "certain"
    assert "letters" in bench.top.seen
    assert bench.post(url, form(bench)).status_code == 200


@pytest.mark.parametrize("turn", [str.lower, str.upper, str.swapcase])
@pytest.mark.parametrize(("kind", "name"), JWTS)
def test_letters_of_a_jwt_whose_case_was_changed(
    bench: Bench, kind: str, name: str, turn: Callable[[str], str]
) -> None:
    url, form = FORMS[kind]
    good = form(bench)

    assert bench.post(url, {**good, name: turn(good[name])}).status_code == 400

    bench.assert_finding(f"begins with {turn('eyJ')}, and a JWT with eyJ", id="mangled-jwt")
    assert followed_again(bench, kind) == 200


@pytest.mark.parametrize("turn", [str.lower, str.upper, str.swapcase])
def test_letters_of_a_bearer_token_whose_case_was_changed(bench: Bench, turn: Callable[[str], str]) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {turn(token)}")

    bench.assert_finding("is a value that is known here, but", "letters", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_small_letters_in_a_pasted_request_are_likely_the_cause() -> None:
    form = {"grant_type": "refresh_token", "client_id": KEY, "client_secret": SECRET, "refresh_token": REFRESH.lower()}

    found = offline(form, "invalid_grant", "refresh_token is invalid")

    assert (found.id, found.certainty) == ("wrapped-value", "likely")
    assert "small letters only" in found.seen


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(("kind", "name"), [*OPAQUE, *JWTS])
def test_a_value_of_which_a_log_hides_a_part(bench: Bench, kind: str, name: str, mask: str) -> None:
    good = FORMS[kind][1](bench)[name]

    wrong(bench, kind, name, f"{good[:4]}{mask}{good[-4:]}")

    bench.assert_finding("in place of a part of it", id="masked-value" if (kind, name) in OPAQUE else "mangled-jwt")
    assert followed_again(bench, kind) == 200


@pytest.mark.parametrize("mask", MASKS)
def test_a_bearer_token_of_which_a_log_hides_a_part(bench: Bench, mask: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {token[:4]}{mask}{token[-4:]}".encode().decode("latin-1"))

    bench.assert_finding("hidden, as in a log", id="bearer-shape")
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


def test_a_plus_in_a_secret_that_was_not_encoded(bench: Bench) -> None:
    url, form = FORMS["cis2"]
    bench.platform.apps.change("nhsauth-app", client_secret="aB+9/xQ+41Zq")
    good = form(bench, client_secret="aB+9/xQ+41Zq")

    raw(bench, urlencode(good).replace("%2B", "+").encode(), url)

    bench.assert_finding("a space for each +", "let the HTTP library encode the form", id="wrapped-value")
    assert bench.post(url, form(bench, client_secret="aB+9/xQ+41Zq")).status_code == 200


@pytest.mark.parametrize("kind", ["code", "cis2"])
def test_a_redirect_uri_that_was_encoded_twice(bench: Bench, kind: str) -> None:
    wrong(bench, kind, "redirect_uri", quote(REDIRECT, safe=""))

    bench.assert_finding("percent signs in it, encoded twice", id="redirect-uri-differs")
    assert followed_again(bench, kind) == 200


def test_a_redirect_uri_that_was_encoded_twice_in_a_pasted_request() -> None:
    form = {"grant_type": "authorization_code", "code": "UWnjzRgUnnUVQXm-yOue299Y1tg", "redirect_uri": TWICE}
    sentence = "The provided access grant is invalid, expired, or revoked."
    client = {"client_id": "969567331415.apps.national", "client_secret": "aB9xQ41Zq"}

    found = offline(form | client, "invalid_grant", sentence, f"{CIS2_PATH}/access_token", urlsplit(CIS2_INT).netloc)

    assert found.id == "redirect-uri-differs"
    assert "encoded twice" in found.seen


@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (lambda token: base64.b64encode(token.encode()).decode(), "base64 around it"),
        (lambda token: token.encode().hex(), "hexadecimal"),
        (lambda token: "".join(f"%{ord(each):02X}" for each in token), "percent signs"),
    ],
)
def test_a_bearer_token_that_was_encoded(bench: Bench, encode: Callable[[str], str], words: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, Authorization=f"Bearer {encode(token)}")

    assert bench.top.id == "bearer-shape"
    assert words in bench.top.seen or "%" in encode(token)
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("name", ["X-Amzn-Remapped-Authorization", "X-Forwarded-Authorization", "X-Token"])
def test_a_header_that_a_gateway_renamed(bench: Bench, name: str) -> None:
    token = user_token(bench)["access_token"]

    call(bench, **{name: f"Bearer {token}"})

    bench.assert_finding(
        f'there is "{name.lower()}", with a token in it', "as the header Authorization", id="bearer-shape"
    )
    assert call(bench, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize(
    ("encode", "words", "cause"),
    [
        (lambda text: text.encode("utf-16-le"), "UTF-16", "Encoding.UTF8"),
        (lambda text: text.encode("utf-16"), "UTF-16", "Encoding.UTF8"),
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "byte order mark", "encoded the JSON once more"),
        (lambda text: base64.b64encode(text.encode()), "base64 around it", "encoded the JSON once more"),
        (lambda text: json.dumps(text).encode(), "quotes around it", "encoded the JSON once more"),
    ],
)
def test_a_payload_that_is_json_in_another_encoding(
    bench: Bench, encode: Callable[[str], bytes], words: str, cause: str
) -> None:
    header, payload, signature = bench.signed().split(".")
    members = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()

    bench.ask(client_assertion=".".join((header, jwts.base64url(encode(members)), signature)))

    bench.assert_finding("has a payload that is JSON with", words, cause, "JSON in UTF-8", id="mangled-jwt")
    assert bench.ask().status_code == 200


@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (base64.b64encode, "ordinary base64"),
        (base64.urlsafe_b64encode, "base64url with padding"),
        (base64.encodebytes, "base64 in lines"),
    ],
)
def test_another_base64_that_was_signed(bench: Bench, encode: Callable[[bytes], bytes], words: str) -> None:
    notes = ("caf\u00e9>>>???~~~~" + "x" * more for more in range(3))
    parts = (bench.signed(note=note).split(".")[:2] for note in notes)
    header, payload = next(each for each in parts if len(each[1]) % 4)  # one that has padding
    text = b".".join(encode(base64.urlsafe_b64decode(part + "==")).rstrip(b"\n") for part in (header, payload))
    private = bench.platform.apps.key_pair("nhsauth-app").private
    signature = private.sign(text, padding.PKCS1v15(), hashes.SHA512())

    bench.ask(client_assertion=f"{header}.{payload}.{jwts.base64url(signature)}")

    bench.assert_finding(f"in {words}", "as they are sent", id="changed-after-signing")
    assert bench.ask().status_code == 200


def in_hex(number: int) -> str:
    return f"{number:x}"


@pytest.mark.parametrize(("member", "write"), [("e", str), ("e", in_hex), ("e", int), ("n", str), ("n", in_hex)])
def test_numbers_of_a_key_in_another_notation(bench: Bench, member: str, write: Callable[[int], object]) -> None:
    public = bench.jwk()
    number = int.from_bytes(base64.urlsafe_b64decode(public[member] + "=" * (-len(public[member]) % 4)))
    bench.publish([{**public, member: write(number)}])

    bench.ask()

    bench.assert_finding("in another notation than base64url", "You can keep the key", id="weak-or-odd-key")
    bench.publish([public])
    assert bench.ask().status_code == 200


def test_a_key_that_did_not_make_the_signature_is_not_called_good(bench: Bench) -> None:
    other = bench.platform.ring.pair("altered-values", bits=2048).private.public_key().public_numbers().n
    bench.publish([{**bench.jwk(), "n": jwts.base64url(other.to_bytes(256)), "e": "65537"}])

    bench.ask()

    assert "keep the key" not in str(bench.top)


def test_white_space_around_an_api_key_is_to_be_trimmed(bench: Bench) -> None:
    bench.ask(client_assertion=bench.signed(iss="nhsauth-app\r", sub="nhsauth-app\r"))

    bench.assert_finding("with white space around it", "trim what your code reads", id="app-not-known-here")
    assert bench.ask(client_assertion=bench.signed(iss="nhsauth-app", sub="nhsauth-app")).status_code == 200
