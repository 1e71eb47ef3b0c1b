"""`nhsauth mcp`: the tools of a coding agent, called by the official client in another process."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import requests
from click.testing import CliRunner

from mock_servers.catalogue.entries import entries
from mock_servers.command_line.commands import nhsauth
from mock_servers.explain.request_explanation import PARTS
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from tests.mock_servers.conftest import NOW
from tests.processes import finished

pytest.importorskip("mcp_types", reason="the extra [mcp] is not installed")

from mcp import MCPError

from mock_servers.command_line.mcp.server import server_of
from mock_servers.command_line.mcp.tool import NOTHING, Tool
from tests.mcp_client import Agent, agent, in_process, text_of

CODE = "5ngPEV7bqsDnYM1TrbBHiJkVfLs"
FOUNDING = f"""\
curl -X POST https://int.api.service.nhs.uk/oauth2/token \\
  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
  -d subject_token_type=urn:ietf:params:oauth:token-type:id_token \\
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\
  -d client_assertion=$ASSERTION -d subject_token={CODE}

HTTP/1.1 400 Bad Request

{{"error": "invalid_request", "error_description": "Malformed JWT in subject_token"}}
"""
OFFLINE = ("explain", "errors", "rules")
OF_A_MOCK = ("status", "exchanges", "get_token", "log_in", "clock", "fault", "reset")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent without a mock, which may call nobody."""
    with agent(tmp_path_factory.mktemp("offline")) as client:
        yield client


@pytest.fixture(scope="module")
def mock_and_agent(ring: KeyRing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mock, Agent]]:
    """A mock, and an agent that may call only that: it takes a while to start."""
    mock = Mock(ring=ring, clock=Clock())
    with mock.serving(), agent(tmp_path_factory.mktemp("online"), mock.url) as client:
        yield mock, client


@pytest.fixture
def platform(mock_and_agent: tuple[Mock, Agent]) -> Mock:
    """The mock as after its start, its clock stopped at NOW."""
    mock, _ = mock_and_agent
    mock.reset()
    mock.clock.set(NOW, frozen=True)
    return mock


@pytest.fixture
def online(mock_and_agent: tuple[Mock, Agent], platform: Mock) -> Agent:  # noqa: ARG001 - resets the mock
    """The agent with that mock."""
    return mock_and_agent[1]


# without a mock


def test_without_a_mock_there_are_three_tools(offline: Agent) -> None:
    assert tuple(offline.tools) == OFFLINE
    assert "--server URL" in offline.instructions


def test_the_founding_request_is_explained(offline: Agent) -> None:
    answer = offline.ask("explain", text=FOUNDING)

    assert answer.structured_content is not None
    assert not answer.is_error
    assert tuple(answer.structured_content) == (*PARTS, "found", "refused")
    assert answer.structured_content["answer"].startswith(
        "The value sent as subject_token is probably an authorization code"
    )
    assert answer.structured_content["refused"]
    assert text_of(answer).startswith(answer.structured_content["answer"][:40])
    assert CODE not in answer.model_dump_json()


def test_details_add_what_the_command_prints_as_json(offline: Agent) -> None:
    answer = offline.call("explain", text=FOUNDING, details=True)

    assert answer["details"]["exchanges"][0]["stopped_by"] == ["decode_subject_token"]
    assert CODE not in json.dumps(answer)


def test_a_moment_and_a_key_set_are_used(offline: Agent, platform: Mock) -> None:
    app = platform.apps.all()[0]
    assertion = platform.client_assertion(app.client_id, token_url="https://int.api.service.nhs.uk/oauth2/token")
    keys = requests.get(f"{platform.url}/_nhsauth/apps/{app.client_id}/jwks", timeout=60).json()
    asked = {"text": assertion, "sent_as": "client_assertion", "details": True}

    in_time, as_text = (offline.call("explain", **asked, at=NOW, jwks=each) for each in (keys, json.dumps(keys)))
    late = offline.call("explain", **asked, at="2031-01-01T00:00:00Z", jwks=keys)
    by_others = offline.call("explain", **asked, at=NOW, jwks={"keys": []})

    assert in_time == as_text
    assert [each["refused"] for each in (in_time, late, by_others)] == [False, True, True]
    assert "exp" in late["answer"]


