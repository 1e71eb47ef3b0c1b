"""`python -m benchmarks [--quick] [GROUP …]`: measures, prints, and writes the page after a whole run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import (
    bench,
    diagnosis,
    exchange,
    explained,
    management,
    names,
    plugin,
    refused,
    rules,
    serve,
    server,
    several,
    soak,
    state,
    table,
    watch,
    worlds,
)
from benchmarks.bench import Bench
from benchmarks.figure import Figure

GROUPS: Final[Mapping[str, Callable[[Bench], list[Figure]]]] = {
    "plugin": plugin.figures,
    "serve": serve.figures,
    "server": server.figures,
    "names": names.figures,
    "watch": watch.figures,
    "exchange": exchange.figures,
    "several": several.figures,
    "worlds": worlds.figures,
    "rules": rules.figures,
    "diagnosis": diagnosis.figures,
    "explained": explained.figures,
    "management": management.figures,
    "refused": refused.figures,
    "state": state.figures,
}
"""By name; each gives the rows of its group."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the groups that were named, or all of them; these write the page unless they were quick."""
    asked = _asked(arguments)
    figures: list[Figure] = []
    with bench.opened(bench.QUICK if asked.quick else bench.FULL) as opened:
        for name in asked.groups or GROUPS:
            found = GROUPS[name](opened)
            print(f"\n{name}\n{table.printed(found)}", flush=True)
            figures += found
    if not asked.quick and not asked.groups:
        page = table.page([*figures, *soak.kept()], list(GROUPS))
        Path(__file__).with_name("README.md").write_text(page, encoding="utf-8")


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=f"one of {', '.join(GROUPS)}; all unless named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds; the page is left as it is")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.groups if name not in GROUPS]
    if unknown:
        parser.error(f"unknown group {unknown[0]!r}: choose from {', '.join(GROUPS)}")
    return asked


if __name__ == "__main__":
    main()
