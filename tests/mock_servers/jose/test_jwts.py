import base64
import json
from typing import Any

import pytest
from jwt import PyJWS

from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing

CLAIMS = {"iss": "someone"}


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HEADER = part(b'{"alg":"RS512"}')
PAYLOAD = part(b'{"iss":"someone"}')


def test_a_jwt_comes_apart() -> None:
    decoded = jwts.decode(f"{HEADER}.{PAYLOAD}.c2ln")

    assert (decoded.header, decoded.claims, decoded.signature) == ({"alg": "RS512"}, CLAIMS, b"sig")


def test_an_empty_signature_is_a_third_part() -> None:
    assert jwts.decode(f"{HEADER}.{PAYLOAD}.").signature == b""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "1 part between dots"),
        ("a.b", "2 parts"),
        (f"{HEADER}.{PAYLOAD}.c2ln.more", "4 parts"),
        (f'"{HEADER}.{PAYLOAD}.c2ln"', r"""character 1 of its header is '"'"""),
        (f"{HEADER}.{PAYLOAD}.c2ln==", "character 5 of its signature is '='"),
        (f"{HEADER}.{PAYLOAD}.c2l+", r"is '\+'"),
        (f"{HEADER}.{PAYLOAD}.c2\u2013n", r"is '\\u2013'"),
        (f"{HEADER}.{PAYLOAD}.c2ln\n", r"is '\\n'"),
        (f"{HEADER}.{PAYLOAD}.c2lna", "cut off"),
        (f"{part(b'no')}.{PAYLOAD}.c2ln", "header decodes to something that is not JSON"),
        (f"{part(b'[]')}.{PAYLOAD}.c2ln", "header is a JSON list"),
        (f"{HEADER}.{part(b'1')}.c2ln", "payload is a JSON number"),
        (f"{HEADER}.{part(bytes([255, 254]))}.c2ln", "payload decodes to something that is not JSON"),
        (f"{HEADER}.{part(b'{}' + bytes(1))}.c2ln", "not JSON"),
        (f"{HEADER}.{part(b'[' * 100_000)}.c2ln", "nested too deeply"),
        (f'{HEADER}.{part(b"""{"exp": NaN}""")}.c2ln', "NaN"),
        (f'{HEADER}.{part(b"""{"exp": -Infinity}""")}.c2ln', "-Infinity"),
        ("..", "not JSON"),
    ],
)
def test_what_is_not_jwt_is_refused_with_what_was_seen(text: str, reason: str) -> None:
    with pytest.raises(jwts.MalformedJwtError, match=reason):
        jwts.decode(text)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1e400", float("inf")), ("1" * 5000, float("inf")), (str(10**30), 10**30), ("1.5", 1.5)],
)
def test_numbers_at_the_edges_of_json_are_read(number: str, expected: float) -> None:
    payload = part(f'{{"exp": {number}}}'.encode())

    assert jwts.decode(f"{HEADER}.{payload}.c2ln").claims == {"exp": expected}


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_a_signature_verifies_by_its_own_algorithm(ring: KeyRing, alg: str) -> None:
    key = ring.pair("cis2", bits=2048).private
    text = jwts.sign({"alg": alg}, CLAIMS, key)
    token = jwts.decode(text)

    assert json.loads(PyJWS().decode(text, key.public_key(), algorithms=[alg])) == CLAIMS
    assert jwts.verify(token, key.public_key(), (alg,))
    assert not jwts.verify(token, key.public_key(), ("HS256",))


@pytest.mark.parametrize("change", ["header", "claims", "signature"])
def test_a_changed_jwt_does_not_verify(ring: KeyRing, change: str) -> None:
    key = ring.pair("cis2", bits=2048).private
    parts = jwts.sign({"alg": "RS512"}, CLAIMS, key).split(".")
    index = ["header", "claims", "signature"].index(change)
    other = jwts.sign({"alg": "RS512", "typ": "JWT"}, {"iss": "another"}, key).split(".")
    parts[index] = other[index]

    assert not jwts.verify(jwts.decode(".".join(parts)), key.public_key(), ("RS512",))


@pytest.mark.parametrize("alg", [None, ["RS512"], {"RS512": 1}, 5, "none", "HS512", "rs512"])
def test_an_algorithm_that_is_not_allowed_does_not_verify(ring: KeyRing, alg: Any) -> None:
    key = ring.pair("cis2", bits=2048).private
    token = jwts.decode(jwts.sign({"alg": alg}, CLAIMS, key))

    assert not jwts.verify(token, key.public_key(), ("RS512",))


def test_a_jwt_keeps_the_order_of_its_members(ring: KeyRing) -> None:
    key = ring.pair("cis2", bits=2048).private
    text = jwts.sign({"typ": "JWT", "kid": "k", "alg": "RS256"}, {"z": 1, "a": 2}, key)

    assert list(jwts.decode(text).header) == ["typ", "kid", "alg"]
    assert list(jwts.decode(text).claims) == ["z", "a"]


def test_altered_members_are_replaced_added_and_left_out() -> None:
    members = jwts.altered({"a": 1, "b": 2, "c": 3}, {"b": None, "d": 4}, ["header.a", "c"], prefix="header.")

    assert members == {"b": None, "c": 3, "d": 4}


def test_json_of_a_jwt_has_no_blanks(ring: KeyRing) -> None:
    key = ring.pair("cis2", bits=2048).private
    raw = jwts.sign({"alg": "RS512"}, CLAIMS, key).split(".")[1]

    assert base64.urlsafe_b64decode(raw + "==") == json.dumps(CLAIMS, separators=(",", ":")).encode()
