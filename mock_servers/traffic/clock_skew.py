"""Compares this machine's clock with a service's, by what a program signed and what the service's answer is dated."""

from __future__ import annotations

from typing import Final

from mock_servers.jose import javascript
from mock_servers.journal.finding import Finding
from mock_servers.traffic.http_observer import ObservedExchange
from mock_servers.traffic.observed_values import SeenExchange
from mock_servers.wire.wording import duration, moment

_LEAST: Final = 10
"""Seconds from which on a clock is wrong: a date has whole seconds, and an answer takes its time."""
_SAME: Final = 5
"""Seconds between this machine's clock and the signer's, within which they are one."""


def clock_finding(seen: SeenExchange, date: float, heard: ObservedExchange) -> Finding | None:
    """Return that this machine's clock is off, when an assertion was signed by it and the answer is dated otherwise.

    `date` is the answer's own, in seconds since 1970. The service made it between the request and the answer.
    """
    assertion = seen.assertion
    iat = assertion.claims.get("iat") if assertion is not None else None
    off = _off(date, heard)
    if not javascript.is_number(iat) or abs(javascript.number(iat) - heard.asked.began_at) > _SAME or not off:
        return None
    signed = moment(javascript.number(iat))
    direction = "ahead of" if off > 0 else "behind"
    return Finding(
        id="machine-clock-off",
        certainty="certain",
        seen=f"iat is {signed}, as this machine's clock read; the answer is dated {moment(date)}.",
        cause=f"This machine's clock is {duration(off)} {direction} the service's.",
        cure="Set this machine's clock by NTP; in a container or virtual machine, that of its host.",
    )


def _off(date: float, heard: ObservedExchange) -> float:
    """Return by how many seconds this machine is ahead, at the least; 0 where the clocks agree."""
    ahead, behind = heard.asked.began_at - (date + 1), date - heard.ended_at
    if ahead > _LEAST:
        return ahead
    return -behind if behind > _LEAST else 0
