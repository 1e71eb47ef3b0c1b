"""Mistakes in the assertion's times: the unit, the lifetime, or the clock.

`iat`, if present, distinguishes a long lifetime from a wrong clock; without it both remain possible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.diagnosis.assertion.replay import first_of_same
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.wire.wording import duration, moment, shown

LONGEST: Final = 300
GRACE: Final = 10
_HOUR: Final = 3600
_ZONE: Final = 1800
"""Seconds; time zones are half hours apart."""
_MOST_ZONES: Final = 28
_SLACK: Final = 60
"""Seconds by which an offset may miss a half hour and still be a time zone: clocks are off, and requests take time."""
_USUAL: Final = (300, 240, 180, 120, 60, 30)
"""Seconds for which assertions are signed as a rule."""
_SHORT: Final = 10
"""Seconds; no client chooses so few on purpose: minutes were meant."""
_SAME: Final = 2
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""
_SHORTEST_TIME: Final = 100_000_000
"""Smaller numbers are spans: as seconds since 1970 they lie before 1973."""
_UNITS: Final = (
    (1 / 60, "minutes"),
    (10, "Date.now() / 100"),
    (1e3, "milliseconds"),
    (1e6, "microseconds"),
    (1e9, "nanoseconds"),
)
_DEFAULTS: Final = {
    600: "Ten minutes is the default of msal and jwcrypto.",
    1800: "NHS login's samples use half an hour, but that is another service.",
    18000: "300 was used as minutes, not seconds.",
    3600: "An hour is the default of Authlib and of Microsoft's library.",
}
_EXPIRED: Final = "check_client_assertion_not_expired"
_TOO_FAR: Final = "check_client_assertion_exp_near"
_NOT_BEGUN: Final = "check_client_assertion_begun"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d.{0,30}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """`ahead` is how far `exp` lies from now, `offset` how far the time of signing does; seconds, or `None`."""

    ahead: float
    offset: float | None

    @property
    def lifetime(self) -> float | None:
        return None if self.offset is None else self.ahead - self.offset


def _times(case: Case) -> _Times | None:
    exp = case.seconds("exp")
    if exp is None or _unit(exp, case.now) is not None:
        return None
    return _Times(ahead=exp - case.now, offset=_offset(case.claim("iat"), case.now))


def _offset(signed: Any, now: float) -> float | None:
    if not javascript.is_number(signed) or _unit(javascript.number(signed), now) is not None:
        return None
    return javascript.number(signed) - now


def _unit(number: float, now: float) -> str | None:
    """Return the unit of a time that is not in seconds; with a clock near 1970 it cannot be determined."""
    if now >= _SHORTEST_TIME:
        ratio = number / now
        unit = next((words for factor, words in _UNITS if 0.9 * factor < ratio < 1.1 * factor), None)
        if unit is not None or abs(number) < _SHORTEST_TIME:
            return unit or "a span"
    return "nonsense" if abs(number) > _LATEST else None


def exp_unit(case: Case) -> Finding | None:
    """A time is not a number of seconds since 1970."""
    for name in ("exp", "nbf", "iat"):
        value = case.claim(name)
        said = _misread(name, value, case.now) if value is not UNDEFINED else None
        if said is not None:
            return Finding(
                id="exp-unit",
                certainty="certain",
                seen=f"{name} is {shown(value)}: {said}",
                cause="Times in a JWT are JSON numbers: seconds since 1970, UTC.",
                cure=f"The time now is {int(case.now)}: set exp to at most that plus {LONGEST}.",
            )
    return None


def _misread(name: str, value: Any, now: float) -> str | None:
    if isinstance(value, str):
        return _of_text(value)
    if not javascript.is_number(value):
        return "no number." if name == "exp" else None
    unit = _unit(javascript.number(value), now)
    if unit == "milliseconds":
        return "milliseconds: divide by 1000 and round down."
    if unit == "minutes":
        return "minutes since 1970: multiply by 60."
    if unit == "a span":
        return "a lifetime or nothing, not a point in time: add the time now."
    return f"{unit}, not seconds." if unit else None


def _of_text(value: str) -> str:
    if _DATE.fullmatch(value):
        return "a date as text, but it must be a number."
    digits = "digits in quotes" if javascript.number(value) == javascript.number(value) else "text"  # NaN is not itself
    return f"{digits}, but it must be a number."


def lifetime_too_long(case: Case) -> Finding | None:
    """`exp` is too far ahead, and the clock is not the reason."""
    times = _times(case)
    if times is None or times.ahead <= LONGEST + GRACE:
        return None
    lifetime = times.lifetime
    if lifetime is not None and lifetime <= LONGEST + GRACE:
        return None
    default = _default(times.ahead if lifetime is None else lifetime)
    certain = lifetime is not None or default or not _by_clock(times.ahead)
    said = f"; it lives {lifetime:.0f} s from iat" if lifetime is not None else ""
    return Finding(
        id="lifetime-too-long",
        certainty="certain" if certain else "likely",
        seen=f"exp is {times.ahead:.0f} s from now{said}; the service allows {LONGEST} s, and {GRACE} s of grace.",
        cause=default or "Your code sets a lifetime of more than five minutes.",
        cure=f"Set exp to at most now + {LONGEST}.",
    )


def _default(lifetime: float) -> str | None:
    return next((words for known, words in _DEFAULTS.items() if abs(lifetime - known) <= _SAME), None)


def _by_clock(ahead: float) -> bool:
    """Whether a lifetime of five minutes would look like this by a clock that is fast, or hours ahead."""
    return LONGEST < ahead <= LONGEST + _SLACK or _hours(ahead - LONGEST) is not None


def _hours(offset: float) -> float | None:
    """Return by how many hours, whole or half, a clock is off; `None` if it is off by another amount."""
    zones = round(offset / _ZONE)
    near = abs(offset - zones * _ZONE) <= _SLACK
    return zones * _ZONE / _HOUR if near and 1 <= abs(zones) <= _MOST_ZONES else None


def clock_ahead(case: Case) -> Finding | None:
    """The client's clock is fast, so the times that it signs are in the future."""
    times = _times(case)
    if times is None:
        return None
    name, offset = ("iat", times.offset) if times.offset is not None else ("nbf", _nbf_offset(case))
    if offset is None:
        return _perhaps_ahead(times)
    if _exp_is_right(case, times, offset):
        return None
    too_far = times.ahead > LONGEST + GRACE and times.ahead - offset <= LONGEST + GRACE
    if not too_far and offset <= GRACE:
        return None
    return Finding(
        id="clock-ahead",
        certainty="certain" if _was_off_before(case, offset) else "likely",
        seen=f"exp - {name} is {times.ahead - offset:.0f} s, but exp is {times.ahead:.0f} s from now.",
        cause=f"Your clock is {_off(offset)} ahead of the service's, which reads {moment(case.now)}.",
        cure="Set the clock by NTP, use UTC, and set exp to now + 240, to leave a margin.",
    )


