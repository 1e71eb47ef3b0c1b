"""The client and its scripted service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mock_servers.client import Client
from tests.mock_servers.client.service import APPLICATION_ANSWER, Clock, Script, pem_of, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pem(private_key: rsa.RSAPrivateKey) -> str:
    return pem_of(private_key)


@pytest.fixture
def service() -> Iterator[Script]:
    with served(Script()) as script:
        script.plays(APPLICATION_ANSWER)
        yield script


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def arguments(service: Script, private_key: rsa.RSAPrivateKey, clock: Clock) -> dict[str, Any]:
    return {
        "token_url": service.url,
        "client_id": "my-app",
        "private_key": private_key,
        "kid": "my-app-1",
        "client_secret": "my &secret=é",
        "now": clock,
    }


@pytest.fixture
def client(arguments: dict[str, Any]) -> Iterator[Client]:
    with Client(**arguments) as client:
        yield client
