"""Which test runs which function, measured once by coverage; kept outside the tree, under what its bytes come to.

It chooses and orders. That a mutant is found, only a test that fails can say.
"""

from __future__ import annotations

import ast
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import coverage
from tree import ROOT, Copy

_SECONDS: Final = 3600.0
QUICK: Final = "--hypothesis-profile=nhsauth-quick"
WHOLE: Final = ("-m", "")
"""Options with which the contract is asked as others ask it; `make test` leaves most pairs to the slow tests."""
OURS: Final = (
    *("tests/mock_servers", "tests/pytest_nhsauth", "tests/contract_tests"),
    *("tests/test_error_pages.py", "tests/test_provider_names.py", "tests/test_docs.py"),
)
GOLDEN: Final = "tests/test_docs.py"
"""It compares generated pages with what they are generated from: it finds any change of a row, so it is asked last."""
_OF_TABLES: Final = tuple(place for place in OURS if place.endswith(".py"))
"""What looks at tables and runs nothing of the room that they are in."""
NEAR: Final = "tests/mock_servers/diagnosis"
"""Where slow tests are asked as well: one approves the findings for each mistake of the contract."""
SLOW: Final = ("-m", "slow")
_SLOW_TOO: Final = ("-m", "slow or not slow")
_TO_THE_END: Final = (0, 1)
"""How pytest ends when it has asked all tests, whether or not some failed."""
_Run = tuple[Sequence[str], Sequence[str]]
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
    """`functions` has, by `file:function`, what runs it: places in `runners`, which are tests, or files for fixtures.

    `seconds` are by test, and name each; those of `failing` fail in a sound copy.
    """

    runners: Sequence[str]
    functions: Mapping[str, Sequence[int]]
    seconds: Mapping[str, float]
    failing: Sequence[str]

    def by_ours(self, file: str, function: str) -> list[str]:
        """Return our tests that may find a fault, by file, the likeliest file first.

        Of a fault outside functions, or in one that no test calls but an import, nothing can be measured: those are
        asked that run anything of its room, that are beside it, or that look at tables. Pages are generated once, by
        the test that happens to come first: where one is asked, all are.
        """
        room, inner = Path(file).parts[1], f"{file}:{function}"
        is_measured = self._is_measured(inner)
        near = [inner] if is_measured else [each for each in self.functions if f"/{room}/" in each]
        runners = {self.runners[place] for each in near for place in self.functions[each]}
        if not is_measured:
            beside = (_file(test) for test in self.seconds if test.startswith(f"tests/mock_servers/{room}/"))
            runners |= {*_OF_TABLES, *beside}
        chosen = self._whole(runners | {GOLDEN for each in runners if _file(each) == GOLDEN})
        cost = defaultdict[str, float](float)
        for test in chosen:
            cost[_file(test)] += self.seconds[test]
        return sorted(
            (test for test in chosen if not test.startswith("contract_tests/")),
            key=lambda test: (_file(test) == GOLDEN, f"/{room}/" not in test, cost[_file(test)], _file(test)),
        )

    def by_contract(self, file: str, function: str) -> list[str]:
        """Return the contract tests that may find it; a file that was not measured may find anything."""
        inner, measured = f"{file}:{function}", {_file(each) for each in self.runners}
        if not self._is_measured(inner):
            return list(CONTRACT)
        chosen = self._whole({self.runners[place] for place in self.functions[inner]})
        by_file = {name: [test for test in chosen if _file(test) == name] for name in CONTRACT}
        return [test for name, tests in by_file.items() for test in (tests if name in measured else [name])]

    def left_out(self, asked: Iterable[str]) -> list[str]:
        """Return the tests that are in the files of those asked, and are not asked themselves."""
        wanted = set(asked)
        files = {_file(each) for each in wanted}
        return [each for each in self.seconds if _file(each) in files and not wanted & {each, _file(each)}]

    def _whole(self, runners: AbstractSet[str]) -> list[str]:
        """Return the tests themselves: all of a file where its fixtures are meant."""
        return [test for test in self.seconds if test in runners or _file(test) in runners]

    def _is_measured(self, inner: str) -> bool:
        return not inner.endswith(":") and inner in self.functions


def _file(test: str) -> str:
    return test.partition("::")[0]


