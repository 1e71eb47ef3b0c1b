import re
import uuid
from collections.abc import Callable
from random import Random

import pytest

from mock_servers.wire.identifiers import Identifiers

SHAPES: list[tuple[Callable[[Identifiers], str], str]] = [
    (Identifiers.access_token, r"[A-Za-z0-9]{28}"),
    (Identifiers.refresh_token, r"[A-Za-z0-9]{32}"),
    (Identifiers.api_key, r"[A-Za-z0-9]{32}"),
    (Identifiers.client_secret, r"[A-Za-z0-9]{16}"),
    (Identifiers.ticket, r"[A-Za-z0-9_-]{27}"),
    (Identifiers.message_id, r"rrt-\d{18,19}-[a-d]-geu2-\d{5,7}-\d{6,9}-\d"),
]


@pytest.mark.parametrize(("make", "shape"), SHAPES)
def test_every_value_has_its_shape(make: Callable[[Identifiers], str], shape: str) -> None:
    identifiers = Identifiers(Random(1))

    assert [value for _ in range(2000) if not re.fullmatch(shape, value := make(identifiers))] == []


def test_a_uuid_is_one_of_version_4() -> None:
    assert uuid.UUID(Identifiers(Random(1)).uuid()).version == 4


@pytest.mark.parametrize("make", [make for make, _ in SHAPES])
def test_values_are_fresh(make: Callable[[Identifiers], str]) -> None:
    identifiers = Identifiers()

    assert len({make(identifiers) for _ in range(2000)}) == 2000


def test_the_same_seed_gives_the_same_values() -> None:
    one, other = Identifiers(Random(7)), Identifiers(Random(7))

    assert [one.access_token(), one.message_id()] == [other.access_token(), other.message_id()]
