"""The control API as a Flask application: guards, routes, and JSON. Each call is in a module of its resource."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import flask
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Map
from werkzeug.routing import Rule as Route

from mock_servers.configuration.members import MemberError
from mock_servers.control import (
    apis,
    apps,
    callback,
    catalogue,
    changes,
    clock,
    explain,
    faults,
    guards,
    journal,
    log_in,
    metrics,
    openapi,
    people,
    problems,
    snapshots,
    status,
    tokens,
    worlds,
)
from mock_servers.control.calls import JSON, Call, Request, Response
from mock_servers.control.problems import ProblemError
from mock_servers.pages import navigation
from mock_servers.pipeline.application import MountedApp
from mock_servers.pipeline.parse import LARGEST_BODY
from mock_servers.platform import outage
from mock_servers.platform.access import Access
from mock_servers.state.table import StateError
from mock_servers.wire.wsgi import CONTROL, IN_PROCESS, base

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

_MODULES: Final = (
    *(status, apps, apis, people, tokens, journal, explain),
    *(catalogue, clock, faults, snapshots, worlds, metrics, callback, log_in),
)
_OTHERS: Final = tuple(call for module in _MODULES for call in module.CALLS)
_SCHEMAS: Final[Mapping[str, Any]] = {name: schema for module in _MODULES for name, schema in module.SCHEMAS.items()}

CALLS: Final[tuple[Call, ...]] = (*openapi.calls(_OTHERS, _SCHEMAS), *_OTHERS)
"""Every call there is."""

_METHODS: Final = {path: [call.method for call in CALLS if call.path == path] for path in {each.path for each in CALLS}}


def _routes() -> Map:
    calls = [Route(call.path, endpoint=call.name, methods=[call.method]) for call in CALLS]
    others = [Route(path, endpoint=path, methods=None) for path in _METHODS]
    return Map([*calls, *others], merge_slashes=False, strict_slashes=False)


_ROUTES: Final = _routes()
"""One map for every mock: to make it takes longer than most calls."""

_BY_NAME: Final = {call.name: call for call in CALLS}


class _ControlApp(MountedApp):
    """Shares its map of routes with those of other mocks until a team adds a route of its own."""

    def add_url_rule(self, *args: Any, **kwargs: Any) -> None:
        if self.url_map is _ROUTES:
            self.url_map = _routes()
        super().add_url_rule(*args, **kwargs)


Pages = Callable[[Request], flask.Response | None]
"""What answers a browser with a page; `None` for what the control API answers itself."""


def create_app(platform: Platform, pages: Callable[[], Pages] | None = None) -> MountedApp:
    """Return the WSGI application of the control API; mount it at `/_nhsauth`.

    `pages` returns what answers browsers; it is called for the first of them.
    """
    app = _ControlApp(__name__)
    # A body without a Content-Length is cut off there in silence: with one byte more it shows that it is too large.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
    app.url_map = _ROUTES
    access = Access(platform)
    app.before_request(lambda: _guard(platform, access))
    if pages is not None:
        app.before_request(lambda: pages()(_request(platform, access)) if guards.is_browser() else None)
    app.register_error_handler(Exception, lambda error: _problem(platform, error))
    app.register_error_handler(StateError, lambda error: _out_of_reach(platform, error))
    app.after_request(_not_stored)
    app.view_functions.update({call.name: _view(platform, access, call) for call in CALLS})
    app.view_functions.update({path: _refuse(path) for path in _METHODS})
    return app


def _refuse(path: str) -> Callable[..., flask.Response]:
    """Answer what no call of a path takes: else `PUT /apps/x/jwks` would be the call for an app named `x/jwks`."""
    allowed = [*_METHODS[path], *(["HEAD"] if "GET" in _METHODS[path] else [])]

    def refuse(**_: str) -> flask.Response:
        raise MethodNotAllowed(valid_methods=allowed)

    return refuse


def _guard(platform: Platform, access: Access) -> None:
    """Let a call pass, or refuse it. From then on `flask.g.nhsauth_caller` says who calls."""
    platform.outage.check()
    call = _BY_NAME.get(flask.request.endpoint or "")
    if IN_PROCESS not in flask.request.environ and not (call is not None and call.any_host):
        public_urls = (*platform.configuration.public_urls, platform.url)
        guards.refuse(public_urls, from_redirect=call is not None and call.from_redirect)
    flask.g.nhsauth_caller = guards.admit(access, platform.world, call)


def _problem(platform: Platform, error: Exception) -> flask.Response:
    way = navigation("", is_real=platform.exchanges.is_real) if guards.is_browser() else None
    return problems.answer(error, for_people=way, world=platform.exchanges.world)


def _out_of_reach(platform: Platform, error: StateError) -> flask.Response:
    platform.outage.note(error)
    return _problem(
        platform, ProblemError(503, f"The state cannot be reached: {error}", more={"nhsauth": outage.TITLE})
    )


def _view(platform: Platform, access: Access, call: Call) -> Callable[..., flask.Response]:
    def view(**path: str) -> flask.Response:
        request = replace(_request(platform, access), path=path, query=_query(call), body=_body(call))
        with platform.faults.suspended():  # what is ordered is for clients
            answer = call.answer(request)
        changes.log(call, answer, flask.request.environ, flask.g.nhsauth_caller, platform.exchanges.world)
        return _response(answer)

    return view


def _request(platform: Platform, access: Access) -> Request:
    """Return what is known of a request that has passed the guards, before its query and body are read."""
    names, called = platform.names, base(flask.request.environ)
    is_control = CONTROL in flask.request.environ
    return Request(
        platform=platform,
        base=names.services_of(called) if is_control else called,
        control=f"{called}/_nhsauth" if is_control else names.control_of(called),
        path={},
        query=flask.request.args.to_dict(),
        body={},
        access=access,
        caller=flask.g.nhsauth_caller,
        for_people=guards.is_browser(),
    )


def _body(call: Call) -> dict[str, Any]:
    members: dict[str, Any] = dict(guards.form()) if call.from_form and guards.has_form() else guards.body()
    if call.body is None:
        for name in members:
            raise MemberError(name, "unknown", "no member at all")
    return members


def _query(call: Call) -> dict[str, str]:
    """Return the query parameters. Raises MemberError for an unknown or repeated one, if the call takes any at all."""
    sent = flask.request.args
    for name in sent if call.query else ():
        if name not in call.query:
            raise MemberError(name, "unknown", ", ".join(call.query))
        if len(sent.getlist(name)) > 1:
            raise MemberError(name, "given twice", "once")
    return sent.to_dict()


def _response(answer: Response) -> flask.Response:
    if answer.body is None:
        response = flask.Response(status=answer.status, headers=dict(answer.headers))
        del response.headers["Content-Type"]
        return response
    body = answer.body if answer.content_type != JSON else json.dumps(answer.body, indent=2, allow_nan=False) + "\n"
    return flask.Response(body, answer.status, content_type=answer.content_type, headers=dict(answer.headers))


def _not_stored(response: flask.Response) -> flask.Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept"
    return response
