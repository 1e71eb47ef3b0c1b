"""One visit of a browser to a page: who it is, what was typed, the calls of the control API, and the answer."""

from __future__ import annotations

import hmac
import io
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import flask
from werkzeug.http import dump_cookie
from werkzeug.test import run_wsgi_app

from mock_servers import pages
from mock_servers.commands import powershell, shell
from mock_servers.commands.command import Command, Filled, Sent
from mock_servers.control import guards
from mock_servers.control.calls import HTML, JSON, Request
from mock_servers.control.problems import ProblemError
from mock_servers.pages import NextStep

COOKIE: Final = "nhsauth-console"
"""The cookie by which a browser is known again. It proves nothing, and is gone with the browser."""
FIELD: Final = "form_token"
"""The field of every form that changes anything."""

_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{32}")
_MOST_FIELDS: Final = 80
_NOT_PASSED_ON: Final = (
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "QUERY_STRING",
    "HTTP_TRANSFER_ENCODING",
    "wsgi.input_terminated",
)
_ERROR: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the control API answered: the status, and its JSON value or text."""

    status: int
    body: Any

    @property
    def is_refusal(self) -> bool:
        """Whether it refused."""
        return self.status >= _ERROR

    @property
    def detail(self) -> str:
        """Its sentence, where it refused."""
        return str(self.body["detail"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit: the request, the variable parts of its path, the fields that were filled in, and which browser it is."""

    request: Request
    browser: str
    is_new: bool
    path: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Call the control API as this browser: a path below `/_nhsauth`, quoted, with a query or none."""
        try:
            raw = json.dumps(body).encode() if body is not None else b""
        except RecursionError:
            return Answer(status=_ERROR, body={"detail": "The body is nested too deeply."})
        where, _, query = path.partition("?")
        environ = {
            name: value
            for name, value in flask.request.environ.items()
            if name not in _NOT_PASSED_ON and not name.startswith("werkzeug.")
        }
        environ |= {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(where).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": JSON if raw else "",
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_ACCEPT": JSON,
            "wsgi.input": io.BytesIO(raw),
        }
        status, text = _answered(environ)
        try:
            return Answer(status=status, body=json.loads(text))
        except ValueError:
            return Answer(status=status, body=text)

    def read(self, path: str) -> Any:
        """Return the JSON value of a GET. Raises ProblemError where the control API refuses."""
        answer = self.call("GET", path)
        if answer.is_refusal:
            raise ProblemError(answer.status, answer.detail)
        return answer.body

    def same_call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> NextStep:
        """Return a call of the control API as commands."""
        proof = {} if self.request.access.is_open else {"Authorization": Filled("NHSAUTH_CONTROL_TOKEN", "Bearer ")}
        sent = Sent(url=f"{self.request.control}{path}", method=method, headers=proof, body=body)
        return self.commands("The same with curl", sent)

    def commands(self, title: str, *commands: Command) -> NextStep:
        """Return commands for both kinds of shell."""
        control, takes_token = self.request.control, not self.request.access.is_open
        return NextStep(
            title=title,
            command=shell.script(control, commands, takes_token=takes_token),
            powershell=powershell.script(control, commands, takes_token=takes_token),
        )

    def page(self, template: str, current: str, *, status: int = 200, **content: object) -> flask.Response:
        """Return a page, made of its template."""
        html = pages.console_page(
            template,
            self.request.navigation(current),
            self.request.prefix,
            is_real=self.request.platform.exchanges.is_real,
            form_token=self.request.access.form_token(self.browser),
            **content,
        )
        response = flask.Response(html, status, pages.CONSOLE_HEADERS, content_type=HTML)
        if self.is_new:
            response.headers.add("Set-Cookie", _set(self.browser))
        return response

    def go(self, path: str) -> flask.Response:
        """Send the browser on to a page: a path below `/_nhsauth`, quoted."""
        return flask.Response(status=303, headers={"Location": f"{self.request.prefix}/_nhsauth{path}"})


def visit_of(request: Request, path: Mapping[str, str]) -> Visit:
    """Return the visit that a request is. Raises ProblemError for a form without the token of this browser's pages."""
    sent = flask.request.cookies.get(COOKIE, "")
    is_known = _BROWSER.fullmatch(sent) is not None
    browser = sent if is_known else secrets.token_urlsafe(24)
    form: Mapping[str, str] = {}
    if flask.request.method == "POST":
        form = guards.form(_MOST_FIELDS)
        token = request.access.form_token(browser)
        if not is_known or not hmac.compare_digest(form.get(FIELD, "").encode(), token.encode()):
            raise ProblemError(
                403, "The form came without the token of its page: open the page again, and send it from there."
            )
    return Visit(request=request, browser=browser, is_new=not is_known, path=path, form=form)


def _answered(environ: dict[str, Any]) -> tuple[int, str]:
    """Answer as the application that is answering already, which guards this call as it did the first."""
    pieces, status, _ = run_wsgi_app(flask.current_app.wsgi_app, environ)
    return int(status.partition(" ")[0]), b"".join(pieces).decode()


def _set(browser: str) -> str:
    request = flask.request
    return dump_cookie(
        COOKIE, browser, path=request.script_root, secure=request.is_secure, httponly=True, samesite="Lax"
    )
