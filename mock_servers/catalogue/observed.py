"""What files of observations show about each row: that it was answered, or something else instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mock_servers.catalogue.entries import Entry
from mock_servers.catalogue.observations import Answered, Day, Observation
from mock_servers.settings.real_host import Hosts

OBSERVED: Final = "O"
_DAYS: Final = 2
"""The number of days on which something must be seen before it outranks all other evidence."""
_UNREPORTED_FLOWS: Final = ("api", "api-by-key")
"""Flows for any API of the real platform. The catalogue has their rules under those of our own APIs."""
_LARGEST_GOOD: Final = 399
_HOSTS: Final = Hosts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One observation, with its places and days."""

    environment: str
    day: str
    observation: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The observations of one row: that it was answered, or something else instead.

    `unsure` are sightings of its words that another row has as well, so that they prove neither.
    """

    alike: tuple[Sighting, ...] = ()
    otherwise: tuple[Sighting, ...] = ()
    unsure: tuple[Sighting, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether it was seen on several days, and never otherwise."""
        return not self.otherwise and len(_days(self.alike)) >= _DAYS

    def letter(self, own: str) -> str:
        """Return the row's evidence letter: O if it is settled, else its own."""
        return OBSERVED if self.is_settled else own

    def __str__(self) -> str:
        return "; ".join(self._words())

    def _words(self) -> Iterator[str]:
        if self.otherwise:
            weight = "which outranks any source" if len(_days(self.otherwise)) >= _DAYS else "on one day alone so far"
            yield f"**answered otherwise** {_counted(self.otherwise)}, {weight}: {otherwise_of(self)}"
        if self.alike:
            never = "" if self.otherwise else "; never otherwise"
            yield f"seen {_counted(self.alike)}{never}"
        if not self.alike and not self.otherwise:
            yield "not yet observed"
        if self.unsure:
            yield f"its words seen {_counted(self.unsure)}, by one of several rules"


def observed(entry: Entry, days: Iterable[Day]) -> Observed:
    """Return what files of observations show of a row."""
    alike: list[Sighting] = []
    otherwise: list[Sighting] = []
    unsure: list[Sighting] = []
    for day in days:
        if is_evidence(day) and _plays(day) == entry.plays:
            for each in day.observations:
                place = _place_of(each, entry, {"alike": alike, "otherwise": otherwise, "unsure": unsure})
                if place is not None:
                    place.append(Sighting(environment=day.environment, day=day.day, observation=each))
    return Observed(alike=tuple(alike), otherwise=tuple(otherwise), unsure=tuple(unsure))


def is_evidence(day: Day) -> bool:
    """Whether a real host answered: a mock's answers never count, under any name."""
    return _HOSTS.find(day.host) is not None


def _plays(day: Day) -> str:
    host = _HOSTS.find(day.host)
    return host.plays if host is not None else ""


def _place_of(each: Observation, entry: Entry, places: Mapping[str, list[Sighting]]) -> list[Sighting] | None:
    own = {rule for (_, rule), flows in entry.rules.items() if each.flow in flows or each.flow in _UNREPORTED_FLOWS}
    if not own & set(each.rules):
        return None
    if each.verdict == "differs":
        expected = each.predicted
        is_its = expected is None or _said(entry, expected.status, expected.code, expected.description)
        return places["otherwise"] if is_its and (expected or _is_of(entry, each.answered)) else None
    if not _said(entry, each.answered.status, each.answered.code, each.answered.description):
        return None
    return places["alike"] if set(each.rules) <= own else places["unsure"]


def _said(entry: Entry, status: int, code: str, description: str | None) -> bool:
    row = entry.error
    is_status = status == row.status or row.shape == "providers_status"
    return is_status and code == row.code and (description or "") == row.sentence


def _is_of(entry: Entry, answered: Answered) -> bool:
    """Whether a difference without a predicted refusal is about this row: it has its words, or none of ours."""
    return answered.description in (None, entry.error.sentence)


def otherwise_of(found: Observed) -> str:
    """Return what was answered instead of a row."""
    return " or ".join(dict.fromkeys(_answer(each.observation) for each in found.otherwise))


def _answer(each: Observation) -> str:
    answered = each.answered
    if answered.status <= _LARGEST_GOOD and not answered.code:
        return f"{answered.status}, no refusal"
    words = answered.description or ("words that are new" if each.wording == "new" else "")
    text = f"{answered.status} {': '.join(filter(None, (answered.code, words)))}".strip()
    return f"{text} (the request itself causes no refusal)" if each.predicted is None else text


def _days(sights: Iterable[Sighting]) -> set[str]:
    return {each.day for each in sights}


def _counted(sights: Sequence[Sighting]) -> str:
    count = sum(each.observation.count for each in sights)
    days = _days(sights)
    where = " and ".join(sorted({each.environment for each in sights}))
    times = "once" if count == 1 else f"{count} times"
    return f"{times} in {where} on {len(days)} day{'' if len(days) == 1 else 's'}, last {max(days)}"
