"""What the moments of a text show of a refusal: a token or assertion that was kept too long, a clock that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mock_servers.explain.scene import Clue, Scene, finding, program
from mock_servers.journal.finding import Finding
from mock_servers.reading.facts import Moment
from mock_servers.wire.wording import duration

_LIFE: Final = {"client_assertion": 300, "access token": 600, "id_token": 3000}
"""Seconds after which each has expired."""
_LOG_IN: Final = re.compile(r"log_?in|logged|auth|issued", re.IGNORECASE)
_SIGNING: Final = re.compile(r"assert|jwt|sign|creat|made", re.IGNORECASE)
"""What a text calls the moment at which a token was made."""
_GOT_TOKEN: Final = re.compile(
    r"\b(?:got|new|fetched|issued|received|obtained|acquired|refreshed|renewed|cached|stored)\b[^\n]{0,30}\btoken\b"
    r"|\btoken\b[^\n]{0,30}\b(?:issued|acquired|obtained|fetched|received|refreshed|renewed|cached)\b|\bexpires_in\b",
    re.IGNORECASE,
)
"""A line of a log about a token that has just come."""
_OF_CLOCK: Final = re.compile(
    r"clock|(?:local|host|system|server|machine|vm|box)\W?_?(?:time|date)|timedatectl", re.IGNORECASE
)
_BESIDE: Final = 40
_HOUR: Final = 3600
_LEAST_OFF: Final = 60
_DAY: Final = 24 * _HOUR
_HOURS_AND_MINUTES: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?!\d)")
_MOST_OFF: Final = 2 * 86400
_OF_JWT: Final = ("iat", "exp", "nbf")


def _held_too_long(scene: Scene) -> Finding | None:
    """Compare when a token was made with when it was sent, where the text names the first of the two."""
    is_of_user = "check_subject_token_not_expired" in scene.rules
    limit, made = (_LIFE["id_token"], _LOG_IN) if is_of_user else (_LIFE["client_assertion"], _SIGNING)
    moments = [each for each in scene.facts.moments if each.name.lower() not in _OF_JWT]
    began = [each for each in moments if made.search(each.name) and not _is_of_clock(scene, each)]
    if not began:
        return None
    first, last = (pick(each, key=_when) for pick, each in ((min, began), (max, moments)))
    age = last.at - first.at
    if age < limit:
        return None
    if is_of_user:
        return finding(
            "id-token-expired",
            "certain",
            _passed(scene, ("log-in", first), ("the exchange", last)),
            f"The id_token (subject_token) has expired: it is {_long(age)} old, and lives about an hour from log-in.",
            "Exchange the id_token right after log-in, and then use the refresh token. Now the person has to log in "
            "again.",
        )
    return finding(
        "same-assertion-again",
        "likely",
        _passed(scene, ("signing", first), ("the request", last)),
        f"Your client_assertion was made {_long(age)} before it was sent, and lives five minutes.",
        "Sign a new client_assertion for each request.",
    )


def _when(moment: Moment) -> float:
    return moment.at


def _passed(scene: Scene, *between: tuple[str, Moment]) -> str:
    """Say how long it was between two moments, which are named as the text has them."""
    named = [f"{words}{_clock(scene.facts.text, each)}" for words, each in between]
    return f"{_long(between[1][1].at - between[0][1].at)} passed between {' and '.join(named)}."


def _clock(text: str, moment: Moment) -> str:
    found = _HOURS_AND_MINUTES.search(text, moment.start, moment.start + _BESIDE)
    return f" ({found[0]})" if found is not None else ""


def _long(seconds: float) -> str:
    """Return some hours with their minutes; less than two, or more than a day, as anywhere."""
    if not 2 * _HOUR <= seconds < _DAY:
        return duration(seconds)
    hours, minutes = divmod(int(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _token_kept(scene: Scene) -> Finding | None:
    """Compare when the access token came with the latest moment at which it was used."""
    moments = [each for each in scene.facts.moments if each.name.lower() not in _OF_JWT]
    latest = max(moments, key=_when, default=None)
    came = [each for each in moments if _GOT_TOKEN.search(_line(scene.facts.text, each.start))]
    first = max((each for each in came if latest is not None and each.at < latest.at), key=_when, default=None)
    if latest is None or first is None or (age := latest.at - first.at) <= _LIFE["access token"]:
        return None
    return finding(
        "kept-too-long",
        "likely",
        _passed(scene, ("the token's arrival", first), ("its use", latest)),
        f"Your code used the access token {_long(age)} after it came, but an access token lives ten minutes.",
        "Get a new token a minute before it expires: after 9 minutes, not after an hour.",
    )


def _line(text: str, place: int) -> str:
    end = text.find("\n", place)
    return text[text.rfind("\n", 0, place) + 1 : end if end >= 0 else len(text)][:1000]


def _clock_beside(scene: Scene) -> Finding | None:
    """Compare the client's own clock with another moment of the same text: the Date of the answer, or a log's time."""
    own = [each for each in scene.facts.moments if _is_of_clock(scene, each)]
    others = [each for each in scene.facts.moments if each not in own and each.name.lower() not in _OF_JWT]
    dates = [each for each in others if each.is_date] or others
    if not own or not dates:
        return None
    off = dates[-1].at - own[-1].at
    if not own[-1].has_zone and abs(off - round(off / _HOUR) * _HOUR) < _LEAST_OFF:
        return None  # another time zone, and no wrong clock
    is_behind = "check_client_assertion_exp_near" not in scene.rules
    if not _LEAST_OFF <= (off if is_behind else -off) <= _MOST_OFF:
        return None
    word = "behind" if is_behind else "ahead"
    return finding(
        f"clock-{'behind-or-bst' if is_behind else 'ahead'}",
        "certain" if dates[-1].is_date and own[-1].has_zone else "likely",
        f"Your text has two clocks, {duration(abs(off))} apart.",
        f"Your clock is {duration(abs(off))} {word}.",
        "Set it by NTP (chrony, systemd-timesyncd, w32time), also after a snapshot is restored.",
    )


def _is_of_clock(scene: Scene, moment: Moment) -> bool:
    before = scene.facts.text[max(0, moment.start - _BESIDE) : moment.start].rpartition("\n")[2]
    last = re.split(r"[,;{}]", before)[-1]
    return not moment.is_date and _OF_CLOCK.search(last) is not None


def clues() -> Iterator[Clue]:
    """Yield the clues of time."""
    expired = frozenset(["check_client_assertion_not_expired", "check_assertion_not_expired"])
    far = frozenset(["check_client_assertion_exp_near"])
    live = frozenset(["check_token_live"])
    yield Clue(rules=expired | far, find=_clock_beside)
    yield Clue(rules=expired | {"check_subject_token_not_expired"}, find=_held_too_long)
    yield Clue(
        rules=expired,
        find=program(
            "clock",
            "clock-behind-or-bst",
            "Your machine's clock is behind.",
            "Compare it with UTC, and set it by NTP, also after a snapshot is restored.",
            "likely",
        ),
    )
    yield Clue(rules=live, find=_token_kept)
    yield Clue(
        rules=live,
        find=program(
            "long-renewal",
            "kept-too-long",
            "Your code probably keeps the access token for longer than the ten minutes that it lives.",
            "Get a new token a minute before it expires: after 9 minutes.",
            "likely",
        ),
    )