def test_what_is_nothing_is_no_error(offline: Agent) -> None:
    answer = offline.call("explain", text="Dear all, lunch is at one.")

    assert (answer["found"], answer["refused"]) == (False, False)
    assert answer["answer"].startswith("I found no request")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> **bold** [link](https://example.org) <!-- -->",
        "x" * 10_000,
        "Malformed JWT in subject_token \x1b[31m\x07\x00\x9b\u202e",
        "{" * 10_000,
        "\n" * 10_000 + "a",
        "@/etc/passwd",
        "-",
        "--help",
        "eyJ" + "a" * 10_000 + ".e.e",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_strange_texts_do_no_harm(offline: Agent, text: str) -> None:
    answer = offline.ask("explain", text=text)

    shown = text_of(answer)
    assert not answer.is_error
    assert all(each.isprintable() or each == "\n" for each in shown), ascii(shown)
    assert "root:" not in shown
    assert len(shown) < 3_000


def test_no_argument_reads_a_file(offline: Agent, tmp_path: Path) -> None:
    file = tmp_path / "answer"
    file.write_text("Malformed JWT in subject_token")

    assert not offline.call("explain", text=f"@{file}")["found"]
    assert not offline.call("explain", text="Dear all", answer=f"@{file}")["found"]
    assert offline.refusal("explain", text="Dear all", jwks=str(file)).startswith("jwks is ")
    assert offline.refusal("errors", text=f"@{file}").startswith("No error is about ")


def test_few_errors_have_causes_and_cures(offline: Agent) -> None:
    answer = offline.ask("errors", text="Malformed JWT in subject_token")

    assert answer.structured_content is not None
    (found,) = answer.structured_content["errors"]
    assert (found["status"], found["error"]) == (400, "invalid_request")
    assert found["cure"]
    assert f"cure     {found['cure']}" in text_of(answer)


def test_many_errors_are_a_line_each(offline: Agent) -> None:
    answer = offline.call("errors")

    assert len(answer["errors"]) == len(entries())
    assert list(answer["errors"][0]) == ["service", "name", "status", "error", "error_description"]


def test_a_flow_is_listed_in_its_order(offline: Agent) -> None:
    answer = offline.ask("rules", flow="token-exchange")

    assert answer.structured_content is not None
    rules = [each["rule"] for each in answer.structured_content["rules"]]
    assert rules[0] == "check_client_assertion_type"
    assert rules.index("check_client_assertion_signature") < rules.index("decode_subject_token")
    (decoded,) = (each for each in answer.structured_content["rules"] if each["rule"] == "decode_subject_token")
    assert (decoded["status"], decoded["error_description"]) == (400, "Malformed JWT in subject_token")
    assert "decode_subject_token: 400 invalid_request Malformed JWT in subject_token" in text_of(answer)


def test_a_provider_answers_by_its_own_rows(offline: Agent) -> None:
    cis2, nhs_login = (offline.call("rules", service=each, flow="code")["rules"] for each in ("cis2", "nhs_login"))

    assert [each["rule"] for each in cis2] == [each["rule"] for each in nhs_login]
    assert [each["error_description"] for each in cis2] != [each["error_description"] for each in nhs_login]


def test_the_flows_of_a_service_are_listed(offline: Agent) -> None:
    answer = offline.call("rules")

    assert answer["services"] == ["platform", "cis2", "nhs_login", "realms", "management"]
    assert {"flow": "token-exchange", "row": "§2.6", "of": "the token service"} in answer["flows"]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("explain", {}, "text is missing; allowed: a text that is not empty"),
        ("explain", {"text": " "}, "text is … (1 characters); allowed: a text that is not empty"),
        ("explain", {"text": 7}, "text is … (1 characters); allowed: a text that is not empty"),
        ("explain", {"text": "x", "txet": 1}, "txet is unknown (did you mean text?); allowed: answer, at, details, "),
        ("explain", {"text": "x", "at": "noon"}, 'at is "noon"; allowed: ISO 8601 with a zone, such as '),
        ("explain", {"text": "x", "jwks": "{}"}, "jwks is JSON without a list named keys; allowed: a JSON Web Key Set"),
        ("explain", {"text": "x", "sent_as": "cod"}, 'sent_as is "cod" (did you mean code?); allowed: '),
        ("explain", {"text": "x", "token_url": "int"}, 'token_url is "int"; allowed: a URL such as https://host/path'),
        ("explain", {"text": "rrt-1-2"}, '"rrt-1-2" is a message id. Only the mock that gave it can say what '),
        ("errors", {"text": "zzzqqq"}, 'No error is about "zzzqqq": `nhsauth errors` lists them all'),
        ("rules", {"flow": "token-exchnge"}, 'flow is "token-exchnge" (did you mean token-exchange?); allowed: '),
        ("rules", {"service": "x"}, 'service is "x"; allowed: "platform" or "cis2" or '),
        ("statos", {}, '"statos" is no tool; allowed: explain, errors, rules'),
    ],
)
def test_what_cannot_be_used_is_named(offline: Agent, tool: str, arguments: dict[str, object], said: str) -> None:
    refusal = offline.refusal(tool, **arguments)

    assert refusal[: len(said)] == said
    assert "Traceback" not in refusal


