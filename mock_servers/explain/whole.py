"""Explains an exchange with a real service from its request, its answer, or both: offline, and never surer than facts.

The answer says which rules may have refused, the request which of them. Neither is ever believed against the other.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.commands import shell
from mock_servers.diagnosis.case import Case, Known
from mock_servers.diagnosis.clock import TimeBy
from mock_servers.diagnosis.examination import asked, case_of
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.table import FINDERS
from mock_servers.explain import confidential
from mock_servers.explain.answered import Answered, of_answer, of_text
from mock_servers.explain.answering import Answering, View
from mock_servers.explain.checks.check import Check
from mock_servers.explain.checks.listing import Course, listed
from mock_servers.explain.foreseeing import record_as_if
from mock_servers.explain.judging import Circumstance, Judged, Ruled, host_of, judged, place_of
from mock_servers.explain.request_explanation import By, Open, RequestExplanation
from mock_servers.explain.rewording import reworded
from mock_servers.explain.said import Said
from mock_servers.explain.seen_values import SeenValues
from mock_servers.explain.sent_right import sent_right
from mock_servers.explain.unknowable import WHERE_TO_LOOK
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import CERTAINTIES, Certainty, Finding
from mock_servers.journal.record import Record
from mock_servers.provider.providers import PROVIDERS
from mock_servers.reading.captured import Captured, CapturedAnswer, named
from mock_servers.reading.curl import ReadFile
from mock_servers.reading.facts import Facts
from mock_servers.reading.raw_http import is_answer, read_answer
from mock_servers.rules import Refusal, ServiceError, UnknownError
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Parameters
from mock_servers.wire.wording import moment, printable, shown

_MOST: Final = 3
_MACHINE: Final = "this machine's clock, which reads now"
_SIGNER: Final = "the clock that the JWT was signed by (iat)"
_CLIENT: Final = "the client's clock"
_TIME_BY: Final[Mapping[str, TimeBy]] = {_MACHINE: "machine", _SIGNER: "signing", _CLIENT: "client"}
_BY_LIFE: Final = frozenset(["check_client_assertion_exp_near", "check_assertion_lifetime"])
"""Rules that compare exp with now: where a JWT names its iat, they are seen at any time."""
_SECRET: Final = re.compile(r"client_secret=|-----BEGIN [A-Z ]*PRIVATE KEY|[Aa]uthorization: *[Bb]asic|(?:^|\s)-u\s")
_OF_ITSELF: Final = frozenset(["provider-token-at-api"])
"""Findings that need no memory of the service: no access token of the platform is a JWT."""
_LIFE: Final = 300
_REFUSED: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What the caller adds to a text: the answer, the moment in seconds since 1970, a key set, the means to read.

    `past` is what has passed by before, `number` what the exchange is called among that, `client_id` whose it is.
    `facts` are those of the text that an exchange was read from, `said` the refusal in it, and `heard` one that is not
    judged by: an API's own. With `every`, each exchange of a file is explained; else the first of each kind.
    """

    answer: str | None = None
    at: float | None = None
    keys: bytes | None = None
    read_file: ReadFile | None = None
    past: SeenValues | None = None
    number: int = 1
    client_id: str | None = None
    facts: Facts | None = None
    said: Said | None = None
    heard: str = ""
    every: bool = False


def explain_captured(captured: Captured, lent: Lent, clock: Callable[[], float] = time.time) -> RequestExplanation:
    """Explain one exchange with a known host."""
    answer = _answer(captured, lent)
    lent = replace(lent, keys=None) if captured.is_shaped else lent
    circumstance = circumstance_of(captured, lent, clock)
    if lent.past is not None:
        circumstance = replace(circumstance, past=lent.past, place=place_of(captured.url))
    found = judged(captured, circumstance)
    explanation = _Explaining(captured, answer, circumstance, found, lent).explanation()
    return _cut(explanation, _confidential(captured, lent))


