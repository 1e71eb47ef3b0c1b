"""One check of a service as people read it: what holds where it passes, what came of it, and the value it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from mock_servers.rules import ServiceError

State = Literal["passed", "proved", "refused", "perhaps", "contradicted", "next", "not reached", "unknown", "missing"]

STATES: Final[dict[State, str]] = {
    "passed": "Passed",
    "proved": "Passed, by the order",
    "refused": "Refused here",
    "perhaps": "Perhaps refused here",
    "contradicted": "Would have refused",
    "next": "Not reached, would refuse next",
    "not reached": "Not reached",
    "unknown": "Only the service knows",
    "missing": "Not in your text",
}
"""What came of a check, in words; what is `proved` the request does not show, but a later check has refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check by its `rule`: `title` is what holds where it passes, `value` what it looked at, cut; `words` say more.

    `error` is the row by which the service refuses.
    """

    rule: str
    title: str
    state: State
    value: str = ""
    words: str = ""
    error: ServiceError | None = None