# with a mock


def test_with_a_mock_there_are_all(online: Agent) -> None:
    tools = online.tools

    assert tuple(tools) == (*OFFLINE, *OF_A_MOCK)
    assert {name for name, each in tools.items() if each.annotations and each.annotations.read_only_hint} == {
        *OFFLINE,
        "status",
        "exchanges",
    }
    assert {"on", "do", "times", "cancel"} <= tools["fault"].input_schema["properties"].keys()


def test_a_mock_is_used_from_the_token_to_the_reset(online: Agent, platform: Mock) -> None:
    token = online.call("get_token", access="healthcare_worker", level="aal3")
    (exchange,) = online.call("exchanges")["exchanges"]
    moved = online.call("clock", advance=600)
    fault = online.call("fault", on="token", do="status", status=503)
    failed = requests.post(f"{platform.url}/oauth2/token", timeout=60)
    done = online.call("reset")

    assert token["token_type"] == "Bearer"
    assert (exchange["path"], exchange["status"], exchange["error"]) == ("/oauth2/token", 200, None)
    assert moved["seconds"] == NOW + 600
    assert (fault["on"], fault["status"], fault["times"]) == ("token", 503, 1)
    assert failed.status_code == 503
    assert done == {"reset": True}
    assert (len(list(platform.exchanges)), platform.faults.all()) == (0, [])
    assert not platform.clock.frozen


def test_the_refused_founding_request_is_read_and_its_id_explained(online: Agent, platform: Mock) -> None:
    app = platform.apps.all()[0]
    code = platform.issue_code("cis2", LogInRequest(client_id=app.client_id), app.redirect_uris[0])
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion(app.client_id),
        "subject_token": code,
    }
    answered = requests.post(f"{platform.url}/oauth2/token", form, timeout=60).json()

    read = online.ask("exchanges", id=answered["message_id"])
    explained = online.call("explain", text=answered["message_id"])

    assert read.structured_content is not None
    assert read.structured_content["findings"][0]["id"] == "code-as-subject-token"
    assert explained["answer"].startswith("subject_token is the authorization code that CIS2 issued")
    assert not any(each in read.model_dump_json() for each in (code, form["client_assertion"]))


