"""Explains texts in a Python that has none of the packages, as one in a browser has none: run as a program.

It reads cases from stdin, as JSON, and prints what `explained` returns of them, and the modules that this has loaded.
"""

import importlib.abc
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

MISSING: Final = ("click", "cryptography", "flask", "h11", "jinja2", "jwt", "msgspec", "requests", "werkzeug")


class _Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:  # noqa: ARG002 - as importlib calls it
        if fullname.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def explained(cases: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return all lines of each explanation; each case has a `text`, `keys` or None, and `now`."""
    return [list(_explained(**each)) for each in cases]


def _explained(text: str, keys: str | None, now: float) -> Iterator[str]:
    from mock_servers.explain.any_text import explain, written  # noqa: PLC0415 - packages must be missing before
    from mock_servers.explain.whole import Lent  # noqa: PLC0415 - the same

    lent = Lent(keys=keys.encode() if keys is not None else None)
    return written(explain(text, lent, clock=lambda: now), details=True)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Missing())
    lines = explained(json.load(sys.stdin))
    json.dump({"lines": lines, "loaded": sorted(sys.modules)}, sys.stdout)
