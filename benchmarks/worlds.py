"""Worlds: what 200 of them weigh on a server, and whether who uses none waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import requests

from benchmarks import exchanging, process
from benchmarks.bench import Bench, python
from benchmarks.figure import Figure, mebibytes, milliseconds, not_here, times
from benchmarks.measuring import timed
from mock_servers.mock import Mock
from mock_servers.settings.control import WORLDS

_MOST: Final = 64 * 2**20
_NO_SLOWER: Final = 1.1
_TIMEOUT: Final = 30
_MEMORY: Final = f"memory of {WORLDS} worlds, each of which has given a token"
_MEMORY_GOAL: Final = "≤ 64 MiB more"


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    return [_memory(bench), _beside(bench)]


def _memory(bench: Bench) -> Figure:
    if not process.shows_memory():
        return not_here(_MEMORY, _MEMORY_GOAL, needs="/proc, as on Linux")
    command = python("-m", "mock_servers", "serve", "--port", "0")
    with (
        process.running(command, bench.environment(), "/oauth2/_ping", bench.folder) as server,
        requests.Session() as session,
    ):
        _use(session, server.url)
        before, start = server.memory(), time.perf_counter()
        urls = [_made(session, server.url) for _ in range(WORLDS)]
        took = (time.perf_counter() - start) / WORLDS
        for url in urls:
            _use(session, url)
        more = server.memory() - before
    return Figure(
        name=_MEMORY,
        measured=f"{mebibytes(more)} more",
        beside=f"{mebibytes(before)} with none; {milliseconds(took)} to make one, over HTTP",
        goal=_MEMORY_GOAL,
        met=more <= _MOST,
        note="each world keeps its newest 200 exchanges besides, some 4 KiB each",
        why="each has a platform of its own: its tables, its services and its control API",
    )


def _made(session: requests.Session, url: str) -> str:
    answer = session.post(f"{url}/_nhsauth/worlds", json={}, timeout=_TIMEOUT)
    return str(answer.json()["url"])


def _use(session: requests.Session, url: str) -> None:
    """Get a token, by the control API: it makes every part of a world that most runs ever need."""
    answer = session.post(f"{url}/_nhsauth/access-tokens", json={"access": "application"}, timeout=_TIMEOUT)
    assert answer.ok, f"{url} gave no token: {answer.text}"


def _beside(bench: Bench) -> Figure:
    with _exchanging(bench, 0) as alone, _exchanging(bench, WORLDS) as crowded:
        turns = bench.in_turn(bench.effort.calls // 3, timed(alone), timed(crowded))
    slower = turns.ratio(1, 0)
    return Figure(
        name=f"token exchange on a kept connection, {WORLDS} worlds beside",
        measured=milliseconds(turns.median(1)),
        beside=f"{milliseconds(turns.median(0))} without any",
        ratio=times(slower),
        goal="no slower: ≤ 1.1",
        met=slower <= _NO_SLOWER,
    )


@contextmanager
def _exchanging(bench: Bench, worlds: int) -> Iterator[Callable[[], None]]:
    """Serve a platform that has so many worlds, and yield what exchanges one token more at the server itself."""
    platform: Mock = bench.platform()
    with platform.serving() as server, exchanging.connected(server.url) as (_, post):
        for _ in range(worlds):
            assert platform.worlds is not None, "a platform that is no world has worlds"
            platform.worlds.create()
        forms = exchanging.forms(platform, bench.effort.calls // 3 + bench.effort.warm)
        yield exchanging.exchanged(post, forms)
