"""What an exchange may cost, counted and never timed: no private key is loaded, no signature checked twice."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwks
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

EXCHANGES = 50
MADE_OR_LOADED = (
    "generate_private_key",
    "load_pem_private_key",
    "load_der_private_key",
    "RSAPrivateNumbers.private_key",
)
VERIFIED = "RSAPublicKey.verify"
KEY_SET_READ = f"{jwks.__name__}.read"
PUBLIC_KEY_BUILT = "RSAPublicNumbers.public_key"

Send = Callable[..., TestResponse]


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count what this thread calls: compiled functions by qualified name, others by module and name as well."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call":
            calls[called.__qualname__] += 1
        elif event == "call":
            calls[f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def succeed(times: int, send: Send) -> None:
    statuses = [send().status_code for _ in range(times)]
    assert statuses == [200] * times


@pytest.fixture
def code_exchange(platform: Mock, http: Client) -> Send:
    """Log in and redeem the code at CIS2, which mints an id token."""

    def send() -> TestResponse:
        redirect_uri = "http://127.0.0.1:8080/_nhsauth/callback"
        code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), redirect_uri)
        path = platform.provider("cis2").provider.endpoint("token")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        app = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
        return http.post(path, data=form | app, base_url=platform.url)

    return send


@pytest.fixture
def warm(client_credentials: Send, token_exchange: Send, code_exchange: Send) -> None:
    """Keys are loaded, and key sets fetched, at first use."""
    for send in (client_credentials, token_exchange, code_exchange):
        succeed(1, send)


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("kind", ["client_credentials", "token_exchange", "code_exchange"])
def test_no_private_key_is_loaded_or_made_for_a_request(kind: str, request: pytest.FixtureRequest) -> None:
    send = request.getfixturevalue(kind)

    with counted() as calls:
        succeed(EXCHANGES, send)

    assert {name: calls[name] for name in MADE_OR_LOADED if calls[name]} == {}


@pytest.mark.usefixtures("warm")
def test_no_private_key_is_loaded_or_made_to_sign(platform: Mock) -> None:
    with counted() as calls:
        for _ in range(EXCHANGES):
            platform.client_assertion("nhsauth-app")
            platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))

    assert {name: calls[name] for name in MADE_OR_LOADED if calls[name]} == {}


def test_the_count_sees_a_key_that_is_loaded(platform: Mock) -> None:
    key = platform.apps.key(platform.apps.get("nhsauth-app"))
    assert key is not None
    pem = key.private_pem().encode()

    with counted() as calls:
        load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)

    assert calls["load_pem_private_key"] == 1


def test_the_count_sees_a_key_that_is_made() -> None:
    with counted() as calls:
        rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert calls["generate_private_key"] == 1


def test_a_key_is_obtained_once_for_all_that_it_signs(key_cache: Path) -> None:
    platform = Mock(ring=KeyRing(key_cache))

    with counted() as calls:
        for _ in range(EXCHANGES):
            platform.client_assertion("nhsauth-app")

    assert sum(calls[name] for name in MADE_OR_LOADED) == 1


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(("kind", "signatures"), [("client_credentials", 1), ("token_exchange", 2)])
def test_each_signature_is_checked_once(kind: str, signatures: int, request: pytest.FixtureRequest) -> None:
    send = request.getfixturevalue(kind)

    with counted() as calls:
        succeed(EXCHANGES, send)

    assert calls[VERIFIED] == signatures * EXCHANGES


def test_the_key_sets_of_app_and_provider_are_read_once_each(token_exchange: Send) -> None:
    with counted() as calls:
        succeed(EXCHANGES, token_exchange)

    assert calls[KEY_SET_READ] == 2


@pytest.mark.usefixtures("warm")
def test_no_public_key_is_built_again(token_exchange: Send) -> None:
    with counted() as calls:
        succeed(EXCHANGES, token_exchange)

    assert calls[PUBLIC_KEY_BUILT] == 0
