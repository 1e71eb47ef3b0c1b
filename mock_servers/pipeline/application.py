"""A service as a Flask application: its routes come from its table, and its answers from the pipeline.

Routes, hooks, error handlers and contexts are Flask's. Two things are done only when they are needed: `flask.request`
is parsed at its first use, and a `flask.Response` is made only for hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from mock_servers.journal.outcome import X
from mock_servers.pipeline import fault_stage, parse, record, render
from mock_servers.pipeline.judge import outcome_of
from mock_servers.pipeline.response import Outgoing
from mock_servers.pipeline.service import Served
from mock_servers.rules import choose
from mock_servers.wire.routes import ANYWHERE, Route
from mock_servers.wire.wsgi import PREFIX, host

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

Views = Mapping[str, tuple[str, str]]
"""The views of a service by name: the path of each, and what it does in a sentence."""

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Of a route that takes every method; by any other it is found all the same, as its path is."""

_OUTER: Final = "outer"
"""The hooks of the application that a service is mounted in are run as those of a blueprint of this name."""
_PARSED: Final = frozenset(
    ("method", "scheme", "server", "root_path", "path", "query_string", "headers", "remote_addr", "shallow")
)


class LazyRequest(flask.Request):
    """A request that is parsed when somebody first looks at it."""

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:  # noqa: FBT001, FBT002 - Werkzeug's own signature
        self.environ = environ
        self._how = populate_request, shallow

    def __getattr__(self, name: str) -> Any:
        """Parse the request for its first attribute."""
        if name not in _PARSED:
            raise AttributeError(name, name=name, obj=self)
        super().__init__(self.environ, *self._how)
        return self.__dict__[name]

    @property
    def blueprints(self) -> list[str]:
        """The application that this one is mounted in, whose hooks hold here, too."""
        return [_OUTER]


class Response(flask.Response):
    """A response whose Location leaves as it was written, the real service's blanks included."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Any:
        """Return the headers as they are sent."""
        headers = super().get_wsgi_headers(environ)
        if "Location" in self.headers:
            headers["Location"] = self.headers["Location"]
        return headers


class MountedApp(flask.Flask):
    """A Flask application in which the hooks of the one that it is mounted in hold as well."""

    request_class = LazyRequest
    response_class = Response

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name, static_folder=None, template_folder=None)
        # The contract has an answer to each of these, and it is not Flask's.
        self.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        self.config["PROPAGATE_EXCEPTIONS"] = True  # a state out of reach is for the platform to say
        self.url_map.merge_slashes = False
        self.url_map.strict_slashes = True

    def share_hooks_of(self, outer: flask.Flask) -> None:
        """Run the hooks and error handlers of an application here, too, those that are added later included."""
        self.before_request_funcs[_OUTER] = outer.before_request_funcs[None]
        self.after_request_funcs[_OUTER] = outer.after_request_funcs[None]
        self.teardown_request_funcs[_OUTER] = outer.teardown_request_funcs[None]
        self.error_handler_spec[_OUTER] = outer.error_handler_spec[None]

    def path_of(self, environ: WSGIEnvironment) -> str:
        """Return the path that routes are found by."""
        return parse.path_of(environ)

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Return what finds the route of a request, without parsing the request for it."""
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        return MapAdapter(
            self.url_map,
            server_name=host(environ),
            script_name=f"{environ.get('SCRIPT_NAME', '')}/",
            subdomain="",
            url_scheme=environ["wsgi.url_scheme"],
            path_info=self.path_of(environ),
            default_method=environ["REQUEST_METHOD"],
        )


class ServiceApp(MountedApp, Generic[X]):
    """A service's application. Unknown paths and methods are answered by the service's own table, too."""

    def __init__(self, import_name: str, served: Served[X]) -> None:
        super().__init__(import_name)
        self.served = served
        for code in (404, 405):
            self.register_error_handler(code, self._answer_elsewhere)

    def bind(self, views: Views) -> None:
        """Bind each view to its path of the service's table, whose row it answers by; the methods are the table's.

        A view of any path answers by the row of a path that has one.
        """
        for name, (path, words) in views.items():
            route = self.served.routes[path]
            self.add_url_rule(path, name, self._view(route, words), methods=route.methods or METHODS)

    def _view(self, route: Route[X], words: str) -> Callable[..., Outgoing]:
        def view(**_: str) -> Outgoing:
            return self.answer(route) if route.path != ANYWHERE else self._answer_elsewhere()

        view.__doc__ = words
        return view

    def answer(self, route: Route[X]) -> Outgoing:
        """Answer the request at hand: parse, choose, judge, render, record. Raises StateError."""
        served, environ = self.served, flask.request.environ
        counts = served.journal.counts
        began = counts.ticks()
        request = parse.parsed(environ, reads_body=served.reads_body)
        exchange = served.exchange(request)
        flow = choose(route.flows[request.method], exchange)
        outcome = outcome_of(served, exchange, flow)
        outgoing = render.written(served, outcome)
        record.keep(served, outcome, outgoing)
        counts.exchange(served.name, flow.name, outcome.status_that_left, outcome.refused_by, began)
        if served.faults is not None and outcome.fault is not None:
            fault_stage.spoil(served.faults, environ, outgoing, outcome.fault)
        return outgoing

    def _answer_elsewhere(self, _: HTTPException | None = None) -> Outgoing:
        """Answer any path, one that no view has too, or a method that the view of a path does not take."""
        return self.answer(self.served.routes.find(self.path_of(flask.request.environ)))

    def preprocess_request(self) -> Any:
        """Run the hooks before a request, which may read the body: it is there for the service all the same."""
        if self._is_watched() and self.served.reads_body:
            parse.keep_body(flask.request.environ)
        return super().preprocess_request()

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Any:  # noqa: FBT001, FBT002 - Flask's own signature
        """Hand an answer over as it is, or as a `flask.Response` where a hook gets to see it."""
        if not isinstance(rv, Outgoing):
            return super().finalize_request(rv, from_error_handler)
        if not self._is_watched():
            return rv
        return super().finalize_request(_response_of(rv), from_error_handler)

    def _is_watched(self) -> bool:
        """Whether any hook sees request or response."""
        hooks: Iterable[Sequence[object]] = (
            *self.before_request_funcs.values(),
            *self.after_request_funcs.values(),
            *self.teardown_request_funcs.values(),
            *self.url_value_preprocessors.values(),
        )
        return any(hooks) or bool(flask.request_finished.receivers)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Answer as a WSGI application; below which prefix, the platform says, else the path it is mounted at."""
        if PREFIX not in environ:
            environ[PREFIX] = environ.get("SCRIPT_NAME", "").removesuffix(self.served.mount)
        return super().wsgi_app(environ, start_response)


def _response_of(outgoing: Outgoing) -> Response:
    response = Response(outgoing.pieces, status=outgoing.status)
    response.headers.clear()
    response.headers.extend(outgoing.headers)
    response.call_on_close(outgoing.close)
    return response