def _confidential(captured: Captured, lent: Lent) -> Confidential:
    """Return what is nobody's business: of a call of an API what may name a person in its path, too."""
    values = confidential.values_of([captured]) | confidential.values_in(lent.facts)
    host = host_of(captured.url)
    is_api = host is not None and host.plays == "platform" and "/oauth2" not in captured.url
    return Confidential(values | (set(confidential.ids_in(captured.url)) if is_api else set()))


def _answer(captured: Captured, lent: Lent) -> Answered | None:
    if lent.answer is not None:
        return of_answer(read_answer(lent.answer)) if is_answer(lent.answer) else of_text(lent.answer)
    if captured.answer is not None:
        return of_answer(captured.answer)
    if lent.said is not None:
        return Answered(sentence=lent.said.words, bare=True)
    return _coded(captured, lent.facts) if lent.facts is not None else None


def _coded(captured: Captured, facts: Facts) -> Answered | None:
    """Return an answer that has a code and no sentence, where the provider answers so."""
    host = host_of(captured.url)
    provider = next((each for each in PROVIDERS if host is not None and each.name == host.plays), None)
    if not facts.codes or provider is None or not provider.answers_codes_alone:
        return None
    status = next((each.status for each in facts.statuses if each.status >= _REFUSED), 0)
    return Answered(status=status, code=facts.codes[-1][0])


# the time


def circumstance_of(captured: Captured, lent: Lent, clock: Callable[[], float] = time.time) -> Circumstance:
    """Take the time that was named, the service's own, the client's, that of signing; else the machine's."""
    if lent.at is not None:
        return Circumstance(now=lent.at, keys=lent.keys)
    date = date_of(captured.answer)
    if date is not None:
        return Circumstance(now=date, keys=lent.keys)
    if captured.at is not None:
        return Circumstance(now=captured.at, clock=_CLIENT, keys=lent.keys)
    signed = _signed_at(captured, clock())
    if signed is not None:
        return Circumstance(now=signed, clock=_SIGNER, keys=lent.keys)
    return Circumstance(now=clock(), clock=_MACHINE, keys=lent.keys)


def date_of(answer: CapturedAnswer | None) -> float | None:
    """Return what time it was by the service's own clock, in seconds since 1970, where the answer says."""
    return _moment(answer.header("date")) if answer is not None else None


