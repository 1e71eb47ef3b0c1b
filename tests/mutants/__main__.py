"""Plants faults in copies of the tree and runs tests there: `make mutants`, those of the catalogue or some at random.

The tree is never written to. A mutant is killed by the first test that fails. Of the catalogue, one that nothing finds
must stand among the survivors, with the reason. Exit code 0: at least 95 % are killed, and the survivors are known.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import at_random
from catalogue import MUTANTS, SURVIVORS, Mutant
from reached import CONTRACT, QUICK
from tree import Copy, copies

SLOWEST: Final = 240.0
WANTED: Final = 0.95


def main(arguments: Sequence[str]) -> int:
    """Run the mutants of the catalogue whose names contain one of the words given, or some drawn at random."""
    parser = argparse.ArgumentParser(prog="tests/mutants", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", nargs="*", help="words of names in the catalogue; none: all of it")
    parser.add_argument("--random", type=int, metavar="N", help="draw so many instead")
    parser.add_argument("--seed", type=int, default=0, help="by which they are drawn")
    parser.add_argument("--minutes", type=float, default=90.0, help="when no further one is begun")
    parser.add_argument("--at-once", type=int, default=2, help="how many run side by side")
    asked = parser.parse_args(arguments)
    if asked.random is not None:
        return at_random.run(asked.random, asked.seed, asked.minutes, asked.at_once)
    return _catalogue(asked.names, asked.at_once)


def _catalogue(names: Sequence[str], at_once: int) -> int:
    """Print each mutant and what became of it."""
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    began, alive = time.monotonic(), set[str]()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as threads:
        free = SimpleQueue[Copy]()
        for copy in copies(Path(folder), at_once):
            free.put(copy)
        for mutant, by in zip(chosen, threads.map(lambda each: _killed(each, free), chosen), strict=True):
            print(f"killed by {by}: {mutant.name}" if by else _alive(mutant), flush=True)
            alive |= set() if by else {mutant.name}
    share = 1 - len(alive) / len(chosen)
    seconds = time.monotonic() - began
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed, {share:.0%}, in {seconds:.0f} s")
    return 0 if share >= WANTED and alive <= SURVIVORS.keys() else 1


def _alive(mutant: Mutant) -> str:
    return f"SURVIVED, {SURVIVORS.get(mutant.name, 'and nobody knows why')}: {mutant.name}"


def _killed(mutant: Mutant, free: SimpleQueue[Copy]) -> str | None:
    """Return the contract test that fails first; None when none does."""
    copy = free.get()
    source = (copy.root / mutant.file).read_text(encoding="utf-8")
    try:
        with copy.planted(mutant.file, source.replace(mutant.old, mutant.new).encode()):
            ran = copy.pytest(CONTRACT, "-x", QUICK, seconds=SLOWEST)
    finally:
        free.put(copy)
    if ran.late:
        return "its own slowness"
    return None if ran.well else ran.failed or f"an end with {ran.code}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
