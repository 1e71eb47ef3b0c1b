"""What explains the times of a JWT: each cause that fits every instant that is known, the likeliest first.

It does not know requests, rules or findings. All instants and spans are seconds, and instants count from 1970.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Certainty
from mock_servers.wire.wording import duration

LONGEST: Final = 300
GRACE: Final = 10
SAME: Final = 2
"""Seconds between two readings of one clock: times are whole seconds, and requests take time."""
USUAL: Final = (300, 240, 180, 120, 60, 30)
"""Lifetimes that clients choose, in seconds."""
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
SLACK: Final = 60
"""Seconds by which an offset may miss a time zone: clocks are off, and a JWT waits before it is sent."""
_SHORT: Final = 10
"""Seconds of life that no client chooses on purpose."""
_APART: Final = 10
"""Seconds between two requests after which JWTs of equal age were not signed together."""
_FASTEST: Final = 31 * _DAY
"""Seconds beyond which no clock is fast."""
_ZONES: Final = frozenset([*range(1, 15), 2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75])
"""Hours between UTC and the time zones, with their summer times."""

TimeBy = Literal["service", "client", "signing", "machine"]
Kind = Literal["kept", "slow", "fast", "zone", "claim", "swapped", "too-long", "too-short"]


# the unit of a claim


_EPOCH_1: Final = 62_135_596_800
_EPOCH_1601: Final = 11_644_473_600
_EPOCH_2001: Final = 978_307_200
_WINDOW: Final = 2 * 366 * _DAY
"""Seconds around now in which a time in another unit has to be, so that the unit is the explanation."""
_SHORTEST_TIME: Final = 100_000_000
"""Smaller numbers are spans: as seconds since 1970 they are before 1973."""
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""
_UNITS: Final[Sequence[tuple[float, float, str, str]]] = (
    (1 / 60, 0, "minutes since 1970, not seconds", "Multiply {0} by 60."),
    (10, 0, "tenths of a second, as Date.now() / 100 gives", "Divide {0} by 10 and round down."),
    (1e3, 0, "milliseconds, not seconds", "Divide {0} by 1000 and round down."),
    (1e6, 0, "microseconds, not seconds", "Divide {0} by 1000000 and round down."),
    (1e7, 0, "units of 100 nanoseconds, not seconds", "Divide {0} by 10000000 and round down."),
    (1e9, 0, "nanoseconds, not seconds", "Divide {0} by 1000000000 and round down."),
    (1, _EPOCH_1, "seconds since the year 1, not since 1970", "Count {0} from 1970: in .NET use ToUnixTimeSeconds()."),
    (
        1e3,
        _EPOCH_1,
        "milliseconds since the year 1, not seconds since 1970",
        "Count {0} from 1970: in .NET use ToUnixTimeSeconds().",
    ),
    (
        1e7,
        _EPOCH_1,
        "ticks of .NET, not seconds since 1970",
        "Count {0} in seconds from 1970: in .NET use ToUnixTimeSeconds().",
    ),
    (
        1e7,
        _EPOCH_1601,
        "a file time of Windows, not seconds since 1970",
        "Count {0} in seconds from 1970: in .NET use ToUnixTimeSeconds().",
    ),
)
"""How many of a unit are a second, the seconds from its epoch to 1970, its name, and the cure for a claim."""
_DATE: Final = re.compile(r"(?=.*\b\d{4}\b)(?=.*\d\d:?\d\d|\d{4}-\d\d-\d\d).{8,60}", re.DOTALL)
_NUMBER: Final = "Write {0} as a JSON number, without quotes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A claim as an instant; `wrong` says what it is where it is not seconds since 1970, and `cure` what to do."""

    at: float | None = None
    wrong: str = ""
    cure: str = ""


def read(value: Any, now: float) -> Reading:
    """Return a claim as an instant, by the unit that makes it one near `now`."""
    if javascript.is_number(value):
        return _of_number(javascript.number(value), now)
    if not isinstance(value, str):
        return Reading(wrong="" if value is UNDEFINED else "not a number", cure=_NUMBER)
    if not value.strip():
        return Reading(wrong="empty, not a number", cure=_NUMBER)
    number = javascript.number(value)
    if number != number:  # noqa: PLR0124 - NaN is not itself
        return Reading(
            wrong="a date as text, not a number" if _DATE.fullmatch(value) else "text, not a number", cure=_NUMBER
        )
    found = _of_number(number, now)
    unit = f", and {found.wrong}" if found.wrong else ""
    return Reading(at=found.at, wrong=f"a number in quotes{unit}", cure=f"{_NUMBER} {found.cure}".strip())