@functools.lru_cache(maxsize=8)
def _moment(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _signed_at(captured: Captured, latest: float) -> float | None:
    form = dict(parse_qsl(captured.body.decode(errors="replace")))
    jwt = jwts.decoded(form.get("client_assertion", "")) or jwts.decoded(form.get("subject_token", ""))
    return signed_at(jwt, latest) if jwt is not None else None


def signed_at(jwt: Jwt, latest: float) -> float | None:
    """Return when a JWT was signed, by its iat, nbf, or exp less five minutes; one that is later says nothing."""
    for name, life in (("iat", 0), ("nbf", 0), ("exp", _LIFE)):
        said = jwt.claims.get(name)
        if javascript.is_number(said) and 0 <= javascript.number(said) - life <= latest:
            return javascript.number(said) - life
    return None


# the explanation

_NO_ANSWER: Final = (
    "This is a web page. The platform and its providers never answer so: a proxy, a firewall or a log-in in front of "
    "them answered."
)


@dataclass(frozen=True, slots=True)
class _Explaining:
    """One exchange on its way to an explanation."""

    captured: Captured
    answer: Answered | None
    circumstance: Circumstance
    judged: Judged
    lent: Lent = field(default_factory=Lent)
    found: list[tuple[Finding, Ruled | None]] = field(default_factory=list)
    sure: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)

    def explanation(self) -> RequestExplanation:
        answer, stopped, by = self.answer, *self._stopped()
        refused = answer.refuses if answer is not None else bool(stopped)
        if answer is not None and not answer.refuses:
            stopped, by = [], ""
        self.found.extend(self._found(stopped) if refused or answer is None else ())
        parts = urlsplit(self.captured.url)
        right = sent_right(self.captured, self.judged) if refused else None
        flow = f" ({self.judged.flow.name})" if self.judged.flow is not None else ""
        path = named(f"{parts.netloc.rpartition('@')[2]}{parts.path}", self.captured.gaps)
        reported = RequestExplanation(
            request=printable(f"{self.captured.method} {path}{flow}"),
            said=printable(str(answer)) if answer is not None else "",
            findings=tuple(self._findings(stopped)) if refused or answer is None else (),
            stopped_by=tuple(dict.fromkeys(each.rule.name for each in stopped)),
            by=by,
            then=tuple(self._then(stopped)),
            unknown=tuple(self._unknown(stopped)) if refused or answer is None else (),
            corrected=shell.curl(right) if right is not None else None,
            command=right,
            notes=tuple(self._notes(stopped, by)),
            refused=refused,
        )
        view = self._view(reported, stopped)
        course = Course(
            ruled=self.judged.ruled,
            stopped=stopped,
            is_answered=answer is not None,
            accepted=answer is not None and not answer.refuses,
        )
        is_of_api = refused and not by and bool(view.rows) and not any(row.rules for row in view.rows)
        return replace(
            reported,
            by="answer" if is_of_api else by,
            checks=listed(course, self.captured),
            **asdict(Answering(view).parts()),
        )

    def _view(self, reported: RequestExplanation, stopped: Sequence[Ruled]) -> View:
        return View(
            explanation=reported,
            captured=self.captured,
            answered=self.answer,
            ruled=self.judged.ruled,
            stopped=stopped,
            rows=self._entries(stopped) or (self.lent.said.rows if self.lent.said is not None else ()),
            sure=frozenset(self.sure),
            apart=frozenset(self.apart),
            facts=self.lent.facts,
            spoken=self.lent.said.spoken if self.lent.said is not None else "",
            heard=self.lent.heard,
            has_keys=self.lent.keys is not None,
        )

    # which rule

    def _stopped(self) -> tuple[list[Ruled], By]:
        """Return the rules that may have refused, the likeliest first, and what says so."""
        ruled = self.judged.ruled
        if self.answer is None:
            sure = next((each for each in ruled if each.refusal is not None and self._fits_status(each)), None)
            return ([sure], "request") if sure is not None else ([], "")
        fitting = [each for each in ruled if self.answer.fits(each.row)]
        if not fitting:
            return [], ""
        possible = [each for each in fitting if not each.cleared]
        likeliest = sorted(possible or fitting, key=lambda each: each.refusal is None)
        earlier = self._contradicted(likeliest[0])
        return likeliest, "contradiction" if earlier or not possible else "answer"

    def _fits_status(self, ruled: Ruled) -> bool:
        """Whether a refusal has a status that the text has, where it has one of a refusal at all."""
        facts = self.lent.facts
        refused = {each.status for each in facts.statuses if each.status >= _REFUSED} if facts is not None else set()
        return not refused or ruled.row.status in refused

    def _contradicted(self, stopped: Ruled) -> Ruled | None:
        """Return a rule before the one that refused that objects by what the request shows, if there is one."""
        before = self.judged.ruled[: self.judged.ruled.index(stopped)]
        return next((each for each in before if each.objects), None)

    # why

    def _findings(self, stopped: Sequence[Ruled]) -> Iterator[Finding]:
        """Tell what explains the refusal, the surest first; where nothing much does, what usually lies behind it."""
        explaining = [finding for finding, ruled in self.found if ruled is None or ruled in stopped or not stopped]
        best = sorted(explaining, key=lambda each: CERTAINTIES.index(each.certainty))
        unique = list({each.id: each for each in reversed(best)}.values())
        yield from [each for each in best if each in unique][:_MOST]
        if self.answer is not None and not any(each.certainty != "possible" for each in best):
            yield from _usual(self._entries(stopped))

    def _found(self, stopped: Sequence[Ruled]) -> Iterator[tuple[Finding, Ruled | None]]:
        """Yield what the finders find, no surer than facts make it, and the rule that each explains."""
        case, left = self._case(stopped)
        if case is None:
            return
        for finder in FINDERS:
            for distance, found in asked(finder, case):
                finding = reworded(found, self.captured)
                ruled = _explained(finder, distance, left, stopped)
                if self.answer is None and ruled is not None and not self._fits_status(ruled):
                    continue
                if self.answer is None and finding.certainty != "certain" and (ruled is None or not ruled.refusal):
                    continue  # nobody has refused that, as far as anybody knows
                if ruled is None and finder.rules and stopped:
                    self.apart.add(finding.id)
                if finding.certainty == "certain" and ruled is not None and self._is_seen(ruled):
                    self.sure.add(finding.id)
                yield finding if finder.informational else _graded(finding, ruled, self.circumstance), ruled

    def _is_seen(self, ruled: Ruled) -> bool:
        """Whether a rule objects by the request and the answer says so too, or by the request alone at any time."""
        said_so = self.answer is not None and self.answer.fits(ruled.row)
        by_life = ruled.rule.name in _BY_LIFE and self.circumstance.clock == _SIGNER
        return ruled.objects or (ruled.refusal is not None and (said_so or by_life))

    def _case(self, stopped: Sequence[Ruled]) -> tuple[Case | None, list[Ruled]]:
        """Return the case for the finders, and the rules that are left to explain."""
        ruled = self.judged.ruled
        if self.judged.flow is None or (self.answer is not None and not stopped):
            return None, []
        from_ = min((ruled.index(each) for each in stopped), default=0) if self.answer is not None else 0
        left = [each for each in ruled[from_:] if not each.passed or each in stopped]
        first = stopped[0] if stopped else next(iter(left), None)
        if first is None:
            return None, []
        refusal = first.refusal or Refusal(error=first.row, rule=first.rule.name, policy=first.policy, diagnosis="")
        try:
            found = case_of(
                self._known(),
                self.judged.flow,
                self.judged.exchange,
                refusal,
                self._record(),
                self.judged.row,
            )
        except UnknownError:
            return None, []
        return replace(found, ahead=tuple(each.rule for each in left), jti_spent=False), left

    def _known(self) -> Known:
        at, by = self.captured.at, _TIME_BY.get(self.circumstance.clock, "service")
        known = replace(self.judged.front.known(), is_all=False, time_by=by, client_clock=at)
        past = self.lent.past
        return known if past is None else replace(known, journal=past.journal)

    def _record(self) -> Record:
        request = self.judged.exchange.request
        plain = replace(
            request,
            headers=dict(request.headers.items()),
            query=Parameters(request.query.pairs),
            form=Parameters(request.form.pairs),
        )
        return record_as_if(
            plain,
            number=self.lent.number,
            at=self.circumstance.now,
            service=self.judged.front.name,
            client_id=self.lent.client_id,
        )

    def _entries(self, stopped: Sequence[Ruled]) -> list[Entry]:
        rows = [each.row for each in stopped]
        names = {each.rule.name for each in stopped}
        found = [
            entry
            for entry in entries()
            if any(entry.error is row for row in rows)
            and (names & {rule for _, rule in entry.rules} or not entry.rules)
        ]
        answer, host = self.answer, host_of(self.captured.url)
        if found or answer is None or host is None or not (answer.sentence or answer.code or answer.page):
            return found
        return [entry for entry in entries() if entry.plays == host.plays and answer.fits(entry.error)]

    def _then(self, stopped: Sequence[Ruled]) -> Iterator[str]:
        """Tell what would be refused after that, best in the words of a finding."""
        later = self.judged.ruled[self.judged.ruled.index(stopped[0]) + 1 :] if stopped else ()
        for each in later:
            if each.refusal is not None and each not in stopped:
                found = next((finding for finding, ruled in self.found if ruled is each), None)
                yield str(found) if found is not None else each.refusal.diagnosis

    def _unknown(self, stopped: Sequence[Ruled]) -> Iterator[Open]:
        """Tell what is not known of the rules that may have refused; without an answer, of those up to the first."""
        ruled = self.judged.ruled
        if self.judged.unrouted:
            words = f"{self.judged.unrouted}: not known here, and so neither is the grant."
            yield Open(rule="", words=words, missing=True)
        if self.answer is not None:
            asked_for = [each for each in stopped if each.unknown is not None]
        else:
            until = ruled.index(stopped[0]) if stopped else len(ruled)
            asked_for = [each for each in ruled[:until] if each.unknown is not None]
        given = set[str]()
        for each in asked_for:
            words = self._words(each)
            if words and words not in given:
                given.add(words)
                yield Open(rule=each.rule.name, words=words, missing=self._is_gap(each))

    def _is_gap(self, ruled: Ruled) -> bool:
        return any(ruled.unknown == gap.words for gap in self.captured.gaps)

    def _words(self, ruled: Ruled) -> str:
        if self._is_gap(ruled):
            return f"{ruled.unknown}: not known here."
        if ruled.rule.name in WHERE_TO_LOOK:
            return WHERE_TO_LOOK[ruled.rule.name]
        if self.answer is None and not ruled.unknown:
            return ""
        usual = next(iter(self._entries([ruled])), None)
        return f"{usual.problem.cause} {usual.problem.cure}" if usual is not None else ""

    # what else

    def _notes(self, stopped: Sequence[Ruled], by: By) -> Iterator[str]:
        if self.answer is not None and self.answer.refuses:
            yield from self._of_answer(self.answer, stopped, by)
        clock = self.circumstance.clock
        if clock and any(clock in each.lent and (each.refusal or each in stopped) for each in self.judged.ruled):
            yield f"Times are judged at {moment(self.circumstance.now)}, by {clock}; --at sets it."
        yield from (f"{gap.words}: not known here." for gap in self.captured.gaps)

    def _of_answer(self, answer: Answered, stopped: Sequence[Ruled], by: By) -> Iterator[str]:
        captured = self.captured.answer
        if captured is not None and not captured.is_read and not stopped:
            return
        if answer.page and not stopped:
            yield _NO_ANSWER
        elif by == "contradiction":
            yield self._contradiction(stopped[0])
        elif not stopped:
            yield from self._of_no_rule(answer)

    def _contradiction(self, stopped: Ruled) -> str:
        earlier = self._contradicted(stopped)
        if earlier is not None and earlier.refusal is not None:
            return (
                f"By this request {earlier.rule.name} would have refused before {stopped.rule.name}: "
                f"{earlier.refusal.diagnosis} Either you sent another request, or our order of checks is wrong."
            )
        return f"{stopped.rule.name} would not refuse this request. Either you sent another request, or we are wrong."

    def _of_no_rule(self, answer: Answered) -> Iterator[str]:
        flows = [each for each in (self.judged.flow, *self.judged.front.routes.order) if each is not None]
        rows = [self.judged.row(rule.error) for flow in flows for policy in flow.policies for rule in policy.rules]
        if any(answer.fits(row) for row in rows):
            flow = self.judged.flow.name if self.judged.flow is not None else ""
            yield f"No check of {flow} gives this answer, but another flow does. This is not the request that was sent."
            return
        yield from _new_wording(answer, rows)


