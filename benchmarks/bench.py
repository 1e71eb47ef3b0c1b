"""What every group of figures is given: how much to measure, and a folder with cached keys and bytecode of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.measuring import Sample, Turns, in_turn
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP, Configuration

ROOT: Final = Path(__file__).parent.parent
_CONFIGURATION: Final = Configuration(apps=(replace(READY_MADE_APP, quota_per_minute=0),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured: rounds of calls, of started processes and of starts without keys; requests and tests.

    `warm` rounds come before those that count.
    """

    calls: int
    starts: int
    generations: int
    exchanges: int
    tests: int
    warm: int = 1


FULL: Final = Effort(calls=1500, starts=15, generations=15, exchanges=100_000, tests=200)
QUICK: Final = Effort(calls=300, starts=5, generations=5, exchanges=5_000, tests=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how much to measure. `folder` is empty at first and goes at the end, `keys` is a warm key cache."""

    effort: Effort
    folder: Path
    keys: Path

    def platform(self) -> Mock:
        """Return a platform with the ready-made app, its keys cached, without the quota of a real app."""
        return Mock(_CONFIGURATION, ring=KeyRing(self.keys))

    def warm_keys(self) -> None:
        """See to it that the keys which exchanges need are in the cache."""
        platform = self.platform()
        platform.client_assertion(READY_MADE_APP.client_id)
        platform.provider("cis2").key()

    def in_turn(self, rounds: int, *samples: Sample) -> Turns:
        """Take the samples in turn, so many rounds and those that warm up before them."""
        return in_turn(rounds, *samples, warm=self.effort.warm)

    def environment(self, keys: Path | None = None) -> Mapping[str, str]:
        """Return the environment of a process to measure: as a user's, whose bytecode is compiled already."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return inherited | {
            "NHSAUTH_CACHE_DIR": str(keys or self.keys),
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
        }


@contextmanager
def opened(effort: Effort, keys: Path | None = None) -> Iterator[Bench]:
    """Make the folder, and in it the keys unless a cache of them is given; both go at the end."""
    with TemporaryDirectory(prefix="nhsauth-benchmarks-", ignore_cleanup_errors=True) as name:
        bench = Bench(effort=effort, folder=Path(name), keys=keys or Path(name) / "keys")
        bench.warm_keys()
        yield bench


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python."""
    return [sys.executable, *arguments]