def _of_number(number: float, now: float) -> Reading:
    if now >= _SHORTEST_TIME:
        for scale, epoch, unit, cure in _UNITS:
            at = number / scale - epoch
            if abs(at - now) < _WINDOW:
                return Reading(at=at, wrong=unit, cure=cure)
        if abs(number + _EPOCH_2001 - now) < _DAY:
            cure = "Count {0} from 1970: in Swift use timeIntervalSince1970."
            return Reading(at=number + _EPOCH_2001, wrong="seconds since 2001, not since 1970", cure=cure)
        if abs(number) < _SHORTEST_TIME:
            return Reading(wrong="too small for seconds since 1970", cure="Add the time now to {0}.")
    return Reading(wrong="too large for seconds since 1970") if abs(number) > _LATEST else Reading(at=number)


# the causes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause that fits. `weight` is 0 where it is proved, 1 where a round number speaks for it, else 2."""

    kind: Kind
    words: str
    weight: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """All that is known of a JWT's times.

    `now` is the time of receipt `by` the clock of the service, or of the client, where only that is known. Where
    nothing says when it was received, it is the moment of signing, or what a machine reads that may have had no part
    in it. `claims` has `exp`, `nbf` and `iat` as they were sent.
    `longest` is how far ahead `exp` may be, without `grace`. `client_clock` is what the client's own clock read when
    it sent the JWT. `earlier` are other JWTs of the client: when each was received, and its `iat`.
    """

    now: float
    claims: Mapping[str, Any]
    by: TimeBy = "service"
    longest: float = LONGEST
    grace: float = GRACE
    client_clock: float | None = None
    earlier: Sequence[tuple[float, float]] = ()

    def ahead(self, name: str) -> float | None:
        """Return how far a claim is ahead of `now`; `None` where it is not an instant."""
        at = read(self.claims.get(name, UNDEFINED), self.now).at
        return None if at is None else at - self.now

    def misread(self, *names: str) -> dict[str, Reading]:
        """Return the claims that are not seconds since 1970; a null counts as absent, but for `exp`."""
        sent = {name: self.claims[name] for name in names if name in self.claims}
        found = {name: read(value, self.now) for name, value in sent.items() if name == "exp" or value is not None}
        return {name: each for name, each in found.items() if each.wrong}

    @property
    def signed_by(self) -> str:
        """The claim that says when it was signed."""
        return next((name for name in ("iat", "nbf") if self.ahead(name) is not None), "")

    @property
    def life(self) -> float | None:
        """The seconds from the moment of signing to `exp`."""
        exp, signed = self.ahead("exp"), self.ahead(self.signed_by)
        return None if exp is None or signed is None else exp - signed

    @property
    def limit(self) -> float:
        """How far ahead `exp` may be at most."""
        return self.longest + self.grace

    def expired(self) -> list[Cause]:
        """Return what explains that a service has called a JWT expired."""
        exp, signed, life = self.ahead("exp"), self.ahead(self.signed_by), self.life
        if exp is None or (exp > 0 and self.by == "service"):
            return []
        if self.by == "client" and exp >= 0:
            return [Cause(kind="slow", words=f"your clock is at least {duration(exp)} slow")]
        if signed is None or life is None:
            return self._left(None, self._expired_without_iat(exp))
        if self.begins_late:
            two_clocks = _two_clocks(life, self.begins_late, weight=2 if self.early else 1)
            return self._exchanged(replace(two_clocks, weight=2)) or [two_clocks]
        is_late = self.by == "service" and exp < -SLACK
        if life <= _SHORT and not is_late:
            return [replace(_too_short(life), weight=1)]
        found = self._behind(signed, life)
        return self._left(signed, [*found, _too_short(life)] if life <= _SHORT else found)

    @property
    def begins_late(self) -> str:
        """The claim that has a JWT begin after `exp`; empty for none."""
        exp = self.ahead("exp")
        begins = {name: ahead for name in ("iat", "nbf") if (ahead := self.ahead(name)) is not None}
        late = max(begins, key=lambda name: begins[name], default="")
        return late if exp is not None and late and begins[late] > exp else ""

    @property
    def swapped(self) -> tuple[str, ...]:
        """The claims among `iat` and `nbf` that are after `exp`, if exchanging them with it makes all times right."""
        exp, begins = self.ahead("exp"), {name: self.ahead(name) for name in ("iat", "nbf")}
        known = {name: ahead for name, ahead in begins.items() if ahead is not None}
        late = {name: ahead for name, ahead in known.items() if exp is not None and ahead > exp}
        if exp is None or not late or self.misread("exp", *late) or max(late.values()) - min(late.values()) > SAME:
            return ()
        to_come, begun = min(late.values()), [exp, *(known[name] for name in known if name not in late)]
        is_live = self.by != "service" or (0 < to_come <= self.limit and max(begun) <= self.grace)
        return tuple(late) if is_live and _SHORT < to_come - exp <= self.limit else ()

    def _exchanged(self, otherwise: Cause) -> list[Cause]:
        """Return that two claims are swapped, where that makes all times right; only a usual lifetime proves it."""
        names, exp = self.swapped, self.ahead("exp")
        later = self.ahead(names[0]) if names else None
        if exp is None or later is None:
            return []
        names_of = " and ".join(names)
        is_usual = self.by == "service" and any(abs(later - exp - each) <= SAME for each in USUAL)
        values = f"{names_of} {'is' if len(names) == 1 else 'are'} {_from_now(later)}, and exp is {_from_now(exp)}"
        words = f"your code swapped exp and {names_of}{f': {values}' if self.by == 'service' else ''}"
        swapped = Cause(kind="swapped", words=words, weight=0 if is_usual else 1)
        return [swapped] if is_usual else [swapped, otherwise]

    def _expired_without_iat(self, exp: float) -> list[Cause]:
        if self.by == "signing":
            return [_KEPT, Cause(kind="slow", words="your clock is slow")]
        zones = [zone for life in USUAL if (zone := zone_of(exp - life)) is not None]
        zone = next((each for each in zones if float(each).is_integer()), next(iter(zones), None))
        found = [_of_zone(zone)] if zone is not None else []
        found += [Cause(kind="slow", words=f"your clock is at least {duration(exp)} slow"), _KEPT]
        if exp >= -SLACK:
            found.append(Cause(kind="too-short", words=f"exp was set to the moment of signing, or up to {_SHORT} s on"))
        return found

    def _behind(self, signed: float, life: float) -> list[Cause]:
        """Return what puts the moment of signing into the past."""
        if self.by == "signing":
            return [
                Cause(kind="slow", words=f"your clock is more than {duration(life)} slow"),
                Cause(kind="kept", words=f"your code kept the assertion for more than {duration(life)}"),
            ]
        zone = zone_of(signed)
        return [
            *([_of_zone(zone)] if zone is not None else []),
            Cause(kind="slow", words=f"your clock is {duration(signed)} slow"),
            Cause(kind="kept", words=f"your code kept the assertion for {duration(signed)} after it signed it"),
        ]

    def too_far(self) -> list[Cause]:
        """Return what explains that a service has called `exp` too far ahead."""
        exp, iat = self.ahead("exp"), self.ahead("iat")
        if exp is None:
            return []
        if exp <= self.limit:
            return self._in_front_of_service(exp)
        if iat is None:
            return self._too_far_without_iat(exp)
        life = exp - iat
        if life > self.limit:
            zone = _zone_of_exp(life)
            late = [] if zone is None else [Cause(kind="claim", words=_late_alone("exp", zone, "iat"))]
            return [_too_long(life), *late]
        if life <= 0:
            return [_too_long(exp), _late("iat", iat)]
        also = [_too_long(life, weight=2)] if life > self.longest else []
        return self._left(iat, [*_in_front(iat), *also])

    def _in_front_of_service(self, exp: float) -> list[Cause]:
        """Return what explains it where `exp` is not too far ahead by any clock that is known."""
        if self.by == "client":
            return [Cause(kind="fast", words=f"your clock is at least {duration(self.limit - exp)} fast")]
        is_known = self.by == "signing" and self.signed_by
        return [Cause(kind="fast", words="your clock is fast"), _LOCAL_AS_UTC] if is_known else []

    def _too_far_without_iat(self, exp: float) -> list[Cause]:
        nbf = self.ahead("nbf")
        if nbf is not None and nbf > self.grace and 0 < exp - nbf <= self.limit:
            usual = 1 if round(exp - nbf) in USUAL else 2
            fast = [replace(each, weight=min(each.weight, usual)) for each in _in_front(nbf)]
            return self._left(nbf, [*fast, _too_long(exp, weight=2)])
        default = default_of(exp)
        zone = next((each for life in USUAL[:4] if (each := zone_of(exp - life)) is not None), None)
        found = [_too_long(exp, weight=1 if default or zone is None else 2)]
        if zone is not None:
            found.append(_of_zone(zone, weight=2 if default else 1))
        if exp < _FASTEST:
            by = duration(exp - min(LONGEST, self.longest))
            found.append(Cause(kind="fast", words=f"your clock is {by} fast, if the JWT is to live 5 minutes"))
        return self._left(None, found)

    @property
    def early(self) -> str:
        """The claim that is refused as not valid yet; empty for none."""
        found = {name: self.ahead(name) for name in ("nbf", "iat")}
        return next((name for name, ahead in found.items() if ahead is not None and ahead > self.grace), "")

    def not_begun(self) -> list[Cause]:
        """Return what explains that `nbf` or `iat` is ahead, where `exp` is neither past nor too far ahead."""
        exp, early = self.ahead("exp"), self.ahead(self.early)
        if exp is None or early is None or not 0 <= exp <= self.limit:
            return []
        other = self.ahead("iat" if self.early == "nbf" else "nbf")
        alone = _late(self.early, early)
        if exp <= early or (other is not None and other <= self.grace):
            return self._exchanged(replace(alone, weight=2)) or [alone]
        by_clock = round(exp - early) in USUAL
        alone = replace(alone, weight=1 if round(exp) in USUAL or not by_clock else 2)
        fast = Cause(kind="fast", words=f"your clock is {duration(early)} fast", weight=1 if by_clock else 2)
        return self._left(early, [alone, fast])

    def _left(self, signed: float | None, found: Sequence[Cause]) -> list[Cause]:
        """Return the causes that other readings of the client's clock leave, the likeliest first.

        A clock that is off was off before as well, while a JWT that is kept grows older. That excludes nothing that
        code does each time; and a clock that was right before may be wrong now.
        """
        excluded = set[Kind]()
        clock = self.now if self.by == "client" else self.client_clock
        if clock is not None and abs(clock - self.now) <= GRACE:
            excluded |= {"slow", "fast"}
        elif clock is not None and signed is not None and abs(clock - self.now - signed) <= SLACK:
            excluded |= {"kept", "zone", "claim"}
        if signed is not None and self._was_off(signed):
            excluded.add("kept")
        left = [each for each in found if each.kind not in excluded]
        if excluded and len(left) == 1:
            left = [replace(left[0], weight=0)]
        return sorted(left or found, key=lambda each: each.weight)

    def _was_off(self, signed: float) -> bool:
        """Whether an earlier JWT was off by as much, and was not signed together with this one and kept."""
        return any(
            abs(iat - at - signed) <= SAME and (signed > 0 or abs(self.now - at) >= _APART) for at, iat in self.earlier
        )


