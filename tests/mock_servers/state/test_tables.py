from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest

from mock_servers.state.table import Backend, Table, change
from tests.mock_servers.state.conftest import LIMIT, NUMBERS

THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    words: tuple[str, ...]
    at: float = 0.0


def at_once(call: Callable[[], Any]) -> list[Any]:
    """Run `call` in eight threads that start together."""
    barrier = Barrier(THREADS)

    def started_together() -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(started_together) for _ in range(THREADS)]]


def fill(table: Table[int], *numbers: int) -> None:
    for number in numbers:
        table.put(str(number), number)


# of many at once


def test_of_many_adds_exactly_one_sets(table: Table[int]) -> None:
    assert at_once(lambda: table.add("key", 1)).count(True) == 1


def test_of_many_swaps_exactly_one_wins(table: Table[int]) -> None:
    table.put("key", 1)

    assert at_once(lambda: table.swap("key", 1, 2)).count(True) == 1


def test_of_many_takes_exactly_one_gets_it(table: Table[int]) -> None:
    table.put("key", 1)

    assert at_once(lambda: table.take("key")).count(1) == 1


def test_of_many_counts_each_has_its_own_number(table: Table[int]) -> None:
    found = at_once(lambda: [table.count("key") for _ in range(25)])

    assert sorted(number for numbers in found for number in numbers) == [*range(1, THREADS * 25 + 1)]


def test_of_many_changes_none_is_lost(table: Table[int]) -> None:
    at_once(lambda: [change(table, "key", lambda number: (number or 0) + 1) for _ in range(25)])

    assert table.get("key") == THREADS * 25


def test_of_many_steps_over_two_tables_exactly_one_is_taken(backend: Backend, table: Table[int]) -> None:
    other = backend.table("others", NUMBERS)
    fill(table, 1)

    taken = at_once(lambda: backend.commit([(table, "1", 1)], [(table, "1", None), (other, "1", 1)]))

    assert taken.count(True) == 1


# one value


def test_a_swap_wants_a_value_that_equals_the_one_there(table_of: Callable[..., Table[Any]]) -> None:
    table = table_of(value=Note)
    table.put("key", Note(words=("a",), at=1))

    assert not table.swap("key", Note(words=("b",), at=1), Note(words=()))
    assert table.swap("key", Note(words=("a",), at=1), Note(words=()))
    assert table.get("key") == Note(words=())


def test_a_swap_wants_a_value_to_be_there(table: Table[int]) -> None:
    assert not table.swap("key", 0, 1)
    assert table.get("key") is None


def test_what_is_taken_is_gone(table: Table[int]) -> None:
    table.put("key", 1)

    assert table.take("key") == 1
    assert table.take("key") is None


@pytest.mark.parametrize("key", ["", "a b", "\ud800", "☃", "1", "a:b/c\0d"])
def test_any_text_is_a_key(table: Table[int], key: str) -> None:
    table.put(key, 5)

    assert table.get(key) == 5
    assert table.items() == [(key, 5)]


def test_a_step_is_not_taken_when_something_else_is_there(backend: Backend, table: Table[int]) -> None:
    fill(table, 1)

    assert not backend.commit([(table, "1", 2)], [(table, "2", 2)])
    assert not backend.commit([(table, "1", None)], [(table, "2", 2)])
    assert not backend.commit([(table, "1", 1), (table, "3", 3)], [(table, "2", 2)])
    assert table.values() == [1]


def test_a_step_sets_and_removes(backend: Backend, table: Table[int]) -> None:
    fill(table, 1, 2)

    assert backend.commit([(table, "1", 1), (table, "3", None)], [(table, "1", None), (table, "3", 3)])
    assert table.items() == [("2", 2), ("3", 3)]


# several values


def test_what_is_put_again_keeps_its_place(table: Table[int]) -> None:
    fill(table, 1, 2, 3)
    table.put("1", 10)

    assert table.items() == [("1", 10), ("2", 2), ("3", 3)]


def test_the_newest_come_first_and_no_more_than_asked_for(table: Table[int]) -> None:
    fill(table, 1, 2, 3)

    assert table.newest(2) == [3, 2]
    assert table.newest(5) == [3, 2, 1]


def test_beyond_its_limit_a_table_forgets_the_oldest_tenth(table: Table[int]) -> None:
    fill(table, *range(LIMIT + 1))

    assert table.size() == LIMIT - 1
    assert table.values() == [*range(2, LIMIT + 1)]
    assert table.find("parity", "even") == [*range(2, LIMIT + 1, 2)]


def test_a_cleared_table_is_empty(table: Table[int]) -> None:
    fill(table, 1, 2)
    table.clear()

    assert table.size() == 0
    assert table.find("parity", "odd") == []


# by index


def test_an_index_finds_what_is_there_the_oldest_first(table: Table[int]) -> None:
    fill(table, 5, 2, 3)

    assert table.find("parity", "odd") == [5, 3]
    assert table.find("parity", "neither") == []
    assert table.entries("parity", "odd") == [("5", 5), ("3", 3)]


