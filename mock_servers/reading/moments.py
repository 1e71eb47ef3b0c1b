"""Finds the moments that a text names: the `Date` of an answer, and the times of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from mock_servers.reading.facts import Moment

_DATE: Final = re.compile(
    r"""(?:\b(Date)\b\W{1,8})?((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),
    \ \d{1,2}\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ (?:GMT|[+-]\d{4}))""",
    re.VERBOSE,
)
_ISO: Final = re.compile(r"(?<!\d)(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)")
_NAME: Final = re.compile(r"([A-Za-z_]\w*)[\"']?>?\s*[:=]?\s*[\"'>]?$")
_LONGEST_NAME: Final = 40


def moments(text: str) -> list[Moment]:
    """Return the moments of a text; one without a zone is taken to be UTC."""
    return sorted([*_dates(text), *_of_iso(text)], key=lambda each: each.start)


def _dates(text: str) -> Iterator[Moment]:
    mail = re.match(r"(?:[A-Z][\w-]+: .*\n)+", text)
    for found in _DATE.finditer(text):
        try:
            at = parsedate_to_datetime(found[2]).timestamp()
        except (ValueError, OverflowError):
            continue
        is_of_mail = mail is not None and found.start() < mail.end() and "From:" in mail[0]
        if not is_of_mail:
            yield Moment(at=at, start=found.start(), is_date=found[1] is not None, name=found[1] or "")


def _of_iso(text: str) -> Iterator[Moment]:
    for found in _ISO.finditer(text):
        try:
            read = datetime.fromisoformat(found[1].replace("/", "-").replace(",", "."))
        except ValueError:
            continue
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        name = _NAME.search(text[max(0, found.start() - _LONGEST_NAME) : found.start()])
        yield Moment(at=at, start=found.start(), has_zone=read.tzinfo is not None, name=name[1] if name else "")
