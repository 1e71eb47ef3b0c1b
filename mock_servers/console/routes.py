"""Which page answers which path. What is not listed, the control API answers itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.routing.exceptions import RequestRedirect

from mock_servers.console import apps, explaining, people, start, time_and_faults, trying, worlds
from mock_servers.console.visit import Visit, visit_of
from mock_servers.control import guards
from mock_servers.control.calls import Request

View = Callable[[Visit], flask.Response]

PAGES: Final[tuple[tuple[str, str, View], ...]] = (
    ("GET", "/", start.show),
    ("POST", "/", start.show_keys),
    ("GET", "/explain", explaining.show),
    ("GET", "/apps", apps.show),
    ("POST", "/apps", apps.add),
    ("GET", "/apps/<path:client_id>", apps.show_one),
    ("POST", "/apps/<path:client_id>", apps.change),
    ("GET", "/users", people.show),
    ("POST", "/users", people.add),
    ("GET", "/users/<provider>/<id>", people.show_one),
    ("POST", "/users/<provider>/<id>", people.change),
    ("GET", "/clock", time_and_faults.show),
    ("GET", "/faults", time_and_faults.show),
    ("POST", "/clock", time_and_faults.set_time),
    ("POST", "/faults", time_and_faults.change_faults),
    ("POST", "/state", time_and_faults.change_state),
    ("GET", "/try", trying.show),
    ("POST", "/try", trying.begin),
    ("POST", "/try/send", trying.act),
    ("GET", "/worlds", worlds.show),
    ("POST", "/worlds", worlds.change),
)
"""Method, path below `/_nhsauth`, and what answers."""

_OF_THE_API: Final = ("/apps/<path:client_id>/private-key", "/apps/<path:client_id>/jwks")
"""Paths that look like that of an app called so."""

_ROUTES: Final = Map(
    [
        *(Rule(path, endpoint=view, methods=[method]) for method, path, view in PAGES),
        *(Rule(path, endpoint=None) for path in _OF_THE_API),
    ],
    merge_slashes=False,
    strict_slashes=False,
)


def answer(request: Request) -> flask.Response | None:
    """Answer a browser with a page, or do what its form says; `None` for what is no page of the console."""
    try:
        view, path = _ROUTES.bind_to_environ(flask.request.environ).match()
    except (HTTPException, RequestRedirect):
        return None
    if view is None or (flask.request.method == "POST" and not guards.has_form()):
        return None
    if request.platform.exchanges.is_real and view not in (start.show, explaining.show):
        return None
    found: flask.Response = view(visit_of(request, path))
    return found
