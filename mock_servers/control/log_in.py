"""The log-in of a person at the mock's own pages, where a control token is set: the token once, then a cookie.

The cookie does not hold the token, and is for this mock or this world alone: no API behind the gateway is sent it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any, Final

import flask
from werkzeug.http import dump_cookie

from mock_servers import pages
from mock_servers.configuration import members
from mock_servers.control import guards, problems
from mock_servers.control.calls import HTML, Body, Call, Request, Response, ResponseObject

_LASTS: Final = 12 * 3600  # seconds by the machine's clock
_PAGE: Final = re.compile(r"[!-\[\]-~]*")
_WRONG: Final = "This is no token of this mock, or it is for other worlds."


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogIn:
    """A control token, and the path of the page to go to."""

    token: str
    page: str = ""


_PAGE_OF_LOG_IN: Final = ResponseObject("A page for people.", {"type": "string"}, content_type=HTML)
_REDIRECT: Final = ResponseObject("To the page, with a cookie; without one where no control token is set.")


@Call("GET", "/log-in", {200: _PAGE_OF_LOG_IN, 303: _REDIRECT}, takes="no token")
def show_log_in(request: Request) -> Response:
    """Ask a person for a control token, where one is set."""
    if request.access.is_open:
        return _to(_index(request))
    return Response(body=pages.token_page("", "", request.prefix), content_type=HTML, headers=pages.TOKEN_HEADERS)


@Call(
    "POST",
    "/log-in",
    {303: _REDIRECT},
    body=Body(model=_LogIn, example={"token": "a-control-token"}),
    refusals={401: "The token is none of this mock, or is for other worlds."},
    from_form=True,
    takes="no token",
)
def log_in(request: Request) -> Response:
    """Log a person in with a control token, for twelve hours at most: a cookie then takes its place."""
    given = members.read(_LogIn, request.body)
    page = given.page if given.page.startswith(_index(request)) and _PAGE.fullmatch(given.page) else _index(request)
    if request.access.is_open:
        return _to(page)
    caller, world = request.access.caller_of(given.token.strip()), request.platform.world
    if caller is None or (world is not None and not caller.controls(world)):
        if not request.for_people:
            raise guards.unauthorised(_WRONG.removesuffix("."), is_wrong=True)
        body = pages.token_page(_WRONG, page, request.prefix)
        return Response(status=401, body=body, content_type=HTML, headers={**problems.CHALLENGE, **pages.TOKEN_HEADERS})
    return _to(page, request.access.cookie_of(caller, int(time.time()) + _LASTS))


def _index(request: Request) -> str:
    return f"{request.prefix}/_nhsauth/"


def _to(page: str, cookie: str | None = None) -> Response:
    return Response(status=303, headers={"Location": page} | ({} if cookie is None else {"Set-Cookie": _set(cookie)}))


def _set(cookie: str) -> str:
    request = flask.request
    return dump_cookie(
        guards.COOKIE, cookie, path=request.script_root, secure=request.is_secure, httponly=True, samesite="Strict"
    )


SCHEMAS: Final[dict[str, Any]] = {}

CALLS: Final = (show_log_in, log_in)
