"""Keeps, explains and counts what passes by on its way to the real services: never in the way of the bytes.

One thread takes exchanges in their order. What it learns from each is known when the next is explained.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mock_servers.diagnosis.assertion.replay import is_before_jti
from mock_servers.explain.judging import place_of
from mock_servers.explain.request_explanation import RequestExplanation
from mock_servers.explain.seen_values import SeenValues
from mock_servers.explain.whole import Lent, date_of, explain_captured
from mock_servers.journal.finding import Finding
from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Examination, Record
from mock_servers.traffic import observed_exchange
from mock_servers.traffic.clock_skew import clock_finding
from mock_servers.traffic.http_observer import READ_DELAY, ObservedExchange
from mock_servers.traffic.observed_values import SeenExchange, learn
from mock_servers.wire.wording import one_line, printable

_LOG: Final = logging.getLogger(__name__)
MOST_WAITING: Final = 2000
"""Exchanges that wait to be looked at; what comes beyond is counted."""
_MANY: Final = MOST_WAITING * 3 // 4  # of which there is no more time to let others pass first
_MOST_ALIKE: Final = 20
"""Refusals with one answer that are explained each; further ones are taken to be like the last."""
_QUIET: Final = 1.5 * READ_DELAY  # seconds without an exchange, after which there is time to explain
_LONGEST_WAIT: Final = 0.25
_AGREES: Final = 3  # seconds that an answer may have taken since it was dated
_MOST_KINDS: Final = 500
_MOST_COUNTED: Final = 50

Kept = Callable[[SeenExchange], None]


@dataclass(slots=True)
class RefusalGroup:
    """Refusals that were explained alike: how often, the first of them, and what it is called."""

    title: str
    first: int
    times: int = 0


@dataclass(slots=True)
class _Kind:
    """Refusals with one answer to requests of one kind: how many were explained, and the ways that were found."""

    explained: int = 0
    ways: dict[tuple[str, ...], RefusalGroup] = field(default_factory=dict)
    last: RefusalGroup | None = None


class ExplainingRecorder:
    """Records what passes by, from any thread, and says what was refused and why, by `say`, a line at a time.

    `keeps_values`: the journal may hold what is no secret. `keep` is given each exchange besides, `fetch` gets public
    key sets that have not passed by.
    """

    def __init__(
        self,
        journal: Journal,
        say: Callable[[str], None],
        *,
        keeps_values: bool = True,
        keep: Kept | None = None,
        fetch: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self.past = SeenValues(journal=journal, fetch=fetch)
        self.exchanges = 0
        self.refused = 0
        self.unanswered = 0
        self.dropped = 0
        self._say = say
        self._keeps_values = keeps_values
        self._keep = keep
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._troubles: Counter[str] = Counter()
        self._waiting: deque[ObservedExchange | str] = deque()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._said_of_clock = False
        self._thread = threading.Thread(target=self._work, name=__name__, daemon=True)
        self._thread.start()

    # what passes by

    def on_exchange(self, observed: ObservedExchange) -> None:
        """Know an exchange."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self.dropped += 1
                return
            self._wait_for_turn(observed)

    def lost(self, host: str, reason: str) -> None:
        """Know that nobody listens to a connection any more, and why."""
        self._trouble(f"{host}: not listened to any more, as {reason}; its bytes went on.")

    def failed(self, host: str, reason: str, *, otherwise: str) -> None:
        """Know that a host was not reached, or broke off TLS, why, and what the program would have met by itself."""
        self._trouble(f"{host} was not reached: {reason}. {otherwise}".rstrip())

    def mistrusted(self, host: str, reason: str) -> None:
        """Know that a program did not take our certificate for a host."""
        self._trouble(
            f"{host}: the program broke off TLS ({reason}). It pins a certificate, or trusts by a list of its own: "
            "lead it to the authority in SSL_CERT_FILE, or run it without nhsauth."
        )

    def _trouble(self, words: str) -> None:
        """Count it, and have it said once, by the thread that may wait for the reader."""
        with self._changed:
            known = words in self._troubles
            if known or len(self._troubles) < _MOST_COUNTED:
                self._troubles[words] += 1
            if not known:
                self._wait_for_turn(f"nhsauth: {one_line(words)}")

    def _wait_for_turn(self, what: ObservedExchange | str) -> None:
        self._waiting.append(what)
        if len(self._waiting) == 1:
            self._changed.notify()

    # the thread

    def stop(self, patience: float) -> None:
        """Look at what is left, for so many seconds at most."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self._thread.join(patience)

    def wait(self, exchanges: int, timeout: float) -> bool:
        """Wait until so many exchanges were looked at; whether they were."""
        with self._changed:
            return self._changed.wait_for(lambda: self.exchanges >= exchanges, timeout)

    def _work(self) -> None:
        while (following := self._next()) is not None:
            if isinstance(following, str):
                self._tell_line(following)
                continue
            try:
                self._look_at(following)
            except Exception:  # noqa: BLE001 - one exchange that cannot be read must not end the watch
                _LOG.exception("An exchange with %s was not looked at", following.host)
            with self._changed:
                self.exchanges += 1
                self._changed.notify_all()

    def _tell_line(self, line: str) -> None:
        """Say a line; where nobody reads any more, that is nobody's loss."""
        with contextlib.suppress(OSError):
            self._say(line)

    def _next(self) -> ObservedExchange | str | None:
        """Return the next exchange; after a pause those that follow at once are let pass first."""
        with self._changed:
            if not self._waiting:
                self._changed.wait_for(lambda: self._waiting or self._is_stopping)
                self._let_pass()
            return self._waiting.popleft() if self._waiting else None

    def _let_pass(self) -> None:
        """Wait while much passes by, and not for long: who looks at it takes the interpreter from who passes bytes."""
        ends = time.monotonic() + _LONGEST_WAIT
        with self._changed:
            while not self._is_stopping and len(self._waiting) < _MANY and time.monotonic() < ends:
                before = len(self._waiting)
                self._changed.wait_for(lambda: self._is_stopping, _QUIET)
                if len(self._waiting) == before:
                    return

    def _look_at(self, heard: ObservedExchange) -> None:
        captured = observed_exchange.captured_of(heard)
        place = place_of(captured.url)
        if place is None:
            return
        if captured.answer is None:
            self.unanswered += 1
        date = date_of(captured.answer)
        seen = SeenExchange(captured, place, _moment(heard, date))
        record = observed_exchange.record_of(seen, keeps_values=self._keeps_values)
        self.past.journal.add(record)
        clock = self._of_clock(heard, seen, date)
        rules: Sequence[str] = [record.refusal.rule] if record.refusal is not None else ()
        if record.refusal is not None:
            self.refused += 1
            rules = self._explain(seen, record, clock) or rules
        learn(self.past, seen, spends_jti=record.status == 200 or _spends(rules))  # noqa: PLR2004 - it has passed
        if self._keep is not None:
            self._keep(seen)

    # why it was refused

    def _explain(self, seen: SeenExchange, record: Record, clock: Finding | None) -> Sequence[str]:
        kind = self._kind(seen, record)
        if kind.explained >= _MOST_ALIKE and kind.last is not None:
            self._count(kind.last, record)
            return ()
        self._let_pass()
        kind.explained += 1
        at = seen.at if date_of(seen.captured.answer) is not None else None
        lent = Lent(at=at, past=self.past, number=record.id, client_id=seen.client_id or None)
        explanation = explain_captured(observed_exchange.harmless(seen), lent)
        explanation = seen.secrets.cut_in(_with(explanation, clock))
        if record.refusal is not None and explanation.stopped_by:
            record.refusal = replace(record.refusal, rule=_earliest(explanation.stopped_by))
        record.explain_with(lambda _: _examination(explanation))
        way = (*explanation.stopped_by, *(each.id for each in explanation.findings))
        if way in kind.ways:
            self._count(kind.ways[way], record)
        else:
            kind.ways[way] = kind.last = RefusalGroup(title=_title(record, seen), first=record.id, times=1)
            self._tell(kind.last, explanation)
        return explanation.stopped_by

    def _kind(self, seen: SeenExchange, record: Record) -> _Kind:
        error, grant = record.refusal, seen.form.get("grant_type")
        what = (error.code, error.description) if error is not None else ()
        key = (seen.place.home, record.method, record.path, grant, record.status, *what)
        if len(self._kinds) >= _MOST_KINDS and key not in self._kinds:
            key = ("others",)
        return self._kinds.setdefault(key, _Kind())

    def _count(self, alike: RefusalGroup, record: Record) -> None:
        alike.times += 1
        words = f"Like exchange {alike.first}: that is explained."
        if record.findings == ():
            record.explain_with(lambda _: Examination(advice=(words,)))

    def _tell(self, group: RefusalGroup, reported: RequestExplanation) -> None:
        self._tell_line(f"nhsauth: exchange {group.first}: {group.title}")
        for line in printable(str(reported)).splitlines():
            self._tell_line(f"  {line}")

    def _of_clock(self, heard: ObservedExchange, seen: SeenExchange, date: float | None) -> Finding | None:
        """Return what the service's clock says of this machine's, and say it once even when nothing was refused."""
        found = clock_finding(seen, date, heard) if date is not None else None
        if found is not None and not self._said_of_clock:
            self._said_of_clock = True
            self._tell_line(f"nhsauth: {found} ({found.certainty})")
        return found

    # the end

    def summary(self) -> Iterator[str]:
        """Yield what there was in all."""
        yield f"{_counted(self.exchanges, 'exchange')} with known hosts, {self.refused} refused"
        for alike in sorted(self._alike(), key=lambda each: -each.times):
            if alike.times > 1:
                yield f"  {alike.times} times, as exchange {alike.first}: {alike.title}"
        if self.unanswered:
            yield f"  {_counted(self.unanswered, 'request')} got no answer"
        if self.dropped:
            yield f"  {_counted(self.dropped, 'exchange')} passed too quickly to be looked at"
        for words, times in self._troubles.most_common():
            if times > 1:
                yield f"  {times} times: {one_line(words)}"

    def _alike(self) -> list[RefusalGroup]:
        return [each for kind in self._kinds.values() for each in kind.ways.values()]


