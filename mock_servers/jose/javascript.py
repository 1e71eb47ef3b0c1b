"""The JavaScript semantics of the contract: the real service's checks are scripts.

This module decides what is present, what is a number and which values are equal. Which claim is checked is decided
elsewhere.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
"""An absent member as a script sees it; `None` is JSON's null."""

_DECIMAL = re.compile(r"[+-]?(Infinity|\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?)", re.IGNORECASE | re.ASCII)
_RADIX = re.compile(r"0(x[0-9a-f]+|o[0-7]+|b[01]+)", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile(r"[+-]?(0x[0-9a-f]+|\d+)", re.IGNORECASE | re.ASCII)
_BLANKS = " \t\n\r\v\f\u00a0\ufeff\u2028\u2029"


def truthy(value: Any) -> bool:
    """Whether `if (value)` would pass: `[]`, `{}` and `"0"` are true; null, false, 0, NaN and `""` are not."""
    if value is UNDEFINED or value is None:
        return False
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return isinstance(value, list | dict) or bool(value)


def is_number(value: Any) -> bool:
    """Whether `typeof value` is `number`; true and false are not, though Python calls them ints."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> float:
    """Return `Number(value)`: null, false, `""` and `[]` are 0, true is 1; text that is not a number is NaN."""
    if value is None or value == []:
        return 0.0
    if isinstance(value, int | float):
        return _float(value)
    if isinstance(value, str):
        return _parsed(value.strip(_BLANKS))
    if isinstance(value, list):
        return _parsed(text(value).strip(_BLANKS))
    return math.nan


def parse_int(text: str) -> float:
    """Return `parseInt(text)`: the whole number at the beginning of the text, or NaN."""
    found = _INTEGER.match(text.lstrip(_BLANKS))
    if found is None:
        return math.nan
    digits = found[0].lower().lstrip("+-")
    size = _float(int(digits, 16)) if digits.startswith("0x") else float(digits)
    return -size if found[0].startswith("-") else size


def text(value: Any) -> str:
    """Return a JSON value as a script's string concatenation writes it."""
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


def loosely_equal(one: Any, other: Any) -> bool:
    """Return `one == other` for two JSON values; two arrays or objects are never equal."""
    if _is_nothing(one) or _is_nothing(other):
        return _is_nothing(one) and _is_nothing(other)
    one_is_object, other_is_object = isinstance(one, list | dict), isinstance(other, list | dict)
    if one_is_object and other_is_object:
        return False
    if one_is_object or other_is_object:
        return loosely_equal(_primitive(one), _primitive(other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return number(one) == number(other)


def _float_text(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() else str(value)


def _primitive(value: Any) -> Any:
    return text(value) if isinstance(value, list | dict) else value


def _is_nothing(value: Any) -> bool:
    return value is None or value is UNDEFINED


def _parsed(digits: str) -> float:
    if not digits:
        return 0.0
    if _RADIX.fullmatch(digits):
        return _float(int(digits, 0))
    if _DECIMAL.fullmatch(digits):
        return float(digits) if "infinity" not in digits.lower() else _infinity(digits)
    return math.nan


def _infinity(digits: str) -> float:
    if digits.lstrip("+-") != "Infinity":
        return math.nan
    return -math.inf if digits.startswith("-") else math.inf


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
