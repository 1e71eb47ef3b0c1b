"""The benchmarks run: with the least effort, whichever figures they give."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import bench, soak, table, unused
from benchmarks.__main__ import GROUPS, main
from benchmarks.bench import Bench, Effort
from benchmarks.figure import Figure, not_here
from benchmarks.measuring import Turns, in_turn

LEAST = Effort(calls=3, starts=1, generations=1, exchanges=22, tests=2, warm=0)
FIGURE = Figure(
    name="answer", measured="2 ms", beside="1 ms bare", ratio="2.00", goal="≤ 1.5", met=False, note="cold", why="slow"
)


@pytest.fixture
def opened(key_cache: Path) -> Iterator[Bench]:
    with bench.opened(LEAST, keys=key_cache) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_each_group_gives_figures(group: str, opened: Bench) -> None:
    figures = GROUPS[group](opened)

    assert [figure.name for figure in figures if not figure.measured] == []
    assert len(figures) > 1


@pytest.mark.slow
def test_nothing_goes_wrong_in_a_few_seconds_of_everything_at_once(opened: Bench) -> None:
    figure = soak.run(opened, minutes=0.1)

    assert ", 0 wrong" in figure.measured, figure.why
    assert not figure.measured.startswith("0 good")


def test_a_row_is_put_in_the_place_of_the_one_before_or_last() -> None:
    page = table.page([not_here("memory", "flat", needs="/proc")], ["group"])

    once = table.with_row(page, FIGURE, "answer")
    twice = table.with_row(once, FIGURE, "answer")

    assert once == twice
    assert once.count("| answer | 2 ms |") == 1
    assert once.index("| memory ") < once.index("| answer ")
    assert once.replace(next(line for line in once.splitlines() if line.startswith("| answer")) + "\n", "") == page


def test_nothing_is_left_of_a_bench() -> None:
    with bench.opened(LEAST) as opened:
        folder = opened.folder

    assert not folder.exists()


def test_samples_are_taken_in_turn_and_in_both_orders() -> None:
    taken: list[str] = []

    def sample(name: str) -> float:
        taken.append(name)
        return float(len(taken))

    in_turn(2, lambda: sample("a"), lambda: sample("b"), warm=0)

    assert taken == ["a", "b", "b", "a"]


def test_what_warms_up_is_not_counted() -> None:
    numbers = iter([100.0, 1.0, 2.0, 3.0])

    turns = in_turn(3, lambda: next(numbers), warm=1)

    assert turns.columns == ((1.0, 2.0, 3.0),)


def test_ratios_and_differences_are_those_within_a_round() -> None:
    turns = Turns(((2.0, 20.0, 300.0), (1.0, 10.0, 100.0)))

    assert (turns.ratio(), turns.difference()) == (2.0, 10.0)


def test_the_page_says_of_a_missed_goal_where_the_time_goes() -> None:
    page = table.page([FIGURE], ["group"])

    assert "| answer | 2 ms | 1 ms bare | 2.00 | ≤ 1.5 | **no** | - |" in page
    assert "- answer: cold." in page
    assert "- Not met: answer: slow." in page


def test_what_a_system_cannot_give_has_its_row_all_the_same() -> None:
    page = table.page([not_here("memory", "flat", needs="/proc")], ["group"])

    assert "| memory | not measured here |" in page


def test_a_group_that_does_not_exist_is_a_misuse_that_names_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nonsense"])

    assert ", ".join(GROUPS) in capsys.readouterr().err


@pytest.mark.slow
def test_the_cpu_of_an_unused_plugin_is_measured_with_and_without_each_plugin() -> None:
    least = unused.minima(sys.executable, 1)

    assert [*least] == ["neither plugin", "ours", "Hypothesis' own", "both"]
    assert all(0 < took < 60 for took in least.values())
