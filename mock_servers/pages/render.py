"""Makes HTML of what is on a page: everything is escaped, and there is no script and nothing from another host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mock_servers.pages.content import OUTCOMES, CallbackPage, ErrorPage, LogInForm

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_FOLDER: Final = Path(__file__).parent

STYLE_PATH: Final = "/_nhsauth/style.css"
"""Where every page finds its style, under whichever name the mock was called."""

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    # No form-action: Chromium applies it to the redirect back to the application as well, and blocks that.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""To be sent with every page."""


def log_in_page(form: LogInForm) -> str:
    """Return the HTML of a log-in page."""
    return _rendered("log_in.html", form.provider_title, form=form, outcomes=OUTCOMES)


def error_page(page: ErrorPage) -> str:
    """Return the HTML of an error page."""
    return _rendered("error.html", page.provider_title, page=page)


def callback_page(page: CallbackPage) -> str:
    """Return the HTML of what a redirect URI received."""
    return _rendered("callback.html", "the mock's redirect URI", page=page)


def style(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a WSGI application with the style of all pages."""
    sheet = (_FOLDER / "style.css").read_bytes()
    headers = {
        "Content-Type": "text/css; charset=utf-8",
        "Content-Length": str(len(sheet)),
        "Cache-Control": "no-cache",
    }
    start_response("200 OK", list(headers.items()))
    return [sheet]


def _rendered(template: str, mocked: str, **content: object) -> str:
    return _templates().get_template(template).render(name=_name(mocked), **content)


def _name(mocked: str) -> str:
    """Return what the mock is called; that of a realm says already that it is one."""
    return mocked[0].upper() + mocked[1:] if "mock" in mocked.lower() else f"Mock of {mocked}"


@cache
def _templates() -> Environment:
    """Return the templates, compiled at their first use."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["style_path"] = STYLE_PATH
    return environment
