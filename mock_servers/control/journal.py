"""The calls about exchanges: what the mock was asked, what it answered, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_servers import pages
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import (
    DONE,
    EVIDENCE,
    HTML,
    NULL,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    Call,
    Parameter,
    Request,
    Response,
    ResponseObject,
    answer_object,
    any_of,
    array_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.journal.finding import CERTAINTIES
from mock_servers.journal.record import Record
from mock_servers.wire.wording import shown


def _list(request: Request, before: int | None, *, only_refused: bool) -> Response:
    """Return the list of exchanges for people."""
    from mock_servers.control import exchange_page  # noqa: PLC0415 - programs never ask for a page

    text = request.query.get("text", "")
    shown_page = exchange_page.journal_page(request.platform, before, text, only_refused=only_refused)
    return Response(
        body=pages.journal_page(shown_page, request.navigation("Exchanges"), request.prefix),
        content_type=HTML,
        headers=pages.JOURNAL_HEADERS,
    )


def _part(request: Request) -> tuple[int | None, bool]:
    """Return before which number the page ends, and whether it has refusals alone. Raises MemberError."""
    refused = request.query.get("refused", "")
    if refused not in ("", "true"):
        raise MemberError("refused", shown(refused), "true, or left out")
    return request.number("before"), refused == "true"


@Call(
    "GET",
    "/exchanges",
    {200: ResponseObject("The exchanges.", array_of(ref("Exchange")), or_page=True)},
    query={
        "after": Parameter("Only those with a higher number.", NUMBER),
        "limit": Parameter("Only the newest so many.", NUMBER),
        "error": Parameter("Only those refused with this error code, or by this rule.", TEXT),
        "before": Parameter("For the page: only exchanges with a lower number.", NUMBER),
        "text": Parameter("For the page: only exchanges that these words are in.", TEXT),
        "refused": Parameter("For the page: only those that were refused.", {"enum": ["", "true"]}),
    },
)
def list_exchanges(request: Request) -> Response:
    """The newest 1,000 exchanges, oldest first, without discovery, key sets and calls of this API; or a page."""
    before, only_refused = _part(request)  # a mistake in it is one for programs, too
    if request.for_people:
        return _list(request, before, only_refused=only_refused)
    after, limit, error = request.number("after") or 0, request.number("limit"), request.query.get("error")
    found = [each for each in request.platform.exchanges if each.id > after and (error is None or _has(each, error))]
    newest = found if limit is None else found[len(found) - min(limit, len(found)) :]
    return Response(body=[record.as_json() for record in newest])


def _has(record: Record, error: str) -> bool:
    return record.refusal is not None and error in (record.refusal.code, record.refusal.rule)


@Call(
    "GET",
    "/exchanges/<key>",
    {200: ResponseObject("The exchange.", ref("Exchange"), or_page=True)},
    refusals={404: "There is none, or it is kept no longer."},
)
def get_exchange(request: Request) -> Response:
    """One exchange, by its number or message id; for a browser a page."""
    key = request.path["key"]
    record = request.platform.exchanges.find(key)
    if record is None:
        raise ProblemError(404, f"No exchange that is kept has the number or message id {shown(key)}.")
    return _page_of(request, record) if request.for_people else Response(body=record.as_json())


def _page_of(request: Request, record: Record) -> Response:
    from mock_servers.control import exchange_page  # noqa: PLC0415 - programs never ask for a page

    shown_page = exchange_page.exchange_page(request.platform, record, request.base, request.control)
    return Response(
        body=pages.exchange_page(shown_page, request.navigation("Exchanges"), request.prefix),
        content_type=HTML,
        headers=pages.SECURITY_HEADERS,
    )


@Call("DELETE", "/exchanges", {204: ResponseObject("It is empty.")})
def clear_exchanges(request: Request) -> Response:
    """Empty the journal."""
    request.platform.exchanges.clear()
    return DONE


_OBJECT: Final[Mapping[str, Any]] = {"type": "object"}
_ERROR: Final = {"code": TEXT, "description": TEXT, "rule": TEXT, "evidence": EVIDENCE}

SCHEMAS: Final = {
    "Finding": answer_object(
        {
            "id": TEXT,
            "certainty": {"enum": list(CERTAINTIES)},
            "seen": TEXT,
            "cause": TEXT,
            "cure": TEXT,
            "evidence": {
                **TEXT_OR_NULL,
                "description": "The letter of the error row that the mistake runs into: how sure it is that the real "
                "service minds.",
            },
            "row": {**TEXT_OR_NULL, "description": "That row's paragraph of the contract."},
            "change": {
                **TEXT_OR_NULL,
                "description": "What to change in the client library's own words, where one is recognised.",
            },
            "difference": {
                **TEXT_OR_NULL,
                "description": "Two texts under each other, with a mark below where they part.",
            },
            "later": {
                "type": "boolean",
                "description": "Whether it is no reason for this refusal: a later rule would refuse it next.",
            },
        },
        "An explanation: what was seen, where it comes from, what to do.",
    ),
    "Exchange": answer_object(
        {
            "id": {"type": "integer", "description": "Numbers rise."},
            "world": {**TEXT_OR_NULL, "description": "The world, or `root`; null under `nhsauth watch`."},
            "at": {"type": "string", "format": "date-time"},
            "service": TEXT,
            "method": TEXT,
            "path": TEXT,
            "status": {"type": "integer"},
            "client_id": {**TEXT_OR_NULL, "description": "The client that was recognised, or else named."},
            "message_id": TEXT_OR_NULL,
            "request": _OBJECT,
            "response": _OBJECT,
            "error": any_of(answer_object(_ERROR), NULL),
            "headline": {**TEXT_OR_NULL, "description": "Why, in a sentence: the surest finding, or the diagnosis."},
            "diagnosis": {**TEXT_OR_NULL, "description": "What the client did wrong, and what to do."},
            "answer": {**TEXT_OR_NULL, "description": "The reason for this refusal, and what to change first."},
            "findings": array_of(ref("Finding")),
            "then": {**TEXTS, "description": "What would have been refused next."},
            "advice": TEXTS,
        },
        "One request to the mock and its answer; every secret and token is cut.",
    ),
}

CALLS: Final = (list_exchanges, get_exchange, clear_exchanges)
