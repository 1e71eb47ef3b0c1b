"""Puts what is known of one value into words and lines, the answer first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.explain.checks.check import Check
from mock_servers.explain.recognition import bare_value
from mock_servers.explain.request_explanation import PARTS, WIDTH, Parts, first_screen
from mock_servers.journal.finding import Style, lines_of, unpainted
from mock_servers.wire.wording import one_line

_VALUE: Final = re.compile(r"\S+|-----BEGIN .*", re.DOTALL)
_SENTENCE: Final = re.compile(r"[a-z]+://|[{<]\s*[\"a-z!]", re.IGNORECASE)
_NOUNS: Final[Mapping[str, str]] = {
    "client_assertion": "client_assertion",
    "id_token": "id_token",
    "access_token": "access token",
    "refresh_token": "refresh token",
    "authorization_code": "authorization code",
    "logout_token": "logout token",
}


def is_value(text: str) -> bool:
    """Whether a text is one value by itself: a token, a code, a key, a message id; not a URL, JSON or words."""
    bare = bare_value(text)
    return _VALUE.fullmatch(bare) is not None and (_SENTENCE.match(bare) is None or bare.startswith("<"))


def of_value(explained: Mapping[str, Any], url: str | None) -> Parts:
    """Return the parts of what is known of a value; `url` is where it would be posted to."""
    if explained["exchange"]:
        return _of_exchange(explained["exchange"])
    verdict = next(iter(explained["verdicts"]), None)
    finding = min(explained["findings"], key=lambda each: each["id"] == "wrapped-value", default=None)
    if finding is not None and (verdict is None or verdict["would_be"] == "refused"):
        later = tuple(verdict["then"]) if verdict else ()
        return Parts(answer=f"{finding['seen']} {finding['cure']}", why=(finding["cause"],), next=later)
    if verdict is not None and verdict["would_be"] == "refused":
        why = (f'The service would say "{verdict["error"]["description"]}".',)
        return Parts(answer=verdict["diagnosis"], why=why, next=tuple(verdict["then"]))
    noun = _NOUNS.get(explained["kind"], "")
    if explained["jwt"] and noun:
        return Parts(
            answer=f"This {noun} looks right" + (f" for {url}." if noun == "client_assertion" and url else "."),
            why=(explained["seen"],),
        )
    if explained["kind"] == "unknown" and explained["certainty"] == "certain":
        return Parts(
            answer="I do not know this value: it is no token, code or key that these services use.",
            do=("Paste more: the request that it stands in, and what the service answered.",),
        )
    return Parts(answer=explained["seen"])


def _of_exchange(exchange: Mapping[str, Any]) -> Parts:
    finding = next(iter(exchange["findings"]), None)
    answer = f"{finding['seen']} {finding['cure']}" if finding else exchange["diagnosis"] or "Nothing was refused here."
    return Parts(answer=answer, why=(finding["cause"],) if finding else (), next=tuple(exchange["then"]))


# the explanation as lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueExplanation:
    """What a value is and how the service would judge it: `known`; `url` is where it would be posted to.

    `checks` are those of the part that it plays, for pages.
    """

    known: Mapping[str, Any]
    url: str | None = None
    checks: tuple[Check, ...] = ()

    @property
    def parts(self) -> Parts:
        """What is said first."""
        return Parts(**{name: self.known[name] for name in PARTS})

    @property
    def found(self) -> bool:
        """Whether anything is known of it."""
        return not (self.known["kind"] == "unknown" and self.known["certainty"] == "certain")

    @property
    def refused(self) -> bool:
        """Whether the service refused the exchange, or would refuse the value in every parameter."""
        if self.known["exchange"]:
            return self.known["exchange"]["error"] is not None
        return all(each["would_be"] == "refused" for each in self.known["verdicts"])

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return dict(self.known)

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the answer and what belongs to it."""
        return first_screen(self.parts, width)

    def details(self, style: Style = unpainted) -> Iterator[str]:
        """Yield all that was found: claims, findings, verdicts."""
        if self.known["exchange"]:
            return _exchange(self.known["exchange"], style)
        return _value(self.known, self.url, style)


def _value(explained: Mapping[str, Any], url: str | None, style: Style) -> Iterator[str]:
    yield f"{style(one_line(explained['seen']), bold=True)} ({explained['certainty']})"
    if explained["jwt"]:
        yield from _jwt(explained["jwt"], style)
    for each in explained["findings"]:
        yield ""
        yield from lines_of(each, style)
    for verdict in explained["verdicts"]:
        yield from _verdict(verdict, url, style)
    for each in explained["elsewhere"]:
        head = f"As {each['as']}"
        yield f"\n{style(head, bold=True)}: {_error(each['error'])}"
        yield from (f"  {one_line(words)}" for words in (each["diagnosis"], each["cure"]) if words)
    if not explained["verdicts"]:
        yield "\nThe service accepts no such value, in any parameter."


def _jwt(jwt: Mapping[str, Any], style: Style) -> Iterator[str]:
    for part in ("header", "claims"):
        yield f"\n{style(part.capitalize(), bold=True)}"
        for name, value in jwt[part].items():
            words = jwt["times"].get(name) if part == "claims" else None
            yield f"  {one_line(name)}: {json.dumps(value)}" + (f"  ({words})" if words else "")
    yield f"  signature of {jwt['signature']}"


_WORDS: Final = {
    "refused": ("would be refused", "red"),
    "accepted": ("would be accepted", "green"),
    "undecided": ("nothing objects", "yellow"),
}


def _verdict(verdict: Mapping[str, Any], url: str | None, style: Style) -> Iterator[str]:
    words, colour = _WORDS[verdict["would_be"]]
    at = f" at {url}" if url and verdict["as"] not in ("access_token", "apikey", "code") else ""
    head = f"As {verdict['as']}{at}"
    yield f"\n{style(head, bold=True)}: {style(words, fg=colour)}"
    error = verdict["error"]
    if error:
        yield f"  {_error(error)}"
        yield f"  evidence {error['evidence']}: {EVIDENCE[error['evidence']]}"
        yield f"  {one_line(verdict['diagnosis'])}"
    yield from (f"  then: {one_line(each)}" for each in verdict["then"])
    if verdict["not_judged"]:
        yield "  not judged: " + ", ".join(map(_rule, verdict["not_judged"]))


def _error(error: Mapping[str, Any]) -> str:
    return f"{error['status']} {error['code']} {error['description']}".rstrip()


def _rule(name: str) -> str:
    return name.partition("_")[2].replace("_", " ")


def _exchange(exchange: Mapping[str, Any], style: Style) -> Iterator[str]:
    head = f"{exchange['method']} {one_line(exchange['path'])} {exchange['status']} at {exchange['at']}"
    yield style(head, bold=True)
    error = exchange["error"]
    if error:
        yield f"  {error['code']} {one_line(error['description'])}".rstrip()
        yield f"  evidence {error['evidence']}: {EVIDENCE[error['evidence']]}"
    if exchange["diagnosis"]:
        yield f"  {one_line(exchange['diagnosis'])}"
    for each in exchange["findings"]:
        yield ""
        yield from lines_of(each, style)
    yield from (f"  then: {one_line(each)}" for each in exchange["then"])
    yield from (f"  advice: {one_line(each)}" for each in exchange["advice"])
