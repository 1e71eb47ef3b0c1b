"""The explanation of one exchange with a real service: a first screen for people, and parts for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal

from mock_servers.commands.command import Sent
from mock_servers.explain.checks.check import Check
from mock_servers.journal.finding import Finding

By = Literal["request", "answer", "contradiction", ""] | None
"""What says which rule refuses: what the request shows, the answer, both against each other; or nothing
does. `None`: nothing was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is said, in this order."""

    answer: str
    do: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    moment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What only the service knows: the rule that asks for it, and where to look; `missing`: the text lacks it."""

    rule: str
    words: str
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExplanation:
    """Why a real service refused an exchange, or would; nothing of it has left this process.

    `answer` is what to change, in one sentence or two; `do` are the steps, `why` what was seen, `fine` what is right,
    `next` what would be refused afterwards, `moment` when it was made. The rest are the details: `request` and `said`,
    what the service answered, are what was explained, in short. `stopped_by` are the rules that may have refused, the
    likeliest first, and `by` what says so. `then` is what would be refused next, `unknown` what only the
    service knows. `corrected` is how such a request is sent right. `notes` say what else must be known to read this,
    `advice` what else to do. `also` are those of further exchanges of the same text, each for `times` that are alike;
    `others` is how many more it has, of hosts that are not known here. For pages alone are `checks`, those of the
    service in their order, and `command`, that of `corrected` as data.
    """

    answer: str = ""
    do: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    moment: str = ""
    request: str = ""
    said: str = ""
    findings: tuple[Finding, ...] = ()
    stopped_by: tuple[str, ...] = ()
    by: By = ""
    then: tuple[str, ...] = ()
    unknown: tuple[Open, ...] = ()
    corrected: str | None = None
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    refused: bool = False
    times: int = 1
    also: tuple[RequestExplanation, ...] = ()
    others: int = 0
    checks: tuple[Check, ...] = ()
    command: Sent | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def found(self) -> bool:
        """Whether anything was found in the text."""
        return self.by is not None

    def lines(self, width: int = 0, *, every: bool = False) -> Iterator[str]:
        """Yield the answer, steps and reasons; of further exchanges a line for each kind, or all with `every`."""
        yield from first_screen(self, width or WIDTH)
        for each in self.also:
            if every:
                yield from ("", *first_screen(each, width or WIDTH))
            else:
                said = f" was answered {each.said}" if each.said else ""
                yield from _wrapped(f"{each.times} more: {each.request}{said}", width or WIDTH, "")
        if self.others:
            yield f"\n{self.others} exchanges with other hosts are left out."

    def details(self) -> Iterator[str]:
        """Yield what happened, by which rule, and all that was found."""
        yield self._happened()
        yield from self._to_do()
        yield from (f"Note: {note}" for note in self.notes)
        yield from (f"Advice: {each}" for each in self.advice)
        for each in self.also:
            yield ""
            yield from each.details()

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: the answer, then each exchange by itself."""
        exchanges = [asdict(replace(each, also=(), checks=(), command=None)) for each in (self, *self.also)]
        for each in exchanges:
            del each["also"], each["others"], each["times"], each["checks"], each["command"]
            answers = {name: each.pop(name) for name in PARTS}
            each["answer"] = each.pop("said")
            each["by"] = each["by"] or ""
            each["explained"] = answers
        return {**exchanges[0]["explained"], "exchanges": exchanges, "others": self.others}

    def _happened(self) -> str:
        if self.said:
            whom = f"{self.request} was answered" if self.request else "The service answered"
            by = f" (rule {' or '.join(self.stopped_by)})" if self.stopped_by else ""
            return f"{whom} {self.said}{by}."
        if self.refused and self.stopped_by:
            return f"{self.request} would be refused by {self.stopped_by[0]}."
        return f"{self.request}: the request itself shows nothing that would be refused."

    def _to_do(self) -> Iterator[str]:
        for finding in self.findings:
            yield f"{finding} ({finding.certainty})"
            yield from (f"  {line}" for line in (finding.difference or "").splitlines())
        if not any(finding.certainty != "possible" for finding in self.findings):
            yield from (f"Only the service knows: {each.words}" for each in self.unknown if not each.missing)
        yield from (f"Then: {each}" for each in self.then)


PARTS: Final = tuple(each.name for each in fields(Parts))
"""What is said first, in this order."""
WIDTH: Final = 100
"""Columns of a line, unless the terminal has fewer."""
_LINES: Final = 12
_INDENT: Final = 6


def first_screen(reported: Parts | RequestExplanation, width: int = WIDTH) -> list[str]:
    """Return the answer and what belongs to it, in at most twelve lines; what finds no room is among the details."""
    lines = _wrapped(reported.answer, width, "")
    parts = (
        ("Do", reported.do),
        ("Why", reported.why),
        ("Fine", reported.fine),
        ("Next", reported.next),
        ("Time", [reported.moment] * bool(reported.moment)),
    )
    for name, sentences in parts:
        head = f"{name:<{_INDENT}}"
        for each in sentences:
            wrapped = _wrapped(each, width, head)
            if len(lines) + len(wrapped) <= _LINES:
                lines += wrapped
                head = " " * _INDENT
    return lines


def _wrapped(text: str, width: int, head: str) -> list[str]:
    if "\n" in text:
        first, *rest = text.splitlines()
        return [f"{head}{first}", *(f"{' ' * len(head)}{line}" for line in rest)]
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
