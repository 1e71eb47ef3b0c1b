"""What is told of one exchange with a real service: in two lines, and in parts for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mock_servers.journal.finding import Finding

By = Literal["request", "answer", "contradiction", ""]
"""What says which rule refuses: what the request shows, the answer, both against each other; or nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What only the service knows: the rule that asks for it, and where to look; `missing`: the text lacks it."""

    rule: str
    words: str
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExplanation:
    """Why a real service refused an exchange, or would; nothing of it has left this process.

    `request` and `answer` are what was explained, in short. `stopped_by` are the rules that may have refused, the
    likeliest first, and `by` what says so. `then` is what would be refused next, `unknown` what only the service knows.
    `corrected` is how such a request is sent right. `notes` say what else must be known to read this, `advice` what
    else to do. `also` are the explanations of further exchanges of the same text, `others` how many more it has, of
    hosts that are not known here.
    """

    request: str = ""
    answer: str = ""
    findings: tuple[Finding, ...] = ()
    stopped_by: tuple[str, ...] = ()
    by: By = ""
    then: tuple[str, ...] = ()
    unknown: tuple[Open, ...] = ()
    corrected: str | None = None
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    refused: bool = False
    also: tuple[RequestExplanation, ...] = ()
    others: int = 0

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield what happened, and what to do; then what else there is to know."""
        yield self._happened()
        yield from self._to_do()
        yield from (f"Note: {note}" for note in self.notes)
        yield from (f"Advice: {each}" for each in self.advice)
        for each in self.also:
            yield ""
            yield from each.lines()
        if self.others:
            yield f"\n{self.others} exchanges with other hosts are left out."

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: each exchange by itself."""
        exchanges = [asdict(replace(each, also=())) for each in (self, *self.also)]
        for each in exchanges:
            del each["also"], each["others"]
        return {"exchanges": exchanges, "others": self.others}

    def _happened(self) -> str:
        if self.answer:
            whom = f"{self.request} was answered" if self.request else "The service answered"
            by = f" (rule {' or '.join(self.stopped_by)})" if self.stopped_by else ""
            return f"{whom} {self.answer}{by}."
        if self.refused:
            return f"{self.request} would be refused by {self.stopped_by[0]}."
        return f"{self.request}: the request itself shows nothing that would be refused."

    def _to_do(self) -> Iterator[str]:
        for finding in self.findings:
            yield f"{finding} ({finding.certainty})"
            yield from (f"  {line}" for line in (finding.difference or "").splitlines())
        if not any(finding.certainty != "possible" for finding in self.findings):
            yield from (f"Only the service knows: {each.words}" for each in self.unknown if not each.missing)
        yield from (f"Then: {each}" for each in self.then)