def _exp_is_right(case: Case, times: _Times, offset: float) -> bool:
    """Whether exp is as a right clock would have made it, so that a wrong clock does not explain the other times."""
    return 0 < times.ahead <= LONGEST + GRACE and not _was_off_before(case, offset)


def not_yet_valid(case: Case) -> Finding | None:
    """`iat` or `nbf` is in the future, but `exp` is right, so the clock is not the cause."""
    times = _times(case)
    offsets = {name: _offset(case.claim(name), case.now) for name in ("nbf", "iat")}
    name, offset = next(((name, each) for name, each in offsets.items() if each is not None and each > GRACE), ("", 0))
    if times is None or not name or not _exp_is_right(case, times, offset):
        return None
    return Finding(
        id="not-yet-valid",
        certainty="certain",
        seen=f"{name} is {duration(offset)} ahead of the service's clock, which allows {GRACE} s; exp, "
        f"{times.ahead:.0f} s ahead, is as it should be.",
        cause=f"A wrong clock would have moved exp too. Your code works out {name} in another way."
        if round(times.ahead) in _USUAL
        else f"{name} says from when the assertion is valid, and that time has not come yet.",
        cure=f"Leave {name} out, or set it to now.",
    )


def lifetime_too_short(case: Case) -> Finding | None:
    """The assertion was signed for only a few seconds, and had expired when it arrived."""
    times = _times(case)
    lifetime = times.lifetime if times is not None else None
    if times is None or lifetime is None or not 0 <= lifetime <= _SHORT or times.ahead >= 0 or _known_of_old(case):
        return None
    if times.ahead < -_SLACK:
        return None
    return Finding(
        id="lifetime-too-short",
        certainty="certain",
        seen=f"exp - iat is {lifetime:.0f} s, and the assertion arrived {duration(times.ahead)} after it had expired.",
        cause="Your code added minutes as seconds: now + 5 is only five seconds.",
        cure="Set exp to now + 240, in seconds.",
    )


