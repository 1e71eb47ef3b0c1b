"""A service is a Flask application: what Flask's users know holds, and what the contract says comes first."""

import logging
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client

from mock_servers.apim import app as token_service
from mock_servers.apim import errors
from mock_servers.gateway import app as gateway
from mock_servers.identity_provider import app as identity_provider
from mock_servers.management import app as management
from mock_servers.mock import Mock
from mock_servers.pipeline.application import ServiceApp
from mock_servers.rules import Flow, Rule
from mock_servers.state.seed_data import APIS
from mock_servers.wire import probes
from mock_servers.wire.request import Answer, Request
from mock_servers.wire.routes import ANY, Route, Routes

FORM = {"grant_type": "client_credentials"}


@pytest.fixture
def app(platform: Mock) -> ServiceApp[Any]:
    return token_service.create_app(platform.token_services[0])


@pytest.fixture
def client(app: ServiceApp[Any]) -> FlaskClient:
    return app.test_client()


def services(platform: Mock) -> list[ServiceApp[Any]]:
    behind = platform._environments.services.gateway(platform.token_services[0].settings)  # noqa: SLF001 - as it is wired
    administration = platform._environments.services.management()  # noqa: SLF001 - the same
    return [
        *(token_service.create_app(each) for each in platform.token_services),
        *(identity_provider.create_app(each) for each in platform.providers.values()),
        *(gateway.create_app(behind, api) for api in ["", *(seed.api for seed in APIS)]),
        management.create_app(administration),
        management.create_log_in_app(administration),
    ]


def test_each_path_of_a_table_has_a_view_with_a_docstring(platform: Mock) -> None:
    for app in services(platform):
        routes = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
        listed = {route.path for route in app.served.routes} - set(probes.PATHS)

        assert listed - routes.keys() <= {"/"}, app.import_name
        assert routes.keys() <= listed
        assert all(view.__doc__ for view in routes.values())


def test_every_flow_of_a_service_has_a_path(platform: Mock) -> None:
    for app in services(platform):
        table: Routes[Any] = app.served.routes
        found = [*table, table.find("/nobody/has/this/path")]

        there = {flow.name for route in found for flows in route.flows.values() for flow in flows}
        # NHS login has no such endpoint
        assert {flow.name for flow in table.order} - there <= {"end session"}, app.import_name


def test_the_order_holds_at_each_path(platform: Mock) -> None:
    for app in services(platform):
        order = [flow.name for flow in app.served.routes.order]
        for route in app.served.routes:
            for flows in route.flows.values():
                places = [order.index(flow.name) for flow in flows]

                assert places == sorted(places)


def test_a_name_that_no_flow_has_is_refused() -> None:
    with pytest.raises(LookupError, match="no flow is called unknown"):
        Routes((), {"/a": {"GET": ["unknown"]}}, {ANY: []})


def flow(name: str) -> Flow[Any, Answer]:
    return Flow(name=name, row="", takes=lambda _: True, policies=(), respond=lambda _: Answer(status=200))


def test_a_method_without_a_row_of_its_own_has_those_of_any_other() -> None:
    got, other = flow("got"), flow("other")
    route = Route("/a/<b>", {"GET": (got,), ANY: (other,)}, ["GET"])

    assert (route.flows["GET"], route.flows["TRACE"]) == ((got,), (other,))
    assert (route.fits("/a/1"), route.fits("/a/1/2"), route.fits("/a/")) == (True, False, False)


# what Flask would answer by itself


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "TRACE", "FOO"])
def test_a_method_that_no_view_takes_gets_the_services_own_error(client: FlaskClient, method: str) -> None:
    answer = client.open("/token", method=method)

    assert (answer.status_code, answer.get_data(), answer.headers["Allow"]) == (405, b"", "POST")


def test_an_unknown_path_gets_the_services_own_error(client: FlaskClient) -> None:
    answer = client.get("/unknown")

    assert (answer.status_code, answer.get_json()["error_description"]) == (404, "Not Found")


def test_a_slash_at_the_end_makes_another_path(client: FlaskClient) -> None:
    """In no source (I)."""
    answer = client.post("/token/", data=FORM)

    assert (answer.status_code, answer.get_json()["error_description"]) == (404, "Not Found")


def test_a_doubled_slash_is_one(platform: Mock) -> None:
    """In no source (I): Flask would redirect."""
    answer = Client(platform.app).open(
        environ_overrides={"PATH_INFO": "//oauth2//token"}, method="POST", data={"grant_type": "password"}
    )

    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "grant_type is invalid")


def test_a_pre_flight_gets_the_services_own_answer(client: FlaskClient) -> None:
    answer = client.options("/token", headers={"Origin": "https://a", "Access-Control-Request-Method": "POST"})

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://a")
    assert "Allow" not in answer.headers


