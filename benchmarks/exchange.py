"""How quickly tokens are exchanged: signed beforehand, for the service alone, and signed by a client, as in a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, cast

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks import clients, exchanging, process, sketch
from benchmarks.bench import Bench, python
from benchmarks.figure import Figure, milliseconds, times
from benchmarks.measuring import Sample, timed
from benchmarks.process import Running
from mock_servers.client import Client
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import CIS2
from mock_servers.state.configuration import READY_MADE_APP
from pytest_nhsauth.http_session import KeptSession

if TYPE_CHECKING:
    from requests import Session

_SHARE_OF_BARE: Final = 0.7
_CONNECTIONS: Final = (1, 4, 16)
_BATCH: Final = 200
CONFIGURED: Final = f"""
[[apps]]
client_id = "{READY_MADE_APP.client_id}"
client_secret = "{READY_MADE_APP.client_secret}"
name = "{READY_MADE_APP.name}"
quota_per_minute = 0
"""
"""What a server is configured with that is asked for more tokens than a real app gets."""
_TIMES_FLOOR: Final = 1.7


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    return [*_signed_beforehand(bench), _in_a_test(bench)]


def _signed_beforehand(bench: Bench) -> list[Figure]:
    """Ask `serve`, whose log goes to a file, and the bare exchange for tokens in turn, on 1, 4 and 16 connections."""
    platform = bench.platform()
    keys, configuration = bench.folder / "exchange-keys.json", bench.folder / "exchange.toml"
    keys.write_text(json.dumps(_public_keys(platform)), encoding="ascii")
    configuration.write_text(CONFIGURED, encoding="ascii")
    serve = python("-m", "mock_servers", "serve", "--port", "0", "--config", str(configuration))
    bare = python("-m", "benchmarks.bare", "exchange", str(keys))
    with (
        _started(bench, serve, "/oauth2/_ping") as ours,
        _started(bench, bare, "/") as floor,
    ):
        return [_on(connections, bench, platform, ours.url, floor.url) for connections in _CONNECTIONS]


def _started(bench: Bench, command: list[str], path: str) -> AbstractContextManager[Running]:
    return process.running(command, bench.environment(), path, bench.folder, log=bench.folder / "exchange.log")


def _public_keys(platform: Mock) -> dict[str, str]:
    pem = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    client, provider = (key.public_bytes(*pem).decode() for key in exchanging.public_keys(platform))
    return {"client": client, "provider": provider, "algorithm": CIS2.signing_algorithm}


def _on(connections: int, bench: Bench, platform: Mock, url: str, bare_url: str) -> Figure:
    def batch(of: str) -> float:
        platform.served_at(of)  # what is signed from now on is for it
        bodies = list(exchanging.forms(platform, _BATCH))
        return clients.took(of, bodies, connections)

    turns = bench.in_turn(max(bench.effort.calls // 100, 1), lambda: batch(url), lambda: batch(bare_url))
    share = turns.ratio(1, 0)
    return Figure(
        name=f"token exchange, signed beforehand, `serve` with its log in a file, connections: {connections}",
        measured=f"{_BATCH / turns.median(0):,.0f}/s",
        beside=f"{_BATCH / turns.median(1):,.0f}/s bare exchange: two verifications on a bare server, a process, too",
        ratio=times(share),
        goal=f"≥ {_SHARE_OF_BARE} times the bare exchange",
        met=share >= _SHARE_OF_BARE,
        peer="24/s (Flask), 625 to 1,247/s (node, checks nothing)",
        why="the rules, the journal, the advice on each success, and the line of the log",
    )


def _in_a_test(bench: Bench) -> Figure:
    platform = bench.platform()
    with platform.serving() as server, _client(platform, server.url) as client:
        subject_token = exchanging.id_token(platform)

        def exchange() -> None:
            client.forget()
            client.token_exchange(subject_token)

        turns = bench.in_turn(bench.effort.calls // 3, timed(exchange), floor(platform))
    return Figure(
        name="token exchange in a test, the client signing with 4096 bits, over HTTP",
        measured=milliseconds(turns.median(0)),
        beside=f"{milliseconds(turns.median(1))} floor: one signature and the sketch, no HTTP",
        ratio=times(turns.ratio()),
        goal="≤ 1.7 times the floor",
        met=turns.ratio() <= _TIMES_FLOOR,
        peer="28 to 54 ms",
        why="HTTP on both sides, in one process",
    )


@contextmanager
def _client(platform: Mock, url: str) -> Iterator[Client]:
    """Return a client as the fixture `nhsauth_client` makes it."""
    pair = exchanging.client_key(platform)
    with KeptSession() as session:
        yield Client(
            token_url=f"{url}{exchanging.PATH}",
            client_id=READY_MADE_APP.client_id,
            private_key=pair.private,
            kid=pair.kid,
            session=cast("Session", session),
        )


def floor(platform: Mock) -> Sample:
    """Return a sample of the least that an exchange takes: the client's signature, and the sketch without a server."""
    pair, application = exchanging.client_key(platform), sketch.app(platform)
    ready = next(exchanging.forms(platform, 1))
    claims = {"iss": READY_MADE_APP.client_id, "sub": READY_MADE_APP.client_id, "exp": 4_000_000_000, "jti": "x" * 36}

    def exchange() -> None:
        jwt.encode(claims, pair.private, algorithm="RS512", headers={"kid": pair.kid})
        exchanging.call(application, exchanging.environ_of(ready), [])

    return timed(exchange)
