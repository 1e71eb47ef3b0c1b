"""`nhsauth serve` as a process: until its first answer, its memory at first and over many exchanges, its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import clients, exchange, exchanging, process
from benchmarks.bench import Bench, python
from benchmarks.figure import Figure, mebibytes, milliseconds, not_here, times
from benchmarks.measuring import Sample, Turns
from benchmarks.process import Running
from mock_servers.apim import assertions
from mock_servers.jose import keys
from mock_servers.jose.keys import KeyPair, KeyRing

_TIMES_FLASK: Final = 1.6
_MEMORY_TIMES_FLASK: Final = 1.5
_FLAT: Final = 1.05
_END_GOAL: Final = 0.100
_LOOKS: Final = 10
_REPLAYED: Final = 11
_CLIENT: Final = "benchmarks"
_SERVERS: Final = ("ours", "werkzeug")
_SERVE: Final = ("-m", "mock_servers", "serve", "--port", "0")


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    starts = _Starts(bench=bench)
    turns = bench.in_turn(bench.effort.starts, starts.of_ours, starts.of_flask("werkzeug"))
    return [_first_answer(turns), _memory(starts), _over_many(starts), _of_people(starts), _end(starts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Starts:
    """Starts servers and ends them; on the way it notes memory and end, in the order of the starts, by server."""

    bench: Bench
    memory: dict[str, list[float]] = field(default_factory=dict)
    end: dict[str, list[float]] = field(default_factory=dict)

    def of_ours(self) -> float:
        return self._one("ours", _ours(self.bench))

    def of_flask(self, server: str) -> Sample:
        command = python("-m", "benchmarks.bare", server)
        return lambda: self._one(server, process.running(command, self.bench.environment(), "/", self.bench.folder))

    def _one(self, name: str, starting: AbstractContextManager[Running]) -> float:
        with starting as server:
            if process.shows_memory():
                self.memory.setdefault(name, []).append(server.memory())
            if os.name == "posix":
                self.end.setdefault(name, []).append(server.ended_in())
            return server.started_in


def _turns(noted: Mapping[str, list[float]], rounds: int) -> Turns:
    """Return what was noted of each server, but for the starts that warm up."""
    return Turns(tuple(tuple(noted[name][-rounds:]) for name in _SERVERS if name in noted))


def _ours(bench: Bench, *options: str) -> AbstractContextManager[Running]:
    return process.running(python(*_SERVE, *options), bench.environment(), "/oauth2/_ping", bench.folder)


def _first_answer(turns: Turns) -> Figure:
    return Figure(
        name="`nhsauth serve` until its first answer, keys cached",
        measured=milliseconds(turns.median(0)),
        beside=f"{milliseconds(turns.median(1))} bare Flask on werkzeug",
        ratio=times(turns.ratio(0, 1)),
        goal="≤ 1.6 times bare Flask",
        met=turns.ratio(0, 1) <= _TIMES_FLASK,
        peer="361 ms (Flask), 151 ms (node)",
        why="asyncio, click and our own modules, half of whose time is in dataclasses",
    )


def _memory(starts: _Starts) -> Figure:
    name, goal = "memory of `nhsauth serve` after its first answer", "≤ 1.5 times bare Flask"
    if not starts.memory:
        return not_here(name, goal, peer="53 to 61 MiB", needs="/proc, as on Linux")
    turns = _turns(starts.memory, starts.bench.effort.starts)
    return Figure(
        name=name,
        measured=mebibytes(turns.median(0)),
        beside=f"{mebibytes(turns.median(1))} bare Flask on werkzeug",
        ratio=times(turns.ratio(0, 1)),
        goal=goal,
        met=turns.ratio(0, 1) <= _MEMORY_TIMES_FLASK,
        peer="53 to 61 MiB",
    )


def _over_many(starts: _Starts) -> Figure:
    bench, total = starts.bench, starts.bench.effort.exchanges
    name, goal = f"its memory over {total:,} requests", "flat, ≤ 1.5 times bare Flask at its start"
    if not process.shows_memory():
        return not_here(name, goal, needs="/proc, as on Linux")
    pair = KeyRing().pair(_CLIENT, bits=2048)
    with _ours(bench, "--config", str(_configured(bench.folder, pair))) as server:
        looks = list(_memory_while(server, pair, total))
    growth, bare = looks[-1] / looks[len(looks) // 2], median(starts.memory["werkzeug"])
    return Figure(
        name=name,
        measured=" → ".join(mebibytes(look) for look in (looks[0], looks[1], looks[len(looks) // 2], looks[-1])),
        beside=f"at the start, after {total // _LOOKS:,}, {total // 2:,} and {total:,}; {mebibytes(bare)} bare Flask",
        ratio=f"{times(growth)} over the second half, {times(looks[-1] / bare)} times bare Flask",
        goal=goal,
        met=growth <= _FLAT and looks[-1] / bare <= _MEMORY_TIMES_FLASK,
        note=f"client credentials, each signed with 2048 bits; every {_REPLAYED}th request is a replay and refused",
        why="cryptography is half of what is above Flask; what explains refusals, a thousand records of the journal, "
        "10,000 tokens, where they came from, and 20,000 jtis are the other half, and then it grows no more",
    )


def _of_people(starts: _Starts) -> Figure:
    """Look at the memory after token exchanges: each keeps two tokens, a session and its id token."""
    bench, total = starts.bench, starts.bench.effort.exchanges // _LOOKS
    name, goal = f"its memory after {total:,} token exchanges", "≤ 1.5 times bare Flask at its start"
    if not process.shows_memory():
        return not_here(name, goal, needs="/proc, as on Linux")
    platform, own = bench.platform(), bench.folder / "of-people"
    own.mkdir()
    (own / "nhsauth.toml").write_text(exchange.CONFIGURED, encoding="ascii")
    with _ours(bench, "--config", str(own / "nhsauth.toml")) as server:
        platform.served_at(server.url)
        for _ in range(_LOOKS):  # signed in turns: an assertion lives for minutes
            clients.took(server.url, list(exchanging.forms(platform, total // _LOOKS)), connections=1)
        share = server.memory() / median(starts.memory["werkzeug"])
        return Figure(
            name=name,
            measured=mebibytes(server.memory()),
            beside=f"{mebibytes(median(starts.memory['werkzeug']))} bare Flask",
            ratio=times(share),
            goal=goal,
            met=share <= _MEMORY_TIMES_FLASK,
            why="two tokens, where they came from, and a session with its id token, 10,000 times each: the tables are "
            "full then, and it grows no more",
        )


def _memory_while(server: Running, pair: KeyPair, total: int) -> Iterator[float]:
    yield server.memory()
    bodies, post_all = _requests(server.url, pair), pairwise(range(0, total + 1, max(total // _LOOKS, 1)))
    with exchanging.connected(server.url) as (_, post):
        for begun, done in post_all:
            statuses = [post(next(bodies)) for _ in range(begun, done)]
            assert set(statuses) <= {200, 400}, set(statuses)
            yield server.memory()


def _requests(url: str, pair: KeyPair) -> Iterator[bytes]:
    body = b""
    for number in count(1):
        if number % _REPLAYED:
            body = exchanging.credentials_form(_assertion(url, pair, number))
        yield body


def _assertion(url: str, pair: KeyPair, number: int) -> str:
    audience, jti = f"{url}{exchanging.PATH}", f"benchmarks-{number:027}"
    return assertions.sign(client_id=_CLIENT, audience=audience, key=pair, now=time.time(), jti=jti)


def _configured(folder: Path, pair: KeyPair) -> Path:
    own = folder / "configured"  # lest every other run in the folder find the configuration
    own.mkdir()
    file, key_set = own / "nhsauth.toml", own / "jwks.json"
    key_set.write_text(json.dumps(keys.jwks(pair, alg="RS512")), encoding="utf-8")
    lines = ("[[apps]]", f'client_id = "{_CLIENT}"', 'client_secret = "secret"', f'name = "{_CLIENT}"')
    file.write_text("\n".join([*lines, 'jwks = "jwks.json"', "quota_per_minute = 0", ""]), encoding="utf-8")
    return file


def _end(starts: _Starts) -> Figure:
    name, goal = "SIGTERM until `nhsauth serve` is gone, exit code 0", "≤ 100 ms"
    if not starts.end:
        return not_here(name, goal, peer="64 ms", needs="a system with SIGTERM")
    turns = _turns(starts.end, starts.bench.effort.starts)
    return Figure(
        name=name,
        measured=milliseconds(turns.median(0)),
        beside=f"{milliseconds(turns.median(1))} bare Flask on werkzeug that exits with 0",
        ratio=times(turns.ratio(0, 1)),
        goal=goal,
        met=turns.median(0) <= _END_GOAL,
        peer="64 ms",
    )
