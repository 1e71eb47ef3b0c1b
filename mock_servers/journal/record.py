"""A record: one exchange as a test or a person reads it afterwards, with every secret and token cut.

A record is kept before its answer leaves. Its explanation is computed afterwards, or when it is first read.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from mock_servers.journal.compact import CompactMapping, compacted
from mock_servers.journal.finding import Finding
from mock_servers.journal.rule_trace import Step, Walk, steps
from mock_servers.rules import Refusal
from mock_servers.state.grant import fingerprint
from mock_servers.state.table import StateError
from mock_servers.wire import wording
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Answer, Parameters, Request
from mock_servers.wire.wording import cut, moment

_log = logging.getLogger(__name__)

PROTOCOL: Final = frozenset(
    [
        "grant_type",
        "subject_token_type",
        "client_assertion_type",
        "requested_token_type",
        "redirect_uri",
        "scope",
        "response_type",
        "max_age",
        "acr_values",
    ]
)
"""Parameters whose values are the protocol's own, or the app's public address."""
_ASKED_WHOLE: Final = PROTOCOL | frozenset(
    [
        "client_id",
        "error",
        "error_description",
        "_access_token_expiry_ms",
        "_refresh_token_expiry_ms",
        "_refresh_tokens_validity_ms",
        "content-type",
        "user-agent",
        "accept",
        "host",
        "origin",
    ]
)
"""Parameters and headers of requests whose values are not secret. Any other may hold a secret, and is cut."""
_SHOWN_WHOLE: Final = _ASKED_WHOLE | frozenset(
    [
        "token_type",
        "issued_token_type",
        "expires_in",
        "refresh_token_expires_in",
        "refresh_count",
        "issued_at",
        "message_id",
        "fault",
        "message",
        "policy",
        "limit",
        "interval",
        "timeunit",
        "ratelimiting_expiry_time_ms",
        "status",
        "version",
        "revision",
        "releaseId",
        "commitId",
        "checks",
        "outcome",
    ]
)
"""The same for answers, which have more members that the service itself fills."""
_LONGEST: Final = 300
_LONG: Final = 100
_RUN: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{_LONG},}}")
_HEADERS: Final = ("host", "content-type", "authorization", "apikey", "user-agent", "origin")
_SECRETS: Final = frozenset(
    [
        "client_assertion",
        "subject_token",
        "actor_token",
        "assertion",
        "access_token",
        "refresh_token",
        "id_token",
        "code",
        "code_verifier",
        "client_secret",
        "authorization",
        "apikey",
        "logout_token",
    ]
)


_NOTHING: Final = Confidential(())
_ALIKE: Final = 64
"""The newest pieces of advice, and the newest needs, that equal ones share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedError:
    """The error that was sent, and the rule behind it; `evidence` is the letter of the error row."""

    code: str
    description: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The explanation of an exchange: findings, the best first; what would be refused next; and advice.

    `jwts` are the decoded JWTs of a refused request by their place, as JSON; those of other requests are in the record.
    `headline` is what the first finding has seen, if that is certainly the reason for the refusal. `answer` is the
    reason and the first step of its cure, in a sentence or two: that of the first finding, or that of the rule where
    the first finding is about a later one.
    """

    headline: str | None = None
    answer: str | None = None
    findings: tuple[Finding, ...] = ()
    foreseen: tuple[Refusal, ...] = ()
    advice: tuple[str, ...] = ()
    jwts: Mapping[str, str] = field(default_factory=dict)

    @property
    def then(self) -> tuple[str, ...]:
        """What would be refused next, in words for developers."""
        return tuple(later.diagnosis for later in self.foreseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedJwt:
    """Header and claims of a JWT from a form; without its signature it is useless."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class _CompactJwts(CompactMapping):
    __slots__ = ()

    def whole(self) -> dict[str, Any]:
        return {
            name: ReceivedJwt(header=header, claims=claims)
            for name, (header, claims) in CompactMapping.whole(self).items()
        }


@lru_cache(maxsize=_ALIKE)
def _advised(headline: str | None, advice: tuple[str, ...]) -> Examination:
    """Return the explanation of a success; equal advice shares one."""
    return Examination(headline=headline, advice=advice)


@lru_cache(maxsize=_ALIKE)
def _alike(need: tuple[object, ...]) -> tuple[object, ...]:
    """Return one object for equal needs, which are compared with many."""
    return need