@pytest.mark.parametrize(("most", "found"), [(1, [5]), (2, [5, 3]), (9, [5, 3]), (None, [5, 3])])
def test_an_index_gives_no_more_than_it_is_asked_for(table: Table[int], most: int | None, found: list[int]) -> None:
    fill(table, 5, 2, 3)

    assert table.find("parity", "odd", most) == found


@pytest.mark.parametrize(
    ("step", "odd"),
    [
        (lambda table: table.add("7", 7), [1, 3, 7]),
        (lambda table: table.put("2", 9), [1, 9, 3]),
        (lambda table: table.put("1", 8), [3]),
        (lambda table: table.swap("3", 3, 4), [1]),
        (lambda table: table.count("2"), [1, 3, 3]),
        (lambda table: table.take("1"), [3]),
        (lambda table: table.clear(), []),
    ],
    ids=["add", "put", "put-away", "swap", "count", "take", "clear"],
)
def test_an_index_follows_every_change(table: Table[int], step: Callable[[Table[int]], object], odd: list[int]) -> None:
    fill(table, 1, 2, 3)
    table.find("parity", "odd")

    step(table)

    assert table.find("parity", "odd") == odd


def test_what_comes_after_a_removal_is_not_found_in_its_place(table: Table[int]) -> None:
    fill(table, 1)
    table.take("1")
    fill(table, 2)

    assert table.find("parity", "odd") == []


def test_an_index_follows_a_step_and_a_restore(backend: Backend, table: Table[int]) -> None:
    fill(table, 1, 2)
    content = backend.snapshot(["numbers"])

    assert backend.commit([], [(table, "1", None), (table, "3", 3)])
    assert table.find("parity", "odd") == [3]

    backend.restore(content)

    assert table.find("parity", "odd") == [1]


# what is derived


def test_what_is_derived_from_all_values_is_made_once(table: Table[int]) -> None:
    table.put("key", 1)
    asked: list[list[int]] = []

    def total(values: Iterable[int]) -> int:
        asked.append([*values])
        return sum(asked[-1])

    assert [table.derived(total) for _ in range(3)] == [1, 1, 1]
    assert asked == [[1]]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (lambda table: table.add("other", 2), 3),
        (lambda table: table.put("key", 5), 5),
        (lambda table: table.swap("key", 1, 7), 7),
        (lambda table: table.count("key"), 2),
        (lambda table: table.take("key"), 0),
        (lambda table: table.clear(), 0),
    ],
    ids=["add", "put", "swap", "count", "take", "clear"],
)
def test_what_is_derived_follows_every_change(
    table: Table[int], step: Callable[[Table[int]], object], expected: int
) -> None:
    table.put("key", 1)
    table.derived(sum)

    step(table)

    assert table.derived(sum) == expected


def test_what_is_derived_follows_a_step_and_a_restore(backend: Backend, table: Table[int]) -> None:
    table.put("key", 1)
    content = backend.snapshot(["numbers"])
    assert table.derived(sum) == 1

    assert backend.commit([], [(table, "other", 4)])
    assert table.derived(sum) == 5

    backend.restore(content)

    assert table.derived(sum) == 1


# the whole


def test_an_earlier_content_can_be_restored_and_restored_again(backend: Backend, table: Table[int]) -> None:
    other = backend.table("others", NUMBERS)
    fill(table, 2, 1)
    content = backend.snapshot(["numbers", "others"])

    for _ in range(2):
        fill(table, 3)
        fill(other, 4)
        table.take("2")
        backend.restore(content)

        assert table.items() == [("2", 2), ("1", 1)]
        assert other.items() == []


def test_a_restore_leaves_tables_that_it_does_not_name(backend: Backend, table: Table[int]) -> None:
    other = backend.table("others", NUMBERS)
    fill(other, 4)

    backend.restore({"numbers": [("1", 1)]})

    assert (table.values(), other.values()) == ([1], [4])


def test_of_one_name_there_is_one_table(backend: Backend, table: Table[int]) -> None:
    fill(table, 1)

    assert backend.table("numbers", NUMBERS).values() == [1]


def test_what_lies_below_is_apart_and_goes_with_a_drop(backend: Backend, table: Table[int]) -> None:
    fill(table, 1)
    fill(backend.below("one").table("numbers", NUMBERS), 2)
    fill(backend.below("other").table("numbers", NUMBERS), 3)

    backend.below("one").drop()

    assert backend.below("one").table("numbers", NUMBERS).values() == []
    assert backend.below("other").table("numbers", NUMBERS).values() == [3]
    assert table.values() == [1]


def test_sizes_are_those_of_all_places_that_have_anything(backend: Backend, table: Table[int]) -> None:
    below = backend.below("world 1")
    backend.table("empty", NUMBERS)
    fill(table, 1, 2, 3)
    table.take("2")
    fill(below.table("numbers", NUMBERS), 4)

    assert backend.sizes() == {"numbers": 2, "world%201/numbers": 1}
    assert below.sizes() in ({"numbers": 1}, {"world%201/numbers": 1})


def test_a_drop_takes_all_that_lies_below(backend: Backend, table: Table[int]) -> None:
    fill(table, 1)
    fill(backend.below("one").table("numbers", NUMBERS), 2)

    backend.drop()

    assert table.values() == []
    assert backend.below("one").table("numbers", NUMBERS).values() == []