def reached(copies: Sequence[Copy], kept: Path) -> Reached:
    """Return what was measured of this very tree, or measure it, in as many processes as there are copies."""
    if not kept.exists():
        near = tuple(_test_files(copies[0], NEAR))
        runs: list[list[_Run]] = [[(CONTRACT, WHOLE), (near, _SLOW_TOO)], [(_ours(copies[0]), ())]]
        runs = runs if len(copies) > 1 else [runs[0] + runs[1]]
        with ThreadPoolExecutor(len(runs)) as at_once:
            measured = list(at_once.map(lambda copy, own: [_measured(copy, *each) for each in own], copies, runs))
        kept.parent.mkdir(parents=True, exist_ok=True)
        whole = joined(part for lane in measured for part in lane)
        kept.write_text(json.dumps(asdict(whole)), encoding="utf-8")
    return Reached(**json.loads(kept.read_text(encoding="utf-8")))


def joined(parts: Iterable[Reached]) -> Reached:
    """Return what was measured in several processes as one."""
    runners, functions = list[str](), defaultdict[str, list[int]](list)
    seconds, failing = dict[str, float](), list[str]()
    for part in parts:
        for function, places in part.functions.items():
            functions[function] += [place + len(runners) for place in places]
        runners += part.runners
        seconds |= part.seconds
        failing += part.failing
    return Reached(runners=runners, functions=dict(functions), seconds=seconds, failing=failing)


def _test_files(copy: Copy, place: str) -> Iterator[str]:
    path = copy.root / place
    for found in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
        yield found.relative_to(copy.root).as_posix()


def _ours(copy: Copy) -> tuple[str, ...]:
    found = [file for place in OURS for file in _test_files(copy, place)]
    return tuple(file for file in found if not file.startswith(f"{NEAR}/"))


def _measured(copy: Copy, tests: Sequence[str], options: Sequence[str]) -> Reached:
    data, reported = copy.root.parent / "coverage", copy.root.parent / "reported.json"
    own = (f"--rcfile={os.devnull}", f"--data-file={data}", f"--source={copy.root / 'mock_servers'}")
    run = ("-m", "coverage", "run", *own, "-m", "pytest")
    ran = copy.pytest(
        tests, "-p", "contexts", QUICK, *options, seconds=_SECONDS, run=run, NHSAUTH_MUTANTS_REPORT=str(reported)
    )
    if ran.code not in _TO_THE_END:
        raise RuntimeError(ran.output)
    copy.keep_keys()
    ended = json.loads(reported.read_text(encoding="utf-8"))
    functions = _functions(copy, data)
    runners = sorted({runner for run_by in functions.values() for runner in run_by})
    places = {runner: place for place, runner in enumerate(runners)}
    return Reached(
        runners=runners,
        functions={function: sorted(places[each] for each in run_by) for function, run_by in functions.items()},
        seconds=ended["seconds"],
        failing=ended["failed"],
    )


def _functions(copy: Copy, data: Path) -> dict[str, set[str]]:
    """Return who runs each function, a test or a file; one that only an import runs is left out."""
    lines = coverage.CoverageData(basename=str(data))
    lines.read()
    found = defaultdict[str, set[str]](set)
    for measured in filter(lambda file: file.endswith(".py"), lines.measured_files()):
        file = Path(measured).relative_to(copy.root.resolve()).as_posix()
        names = dict(lines_of(ast.parse(Path(measured).read_bytes())))
        for line, runners in lines.contexts_by_lineno(measured).items():
            found[f"{file}:{names.get(line, '')}"].update(filter(None, runners))
    return {function: runners for function, runners in found.items() if runners}


def lines_of(tree: ast.AST, above: str = "") -> Iterator[tuple[int, str]]:
    """Yield each line of a body, and the function that it is of; the innermost comes last.

    Which test runs a function whose answer is kept, is random: it is left out, as if nothing had run it.
    """
    for node in ast.iter_child_nodes(tree):
        name = above
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{above}.{node.name}" if above else node.name
            if not isinstance(node, ast.ClassDef) and not any(
                "cache" in ast.unparse(each) for each in node.decorator_list
            ):
                yield from ((line, name) for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1))
        yield from lines_of(node, name)
