"""The call that tells of every error, and what lies behind it: for a sentence from the real service, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_servers import pages
from mock_servers.catalogue.evidence import EVIDENCE
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
)
from mock_servers.pages.journal import ErrorShown, ErrorsPage

if TYPE_CHECKING:
    from mock_servers.catalogue.entries import Entry


def _list(request: Request) -> Response:
    from mock_servers.catalogue.entries import about  # noqa: PLC0415 - brings every service there is, and few ever ask

    text = request.query.get("text", "")
    found = about(text)
    if not request.for_people:
        return Response(body=[entry.as_json() for entry in found])
    page = pages.errors_page(ErrorsPage(text=text, errors=[_shown(entry) for entry in found]))
    return Response(body=page, content_type=HTML, headers=pages.FORM_HEADERS)


def _shown(entry: Entry) -> ErrorShown:
    error = entry.error
    return ErrorShown(
        sentence=error.sentence or f"{error.status} without a body",
        answer=" ".join(part for part in (str(error.status), error.code) if part),
        service=entry.service,
        row=error.row,
        evidence=EVIDENCE[error.evidence],
        rules=sorted({rule for _, rule in entry.rules}),
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

CALLS: Final = (
    Call(
        method="GET",
        path="/errors",
        name="listErrors",
        summary="Every error that the mocks answer, with causes and cures; for a browser a page.",
        answer=_list,
        query={
            "text": Parameter(
                description="Only those whose sentence, code, name or status contains it, or the other way round.",
                schema=TEXT,
            )
        },
        responses={
            200: ResponseObject(
                description="The errors.",
                schema={"type": "array", "items": {"$ref": "#/components/schemas/CataloguedError"}},
                or_page=True,
            )
        },
    ),
)
