"""All services as one Flask application: in Flask's own tools, gunicorn, a test client, another application."""

import contextlib
import queue
import re
import subprocess
import sys
import textwrap
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import mock_servers
from benchmarks import exchanging
from mock_servers import create_app
from mock_servers.configuration.reading import ConfigurationError
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.app import App
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from mock_servers.state.memory import MemoryBackend
from tests.processes import PATIENCE, finished, python
from tests.sources import ROOT

FOLDER = Path(mock_servers.__file__).parent
MOST_BEFORE_PIPELINE = 5
MOST_BEFORE_CHOOSE = 11
LONGEST = 400
LISTENING = re.compile(r"(?:Listening at:|Running on) (http://\S+)")


def entered(mock: Mock) -> list[str]:
    """The modules of ours that a token request enters, in order; the second request of a mock."""
    bodies, names = exchanging.forms(mock, 2), list[str]()

    def note(frame: FrameType, event: str, _: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(FOLDER):
            name = ".".join(path.relative_to(FOLDER).with_suffix("").parts)
            names.append(f"{name}:{frame.f_code.co_name}")

    exchanging.call(mock, exchanging.environ_of(next(bodies)), [])
    environ = exchanging.environ_of(next(bodies))
    sys.setprofile(note)
    try:
        exchanging.call(mock, environ, [])
    finally:
        sys.setprofile(None)
    return names


def test_few_modules_stand_between_the_socket_and_the_rules(platform: Mock) -> None:
    names = entered(platform)

    pipeline = next(place for place, name in enumerate(names) if name.startswith("pipeline."))
    choose = names.index("rules:choose")
    before, until = ({name.partition(":")[0] for name in names[:place]} for place in (pipeline, choose))

    assert len(before) <= MOST_BEFORE_PIPELINE, sorted(before)
    assert len(until) <= MOST_BEFORE_CHOOSE, sorted(until)
    for module in until:
        lines = FOLDER.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LONGEST, module


def test_judging_without_a_server_loads_no_flask() -> None:
    code = """
        import sys
        from pytest_nhsauth import explain
        text = str(explain("curl https://int.api.service.nhs.uk/oauth2/token -d grant_type=client_credentials"))
        print("assertion" in text, sorted({"flask", "werkzeug"} & sys.modules.keys()))
    """

    assert python(textwrap.dedent(code)).stdout == "True []\n"


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, mock_servers; print(sorted({'flask', 'jwt', 'cryptography'} & sys.modules.keys()))"

    assert python(code).stdout == "[]\n"


# by Flask's own tools


def test_flask_lists_every_route_of_every_service(tmp_path: Path) -> None:
    done = finished(sys.executable, "-m", "flask", "--app", "mock_servers", "routes", folder=tmp_path)
    rows = {tuple(re.split(r" {2,}", line.strip())) for line in done.stdout.splitlines()[2:]}

    cis2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
    assert {
        ("apim.token", "POST", "/oauth2/token"),
        ("apim.token", "POST", "/oauth2-mock/token"),
        ("identity_provider.token", "POST", f"{cis2}/access_token"),
        ("identity_provider.authorize", "GET, POST", "/authorize"),
        ("gateway.hello_user", "GET", "/hello-world/hello/user"),
        ("management.products", "GET, POST", "/v1/organizations/<organization>/apiproducts"),
        ("management.token", "POST", "/oauth/token/"),
        ("control.listExchanges", "GET", "/_nhsauth/exchanges"),
    } <= rows
    listed = {(row[0], row[-1]) for row in rows}
    own = {(rule.endpoint, rule.rule) for rule in create_app().url_map.iter_rules()}
    assert listed == own


@contextlib.contextmanager
def started(folder: Path, *command: str) -> Iterator[str]:
    """A server in a process of its own; where it says that it listens."""
    listening = queue.SimpleQueue[str]()

    def read(lines: Iterable[str]) -> None:
        for line in lines:  # to its end: a full pipe would hold the server up
            if (found := LISTENING.search(line)) is not None:
                listening.put(found[1])

    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *command], cwd=folder, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        reader = threading.Thread(target=read, args=(server.stderr,))
        reader.start()
        try:
            yield listening.get(timeout=PATIENCE)
        finally:
            server.terminate()
            reader.join()


