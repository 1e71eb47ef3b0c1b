"""Faults drawn at random: the contract tests are asked first, then ours, until one of them finds the fault.

What changes no answer, but a diagnosis, is for our tests alone.

Each kind of fault is drawn equally often, and within a kind each place. Results are JSON lines, one a mutant, kept
beside what coverage has measured: a run that was ended goes on where it was. A tree that has changed begins anew.
Only tests are asked that run the function with the fault; which do, coverage has measured. Of our slow tests, which
`make test-slow` runs, those of the diagnosis are asked as well.

mutmut and cosmic-ray were considered and left: they know the operators of Python alone, and neither lets neighbouring
rules change places nor changes a letter of a sentence that is answered, while texts for people are changed like any
other. Both run one command for all mutants, where two questions are asked here, each of the tests that can answer it;
and by default cosmic-ray writes a fault into the working tree.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import platformdirs
from mutator import Mutation, all_mutations, is_python
from reached import GOLDEN, NEAR, QUICK, SLOW, WHOLE, Reached, reached
from tree import ROOT, Copy, copies, digest

EQUIVALENTS: Final = Path(__file__).parent / "equivalents.toml"
_CONTRACT_SECONDS: Final = 900.0
_OUR_SECONDS: Final = 900.0
SWITCHED: Final = tuple(
    f"contract_tests/test_{name}.py" for name in ("errors", "providers", "provider_log_ins", "provider_order")
)
"""Where the cases are that hold only where a switch of the mock is set; they are asked of a mock that sets them all."""
_SWITCHED_OPTIONS: Final = (
    *("--nhsauth-contract-target", "mock:tests/mutants/switched.toml"),
    *("-k", "where or may_be_text or sends_a_browser or may_let_patients"),
)
_NO_FILE: Final = "ERROR: file or directory not found"
"""What pytest says when it cannot be run as it was asked, which finds nothing."""
_NO_TEST: Final = "ERROR: not found"
"""What it says of a test whose name holds a value that only the fault gives."""
_WANTED: Final = (0.75, 0.90)
"""What is to be found: by the contract tests, of what changes an answer; by all tests, of everything."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a mutant; `by` is the test that found it, `late` says that the time was over before one did."""

    key: str
    kind: str
    line: int
    answers: bool
    by: str | None
    late: bool
    seconds: float

    @property
    def by_contract(self) -> bool:
        """Whether a contract test found it."""
        return self.by is not None and self.by.startswith("contract_tests/")


def equivalents() -> Mapping[str, str]:
    """Return the mutants that change nothing, and why."""
    return {str(key): str(why) for key, why in tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).items()}


def drawn(found: Iterable[Mutation], number: int, seed: int, without: Iterable[str] = ()) -> list[Mutation]:
    """Draw as many, each kind equally often."""
    by_kind, chance, left_out = defaultdict[str, list[Mutation]](list), random.Random(seed), set(without)
    for each in found:
        by_kind[each.kind].append(each)
    for each_kind in by_kind.values():
        chance.shuffle(each_kind)
    chosen = list[Mutation]()
    while len(chosen) < number and any(by_kind.values()):
        for each_kind in by_kind.values():
            following = _next(each_kind, left_out)
            chosen += [following] if following is not None and len(chosen) < number else []
    return chosen


def _next(rest: list[Mutation], left_out: set[str]) -> Mutation | None:
    while rest:
        each = rest.pop()
        if not any(each.key.startswith(key) for key in left_out) and is_python(
            each.planted((ROOT / each.file).read_bytes())
        ):
            return each
    return None


def run(number: int, seed: int, minutes: float, at_once: int) -> int:
    """Draw mutants and tell what became of each; exit code 0 when enough were found."""
    began, sound = time.monotonic(), digest()
    kept = Path(platformdirs.user_cache_dir("nhsauth", appauthor=False)) / "mutants" / sound
    with tempfile.TemporaryDirectory() as folder:
        lanes = copies(Path(folder), at_once)
        known = reached(lanes, kept / "reached.json")
        for lane in lanes:
            lane.warm()
        mutants = drawn(all_mutations(lanes[0].root), number, seed, equivalents())
        results = _all(mutants, lanes, known, kept / f"seed-{seed}.jsonl", began + minutes * 60)
    if digest() != sound:
        print("the tree has changed meanwhile: these results are of the tree as it was")
    return _report(results, number - len(results), time.monotonic() - began)


def _all(mutants: Sequence[Mutation], lanes: Sequence[Copy], known: Reached, kept: Path, ends: float) -> list[Result]:
    """Return the results in the order of the draw: those kept, and those of this run, which ends in time."""
    earlier = {each.key: each for each in read(kept)}
    free = SimpleQueue[Copy]()
    for copy in lanes:
        free.put(copy)

    def result(mutant: Mutation) -> Result | None:
        if mutant.key in earlier:
            return earlier[mutant.key]
        if time.monotonic() > ends:
            return None
        copy = free.get()
        try:
            return _judged(mutant, copy, known)
        finally:
            free.put(copy)

    results = list[Result]()
    with ThreadPoolExecutor(len(lanes)) as at_once:
        for each in at_once.map(result, mutants):
            if each is None:
                continue
            results.append(each)
            print(_line(each), flush=True)
            if each.key not in earlier:
                keep(kept, each)
    return results


