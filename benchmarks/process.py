"""A server as a process of its own: started until it answers, looked at from outside, ended by a signal."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import exchanging

_STATUS: Final = "/proc/{pid}/status"
_PATIENCE: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server process that has answered; `started_in` is seconds from its creation to that answer."""

    process: subprocess.Popen[str]
    url: str
    started_in: float

    def memory(self) -> float:
        """Return the resident memory, in bytes. Linux only."""
        lines = Path(_STATUS.format(pid=self.process.pid)).read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))

    def ended_in(self) -> float:
        """End it by SIGTERM and return the seconds until it is gone; its exit code must be 0. Not for Windows."""
        start = time.perf_counter()
        self.process.terminate()
        code = self.process.wait(_PATIENCE)
        took = time.perf_counter() - start
        assert code == 0, f"it ended with {code}"
        return took


def shows_memory() -> bool:
    """Whether this system shows the memory of another process as Linux does."""
    return Path(_STATUS.format(pid="self")).exists()


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], path: str, folder: Path, *, log: Path | None = None
) -> Iterator[Running]:
    """Start a server that prints its URL at the end of its first line, and wait until it answers a GET of `path`.

    What it says on stderr is added to `log`.
    """
    start = time.perf_counter()
    with (
        (log or Path(os.devnull)).open("ab") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, env=environment, cwd=folder, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().rpartition(" ")[2]
            with exchanging.connected(url) as (get, _):
                get(path)
                yield Running(process=process, url=url, started_in=time.perf_counter() - start)
        finally:
            process.kill()


def finished(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> str:
    """Run a command to its end, which must be a success, and return what it printed."""
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