def _nbf_offset(case: Case) -> float | None:
    offset = _offset(case.claim("nbf"), case.now)
    return offset if offset is not None and offset > GRACE else None


def _perhaps_ahead(times: _Times) -> Finding | None:
    if times.ahead <= LONGEST + GRACE or _default(times.ahead) or not _by_clock(times.ahead):
        return None
    off = times.ahead - LONGEST
    return Finding(
        id="clock-ahead",
        certainty="likely" if _hours(off) else "possible",
        seen=f"exp is {times.ahead:.0f} s from now; there is no iat, so nothing says when it was signed.",
        cause=f"If the lifetime is {LONGEST} s, your clock is {_off(off)} ahead.",
        cure="Compare the clock with UTC, set it by NTP, and set exp to now + 240.",
    )


def _off(offset: float) -> str:
    hours = _hours(offset)
    if hours is None:
        return f"about {duration(offset)}"
    return f"{abs(hours):g} hour{'s' * (abs(hours) != 1)}, as when local time is used as UTC,"


def clock_behind(case: Case) -> Finding | None:
    """The client's clock is slow, its code treats UTC as local time, or the assertion is old."""
    times = _times(case)
    if times is None or times.ahead >= 0 or _known_of_old(case) or lifetime_too_short(case) is not None:
        return None
    hours = _zone_behind(times)
    return Finding(
        id="clock-behind-or-bst",
        certainty=_certainty_behind(case, times, hours),
        seen=f"exp is {duration(times.ahead)} in the past; the service's clock reads {moment(case.now)}.",
        cause=_why_behind(hours, times.ahead),
        cure="Sign a new assertion for each request, and use UTC time: in Python int(time.time()), never "
        "utcnow().timestamp().",
    )


def _zone_behind(times: _Times) -> float | None:
    """Return by how many hours a clock is off, from `exp` alone, for the usual lifetimes, whole hours first."""
    if times.offset is not None:
        return _hours(times.offset)
    found = [hours for lifetime in _USUAL if (hours := _hours(times.ahead - lifetime)) is not None]
    return next((hours for hours in found if hours.is_integer()), next(iter(found), None))


def _certainty_behind(case: Case, times: _Times, hours: float | None) -> Certainty:
    if times.offset is not None and _was_off_before(case, times.offset):
        return "certain"
    return "likely" if hours is not None else "possible"


def _why_behind(hours: float | None, ahead: float) -> str:
    if hours == -1:
        return "Your code treated UTC as local time: in British Summer Time that makes exp an hour early."
    if hours is not None:
        return f"Your code mixed up UTC and local time, which is {abs(hours):g} hours away from UTC."
    return f"Your clock is slow by at least {duration(ahead)}, or you kept an old assertion."


def _known_of_old(case: Case) -> bool:
    """Whether the mock knows better: it signed this assertion long ago, or has seen it while it was good."""
    issued = case.issued("client_assertion")
    kept = issued is not None and issued.at is not None and case.now - issued.at > LONGEST
    return kept or first_of_same(case) is not None


def _was_off_before(case: Case, offset: float) -> bool:
    """Whether the same client's earlier assertions were off by as much: a clock, and no accident."""
    for each in case.known.before(case.record):
        received = each.received.get("client_assertion")
        if received is None or received.claims.get("sub") != case.claim("sub"):
            continue
        earlier = _offset(received.claims.get("iat"), each.at)
        if earlier is not None and abs(earlier - offset) <= _SAME:
            return True
    return False


FINDERS: Final = (
    Finder(find=exp_unit, rules=(_EXPIRED, "find_client_assertion_exp", _TOO_FAR, _NOT_BEGUN)),
    Finder(find=lifetime_too_long, rules=(_TOO_FAR,)),
    Finder(find=clock_ahead, rules=(_TOO_FAR, _NOT_BEGUN)),
    Finder(find=not_yet_valid, rules=(_NOT_BEGUN,)),
    Finder(find=lifetime_too_short, rules=(_EXPIRED,)),
    Finder(find=clock_behind, rules=(_EXPIRED,), named=("clock-behind-or-bst",)),
)
