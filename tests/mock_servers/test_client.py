"""The client against a scripted token service on a loopback port; the mock itself takes no part."""

from __future__ import annotations

import ast
import json
import pickle
import socket
import ssl
import sys
import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import pytest_nhsauth.client
from mock_servers import client as client_module
from mock_servers.client import Client, ServiceUnreachableError, Token, TokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

NOW = 1_800_000_000.75
MESSAGE_ID = "rrt-1183045613714605707-b-geu2-2173710-114871213-1"
ACCESS_TOKEN = "AbCdEf0123456789AbCdEf012345"
REFRESH_TOKEN = "ZyXwVu9876543210ZyXwVu9876543210"
ID_TOKEN = "eyJraWQiOiIxIn0.eyJzdWIiOiI2NTYwMDU3NTAxMDQifQ.c2lnbmF0dXJl"
APPLICATION_ANSWER = {
    "access_token": ACCESS_TOKEN,
    "expires_in": "599",
    "token_type": "Bearer",
    "issued_at": "1751473025853",
}
PERSON_ANSWER = {
    "access_token": ACCESS_TOKEN,
    "expires_in": "599",
    "token_type": "Bearer",
    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "refresh_token": REFRESH_TOKEN,
    "refresh_token_expires_in": "43199",
    "refresh_count": "0",
}
NEXT_ANSWER = PERSON_ANSWER | {
    "access_token": "Next56789AbCdEf0123456789AbC",
    "refresh_token": "NextVu9876543210ZyXwVu9876543210",
    "refresh_count": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request as the service saw it."""

    method: str
    path: str
    content_type: str | None
    form: list[tuple[str, str]]

    def __getitem__(self, name: str) -> str:
        return dict(self.form)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Script:
    """Plays its answers in order, the last of them for ever, and keeps what it was sent."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    on_request: Callable[[], object] = lambda: None

    def plays(self, *answers: Answer | Mapping[str, Any]) -> None:
        self.answers = deque(each if isinstance(each, Answer) else as_json(200, each) for each in answers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("ascii")
        self.sent.append(
            Sent(
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"],
                content_type=environ.get("CONTENT_TYPE"),
                form=parse_qsl(body, keep_blank_values=True, strict_parsing=True),
            )
        )
        self.on_request()
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        start_response(f"{answer.status} Said So", [*answer.headers.items()])
        return [answer.body]


class ThreadedServer(ThreadingMixIn, WSGIServer):
    pass


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def as_json(status: int, body: object) -> Answer:
    return Answer(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


@contextmanager
def served(script: Script) -> Iterator[Script]:
    with make_server("127.0.0.1", 0, script, ThreadedServer, Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_port}/oauth2/token"
        yield script
        server.shutdown()
        thread.join()


@dataclass(slots=True)
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


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
        "clock": clock,
    }


@pytest.fixture
def client(arguments: dict[str, Any]) -> Iterator[Client]:
    with Client(**arguments) as client:
        yield client


def pem_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def verified(assertion: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(jwt.PyJWS().decode(assertion, key.public_key(), algorithms=["RS512"]))
    return payload


def refusal_of(ask: Callable[[], object]) -> TokenError:
    with pytest.raises(TokenError) as caught:
        ask()
    return caught.value


def token(**members: Any) -> Token:
    ordinary: dict[str, Any] = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_at": NOW}
    return Token(**ordinary | members, raw=PERSON_ANSWER)


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
    del arguments["clock"]

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


def test_repr_says_that_there_is_no_refresh_token() -> None:
    assert "refresh_token=None" in repr(token())


def test_repr_of_the_client_holds_no_secret(client: Client) -> None:
    client.client_credentials()

    assert not any(secret in repr(client) for secret in ("my &secret", ACCESS_TOKEN))


def test_token_can_be_a_key_of_a_dictionary() -> None:
    assert {token(): 1}[token()] == 1


@pytest.mark.parametrize(
    ("expires_in", "margin", "kept_for"),
    [
        pytest.param("599", {}, 539, id="a minute before the end"),
        pytest.param(599, {}, 539, id="lifetime a number"),
        pytest.param("599", {"margin": 100}, 499, id="margin chosen"),
        pytest.param("599", {"margin": 0}, 599, id="no margin"),
        pytest.param("30", {}, 15, id="life shorter than the margin"),
        pytest.param("100", {}, 50, id="margin more than half of the life"),
    ],
)
def test_token_is_kept_until_it_is_due(
    arguments: dict[str, Any], service: Script, expires_in: object, margin: dict[str, Any], kept_for: float
) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": expires_in})
    clock = arguments["clock"]
    counts = []

    with Client(**arguments, **margin) as client:
        for clock.now in (NOW, NOW + kept_for - 0.25, NOW + kept_for):
            client.client_credentials()
            counts.append(len(service.sent))

    assert counts == [1, 1, 2]


def test_token_without_life_is_not_kept(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": "0"})

    client.client_credentials()
    client.client_credentials()

    assert len(service.sent) == 2


def test_kept_token_is_the_same_token(client: Client) -> None:
    assert client.client_credentials() is client.client_credentials()


def test_token_of_an_id_token_is_kept(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    assert client.token_exchange(ID_TOKEN) is client.token_exchange(ID_TOKEN)


def test_another_id_token_gets_a_token_of_its_own(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    got = [client.token_exchange(each).access_token for each in (ID_TOKEN, ID_TOKEN + "2", ID_TOKEN)]

    assert got == [ACCESS_TOKEN, NEXT_ANSWER["access_token"], ACCESS_TOKEN]


def test_token_of_an_id_token_is_renewed_when_due(client: Client, service: Script, clock: Clock) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    client.token_exchange(ID_TOKEN)
    clock.now += 539

    assert client.token_exchange(ID_TOKEN).access_token == NEXT_ANSWER["access_token"]


def test_application_and_person_do_not_share_a_token(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER, PERSON_ANSWER)

    client.client_credentials()
    client.token_exchange("")

    assert len(service.sent) == 2


def test_forget_drops_the_tokens(client: Client, service: Script) -> None:
    client.client_credentials()

    client.forget()
    client.client_credentials()

    assert len(service.sent) == 2


def test_a_token_that_arrives_after_forget_is_not_kept(client: Client, service: Script) -> None:
    service.on_request = client.forget

    client.client_credentials()
    client.client_credentials()

    assert len(service.sent) == 2


def test_refusal_is_not_kept(client: Client, service: Script) -> None:
    service.plays(as_json(503, {}), APPLICATION_ANSWER)

    refusal_of(client.client_credentials)

    assert client.client_credentials().access_token == ACCESS_TOKEN


def test_tokens_that_are_due_leave_the_memory(client: Client, service: Script, clock: Clock) -> None:
    service.plays(PERSON_ANSWER)
    for person in range(5):
        client.token_exchange(f"{ID_TOKEN}{person}")

    clock.now += 599
    client.token_exchange(ID_TOKEN)

    assert len(client._tokens) == 1  # noqa: SLF001 - nothing else shows it


def ask_in_eight_threads(service: Script, ask: Callable[[], Token]) -> list[Token]:
    """Hold the first request back until the seven other threads are on their way."""
    arrived, on_their_way, go_on = threading.Event(), threading.Barrier(8), threading.Event()

    def hold() -> None:
        arrived.set()
        assert go_on.wait(30)

    def follow() -> Token:
        on_their_way.wait(30)
        return ask()

    service.on_request = hold
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask)
        assert arrived.wait(30)
        others = [pool.submit(follow) for _ in range(7)]
        on_their_way.wait(30)
        go_on.set()
        return [each.result(30) for each in (first, *others)]


def test_eight_threads_make_one_request(client: Client, service: Script) -> None:
    ask_in_eight_threads(service, client.client_credentials)

    assert len(service.sent) == 1


def test_eight_threads_get_one_token(client: Client, service: Script) -> None:
    tokens = ask_in_eight_threads(service, client.client_credentials)

    assert len({id(each) for each in tokens}) == 1


def test_eight_threads_spend_a_refresh_token_once(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    ask_in_eight_threads(service, lambda: client.refresh(REFRESH_TOKEN))

    assert len(service.sent) == 1


def test_one_person_does_not_wait_for_another(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER)
    both_there = threading.Barrier(2)
    service.on_request = lambda: both_there.wait(30)

    with ThreadPoolExecutor(2) as pool:
        tokens = list(pool.map(client.token_exchange, [ID_TOKEN, ID_TOKEN + "2"]))

    assert [each.access_token for each in tokens] == [ACCESS_TOKEN, ACCESS_TOKEN]


def test_refresh_takes_a_token(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    client.refresh(token(refresh_token=REFRESH_TOKEN))

    assert service.sent[0]["refresh_token"] == REFRESH_TOKEN


def test_refresh_gives_the_next_refresh_token(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    got = client.refresh(REFRESH_TOKEN)

    assert (got.refresh_token, got.refresh_count) == (NEXT_ANSWER["refresh_token"], 1)


def test_an_old_copy_of_a_spent_refresh_token_gets_its_successor(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    assert client.refresh(REFRESH_TOKEN) is client.refresh(REFRESH_TOKEN)


def test_a_successor_that_is_spent_itself_is_not_given_out(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER, PERSON_ANSWER | {"refresh_token": "third"}, as_json(401, {"error": "invalid_grant"}))

    client.refresh(client.refresh(REFRESH_TOKEN))

    assert refusal_of(lambda: client.refresh(REFRESH_TOKEN)).error == "invalid_grant"


def test_after_a_refresh_the_exchanged_token_is_not_given_out(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    client.refresh(client.token_exchange(ID_TOKEN))
    client.token_exchange(ID_TOKEN)

    assert [sent["grant_type"].rpartition(":")[2] for sent in service.sent] == [
        "token-exchange",
        "refresh_token",
        "token-exchange",
    ]


def test_after_a_refresh_the_tokens_of_others_stay(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER, NEXT_ANSWER)

    kept = client.client_credentials()
    client.refresh(REFRESH_TOKEN)

    assert client.client_credentials() is kept


def test_a_failed_refresh_is_not_tried_again(client: Client, service: Script) -> None:
    service.plays(as_json(503, {}))

    refusal_of(lambda: client.refresh(REFRESH_TOKEN))

    assert len(service.sent) == 1


def test_refresh_without_a_refresh_token_says_what_to_do(client: Client) -> None:
    with pytest.raises(ValueError, match=r"client_credentials gives none, ask it for a new token"):
        client.refresh(client.client_credentials())


def test_refresh_without_the_secret_says_so(arguments: dict[str, Any]) -> None:
    client = Client(**arguments | {"client_secret": None})

    with pytest.raises(ValueError, match="refresh needs the app's client_secret"):
        client.refresh(REFRESH_TOKEN)


MALFORMED = {
    "error": "invalid_request",
    "error_description": "Malformed JWT in subject_token",
    "message_id": MESSAGE_ID,
}
RATE_LIMITED = {
    "interval": 1,
    "limit": 1,
    "message": "Your application, My app, has exceeded its quota of 1 requests every 1 minute(s).",
    "message_id": MESSAGE_ID,
    "policy": "quota",
    "ratelimiting_expiry_time_ms": 1765372560000,
}
HTML = Answer(status=502, body=b"<html><h1>Bad Gateway</h1></html>", headers={"Content-Type": "text/html"})
NOT_THE_SERVICE = "not the service's JSON ({}); a proxy on the way may have answered"
NOT_A_SUCCESS = "200: a success is 200 with an access_token and an expires_in in seconds, and this is none"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            as_json(400, MALFORMED),
            f"400 invalid_request: Malformed JWT in subject_token (message_id {MESSAGE_ID})",
            id="envelope",
        ),
        pytest.param(
            as_json(429, RATE_LIMITED),
            f"429: {RATE_LIMITED['message']} (message_id {MESSAGE_ID})",
            id="rate limit",
        ),
        pytest.param(
            as_json(500, {"fault": {"faultstring": "Invalid client identifier {0}", "detail": {"errorcode": "x"}}}),
            "500: Invalid client identifier {0}",
            id="Apigee fault",
        ),
        pytest.param(as_json(401, {"error": "invalid_client"}), "401 invalid_client", id="code alone"),
        pytest.param(as_json(400, {"error": "e", "error_description": " a\n b "}), "400 e: a b", id="one line"),
        pytest.param(HTML, f"502: {NOT_THE_SERVICE.format('text/html, 33 bytes')}", id="HTML"),
        pytest.param(Answer(status=503), f"503: {NOT_THE_SERVICE.format('no Content-Type, 0 bytes')}", id="empty body"),
        pytest.param(Answer(status=200), f"200: {NOT_THE_SERVICE.format('no Content-Type, 0 bytes')}", id="empty 200"),
        pytest.param(as_json(200, ["x"]), f"200: {NOT_THE_SERVICE.format('application/json, 5 bytes')}", id="list"),
        pytest.param(as_json(400, None), f"400: {NOT_THE_SERVICE.format('application/json, 4 bytes')}", id="null"),
        pytest.param(
            as_json(400, {"error": 7}), f"400: {NOT_THE_SERVICE.format('application/json, 12 bytes')}", id="not text"
        ),
        pytest.param(
            Answer(status=500, body=b"\xff\xfe\xff"),
            f"500: {NOT_THE_SERVICE.format('no Content-Type, 3 bytes')}",
            id="not UTF-8",
        ),
        pytest.param(
            Answer(status=500, body=b"[" * 200_000),
            f"500: {NOT_THE_SERVICE.format('no Content-Type, 200000 bytes')}",
            id="nested beyond reading",
        ),
        pytest.param(as_json(200, {"expires_in": "599"}), NOT_A_SUCCESS, id="no access token"),
        pytest.param(as_json(200, {"access_token": "", "expires_in": "599"}), NOT_A_SUCCESS, id="empty access token"),
        pytest.param(as_json(200, {"access_token": 7, "expires_in": "599"}), NOT_A_SUCCESS, id="access token a number"),
        pytest.param(as_json(200, {"access_token": ACCESS_TOKEN}), NOT_A_SUCCESS, id="no lifetime"),
        pytest.param(as_json(201, APPLICATION_ANSWER), NOT_A_SUCCESS.replace("200", "201", 1), id="another success"),
    ],
)
def test_refusal_is_one_clear_line(client: Client, service: Script, answer: Answer, text: str) -> None:
    service.plays(answer)

    assert str(refusal_of(client.client_credentials)) == text


@pytest.mark.parametrize(
    "expires_in", ["soon", "", None, [], -1, "-1", "nan", "inf", 10**400], ids=lambda value: repr(value)[:9]
)
def test_a_success_without_a_usable_lifetime_is_none(client: Client, service: Script, expires_in: object) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": expires_in})

    assert str(refusal_of(client.client_credentials)) == NOT_A_SUCCESS


def test_refusal_keeps_the_members_of_the_envelope(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED))

    refusal = refusal_of(client.client_credentials)

    assert (
        refusal.status,
        refusal.error,
        refusal.error_description,
        refusal.message_id,
        refusal.rate_limited_until,
    ) == (
        400,
        "invalid_request",
        "Malformed JWT in subject_token",
        MESSAGE_ID,
        None,
    )


def test_rate_limit_says_until_when_in_epoch_seconds(client: Client, service: Script) -> None:
    service.plays(as_json(429, RATE_LIMITED))

    assert refusal_of(client.client_credentials).rate_limited_until == 1765372560.0


def test_rate_limit_keeps_its_message_as_the_description(client: Client, service: Script) -> None:
    service.plays(as_json(429, RATE_LIMITED))

    refusal = refusal_of(client.client_credentials)

    assert (refusal.error, refusal.error_description) == (None, RATE_LIMITED["message"])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_refusal_is_not_tried_again(client: Client, service: Script, status: int) -> None:
    service.plays(as_json(status, MALFORMED))

    refusal_of(client.client_credentials)

    assert len(service.sent) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(client: Client, service: Script, status: int) -> None:
    service.plays(Answer(status=status, headers={"Location": service.url + "?session=1#top"}), APPLICATION_ANSWER)

    refusal = refusal_of(client.client_credentials)

    assert (str(refusal), len(service.sent)) == (
        f"{status}: a redirect to {service.url}, not followed: correct token_url",
        1,
    )


@pytest.mark.parametrize("parameter", ["client_assertion", "subject_token"])
def test_refusal_that_quotes_an_exchange_hides_its_secrets(client: Client, service: Script, parameter: str) -> None:
    service.on_request = lambda: service.plays(
        as_json(400, MALFORMED | {"error_description": service.sent[0][parameter]})
    )

    refusal = refusal_of(lambda: client.token_exchange(ID_TOKEN))

    assert (str(refusal), refusal.error_description) == (
        f"400 invalid_request: (hidden) (message_id {MESSAGE_ID})",
        "(hidden)",
    )


@pytest.mark.parametrize("secret", [REFRESH_TOKEN, "my &secret=é"], ids=["refresh token", "client secret"])
@pytest.mark.parametrize("member", ["error", "error_description", "message_id", "message"])
def test_refusal_that_quotes_a_refresh_hides_its_secrets(
    client: Client, service: Script, secret: str, member: str
) -> None:
    service.plays(as_json(400, {member: f"saw {secret}"}))

    refusal = refusal_of(lambda: client.refresh(REFRESH_TOKEN))

    assert secret not in f"{refusal} {refusal!r} {vars(refusal)}"


def test_an_empty_id_token_leaves_the_text_readable(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED | {"error_description": "Missing subject_token"}))

    refusal = refusal_of(lambda: client.token_exchange(""))

    assert refusal.error_description == "Missing subject_token"


def test_token_in_an_unusable_success_is_not_shown(client: Client, service: Script) -> None:
    service.plays({"access_token": ACCESS_TOKEN})

    refusal = refusal_of(client.client_credentials)

    assert ACCESS_TOKEN not in f"{refusal} {refusal!r} {vars(refusal)}"


def test_refusal_survives_pickling(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED))

    refusal = refusal_of(client.client_credentials)
    copy = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own

    assert vars(copy) == vars(refusal)


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound_but_not_listening:
        bound_but_not_listening.bind(("127.0.0.1", 0))
        yield bound_but_not_listening.getsockname()[1]


def unreachable_of(ask: Callable[[], object]) -> ServiceUnreachableError:
    refusal = refusal_of(ask)
    assert isinstance(refusal, ServiceUnreachableError)
    return refusal


def causes_of(error: BaseException | None) -> list[type[BaseException]]:
    return [] if error is None else [type(error), *causes_of(error.__cause__ or error.__context__)]


def test_refused_connection_is_told_with_the_url(arguments: dict[str, Any], closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/oauth2/token"

    with Client(**arguments | {"token_url": url}) as client:
        error = unreachable_of(client.client_credentials)

    assert str(error).startswith(f"no answer from {url}: ConnectionError, ")


def test_refused_connection_chains_its_cause(arguments: dict[str, Any], closed_port: int) -> None:
    with Client(**arguments | {"token_url": f"http://127.0.0.1:{closed_port}/oauth2/token"}) as client:
        error = unreachable_of(client.client_credentials)

    assert {requests.ConnectionError, ConnectionRefusedError} <= set(causes_of(error))


def test_tls_failure_names_tls(arguments: dict[str, Any], service: Script) -> None:
    with Client(**arguments | {"token_url": service.url.replace("http:", "https:")}) as client:
        error = unreachable_of(client.client_credentials)

    assert (str(error).split(": ")[1].split(",")[0], ssl.SSLError in causes_of(error)) == ("SSLError", True)


def test_timeout_is_told_as_one(arguments: dict[str, Any], service: Script) -> None:
    go_on = threading.Event()
    service.on_request = lambda: go_on.wait(30)

    with Client(**arguments, timeout=0.05) as client:
        error = unreachable_of(client.client_credentials)
    go_on.set()

    assert isinstance(error.__cause__, requests.ReadTimeout)


def test_no_answer_has_no_status(arguments: dict[str, Any], closed_port: int) -> None:
    with Client(**arguments | {"token_url": f"http://127.0.0.1:{closed_port}/oauth2/token"}) as client:
        error = unreachable_of(client.client_credentials)

    assert (error.status, error.error, error.message_id) == (0, None, None)


def test_no_answer_is_one_line(arguments: dict[str, Any]) -> None:
    class Broken(requests.Session):
        def post(self, *_: object, **__: object) -> requests.Response:
            raise requests.ConnectionError("two\nlines")

    error = unreachable_of(Client(**arguments, session=Broken()).client_credentials)

    assert str(error) == f"no answer from {arguments['token_url']}: ConnectionError, two lines"


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
