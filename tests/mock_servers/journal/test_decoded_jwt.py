"""What is shown of a JWT: enough to see the mistake, and never a whole token."""

import json
from typing import Any

import pytest

from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.keys import KeyRing
from mock_servers.journal import decoded_jwt
from mock_servers.wire.request import Parameters, Request

NOW = 1_800_000_000.0


def jwt(**claims: Any) -> Jwt:
    return Jwt(header={"alg": "RS512"}, claims=claims, signing_input=b"", signature=b"12345678")


def test_a_jwt_is_taken_apart_with_its_times_in_words() -> None:
    assert decoded_jwt.taken_apart(jwt(exp=NOW + 300, iat="soon"), NOW) == {
        "header": {"alg": "RS512"},
        "claims": {"exp": NOW + 300, "iat": "soon"},
        "times": {"exp": "2027-01-15T08:05:00Z, 300 s ahead", "iat": '"soon" is no time in seconds since 1970'},
        "signature": "8 bytes",
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 201, "xxxxxx… (201 characters)"),
        ("eyJhbGciOiJub25lIn0.e30.", "eyJhbG… (24 characters)"),
        (float("inf"), "inf"),
        (list(range(42)), [*range(40), "… 2 more"]),
        ({"n" * 101: 1}, {"nnnnnn… (101 characters)": 1}),
    ],
)
def test_what_is_long_or_a_token_is_cut(value: Any, shown: Any) -> None:
    assert decoded_jwt.harmless({"claim": value}) == {"claim": shown}


def test_of_many_members_the_first_are_shown() -> None:
    found = decoded_jwt.harmless({str(number): number for number in range(1000)})

    assert (len(found), found["…"]) == (41, "960 more")


def test_a_megabyte_of_nested_claims_becomes_some_kilobytes() -> None:
    nested = {str(outer): {str(inner): "x" * 150 for inner in range(80)} for outer in range(80)}
    assert len(json.dumps(nested)) > 1_000_000

    assert len(json.dumps(decoded_jwt.harmless(nested))) < 15_000


def test_the_jwts_of_a_request_are_found_wherever_they_stand(ring: KeyRing) -> None:
    token = jwts.sign({"alg": "RS512"}, {"sub": "somebody"}, ring.pair("cis2", bits=2048).private)
    request = Request(
        method="POST",
        base="",
        target="",
        path="",
        headers={"authorization": f"Bearer {token}"},
        form=Parameters([("client_assertion", token), ("subject_token", "a.b.c"), ("code", "x")]),
        query=Parameters([("id_token_hint", token)]),
    )

    found = decoded_jwt.jwts_of(request, NOW)

    assert list(found) == ["client_assertion", "id_token_hint", "authorization"]
    assert json.loads(found["client_assertion"])["claims"] == {"sub": "somebody"}
    assert token.rpartition(".")[2] not in str(found)
