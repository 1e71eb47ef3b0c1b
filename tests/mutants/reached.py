"""Which test file runs which function, measured once by coverage; kept outside the tree, under what its bytes come to.

It chooses and orders. That a mutant is found, only a test that fails can say.
"""

from __future__ import annotations

import ast
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import coverage
from tree import ROOT, Copy

_SECONDS: Final = 3600.0
QUICK: Final = "--hypothesis-profile=nhsauth-quick"
OURS: Final = (
    *("tests/mock_servers", "tests/pytest_nhsauth", "tests/contract_tests"),
    *("tests/test_error_pages.py", "tests/test_provider_names.py", "tests/test_docs.py"),
)
GOLDEN: Final = "tests/test_docs.py"
"""It compares generated pages with what they are generated from: it finds any change of a row, so it is asked last."""
_FIRST: Final = ("errors", "providers", "provider_documents", "success", "routing", "key_sets", "replay", "management")
_LAST: Final = ("order", "fuzz", "machine")
_OF_THE_LIST: Final = ("breakages", "independence")


def _contract() -> Iterator[str]:
    found = {path.stem.removeprefix("test_") for path in (ROOT / "contract_tests").glob("test_*.py")}
    between = sorted(found - {*_FIRST, *_LAST, *_OF_THE_LIST})
    yield from (f"contract_tests/test_{name}.py" for name in (*_FIRST, *between, *_LAST) if name in found)


CONTRACT: Final = tuple(_contract())
"""What fails fastest and most often comes first; what asks the list of breakages alone says nothing of the mock."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """`functions` names, by test file, the functions it runs, as `file:function`; `failing` fail in a sound copy."""

    functions: Mapping[str, Sequence[str]]
    seconds: Mapping[str, float]
    failing: Sequence[str]

    def files_for(self, file: str, function: str) -> list[str]:
        """Return our test files that may find a fault, the likeliest first.

        Of a fault outside functions, or in one that no test calls but an import, nothing can be measured: those are
        asked that run anything of its room.
        """
        room, inner = Path(file).parts[1], f"{file}:{function}"
        if self._is_measured(inner):
            chosen = [test for test, run in self.functions.items() if inner in run]
        else:
            chosen = [test for test, run in self.functions.items() if any(f"/{room}/" in each for each in run)]
        return sorted(
            (test for test in chosen if not test.startswith("contract_tests/")),
            key=lambda test: (test == GOLDEN, f"/{room}/" not in test, self.seconds.get(test, 0.0)),
        )

    def by_contract(self, file: str, function: str) -> list[str]:
        """Return the contract test files that may find it; one that was not measured may find anything."""
        inner = f"{file}:{function}"
        return [
            test for test in CONTRACT if not self._is_measured(inner) or inner in self.functions.get(test, (inner,))
        ]

    def _is_measured(self, inner: str) -> bool:
        return not inner.endswith(":") and any(inner in run for run in self.functions.values())


def reached(copies: Sequence[Copy], kept: Path) -> Reached:
    """Return what was measured of this very tree, or measure it, in as many processes as there are copies."""
    if not kept.exists():
        parts = [CONTRACT + tuple(_test_files(copies[0], "tests/mock_servers/diagnosis")), _ours(copies[0])]
        parts = parts if len(copies) > 1 else [parts[0] + parts[1]]
        with ThreadPoolExecutor(len(parts)) as at_once:
            measured = list(at_once.map(_measured, copies, parts))
        whole = Reached(
            functions={test: run for each in measured for test, run in each.functions.items()},
            seconds={test: run for each in measured for test, run in each.seconds.items()},
            failing=[test for each in measured for test in each.failing],
        )
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(whole)), encoding="utf-8")
    return Reached(**json.loads(kept.read_text(encoding="utf-8")))


def _test_files(copy: Copy, place: str) -> Iterator[str]:
    path = copy.root / place
    for found in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
        yield found.relative_to(copy.root).as_posix()


def _ours(copy: Copy) -> tuple[str, ...]:
    found = [file for place in OURS for file in _test_files(copy, place)]
    return tuple(file for file in found if not file.startswith("tests/mock_servers/diagnosis/"))


def _measured(copy: Copy, tests: Sequence[str]) -> Reached:
    data, told = copy.root.parent / "coverage", copy.root.parent / "told.json"
    own = (f"--rcfile={os.devnull}", f"--data-file={data}", f"--source={copy.root / 'mock_servers'}")
    run = ("-m", "coverage", "run", *own, "-m", "pytest")
    copy.pytest(tests, "-p", "contexts", QUICK, seconds=_SECONDS, run=run, NHSAUTH_MUTANTS_TOLD=str(told))
    copy.keep_keys()
    ended = json.loads(told.read_text(encoding="utf-8"))
    return Reached(functions=_functions(copy, data), seconds=ended["seconds"], failing=ended["failed"])


def _functions(copy: Copy, data: Path) -> dict[str, list[str]]:
    lines = coverage.CoverageData(basename=str(data))
    lines.read()
    found = defaultdict[str, set[str]](set)
    for measured in filter(lambda file: file.endswith(".py"), lines.measured_files()):
        file = Path(measured).relative_to(copy.root.resolve()).as_posix()
        names = dict(_lines_of(ast.parse(Path(measured).read_bytes())))
        for line, tests in lines.contexts_by_lineno(measured).items():
            for test in filter(None, tests):
                found[test].add(f"{file}:{names.get(line, '')}")
    return {test: sorted(run) for test, run in found.items()}


def _lines_of(tree: ast.Module, above: str = "") -> Iterator[tuple[int, str]]:
    """Yield each line of a body, and the function that it is of; the innermost comes last."""
    for node in ast.iter_child_nodes(tree):
        name = above
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{above}.{node.name}" if above else node.name
            if not isinstance(node, ast.ClassDef):
                yield from ((line, name) for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1))
        yield from _lines_of(node, name)  # type: ignore[arg-type] # any node has children
