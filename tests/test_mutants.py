"""The planted faults can still be planted; whether tests find them `make mutants` says."""

import ast
import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def catalogue() -> Any:
    path = ROOT / "tests" / "mutants" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("mutants_catalogue", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTANTS = catalogue().MUTANTS


def test_there_are_sixty_and_more() -> None:
    assert len(MUTANTS) >= 60


def test_no_two_have_the_same_name() -> None:
    assert [name for name, times in Counter(mutant.name for mutant in MUTANTS).items() if times > 1] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_has_one_place_to_be_planted_in_and_is_python(mutant: Any) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    planted = source.replace(mutant.old, mutant.new)

    assert source.count(mutant.old) == 1
    assert planted != source
    compile(planted, mutant.file, "exec")


def test_a_survivor_is_a_mutant_and_has_a_reason() -> None:
    names = {mutant.name for mutant in MUTANTS}

    assert {name for name in catalogue().SURVIVORS if name not in names} == set()
    assert all(catalogue().SURVIVORS.values())


def module(name: str) -> Any:
    return importlib.import_module(name)


@pytest.fixture(scope="session", autouse=True)
def path() -> Iterator[None]:
    """The modules beside the catalogue are no package: they are started as a script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tests" / "mutants"))
        yield


@cache
def all_of_the_tree() -> Any:
    return module("mutator").all_mutations(ROOT)


SOURCE = '''"""A docstring with 1 == 2 in it."""
import logging
from mock_servers.rules import rejects

LIMIT: int = 300
ROW = row(401, "invalid_request", "Missing the whole sentence", cause="Something else.", row="§2.1")
FLOW = (check_one, check_two)


@rejects(ROW)
def check(exchange, kind: "str" = "first"):
    """It is below 7."""
    if exchange.age < LIMIT and exchange.kind == kind:
        return None
    logging.info("refused it")
    if exchange.late > 9:
        return f"It is {exchange.age} old."
    return "It is of another kind."
'''.encode()


def found(kind: str) -> list[tuple[str, str]]:
    made = module("mutator").mutations("mock_servers/apim/some.py", SOURCE)
    return [(each.before, each.after) for each in made if each.kind == kind]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "comparison",
            [
                ("exchange.age < LIMIT and exchange.kind == kind", "exchange.age <= LIMIT and exchange.kind == kind"),
                ("exchange.age < LIMIT and exchange.kind == kind", "exchange.age < LIMIT and exchange.kind != kind"),
                ("exchange.late > 9", "exchange.late >= 9"),
            ],
        ),
        (
            "and/or",
            [("exchange.age < LIMIT and exchange.kind == kind", "exchange.age < LIMIT or exchange.kind == kind")],
        ),
        (
            "guard",
            [
                (
                    "exchange.age < LIMIT and exchange.kind == kind",
                    "not (exchange.age < LIMIT and exchange.kind == kind)",
                ),
                ("exchange.late > 9", "not (exchange.late > 9)"),
            ],
        ),
        ("early return", [("return None", "pass"), ('return f"It is {exchange.age} old."', "pass")]),
        ("neighbours", [("check_one, check_two", "check_two, check_one")]),
    ],
)
def test_each_kind_of_fault_changes_one_thing(kind: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(found(kind)) == sorted(expected)


def changed(kind: str) -> set[tuple[str, str]]:
    """The words that differ."""
    pairs = [zip(before.split(), after.split(), strict=True) for before, after in found(kind)]
    return {(one, other) for pair in pairs for one, other in pair if one != other}


def test_a_constant_is_a_number_or_a_single_word() -> None:
    assert changed("constant") == {
        ("300", "301"),
        ("row(401,", "row(402,"),
        ('"invalid_request",', '"invalid_reqxest",'),
        ('"first"', '"fixst"'),
        ("9", "10"),
    }


def test_a_letter_is_one_of_a_sentence_that_is_answered() -> None:
    ((one, other),) = changed("letter")

    assert one.strip('",') in "Missing the whole sentence"
    assert sum(a != b for a, b in zip(one, other, strict=True)) == 1


def test_only_what_a_rule_lets_pass_changes_an_answer() -> None:
    made = module("mutator").mutations("mock_servers/apim/some.py", SOURCE)

    assert {each.answers for each in made if "exchange.late" in each.before} == {False}
    assert {each.answers for each in made if "exchange.age <" in each.before} == {True}


@pytest.mark.slow
def test_every_fault_of_the_tree_has_a_name_of_its_own_and_changes_its_file() -> None:
    made = all_of_the_tree()
    sources = {each.file: (ROOT / each.file).read_bytes() for each in made}

    assert len(made) > 5000
    assert len({each.key for each in made}) == len(made)
    assert [each.key for each in made if each.planted(sources[each.file]) == sources[each.file]] == []


@pytest.mark.slow
def test_a_seed_draws_the_same_faults_again_and_each_kind_equally_often() -> None:
    made = all_of_the_tree()
    first, second = (module("at_random").drawn(made, 35, 7) for _ in range(2))

    assert first == second
    assert set(Counter(each.kind for each in first).values()) == {5}
    assert [each.key for each in module("at_random").drawn(made, 35, 8)] != [each.key for each in first]


@pytest.mark.slow
def test_an_equivalent_is_a_fault_of_this_tree_has_a_reason_and_is_not_drawn() -> None:
    known, made = module("at_random").equivalents(), all_of_the_tree()
    drawn = module("at_random").drawn(made, 400, 1, known)

    assert [key for key in known if not any(each.key.startswith(key) for each in made)] == []
    assert all(known.values())
    assert [each.key for each in drawn if any(each.key.startswith(key) for key in known)] == []


@pytest.mark.parametrize(
    ("found", "of", "low", "high"), [(49, 49, 0.927, 1.0), (0, 20, 0.0, 0.161), (38, 49, 0.641, 0.870)]
)
def test_the_interval_is_wilsons(found: int, of: int, low: float, high: float) -> None:
    assert module("at_random").interval(found, of) == pytest.approx((low, high), abs=0.001)


def test_a_fault_is_planted_in_a_copy_and_taken_back(tmp_path: Path) -> None:
    copy = module("tree").Copy(tmp_path)
    path = copy.root / "mock_servers" / "some.py"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sound")

    with copy.planted("mock_servers/some.py", b"faulty"):
        planted = path.read_bytes()
        with copy.sound():
            taken_back = path.read_bytes()
        again = path.read_bytes()

    assert (planted, taken_back, again, path.read_bytes()) == (b"faulty", b"sound", b"faulty", b"sound")


def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    at_random = module("at_random")
    result = at_random.Result(key="a", kind="guard", line=1, answers=True, by=None, late=False, seconds=1.0)
    kept = tmp_path / "deep" / "seed-1.jsonl"

    at_random.keep(kept, result)

    assert list(at_random.read(kept)) == [result]
    assert list(at_random.read(tmp_path / "none.jsonl")) == []


@pytest.mark.slow
def test_a_fault_is_found_in_a_copy_and_the_tree_stays_as_it_is(tmp_path: Path) -> None:
    tree, at_random = module("tree"), module("at_random")
    before = tree.digest()
    (copy,) = tree.copies(tmp_path, 1)
    source = (copy.root / "mock_servers/jose/javascript.py").read_bytes()
    tests = ["tests/mock_servers/jose/test_javascript.py"]
    with copy.planted("mock_servers/jose/javascript.py", source.replace(b'"undefined"', b'"undexined"')):
        faulty = at_random.found_by(copy, tests, (), 300)
    with copy.planted("mock_servers/jose/javascript.py", source):
        sound = at_random.found_by(copy, tests, (), 300)

    assert faulty == ("tests/mock_servers/jose/test_javascript.py::test_text_of_a_value[undexined-'undefined']", False)
    assert sound == (None, False)
    assert tree.digest() == before


_RED, _GREEN, _BROKEN, _OVER = (1, "a.py::a", False), (0, None, False), (3, None, False), (-9, None, True)


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        pytest.param([_RED, _RED, _GREEN], ("a.py::a", False), id="found twice, and not in a sound copy"),
        pytest.param([_RED, _GREEN, _GREEN], (None, False), id="found once"),
        pytest.param([_RED, _RED, _RED, _GREEN], (None, False), id="found in a sound copy as well"),
        pytest.param([_RED, _OVER, _GREEN], (None, False), id="no time to find it again"),
        pytest.param([_OVER], (None, True), id="no time"),
        pytest.param([_BROKEN, _BROKEN, _GREEN], ("a.py::pytest ends for itself", False), id="pytest broke"),
        pytest.param([_BROKEN, _BROKEN, _BROKEN], (None, False), id="pytest broke in a sound copy as well"),
        pytest.param([_BROKEN, _GREEN], (None, False), id="pytest broke once"),
    ],
)
def test_a_fault_is_found_by_what_fails_for_the_fault_alone(
    runs: list[tuple[int, str | None, bool]], found: tuple[str | None, bool]
) -> None:
    tree, left = module("tree"), iter(runs)

    class Reported:
        """A copy where each run of pytest ends as the next of a list."""

        def pytest(self, *_: object, **__: object) -> object:
            code, failed, late = next(left)
            return tree.Ran(code=code, failed=failed, late=late, output="")

        def sound(self) -> AbstractContextManager[None]:
            return nullcontext()

    assert module("at_random").found_by(Reported(), ["a.py"], (), 300) == found
    assert list(left) == []


def test_every_contract_test_that_asks_a_target_is_asked_of_a_fault() -> None:
    asked = {Path(file).stem for file in module("reached").CONTRACT}
    there = {path.stem for path in (ROOT / "contract_tests").glob("test_*.py")}

    assert there - asked == {"test_breakages", "test_independence"}
    assert asked <= there


def test_only_tests_are_asked_that_run_the_function() -> None:
    first, second, other = "contract_tests/test_errors.py::a", "contract_tests/test_errors.py::b", "tests/jose/t.py::c"
    known = module("reached").Reached(
        runners=[first, "tests/jose/t.py", "contract_tests/test_order.py"],
        functions={"mock_servers/jose/a.py:f": [0, 1], "mock_servers/jose/a.py:": [0]},
        seconds={first: 1.0, second: 1.0, other: 1.0, "tests/jose/t.py::d": 1.0},
        failing=[],
    )

    contract = known.by_contract("mock_servers/jose/a.py", "f")
    ours = known.by_ours("mock_servers/jose/a.py", "f")

    assert first in contract
    assert second not in contract
    assert "contract_tests/test_order.py" not in contract
    assert "contract_tests/test_fuzz.py" in contract, "it was not measured"
    assert known.left_out(contract) == [second]
    assert ours == [other, "tests/jose/t.py::d"], "all tests of a file whose fixtures run it"
    assert known.left_out(ours) == []


def test_all_tests_of_its_room_are_asked_of_a_fault_that_none_is_seen_to_run() -> None:
    reached = module("reached")
    known = reached.Reached(
        runners=["tests/a.py::a", "tests/b.py::b"],
        functions={"mock_servers/jose/a.py:f": [0], "mock_servers/wire/a.py:f": [1]},
        seconds={"tests/a.py::a": 1.0, "tests/b.py::b": 1.0},
        failing=[],
    )

    assert known.by_contract("mock_servers/jose/a.py", "") == list(reached.CONTRACT)
    assert known.by_ours("mock_servers/jose/a.py", "") == ["tests/a.py::a"]


def test_what_is_beside_a_table_or_looks_at_it_is_asked_though_it_runs_nothing_of_its_room() -> None:
    reached = module("reached")
    beside, page = "tests/mock_servers/jose/test_table.py::a", f"{reached.GOLDEN}::page"
    known = reached.Reached(
        runners=[], functions={}, seconds={page: 1.0, beside: 1.0, "tests/mock_servers/wire/b.py::b": 1.0}, failing=[]
    )

    assert known.by_ours("mock_servers/jose/a.py", "") == [beside, page]


def test_where_one_page_is_asked_all_are_since_they_are_generated_once() -> None:
    reached = module("reached")
    first, second = (f"{reached.GOLDEN}::{name}" for name in ("first", "second"))
    known = reached.Reached(
        runners=[first], functions={"mock_servers/jose/a.py:f": [0]}, seconds={first: 1.0, second: 1.0}, failing=[]
    )

    assert known.by_ours("mock_servers/jose/a.py", "f") == [first, second]


def test_a_function_whose_answer_is_kept_is_taken_for_one_that_none_runs() -> None:
    source = "@cache\ndef f():\n    return 1\ndef g():\n    return 2\n"

    assert dict(module("reached").lines_of(ast.parse(source))) == {5: "g"}


def test_what_only_a_type_checker_imports_is_left_alone() -> None:
    source = b"if TYPE_CHECKING:\n    import some\nif CHECKING:\n    A = 1\n"

    made = module("mutator").mutations("mock_servers/apim/some.py", source)

    assert [each.before for each in made] == ["CHECKING", "1"]


def test_the_rules_of_a_finder_are_in_no_order() -> None:
    source = b"FINDERS = (Finder(find=one, rules=(*FIRST, *SECOND)), Finder(find=other, rules=(*FIRST, THIRD)))"

    made = module("mutator").mutations("mock_servers/diagnosis/some.py", source)

    assert [each.after for each in made if each.kind == "neighbours"] == [
        "Finder(find=other, rules=(*FIRST, THIRD)), Finder(find=one, rules=(*FIRST, *SECOND))"
    ]


def test_two_finders_are_in_an_order_where_they_explain_a_rule_both() -> None:
    source = b"""FINDERS = (
        Finder(find=one, rules=(A, "b")), Finder(find=two, rules=("c",)), Finder(find=three, rules=("c", A)),
        Finder(find=four, rules=(*OTHERS,)), Finder(find=five, rules=OTHERS), Finder(find=six),
    )"""

    made = module("mutator").mutations("mock_servers/diagnosis/some.py", source)

    pairs = [re.findall(r"find=(\w+)", each.after) for each in made if each.kind == "neighbours"]
    assert pairs == [["three", "two"], ["four", "three"], ["five", "four"], ["six", "five"]]


def test_what_two_runs_have_measured_is_joined() -> None:
    reached = module("reached")
    parts = [
        reached.Reached(runners=[name], functions={"a.py:f": [0]}, seconds={name: 1.0}, failing=[name])
        for name in ("tests/a.py::a", "tests/b.py::b")
    ]

    assert asdict(reached.joined(parts)) == {
        "runners": ["tests/a.py::a", "tests/b.py::b"],
        "functions": {"a.py:f": [0, 1]},
        "seconds": {"tests/a.py::a": 1.0, "tests/b.py::b": 1.0},
        "failing": ["tests/a.py::a", "tests/b.py::b"],
    }
