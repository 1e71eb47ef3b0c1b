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
_MOST_OFF: Final = 2 * 86400
_OF_JWT: Final = ("iat", "exp", "nbf")


def _held_too_long(scene: Scene) -> Finding | None:
    """Compare when a token was made with when it was sent, where the text names the first of the two."""
    is_of_user = "check_subject_token_not_expired" in scene.rules
    limit, made = (_LIFE["id_token"], _LOG_IN) if is_of_user else (_LIFE["client_assertion"], _SIGNING)
    moments = [each for each in scene.facts.moments if each.name.lower() not in _OF_JWT]
    began = [each.at for each in moments if made.search(each.name) and not _is_of_clock(scene, each)]
    age = max(each.at for each in moments) - min(began) if began else 0
    if age < limit:
        return None
    if is_of_user:
        return finding(
            "id-token-expired",
            "certain",
            _passed(age),
            f"The id_token (subject_token) has expired: it is {duration(age)} old, and lives about an hour from "
            "log-in.",
            "Exchange the id_token right after log-in, and then use the refresh token. Now the person has to log in "
            "again.",
        )
    return finding(
        "same-assertion-again",
        "likely",
        _passed(age),
        f"Your client_assertion was made {duration(age)} before it was sent, and lives five minutes.",
        "Sign a new client_assertion for each request.",
    )


def _passed(age: float) -> str:
    return f"According to the timestamps in your text, {duration(age)} passed between the two."


def _token_kept(scene: Scene) -> Finding | None:
    """Compare when the access token came with the latest moment at which it was used."""
    moments = [each for each in scene.facts.moments if each.name.lower() not in _OF_JWT]
    came = [each.at for each in moments if _GOT_TOKEN.search(_line(scene.facts.text, each.start))]
    latest = max((each.at for each in moments), default=0)
    age = latest - max((each for each in came if each < latest), default=latest)
    if age <= _LIFE["access token"]:
        return None
    return finding(
        "kept-too-long",
        "likely",
        _passed(age),
        f"Your code used the access token {duration(age)} after it came, but an access token lives ten minutes.",
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
