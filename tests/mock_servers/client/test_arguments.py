"""Which arguments the client takes, and what becomes of the session it is given."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import pytest_nhsauth.client
from mock_servers import client as client_module
from mock_servers.client import Client
from tests.mock_servers.client.service import Script, pem_of, verified


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.mark.parametrize("name", ["kid", "client_id", "token_url"])
@pytest.mark.parametrize("value", ["", " ", "blank at the end ", "line\n", None])
def test_text_that_cannot_work_is_named(arguments: dict[str, Any], name: str, value: str | None) -> None:
    with pytest.raises(ValueError, match="; allowed is ") as caught:
        Client(**arguments | {name: value})

    assert str(caught.value).startswith(f"{name} is {str(value)!r}; allowed is ")


@pytest.mark.parametrize(
    "url",
    [
        "int.api.service.nhs.uk/oauth2/token",
        "//int.api.service.nhs.uk/oauth2/token",
        "ftp://int.api.service.nhs.uk/oauth2/token",
        "https://",
        "https:///oauth2/token",
        "https://int.api.service.nhs.uk",
        "https://int.api.service.nhs.uk/oauth2/token#fragment",
        "https://int.api.service.nhs.uk/oauth2/to ken",
    ],
)
def test_url_that_cannot_work_is_named_with_what_is_allowed(arguments: dict[str, Any], url: str) -> None:
    with pytest.raises(ValueError, match=r"^token_url is ") as caught:
        Client(**arguments | {"token_url": url})

    assert (
        str(caught.value) == f"token_url is {url!r}; allowed is http(s)://host[:port]/path, no user name, no fragment"
    )


def test_password_in_the_url_is_refused_and_not_shown(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no user name") as caught:
        Client(**arguments | {"token_url": "https://me:pass@word@int.api.service.nhs.uk/oauth2/token"})

    assert str(caught.value).startswith("token_url is 'https://(hidden)@int.api.service.nhs.uk/oauth2/token'; ")


def test_url_of_the_real_service_is_taken(arguments: dict[str, Any], private_key: rsa.RSAPrivateKey) -> None:
    url = "https://int.api.service.nhs.uk/oauth2/token"

    client = Client(**arguments | {"token_url": url})

    assert verified(client.client_assertion(), private_key)["aud"] == url


SHOWN_KEYS = {
    "empty": "str",
    "path": "str",
    "nothing": "NoneType",
    "public PEM": "a PEM 'PUBLIC KEY'",
    "public key": "RSAPublicKey",
    "damaged PEM": "a PEM 'PRIVATE KEY'",
    "line breaks as text": "a PEM 'PRIVATE KEY'",
    "password": "a PEM 'ENCRYPTED PRIVATE KEY'",
    "curve PEM": "ECPrivateKey",
    "curve key": "ECPrivateKey",
    "small PEM": "RSAPrivateKey",
}


@pytest.fixture(scope="session")
def unusable_keys(private_key: rsa.RSAPrivateKey, pem: str) -> dict[str, Any]:
    curve = ec.generate_private_key(ec.SECP256R1())
    return {
        "empty": "",
        "path": "/keys/my-app.pem",
        "nothing": None,
        "public PEM": public_pem(private_key),
        "public key": private_key.public_key(),
        "damaged PEM": pem[:400],
        "line breaks as text": pem.replace("\n", "\\n").encode(),
        "password": pem_of(private_key, serialization.BestAvailableEncryption(b"x")),
        "curve PEM": pem_of(curve),
        "curve key": curve,
        "small PEM": pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    }


@pytest.mark.parametrize("name", SHOWN_KEYS)
def test_key_that_cannot_work_is_named_but_not_shown(
    arguments: dict[str, Any], unusable_keys: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=r"^private_key is ") as caught:
        Client(**arguments | {"private_key": unusable_keys[name]})

    assert str(caught.value) == (
        f"private_key is {SHOWN_KEYS[name]} that does not serve; allowed is an unencrypted RSA private key of 2048 "
        "bits or more, as object or PEM text, not as a path"
    )


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[requests.Session]:
    sessions: list[requests.Session] = []

    def close(session: requests.Session) -> None:
        sessions.append(session)

    monkeypatch.setattr(requests.Session, "close", close)
    return sessions


def test_own_session_is_closed(arguments: dict[str, Any], closed: list[requests.Session]) -> None:
    with Client(**arguments):
        pass

    assert len(closed) == 1


def test_given_session_stays_open(arguments: dict[str, Any], closed: list[requests.Session]) -> None:
    with Client(**arguments, session=requests.Session()):
        pass

    assert closed == []


def test_given_session_is_used(arguments: dict[str, Any], service: Script) -> None:
    with requests.Session() as session:
        session.params = {"seen": "yes"}
        seen: list[str] = []
        session.hooks["response"].append(lambda response, **_: seen.append(response.request.url))

        Client(**arguments, session=session).client_credentials()

    assert seen == [f"{service.url}?seen=yes"]


def test_client_needs_requests_jwt_and_cryptography_alone() -> None:
    tree = ast.parse(Path(client_module.__file__).read_text(encoding="utf-8"))

    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"requests", "jwt", "cryptography"}


@pytest.mark.parametrize("name", pytest_nhsauth.client.__all__)
def test_plugin_gives_the_same_client(name: str) -> None:
    assert getattr(pytest_nhsauth.client, name) is getattr(client_module, name)