# Without the limit of the request line, for one case is longer than what gunicorn takes by itself.
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:0", "--limit-request-line", "0", "mock_servers:create_app()")
FLASK = ("flask", "--app", "mock_servers", "run", "--port", "0")


@pytest.mark.parametrize("command", [GUNICORN, FLASK], ids=["gunicorn", "flask"])
def test_the_servers_of_others_serve_it(tmp_path: Path, command: tuple[str, ...]) -> None:
    with started(tmp_path, *command) as url, urllib.request.urlopen(f"{url}/oauth2/_ping", timeout=60) as answer:  # noqa: S310 - http
        assert answer.status == 200
        assert b'"version"' in answer.read()


def test_several_workers_of_gunicorn_share_a_state(tmp_path: Path) -> None:
    (tmp_path / "nhsauth.toml").write_text('[state]\nurl = "sqlite:state.db"\n', encoding="utf-8")
    asked = {"access": "application", "level": "level3", "client_id": READY_MADE_APP.client_id}
    with started(tmp_path, *GUNICORN, "--workers", "2") as url:
        answers = []
        for _ in range(6):  # each on a connection of its own, so that both workers are met
            token = requests.post(f"{url}/_nhsauth/access-tokens", json=asked, timeout=60).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}", "Connection": "close"}
            answers.append(requests.get(f"{url}/hello-world/hello/application", headers=bearer, timeout=60).status_code)

    assert answers == [200] * 6


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_contract_holds_at_gunicorn(tmp_path: Path) -> None:
    with started(tmp_path, *GUNICORN, "--threads", "4") as url:
        contract = ("mock_servers", "contract", "--target", url)
        done = finished(sys.executable, "-m", *contract, folder=ROOT, patience=600)

    assert done.returncode == 0, done.stdout[-3000:]
    assert " 0 differ" in done.stdout


# by a test client, and below another application


def test_in_a_test_process_the_state_is_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHSAUTH_STATE", f"sqlite:{tmp_path / 'shared.db'}")

    mock = create_app(Configuration()).extensions["nhsauth"]

    assert isinstance(mock.store.backend, MemoryBackend)
    assert not (tmp_path / "shared.db").exists()


def test_a_configuration_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[apps]]\nclient_id = "mine"\nclient_secret = "s"\nname = "Mine"\n', encoding="utf-8")

    assert [app.client_id for app in create_app(file).extensions["nhsauth"].apps.all()] == ["mine"]


