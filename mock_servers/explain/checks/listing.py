"""Lists the checks of a service in their order, with what the judge says of each, and the value that each looks at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from mock_servers.explain.checks.check import Check, State
from mock_servers.explain.checks.words import title_and_place
from mock_servers.explain.judging import Ruled
from mock_servers.explain.unknowable import WHERE_TO_LOOK
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.record import PROTOCOL
from mock_servers.reading.captured import Captured
from mock_servers.rules import FORESEEABLE
from mock_servers.wire.wording import cut, moment, shown

_KNOWN: Final = frozenset(["S", "Q"])
"""Evidence by which the order of two checks is known, and not guessed."""
_IN_HEADER: Final = ("alg", "typ", "kid")
_TIMES: Final = ("exp", "iat", "nbf")
_SHOWN_CLAIMS: Final = frozenset([*_IN_HEADER, "aud", "iss"])
_SHOWN_PARAMETERS: Final = PROTOCOL | {"response_mode", "content-type"}
_LONGEST: Final = 90
_LIKE_A_TOKEN: Final = re.compile(r"[A-Za-z0-9_=-]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a request fared: which rules may have refused it, and what says so; or it was `accepted`."""

    ruled: Sequence[Ruled]
    stopped: Sequence[Ruled] = ()
    is_answered: bool = False
    accepted: bool = False


def listed(course: Course, captured: Captured) -> tuple[Check, ...]:
    """Return the checks of a request in the order of the service, with what came of each."""
    sent = _Sent(captured)
    return tuple([_check(course, number, sent) for number in range(len(course.ruled))])


def _check(course: Course, number: int, sent: _Sent) -> Check:
    ruled = course.ruled[number]
    title, place = title_and_place(ruled.rule.name)
    state, words = _state(course, number, sent, place)
    value = sent.value(place)
    return Check(rule=ruled.rule.name, title=title, state=state, value=value, words=words, error=ruled.row)


# what came of it


def _state(course: Course, number: int, sent: _Sent, place: str) -> tuple[State, str]:
    """Return what came of a check, and what is to be said of it."""
    ruled, places = course.ruled[number], [course.ruled.index(each) for each in course.stopped]
    objection = ruled.refusal.diagnosis if ruled.refusal is not None else ""
    if ruled in course.stopped:
        return "refused" if len(places) == 1 else "perhaps", objection
    if places and number > min(places):
        return "next" if objection else "not reached", objection
    if ruled.cleared or course.accepted:
        return "passed", ""
    if not ruled.objects and course.is_answered and places and _is_proved(ruled, course.ruled[min(places)]):
        return "proved", ""
    return ("contradicted", objection) if objection else _open(ruled, sent, place)


def _is_proved(earlier: Ruled, refused: Ruled) -> bool:
    """Whether a later refusal shows that a check has passed: the first fault wins, where the order is known."""
    return all(each.row.evidence in _KNOWN for each in (earlier, refused))


def _open(ruled: Ruled, sent: _Sent, place: str) -> tuple[State, str]:
    """Return what is said of a check that nothing in the text decides."""
    if ruled.unknown is None:
        return "passed", ""
    name = ruled.rule.name
    if ruled.unknown in sent.gaps or (not ruled.unknown and sent.is_missing(place)):
        return "missing", ""
    if name in WHERE_TO_LOOK:
        return "unknown", WHERE_TO_LOOK[name]
    if ruled.rule.kind in FORESEEABLE and sent.gaps:
        return "missing", ""
    return "unknown", ""


# what it looked at


class _Sent:
    """What a request holds, by the places that checks look at. No value that is nobody's business stands whole."""

    def __init__(self, captured: Captured) -> None:
        self._captured = captured
        self._form = _parameters(captured.body.decode(errors="replace"))
        self._query = _parameters(urlsplit(captured.url).query)
        self._jwts: dict[str, Jwt | None] = {}
        self.gaps: frozenset[str] = frozenset(gap.words for gap in captured.gaps)

    def value(self, place: str) -> str:
        """Return the value at a place; empty for none, or where the text lacks it."""
        kind, _, name = place.partition(":")
        if name:
            return self._parameter(kind, name)
        token, _, member = place.partition(".")
        if member:
            return self._member(token, member)
        return {"method": self._captured.method, "path": urlsplit(self._captured.url).path}.get(place, "")

    def is_missing(self, place: str) -> bool:
        """Whether what stands at a place is a gap of the text."""
        kind, _, name = place.partition(":")
        name = name or kind.partition(".")[0]
        sent = self._sent("form" if ":" not in place else kind, name)
        return sent is not None and self._captured.gap_in(sent) is not None

    def _sent(self, kind: str, name: str) -> str | None:
        if kind == "header":
            return self._captured.header(name) or None
        return (self._form if kind == "form" else self._query).get(name)

    def _parameter(self, kind: str, name: str) -> str:
        sent = self._sent(kind, name)
        if sent is None:
            return "" if self.gaps else f"no {name}"
        if self._captured.gap_in(sent) is not None:
            return ""
        return _public(sent) if name in _SHOWN_PARAMETERS else cut(sent)

    def _member(self, token: str, member: str) -> str:
        jwt = self._jwt(token)
        if jwt is None:
            return ""
        claims: Mapping[str, Any] = jwt.header if member in _IN_HEADER else jwt.claims
        if member not in claims:
            return f"no {member}"
        value = claims[member]
        if member in _TIMES:
            return _time(value)
        if member in _SHOWN_CLAIMS and not (member == "iss" and token == "client_assertion"):
            return shown(value, _LONGEST) if member == "kid" else _public(value)
        return cut(value) if isinstance(value, str) and token == "client_assertion" else f"{member} is there"

    def _jwt(self, token: str) -> Jwt | None:
        if token not in self._jwts:
            self._jwts[token] = jwts.decoded(self._form.get(token, ""))
        return self._jwts[token]


def _parameters(text: str) -> dict[str, str]:
    return dict(reversed(parse_qsl(text, keep_blank_values=True)))


def _public(value: Any) -> str:
    """Return a value that is no secret, but where somebody has put one in its place."""
    words = shown(value, _LONGEST)
    return cut(words) if _LIKE_A_TOKEN.search(words) else words


def _time(value: Any) -> str:
    words = shown(value, _LONGEST)
    if not javascript.is_number(value):
        return words
    try:
        return f"{words}, {moment(javascript.number(value))}"
    except (ValueError, OverflowError, OSError):
        return words
