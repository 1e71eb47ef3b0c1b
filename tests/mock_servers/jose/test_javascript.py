import math
from typing import Any

import pytest

from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED


@pytest.mark.parametrize("value", [[], {}, "0", " ", "false", 1, -1, 0.1, math.inf, True], ids=repr)
def test_truthy_as_in_a_script(value: Any) -> None:
    assert javascript.truthy(value)


@pytest.mark.parametrize("value", [None, UNDEFINED, False, 0, 0.0, -0.0, "", math.nan], ids=repr)
def test_not_truthy_as_in_a_script(value: Any) -> None:
    assert not javascript.truthy(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, 0),
        (False, 0),
        (True, 1),
        ("", 0),
        ("  ", 0),
        ([], 0),
        ([5], 5),
        ([[7]], 7),
        ([None], 0),
        ("12", 12),
        (" 12\n", 12),
        ("1e3", 1000),
        (".5", 0.5),
        ("5.", 5),
        ("0x1F", 31),
        ("0b11", 3),
        ("-3", -3),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (1.5, 1.5),
    ],
    ids=repr,
)
def test_number_of_a_value(value: Any, expected: float) -> None:
    assert javascript.number(value) == expected


@pytest.mark.parametrize(
    "value", ["abc", {}, [1, 2], "1,2", "12px", "infinity", "1_000", "-0x10", UNDEFINED, "\u0661"], ids=repr
)
def test_what_is_not_a_number(value: Any) -> None:
    assert math.isnan(javascript.number(value))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("12abc", 12),
        (" \t-3.9", -3),
        ("+007", 7),
        ("0x1F", 31),
        ("-0xa", -10),
        ("1e3", 1),
        ("9" * 400, math.inf),
        ("-" + "9" * 400, -math.inf),
        ("0x" + "f" * 400, math.inf),
    ],
)
def test_parse_int_of_a_text(sent: str, expected: float) -> None:
    assert javascript.parse_int(sent) == expected


@pytest.mark.parametrize("sent", ["", "abc", "-", ".5", "Infinity", "- 1", "\u0661"])
def test_parse_int_of_what_is_not_number(sent: str) -> None:
    assert math.isnan(javascript.parse_int(sent))


@pytest.mark.parametrize(("value", "expected"), [(1, True), (1.5, True), (True, False), ("1", False), (None, False)])
def test_typeof_number(value: Any, *, expected: bool) -> None:
    assert javascript.is_number(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "true"),
        ([1, None, "a"], "1,,a"),
        ({}, "[object Object]"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        ("P9", "P9"),
    ],
    ids=repr,
)
def test_text_of_a_value(value: Any, expected: str) -> None:
    assert javascript.text(value) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "a"), (1, 1), (1, "1"), (True, 1), (["a"], "a"), (None, UNDEFINED), ({}, "[object Object]")],
    ids=repr,
)
def test_loosely_equal(one: Any, other: Any) -> None:
    assert javascript.loosely_equal(one, other)
    assert javascript.loosely_equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "A"), ([], []), ({}, {}), (None, 0), (None, ""), ("x", 1), (math.nan, math.nan)],
    ids=repr,
)
def test_not_loosely_equal(one: Any, other: Any) -> None:
    assert not javascript.loosely_equal(one, other)
