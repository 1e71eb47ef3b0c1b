"""Compares what a real service answered with what we would have said, rule by rule: same, differs, or cannot tell.

It differs where the request itself calls for another answer, regardless of a lent key set, a clock, or what only the
service knows may add. What is kept of it has no value of the exchange.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from mock_servers.catalogue import observations
from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.observations import UNKNOWN, Answered, Day, Observation, Predicted, Type, Verdict, Wording
from mock_servers.catalogue.suggestion import settings_for
from mock_servers.explain import confidential
from mock_servers.explain.answered import Answered as Heard
from mock_servers.explain.answered import of_answer, query_of
from mock_servers.explain.judging import WHICH_APIS, Circumstance, Judged, Ruled, host_of, judged, place_of
from mock_servers.explain.whole import Lent, circumstance_of, date_of
from mock_servers.jose import jwts
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.rules import ServiceError
from mock_servers.wire.wording import printable

_STATUSES: Final = range(100, 600)
_MOMENTS: Final = (-3.0, 1.0)  # seconds that a request may have been judged before its answer was dated, or after
_MEMBERS: Final = frozenset(
    [
        *("error", "error_description", "message_id", "fault", "state", "code"),
        *("message", "scope", "policy", "limit", "interval", "timeunit", "ratelimiting_expiry_time_ms"),
        *("access_token", "id_token", "refresh_token", "token_type", "expires_in", "issued_token_type"),
        *("refresh_token_expires_in", "refresh_count", "session_state", "not-before-policy", "refresh_expires_in"),
    ]
)
"""The members that answers of known rows, and those with tokens, have."""
_CLAIMS: Final = frozenset(["id_assurance_level", "authentication_assurance_level", "identity_proofing_level", "vot"])
"""The claims of an id token whose types are in doubt; they tell nothing of a person."""
_TYPES: Final[Mapping[type, Type]] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The verdict on one exchange, the rules that it is about, and the row whose words were answered, if one has them.

    `sure` is the first rule that objects by what the request shows, `flow` the kind of request.
    """

    verdict: Verdict
    flow: str | None = None
    rules: Sequence[Ruled | str] = ()
    row: ServiceError | None = None
    wording: Wording = "row"
    sure: Ruled | None = None


def compared(
    captured: Captured, lent: Lent | None = None, clock: Callable[[], float] = time.time, *, keeps_unknown: bool = False
) -> Day | None:
    """Return what one exchange shows, as the one observation of its day.

    `None` where nothing can be compared: there is no whole answer, or it is an API's own and not the platform's.
    """
    host, answer = host_of(captured.url), captured.answer
    if host is None or answer is None or not answer.is_read or answer.status not in _STATUSES:
        return None
    circumstance = circumstance_of(captured, lent or Lent(), clock)
    found = _verdict(captured, circumstance)
    if found is None:
        return None
    if found.verdict == "differs":
        found = _at_any_moment(captured, circumstance, found)
    return Day(
        version=1,
        environment=host.environment or "any",
        host=host.name,
        day=_day(captured, circumstance),
        observations=(_observation(captured, answer, found, keeps_unknown=keeps_unknown),),
    )


def _at_any_moment(captured: Captured, circumstance: Circumstance, found: _Found) -> _Found:
    """Return a difference, or what may lie behind it where a second more or less decides."""
    for shift in _MOMENTS:
        other = _verdict(captured, replace(circumstance, now=circumstance.now + shift))
        if other is not None and other.verdict != "differs":
            return replace(other, verdict="cannot_tell")
    return found


def _day(captured: Captured, circumstance: Circumstance) -> str:
    dated = date_of(captured.answer) or captured.at or circumstance.now
    return datetime.fromtimestamp(dated, UTC).date().isoformat()


# the verdict


def _verdict(captured: Captured, circumstance: Circumstance) -> _Found | None:
    if captured.answer is None:
        return None
    whole = judged(captured, circumstance)
    found = _Comparing(captured, of_answer(captured.answer), whole).found()
    return replace(found, flow=whole.flow.name if whole.flow is not None else None) if found is not None else None