_SURE: Final = frozenset({"too-long", "too-short", "claim"})
"""Kinds that the claims alone prove where no other fits."""


def certainty(found: Sequence[Cause]) -> Certainty:
    """Return how sure the first of several causes is."""
    first, *others = found
    if not others:
        is_sure = first.weight == 0 or (first.weight == 1 and first.kind in _SURE)
        return "certain" if is_sure else "likely"
    return "likely" if first.weight < others[0].weight else "possible"


def said(found: Sequence[Cause]) -> str:
    """Return all causes: in one sentence, or one that fits best in a sentence of its own."""
    words = [each.words for each in found]
    first, others = words[0], "; or ".join(words[1:])
    if others and found[0].weight < found[1].weight:
        return f"{_capital(first)}. Or {others}."
    return f"{_capital('; or '.join(words))}."


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def zone_of(offset: float) -> float | None:
    """Return the hours of a time zone by which an instant is off; `None` where no zone is that far from UTC."""
    hours = round(4 * offset / _HOUR) / 4
    is_zone = abs(hours) in _ZONES and abs(offset - hours * _HOUR) <= SLACK
    return hours if is_zone else None


def _zone_of_exp(life: float) -> float | None:
    """Return the zone that makes a usual lifetime of this one, where `iat` is not off."""
    off = [life - each for each in USUAL if abs((life - each + SAME) % (_HOUR / 4)) <= 2 * SAME]
    return next((zone for each in off if (zone := zone_of(each)) is not None), None)


