"""The checks of the client contract, in the order of a scorecard, each with its purpose.

Evidence letters are those of the service's rule behind a check: S read in its source, D documented, I inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from typing import Any, Final

from contract_tests.client_contract.stage import CLIENT_ID, KID, Sent, Stage, staged
from contract_tests.client_contract.subject import Got, Session, Subject
from mock_servers.jose.keys import KeyRing

FORM: Final = "application/x-www-form-urlencoded"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALLOWED_AHEAD: Final = 300
SKEW: Final = 60
HASTY: Final = 1.0
"""Seconds; a client that asks again sooner after a 429 does not back off."""
LIVES: Final = 599
"""The `expires_in` of a token, in seconds."""
OK: Final = HTTPStatus.OK
PLANNED_FAULT: Final = (503, {"error": "service_unavailable"})


class NotAskedError(Exception):
    """This client cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A fresh client before a fresh stage."""

    stage: Stage
    session: Session

    @property
    def requests(self) -> list[Sent]:
        """The requests that it has sent to the token endpoint so far."""
        return self.stage.sent


@dataclass(slots=True)
class Trial:
    """One client under judgement; everything it said and every secret it had is kept for the last check."""

    subject: Subject
    ring: KeyRing
    said: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    refusal: tuple[Got, Sent] | None = None
    showed_message_id: bool = False
    _first: Sent | None = None

    @contextmanager
    def opened(self, *, skew: float = 0.0, quota: int = 300) -> Iterator[Opened]:
        """Start the client afresh."""
        with staged(self.ring, skew=skew, quota=quota) as stage, self.subject.start(stage.settings()) as session:
            yield Opened(stage=stage, session=session)
            self.said.append(session.said())
            self.secrets += stage.secrets()

    def first(self) -> Sent:
        """Return the first request of a new client. Raises NotAskedError if it sends none."""
        if self._first is None:
            with self.opened() as opened:
                got, sent = opened.session.token(), opened.requests
            if not sent:  # after the block, which keeps what the client said
                said = got.error.strip().splitlines() or ["no word why"]
                raise NotAskedError(f"it sent nothing to the token endpoint: {cut(said[-1])}")  # of a traceback the end
            self._first = sent[0]
        return self._first

    def masked(self, text: str) -> str:
        """Return text without any secret that the client had."""
        for secret in self.secrets:
            text = text.replace(secret, "(hidden)")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check. `find` returns what is wrong, or `None`; it raises NotAskedError for a client that it cannot test.

    What an `optional` check finds is advice: the real service accepts such a client.
    """

    id: str
    asks: str
    evidence: str
    cure: str
    find: Callable[[Trial], str | None]
    optional: bool = False