def test_a_rule_that_raises_gets_the_services_catch_all(
    app: ServiceApp[Any], client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rule: Rule[Any] = next(iter(app.served.routes["/token"].flows["POST"])).policies[0].rules[0]

    def fail(_: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr(type(rule), "objection", property(lambda _: fail))
    with caplog.at_level(logging.ERROR, "mock_servers"):
        answer = client.post("/token", data=FORM)

    assert (answer.status_code, answer.get_json()["error_description"]) == (
        errors.SCRIPT_FAULT.status,
        errors.SCRIPT_FAULT.sentence,
    )
    assert "a bug" in caplog.text


# what a team adds


def test_a_route_is_added(app: ServiceApp[Any]) -> None:
    app.add_url_rule("/version", view_func=lambda: {"version": 1})

    assert app.test_client().get("/version").get_json() == {"version": 1}


def test_a_hook_before_a_request_may_answer(app: ServiceApp[Any]) -> None:
    app.before_request(lambda: flask.Response("no", 418))

    assert app.test_client().post("/token", data=FORM).status_code == 418


def get_data() -> bytes:
    return flask.request.get_data()


@pytest.mark.parametrize("read", [lambda: flask.request.form["grant_type"], get_data])
def test_a_hook_before_a_request_may_read_the_body_which_is_judged_all_the_same(
    app: ServiceApp[Any], read: Callable[[], Any]
) -> None:
    seen = []
    app.before_request(lambda: seen.append(read()))

    answer = app.test_client().post("/token", data={"grant_type": "password"})

    assert seen in (["password"], [b"grant_type=password"])
    assert answer.get_json()["error_description"] == "grant_type is invalid"


def test_a_hook_after_a_request_gets_a_response_and_may_change_it(app: ServiceApp[Any]) -> None:
    def change(response: flask.Response) -> flask.Response:
        assert isinstance(response, flask.Response)
        response.set_data(response.get_data().replace(b"grant_type", b"GRANT_TYPE"))
        response.headers["X-Form"] = flask.request.form["grant_type"]
        return response

    app.after_request(change)

    answer = app.test_client().post("/token", data={"grant_type": "password"})

    assert (answer.get_json()["error_description"], answer.headers["X-Form"]) == ("GRANT_TYPE is invalid", "password")
    assert int(answer.headers["Content-Length"]) == len(answer.get_data())


def test_with_a_hook_an_answer_is_to_the_letter_what_it_is_without(platform: Mock) -> None:
    """Redirects with blanks, several headers, an answer without a body: what is sent is what was sent."""
    plain, hooked = (platform.app.test_client(), Mock(platform.configuration, ring=platform.ring).app)
    hooked.after_request(lambda response: response)
    hooked.on_first_base = None
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/oauth2/authorize", {}),
        ("GET", "/oauth2/authorize?client_id=nhsauth-app&redirect_uri=http://127.0.0.1:8080/_nhsauth/callback", {}),
        ("HEAD", "/oauth2/_ping", {}),
        ("GET", "/oauth2/_status", {}),
        ("POST", "/oauth2/token", {"data": FORM}),
        ("GET", "/nobody", {}),
        ("OPTIONS", "/oauth2/token", {"headers": {"Origin": "https://a", "Access-Control-Request-Method": "GET"}}),
    ]
    for method, path, more in asked:
        first, second = (
            http.open(path, method=method, base_url="http://127.0.0.1:8080", **more)
            for http in (plain, hooked.test_client())
        )
        names = [{name: value for name, value in each.headers if name != "Content-Length"} for each in (first, second)]

        assert (first.status_code, names[0].keys()) == (second.status_code, names[1].keys()), path
        assert (
            first.headers.get("Location", "").partition("state=")[0]
            == (second.headers.get("Location", "").partition("state=")[0])
        )


def test_a_hook_that_raises_reaches_its_author(app: ServiceApp[Any]) -> None:
    def fail() -> None:
        raise KeyError("a bug of the team's")

    app.before_request(fail)

    with pytest.raises(KeyError, match="a bug of the team's"):
        app.test_client().get("/_ping")


def test_what_runs_after_a_request_runs(app: ServiceApp[Any]) -> None:
    ended: list[BaseException | None] = []
    app.teardown_request(ended.append)

    app.test_client().get("/_ping")

    assert ended == [None]


def test_flasks_request_is_there_in_a_view(app: ServiceApp[Any]) -> None:
    app.add_url_rule("/seen", view_func=lambda: dict(flask.request.args), methods=["GET"])

    assert app.test_client().get("/seen?a=b").get_json() == {"a": "b"}


def test_a_body_beyond_the_limit_stays_one_where_a_hook_looks(app: ServiceApp[Any]) -> None:
    app.before_request(lambda: None)

    answer = app.test_client().post("/token", data=b"a" * ((1 << 20) + 1), content_type="text/plain")

    assert answer.status_code == 413


class _Pathless(Request):
    """A request whose path nobody may ask for."""

    @property
    def path(self) -> str:
        raise AssertionError("a condition on the path belongs in the table of routes")


def test_no_flow_asks_for_the_path(platform: Mock) -> None:
    known = Request(method="POST", base="http://127.0.0.1:8080", target="/", path="/")
    pathless = object.__new__(_Pathless)
    for each in fields(Request):
        if each.name != "path":
            object.__setattr__(pathless, each.name, getattr(known, each.name))
    for app in services(platform):
        exchange = app.served.exchange(known)
        exchange.request = pathless
        for flow in app.served.routes.order:
            assert flow.takes(exchange) in (True, False)