_LOCAL_AS_UTC: Final = Cause(kind="zone", words="your code treated local time as UTC")
_KEPT: Final = Cause(kind="kept", words="your code kept an old assertion")


def _in_front(signed: float) -> list[Cause]:
    """Return what puts the moment of signing into the future."""
    zone = zone_of(signed)
    fast = Cause(kind="fast", words=f"your clock is {duration(signed)} fast")
    return [fast] if zone is None else [_of_zone(zone), fast]


def _of_zone(hours: float, *, weight: int = 1) -> Cause:
    mixed, size = "your code mixed up UTC and local time", f"{abs(hours):g}"
    if hours == 1:
        words = "your code treated local time as UTC: in British Summer Time that makes exp an hour late"
    elif hours == -1:
        words = "your code treated UTC as local time: in British Summer Time that makes exp an hour early"
    elif hours > 0:
        words = f"{mixed}: its times are {size} hours late, as when local time of UTC+{size} is used as UTC"
    else:
        words = f"{mixed}: its times are {size} hours early, as when UTC is used as local time of UTC+{size}"
    return Cause(kind="zone", words=words, weight=weight)


def _late(name: str, off: float) -> Cause:
    zone = zone_of(off)
    words = f"your code works out {name} in another way than exp"
    return Cause(kind="claim", words=words if zone is None else _late_alone(name, zone, "exp"), weight=1)


