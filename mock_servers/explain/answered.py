"""Reads an answer's status, code and sentence, and finds the error rows it may be an answer of."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.search import pattern
from mock_servers.reading.captured import CapturedAnswer
from mock_servers.rules import ServiceError
from mock_servers.wire.json_text import object_of

_LARGEST_GOOD: Final = 399
_PAGE: Final = re.compile(r"\s*<(?:!doctype|html|head|body)", re.IGNORECASE)
_TAGS: Final = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LONGEST: Final = 300
_CHALLENGE: Final = re.compile(r'error_description="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer as its reader sees it; a `status` of 0 is unknown, and so is the code of a bare sentence.

    `page` is the text of a web page.
    """

    status: int = 0
    code: str = ""
    sentence: str = ""
    bare: bool = False
    page: str = ""

    @property
    def refuses(self) -> bool:
        """Whether it is a refusal, as far as it says."""
        return bool(self.code or self.page) or self.bare or self.status > _LARGEST_GOOD

    def __str__(self) -> str:
        if self.page:
            return f"{self.status or ''} with a web page".strip()
        words = f"{self.code}: {self.sentence}" if self.code and self.sentence else self.code or self.sentence
        return f"{self.status or ''} {words}".strip() or "without an error that any service here gives"

    def fits(self, row: ServiceError) -> bool:
        """Whether it may be the answer of an error row."""
        if self.status not in (0, row.status):
            return False
        if row.shape == "page":
            on_page = bool(self.page) and _stands_in(row.sentence, self.page)
            return on_page or (self.bare and _is(row.sentence, self.sentence.strip()))
        if self.page or (self.bare and not row.sentence):
            return False
        return (self.bare or self.code == row.code) and _is(row.sentence, self.sentence.strip())

    def resembles(self, row: ServiceError) -> bool:
        """Whether status and code are those of an error row, with any sentence."""
        return not self.page and not self.bare and self.status in (0, row.status) and self.code == row.code


def fitting(answer: Answered) -> Sequence[Entry]:
    """Return the rows of the catalogue that a refusal may be of."""
    if not answer.refuses:
        return ()
    alike = _worded() if answer.status == 0 or answer.bare else _of_kind().get((answer.status, bool(answer.page)), ())
    said = answer.sentence.strip()
    return [entry for words, entry in alike if (words is None or words == said) and answer.fits(entry.error)]


@functools.cache
def _of_kind() -> Mapping[tuple[int, bool], Sequence[tuple[str | None, Entry]]]:
    """Return the rows by status, and by whether they are pages."""
    found: dict[tuple[int, bool], list[tuple[str | None, Entry]]] = {}
    for words, entry in _worded():
        found.setdefault((entry.error.status, entry.error.shape == "page"), []).append((words, entry))
    return found


@functools.cache
def _worded() -> Sequence[tuple[str | None, Entry]]:
    """Return the rows, each behind its sentence; a page, and a sentence with blanks, behind none."""
    return [
        (None if row.shape == "page" or "{" in row.sentence else row.sentence, entry)
        for entry in entries()
        for row in [entry.error]
    ]


def of_answer(answer: CapturedAnswer) -> Answered:
    """Return what an answer says."""
    text = answer.body.decode(errors="replace")
    location = answer.header("location")
    if location and answer.status // 100 == 3:  # noqa: PLR2004 - a redirect
        query = parse_qs(query_of(location))
        first = {name: values[0] for name, values in query.items()}
        return Answered(status=answer.status, code=first.get("error", ""), sentence=first.get("error_description", ""))
    if _PAGE.match(text):
        return Answered(status=answer.status, page=html.unescape(_TAGS.sub(" ", text)))
    members = object_of(text)
    if members:
        return _of_members(answer.status, members)
    challenge = _CHALLENGE.search(answer.header("www-authenticate"))
    if challenge is not None and not text.strip():
        code, _, sentence = challenge[1].rpartition(": ")
        return Answered(status=answer.status, code=code, sentence=sentence, bare=not code)
    return Answered(status=answer.status, sentence=text.strip()[:_LONGEST])


def query_of(url: str) -> str:
    """Return the query of a URL; of what is none, nothing."""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def of_text(text: str) -> Answered:
    """Return what a text says that is an answer's body, or its sentence alone."""
    if _PAGE.match(text):
        return of_answer(CapturedAnswer(status=0, body=text.encode(errors="replace")))
    members = object_of(text)
    return _of_members(0, members) if members else Answered(sentence=_bare(text), bare=True)


def _bare(text: str) -> str:
    """Return a sentence without what logs put around it."""
    return text.strip().strip("\"'").strip()


def _of_members(status: int, members: Mapping[str, Any]) -> Answered:
    fault = members.get("fault")
    if isinstance(fault, dict):
        detail = fault.get("detail")
        code = detail.get("errorcode", "") if isinstance(detail, dict) else ""
        return Answered(status=status, code=str(code), sentence=str(fault.get("faultstring", "")))
    if members.get("resourceType") == "OperationOutcome":
        said = _diagnostics(members.get("issue"))
        return Answered(status=status, sentence=said, bare=bool(said))
    sentence = members.get("error_description") or ("" if "error" in members else members.get("message")) or ""
    return Answered(status=status, code=str(members.get("error") or ""), sentence=str(sentence))


def _diagnostics(issues: Any) -> str:
    """Return what an OperationOutcome says: its first diagnostics."""
    found = issues if isinstance(issues, list) else []
    said = (each.get("diagnostics") for each in found if isinstance(each, dict))
    return next((each for each in said if isinstance(each, str)), "")


def _is(row: str, sentence: str) -> bool:
    return row == sentence or ("{" in row and _pattern(row).fullmatch(sentence) is not None)


def _stands_in(row: str, page: str) -> bool:
    return bool(row) and _pattern(row).search(page) is not None


@functools.cache
def _pattern(row: str) -> re.Pattern[str]:
    """Return what a row's sentence looks like with something in its blanks."""
    return re.compile(pattern(row), re.DOTALL)
