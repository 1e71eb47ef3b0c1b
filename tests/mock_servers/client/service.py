"""A scripted token service on a loopback port: what the client is tested against, without the mock."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mock_servers.client import Token, TokenError

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


def pem_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    ).decode()


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