def _moment(heard: ObservedExchange, date: float | None) -> float:
    """Return when an answer came, by the service's clock; where ours agrees with that it is the more exact one."""
    return heard.ended_at if date is None or -1 <= heard.ended_at - date <= _AGREES else date


def _spends(rules: Sequence[str]) -> bool:
    """Whether a refusal by one of these rules leaves the jti of the assertion spent."""
    return bool(rules) and all(rule and not is_before_jti(rule) for rule in rules)


def _earliest(rules: Sequence[str]) -> str:
    """Return the rule that refused; of several that may have, one that leaves the jti unspent."""
    return next((rule for rule in rules if is_before_jti(rule)), rules[0])


def _title(record: Record, seen: SeenExchange) -> str:
    error = record.refusal
    said = (error.code, error.description) if error is not None else ()
    home = seen.place.home.removeprefix("https://")
    return one_line(" ".join(filter(None, (record.method, f"{home}{record.path}", str(record.status), *said))))


def _with(reported: RequestExplanation, clock: Finding | None) -> RequestExplanation:
    """Put the clock first where times were objected to."""
    is_of_time = any(mark in rule for rule in reported.stopped_by for mark in ("_exp", "_iat", "_nbf"))
    return replace(reported, findings=(clock, *reported.findings)) if clock is not None and is_of_time else reported


def _examination(reported: RequestExplanation) -> Examination:
    surest = next((each for each in reported.findings if each.certainty == "certain"), None)
    open_ = [f"Only the service knows: {each.words}" for each in reported.unknown]
    later = [f"Then: {each}" for each in reported.then]
    return Examination(
        headline=surest.seen if surest is not None else None,
        answer=surest.answer if surest is not None else reported.answer or None,
        findings=reported.findings,
        advice=(*later, *reported.notes, *(open_ if surest is None else ())),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
