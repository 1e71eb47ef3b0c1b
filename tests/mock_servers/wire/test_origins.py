"""Under which names the mock knows itself."""

from collections.abc import Callable

import pytest

from mock_servers.state.table import UnreachableStateError
from mock_servers.wire.origins import Origins, canonical


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://mock.example:443", "https://mock.example"),
        ("http://mock.example:80", "http://mock.example"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://mock.example", "https://mock.example"),
        ("https://mock.example:80", "https://mock.example:80"),
        ("http://mock.example:443", "http://mock.example:443"),
        ("https://mock.example:8443", "https://mock.example:8443"),
        ("http://mock.example:8080", "http://mock.example:8080"),
        ("mock.example:443", "mock.example:443"),
    ],
)
def test_only_the_port_that_the_scheme_implies_is_left_out(origin: str, name: str) -> None:
    assert canonical(origin) == name


@pytest.mark.parametrize("known", ["https://mock.example", "https://mock.example:443"])
@pytest.mark.parametrize("asked", ["https://mock.example", "https://mock.example:443"])
def test_a_name_is_known_with_its_implied_port_and_without(known: str, asked: str) -> None:
    added, learned = Origins(), Origins()
    added.add(known)
    learned.learn(known)

    assert [asked in origins for origins in (Origins([known]), added, learned)] == [True, True, True]


@pytest.mark.parametrize("asked", ["https://mock.example/", "https://mock.example:8443", "http://mock.example", None])
def test_another_name_is_not_known(asked: object) -> None:
    assert asked not in Origins(["https://mock.example"])


def test_a_name_with_its_implied_port_is_not_second_name() -> None:
    origins = Origins(["https://mock.example/"])

    origins.learn("https://mock.example:443")

    assert list(origins) == ["https://mock.example"]


def test_requests_cannot_make_the_list_grow_without_end() -> None:
    origins = Origins()

    for number in range(1000):
        origins.learn(f"http://{number}.example")

    assert len(list(origins)) == 64


def test_a_name_that_is_removed_is_the_mocks_no_longer_unless_it_is_configured() -> None:
    origins = Origins(["https://mock.example"])
    origins.add("https://other.example:443")

    for name in ("https://mock.example", "https://other.example", "https://unknown.example"):
        origins.remove(name)

    assert list(origins) == ["https://mock.example"]


class Noting(dict[str, int]):
    """Names in a state that is out of reach at first."""

    is_reachable = False

    def size(self) -> int:
        return len(self)

    def put(self, key: str, value: int) -> None:
        if not self.is_reachable:
            raise UnreachableStateError("down")
        self[key] = value

    def take(self, key: str) -> int | None:
        return self.pop(key, None)

    def items(self) -> list[tuple[str, int]]:  # type: ignore[override] # a table lists its entries
        return list(super().items())


@pytest.mark.parametrize("learn", [Origins.add, Origins.learn])
def test_a_name_that_could_not_be_noted_is_noted_once_it_can_be(learn: Callable[[Origins, str], None]) -> None:
    noted = Noting()
    origins = Origins(noted=noted)
    with pytest.raises(UnreachableStateError):
        learn(origins, "http://mock.example")

    noted.is_reachable = True
    learn(origins, "http://mock.example")

    assert list(noted) == ["http://mock.example"]
