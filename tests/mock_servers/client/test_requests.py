"""What the client signs and sends, and what it reads of an answer."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any
from unittest import mock

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mock_servers import client as client_module
from mock_servers.client import Client
from tests.mock_servers.client.service import (
    ACCESS_TOKEN,
    APPLICATION_ANSWER,
    ID_TOKEN,
    NEXT_ANSWER,
    NOW,
    PERSON_ANSWER,
    REFRESH_TOKEN,
    Clock,
    Script,
    as_json,
    refusal_of,
    token,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_assertion_header_is_what_the_service_wants(client: Client) -> None:
    header = jwt.get_unverified_header(client.client_assertion())

    assert header == {"alg": "RS512", "typ": "JWT", "kid": "my-app-1"}


def test_assertion_claims_are_these_and_no_iat_or_nbf(
    arguments: dict[str, Any], private_key: rsa.RSAPrivateKey
) -> None:
    client = Client(**arguments, make_jti=lambda: "one")

    claims = verified(client.client_assertion(), private_key)

    assert claims == {
        "iss": "my-app",
        "sub": "my-app",
        "aud": arguments["token_url"],
        "jti": "one",
        "exp": 1_800_000_240,
    }


def test_assertion_expiry_is_an_integer(client: Client, private_key: rsa.RSAPrivateKey) -> None:
    claims = verified(client.client_assertion(), private_key)

    assert type(claims["exp"]) is int


def test_assertion_lifetime_can_be_chosen(client: Client, private_key: rsa.RSAPrivateKey) -> None:
    claims = verified(client.client_assertion(lifetime=300), private_key)

    assert claims["exp"] == 1_800_000_300


def test_each_assertion_has_its_own_uuid_as_jti(client: Client, private_key: rsa.RSAPrivateKey) -> None:
    jtis = [verified(client.client_assertion(), private_key)["jti"] for _ in range(3)]

    assert len({uuid.UUID(jti) for jti in jtis}) == 3


def test_real_time_is_the_default_clock(arguments: dict[str, Any], private_key: rsa.RSAPrivateKey) -> None:
    del arguments["now"]

    before = int(time.time())
    claims = verified(Client(**arguments).client_assertion(), private_key)

    assert before + 240 <= claims["exp"] <= int(time.time()) + 240


@pytest.mark.parametrize("form", [str, str.encode], ids=["text", "bytes"])
def test_pem_is_taken(
    arguments: dict[str, Any], pem: str, private_key: rsa.RSAPrivateKey, form: Callable[[str], str | bytes]
) -> None:
    client = Client(**arguments | {"private_key": form(pem)})

    assert verified(client.client_assertion(), private_key)["sub"] == "my-app"


def test_pem_is_loaded_once(arguments: dict[str, Any], pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load = mock.Mock(wraps=serialization.load_pem_private_key)
    monkeypatch.setattr(client_module, "load_pem_private_key", load)

    client = Client(**arguments | {"private_key": pem})
    for _ in range(3):
        client.client_assertion()

    assert load.call_count == 1


def test_client_credentials_sends_exactly_this_form(
    client: Client, service: Script, private_key: rsa.RSAPrivateKey
) -> None:
    client.client_credentials()

    [sent] = service.sent
    verified(sent["client_assertion"], private_key)
    assert sent.form == [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", sent["client_assertion"]),
    ]


def test_token_exchange_sends_exactly_this_form(
    client: Client, service: Script, private_key: rsa.RSAPrivateKey
) -> None:
    service.plays(PERSON_ANSWER)

    client.token_exchange(ID_TOKEN)

    [sent] = service.sent
    verified(sent["client_assertion"], private_key)
    assert sent.form == [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", sent["client_assertion"]),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("subject_token", ID_TOKEN),
    ]


def test_refresh_sends_exactly_this_form(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    client.refresh(REFRESH_TOKEN)

    [sent] = service.sent
    assert sent.form == [
        ("grant_type", "refresh_token"),
        ("client_id", "my-app"),
        ("client_secret", "my &secret=é"),
        ("refresh_token", REFRESH_TOKEN),
    ]


def test_request_is_a_form_post_to_the_token_url(client: Client, service: Script) -> None:
    client.client_credentials()

    [sent] = service.sent
    assert (sent.method, sent.path, sent.content_type) == (
        "POST",
        "/oauth2/token",
        "application/x-www-form-urlencoded",
    )


def test_content_type_of_a_given_session_gives_way(arguments: dict[str, Any], service: Script) -> None:
    with requests.Session() as session:
        session.headers["Content-Type"] = "application/json"

        Client(**arguments, session=session).client_credentials()

    assert service.sent[0].content_type == "application/x-www-form-urlencoded"


def test_each_request_has_an_assertion_of_its_own(
    client: Client, service: Script, private_key: rsa.RSAPrivateKey
) -> None:
    service.plays(as_json(503, {}), APPLICATION_ANSWER)

    refusal_of(client.client_credentials)
    client.client_credentials()

    assert len({verified(sent["client_assertion"], private_key)["jti"] for sent in service.sent}) == 2


def test_answer_to_client_credentials_is_read(client: Client) -> None:
    got = client.client_credentials()

    assert got == token(expires_at=NOW + 599)


def test_answer_to_token_exchange_is_read(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER)

    got = client.token_exchange(ID_TOKEN)

    assert got == token(
        expires_at=NOW + 599,
        refresh_token=REFRESH_TOKEN,
        refresh_expires_at=NOW + 43199,
        refresh_count=0,
        issued_token_type="urn:ietf:params:oauth:token-type:access_token",
    )


def test_raw_is_the_answer_as_it_came(client: Client) -> None:
    assert client.client_credentials().raw == APPLICATION_ANSWER


@pytest.mark.parametrize("expires_in", ["599", 599, 599.0])
def test_lifetime_is_read_from_text_and_number(client: Client, service: Script, expires_in: object) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": expires_in})

    assert client.client_credentials().expires_at == NOW + 599


def test_refresh_members_are_read_from_numbers(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER | {"refresh_token_expires_in": 3599, "refresh_count": 2})

    got = client.token_exchange(ID_TOKEN)

    assert (got.refresh_expires_at, got.refresh_count) == (NOW + 3599, 2)


def test_unreadable_extras_do_not_cost_the_token(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER | {"refresh_token_expires_in": "soon", "refresh_count": None})

    got = client.token_exchange(ID_TOKEN)

    assert (got.access_token, got.refresh_expires_at, got.refresh_count) == (ACCESS_TOKEN, None, None)


def test_token_type_is_bearer_when_not_said(client: Client, service: Script) -> None:
    service.plays({"access_token": ACCESS_TOKEN, "expires_in": "599"})

    assert client.client_credentials().token_type == "Bearer"


def test_expiry_counts_from_before_the_request(client: Client, service: Script, clock: Clock) -> None:
    def take_a_while() -> None:
        clock.now += 20

    service.on_request = take_a_while

    assert client.client_credentials().expires_at == NOW + 599


def test_repr_shows_of_the_access_token_six_characters_and_the_length() -> None:
    assert "access_token=<AbCdEf… 28 characters>" in repr(token())


@pytest.mark.parametrize("secret", [ACCESS_TOKEN, REFRESH_TOKEN], ids=["access", "refresh"])
@pytest.mark.parametrize("show", [repr, str, "{}".format], ids=["repr", "str", "format"])
def test_no_text_of_a_token_holds_a_whole_one(secret: str, show: Callable[[object], str]) -> None:
    assert secret[7:] not in show(token(refresh_token=REFRESH_TOKEN))


def test_repr_of_a_short_token_shows_less_of_it() -> None:
    assert "access_token=<ab… 6 characters>" in repr(token(access_token="abcdef"))


def test_repr_says_that_there_is_not_refresh_token() -> None:
    assert "refresh_token=None" in repr(token())


def test_repr_of_the_client_holds_no_secret(client: Client) -> None:
    client.client_credentials()

    assert not any(secret in repr(client) for secret in ("my &secret", ACCESS_TOKEN))


def test_token_can_be_a_key_of_a_dictionary() -> None:
    assert {token(): 1}[token()] == 1
