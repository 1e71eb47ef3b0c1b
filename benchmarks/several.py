"""Several processes on one port: what a second worker brings, with what they remember in SQLite or in Valkey."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import clients, exchanging, process
from benchmarks.bench import Bench, python
from benchmarks.exchange import CONFIGURED
from benchmarks.figure import Figure, not_here, times
from benchmarks.measuring import Turns
from benchmarks.process import Running
from mock_servers.mock import Mock

_GOAL: Final = 1.3
_BATCH: Final = 400
_CONNECTIONS: Final = 16
_VALKEY: Final = shutil.which("valkey-server") or shutil.which("redis-server")
_NAME: Final = f"token exchange, signed beforehand, {_CONNECTIONS} connections, {{}}: two workers beside one"
_GOALS: Final = {"SQLite": "≥ 1.3 times one worker, on two cores that also drive the load", "Valkey": "none"}


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    if sys.platform == "win32":
        return [not_here(_NAME.format(kind), goal, needs="Linux or macOS") for kind, goal in _GOALS.items()]
    sqlite = _figure("SQLite", bench, f"sqlite:{bench.folder / 'one'}", f"sqlite:{bench.folder / 'two'}")
    if _VALKEY is None:
        return [sqlite, not_here(_NAME.format("Valkey"), _GOALS["Valkey"], needs="valkey-server or redis-server")]
    with _valkey(_VALKEY) as url:
        return [sqlite, _figure("Valkey", bench, f"{url}?prefix=one", f"{url}?prefix=two")]


def _figure(kind: str, bench: Bench, one: str, two: str) -> Figure:
    platform, rounds = bench.platform(), max(bench.effort.calls // 100, 1)
    with (
        _served(bench, "--workers", "1", "--state", one) as single,
        _served(bench, "--workers", "2", "--state", two) as both,
        _served(bench) as alone,
    ):
        return _row(
            kind, bench.in_turn(rounds, *(partial(_batch, platform, each.url) for each in (single, both, alone)))
        )


def _row(kind: str, turns: Turns) -> Figure:
    gain = turns.ratio(0, 1)
    return Figure(
        name=_NAME.format(kind),
        measured=f"{_BATCH / turns.median(1):,.0f}/s",
        beside=f"{_BATCH / turns.median(0):,.0f}/s one worker; {_BATCH / turns.median(2):,.0f}/s one process in memory",
        ratio=times(gain),
        goal=_GOALS[kind],
        met=gain >= _GOAL if kind == "SQLite" else None,
        why="the client that drives the load takes its share of the two cores, and each write waits for the one before",
    )


def _batch(platform: Mock, url: str) -> float:
    platform.served_at(url)  # what is signed from now on is for it
    return clients.took(url, list(exchanging.forms(platform, _BATCH)), _CONNECTIONS)


def _served(bench: Bench, *options: str) -> AbstractContextManager[Running]:
    configuration, log = bench.folder / "several.toml", bench.folder / "several.log"
    configuration.write_text(CONFIGURED, encoding="ascii")
    command = python("-m", "mock_servers", "serve", "--port", "0", "--config", str(configuration), *options)
    return process.running(command, bench.environment(), "/oauth2/_ping", bench.folder, log=log)


@contextmanager
def _valkey(program: str) -> Iterator[str]:
    """Run a Valkey of our own, as the documentation says; the path of its socket is a short one, as it must be."""
    with TemporaryDirectory(prefix="v") as folder:
        settings = {"port": "0", "unixsocket": str(Path(folder, "s")), "dir": folder, "save": "", "appendonly": "yes"}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with subprocess.Popen([program, *words], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                next(line for line in server.stdout if "ready to accept" in line.lower())
                yield f"unix://{folder}/s"
            finally:
                server.kill()