def test_where_all_is(online: Agent, platform: Mock) -> None:
    assert online.call("status")["urls"]["token"] == f"{platform.url}/oauth2/token"


def test_a_person_logs_in_or_fails_to(online: Agent) -> None:
    assert list(online.call("log_in", provider="nhs_login", level="P9")) == ["code"]
    assert online.call("log_in", outcome="cancelled")["error"] == "access_denied"


def test_the_clock_is_read_stopped_and_reset(online: Agent, platform: Mock) -> None:
    read = online.call("clock")
    moved = online.call("clock", now="2026-11-24T09:00:00Z", frozen=True)
    online.call("clock", reset=True)

    assert (read["seconds"], read["frozen"]) == (NOW, True)
    assert (moved["now"], moved["frozen"]) == ("2026-11-24T09:00:00Z", True)
    assert not platform.clock.frozen


def test_faults_are_listed_and_cancelled(online: Agent) -> None:
    numbers = [online.call("fault", on="token", do="drop")["id"] for _ in range(3)]

    listed = online.call("fault")["faults"]
    one_less = online.call("fault", cancel=numbers[0])["faults"]

    assert [each["id"] for each in listed] == numbers
    assert [each["id"] for each in one_less] == numbers[1:]
    assert online.call("fault", cancel="all") == {"faults": []}


def test_the_newest_exchanges_are_read(online: Agent, platform: Mock) -> None:
    for _ in range(12):
        requests.post(f"{platform.url}/oauth2/token", {}, timeout=60)

    numbers = [each.id for each in platform.exchanges]

    def read(**arguments: int) -> list[int]:
        return [each["id"] for each in online.call("exchanges", **arguments)["exchanges"]]

    assert read() == numbers[2:]
    assert read(limit=12) == numbers
    assert read(after=numbers[-2]) == numbers[-1:]
    assert online.call("exchanges", id=numbers[0], limit=None)["id"] == numbers[0]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_token", {}, 'access is missing; allowed: "healthcare_worker" or "patient" or "application"'),
        ("get_token", {"access": "patient", "user": "7"}, "NHS login has no user '7': it has "),
        ("log_in", {"provider": "cis3"}, 'provider is "cis3"; allowed: "cis2" or '),
        ("log_in", {"x" * 10_000: "\x1b"}, '"xxxxxxxxxxx'),
        ("clock", {"advance": "soon"}, 'advance is "soon"; allowed: a number'),
        ("fault", {"on": "tokn", "do": "drop"}, 'on is "tokn" (did you mean token?); allowed: "token" or '),
        ("fault", {"cancel": "../clock"}, '"/_nhsauth/faults/../clock" is no call'),
        ("fault", {"cancel": 99}, "no fault has the number 99"),
        ("exchanges", {"id": "<b>\x1b"}, 'No exchange that is kept has the number or message id "<b>\\u001b".'),
        ("exchanges", {"limit": "all"}, 'limit is "all"; allowed: a whole number'),
        ("exchanges", {"lim": 1}, "lim is unknown; allowed: after, limit, error"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_the_mock_refuses_is_passed_on(
    online: Agent, platform: Mock, tool: str, arguments: dict[str, object], said: str
) -> None:
    refusal = online.refusal(tool, **arguments)

    assert refusal.startswith(f"The mock at {platform.url} refuses: {said}"), refusal


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("exchanges", {"id": 1, "limit": 2}, "id is given beside limit; allowed: id by itself"),
        ("clock", {"reset": False}, "reset is false; allowed: true, or left out"),
        ("fault", {"cancel": 1, "on": "token"}, "cancel is given beside on; allowed: cancel by itself"),
        ("reset", {"all": True}, "all is unknown; allowed: no argument"),
        ("status", {"all": True}, "all is unknown; allowed: no argument"),
    ],
)
def test_arguments_that_do_not_go_together_are_named(
    online: Agent, tool: str, arguments: dict[str, object], said: str
) -> None:
    assert online.refusal(tool, **arguments) == said