def _new_wording(answer: Answered, rows: Sequence[ServiceError]) -> Iterator[str]:
    if not answer.code and not answer.bare:
        yield "No service here gives an answer of this form. An API behind the platform may have given it."
        return
    alike = list(dict.fromkeys(row.sentence for row in rows if answer.resembles(row) and row.sentence))
    listed = f" Of the same status and code are: {'; '.join(map(shown, alike[:_MOST]))}." if alike else ""
    yield f"This wording is new. No known check gives it.{listed}"


def _explained(finder: Finder, distance: int, left: Sequence[Ruled], stopped: Sequence[Ruled]) -> Ruled | None:
    """Return the rule that a finding explains: of those that may have refused one that objects, else the nearest."""
    objecting = (each for each in stopped if each.objects and each.rule.name in finder.rules)
    return next(objecting, left[distance] if distance < len(left) else None)


def _graded(finding: Finding, ruled: Ruled | None, circumstance: Circumstance) -> Finding:
    """Return a finding no surer than what it explains: an objection by the request itself, and nothing else."""
    is_shown = (ruled is not None and ruled.objects) or finding.id in _OF_ITSELF
    most: Certainty = "certain" if is_shown else "likely"
    if circumstance.clock == _MACHINE and (ruled is None or _MACHINE in ruled.lent):
        most = "possible"
    worse = max(CERTAINTIES.index(finding.certainty), CERTAINTIES.index(most))
    return replace(finding, certainty=CERTAINTIES[worse])