def test_a_configuration_that_does_not_hold_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("nothing = 1\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="nothing"):
        create_app(str(file))


def test_two_with_different_settings_live_side_by_side() -> None:
    first, second = (
        create_app(Configuration(apps=(App(client_id=name, client_secret="s", name=name),))) for name in ("one", "two")
    )
    first.add_url_rule("/first", view_func=lambda: "first")
    first.after_request(lambda _: flask.Response("hooked"))

    assert first.test_client().get("/first").text == "hooked"
    assert second.test_client().get("/first").status_code == 404
    assert second.test_client().get("/oauth2/_ping").text != "hooked"


@pytest.mark.parametrize(
    "path", ["/oauth2", "/_nhsauth", "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"]
)
def test_a_route_of_one_service_is_not_other_mocks(ring: KeyRing, path: str) -> None:
    first, second = Mock(ring=ring).app, Mock(ring=ring).app
    first.service(path).add_url_rule("/added", view_func=lambda: "added")
    asked = [app.test_client().get(f"{path}/added", base_url="http://127.0.0.1") for app in (first, second)]

    assert asked[0].text == "added"
    assert asked[1].status_code == 404


def test_a_service_is_found_by_its_path(platform: Mock) -> None:
    app = platform.app

    assert app.service("/oauth2").test_client().get("/_ping").status_code == 200
    with pytest.raises(LookupError, match=r"no service is at '/oauth3'; there are /, /_nhsauth, "):
        app.service("/oauth3")
    with pytest.raises(LookupError, match="no service is at '/_nhsauth/style"):
        app.service("/_nhsauth/style.css")


EVERYWHERE = [
    *("/oauth2/_ping", "/oauth2-mock/nothing", "/.well-known/openid-configuration", "/hello-world/hello/world"),
    *("/mock-jwks/_ping", "/canary-api/_ping", "/nobody", "/_nhsauth/health", "/v1/organizations/a/apiproducts"),
    *("/oauth/token", "/_worlds/b/oauth2/_ping", "/_worlds/b/_nhsauth/health"),
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_hook_and_a_handler_of_the_whole_hold_for_every_service(platform: Mock, path: str) -> None:
    assert platform.worlds is not None
    platform.worlds.create("b")
    client = platform.app.test_client()
    client.get(path)  # they are added to what has answered before, too
    platform.app.after_request(lambda response: flask.Response(f"hooked {response.status_code}"))
    assert client.get(path).text.startswith("hooked ")

    @platform.app.before_request
    def fail() -> None:
        raise ZeroDivisionError

    platform.app.errorhandler(ZeroDivisionError)(lambda _: flask.Response("caught", 418))

    assert client.get(path).text == "hooked 418"


@pytest.mark.parametrize("prefix", ["", "/_worlds/b"])
def test_a_route_of_the_whole_is_there_in_every_world(platform: Mock, prefix: str) -> None:
    assert platform.worlds is not None
    platform.worlds.create("b")
    platform.app.add_url_rule("/own/<name>", view_func=lambda name: f"{flask.request.script_root} {name}")
    client = platform.app.test_client()

    assert client.get(f"{prefix}/own/a").text == f"{prefix} a"
    assert client.post(f"{prefix}/own/a").status_code == 405
    assert client.get(f"{prefix}/oauth2/_ping").status_code == 200


def test_without_a_server_it_is_served_where_it_is_first_called() -> None:
    app = create_app(Configuration())
    app.test_client().get("/oauth2/_ping", base_url="http://mock.test:8000")
    (ready_made,) = app.extensions["nhsauth"].apps.all()

    assert app.extensions["nhsauth"].url == "http://mock.test:8000"
    assert ready_made.redirect_uris == ("http://mock.test:8000/_nhsauth/callback",)


def test_a_public_url_says_where_it_is_served() -> None:
    app = create_app(Configuration(public_urls=("https://mock.test/",)))
    app.test_client().get("/oauth2/_ping")

    assert app.extensions["nhsauth"].url == "https://mock.test"


HOST = "http://team.test"


@pytest.fixture
def mounted(ring: KeyRing) -> tuple[Mock, FlaskClient]:
    """A mock below `/nhs` of another application, and that one's client."""
    mock, own = Mock(ring=ring), flask.Flask("own")
    mock.app.on_first_base = mock.served_at
    own.wsgi_app = DispatcherMiddleware(own.wsgi_app, {"/nhs": mock.app})  # type: ignore[method-assign] # as Flask's documentation has it
    client = own.test_client()
    assert client.get("/nhs/oauth2/_ping", base_url=HOST).status_code == 200
    return mock, client


def test_mounted_below_a_prefix_a_person_logs_in(mounted: tuple[Mock, FlaskClient]) -> None:
    """Authorize, log-in form, callback, code, token, userinfo, an API: every URL begins at the prefix."""
    mock, client = mounted
    redirect_uri = mock.apps.get(READY_MADE_APP.client_id).redirect_uris[0]
    asked = {"client_id": READY_MADE_APP.client_id, "redirect_uri": redirect_uri, "response_type": "code", "state": "s"}
    secret = READY_MADE_APP.client_secret

    at_provider = client.get("/nhs/oauth2/authorize", query_string=asked, base_url=HOST).headers["Location"]
    came_back = mock.log_in(f"{HOST}/nhs/oauth2/authorize?{urlencode(asked)}", user="656005750104")
    code = parse_qs(urlsplit(came_back).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "client_secret": secret}
    token = client.post("/nhs/oauth2/token", data={**form, "client_id": asked["client_id"]}, base_url=HOST).get_json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    greeted = client.get("/nhs/hello-world/hello/user", headers=bearer, base_url=HOST)
    known = client.get("/nhs/oauth2/userinfo", headers=bearer, base_url=HOST)

    assert redirect_uri == f"{HOST}/nhs/_nhsauth/callback"
    assert at_provider.startswith(f"{HOST}/nhs/openam/")
    assert (greeted.status_code, known.status_code) == (200, 200)
    assert known.get_json()["nhsid_useruid"] == "656005750104"


def test_mounted_below_a_prefix_issuer_and_audience_carry_it(mounted: tuple[Mock, FlaskClient]) -> None:
    mock, client = mounted
    cis2 = "/nhs/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
    discovery = client.get(f"{cis2}/.well-known/openid-configuration", base_url=HOST).get_json()
    id_token = mock.id_token("cis2", LogInRequest(client_id=READY_MADE_APP.client_id))
    statuses = []
    for audience in (f"{HOST}/nhs/oauth2/token", f"{HOST}/oauth2/token"):
        assertion = mock.client_assertion(READY_MADE_APP.client_id, token_url=audience)
        form = {**exchanging.EXCHANGE, "client_assertion": assertion, "subject_token": id_token}
        statuses.append(client.post("/nhs/oauth2/token", data=form, base_url=HOST).status_code)

    assert discovery["issuer"] == f"{HOST}{cis2}"
    assert statuses == [200, 401]


@pytest.mark.parametrize("access", ["application", "healthcare_worker", "patient"])
@pytest.mark.parametrize("below", ["", "/nhs"])
def test_the_control_api_of_a_world_gets_tokens_wherever_the_mock_is_mounted(
    ring: KeyRing, below: str, access: str
) -> None:
    own = flask.Flask("own")
    own.wsgi_app = DispatcherMiddleware(Mock(ring=ring).app, {"/nhs": Mock(ring=ring).app})  # type: ignore[method-assign] # as Flask's documentation has it
    here, client = "http://127.0.0.1", own.test_client()
    world = client.post(f"{below}/_nhsauth/worlds", json={"name": "w"}, base_url=here).get_json()["url"]

    answer = client.post(f"{below}/_worlds/w/_nhsauth/access-tokens", json={"access": access}, base_url=here)

    assert world == f"{here}{below}/_worlds/w"
    assert answer.status_code == 200, answer.text


def test_mounted_below_a_prefix_pages_link_below_it(mounted: tuple[Mock, FlaskClient]) -> None:
    _, client = mounted
    page = client.get("/nhs/_nhsauth/", headers={"Accept": "text/html"}, base_url="http://127.0.0.1")
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)

    assert links
    assert [link for link in links if not link.startswith("/nhs/")] == []


PAGE = (ROOT / "docs" / "flask.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_what_the_page_shows_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NHSAUTH_CACHE_DIR", str(tmp_path))

    exec(compile(code, "docs/flask.md", "exec"), {})  # noqa: S102 - our own page


def test_the_page_names_the_settings_that_are_made(platform: Mock) -> None:
    app = platform.app.service("/oauth2")

    assert (app.config["PROVIDE_AUTOMATIC_OPTIONS"], app.config["PROPAGATE_EXCEPTIONS"]) == (False, True)
    assert (app.url_map.strict_slashes, app.url_map.merge_slashes) == (True, False)
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [
        *("PROVIDE_AUTOMATIC_OPTIONS", "strict_slashes", "merge_slashes", "PROPAGATE_EXCEPTIONS"),
    ]
