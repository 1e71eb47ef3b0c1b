"""Makes HTML of a page's data: everything is escaped, and nothing comes from another host.

A page gets the prefix of its base: its links begin with it. No page needs a script. The list of exchanges has one that
refreshes it, and the pages of the console and those of explanations one that copies, both files of ours; no other page
may run any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mock_servers.pages.content import OUTCOMES, CallbackPage, ErrorPage, LogInForm, Navigation, TokenForm
from mock_servers.wire.wording import printable

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from jinja2 import Environment

    from mock_servers.pages.journal import ErrorsPage, ExchangePage, ExplanationPage, JournalPage

_FOLDER: Final = Path(__file__).parent

STYLE_PATH: Final = "/_nhsauth/style.css"
"""The path of the style of every page, below the base by which the mock was called."""

SCRIPT_PATH: Final = "/_nhsauth/journal.js"
"""The path of the script of the list of exchanges."""

COPY_PATH: Final = "/_nhsauth/console.js"
"""The path of the script that copies what a page shows."""

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    # No form-action: Chromium applies it to the redirect back to the application as well, and blocks that.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Headers for every page."""

_FORM_POLICY: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FORM_HEADERS: Final[Mapping[str, str]] = {**SECURITY_HEADERS, "Content-Security-Policy": _FORM_POLICY}
"""Headers for pages of the mock's own that have a form, instead of those."""

_JOURNAL_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
JOURNAL_HEADERS: Final[Mapping[str, str]] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": _JOURNAL_POLICY,
    # With no-referrer a browser sends `Origin: null` with the form, and its origin could not be checked.
    "Referrer-Policy": "same-origin",
}
"""Headers for the list of exchanges, instead of those."""

CONSOLE_HEADERS: Final[Mapping[str, str]] = {
    **JOURNAL_HEADERS,
    "Content-Security-Policy": _JOURNAL_POLICY.replace(" connect-src 'self';", ""),
}
"""Headers for the other pages of the console, whose script copies and asks nothing."""

TOKEN_HEADERS: Final[Mapping[str, str]] = {**FORM_HEADERS, "Referrer-Policy": "same-origin"}
"""Headers for the page that asks for a control token, instead of those: the origin of its form is checked, too."""

_REAL: Final = "Real traffic, watched by nhsauth"
JOURNAL: Final = "the mock's console"
"""The title of the mock's own pages."""


def log_in_page(form: LogInForm, prefix: str = "") -> str:
    """Return the HTML of a log-in page."""
    return _rendered("log_in.html", form.provider_title, prefix=prefix, form=form, outcomes=OUTCOMES)


def error_page(page: ErrorPage, prefix: str = "", way: Navigation | None = None) -> str:
    """Return the HTML of an error page; one of the console has a way to its other pages."""
    return _rendered("error.html", page.provider_title, way=way, prefix=prefix, page=page)


def callback_page(page: CallbackPage, prefix: str = "", way: Navigation | None = None) -> str:
    """Return the HTML of what a redirect URI received."""
    return _rendered("callback.html", "the mock's redirect URI", way=way, prefix=prefix, page=page)


def journal_page(page: JournalPage, way: Navigation, prefix: str = "") -> str:
    """Return the HTML of the list of exchanges, with the form that explains a value."""
    return _rendered("journal.html", JOURNAL, is_real=page.is_real, way=way, prefix=prefix, page=page)


def exchange_page(page: ExchangePage, way: Navigation, prefix: str = "") -> str:
    """Return the HTML of one exchange."""
    return _rendered("exchange.html", JOURNAL, is_real=page.is_real, way=way, prefix=prefix, page=page)


def explanation_page(page: ExplanationPage, way: Navigation, prefix: str = "", *, is_real: bool = False) -> str:
    """Return the HTML of an explanation."""
    return _rendered("explanation.html", JOURNAL, is_real=is_real, way=way, prefix=prefix, page=page)


def console_page(template: str, way: Navigation, prefix: str = "", *, is_real: bool = False, **content: object) -> str:
    """Return the HTML of a page of the console, made of its own template."""
    return _rendered(f"console/{template}", JOURNAL, is_real=is_real, way=way, prefix=prefix, **content)


def token_page(form: TokenForm, prefix: str = "") -> str:
    """Return the HTML that asks for a control token."""
    return _rendered("token.html", JOURNAL, prefix=prefix, form=form)


def errors_page(page: ErrorsPage, way: Navigation, prefix: str = "") -> str:
    """Return the HTML of the errors that match a text."""
    return _rendered("errors.html", JOURNAL, way=way, prefix=prefix, page=page)


def style(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a WSGI application with the style of all pages."""
    return _file("style.css", "text/css", start_response)


def script(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a WSGI application with the script of the list of exchanges."""
    return _file("journal.js", "text/javascript", start_response)


def copy_script(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a WSGI application with the script that copies."""
    return _file("console.js", "text/javascript", start_response)


def _file(name: str, content_type: str, start_response: StartResponse) -> Iterable[bytes]:
    content = (_FOLDER / name).read_bytes()
    headers = {
        "Content-Type": f"{content_type}; charset=utf-8",
        "Content-Length": str(len(content)),
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    start_response("200 OK", list(headers.items()))
    return [content]


def _rendered(
    template: str, mocked: str, *, is_real: bool = False, way: Navigation | None = None, **content: object
) -> str:
    name = _REAL if is_real else _name(mocked)
    return _templates().get_template(template).render(name=name, is_real=is_real, way=way, **content)


def _name(mocked: str) -> str:
    """Return the mock's name; a realm's name already says that it is one."""
    return mocked[0].upper() + mocked[1:] if "mock" in mocked.lower() else f"Mock of {mocked}"


@cache
def _templates() -> Environment:
    """Return the templates, compiled at their first use."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - most tests see no page

    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_harmless,
    )
    environment.globals |= {"style_path": STYLE_PATH, "script_path": SCRIPT_PATH, "copy_path": COPY_PATH}
    return environment


def _harmless(value: object) -> object:
    """Make client input printable: without escapes of terminals, or marks that change the direction of text."""
    return printable(value) if type(value) is str else value
