"""What goes out when a call is refused: application/problem+json (RFC 9457), naming the member at fault."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_servers import pages
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import HTML
from mock_servers.identity_provider.log_ins import LevelError, NoSuchPersonError
from mock_servers.platform import outage
from mock_servers.state.registration import NoSuchAppError
from mock_servers.wire.wording import shown
from mock_servers.wire.wsgi import PREFIX

UNAUTHORIZED: Final = 401
CHALLENGE: Final[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="nhsauth"'}
"""What a caller without a token has to send (RFC 6750)."""
WRONG_TOKEN: Final[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="nhsauth", error="invalid_token"'}

CONTENT_TYPE: Final = "application/problem+json"

TITLES: Final[Mapping[int, str]] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
"""The statuses that this API refuses with; `about:blank` promises their standard phrases (RFC 9110)."""

SCHEMA: Final[Mapping[str, Any]] = {
    "description": "Why a call was refused (RFC 9457).",
    "type": "object",
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"enum": list(TITLES.values())},
        "status": {"enum": list(TITLES)},
        "detail": {"type": "string", "description": "What was found, and what is allowed."},
        "member": {"type": "string", "description": "The member of the body, or the query parameter, at fault."},
        "answer": {"type": "object", "description": "What the token service answered, when that is why."},
        "diagnosis": {"type": ["string", "null"], "description": "Why the token service did."},
        "exchange": {"type": ["integer", "null"], "description": "The number of that exchange in the journal."},
        "world": {"type": "string", "description": "The world that is not there, or is none of yours."},
        "nhsauth": {"const": outage.TITLE, "description": "What the mock itself lacks, when that is why."},
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}

_MEMBERS: Final[Mapping[type[Exception], str]] = {
    NoSuchAppError: "client_id",
    NoSuchPersonError: "user",
    LevelError: "level",
}
"""Which member of a body is at fault when the platform says that there is no such thing."""

_log = logging.getLogger("mock_servers.control")


class ProblemError(Exception):
    """A call is refused; `more` are further members of the problem, `headers` those of the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        member: str | None = None,
        more: Mapping[str, Any] = {},
        headers: Mapping[str, str] = {},
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.member = member
        self.more = dict(more)
        self.headers = dict(headers)

    def body(self) -> dict[str, Any]:
        """Return the members of the problem, in their order."""
        members = {"type": "about:blank", "title": TITLES[self.status], "status": self.status, "detail": self.detail}
        return members | ({"member": self.member} if self.member else {}) | self.more


def answer(error: Exception, *, for_people: pages.Navigation | None, world: str | None) -> flask.Response:
    """Turn the exception of a call into an answer: a page `for_people`, with the way to others, else a problem.

    Only the log gets the details of an unexpected exception.
    """
    problem = _problem(error, world)
    response = _page(problem, for_people) if for_people else _written(problem)
    response.headers.update(problem.headers)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(_allowed(error))
    return response


def _written(problem: ProblemError) -> flask.Response:
    body = json.dumps(problem.body(), indent=2) + "\n"
    return flask.Response(body, problem.status, content_type=CONTENT_TYPE)


def _page(problem: ProblemError, way: pages.Navigation) -> flask.Response:
    if problem.status == UNAUTHORIZED:
        return flask.Response(
            pages.token_page(pages.TokenForm(page=_asked()), flask.request.environ.get(PREFIX, "")),
            problem.status,
            pages.TOKEN_HEADERS,
            content_type=HTML,
        )
    page = pages.ErrorPage(
        title=TITLES[problem.status], status=problem.status, sentence=problem.detail, provider_title=pages.JOURNAL
    )
    return flask.Response(
        pages.error_page(page, flask.request.environ.get(PREFIX, ""), way),
        problem.status,
        pages.SECURITY_HEADERS,
        content_type=HTML,
    )


def _asked() -> str:
    """Return the path of the page that was asked for; empty for what is no page."""
    request = flask.request
    return quote(f"{request.script_root}{request.full_path.removesuffix('?')}", safe="/?&=%") * (
        request.method == "GET"
    )


def _problem(error: Exception, world: str | None) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, MemberError):
        return ProblemError(400, str(error), member=error.where)
    if isinstance(error, HTTPException) and error.code is not None and error.code in TITLES:
        return ProblemError(error.code, _http(error))
    member = next((name for error_class, name in _MEMBERS.items() if isinstance(error, error_class)), None)
    if member is not None:
        return ProblemError(400, str(error), member=member)
    method, path, extra = flask.request.method, ascii(flask.request.path), {"world": world}
    _log.error("%s %s failed inside the mock", method, path, exc_info=error, extra=extra)
    return ProblemError(500, f"The mock itself failed ({type(error).__name__}): see its log.")


def _http(error: HTTPException) -> str:
    """Return the problem of a refusal by Flask itself: an unknown path, a wrong method, a body that was cut off."""
    request = flask.request
    prefix = request.environ.get(PREFIX, "")
    path = shown(f"{request.script_root}{request.path}")
    if isinstance(error, NotFound):
        return f"{path} is no call: GET {prefix}/_nhsauth/openapi.json lists all of them."
    if isinstance(error, MethodNotAllowed):
        return f"{path} is not called with {shown(request.method)}, but with {' or '.join(_allowed(error))}."
    return error.description or TITLES[error.code or 500]


def _allowed(error: MethodNotAllowed) -> list[str]:
    return sorted(error.valid_methods or ())
