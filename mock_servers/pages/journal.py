"""What is on the pages about exchanges and values, as data: plain values, whatever a client has sent included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mock_servers.pages.content import NextStep


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow:
    """One exchange in the list: `outcome` is the sentence that went out, `why` what the client did wrong."""

    id: int
    at: str
    method: str
    path: str
    status: int
    is_error: bool
    client: str | None = None
    outcome: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """The list of exchanges, the newest first, and the form that explains a value; `roles` are what it can be sent as.

    `older` is the URL of the next page, `is_newest` whether this is the page that more will come to. `text` is what was
    searched for, and `only_refused` whether refusals alone are wanted. `is_real`: real services have answered.
    `world` is the name of the world whose exchanges these are, and `worlds` are the names of those that the mock has.
    """

    rows: Sequence[ExchangeRow]
    roles: Mapping[str, str]
    older: str | None = None
    is_newest: bool = True
    text: str = ""
    only_refused: bool = False
    explains: bool = True
    is_real: bool = False
    world: str | None = None
    worlds: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of a JWT: its value as JSON, and in words what only a machine would understand."""

    name: str
    value: str
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtPart:
    """A JWT taken apart."""

    header: Sequence[Member]
    claims: Sequence[Member]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A header, parameter or member as it may be shown, and the JWT that it holds."""

    name: str
    value: str
    jwt: JwtPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """A rule of the timeline, what became of it, and what the client did wrong there."""

    name: str
    state: Literal["passed", "stopped", "foreseen", "unasked"]
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """A policy of the timeline with its rules; `told` says in a word or two what became of them."""

    name: str
    told: str
    rules: Sequence[RuleShown]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingShown:
    """A finding: `change` is the cure in a client library's own words, `basis` how well the row is known that minds.

    `about` is the URL of what is known of that row.
    `difference` is two texts under each other, with a mark where they part.
    """

    id: str
    certainty: str
    seen: str
    cause: str
    cure: str
    change: str | None = None
    difference: str | None = None
    basis: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What explains an exchange or a value: a sentence, findings (the best first), what comes next, and advice.

    `diagnosis` is what the rule says that objected, when the sentence is another.
    """

    headline: str | None = None
    diagnosis: str | None = None
    findings: Sequence[FindingShown] = ()
    then: Sequence[str] = ()
    advice: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePage:
    """One exchange whole: what was sent, what came back, which rules it met, why, and how it would have gone well.

    `request` holds the parts of the request by where they stood; `about` is the URL of what is known of the error.
    """

    id: int
    title: str
    facts: Mapping[str, str]
    is_error: bool
    error: str = ""
    evidence: str | None = None
    about: str | None = None
    why: Why
    request: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    response: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    flow: str = ""
    timeline: Sequence[PolicyShown] = ()
    attempt: NextStep | None = None
    explains: bool = True
    is_real: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictShown:
    """How the service would judge a value in one role; `cure` is what to do where it does not belong."""

    role: str
    would_be: Literal["refused", "accepted", "undecided"]
    error: str = ""
    evidence: str | None = None
    why: Why
    not_judged: Sequence[str] = ()
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationPage:
    """What a value is, and what the service would make of it."""

    title: str
    facts: Mapping[str, str]
    why: Why
    jwt: JwtPart | None = None
    verdicts: Sequence[VerdictShown] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShown:
    """An error of the catalogue: `answer` is status and code, `mistakes` what leads there, by id.

    One that is not `played` is recognised, and no mock answers it.
    """

    sentence: str
    answer: str
    service: str
    row: str
    evidence: str
    rules: Sequence[str]
    cause: str
    cure: str
    mistakes: Mapping[str, str]
    played: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsPage:
    """Some of the errors that a text is about: which `part`, of how many `found`, and the URLs of those beside it.

    Where they `are_near`, none has the text word for word.
    """

    text: str
    errors: Sequence[ErrorShown]
    found: int
    are_near: bool = False
    part: str = ""
    before: str | None = None
    after: str | None = None