@dataclass(frozen=True, slots=True)
class _Comparing:
    """One exchange on its way to a verdict."""

    captured: Captured
    answer: Heard
    judged: Judged

    def found(self) -> _Found | None:
        sure = next((each for each in self.judged.ruled if each.objects), None)
        if not self.answer.refuses:
            return self._success(sure)
        for step in (self._by_its_row, self._by_a_fault, self._by_its_sentence, self._by_another_row):
            found = step(sure)
            if found is not None:
                return replace(found, sure=sure)
        return self._by_no_row(sure)

    def _success(self, sure: Ruled | None) -> _Found:
        """Record a success: the refusal that the request calls for has not stopped it."""
        if self.judged.flow is None or (sure and any(each.unknown == WHICH_APIS for each in self.judged.ruled)):
            return _Found(verdict="cannot_tell")
        return _Found(verdict="differs", rules=(sure,), sure=sure) if sure else _Found(verdict="same")

    def _by_its_row(self, sure: Ruled | None) -> _Found | None:
        """Tell of an answer that rules of this flow give."""
        fitting = self._whose(self._is)
        if not fitting:
            return None
        row, open_ = fitting[0].row, self._open(fitting, sure)
        if sure in fitting:
            return _Found(verdict="same", rules=open_, row=row)
        if open_:
            return _Found(verdict="cannot_tell", rules=open_, row=row)
        return _Found(verdict="differs", rules=self._to_blame(fitting, sure), row=row)

    def _by_a_fault(self, _: Ruled | None) -> _Found | None:
        """Tell of an answer that the service gives when it fails itself."""
        row = self.judged.row(self.judged.front.fault)
        return _Found(verdict="cannot_tell", row=row) if self._is(row) else None

    def _by_its_sentence(self, sure: Ruled | None) -> _Found | None:
        """Tell of a known sentence with another status or code."""
        worded = self._whose(self._has_sentence_of)
        if not worded:
            return None
        rules = (sure,) if sure in worded else self._open(worded, sure) or self._to_blame(worded, sure)
        return _Found(verdict="differs", rules=rules, wording="row")

    def _by_another_row(self, sure: Ruled | None) -> _Found | None:
        """Tell of a row of the service that no rule of this flow gives, as we have set it up."""
        host = host_of(self.captured.url)
        rows = [each for each in entries() if host is not None and each.plays == host.plays and self._is(each.error)]
        if not rows:
            return None
        if self.judged.flow is None or self.captured.gaps:
            return _Found(verdict="cannot_tell", row=rows[0].error)
        names = {rule for entry in rows for _, rule in entry.rules}
        own = [each for each in self.judged.ruled if each.rule.name in names]
        here = (sure,) if sure in own else self._open(own, sure)
        return _Found(verdict="differs", rules=here or tuple(sorted(names)), row=rows[0].error)

    def _by_no_row(self, sure: Ruled | None) -> _Found | None:
        """Tell of words that nobody here has, but not of those of an API behind the platform."""
        place = place_of(self.captured.url)
        if place is not None and place.service == "gateway" and not _is_fault(self.captured.answer):
            return None
        is_ours = self.answer.code or (self.answer.page and sure and sure.row.shape == "page")
        if sure is None or not is_ours:
            return _Found(verdict="cannot_tell", wording="new", sure=sure)
        return _Found(verdict="differs", rules=(sure,), wording="new", sure=sure)

    # whose answer it is

    def _whose(self, is_its: Callable[[ServiceError], bool]) -> list[Ruled]:
        return [each for each in self.judged.ruled if is_its(each.row)]

    def _open(self, fitting: Sequence[Ruled], sure: Ruled | None) -> tuple[Ruled, ...]:
        """Return those that may have refused: not passed for certain, and not later than the first that objects."""
        ruled = self.judged.ruled
        reached = ruled[: ruled.index(sure) + 1] if sure is not None else ruled
        return tuple(each for each in fitting if each in reached and not each.cleared)

    def _to_blame(self, fitting: Sequence[Ruled], sure: Ruled | None) -> tuple[Ruled, ...]:
        """Return the rule that ought to have refused first, or else those that ought not to have refused."""
        ruled = self.judged.ruled
        early = [each for each in fitting if sure is None or ruled.index(each) < ruled.index(sure)]
        return tuple(early) or ((sure,) if sure is not None else tuple(fitting))

    def _is(self, row: ServiceError) -> bool:
        answer = replace(self.answer, status=row.status) if row.shape == "providers_status" else self.answer
        return answer.fits(row)

    def _has_sentence_of(self, row: ServiceError) -> bool:
        return bool(row.sentence) and replace(self.answer, status=row.status, code=row.code).fits(row)