def test_a_mock_that_does_not_answer_is_named(tmp_path: Path, ring: KeyRing) -> None:
    mock = Mock(ring=ring)
    with mock.serving():
        url = mock.url
    with agent(tmp_path, url) as client:
        assert client.refusal("status") == f"No mock answers at {url}: start one with `nhsauth serve`, or name another"


# secrets


def test_tokens_and_codes_are_cut(online: Agent) -> None:
    answers = [online.ask("get_token", access="patient"), online.ask("log_in")]

    for answer in answers:
        assert answer.structured_content is not None
        secrets = [
            each
            for name, each in answer.structured_content.items()
            if name in ("access_token", "refresh_token", "code")
        ]
        assert secrets
        assert all(each.endswith(" characters)") for each in secrets)
        assert json.loads(text_of(answer)) == answer.structured_content


def test_with_tokens_they_are_whole(platform: Mock, tmp_path: Path) -> None:
    with agent(tmp_path, platform.url, "--with-tokens") as client:
        token = client.call("get_token", access="application")["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{platform.url}/hello-world/hello/application", headers=bearer, timeout=60)
        exchange = client.ask("exchanges", limit=1)

    assert answer.status_code == 200
    assert token not in exchange.model_dump_json()


def test_the_control_token_is_sent_and_asked_for(ring: KeyRing, tmp_path: Path) -> None:
    mock = Mock(Configuration(control=ControlSettings(token="of-the-root")), ring=ring)
    with mock.serving():
        with agent(tmp_path, mock.url, NHSAUTH_CONTROL_TOKEN="of-the-root") as client:
            frozen = client.call("clock")["frozen"]
        with agent(tmp_path, mock.url) as client:
            refusal = client.refusal("clock")

    assert frozen is False
    assert "NHSAUTH_CONTROL_TOKEN" in refusal


# the process


def test_another_address_would_be_noticed(platform: Mock, tmp_path: Path) -> None:
    """The guard of all the tests above does end a process that calls another address."""
    with (
        agent(tmp_path, platform.url, allowed="127.0.0.1:1") as client,
        pytest.raises(MCPError, match="Connection closed"),
    ):
        client.ask("status")

    assert "connects to" in (tmp_path / "stderr").read_text()


def test_a_call_that_fails_ends_no_session(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> NoReturn:
        raise ZeroDivisionError("a value of somebody")

    broken = Tool(name="broken", title="", description="", takes=NOTHING, call=fail)
    with in_process(server_of([broken], with_mock=False)) as client:
        refusal = client.refusal("broken")

        assert refusal == "broken itself failed (ZeroDivisionError): the log of this server says more."
        assert list(client.tools) == ["broken"]
    assert "The tool broken failed" in caplog.text


def test_it_ends_with_its_input(tmp_path: Path) -> None:
    ended = finished(sys.executable, "-m", "mock_servers", "mcp", folder=tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_a_signal_while_its_input_is_open(tmp_path: Path, number: signal.Signals) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    with subprocess.Popen(
        [sys.executable, "-m", "mock_servers", "mcp"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode() + b"\n"
        )
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(number)

        assert process.wait(timeout=60) == -number


def test_clients_of_the_older_protocol_are_served(tmp_path: Path) -> None:
    """Those that begin with `initialize`, as the clients of most editors do."""
    with agent(tmp_path, mode="legacy") as client:
        assert tuple(client.tools) == OFFLINE
        assert client.call("explain", text=FOUNDING)["refused"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--server", "localhost"], '--server is "localhost"; allowed: http(s)://host:port, or the URL of a world'),
        (["--with-tokens"], "--with-tokens is for the tokens of a mock: give --server, too"),
    ],
)
def test_misuse_is_one_line(options: list[str], said: str) -> None:
    result = CliRunner().invoke(nhsauth, ["mcp", *options])

    assert (result.exit_code, result.output) == (2, f"Error: {said}\n")
