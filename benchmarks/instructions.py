"""How many instructions a token exchange takes, in process: `python -m benchmarks.instructions [--hook]`.

Valgrind counts them, so a busy machine changes nothing. Two runs that differ in the exchanges alone are compared: one
with none after the warm-up, one with thirty. The collection of garbage is off.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_WARM: Final = 10
_COUNTED: Final = 30
_COLLECTED: Final = re.compile(r"Collected : (\d+)")


def main() -> None:
    """Print thousands of instructions for one exchange."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hook", action="store_true", help="with an after_request hook on the application")
    parser.add_argument("--exchanges", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.exchanges is not None:
        _exchange(asked.exchanges, asked.keys, with_hook=asked.hook)
        return
    with tempfile.TemporaryDirectory() as folder:
        _exchange(0, Path(folder), with_hook=False)  # which makes the keys
        whole, start = (_counted(count, folder, with_hook=asked.hook) for count in (_COUNTED, 0))
    one = (whole - start) / _COUNTED
    print(f"{one / 1000:,.0f} thousand instructions an exchange{', with a hook' if asked.hook else ''}")


def _counted(exchanges: int, keys: str, *, with_hook: bool) -> int:
    """Return the instructions of a process with so many exchanges after the warm-up."""
    command = [sys.executable, "-m", "benchmarks.instructions", "--exchanges", str(exchanges), "--keys", keys]
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command, *(["--hook"] * with_hook)],  # noqa: S607 - the machine's own
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _COLLECTED.search(run.stderr)
    if run.returncode or found is None:
        raise SystemExit(f"valgrind gave no count:\n{run.stderr}")
    return int(found[1])


def _exchange(count: int, keys: Path, *, with_hook: bool) -> None:
    """Exchange tokens; called by `_counted` in a process of its own."""
    from benchmarks import exchanging  # noqa: PLC0415 - the parent needs none of it
    from mock_servers.jose.keys import KeyRing  # noqa: PLC0415 - the same
    from mock_servers.mock import Mock  # noqa: PLC0415 - the same

    platform = Mock(ring=KeyRing(keys))
    bodies = exchanging.forms(platform, _WARM + _COUNTED)
    if with_hook:
        platform.app.after_request(lambda response: response)
    gc.disable()
    for _ in range(_WARM + count):
        statuses: list[str] = []
        exchanging.call(platform, exchanging.environ_of(next(bodies)), statuses)
        assert statuses == ["200 OK"], statuses


if __name__ == "__main__":
    main()
