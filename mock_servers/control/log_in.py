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
from mock_servers.platform.access import OPEN

_LASTS: Final = 12 * 3600  # seconds by the machine's clock
_PAGE: Final = re.compile(r"[!-\[\]-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogIn:
    """A control token, and the path of the page to go to."""

    token: str
    page: str = ""


_FORM: Final = ResponseObject("A page for people.", {"type": "string"}, content_type=HTML)


@Call("GET", "/log-in", {200: _FORM}, takes="no token")
def show_log_in(request: Request) -> Response:
    """Ask a person for a control token, if one is set."""
    return _form(request, pages.TokenForm(page=_index(request), is_needed=not request.access.is_open))


@Call(
    "POST",
    "/log-in",
    {
        204: ResponseObject("With a cookie; without one where no control token is set."),
        303: ResponseObject("For the page's own form: the same, and on to the page."),
    },
    body=Body(model=_LogIn, example={"token": "a-control-token"}),
    refusals={401: "The token is none of this mock, or is for other worlds."},
    from_form=True,
    takes="no token",
)
def log_in_at_page(request: Request) -> Response:
    """Log a person in with a control token, for twelve hours at most: a cookie then takes its place."""
    given, access, world = members.read(_LogIn, request.body), request.access, request.platform.world
    page = given.page if given.page.startswith(_index(request)) and _PAGE.fullmatch(given.page) else _index(request)
    caller = OPEN if access.is_open else access.caller_of(given.token.strip())
    if caller is not None and (world is None or caller.controls(world)):
        cookie = {} if access.is_open else {"Set-Cookie": _set(access.cookie_of(caller, int(time.time()) + _LASTS))}
        to = {"Location": page} if guards.has_form() else {}
        return Response(status=303 if to else 204, headers={**to, **cookie})
    if not request.for_people:
        raise guards.unauthorised("The token is none of this mock, or is for other worlds", is_wrong=True)
    return _form(
        request,
        pages.TokenForm(page=page, message="This is no token of this mock, or it is for other worlds."),
        status=401,
    )


def _index(request: Request) -> str:
    return f"{request.prefix}/_nhsauth/"


def _form(request: Request, form: pages.TokenForm, *, status: int = 200) -> Response:
    headers = {**pages.TOKEN_HEADERS, **(problems.CHALLENGE if status == problems.UNAUTHORIZED else {})}
    return Response(status=status, body=pages.token_page(form, request.prefix), content_type=HTML, headers=headers)


def _set(cookie: str) -> str:
    request = flask.request
    return dump_cookie(
        guards.COOKIE, cookie, path=request.script_root, secure=request.is_secure, httponly=True, samesite="Strict"
    )


SCHEMAS: Final[dict[str, Any]] = {}

CALLS: Final = (show_log_in, log_in_at_page)