def _judged(mutant: Mutation, copy: Copy, known: Reached) -> Result:
    began = time.monotonic()
    contract = known.by_contract(mutant.file, mutant.function) if mutant.answers else []
    ours = known.by_ours(mutant.file, mutant.function)
    with copy.planted(mutant.file, mutant.planted((copy.root / mutant.file).read_bytes())):
        by, late = None, False
        for tests, options, seconds in (
            (contract, WHOLE, _CONTRACT_SECONDS),
            (SWITCHED if contract else (), _SWITCHED_OPTIONS, _CONTRACT_SECONDS),
            ([test for test in ours if not test.startswith(GOLDEN)], (), _OUR_SECONDS),
            ([test for test in ours if test.startswith(NEAR)], SLOW, _OUR_SECONDS),
            ([test for test in ours if test.startswith(GOLDEN)], (), _OUR_SECONDS),
        ):
            if by is None and tests:
                left_out = [*known.failing, *known.left_out(tests)]
                by, over = found_by(copy, files_of(tests), left_out, seconds, *options)
                late |= over
    seconds = round(time.monotonic() - began, 1)
    return Result(
        key=mutant.key,
        kind=mutant.kind,
        line=mutant.line,
        answers=mutant.answers,
        by=by,
        late=late,
        seconds=seconds,
    )


def files_of(tests: Iterable[str]) -> list[str]:
    """Return the files of tests, in the same order."""
    return list(dict.fromkeys(test.partition("::")[0] for test in tests))


def found_by(
    copy: Copy, files: Sequence[str], left_out: Sequence[str], seconds: float, *options: str
) -> tuple[str | None, bool]:
    """Return which test of these files finds the fault, and whether the time was over, which finds nothing.

    A test has to find it twice, and to find nothing in a sound copy: some fail now and then on a busy machine. So has
    pytest itself, where it ends without a test that failed.
    """
    ends, unsteady, asked = time.monotonic() + seconds, list[str](), ("-x", QUICK, *options)
    while True:
        without = [*left_out, *unsteady]
        ran = copy.pytest(files, *asked, without=without, seconds=max(ends - time.monotonic(), 1.0))
        if ran.well or ran.late:
            return None, ran.late
        if _NO_FILE in ran.output:
            raise RuntimeError(ran.output)
        if ran.failed is None:
            found = _is_steady(copy, files, asked, without, seconds)
            return f"{files[0]}::pytest ends for itself" if found else None, False
        if _is_steady(copy, [ran.failed], (QUICK, *options), (), seconds):
            return ran.failed, False
        unsteady.append(ran.failed)


def _is_steady(
    copy: Copy, tests: Sequence[str], options: Sequence[str], without: Sequence[str], seconds: float
) -> bool:
    again = copy.pytest(tests, *options, without=without, seconds=seconds)
    if again.well or again.late:
        return False
    with copy.sound():
        ran = copy.pytest(tests, *options, without=without, seconds=seconds)
    return ran.well or _NO_TEST in ran.output


def read(kept: Path) -> Iterator[Result]:
    """Yield the results that were kept."""
    if kept.exists():
        yield from (Result(**json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines())


def keep(kept: Path, result: Result) -> None:
    """Add a result to those that were kept."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def _line(result: Result) -> str:
    text = f"found by {result.by}" if result.by else "SURVIVED" + (", time over" if result.late else "")
    part = "answer" if result.answers else "words"
    return f"{text} ({result.kind}, {part}, line {result.line}, {result.seconds:.0f} s)\n    {result.key}"


def _report(results: Sequence[Result], missing: int, seconds: float) -> int:
    answers = [each for each in results if each.answers]
    by_contract = sum(each.by_contract for each in answers)
    by_all = sum(each.by is not None for each in results)
    golden = sum((each.by or "").startswith(GOLDEN) for each in results)
    print(f"{_share('contract tests, of what changes an answer', by_contract, len(answers))}")
    print(f"{_share('all tests, of everything', by_all, len(results))}; {golden} by generated pages alone")
    print(f"{missing} not tried, the time was over; {seconds / 60:.0f} min")
    enough = [by_contract >= _WANTED[0] * len(answers), by_all >= _WANTED[1] * len(results)]
    return 0 if all(enough) and not missing else 1


def _share(what: str, found: int, of: int) -> str:
    low, high = interval(found, of)
    return f"{what}: {found} of {of}, {found / of if of else 0:.0%} ({low:.0%} to {high:.0%})"


def interval(found: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of a share, at 95 %."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, found / of
    middle, spread = share + z * z / (2 * of), z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)