@dataclass(slots=True, kw_only=True)
class Record:
    """One exchange. `at` is seconds since 1970, `sent` the hashes of the request's secrets by field.

    `received` are the decoded JWTs of its form, by field. `id` is its number in the journal, `world` the world of that
    journal; `client_id` is the client that was identified, else the one named in the form.
    """

    id: int = 0
    world: str | None = None
    at: float
    service: str
    method: str
    path: str
    status: int
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    sent: Mapping[str, bytes]
    received: Mapping[str, ReceivedJwt] = field(default_factory=dict, repr=False)
    client_id: str | None = None
    message_id: str | None = None
    refusal: RecordedError | None = None
    diagnosis: str | None = None
    walk: Walk | None = None
    _need: tuple[object, ...] | None = field(default=None, repr=False)
    _hidden: Confidential = field(default=_NOTHING, repr=False)
    _examine: Callable[[Record], Examination] | None = None
    _examined: Examination = field(default_factory=Examination)
    _flow: str = field(default="", repr=False)
    _steps: Sequence[Step] = field(default=(), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _jti: int | None = field(default=None, repr=False, compare=False)

    def explain_with(self, examine: Callable[[Record], Examination]) -> None:
        """Set the function that computes the explanation when it is first read."""
        self._examine = examine

    def examination(self) -> Examination:
        """Return the explanation, computed once; a finder that fails is logged and explains nothing.

        Nor is anything explained that the state would be needed for while that cannot be reached.
        """
        with self._lock:
            examine, self._examine = self._examine, None
            if examine is None:
                return self._examined
            try:
                self._examined = self._hidden.cut_in(examine(self))
            except StateError:  # which is logged for the requests that are answered with 503
                pass
            except Exception:  # noqa: BLE001 - explaining must never change an answer
                _log.exception("exchange %s could not be explained", self.id, extra={"world": self.world})
            return self._examined

    def hide(self, values: Confidential) -> None:
        """Cut these values in everything that it shows, now and later."""
        self._hidden, self._need = values, None
        for name in ("path", "request", "response", "received", "client_id", "refusal", "diagnosis"):
            setattr(self, name, values.cut_in(getattr(self, name)))
        if self.walk is not None:
            self.walk = replace(self.walk, refusal=values.cut_in(self.walk.refusal))

    def be_explained(self, examined: Examination, flow: str, steps: Sequence[Step]) -> None:
        """Set the explanation, computed when the exchange was kept."""
        self._examined, self._flow, self._steps = examined, flow, steps

    def fold(self) -> None:
        """Use less memory from now on; the content stays the same."""
        assertion = self.received.get("client_assertion")
        if assertion is not None:
            self._jti = _hashed(assertion.claims.get("sub"), assertion.claims.get("jti"))
        received = {name: (jwt.header, jwt.claims) for name, jwt in self.received.items()}
        self.request, self.response = compacted(self.request, self.request), compacted(self.response, self.response)
        self.received = compacted(self.received, received, _CompactJwts)
        if self._lock.acquire(blocking=False):  # otherwise it is being explained just now
            said = self._examined
            if not (said.answer or said.findings or said.foreseen or said.jwts):
                self._examined = _advised(said.headline, said.advice)
            self._lock.release()

    def has_jti(self, sub: Any, jti: Any) -> bool:
        """Whether its client assertion had this jti."""
        if self._jti is not None and self._jti != _hashed(sub, jti):
            return False
        received = self.received.get("client_assertion")
        claims = received.claims if received is not None else {}
        return (claims.get("sub"), claims.get("jti")) == (sub, jti)

    def leave_unexplained(self) -> None:
        """Compute no explanation from now on: the journal and the state that it needs are gone."""
        with self._lock:
            self._examine = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why it was refused, the best explanation first."""
        return self.examination().findings

    @property
    def headline(self) -> str | None:
        """Why it was refused, in a sentence: what the surest finding has seen, else the rule's diagnosis."""
        return self.examination().headline or self.diagnosis

    @property
    def answer(self) -> str | None:
        """The reason for this refusal and what to change first, in a sentence or two."""
        return self.examination().answer or self.headline

    @property
    def advice(self) -> tuple[str, ...]:
        """What the service accepts, but will cause trouble."""
        return self.examination().advice

    def timeline(self) -> list[Step]:
        """Return the rules of its flow and their results; nothing if the flow is not known."""
        return steps(self.walk, self.examination().foreseen) if self.walk else list(self._steps)

    @property
    def flow(self) -> str:
        """The name of its flow; empty if unknown."""
        return self.walk.flow.name if self.walk else self._flow

    @property
    def error(self) -> str | None:
        """The error code that was sent, such as `invalid_request`; `None` for a success."""
        return self.refusal.code if self.refusal else None

    @property
    def error_description(self) -> str | None:
        """The sentence that was sent; `None` for a success."""
        return self.refusal.description if self.refusal else None

    @property
    def grant_type(self) -> str | None:
        """The grant type that was requested."""
        sent = self.request["form"].get("grant_type")
        return str(sent) if sent is not None else None

    @property
    def need(self) -> tuple[object, ...]:
        """The purpose of its token: one token would serve two requests with the same need.

        For a person's token that includes the id_token.
        """
        if self._need is None:
            host, subject = self.request["headers"].get("host"), self.sent.get("subject_token")
            self._need = _alike((self.client_id, host, self.path, self.status, self.grant_type, subject))
        return self._need

    def as_json(self) -> dict[str, Any]:
        """Return the record as the control API returns it."""
        examined = self.examination()
        error = self.refusal
        return {
            "id": self.id,
            "world": self.world,
            "at": moment(self.at),
            "service": self.service,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "client_id": self.client_id,
            "message_id": self.message_id,
            "request": dict(self.request),
            "response": dict(self.response),
            "error": asdict(error) if error else None,
            "headline": self.headline,
            "diagnosis": self.diagnosis,
            "answer": self.answer,
            "findings": [asdict(finding) for finding in examined.findings],
            "then": list(examined.then),
            "advice": list(examined.advice),
        }

    def __str__(self) -> str:
        """One line: method, path, status, error, headline."""
        return self._head() if self.refusal is None else f"{self._head()} | {wording.one_line(str(self.headline))}"

    def explained(self) -> str:
        """Return method, path, status and error, and below them the explanation, the surest finding first, indented.

        It holds no control characters for a terminal.
        """
        examined = self.examination()
        blocks = [finding.lines() for finding in examined.findings]
        blocks.insert(1 if examined.headline else 0, [f"Rule: {self.diagnosis}"] if self.diagnosis else [])
        lines = [line for block in blocks for line in block]
        lines += [f"Next: {each}" for each in examined.then]
        lines += [f"Advice: {each}" for each in examined.advice]
        return "\n".join([self._head(), *(f"  {wording.one_line(line)}" for line in lines)])

    def _head(self) -> str:
        error = (self.refusal.code, self.refusal.description) if self.refusal else ()
        return wording.one_line(" ".join([self.method, ascii(self.path)[1:-1], str(self.status), *filter(None, error)]))


def _hashed(sub: Any, jti: Any) -> int:
    """Return a number that differs for most different pairs; equal pairs have the same."""
    try:
        return hash((sub, jti))
    except TypeError:  # an object or a list
        return 0


def request_shown(request: Request) -> dict[str, Any]:
    """Return a request as a record shows it."""
    return {
        "headers": {name: _shown(name, request.headers[name]) for name in _HEADERS if name in request.headers},
        "query": _parameters(request.query),
        "form": _parameters(request.form),
    }


def response_shown(answer: Answer) -> dict[str, Any]:
    """Return an answer as a record shows it."""
    body = answer.body
    members = {} if isinstance(body, str) else {name: _shown(name, each, _SHOWN_WHOLE) for name, each in body.items()}
    headers = {name: _header_shown(name, value) for name, value in answer.headers.items()}
    return {"status": answer.status, "headers": headers, "body": members}


def secrets_sent(request: Request) -> dict[str, bytes]:
    """Return the hashes of the secrets in a request, by form field or header."""
    form = {name: value for name, value in reversed(request.form.pairs) if name in _SECRETS and value}
    headers = {name: value.removeprefix("Bearer ") for name, value in request.headers.items() if name in _SECRETS}
    return {name: fingerprint(value) for name, value in (form | headers).items()}


def _header_shown(name: str, value: str) -> str:
    if name == "Set-Cookie":
        cookie, _, attributes = value.partition(";")
        return f"{cookie.partition('=')[0]}={cut(cookie.partition('=')[2])};{attributes}"
    if name not in ("Location", "Refresh"):
        return value
    target, mark, query = value.partition("?")
    cut_query = "&".join(
        f"{key}={_shown(key, text, _SHOWN_WHOLE)}" for key, text in parse_qsl(query, keep_blank_values=True)
    )
    return f"{target}{mark}{cut_query}"


def _parameters(parameters: Parameters) -> dict[str, Any]:
    return {wording.name(name): _shown(name, value) for name, value in reversed(parameters.pairs)}


def shown_parameter(name: str, value: str) -> str:
    """Return a parameter's value as it may be shown."""
    return str(_shown(name, value))


def _shown(name: str, value: Any, whole: AbstractSet[str] = _ASKED_WHOLE) -> Any:
    if not isinstance(value, str):
        return value
    if name in whole and not _is_secretive(value):
        return value[:_LONGEST]
    return cut(value) if value else value


def _is_secretive(value: str) -> bool:
    """Whether a value is one that no harmless parameter holds, such as a JWT or a key."""
    jwt, key = "eyJ", "-----BEGIN"
    return jwt in value or key in value or (len(value) >= _LONG and _RUN.search(value) is not None)
