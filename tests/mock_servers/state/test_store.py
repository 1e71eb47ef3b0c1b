from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from mock_servers.state.store import Store, Table

THREADS = 8


def at_once(call: Callable[[], bool]) -> list[bool]:
    """Run `call` in eight threads that start together."""
    barrier = Barrier(THREADS)

    def started_together() -> bool:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(started_together) for _ in range(THREADS)]]


def test_of_many_adds_exactly_one_sets() -> None:
    table: Table[int] = Table()

    assert at_once(lambda: table.add("key", 1)).count(True) == 1


def test_of_many_swaps_exactly_one_wins() -> None:
    table: Table[list[int]] = Table()
    old: list[int] = []
    table.put("key", old)

    assert at_once(lambda: table.swap("key", old, [1])).count(True) == 1


def test_of_many_updates_none_is_lost() -> None:
    table: Table[int] = Table()

    at_once(lambda: all(table.update("key", lambda count: (count or 0) + 1) for _ in range(500)))

    assert table.get("key") == THREADS * 500


def test_a_swap_wants_the_very_value_that_was_read() -> None:
    table: Table[list[int]] = Table()
    table.put("key", [1])

    assert not table.swap("key", [1], [2])


def test_what_is_taken_is_gone() -> None:
    table: Table[int] = Table()
    table.put("key", 1)

    assert table.take("key") == 1
    assert table.take("key") is None


def test_beyond_its_limit_a_table_forgets_the_oldest() -> None:
    table: Table[int] = Table(limit=3)

    for number in range(5):
        table.put(number, number)

    assert table.values() == [2, 3, 4]


def test_an_earlier_content_can_be_restored() -> None:
    store = Store()
    store.quotas.put("before", 1)
    content = store.snapshot()
    store.quotas.put("after", 2)
    store.jtis.put("after", 2.0)

    store.restore(content)

    assert store.quotas.values() == [1]
    assert store.jtis.values() == []


def test_what_is_restored_is_not_shared_with_its_snapshot() -> None:
    store = Store()
    content = store.snapshot()
    store.restore(content)
    store.quotas.put("later", 1)

    store.restore(content)

    assert store.quotas.values() == []


def test_what_is_derived_from_all_values_is_made_once() -> None:
    table: Table[int] = Table()
    table.put("key", 1)
    asked: list[list[int]] = []

    def total(values: Iterable[int]) -> int:
        asked.append([*values])
        return sum(asked[-1])

    assert [table.derived(total) for _ in range(3)] == [1, 1, 1]
    assert asked == [[1]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda table: table.add("other", 2), 3),
        (lambda table: table.put("key", 5), 5),
        (lambda table: table.swap("key", table.get("key"), 7), 7),
        (lambda table: table.update("key", lambda value: value + 1), 2),
        (lambda table: table.take("key"), 0),
        (lambda table: table.restore({"else": 9}), 9),
    ],
    ids=["add", "put", "swap", "update", "take", "restore"],
)
def test_what_is_derived_follows_every_change(change: Callable[[Table[int]], object], expected: int) -> None:
    table: Table[int] = Table()
    table.put("key", 1)
    table.derived(sum)

    change(table)

    assert table.derived(sum) == expected