def cut(text: object, most: int = 120) -> str:
    """Return text for one line of a scorecard."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[:most]}… ({len(line)} characters)"


# What the first request looks like.


def _form(trial: Trial) -> str | None:
    sent = trial.first()
    if sent.content_type.partition(";")[0].strip().lower() != FORM:
        return f"Content-Type is {cut(sent.content_type)!r}"
    if sent.repeated:
        return f"{', '.join(sent.repeated)} is there more than once"
    return None if sent.form else "the form is empty"


def _charset(trial: Trial) -> str | None:
    sent = trial.first().content_type
    return f"Content-Type is {cut(sent)!r}" if sent != FORM and sent.startswith(FORM) else None


def _nothing_elsewhere(trial: Trial) -> str | None:
    sent = trial.first()
    if sent.query:
        return f"the URL has a query of {len(sent.query)} characters"
    return f"there is an Authorization header of {len(sent.authorization)} characters" if sent.authorization else None


def _grant(trial: Trial) -> str | None:
    form = trial.first().form
    kind = form.get("client_assertion_type")
    if form.get("grant_type") != "client_credentials":
        return f"grant_type is {cut(form.get('grant_type'))!r}"
    return None if kind == ASSERTION_TYPE else f"client_assertion_type is {cut(kind)!r}"


def _header(trial: Trial) -> Mapping[str, Any]:
    return _parts(trial)[0]


def _claims(trial: Trial) -> Mapping[str, Any]:
    return _parts(trial)[1]


def _parts(trial: Trial) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    header, claims = trial.first().assertion
    if not header and not claims:
        raise NotAskedError("it sent no client_assertion that can be read")
    return header, claims


def _alg(trial: Trial) -> str | None:
    alg = _header(trial).get("alg")
    return None if alg == "RS512" else f"alg is {cut(alg)!r}"


def _typ(trial: Trial) -> str | None:
    typ = _header(trial).get("typ")
    return None if str(typ).upper() == "JWT" else f"typ is {cut(typ)!r}"


def _kid(trial: Trial) -> str | None:
    kid = _header(trial).get("kid")
    return None if kid == KID else f"kid is {cut(kid)!r}, and {KID!r} is registered"


def _iss_sub(trial: Trial) -> str | None:
    iss, sub = _claims(trial).get("iss"), _claims(trial).get("sub")
    return None if iss == sub == CLIENT_ID else f"iss is {cut(iss)!r}, sub {cut(sub)!r}"


def _aud(trial: Trial) -> str | None:
    aud, url = _claims(trial).get("aud"), trial.first().url
    return None if aud == url or (isinstance(aud, list) and url in aud) else f"aud is {cut(aud)!r}, called was {url!r}"


def _jti(trial: Trial) -> str | None:
    jti = _claims(trial).get("jti")
    return None if isinstance(jti, str) and jti else f"jti is {cut(jti)!r}"


def _ahead(trial: Trial) -> float:
    exp = _claims(trial).get("exp")
    if isinstance(exp, bool) or not isinstance(exp, int | float):
        raise _WrongExpError(f"exp is {cut(exp)!r}, which is no number")
    return exp - trial.first().now


class _WrongExpError(Exception):
    """The message contains the value of exp."""


def _lifetime(trial: Trial) -> str | None:
    try:
        ahead = _ahead(trial)
    except _WrongExpError as wrong:
        return str(wrong)
    if ahead > ALLOWED_AHEAD:
        return f"exp is {ahead:.0f} s ahead"
    return None if ahead > 0 else f"exp was {-ahead:.0f} s ago"


def _token(trial: Trial) -> str | None:
    sent = trial.first()
    text = f"{sent.status} {sent.answer.get('error', '')}: {cut(sent.answer.get('error_description', ''))}"
    return None if sent.status == OK else text


# Behaviour.


def _skewed(seconds: int) -> Callable[[Trial], str | None]:
    def find(trial: Trial) -> str | None:
        _needs_token(trial)
        with trial.opened(skew=seconds) as opened:
            opened.session.token()
            return _refused(opened.requests[-1]) if opened.requests else "it sent nothing"

    return find


def _refused(sent: Sent) -> str | None:
    if sent.status == OK:
        return None
    return f"{sent.status} {sent.answer.get('error', '')}: {cut(sent.answer.get('error_description', ''))}"


def _needs_token(trial: Trial) -> None:
    if trial.first().status != OK:
        raise NotAskedError("it gets no token to begin with")


def _kept(trial: Trial) -> str | None:
    _needs_token(trial)
    with trial.opened() as opened:
        if not opened.session.keeps:
            raise NotAskedError("each call is a process of its own, which keeps nothing")
        for _ in range(3):
            opened.session.token()
        asked = len(opened.requests)
    return None if asked == 1 else f"three calls in one moment asked for {asked} tokens"


def _renewed(trial: Trial) -> str | None:
    _needs_token(trial)
    with trial.opened() as opened:
        if not opened.session.reads_clock:
            raise NotAskedError("its time cannot be moved: take Settings.clock for its own, and say so")
        opened.session.token()
        opened.stage.platform.clock.advance(LIVES - 1)
        opened.session.token()
        asked = len(opened.requests)
    return None if asked > 1 else "it uses a token in the last second of its life"


def _fresh_jti(trial: Trial) -> str | None:
    _needs_token(trial)
    with trial.opened() as opened:
        opened.stage.planned = [PLANNED_FAULT]
        opened.session.token()
        if len(opened.requests) == 1:
            opened.session.token()
        jtis = [sent.assertion[1].get("jti") for sent in opened.requests]
    if len(jtis) < 2:
        raise NotAskedError("it never asked again after a 503")
    return None if len(set(map(str, jtis))) == len(jtis) else "the same assertion was sent again after a 503"


def _backs_off(trial: Trial) -> str | None:
    _needs_token(trial)
    with trial.opened(quota=1) as opened:
        opened.stage.use_up_quota()
        opened.session.token()
        pauses = [later.at - sooner.at for sooner, later in pairwise(opened.requests)]
    hasty = [pause for pause in pauses if pause < HASTY]
    return f"it asked {len(hasty)} more times within a second of a 429" if hasty else None


def _fails_on_refusal(trial: Trial) -> str | None:
    got, sent = _refusal(trial)
    if got.well:
        return f"it goes on after a {sent.status}, with {'something' if got.token else 'nothing'} in place of a token"
    return None


def _shows_message_id(trial: Trial) -> str | None:
    _, sent = _refusal(trial)
    return (
        None if trial.showed_message_id else f"neither its error nor its log has {cut(sent.answer.get('message_id'))}"
    )


def _refusal(trial: Trial) -> tuple[Got, Sent]:
    """Let the app be revoked, and return the result of the next call."""
    if trial.refusal is None:
        with trial.opened() as opened:
            opened.stage.platform.apps.change(CLIENT_ID, approved=False)
            got = opened.session.token()
            if not opened.requests:
                raise NotAskedError("it sent nothing to the token endpoint")
            sent = opened.requests[-1]
            message_id = str(sent.answer.get("message_id"))
            trial.showed_message_id = message_id in f"{got.error}\n{opened.session.said()}"
            trial.refusal = got, sent
    return trial.refusal


def _rotates(trial: Trial) -> str | None:
    with trial.opened() as opened:
        if not opened.session.exchanges:
            raise NotAskedError("it has no exchange(id_token) and refresh()")
        opened.session.exchange(opened.stage.id_token())
        got = [opened.session.refresh() for _ in range(2)]
        refused = [problem for sent in opened.requests if (problem := _refused(sent))]
        refreshes = [sent for sent in opened.requests if sent.grant_type == "refresh_token"]
    if refused:
        return refused[0]
    if len(refreshes) < 2:
        return f"it refreshed {len(refreshes)} times of two: {cut(got[-1].error)}"
    return None


def _keeps_secrets(trial: Trial) -> str | None:
    if not trial.said:  # it is the only check
        with suppress(NotAskedError):
            trial.first()
    said = "\n".join(trial.said)
    text = "".join(said.split())
    found = [secret for secret in dict.fromkeys(trial.secrets) if secret in said or secret in text]
    if not found:
        trial.first()  # it has sent nothing that could be compared
        return None
    return f"{len(found)} of the keys, secrets, assertions and tokens that it had are in what it logged or said"


_SIGN_ANEW: Final = "Sign inside the call, with a new UUID as jti: the service remembers one for days, refused or not."
CHECKS: Final = (
    Check(id="form", asks="sends a form", evidence="S", cure=f"Send {FORM}, each parameter once.", find=_form),
    Check(
        id="charset",
        asks="sends the form without a charset",
        evidence="I",
        cure=f"Set Content-Type to {FORM} by hand: whether the service minds a charset is in doubt.",
        find=_charset,
    ),
    Check(
        id="nothing-elsewhere",
        asks="puts nothing into the URL or an Authorization header",
        evidence="S",
        cure="Put every parameter into the form: the rest is not read, and URLs end up in logs.",
        find=_nothing_elsewhere,
    ),
    Check(
        id="grant",
        asks="asks for client_credentials by an assertion",
        evidence="S",
        cure=f"Send grant_type=client_credentials and client_assertion_type={ASSERTION_TYPE}.",
        find=_grant,
    ),
    Check(id="alg", asks="signs with RS512", evidence="S", cure="Sign with RS512.", find=_alg),
    Check(id="kid", asks="names the registered key", evidence="S", cure="Set the header kid to it.", find=_kid),
    Check(id="typ", asks="says typ JWT", evidence="S", cure='Set the header typ to "JWT".', find=_typ),
    Check(id="iss-sub", asks="is iss and sub", evidence="S", cure="Set both to the app's API key.", find=_iss_sub),
    Check(id="jti", asks="has a jti of text", evidence="S", cure="Set jti to a new UUID, as text.", find=_jti),
    Check(
        id="lifetime",
        asks="lets the assertion live five minutes at most",
        evidence="S",
        cure="Set exp to now + 240, a number of seconds.",
        find=_lifetime,
    ),
    Check(
        id="aud",
        asks="says the URL that it calls as aud",
        evidence="S",
        cure="Take both from one setting, letter by letter.",
        find=_aud,
    ),
    Check(id="token", asks="gets a token", evidence="S", cure="See what failed above.", find=_token),
    Check(
        id="clock-fast",
        asks="gets one when its clock is a minute fast",
        evidence="S",
        cure="Set exp to now + 240, and leave iat and nbf out: the service wants neither.",
        find=_skewed(SKEW),
    ),
    Check(
        id="clock-slow",
        asks="gets one when its clock is a minute slow",
        evidence="S",
        cure="Set exp to more than a minute ahead.",
        find=_skewed(-SKEW),
    ),
    Check(
        id="kept",
        asks='keeps a token, and reads "expires_in": "599" as seconds',
        evidence="S",
        cure="Keep the token until a minute before its end; expires_in is a text that holds seconds.",
        find=_kept,
    ),
    Check(
        id="renewed",
        asks="renews a token before its last second",
        evidence="S",
        cure="Renew about 60 seconds before the end.",
        find=_renewed,
    ),
    Check(id="fresh-assertion", asks="signs anew for a second try", evidence="S", cure=_SIGN_ANEW, find=_fresh_jti),
    Check(
        id="back-off",
        asks="does not ask again at once after a 429",
        evidence="S",
        cure="Wait until ratelimiting_expiry_time_ms.",
        find=_backs_off,
    ),
    Check(
        id="refusal",
        asks="goes on to nothing after a refusal",
        evidence="S",
        cure="Look at the status before the body: an error has no access_token.",
        find=_fails_on_refusal,
    ),
    Check(
        id="message-id",
        asks="shows the message_id of a refusal",
        evidence="D",
        cure="Log error, error_description and message_id: the service's support asks for the last.",
        find=_shows_message_id,
        optional=True,
    ),
    Check(
        id="rotation",
        asks="refreshes with the newest refresh token",
        evidence="S",
        cure="Keep the refresh_token of each answer, and drop the one that was sent.",
        find=_rotates,
    ),
    Check(
        id="secrets",
        asks="logs no key, secret, assertion or token",
        evidence="D",
        cure="Log names and lengths, never values.",
        find=_keeps_secrets,
    ),
)
"""`secrets` comes last: it looks at what all the others have heard."""