def _late_alone(name: str, hours: float, right: str) -> str:
    return f"your code used local time as UTC for {name}, and not for {right}: it is {hours:g} h late"


def _from_now(ahead: float) -> str:
    return "now" if abs(ahead) <= SAME else f"now {'+' if ahead > 0 else '-'} {abs(ahead):.0f}"


def _two_clocks(life: float, signed_by: str, weight: int) -> Cause:
    zones = [zone for each in USUAL if (zone := zone_of(life - each)) is not None]
    how = f": exp is {abs(zones[0]):g} h early, as when UTC is used as local time" if zones else ""
    return Cause(kind="claim", words=f"your code works out exp in another way than {signed_by}{how}", weight=weight)


_DEFAULTS: Final = {
    600: "ten minutes, the default of msal and jwcrypto",
    1800: "half an hour, as NHS login's samples do for another service",
    3600: "an hour, the default of Authlib and of Microsoft's library",
}
_FACTORS: Final = {60: "minutes", 1000: "milliseconds"}


def default_of(life: float) -> str | None:
    """Return the words for a lifetime that a library has by default, or that a wrong unit makes."""
    known = next((words for each, words in _DEFAULTS.items() if abs(life - each) <= SAME), None)
    slips = [
        f"{life:.0f} s: {each} was used as {unit}, not seconds"
        for factor, unit in _FACTORS.items()
        for each in USUAL
        if abs(life - each * factor) <= SAME
    ]
    return known or next(iter(slips), None)


def _too_long(life: float, *, weight: int = 1) -> Cause:
    words = f"your code sets a lifetime of {default_of(life) or duration(life)}"
    return Cause(kind="too-long", words=words, weight=weight)


def _too_short(life: float) -> Cause:
    slip = "it added minutes as seconds" if round(life) else "it read seconds as milliseconds"
    return Cause(kind="too-short", words=f"your code sets a lifetime of {life:.0f} s: perhaps {slip}")
