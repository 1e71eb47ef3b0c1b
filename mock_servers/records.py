"""The journal: each exchange as a test or a person may read it afterwards, with every secret and token cut.

A record is kept before its answer leaves. What explains it is worked out afterwards, or when it is first read.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, overload
from urllib.parse import parse_qsl

from mock_servers import wording
from mock_servers.provenance import fingerprint
from mock_servers.request import Answer, Parameters, Request
from mock_servers.rules import Refusal
from mock_servers.timeline import Step, Walk, steps
from mock_servers.wording import cut, moment

LIMIT: Final = 1000
"""Records that are kept; the oldest go first."""

_log = logging.getLogger("mock_servers.exchanges")

_ASKED_WHOLE: Final = frozenset(
    [
        "grant_type",
        "subject_token_type",
        "client_assertion_type",
        "requested_token_type",
        "client_id",
        "redirect_uri",
        "scope",
        "response_type",
        "max_age",
        "acr_values",
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
"""Parameters and headers of requests whose values are no secret; whatever else is sent may hold one, and is cut."""
_TOLD_WHOLE: Final = _ASKED_WHOLE | frozenset(
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
"""The same of answers, which have more members that the service itself fills."""
_LONGEST: Final = 300
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
        "client_secret",
        "authorization",
        "apikey",
        "logout_token",
    ]
)

Certainty = Literal["certain", "likely", "possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why an exchange was refused, found from facts: what was seen, where it comes from, what to do.

    `difference` is two texts under each other, with a mark below where they part; show it in letters of one width.
    `evidence` is the letter of the error row that the mistake runs into and `row` that row's paragraph of the contract:
    how sure it is that the real service minds. `change` is what to change in the client library's own words, where one
    is recognised.
    """

    id: str
    certainty: Certainty
    seen: str
    cause: str
    cure: str
    evidence: str | None = None
    row: str | None = None
    change: str | None = None
    difference: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.seen, self.cause, self.cure, self.change)))

    def lines(self) -> list[str]:
        """Return it as lines for a log."""
        return [str(self), *(f"  {line}" for line in (self.difference or "").splitlines())]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedError:
    """What went out, and the rule behind it; `evidence` is the letter of the error row."""

    code: str
    description: str
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What explains an exchange: findings, the best first; what would be refused next; and advice.

    `jwts` are those of a refused request by where they stood, taken apart, as JSON; of others what the rules have read
    is in the record.
    """

    findings: tuple[Finding, ...] = ()
    foreseen: tuple[Refusal, ...] = ()
    advice: tuple[str, ...] = ()
    jwts: Mapping[str, str] = field(default_factory=dict)

    @property
    def then(self) -> tuple[str, ...]:
        """What would be refused next, in the developer's words."""
        return tuple(later.diagnosis for later in self.foreseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a JWT said that came in a form; without its signature it is good for nothing."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Record:
    """One exchange. `at` is seconds since 1970, `sent` the hashes of the secrets in the request by field.

    `received` is what the JWTs of its form said, by field. `id` is its number in the journal, which gives it;
    `client_id` the client that was recognised, else the one named in the form.
    """

    id: int = 0
    at: float
    service: str
    method: str
    path: str
    status: int
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    sent: Mapping[str, bytes]
    received: Mapping[str, Received] = field(default_factory=dict, repr=False)
    client_id: str | None = None
    message_id: str | None = None
    refusal: RecordedError | None = None
    diagnosis: str | None = None
    walk: Walk | None = None
    _examine: Callable[[Record], Examination] | None = None
    _examined: Examination = field(default_factory=Examination)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def examination(self) -> Examination:
        """Return what explains this exchange, worked out once; a finder that fails is logged and explains nothing."""
        with self._lock:
            examine, self._examine = self._examine, None
            if examine is None:
                return self._examined
            try:
                self._examined = examine(self)
            except Exception:  # noqa: BLE001 - explaining must never change an answer
                _log.exception("exchange %s could not be explained", self.id)
            return self._examined

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why it was refused, the best explanation first."""
        return self.examination().findings

    @property
    def advice(self) -> tuple[str, ...]:
        """What the service does not mind, but will hurt."""
        return self.examination().advice

    def timeline(self) -> list[Step]:
        """Return the rules of its flow and what became of each; nothing where the flow is not known."""
        return steps(self.walk, self.examination().foreseen) if self.walk else []

    @property
    def error(self) -> str | None:
        """The error code that went out, as `invalid_request`; `None` for a success."""
        return self.refusal.code if self.refusal else None

    @property
    def error_description(self) -> str | None:
        """The sentence that went out; `None` for a success."""
        return self.refusal.description if self.refusal else None

    @property
    def grant_type(self) -> str | None:
        """The grant type that was asked for."""
        sent = self.request["form"].get("grant_type")
        return str(sent) if sent is not None else None

    def as_json(self) -> dict[str, Any]:
        """Return the record as the control API tells it."""
        examined = self.examination()
        error = self.refusal
        return {
            "id": self.id,
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
            "diagnosis": self.diagnosis,
            "findings": [asdict(finding) for finding in examined.findings],
            "then": list(examined.then),
            "advice": list(examined.advice),
        }

    def __str__(self) -> str:
        """One line: method, path, status, error, diagnosis."""
        line = f"{self.method} {ascii(self.path)[1:-1]} {self.status}"
        if self.refusal is None:
            return line
        told = " ".join(part for part in (self.refusal.code, self.refusal.description) if part)
        return wording.printable(f"{line} {told} | {self.diagnosis}" if told else f"{line} | {self.diagnosis}")

    def explained(self) -> str:
        """Return the line, and below it what explains the exchange, indented; nothing in it steers a terminal."""
        examined = self.examination()
        lines = [str(self), *(f"  {line}" for finding in examined.findings for line in finding.lines())]
        lines += [f"  then: {each}" for each in examined.then]
        return wording.printable("\n".join([*lines, *(f"  advice: {each}" for each in examined.advice)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many exchanges there have been, and how many of them were refused."""

    exchanges: int = 0
    refused: int = 0


class Journal(Sequence[Record]):
    """The records that are kept, oldest first; safe to read while the mock answers.

    Without `explains` a record tells what went out, and not why.
    """

    def __init__(self, limit: int = LIMIT, *, explains: bool = True) -> None:
        self.explains = explains
        self._records: deque[Record] = deque(maxlen=limit)
        self._added = 0
        self._refused = 0
        self._arrived = threading.Condition()

    def add(self, record: Record) -> None:
        """Number a record and keep it; numbers rise, also over `clear`."""
        with self._arrived:
            self._added = record.id = self._added + 1
            self._refused += record.refusal is not None
            self._records.append(record)
            self._arrived.notify_all()

    def report(self, record: Record) -> None:
        """Log a record, explained; called when its answer has left."""
        level = logging.INFO if record.refusal is None else logging.WARNING
        if _log.isEnabledFor(level):
            _log.log(level, "%s", record.explained(), extra={"exchange": record})

    def clear(self) -> None:
        """Forget all records."""
        with self._arrived:
            self._records.clear()

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Wait until what is kept is as wanted, for `timeout` seconds at most; whether it is."""
        with self._arrived:
            return self._arrived.wait_for(lambda: holds(list(self._records)), timeout)

    def tally(self) -> Tally:
        """Return how many records were added in all, forgotten ones included."""
        with self._arrived:
            return Tally(exchanges=self._added, refused=self._refused)

    def find(self, key: str) -> Record | None:
        """Return the newest record with this message id or number."""
        return next((record for record in reversed(self.kept()) if key in (record.message_id, str(record.id))), None)

    def kept(self) -> list[Record]:
        """Return what is kept now, oldest first."""
        with self._arrived:
            return list(self._records)

    @property
    def last(self) -> Record:
        """The newest record. Raises LookupError when there is none."""
        kept = self.kept()
        if not kept:
            raise LookupError("the journal is empty: no request has reached the mock")
        return kept[-1]

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        return self.kept()[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.kept())


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
    members = (
        {name: _shown(name, value, _TOLD_WHOLE) for name, value in body.items()} if isinstance(body, Mapping) else {}
    )
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
        f"{key}={_shown(key, text, _TOLD_WHOLE)}" for key, text in parse_qsl(query, keep_blank_values=True)
    )
    return f"{target}{mark}{cut_query}"


def _parameters(parameters: Parameters) -> dict[str, Any]:
    return {wording.name(name): _shown(name, value) for name, value in reversed(parameters.pairs)}


def _shown(name: str, value: Any, whole: AbstractSet[str] = _ASKED_WHOLE) -> Any:
    if not isinstance(value, str):
        return value
    if name in whole and "eyJ" not in value:
        return value[:_LONGEST]
    return cut(value) if value else value
