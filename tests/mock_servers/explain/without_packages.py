"""Explains texts in a Python that has none of the packages, as one in a browser has none: run as a program.

It reads cases from stdin, as JSON, and prints what `explained` returns of them, and the modules that this has loaded.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.site.explain.modules import NoPackages


def explained(cases: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return all lines of each explanation; each case has a `text`, `keys` or None, and `now`."""
    return [list(_explained(**each)) for each in cases]


def _explained(text: str, keys: str | None, now: float) -> Iterator[str]:
    from mock_servers.explain.any_text import explain, written  # noqa: PLC0415 - packages must be missing before
    from mock_servers.explain.whole import Lent  # noqa: PLC0415 - the same

    lent = Lent(keys=keys.encode() if keys is not None else None)
    return written(explain(text, lent, clock=lambda: now), details=True)


if __name__ == "__main__":
    sys.meta_path.insert(0, NoPackages())
    lines = explained(json.load(sys.stdin))
    files = [each.__file__ for name, each in sys.modules.items() if name.partition(".")[0] == "mock_servers"]
    json.dump({"lines": lines, "files": files}, sys.stdout)
