"""What the count of modules and moves counts."""

from mock_servers.wire.wording import shown
from tools.moves import Route, followed


def test_a_move_is_a_call_in_another_module_than_the_call_before_it() -> None:
    route = Route(calls=["one", "one", "two", "one"])

    assert (len(route.modules), route.moves) == (2, 2)


def test_only_the_second_time_is_counted_and_only_what_is_ours() -> None:
    asked = list[str]()

    route = followed(lambda: asked.append(shown("a value")))

    assert len(asked) == 2
    assert set(route.calls) == {"mock_servers.wire.wording"}
