"""How well an answer of the real service is known: the letters of error rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVIDENCE: Final[Mapping[str, str]] = {
    "S": "read in the service's source or its own tests",
    "D": "documented",
    "Q": "quoted by a user",
    "I": "inferred, a guess",
    "O": "observed in a real environment, on two days or more",
}
"""Each letter in words."""