def _is_fault(answer: CapturedAnswer | None) -> bool:
    return isinstance(_members(answer).get("fault"), dict)


# what is kept


def _observation(captured: Captured, answer: CapturedAnswer, found: _Found, *, keeps_unknown: bool) -> Observation:
    row = found.sure.row if found.sure is not None else None
    return Observation(
        flow=found.flow,
        rules=tuple(dict.fromkeys(each if isinstance(each, str) else each.rule.name for each in found.rules)),
        predicted=Predicted(status=row.status, code=row.code, description=row.sentence) if row is not None else None,
        answered=replace(_answered(captured, answer, found, keeps=keeps_unknown), members=_types(answer)),
        wording=found.wording,
        verdict=found.verdict,
        count=1,
    )


def _answered(captured: Captured, answer: CapturedAnswer, found: _Found, *, keeps: bool) -> Answered:
    """Return an answer in the words of its row; of others the sentence where any row of the catalogue has it."""
    heard = of_answer(answer)
    if found.row is not None:
        return Answered(status=answer.status, code=found.row.code, description=found.row.sentence)
    if not heard.refuses:
        return Answered(status=answer.status)
    is_known = any(heard.code == entry.error.code for entry in entries())
    known = next((each.error.sentence for each in entries() if _is_worded(heard, each)), None)
    code = {"code": heard.code} if is_known else {"code": UNKNOWN, "code_length": len(heard.code)}
    if known is not None:
        return Answered(status=answer.status, description=known, **code)
    sentence = printable(confidential.of([captured]).cut(heard.page or heard.sentence))
    plain = observations.answered(answer.status, heard.code, " ".join(sentence.split()), keeps=keeps)
    return replace(plain, **code)


def _is_worded(heard: Heard, entry: Entry) -> bool:
    row = entry.error
    return bool(row.sentence) and replace(heard, status=row.status, code=row.code).fits(row)


def _types(answer: CapturedAnswer) -> dict[str, Type]:
    """Return the types of the members that are known, and of the claims in doubt."""
    given: Mapping[str, Any] = _members(answer) or dict(parse_qsl(query_of(answer.header("location"))))
    token = jwts.decoded(str(given.get("id_token", "")))
    claims = token.claims if token is not None else {}
    found = {name: value for name, value in given.items() if name in _MEMBERS}
    found |= {f"id_token.{name}": value for name, value in claims.items() if name in _CLAIMS}
    return {name: _TYPES[type(value)] for name, value in sorted(found.items())}


def _members(answer: CapturedAnswer | None) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body) if answer is not None else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# what is reported at the end


def table(days: Iterable[Day]) -> Iterator[str]:
    """Yield a table by rule of what was compared, what differs first; then each difference."""
    whole = tuple(days)
    seen = [each for day in whole for each in day.observations]
    total: Counter[str] = Counter()
    by_rule: dict[str, Counter[str]] = {}
    for each in seen:
        total[each.verdict] += each.count
        for name in each.rules or ("no rule",):
            by_rule.setdefault(name, Counter())[each.verdict] += each.count
    yield "Compared with what we would have said: " + ", ".join(f"{total[word]} {said}" for word, said in _SAID.items())
    width = max((len(name) for name in by_rule), default=4)
    if by_rule:
        yield f"  {'rule':<{width}}  {'  '.join(_SAID.values())}"
    for name in sorted(by_rule, key=lambda name: (-by_rule[name]["differs"], name)):
        cells = (f"{by_rule[name][word]:>{len(said)}}" for word, said in _SAID.items())
        yield f"  {name:<{width}}  {'  '.join(cells)}"
    for day in whole:
        for each in day.observations:
            called = ", ".join(map(str, settings_for(each, day.host)))
            if each.verdict == "differs":
                yield f"  differs at {' or '.join(each.rules)}: {_in_words(each)}"
            if called:
                yield f"  {called} makes the mock answer so"


_SAID: Final = {"same": "same", "differs": "differs", "cannot_tell": "cannot tell"}


def _in_words(each: Observation) -> str:
    expected, got = each.predicted, each.answered
    sentence = got.description or ("words that are new" if each.wording == "new" else "")
    wanted = _said(expected.status, expected.code, expected.description) if expected else "no refusal"
    return f"we say {wanted}; it answered {_said(got.status, got.code, sentence)}"


def _said(status: int, code: str, sentence: str) -> str:
    return f"{status} {': '.join(filter(None, (code, sentence)))}".strip()
