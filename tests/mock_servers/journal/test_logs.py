"""How exchanges stand in the log of `nhsauth serve`: a line each, and below it what explains it."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import Client

from mock_servers.command_line import logs
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration
from tests.processes import python

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

CLIENT_CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": "e30.e30.e30",
}

Read = Callable[[], str]
Start = Callable[..., Read]


class Stream(io.StringIO):
    """What is written to stderr, which may be a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Begin to log as `serve` does; what is returned reads what was written."""
    root, own = logging.getLogger(), logging.getLogger("mock_servers")
    before = root.level, own.level, list(root.handlers)

    def begin(
        form: str = "text",
        *,
        is_terminal: bool = False,
        columns: int = 80,
        no_color: str = "",
        with_worlds: bool = False,
    ) -> Read:
        stream = Stream(is_terminal=is_terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", no_color)
        root.handlers = []
        logs.set_up(form="json" if form == "json" else "text", level="info", with_worlds=with_worlds)
        return stream.getvalue

    yield begin
    root.setLevel(before[0])
    own.setLevel(before[1])
    root.handlers = before[2]


@pytest.fixture
def ask(platform: Mock, http: Client) -> Callable[..., None]:
    """Send a token request whose assertion says something else."""

    def send(subject_token: str = "", **claims: object) -> None:
        alterations = Alterations(claims=claims, headers={"alg": "RS256"} if claims else {})
        form = {
            "grant_type": EXCHANGE if subject_token else "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": platform.client_assertion("nhsauth-app", alterations=alterations),
            **({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"} if subject_token else {}),
            **({"subject_token": subject_token} if subject_token else {}),
        }
        http.post("/oauth2/token", data=form, base_url=platform.url).close()

    return send


def code(platform: Mock) -> str:
    return platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), "http://127.0.0.1:8080/_nhsauth/callback")


def test_a_success_is_one_line(start: Start, ask: Callable[..., None]) -> None:
    read = start()

    ask()

    assert read().splitlines()[0].partition(" ")[2] == "INFO    POST /oauth2/token 200"


def test_a_refusal_is_one_line_and_its_findings_stand_below_it(
    start: Start, ask: Callable[..., None], platform: Mock
) -> None:
    read = start()

    ask(subject_token=code(platform))

    first, *below = read().splitlines()
    assert (
        " WARNING POST /oauth2/token 400 invalid_request Malformed JWT in subject_token | "
        "subject_token is the authorization code that CIS2 issued " in first
    )
    assert below[0].startswith("         Answer: Exchange it at http://127.0.0.1:")
    assert below[1] == "         code-as-subject-token (certain)"
    assert [line[:18] for line in below[2:5]] == [f"           {title}" for title in ("Cause: ", "Cure:  ", "Rule:  ")]
    assert all(line.startswith(" " * 9) for line in below)


def test_where_no_finding_is_certain_the_line_has_the_rule_s_words_and_the_finding_s_stand_below(
    start: Start, ask: Callable[..., None], platform: Mock
) -> None:
    read = start()

    ask(subject_token="w4xoW3AX9H42RAuPq4IpfSUABPo")

    first, *below = read().splitlines()
    record = platform.exchanges.last
    assert record.findings[0].certainty != "certain"
    assert first.endswith(f"Malformed JWT in subject_token | {record.diagnosis}")
    assert below[0] == f"         Answer: {record.findings[0].answer}"
    assert below[0].startswith("         Answer: Possibly: ")
    assert below[2] == f"           Seen:  {record.findings[0].seen}"


@pytest.mark.parametrize("strict", [False, True], ids=["no finding", "only of a later rule"])
def test_the_answer_is_about_this_refusal_also_without_a_finding(start: Start, ring: KeyRing, *, strict: bool) -> None:
    read = start()
    mock = Mock(Configuration(nhs_login=ProviderSettings(strict_authorize=strict)), ring=ring)

    Client(mock).get("/authorize?client_id=nobody", base_url=mock.url).close()

    first, *below = read().splitlines()
    assert first.endswith(' | client_id "nobody" is no client of NHS login: register the app.')
    assert below[0] == "         Answer: Send the client id that this provider gave for this environment."
    assert below[1].startswith("         Next: state-lost (certain)" if strict else "         then: ")


def test_on_a_terminal_lines_end_before_its_edge(start: Start, ask: Callable[..., None], platform: Mock) -> None:
    read = start(is_terminal=True, columns=100)

    ask(subject_token=code(platform))

    _, *below = read().splitlines()
    long = [line for line in below if len(line) > 100 and "http://" not in line]
    assert long == []
    assert sum(line.startswith(" " * 18) and line[18] != " " for line in below) >= 2, "what goes on is under its text"


def test_two_texts_under_each_other_stay_so_on_a_terminal(start: Start, ask: Callable[..., None]) -> None:
    read = start(is_terminal=True, columns=60, no_color="1")

    ask(aud="http://127.0.0.1:8080/oauth2/token/")

    lines = read().splitlines()
    (at,) = [place for place, line in enumerate(lines) if line.strip().startswith("^")]
    assert lines[at - 2].strip() == '"http://127.0.0.1:8080/oauth2/token/"' or "token/" in lines[at - 2]
    assert len(lines[at - 2]) - len(lines[at - 2].lstrip()) == len(lines[at - 1]) - len(lines[at - 1].lstrip())


@pytest.mark.parametrize(("is_terminal", "no_color"), [(False, ""), (True, "1")])
def test_nothing_is_coloured_for_a_file_or_with_no_color(
    start: Start, ask: Callable[..., None], platform: Mock, *, is_terminal: bool, no_color: str
) -> None:
    read = start(is_terminal=is_terminal, no_color=no_color)

    ask(subject_token=code(platform))

    assert "\x1b" not in read()


def test_a_warning_on_a_terminal_is_coloured(start: Start, ask: Callable[..., None], platform: Mock) -> None:
    read = start(is_terminal=True)

    ask(subject_token=code(platform))

    assert read().startswith("\x1b[33m")


def test_no_input_steers_a_terminal(start: Start, ask: Callable[..., None], http: Client) -> None:
    read = start(is_terminal=True, no_color="1")

    ask(kid="\x1b]0;owned\x07\u202e", iss="\x1b[2J", aud="\x9b31m")
    http.get("/oauth2/%1b%5b2J%0aINFO forged").close()
    http.post("/oauth2/token", data={"grant_type": "\x1b[2J\r\nINFO forged"}).close()
    logging.getLogger("mock_servers").warning("another line: %s", "\x1b[2J")

    text = read()
    assert not set("\x1b\x07\x9b\r\u202e") & set(text)
    assert [line for line in text.splitlines() if line.startswith("INFO forged")] == []


def test_no_token_or_secret_is_logged_whole(
    start: Start, ask: Callable[..., None], platform: Mock, http: Client
) -> None:
    read = start()
    sent = code(platform)

    ask(subject_token=sent)
    http.post("/oauth2/token", data={"grant_type": "refresh_token", "client_secret": "s" * 16}).close()
    http.get("/hello-world/hello/user", headers={"Authorization": "Bearer " + "t" * 28}).close()

    assert [value for value in (sent, "s" * 16, "t" * 28) if value in read()] == []


@pytest.mark.parametrize("name", ["client_assertion", "subject_token", "grant_type", "client_id", "n" * 1000])
def test_a_megabyte_becomes_some_lines(start: Start, http: Client, name: str) -> None:
    read = start(is_terminal=True)

    http.post("/oauth2/token", data={"grant_type": EXCHANGE, name: "x.y\x1b" * 150_000}).close()

    assert 0 < len(read()) < 5_000


def test_programs_read_the_exchange_as_the_control_api_shows_it(
    start: Start, ask: Callable[..., None], platform: Mock
) -> None:
    read = start("json")

    ask(subject_token=code(platform))

    line = json.loads(read().splitlines()[-1])
    assert (line["event"], line["level"]) == ("exchange", "warning")
    assert line["exchange"] == json.loads(json.dumps(platform.exchanges.last.as_json()))


@pytest.fixture
def in_world(platform: Mock, http: Client) -> Callable[[], None]:
    """Ask a world of the mock for what is nowhere, and the mock itself for what is there."""
    assert platform.worlds is not None
    platform.worlds.create("team-a")

    def ask() -> None:
        http.get("/_worlds/team-a/nowhere", base_url=platform.url).close()
        http.get("/hello-world/hello/world", base_url=platform.url).close()
        logging.getLogger("mock_servers").warning("Of no world")
        logging.getLogger("mock_servers").warning("Of a world", extra={"world": "team-b"})

    return ask


def test_each_line_for_people_has_its_world(start: Start, in_world: Callable[[], None]) -> None:
    read = start(with_worlds=True)

    in_world()

    lines = [line.partition(" ")[2] for line in read().splitlines() if not line.startswith(" ")]
    assert [line[:19] for line in lines] == [
        "WARNING [team-a] GE",
        "INFO    [root] GET ",
        "WARNING [root] Of n",
        "WARNING [team-b] Of",
    ]


def test_each_line_for_programs_has_its_world(start: Start, in_world: Callable[[], None]) -> None:
    read = start("json")

    in_world()

    lines = [json.loads(line) for line in read().splitlines()]
    assert [line["world"] for line in lines] == ["team-a", "root", "root", "team-b"]
    assert [line["exchange"]["world"] for line in lines[:2]] == ["team-a", "root"]


@pytest.mark.parametrize("path", ["/_worlds/team-a/oauth2/token", "/_worlds/team-a/_nhsauth/apps"])
def test_what_fails_in_a_world_is_logged_as_that_world_s(
    start: Start, platform: Mock, http: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    assert platform.worlds is not None
    platform.worlds.create("team-a")
    world = platform.worlds.platform("team-a")
    assert world is not None
    for read_apps in ("get", "values", "find"):
        monkeypatch.setattr(world.store.apps, read_apps, lambda *_: 1 / 0)
    read = start("json")

    method, form = ("GET", {}) if "_nhsauth" in path else ("POST", CLIENT_CREDENTIALS)
    http.open(path, method=method, data=form, base_url=platform.url).close()

    failed = [json.loads(line) for line in read().splitlines() if "ZeroDivisionError" in line]
    assert [line["world"] for line in failed] == ["team-a"] * len(failed)
    assert failed != []


def test_a_start_does_not_load_the_catalogue_for_its_log() -> None:
    code = "import sys, mock_servers.command_line.logs; print('mock_servers.catalogue' in sys.modules)"

    done = python(code)

    assert done.stdout == "False\n"


FORGED = "x\n09:00:00 INFO    POST /oauth2/token 200\r\x1b[2J\x85\u2028\u202e\t\x00"


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "{cis2}/access_token"),
        ("POST", "/oauth2/token"),
        ("GET", "{cis2}/authorize"),
        ("GET", "/oauth2/authorize"),
    ],
)
@pytest.mark.parametrize(
    "name", ["grant_type", "client_id", "client_assertion_type", "scope", "redirect_uri", "response_type", FORGED]
)
def test_no_parameter_forges_a_line_or_steers_a_terminal(
    start: Start, http: Client, platform: Mock, name: str, method: str, path: str, is_terminal: object
) -> None:
    read = start(is_terminal=bool(is_terminal), no_color="1")
    where = path.format(cis2=platform.provider("cis2").provider.endpoint("token").rpartition("/")[0])

    form = {"grant_type": "authorization_code", name: FORGED}
    body, query = (form, None) if method == "POST" else (None, form)
    http.open(where, method=method, base_url=platform.url, data=body, query_string=query).close()

    first, *below = read().split("\n")
    assert f" {method} {where} " in first
    assert all(line.startswith(" " * 9) for line in below if line), below
    assert all(line.isprintable() for line in [first, *below])


def raise_forged() -> None:
    raise ValueError(FORGED)


def test_any_traceback_stands_below_its_line(start: Start) -> None:
    read = start()

    try:
        raise_forged()
    except ValueError:
        logging.getLogger("mock_servers").exception("%s failed", f"GET /{FORGED}")

    first, *below = read().splitlines()
    assert first.partition(" ")[2].startswith("ERROR   GET /x\\n09:00:00")
    assert "Traceback" in below[0]
    assert all(line.startswith(" " * 9) for line in below)
    assert all(line.isprintable() for line in [first, *below])


@pytest.fixture
def logged(start: Start, http: Client, platform: Mock) -> Callable[..., str]:
    """Everything that log and journal tell of a request that holds a registered secret."""
    platform.apps.create(client_id="mine", client_secret="Sesame-open.2027~x/+", name="Mine", scopes=())
    read = start("text")

    def ask(method: str, path: str, **sent: object) -> str:
        http.open(path, method=method, base_url=platform.url, **sent).close()  # type: ignore[arg-type] # keywords of Werkzeug
        record = platform.exchanges.last
        return f"{read()} {json.dumps(record.as_json())} {record.timeline()} {record.explained()} {record!r}"

    return ask


@pytest.mark.parametrize("path", ["{cis2}/access_token", "/oauth2/token", "{nhs_login}/token"])
@pytest.mark.parametrize(
    "name",
    [
        *(
            "grant_type",
            "client_id",
            "client_assertion_type",
            "scope",
            "redirect_uri",
            "response_type",
            "code",
            "state",
        ),
        *("acr_values", "error", "anything", "Sesame-open.2027~x/+"),
    ],
)
@pytest.mark.parametrize("around", ["{}", " {} ", "Basic {}", '"{}"'])
def test_a_registered_secret_is_cut_wherever_it_was_sent(
    logged: Callable[..., str], platform: Mock, path: str, name: str, around: str
) -> None:
    places = {
        word: platform.provider(word).provider.endpoint("token").rpartition("/")[0] for word in ("cis2", "nhs_login")
    }
    form = {"grant_type": "authorization_code", name: around.format("Sesame-open.2027~x/+")}

    text = logged("POST", path.format(**places), data=form)

    assert "open.2027" not in text
    assert " POST " in text


@pytest.mark.parametrize("where", ["/oauth2/Sesame-open.2027~x", "/nowhere/Sesame-open.2027~x?y=Sesame-open.2027~x"])
def test_a_registered_secret_in_a_path_or_a_query_is_cut(
    logged: Callable[..., str], platform: Mock, where: str
) -> None:
    platform.apps.change("mine", client_secret="Sesame-open.2027~x")

    assert "open.2027" not in logged("GET", where)
    assert "open.2027" not in logged("POST", "/oauth2/token", headers={"User-Agent": "Sesame-open.2027~x"})


def test_a_secret_of_one_app_among_many_is_cut(logged: Callable[..., str], platform: Mock) -> None:
    for number in range(700):  # more than the characters of the request
        platform.apps.create(client_id=f"app-{number}", client_secret=f"open-sesame-{number:04}", name="N", scopes=())

    text = logged("POST", "/oauth2/token", data={"grant_type": "x open-sesame-0123", "scope": "Sesame-open.2027~x/+"})

    assert "sesame-0123" not in text
    assert "open.2027" not in text


def test_a_short_secret_leaves_words_alone(logged: Callable[..., str], platform: Mock) -> None:
    platform.apps.change("mine", client_secret="grant")

    assert "grant_type" in logged("POST", "/oauth2/token", data={"grant_type": "no such grant"})
    assert "no such grant" in logged("POST", "/oauth2/token", data={"grant_type": "no such grant"})


def test_a_secret_that_is_sent_where_it_belongs_changes_no_word(logged: Callable[..., str], platform: Mock) -> None:
    platform.apps.change("mine", client_secret="invalid_request")
    form = {"client_id": "mine", "client_secret": "invalid_request", "grant_type": "nothing"}

    assert "unsupported_grant_type" in logged("POST", "/oauth2/token", data=form)


# what nobody registered

STRANGE = "Zx81Qv77-Kp02.Lm9"


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_assertion_type", "response_type", "max_age"])
@pytest.mark.parametrize("value", [STRANGE, "correcthorsebatterystaple"])
def test_a_long_value_that_nobody_registered_is_cut(logged: Callable[..., str], name: str, value: str) -> None:
    text = logged("POST", "/oauth2/token", data={"grant_type": "client_credentials", name: value})

    assert value not in text
    assert value[:6] in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grant_type", "client_credential"),
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchang"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
        ("client_id", "a-registered-app-of-2027"),
        ("client_id", "a-registered-app-of-2026"),
    ],
)
def test_a_word_that_is_known_or_nearly_so_is_shown(
    logged: Callable[..., str], platform: Mock, name: str, value: str
) -> None:
    platform.apps.create(client_id="a-registered-app-of-2027", name="N", scopes=())

    assert value in logged("POST", "/oauth2/token", data={"grant_type": "x", name: value})


def test_a_long_segment_of_a_path_is_cut_where_it_has_digits(logged: Callable[..., str]) -> None:
    text = logged("GET", f"/oauth2/{STRANGE}/a-long-word-of-a-path")

    assert STRANGE not in text
    assert "a-long-word-of-a-path" in text


def test_a_secret_inside_an_error_description_is_cut(logged: Callable[..., str]) -> None:
    query = {"error": "access_denied", "error_description": f"the key {STRANGE} is wrong", "state": "x"}

    text = logged("GET", "/oauth2/callback", query_string=query)

    assert STRANGE not in text


@pytest.mark.parametrize("number", ["9912003071", "991 200 3071", "991-200-3071"])
@pytest.mark.parametrize("place", ["path", "query"])
def test_the_number_of_a_patient_is_cut_in_paths_and_queries(
    logged: Callable[..., str], number: str, place: str
) -> None:
    path = f"/oauth2/Patient/{number}" if place == "path" else "/oauth2/authorize"

    text = logged("GET", path, query_string={"client_id": f"patient|{number}"} if place == "query" else {})

    assert number not in text
    assert number.replace(" ", "%20") not in text


def test_ten_digits_that_are_no_number_of_a_patient_stay(logged: Callable[..., str]) -> None:
    assert "9912003072" in logged("GET", "/oauth2/Patient/9912003072")
