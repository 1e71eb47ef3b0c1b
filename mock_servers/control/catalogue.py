"""The call that lists errors with their causes and cures, or finds those of a sentence from the real service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from mock_servers import pages
from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import EVIDENCE as LETTER
from mock_servers.control.calls import (
    HTML,
    TEXT,
    TEXTS,
    Call,
    Parameter,
    Request,
    Response,
    ResponseObject,
    answer_object,
    array_of,
    ref,
)
from mock_servers.pages.journal import ErrorShown, ErrorsPage
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.catalogue.entries import Entry
    from mock_servers.catalogue.search import Hits

_AT_ONCE: Final = 20
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_MOST: Final = 999_999


@Call(
    "GET",
    "/errors",
    {200: ResponseObject("The errors.", array_of(ref("CataloguedError")), or_page=True)},
    takes="any token",
    query={
        "text": Parameter("Only those whose sentence, code, name or status contains it, or the other way round.", TEXT),
        "from": Parameter(
            "On the page for people: the number of the first that is shown.",
            {"type": "integer", "minimum": 1, "maximum": _MOST},
        ),
    },
)
def list_errors(request: Request) -> Response:
    """Every error that the mocks answer, with causes and cures; for a browser a page."""
    from mock_servers.catalogue.search import search  # noqa: PLC0415 - brings every service there is, and few ever ask

    text = request.query.get("text", "")
    hits, first = search(text), _first(request)
    if not request.for_people:
        return Response(body=[entry.as_json() for entry in hits.entries])
    page = pages.errors_page(_page(text, hits, first), request.navigation("Errors"), request.prefix)
    return Response(body=page, content_type=HTML, headers=pages.FORM_HEADERS)


def _first(request: Request) -> int:
    sent = request.query.get("from", "1")
    if not _NUMBER.fullmatch(sent):
        raise MemberError("from", shown(sent), f"a whole number, 1 to {_MOST}")
    return int(sent)


def _page(text: str, hits: Hits, first: int) -> ErrorsPage:
    """Return a part of the errors, from the one of this number on: all of them are a long way on a telephone."""
    found = hits.entries
    last = min(first + _AT_ONCE - 1, len(found))

    def url(number: int) -> str:
        return f"/_nhsauth/errors?{urlencode({**({'text': text} if text else {}), 'from': number})}"

    return ErrorsPage(
        text=text,
        errors=[_shown(entry) for entry in found[first - 1 : last]],
        found=len(found),
        are_near=hits.are_near,
        part=f"{first}\N{EN DASH}{last}" if len(found) > _AT_ONCE and first <= last else "",
        before=url(max(1, first - _AT_ONCE)) if first > 1 else None,
        after=url(last + 1) if last < len(found) else None,
    )


def _shown(entry: Entry) -> ErrorShown:
    error = entry.error
    return ErrorShown(
        sentence=error.sentence or f"{error.status} without a body",
        answer=" ".join(part for part in (str(error.status), error.code) if part),
        service=entry.service,
        row=error.row,
        evidence=EVIDENCE[error.evidence],
        rules=sorted({rule for _, rule in entry.rules}),
        played=entry.played,
        cause=entry.problem.cause,
        cure=entry.problem.cure,
        mistakes=entry.mistakes,
    )


SCHEMAS: Final = {
    "CataloguedError": answer_object(
        {
            "service": TEXT,
            "name": TEXT,
            "status": {"type": "integer"},
            "error": TEXT,
            "error_description": TEXT,
            "evidence": LETTER,
            "evidence_means": TEXT,
            "row": TEXT,
            "played": {"type": "boolean", "description": "False for what is recognised, and answered by no mock."},
            "rules": {**TEXTS, "description": "Those that answer it."},
            "cause": TEXT,
            "cure": TEXT,
            "mistakes": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "By the ids of findings, the mistakes that lead there.",
            },
        },
        "An error that a service answers, and what lies behind it.",
    ),
}

CALLS: Final = (list_errors,)
