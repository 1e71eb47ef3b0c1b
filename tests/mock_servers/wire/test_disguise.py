"""A disguise keeps a value's shape and nothing else of it."""

import base64
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_servers.diagnosis.opaque_value import is_unfilled, shape_of
from mock_servers.jose import jwts
from mock_servers.wire.disguise import Disguise

DISGUISE = Disguise(b"key", ["alg", "typ", "kid", "exp"], is_unfilled)
PEM = "-----BEGIN PRIVATE {}-----".format("KEY")
UUID = "3f2b8c1e-9d4a-4b7c-8e21-0a5f6d7c8b9e"


def jwt(**claims: object) -> str:
    signed = jwts.signing_input(b'{"alg":"RS512","kid":"test-1"}', jwts._json(claims)).decode()  # noqa: SLF001 - JSON as it signs it
    return f"{signed}.{jwts.base64url(b'signature' * 28)}"


def kinds(text: str) -> str:
    return re.sub("[a-z]", "a", re.sub("[A-Z]", "A", re.sub("[0-9]", "0", text)))


@given(st.text(string.ascii_letters + string.digits + "-_./+= \n", max_size=200))
def test_length_capitals_digits_and_marks_stay(value: str) -> None:
    if "eyJ" not in value and not value.startswith(("Basic", "{")):
        assert kinds(DISGUISE.of(value)) == kinds(value)


@pytest.mark.parametrize("value", ["t_d9_UkxQ1ZB3mYw7rLpAe5sVoC", UUID, "gMDT2ef5btYXVJoY8QiV7CcL0Bn6", "656005750104"])
def test_what_it_looks_like_stays_and_the_value_does_not(value: str) -> None:
    assert shape_of(DISGUISE.of(value)) is shape_of(value)
    assert DISGUISE.of(value) != value


def test_one_value_has_one_disguise_and_another_key_makes_another() -> None:
    assert DISGUISE.of(UUID) == DISGUISE.of(UUID)
    assert Disguise(b"other", (), is_unfilled).of(UUID) != DISGUISE.of(UUID)


def test_a_jwt_keeps_its_members_and_what_the_services_judge_by() -> None:
    sent = jwt(iss="Samantha", sub="Samantha", aud="https://int.example/token", exp=1_800_000_300, born=1962, ok=True)

    reported = jwts.decode(DISGUISE.of(sent))

    assert reported.header == {"alg": "RS512", "kid": "test-1"}
    assert list(reported.claims) == ["iss", "sub", "aud", "exp", "born", "ok"]
    assert (reported.claims["aud"], reported.claims["exp"], reported.claims["ok"]) == (
        "https://int.example/token",
        1_800_000_300,
        True,
    )
    assert reported.claims["iss"] == reported.claims["sub"] == DISGUISE.of("Samantha")
    assert reported.claims["iss"] != "Samantha"
    assert 1000 <= reported.claims["born"] < 2000
    assert len(reported.signature) == len(jwts.decode(sent).signature)
    assert reported.signature != jwts.decode(sent).signature


def test_what_is_around_a_jwt_keeps_its_shape() -> None:
    reported = DISGUISE.of(f'Bearer "{jwt(sub="x")}\n')

    assert re.fullmatch(r'Bearer "eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+\n', reported)


def test_basic_holds_a_pair_still() -> None:
    reported = DISGUISE.of(f"Basic {base64.b64encode(b'my-client:s3cret').decode()}")

    pair = base64.b64decode(reported.removeprefix("Basic ")).decode()
    assert kinds(pair) == "aa-aaaaaa:a0aaaa"
    assert "s3cret" not in pair


@pytest.mark.parametrize("value", ["undefined", "Bearer undefined", "<client_id>", "${TOKEN}", "{{token}}"])
def test_a_placeholder_stays(value: str) -> None:
    assert DISGUISE.of(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"{PEM}\nMIIE\n", rf"{PEM}\n[A-Z]{{4}}\n"),
        ("https://app.example/cb?code=abc&state=x1", r"https://app\.example/[a-z]{2}\?code=[a-z]{3}&state=[a-z]\d"),
        ('{"access_token": "Secret99"}', r'\{"access_token": "[A-Z][a-z]{5}\d\d"\}'),
    ],
)
def test_what_kind_of_text_it_is_stays(value: str, expected: str) -> None:
    assert re.fullmatch(expected, DISGUISE.of(value))


@given(st.text(max_size=60))
def test_any_text_has_a_disguise_of_its_length(value: str) -> None:
    if "eyj" not in value.lower() and "basic" not in value.lower() and "{" not in value:
        assert len(DISGUISE.of(value)) == len(value)