def usual(found: Sequence[Entry]) -> tuple[Finding, ...]:
    """Return what usually lies behind an error, where nothing more is known."""
    return tuple(_usual(found))


def _usual(found: Sequence[Entry]) -> Iterator[Finding]:
    """Tell what usually lies behind an error, where nothing more is known."""
    several = {entry.problem: entry for entry in reversed(found)}
    for entry in list(reversed(several.values()))[:_MOST]:
        mistakes = list(entry.mistakes)
        alone = len(found) == 1 and len(mistakes) == 1
        rules = " or ".join(dict.fromkeys(rule for _, rule in entry.rules))
        yield Finding(
            id=mistakes[0] if alone else "usual-cause",
            certainty="likely" if alone else "possible",
            seen=f"{entry.service[0].upper()}{entry.service[1:]} answers this{f' by {rules}' if rules else ''}.",
            cause=entry.problem.cause,
            cure=entry.problem.cure,
            evidence=entry.error.evidence,
            row=entry.error.row,
        )


def leaked(text: str) -> Iterator[str]:
    """Yield what is to be said of a command that holds a secret."""
    if _SECRET.search(text):
        yield (
            "The command contains a secret. The shell keeps it in its history, and other users of the machine can "
            "see it. Replace it, and send the next one from a file (--data-urlencode client_secret@FILE)."
        )


