"""Plants each mutant in a copy of the packages and runs the contract tests there: `make mutants`, in some minutes.

The sources are never touched. A mutant is killed by the first test that fails; one that nothing finds must stand among
the survivors, with the reason. Exit code 0: at least 95 % are killed, and the survivors are those that are known.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from catalogue import MUTANTS, SURVIVORS, Mutant

ROOT: Final = Path(__file__).parent.parent.parent
PACKAGES: Final = ("mock_servers", "pytest_nhsauth", "contract_tests")
# What fails fastest and most often comes first; what asks the list of breakages alone says nothing of the mock.
FILES: Final = (
    *("errors", "success", "replay", "routing", "key_sets", "shortening", "providers", "browser_flow"),
    *("fuzz", "machine", "order"),
)
SLOWEST: Final = 240.0
WANTED: Final = 0.95


def main(names: Sequence[str]) -> int:
    """Run all mutants, or those whose names contain one of the words given; print each and what became of it."""
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    began, alive = time.monotonic(), set[str]()
    with ThreadPoolExecutor(os.cpu_count() or 1) as at_once:
        for mutant, by in zip(chosen, at_once.map(_killed, chosen), strict=True):
            print(f"killed by {by}: {mutant.name}" if by else _alive(mutant), flush=True)  # noqa: T201
            alive |= set() if by else {mutant.name}
    share = 1 - len(alive) / len(chosen)
    seconds = time.monotonic() - began
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed, {share:.0%}, in {seconds:.0f} s")  # noqa: T201
    return 0 if share >= WANTED and alive <= SURVIVORS.keys() else 1


def _alive(mutant: Mutant) -> str:
    return f"SURVIVED, {SURVIVORS.get(mutant.name, 'and nobody knows why')}: {mutant.name}"


def _killed(mutant: Mutant) -> str | None:
    """Return the test that fails first; None when none does."""
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, Path(folder, package), ignore=shutil.ignore_patterns("__pycache__"))
        planted = Path(folder, mutant.file)
        text = planted.read_text(encoding="utf-8")
        planted.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        return _first_failure(folder)


def _first_failure(folder: str) -> str | None:
    files = [f"contract_tests/test_{name}.py" for name in FILES]
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "--tb=no", "--no-header"]
    command = [sys.executable, "-m", "pytest", *options, "--hypothesis-profile=nhsauth-quick", *files]
    environ = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own Python
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=SLOWEST, check=False
        )
    except subprocess.TimeoutExpired:
        return "its own slowness"
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].partition("::")[2].partition(" - ")[0] if failed else f"an end with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
