"""The call that explains a value or a request: as JSON, or as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import (
    EVIDENCE,
    NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    Body,
    Call,
    Request,
    Response,
    ResponseObject,
    answer_object,
    any_of,
    array_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.explain import explanation, moment
from mock_servers.explain.recognition import KINDS
from mock_servers.explain.verdict import ROLES
from mock_servers.journal.finding import CERTAINTIES
from mock_servers.reading.captured import UnreadableError
from mock_servers.settings.limits import URL
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.explain.whole import Lent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explain:
    """A value to explain: a token, code, key or secret, or the message id of an exchange; or else a `request`.

    `as`: the part that it is to play; the one it is made for unless given. `token_url`: where it would be posted to.
    """

    value: str
    token_url: Annotated[str, URL] | None = None


_BODY: Final = Body(
    model=_Explain,
    partial=True,  # a `request` stands in for a value
    more={
        "as": {"enum": [*ROLES, None], "description": "The part that it is to play."},
        "request": {
            "type": ["string", "object"],
            "description": "In place of `value`: a curl command, raw HTTP, a HAR file or an entry of one, a cassette, "
            "or an answer alone.",
        },
        "answer": {**TEXT_OR_NULL, "description": "What the service answered, where the request lacks it."},
        "at": {"type": ["string", "number", "null"], "description": f"When it was judged: {moment.ALLOWED}."},
    },
    example={"value": "SplxlOBeZQQYbYS6WxSbIA", "as": "subject_token"},
)
_RESPONSES: Final = {
    200: ResponseObject("The explanation.", any_of(ref("Explanation"), ref("ExplainedRequests")), or_page=True),
    303: ResponseObject("For a browser that asks for a message id: to the page of the exchange."),
}


@Call("POST", "/explain", _RESPONSES, body=_BODY, from_form=True, only_reads=True)
def explain(request: Request) -> Response:
    """Say what a value is, or why a request to a real service was refused; for a browser a page."""
    sent = _request_of(request)
    if request.for_people:
        return _page(request, sent)
    if sent is not None:
        return _explain_request(request, sent)
    given = _read(request.body)
    url = given.token_url or f"{request.base}/oauth2/token"
    return Response(body=explanation.explain(request.platform, given.value, request.body.get("as"), url))


def _request_of(request: Request) -> str | None:
    """Return the whole request that is to be explained."""
    sent = request.body.get("request")
    if isinstance(sent, dict):
        return json.dumps(sent)
    if sent is not None and not isinstance(sent, str):
        raise MemberError("request", shown(sent), "a text, or an entry of a HAR file")
    return sent


def _explain_request(request: Request, sent: str) -> Response:
    unknown = [name for name in request.body if name not in ("request", "answer", "at", "value")]
    if unknown:
        raise MemberError(unknown[0], "unknown beside a request", "request, answer, at")
    from mock_servers.explain.any_text import explain_text  # noqa: PLC0415 - few ever ask

    try:
        explained = explain_text(sent, _lent(request.body))
    except UnreadableError as reason:
        raise ProblemError(400, f"{reason}.", member="request") from None
    return Response(body=explained.as_json())


def _lent(body: Mapping[str, Any]) -> Lent:
    """Return what a body adds to a text: the answer, and the moment."""
    from mock_servers.explain.whole import Lent  # noqa: PLC0415 - few ever ask

    answer, given = body.get("answer"), body.get("at")
    if answer is not None and not isinstance(answer, str):
        raise MemberError("answer", shown(answer), "a text")
    seconds = moment.seconds_of(str(given)) if given not in (None, "") else None
    if seconds is None and given not in (None, ""):
        raise MemberError("at", shown(given), moment.ALLOWED)
    return Lent(answer=answer or None, at=seconds)


def _page(request: Request, sent: str | None) -> Response:
    """Return the page of what stands in the boxes of the form; a file goes on where the paste ends."""
    from mock_servers.control.explanation_page import page_response  # noqa: PLC0415 - programs never ask for it
    from mock_servers.explain.any_text import Sent  # noqa: PLC0415 - the same

    texts = [each for each in (sent, request.body.get("value"), request.body.get("file")) if each]
    members = {name: value for name, value in request.body.items() if name not in _OF_PAGE}
    if texts and all(isinstance(each, str) for each in texts):
        members["value"] = "\n\n".join(texts)
    given = _read(members)
    url = given.token_url or f"{request.base}/oauth2/token"
    try:
        return page_response(request, Sent(role=members.get("as"), token_url=url), given.value, _lent(request.body))
    except UnreadableError as reason:
        raise ProblemError(400, f"{reason}.", member="value") from None


_OF_PAGE: Final = ("request", "answer", "at", "jwks", "file")
"""Members beside a value that a page has boxes for."""


def _read(body: Mapping[str, Any]) -> _Explain:
    role = body.get("as")
    if role is not None and (not isinstance(role, str) or role not in ROLES):
        raise MemberError("as", shown(role), " or ".join(shown(each) for each in ROLES))
    try:
        # No dataclass can have a member called `as`.
        given = members.read(_Explain, {name: value for name, value in body.items() if name != "as"})
        urlsplit(given.token_url or "")
    except MemberError as wrong:
        allowed = f"as, {wrong.allowed}" if wrong.found.startswith("unknown") else wrong.allowed
        raise MemberError(wrong.where, wrong.found, allowed) from wrong
    except ValueError as broken:
        raise MemberError("token_url", shown(body["token_url"]), f"{URL.allowed} ({broken})") from broken
    return given


_JWT: Final = answer_object(
    {
        "header": {"type": "object"},
        "claims": {"type": "object"},
        "times": {"type": "object", "additionalProperties": TEXT},
        "signature": TEXT,
    }
)
_ERROR: Final = answer_object(
    {
        "status": {"type": "integer"},
        "code": TEXT,
        "description": TEXT,
        "rule": TEXT,
        "evidence": EVIDENCE,
    }
)

_PARTS: Final = {
    "answer": {**TEXT, "description": "What to change, in a sentence or two."},
    "do": {**TEXTS, "description": "The steps."},
    "why": {**TEXTS, "description": "What was seen, and what the service said."},
    "fine": {**TEXTS, "description": "What is right."},
    "next": {**TEXTS, "description": "What would be refused afterwards."},
    "moment": {**TEXT, "description": "When it was made, where that matters."},
}

SCHEMAS: Final = {
    "Verdict": answer_object(
        {
            "as": {"enum": list(ROLES)},
            "would_be": {"enum": ["refused", "accepted", "undecided"]},
            "error": {**any_of(_ERROR, NULL), "description": "What would go out."},
            "diagnosis": TEXT_OR_NULL,
            "then": {**TEXTS, "description": "What would be refused next."},
            "not_judged": {
                **TEXTS,
                "description": "The rules that could not be asked: they need the whole request, or a server elsewhere.",
            },
        },
        "How the service would judge the value now. Nothing is spent or remembered, and no network is used.",
    ),
    "Elsewhere": answer_object(
        {
            "as": {"enum": list(ROLES)},
            "would_be": {"const": "refused"},
            "error": _ERROR,
            "diagnosis": TEXT_OR_NULL,
            "cure": TEXT_OR_NULL,
        },
        "How the service refuses the value in a part that it is not made for, and what to do.",
    ),
    "Explanation": answer_object(
        {
            "kind": {"enum": list(KINDS)},
            "certainty": {
                "enum": list(CERTAINTIES),
                "description": "certain: the mock issued it, or it can be nothing else. likely: by what it says of "
                "itself. possible: by its looks.",
            },
            "seen": {**TEXT, "description": "What it is, in words."},
            "value": {**TEXT, "description": "Its beginning and its length; a message id that is known, whole."},
            "jwt": {
                **any_of(_JWT, NULL),
                "description": "The JWT taken apart, its times in words.",
            },
            "verdict": {
                **any_of(ref("Verdict"), NULL),
                "description": "In the part that was asked for, or that the value is made for.",
            },
            "verdicts": {
                **array_of(ref("Verdict")),
                "description": "That one; or, where it is not known what the value is made for, one for each part that "
                "it could have.",
            },
            "issued": {"type": "boolean", "description": "Whether this mock has issued it."},
            "elsewhere": {
                **array_of(ref("Elsewhere")),
                "description": "What is answered where it does not belong; nothing where a part was asked for.",
            },
            "findings": array_of(ref("Finding")),
            "exchange": {
                **any_of(ref("Exchange"), NULL),
                "description": "The exchange with this message id.",
            },
            **_PARTS,
        },
        "What a value is.",
    ),
    "ExplainedRequest": answer_object(
        {
            "request": {**TEXT, "description": "Method, host, path and flow; empty where only an answer was given."},
            "answer": TEXT,
            "findings": array_of(ref("Finding")),
            "stopped_by": {**TEXTS, "description": "The rules that may have refused, the likeliest first."},
            "by": {
                "enum": ["request", "answer", "contradiction", ""],
                "description": "What says so: what the request shows, the answer, both against each other; or nothing.",
            },
            "then": {**TEXTS, "description": "What would be refused next."},
            "unknown": {
                **array_of(answer_object({"rule": TEXT, "words": TEXT, "missing": {"type": "boolean"}})),
                "description": "What only the service knows, and where to look; or what the text lacks.",
            },
            "corrected": {**TEXT_OR_NULL, "description": "The command by which such a request is sent right."},
            "notes": TEXTS,
            "advice": TEXTS,
            "refused": {"type": "boolean", "description": "Whether the service refused it, or would."},
            "explained": answer_object(_PARTS, "The answer first, of this exchange."),
        },
        "Why a request to a real service was refused. Nothing is asked of anybody.",
    ),
    "ExplainedRequests": answer_object(
        {
            **_PARTS,
            "exchanges": array_of(ref("ExplainedRequest")),
            "others": {"type": "integer", "description": "How many exchanges of the text are with other hosts."},
        }
    ),
}

CALLS: Final = (explain,)
