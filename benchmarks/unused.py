"""What everybody pays who has installed the plugin: the CPU of an empty run, with and without plugins, in turn.

`python -m benchmarks.unused PYTHON [ROUNDS]`: PYTHON is that of an environment with the wheel alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROUNDS: Final = 31
GOAL: Final = 0.12
"""The part of an empty run's CPU that our plugin adds at most."""

_OURS: Final = ("-p", "no:nhsauth")
_HYPOTHESIS: Final = ("-p", "no:hypothesispytest")
VARIANTS: Final[Mapping[str, Sequence[str]]] = {
    "neither plugin": (*_OURS, *_HYPOTHESIS),
    "ours": _HYPOTHESIS,
    "Hypothesis' own": _OURS,
    "both": (),
}


_RUN: Final = "import sys, time, pytest; code = pytest.main(sys.argv[1:]); print(time.process_time()); sys.exit(code)"
"""A run that says at its end how much CPU it took: the process' own clock counts finer than its parent's ticks."""


def cpu(command: Sequence[str], folder: Path) -> float:
    """Run a command and return the seconds of CPU that it prints at its end.

    Python may keep what it compiles, as it may for most users.
    """
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env=compiled, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def minima(python: str, rounds: int) -> dict[str, float]:
    """Return the least CPU of each variant, in seconds; they take turns, after one round that warms up."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        least = dict.fromkeys(VARIANTS, float("inf"))
        for number in range(rounds + 1):
            for variant, options in VARIANTS.items():
                took = cpu([python, "-c", _RUN, "-q", "-p", "no:cacheprovider", *options], folder)
                least[variant] = min(least[variant], took) if number else least[variant]
    return least


def main(python: str, rounds: str = str(ROUNDS)) -> None:
    """Print the minima and what our plugin adds; the exit code is 1 when that is too much."""
    least = minima(python, int(rounds))
    empty = least["neither plugin"]
    for variant, took in least.items():
        print(f"{variant:<16} {took * 1000:4.0f} ms  {took / empty - 1:+.0%}")
    sys.exit(least["ours"] / empty - 1 > GOAL)


if __name__ == "__main__":
    main(*sys.argv[1:])
