"""Puts an explanation into words, the answer first: what to change, then why, what is fine, and what comes next."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.explain.answered import Answered
from mock_servers.explain.clues import clues
from mock_servers.explain.judging import Place, Ruled, place_of
from mock_servers.explain.plain_words import plain
from mock_servers.explain.request_explanation import Parts, RequestExplanation
from mock_servers.explain.rewording import LIMIT, life, listed
from mock_servers.explain.scene import Scene
from mock_servers.explain.supposing import NO_SIGNATURE, is_literal
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import CERTAINTIES, Certainty, Finding
from mock_servers.reading.captured import Captured
from mock_servers.reading.facts import Facts
from mock_servers.wire.wording import duration

_MOST: Final = 3
_EVIDENCE: Final = "SQDI"
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")
_PROPER: Final = re.compile(r"[A-Z][a-z]*(?=[\s,:])")
_NAMES: Final = ("Python", "Postman", "Microsoft")
_SPENT: Final = "The jti is then spent: sign a new assertion for the next try."
_GUESS: Final = "We have not seen the real service's answer to this."
_HEDGED: Final = re.compile(r"\b(?:probably|perhaps|looks? like)\b", re.IGNORECASE)
_VERB: Final = re.compile(
    r"""(?P<be>^(?:[^"':;,]|(?<=\w)'s)*?\b(?:is|are|was|were|will|would)\b)|^(?:[^"':;,]|(?<=\w)'s)*?(?=\b(?:still|has|have|had|cannot|sent|\w+ed)\b)"""
)
"""The words before which, or after `be`, "probably" stands in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The answer: one sentence, and the steps of its cure. With `is_seen`, the sentence is a fact, not its cause."""

    words: str
    cure: str
    certainty: Certainty = "certain"
    is_seen: bool = False
    because: tuple[str, ...] = ()
    id: str = ""


def of_finding(finding: Finding, certainty: Certainty | None = None) -> Headline:
    """Return what a finder has found as the answer: what it saw, and its cure."""
    key = f"{finding.id} of subject_token" if "of subject_token" in finding.seen else finding.id
    own_words, own_cure = _OWN_WORDS.get(key) or _OWN_WORDS.get(f"{finding.id}, {finding.certainty}") or ("", "")
    words, cure = own_words.format(cause=finding.cause), own_cure or finding.cure
    return Headline(
        words=words or finding.seen,
        cure=cure if finding.change is None else f"{cure} {finding.change}",
        certainty=certainty or finding.certainty,
        is_seen=not words,
        id=finding.id,
        because=tuple(each for each in (finding.seen, finding.cause) if each != (words or finding.seen)),
    )


def of_clue(finding: Finding) -> Headline:
    """Return what the text shows as the answer: its cause, and its cure."""
    return Headline(
        words=finding.cause, cure=finding.cure, certainty=finding.certainty, because=(finding.seen,), id=finding.id
    )


def _agreed(headline: Headline, around: Sequence[Headline]) -> Headline:
    """Return what the request shows; where request and text both make the same likely, it is certain."""
    clue = next((each for each in around if _is_same(each, headline)), None)
    if clue is None or headline.certainty == "possible":
        return headline
    if headline.certainty == "likely" and clue.certainty == "certain":
        return headline
    words = headline.words.partition(" Or ")[0]
    because = (*headline.because[:1], *clue.because)
    return replace(headline, words=words, certainty="certain", cure=clue.cure, because=because)


def _is_same(clue: Headline, headline: Headline) -> bool:
    """Whether both name one mistake; a clock that is wrong and a zone that is mistaken have one id."""
    return clue.id == headline.id and (_ZONE in clue.words) == (_ZONE in headline.words)


def _contradicts(shown: Headline, clue: Headline) -> bool:
    """Whether the request shows that a clock is not off by a time zone, where a clue says so."""
    return clue.id == shown.id and _ZONE in clue.words and _ZONE not in shown.words


_ZONE: Final = "local time"


def of_rows(rows: Sequence[Entry]) -> Headline:
    """Return what a refusal says by itself; several rows are several causes."""
    known_best = sorted(rows, key=lambda each: _EVIDENCE.index(each.error.evidence))
    several = list({plain(each.name, each.problem.cause): each for each in reversed(known_best)}.items())[::-1][:_MOST]
    if len(several) == 1:
        ((words, row),) = several
        because = (f"Usual causes: {row.problem.cause}",) if words != row.problem.cause else ()
        return Headline(words=words, cure=row.problem.cure, because=because)
    (first, _), *others = several
    listed = [first.rstrip("."), *(_lowered(words).rstrip(".") for words, _ in others)]
    cures = dict.fromkeys(next(iter(steps(row.problem.cure)), "") for _, row in several)
    return Headline(words=f"{_lowered('; or '.join(listed))}.", cure=" ".join(cures), certainty="possible")


_OWN_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "alg-not-rs512": ("", "Sign with RS512. Any RSA key can do that: no other key or certificate is needed."),
    "aud-other-environment": ("", "Set aud to the URL that you post to, and sign again. Take both from one setting."),
    "code-as-subject-token": (
        "The value sent as subject_token is an authorization code, or another opaque token, and not the id_token.",
        "Exchange the code at the provider's token endpoint, and send the id_token of that answer.",
    ),
    "cis2-iss-is-api-key": (
        "iss and sub of your client_assertion are an API key of the platform; CIS2 wants its own client_id in both.",
        (
            "Sign another client_assertion for CIS2 with iss and sub set to the CIS2 client_id. Keep the API key for "
            "the platform's token endpoint."
        ),
    ),
    "iss-sub-differ": ("iss and sub of your client_assertion differ, or one of them is missing.", ""),
    "jti-number": (
        "jti in your client_assertion is a number, and has to be text.",
        "Send a new UUID as text, each time.",
    ),
    "clock-ahead": ("{cause}", ""),
    "clock-behind-or-bst": ("{cause}", ""),
    "cis2-aud-without-443": ("{cause}", ""),
    "other-private-key": (
        "Your client_assertion was not signed by the private key of the public key that the key set has under its kid.",
        "",
    ),
    "new-key-not-seen-yet, likely": ("{cause}", ""),
    "other-private-key of subject_token": (
        "The signature of your subject_token was not made by a key of the identity provider.",
        "Send the id_token exactly as you got it from the provider that its iss names.",
    ),
}
"""What some findings say to who is in a hurry: the fact without its value, which the reason then has, and the cure."""


def worded(headline: Headline) -> str:
    """Return the answer: its sentence, as sure as it is, and the first step."""
    words = {"certain": headline.words, "likely": hedged(headline), "possible": f"One of these: {headline.words}"}[
        headline.certainty
    ]
    step = next(iter(steps(headline.cure)), "") if headline.certainty != "possible" or "; or " not in words else ""
    return f"{words} {step}" if _adds(step, words) and len(words) + len(step) < _LONGEST else words


def _adds(step: str, words: str) -> bool:
    """Whether a step says more than the words before it."""
    return bool(set(_STEP_WORD.findall(step)) - {"to", "the", "a"} - set(_STEP_WORD.findall(words)))


_STEP_WORD: Final = re.compile(r"[\w/=.-]*\w")


def hedged(headline: Headline) -> str:
    """Return the sentence of a likely answer with "probably" where it belongs: after "is", before any other verb.

    A fact is not hedged, but that it is the cause.
    """
    words = headline.words
    if _HEDGED.search(words):
        return words
    verb = _VERB.match(words)
    if headline.is_seen or verb is None:
        first, _, rest = words.partition(". ")
        joint = "; that is" if ";" in first else ", which is"
        return f"{first.rstrip('.')}{joint} probably the cause.{f' {rest}' if rest else ''}"
    place = verb.end()
    return f"{words[:place]} probably{words[place:]}" if verb["be"] else f"{words[:place]}probably {words[place:]}"


_LONGEST: Final = 330


def steps(cure: str) -> tuple[str, ...]:
    """Return the sentences of a cure, at most three."""
    whole = cure.replace(_SPENT, "").replace(_GUESS, "").strip()
    return tuple(_SENTENCE.split(whole))[:_MOST] if whole else ()


def _lowered(words: str) -> str:
    first = _PROPER.match(words)
    if first is None or first[0] in _NAMES:
        return words
    return words[0].lower() + words[1:]


# what is fine


_MILESTONES: Final = (
    ("check_client_assertion_alg", "alg"),
    ("check_client_assertion_typ", "typ"),
    ("find_client_id", "iss"),
    ("find_client_id", "sub"),
    ("find_client_assertion_jti", "jti"),
    ("check_client_assertion_exp_near", "exp"),
    ("find_app", "your API key"),
    ("find_app_jwk", "kid"),
    ("check_client_assertion_signature", "public key"),
    ("check_client_assertion_signature", "signature"),
    ("check_client_assertion_aud", "aud"),
)
"""What a check has accepted, in the order of the service."""
_LATE: Final = ("your API key", "kid", "public key", "signature", "aud")
_KNOWN: Final = frozenset(["S", "Q"])


def passed_before(ruled: Sequence[Ruled], stopped: Sequence[Ruled]) -> str:
    """Return what the service had accepted when it refused: the first fault wins, where its order is known."""
    if not stopped or stopped[0].row.evidence not in _KNOWN:
        return ""
    until = min(ruled.index(each) for each in stopped)
    before = {each.rule.name for each in ruled[:until] if each.row.evidence in _KNOWN}
    refused = set(_STEP_WORD.findall(stopped[0].row.sentence))
    found = [words for name, words in _MILESTONES if name in before and words not in refused]
    late = [each for each in found if each in _LATE]
    words = listed(late or found) if found else ""
    if not words:
        return ""
    them, was = ("that", "was") if len(late or found) == 1 else ("these", "were")
    whose = "" if late else " of your client_assertion"
    return f"{words[0].upper() + words[1:] if late else words}{whose} {was} accepted: the service checks {them} first."


def well_formed(header: Mapping[str, Any], claims: Mapping[str, Any], place: Place | None, wrong: str) -> str:
    """Say what is right about a client assertion, by what it holds; `wrong` are the words that name what is not."""
    parts = [str(header["alg"])] if header.get("alg") == "RS512" else []
    parts += [f"kid {header['kid']}"] if isinstance(header.get("kid"), str) and "kid" not in wrong else []
    audience = claims.get("aud")
    if isinstance(audience, str) and place is not None and place.token_path and "aud" not in wrong:
        here = audience == f"{place.home}{place.token_path}"
        parts += [f"aud of {place.environment or place.issuer}"] if here else []
    lives = life(claims)
    if lives is not None and 0 < lives <= LIMIT and "exp" not in wrong:
        parts.append(f"lives {lives / 60:g} minutes" if lives % 60 == 0 else f"lives {duration(lives)}")
    return f"client_assertion: {', '.join(parts)}." if parts else ""


# the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An explanation of one exchange, with what it was made of.

    `sure` are the findings that leave no doubt, `apart` those that do not explain the refusal. `stopped` are the rules
    that may have refused, `rows` those of the catalogue, `spoken` is the refusal as the text has it. `heard` is that of
    an API, which the request explains better than its sentence. `has_keys` says whether the app's key set was given.
    """

    explanation: RequestExplanation
    captured: Captured | None = None
    answered: Answered | None = None
    ruled: Sequence[Ruled] = ()
    stopped: Sequence[Ruled] = ()
    rows: Sequence[Entry] = ()
    sure: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    facts: Facts | None = None
    spoken: str = ""
    heard: str = ""
    has_keys: bool = False


class Answering:
    """Finds the headline of a view's answer, and the parts that follow it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._explanation = view.explanation

    def parts(self) -> Parts:
        """Return all parts."""
        headline = self._headline()
        if headline is None:
            return self._nothing_wrong()
        answer, following = worded(headline), tuple(self._next(headline))
        if headline.certainty == "certain" and following:
            answer, following = _with_second(answer, following)
        return Parts(
            answer=answer,
            do=tuple(self._do(headline)),
            why=tuple(self._why(headline)),
            fine=tuple(self._fine(headline)) if headline.id not in _OF_OTHER_VALUES else (),
            next=following,
        )

    def _headline(self) -> Headline | None:
        """Return what is surest: by the request where it proves it, else by the text around."""
        around = list(map(of_clue, clues(self._scene()) if self._explanation.refused else ()))
        found = [each for each in self._explanation.findings if not _is_usual(each) and each.id not in self._view.apart]
        headlines = [of_finding(each, self._certainty(each)) for each in found]
        headlines = [_agreed(each, around) for each in headlines]
        around = [each for each in around if not any(_contradicts(one, each) for one in headlines)]
        sure = [each for each in (*headlines, *around) if each.certainty != "possible"]
        best = min(sure, key=lambda each: CERTAINTIES.index(each.certainty), default=None)
        if best is not None:
            return best
        by_rules, possible = self._of_rules(), next((each for each in around if each.certainty == "possible"), None)
        if possible is None or by_rules is None:
            return by_rules or possible
        both = f"{possible.words.rstrip('.')}; or {_lowered(by_rules.words)}"
        return replace(possible, words=both)

    def _certainty(self, finding: Finding) -> Certainty:
        """Return how sure a finding is: what the service said without a sentence makes none certain."""
        facts, sure = self._view.facts, "certain" if finding.id in self._view.sure else finding.certainty
        refused = facts is not None and any(each.status >= _REFUSED for each in facts.statuses)
        answered = self._view.answered
        said = bool(self._view.heard) or (answered is not None and bool(answered.sentence or answered.page))
        return "likely" if sure == "certain" and refused and not said else sure

    def _of_rules(self) -> Headline | None:
        """Return what the refusing rule says, by the request or else by its sentence alone."""
        view = self._view
        objecting = next((each for each in view.stopped if each.refusal is not None), None)
        if objecting is not None and objecting.refusal is not None and view.rows:
            own = (row for row in view.rows if objecting.rule.name in {rule for _, rule in row.rules})
            problem = next(own, view.rows[0]).problem
            return Headline(words=objecting.refusal.diagnosis, cure=problem.cure, because=(problem.cause,))
        if view.rows and self._explanation.refused:
            return of_rows(view.rows)
        return None

    def _of_status(self, facts: Facts) -> Headline | None:
        """Return what a status alone says where the service has few refusals with it; nothing of it is certain."""
        place, captured = self._place(), self._view.captured
        status = next(each.status for each in reversed(facts.statuses) if each.status >= _REFUSED)
        if place is None or captured is None or place.provider:
            return None
        is_api = place.service == "gateway"
        rows = [
            each
            for each in entries()
            if each.service == ("an API's gateway" if is_api else "the token service")
            and each.error.status == status
            and each.error.sentence
            and each.error.evidence in _KNOWN
            and (status == _TOO_MANY or not is_api or each.name.startswith("TOKEN_"))
            and not (captured.header("authorization") and each.name == "TOKEN_MISSING")
        ]
        headline = of_rows(rows) if 0 < len({each.problem for each in rows}) <= _MOST else None
        return (
            replace(headline, certainty="likely")
            if headline is not None and headline.certainty == "certain"
            else headline
        )

    def _of_api_itself(self, facts: Facts) -> Parts | None:
        """Return what is said of an OperationOutcome of an API's own: the gateway has let the call through."""
        place, status = self._place(), next(each.status for each in reversed(facts.statuses) if each.status >= _REFUSED)
        if place is None or place.service != "gateway" or status in _OF_TOKENS or "OperationOutcome" not in facts.text:
            return None
        code = next((code for code, _ in facts.api_codes), "")
        named = f" with the code {code}" if code else ""
        return Parts(
            answer=f"The API itself refused this call{named}; its gateway probably accepted your token. Read "
            "diagnostics, and look the code up in the API's documentation.",
            do=("For help give the API's team the X-Correlation-ID of the call.",),
        )

    def _scene(self) -> Scene:
        view = self._view
        body = view.captured.body.decode(errors="replace") if view.captured is not None else ""
        rules = {each.rule.name for each in view.stopped} or {rule for row in view.rows for _, rule in row.rules}
        return Scene(
            facts=view.facts or Facts(text=""),
            rules=frozenset(rules),
            captured=view.captured,
            form=dict(parse_qsl(body)),
        )

    def _do(self, headline: Headline) -> Iterator[str]:
        said = worded(headline)
        yield from (each for each in steps(headline.cure) if each not in said and _adds(each, said))
        rules = {each.rule.name for each in self._view.stopped}
        unjudged = {each.rule.name for each in self._view.stopped if each.refusal is None}
        if unjudged & _OF_THE_KEY_SET and not self._view.has_keys:
            yield _BY_KEY_SET
        if self._explanation.corrected and rules & _OF_THE_FORM:
            yield self._explanation.corrected
        yield from secrets_in(self._view.facts)

    def _why(self, headline: Headline) -> Iterator[str]:
        said = (self._view.spoken or self._view.answered.sentence) if self._view.answered is not None else ""
        if said or self._view.heard:
            objects = any(each.refusal is not None for each in self._view.stopped)
            words = said or self._view.heard
            yield f'The service said "{words}"{"" if words.endswith(".") else "."}{" That fits." if objects else ""}'
        yield from (each for each in headline.because if each not in headline.words)

    def _fine(self, headline: Headline) -> Iterator[str]:
        passed = passed_before(self._view.ruled, self._view.stopped) if self._explanation.by == "answer" else ""
        if passed:
            yield passed
        token = self._assertion()
        if token is not None and not passed:
            words = well_formed(token.header, token.claims, self._place(), headline.words)
            if words:
                yield f"{words}{self._of_signature()}"

    def _next(self, headline: Headline) -> Iterator[str]:
        if headline.id not in _OF_OTHER_VALUES:
            yield from (each.replace(" is nothing", " is missing") for each in self._explanation.then)

    def _assertion(self) -> Jwt | None:
        form = self._scene().form
        return jwts.decoded(form.get("client_assertion", ""))

    def _of_signature(self) -> str:
        """Say that a signature was not checked for want of the key set; decoded parts of a JWT have none."""
        sent = self._scene().form.get("client_assertion", "")
        return "" if self._view.has_keys or sent.endswith(NO_SIGNATURE) else f" {_UNSIGNED}"

    def _place(self) -> Place | None:
        return place_of(self._view.captured.url) if self._view.captured is not None else None

    def _nothing_wrong(self) -> Parts:
        token, place = self._assertion(), self._place()
        if self._view.answered is not None and self._view.answered.refuses:
            return Parts(answer="I know no check that gives this answer.", why=self._explanation.notes)
        if self._view.facts is not None and any(each.status >= _REFUSED for each in self._view.facts.statuses):
            usual = self._of_status(self._view.facts)
            if usual is not None:
                whole = ("Paste the whole body of the answer, too: it says which.",)
                return Parts(answer=worded(usual), do=(*steps(usual.cure)[1:], *whole), why=usual.because)
            own = self._of_api_itself(self._view.facts)
            if own is not None:
                return own
            return Parts(
                answer="The request itself shows nothing that would be refused, and I know no sentence of this answer.",
                do=("Paste the whole body of the answer, too.",),
            )
        if token is None or place is None:
            return Parts(answer=f"{self._explanation.request}: I see nothing that would be refused.")
        return self._looks_right(token, place)

    def _looks_right(self, token: Jwt, place: Place) -> Parts:
        """Return what is said of a client assertion in which nothing would be refused."""
        url = f"{place.home}{place.token_path}"
        if url != token.claims.get("aud") == url.replace(":443/", "/"):
            return Parts(answer=f"aud of this client_assertion lacks the port :443. Set aud to {url}.")
        expired = token.claims.get("exp")
        made = token.claims.get("iat")
        is_over = javascript.is_number(expired) and javascript.number(expired) < time.time()
        when = (
            f"It was made {moment_in_words(javascript.number(made))}"
            if javascript.is_number(made)
            else "Its exp is over"
        )
        return Parts(
            answer=f"This client_assertion looks right for {url}.",
            why=(
                (
                    "Only the service knows whether iss is an API key of this environment, and whether your public "
                    "key is registered under this kid."
                ),
            ),
            fine=(f"{well_formed(token.header, token.claims, place, '')}{self._of_signature()}",),
            moment=f"{when}, and it has expired since. That is normal." if is_over else "",
        )


def _with_second(answer: str, following: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Name the second fault beside the first, where both find room in two lines; the rest is said afterwards."""
    fault, *rest = _SENTENCE.split(following[0])
    both = f"{answer} Next: {fault}"
    if len(both) > _TWO_LINES:
        return answer, following
    return both, (" ".join(rest), *following[1:]) if rest else following[1:]


_TWO_LINES: Final = 195
_OF_THE_KEY_SET: Final = frozenset(
    ["check_app_jwks_readable", "find_app_jwk", "decode_app_key", "check_client_assertion_signature"]
)
_BY_KEY_SET: Final = "Give your key set with --jwks: it may show which key made the signature."
_UNSIGNED: Final = "Its signature was not checked: give your key set with --jwks."
_OF_OTHER_VALUES: Final = frozenset(["swapped-tokens"])
"""Findings after which nothing else about the client_assertion is said: another value belongs there."""
_OF_THE_FORM: Final = frozenset(
    [
        *("check_client_assertion_type", "check_client_assertion_present", "check_content_type_form"),
        *("check_grant_type_present", "check_grant_type_known"),
    ]
)
"""Rules that a request of the right form passes: how it is sent right is then printed."""
_REFUSED: Final = 400
_TOO_MANY: Final = 429
_OF_TOKENS: Final = (401, 403, _TOO_MANY)
"""Statuses by which the gateway refuses a call; the others are the API's own."""
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")


def _is_usual(finding: Finding) -> bool:
    return " answers this" in finding.seen


def moment_in_words(seconds: float) -> str:
    """Return a moment as a person says it: the day, and the time in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("on %A %-d %B %Y, %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "at a time that is no time"


def secrets_in(facts: Facts | None) -> Iterator[str]:
    """Yield a warning of each secret that a text shows."""
    if facts is None:
        return
    if _PEM.search(facts.text):
        yield "Replace your private key if this is the real one: it belongs in no code and in no post."
    if any(each.name == "client_secret" and is_literal(each.value) for each in facts.pairs):
        yield "Rotate the client secret: you have posted it in plain text."
    if any(each.name == "refresh_token" and is_literal(each.value) for each in facts.pairs):
        yield "Log that person out: the refresh token in your text opens their session for up to 12 hours."
