"""The data of pages about exchanges and values: plain values, some of which a client has sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mock_servers.pages.content import NextStep


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow:
    """An exchange in the list: `outcome` is the sentence that was sent, `why` what the client did wrong."""

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
    """The list of exchanges, the newest first.

    `older` is the URL of the next page; `is_newest`: new exchanges appear on this page. `text` is the search text;
    `only_refused` shows refusals only. `is_real`: the exchanges are with real services. `world` is the name of the
    world whose exchanges these are.
    """

    rows: Sequence[ExchangeRow]
    older: str | None = None
    is_newest: bool = True
    text: str = ""
    only_refused: bool = False
    explains: bool = True
    is_real: bool = False
    world: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of a JWT: its value as JSON, and in words if only a machine understands it."""

    name: str
    value: str
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtPart:
    """A decoded JWT."""

    header: Sequence[Member]
    claims: Sequence[Member]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A header, parameter or member as it may be shown, and the JWT in it."""

    name: str
    value: str
    jwt: JwtPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """A rule of the timeline, its result, and what the client did wrong there."""

    name: str
    state: Literal["passed", "stopped", "foreseen", "unasked"]
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """A policy of the timeline with its rules; `results` says their results in a word or two."""

    name: str
    results: str
    rules: Sequence[RuleShown]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingShown:
    """A finding: `change` is the cure in a client library's own words, `basis` how well the row is known.

    `later` is set for a mistake that a later rule would refuse. `about` is the URL of the row's page. `difference` is
    two texts, one above the other, with a mark at their difference.
    """

    id: str
    certainty: str
    seen: str
    cause: str
    cure: str
    later: bool = False
    change: str | None = None
    difference: str | None = None
    basis: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The explanation of an exchange or a value: a sentence, findings (the best first), what comes next, and advice.

    `diagnosis` is the rule's own, if it differs from the sentence.
    """

    headline: str | None = None
    diagnosis: str | None = None
    findings: Sequence[FindingShown] = ()
    then: Sequence[str] = ()
    advice: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePage:
    """One exchange: what was sent and answered, its rules, the explanation, and the corrected request.

    `request` holds the parts of the request by their place; `about` is the URL of the error's page.
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
class ExplanationPage:
    """An explanation, whose HTML is made elsewhere; `jwt` is the value, taken apart, if this mock has issued it."""

    title: str
    explained: str
    jwt: JwtPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShown:
    """An error of the catalogue: `answer` is status and code, `mistakes` are findings that cause it, by id.

    If it is not `played`, the mock recognises it in text but never answers it.
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
