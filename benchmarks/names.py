"""What the real host names cost: TLS and the proxy on kept connections, and the certificate authority at a start."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Final

from benchmarks import exchanging, process
from benchmarks.bench import Bench, python
from benchmarks.exchanging import Get, Post, connected
from benchmarks.figure import Figure, milliseconds, times
from benchmarks.measuring import Sample, timed
from benchmarks.process import Running
from mock_servers.http.server import Server
from mock_servers.platform import real_names

_TLS_GOAL: Final = 0.85
_PROXY_GOAL: Final = 0.6
_START_GOAL: Final = 0.150
_PLATFORM: Final = "int.api.service.nhs.uk"
_PROVIDER: Final = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
_DISCOVERY: Final = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration"
_SERVE: Final = ("-m", "mock_servers", "serve", "--port", "0")


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    return [*_kept(bench), _start(bench)]


def _kept(bench: Bench) -> list[Figure]:
    platform, folder = bench.platform(), bench.folder / "names"
    folder.mkdir()
    prepared = real_names.throwaway(platform, folder)
    trusting = ssl.create_default_context(cafile=prepared.store.authority)
    with platform.serving() as server:
        prepared.open_at(server)
        forms = exchanging.forms(platform, 2 * (bench.effort.calls // 3 + bench.effort.warm))
        with (
            connected(server.url) as (plain, _),
            connected(server.url.replace("http:", "https:"), trusting) as (encrypted, _),
            _tunnelled(server, trusting, _PROVIDER) as (tunnelled, _),
            _tunnelled(server, trusting, _PLATFORM) as (_, exchange),
            connected(server.url) as (_, exchange_plainly),
        ):
            calls = [timed(partial(get, _DISCOVERY)) for get in (plain, encrypted, tunnelled)]
            turns = bench.in_turn(bench.effort.calls, *calls)
            posts = [exchanging.exchanged(post, forms) for post in (exchange_plainly, exchange)]
            exchanges = bench.in_turn(bench.effort.calls // 3, *map(timed, posts))
    beside = f"{milliseconds(turns.median(0))} plain HTTP"
    return [
        _figure("TLS", milliseconds(turns.median(1)), beside, turns.ratio(0, 1), _TLS_GOAL),
        _figure("TLS through the proxy", milliseconds(turns.median(2)), beside, turns.ratio(0, 2), _PROXY_GOAL),
        _figure(
            "TLS through the proxy",
            milliseconds(exchanges.median(1)),
            f"{milliseconds(exchanges.median(0))} plain HTTP",
            exchanges.ratio(0, 1),
            _PROXY_GOAL,
            what="token exchange",
        ),
    ]


def _figure(kind: str, measured: str, beside: str, ratio: float, goal: float, what: str = "discovery") -> Figure:
    return Figure(
        name=f"{what} on a kept connection, {kind}",
        measured=measured,
        beside=beside,
        ratio=times(ratio),
        goal=f"≥ {goal} of the calls of plain HTTP",
        met=ratio >= goal,
        note="client and server in one process, which both encrypt",
        why="OpenSSL and the larger buffers of a TLS connection, at both ends",
    )


@contextmanager
def _tunnelled(server: Server, trusting: ssl.SSLContext, host: str) -> Iterator[tuple[Get, Post]]:
    with closing(http.client.HTTPSConnection(server.host, server.port, context=trusting)) as connection:
        connection.set_tunnel(host, 443)
        yield exchanging.calls_on(connection)


def _start(bench: Bench) -> Figure:
    turns = bench.in_turn(bench.effort.starts, _started(bench, "--tls"), _started(bench))
    more = turns.difference(0, 1)
    return Figure(
        name="`nhsauth serve --tls` until its first answer, beyond `nhsauth serve`",
        measured=milliseconds(more),
        beside=f"{milliseconds(turns.median(1))} without TLS",
        goal="≤ 150 ms",
        met=more <= _START_GOAL,
        note="its certificate authority is in the cache",
    )


def _started(bench: Bench, *options: str) -> Sample:
    def sample() -> float:
        with _running(bench, *options) as server:
            return server.started_in

    return sample


def _running(bench: Bench, *options: str) -> AbstractContextManager[Running]:
    return process.running(python(*_SERVE, *options), bench.environment(), "/oauth2/_ping", bench.folder)
