"""How quickly tokens are exchanged: signed beforehand, for the service alone, and signed by a client, as in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import tee
from typing import Final

import jwt
from requests import Session

from benchmarks import exchanging, sketch
from benchmarks.bench import Bench
from benchmarks.figure import Figure, milliseconds, times
from benchmarks.measuring import Sample, timed
from mock_servers.client import Client
from mock_servers.http import server as serving
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP

_SHARE_OF_SKETCH: Final = 0.6
_TIMES_FLOOR: Final = 1.7


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    return [_signed_beforehand(bench), _in_a_test(bench)]


def _signed_beforehand(bench: Bench) -> Figure:
    platform, rounds = bench.platform(), bench.effort.calls
    with platform.serving() as ours, serving.serve(sketch.app(platform)) as bare:
        mine, its = tee(exchanging.forms(platform, rounds + 1))
        with exchanging.connected(ours.url) as (_, post), exchanging.connected(bare.url) as (_, post_to_sketch):
            turns = bench.in_turn(
                rounds, timed(exchanging.exchanged(post, mine)), timed(exchanging.exchanged(post_to_sketch, its))
            )
    share = turns.ratio(1, 0)
    return Figure(
        name="token exchange, signed beforehand, one process, one kept connection",
        measured=f"{1 / turns.median(0):,.0f}/s",
        beside=f"{1 / turns.median(1):,.0f}/s sketch of two verifications on the same server",
        ratio=times(share),
        goal="≥ 0.6 times the sketch",
        met=share >= _SHARE_OF_SKETCH,
        peer="23/s (Flask), 1,320/s (node, checks nothing)",
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
        why="the client speaks HTTP through requests, half a millisecond a request more than http.client takes",
    )


@contextmanager
def _client(platform: Mock, url: str) -> Iterator[Client]:
    """Return a client as the fixture `nhsauth_client` makes it."""
    pair = exchanging.client_key(platform)
    with Session() as session:
        session.trust_env = False
        yield Client(
            token_url=f"{url}{exchanging.PATH}",
            client_id=READY_MADE_APP.client_id,
            private_key=pair.private,
            kid=pair.kid,
            session=session,
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