# what is shown


def _cut(explanation: RequestExplanation, values: Confidential) -> RequestExplanation:
    """Return an explanation in which nothing stands whole that is nobody's business."""
    cut = values.cut
    return replace(
        explanation,
        request=cut(explanation.request),
        said=cut(explanation.said),
        answer=cut(explanation.answer),
        do=tuple(map(cut, explanation.do)),
        why=tuple(map(cut, explanation.why)),
        fine=tuple(map(cut, explanation.fine)),
        next=tuple(map(cut, explanation.next)),
        findings=tuple(_finding_cut(each, cut) for each in explanation.findings),
        then=tuple(map(cut, explanation.then)),
        unknown=tuple(replace(each, words=cut(each.words)) for each in explanation.unknown),
        corrected=cut(explanation.corrected) if explanation.corrected else None,
        notes=tuple(map(cut, explanation.notes)),
        checks=tuple([_check_cut(each, cut) for each in explanation.checks]),
    )


def _finding_cut(finding: Finding, cut: Callable[[str], str]) -> Finding:
    texts: dict[str, Any] = {
        name: cut(value)
        for name in ("seen", "cause", "cure", "change", "difference")
        if isinstance(value := getattr(finding, name), str)
    }
    return replace(finding, **texts)


def _check_cut(check: Check, cut: Callable[[str], str]) -> Check:
    return replace(check, value=cut(check.value), words=cut(check.words)) if check.value or check.words else check
