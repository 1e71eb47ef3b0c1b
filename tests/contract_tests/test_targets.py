"""Whom the contract is asked of: the mock and its variants, a fake at a URL, and what cannot be judged at all."""

import json
import re
import socket
import ssl
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from contract_tests import test_providers
from contract_tests.breakages import BREAKAGES
from contract_tests.reach import Switch
from mock_servers.http import server as serving
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.app import App
from mock_servers.state.configuration import Configuration

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

pytestmark = pytest.mark.slow  # each test runs the contract tests in a process of their own

Run = Any
Start = Callable[..., Run]
Answering = Callable[..., AbstractContextManager[str]]

SINGLE = ("-k", "test_a_mistake_alone and (client_credentials or routing or token_exchange)")
FEW = "test_routing"
"""A module that is read at once: what cannot be judged is reported at the first request."""
HTML, JSON = {"Content-Type": "text/html"}, {"Content-Type": "application/json"}
GIVE = "give the URL of the token endpoint, --target {0}/…/token"


def refusals(run: Run) -> list[str]:
    return [line for line in run.text.splitlines() if "Cannot judge" in line]


def test_the_mock_is_asked_when_nobody_else_is_named(start: Start) -> None:
    run = start("-k", "refresh", of="test_errors")

    assert run.code == 0, run.text
    assert " hold, 0 differ" in run.text


def test_a_fake_is_asked_what_it_can_be_asked_and_the_rest_is_skipped_with_its_reason(
    start: Start, platform: Mock, credential: dict[str, str], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    options = ("--nhsauth-contract-target", platform.url, "--nhsauth-contract-report", str(report))

    run = start(*SINGLE, *options, of="test_errors", environ=credential)
    cases = json.loads(report.read_text(encoding="utf-8"))["cases"]
    reasons = {case["got"] for case in cases if case["verdict"] == "skipped"}

    assert run.code == 0, run.text
    assert sum(case["verdict"] == "holds" for case in cases) > 50
    assert {case["verdict"] for case in cases} == {"holds", "skipped"}
    assert reasons >= {
        "the target cannot register apps of any kind",
        "the target cannot have its clock set",
        "the target cannot be asked with an id token of CIS2: none was supplied",
    }


@pytest.fixture
def platform_alone(platform: Mock) -> Iterator[str]:
    """A fake of the platform without the providers: what is not below /oauth2/ is a page that says 404."""

    def answered(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/oauth2/"):
            return platform(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        page = b"<title>Not Found</title>"
        start_response("404 Not Found", [("Content-Type", "text/html"), ("Content-Length", str(len(page)))])
        return [page]

    with serving.serve(answered) as server:
        yield f"{server.url}/oauth2/token"


PROVIDERS = ("test_provider_clients", "test_provider_documents", "test_providers", "test_routing")


def test_a_sound_fake_of_the_platform_alone_holds_and_is_asked_nothing_about_providers(
    start: Start, platform_alone: str, credential: dict[str, str], pytester: pytest.Pytester
) -> None:
    options = ("--nhsauth-contract-target", platform_alone, "--nhsauth-contract-report", "report.json")

    run = start(*options, "--nhsauth-contract-screen", environ=credential)

    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    skipped = {case["got"] for case in report["cases"] if case["verdict"] == "skipped"}
    assert run.code == 0, run.text
    assert report["summary"]["holds"] > 300
    assert "the target cannot be asked about CIS2 and NHS login: it has no discovery document" in skipped
    assert "the target has no /oauth2-mock, which is a deployment of its own" in skipped
    assert re.match(r"\d+ rules: \d+ hold, 0 differ \(0 of \d+ requests\); ", run.text.splitlines()[-1])


def test_a_target_without_discovery_is_asked_about_providers_that_are_named(
    start: Start, platform_alone: str, credential: dict[str, str]
) -> None:
    options = ("--nhsauth-contract-target", platform_alone, "--nhsauth-contract-only", "providers")

    run = start(*options, of=PROVIDERS, environ=credential)

    assert run.code == 1, run.text
    assert "10 failed" in run.text


def test_what_a_case_begins_with_is_skipped_as_well_where_a_fake_cannot_have_it(
    start: Start, platform: Mock, credential: dict[str, str]
) -> None:
    run = start("--nhsauth-contract-target", platform.url, of="test_management", environ=credential)

    assert "error" not in run.text.lower()
    assert "passed" not in run.text


def test_with_an_id_token_a_fake_is_asked_for_exchanges(
    start: Start, platform: Mock, credential: dict[str, str], tmp_path: Path
) -> None:
    id_token = platform.id_token(
        "cis2", LogInRequest(client_id=credential["NHSAUTH_CONTRACT_CLIENT_ID"]), base=platform.url
    )
    environ = credential | {"NHSAUTH_CONTRACT_ID_TOKEN": id_token}
    report = tmp_path / "report.json"

    options = ("--nhsauth-contract-target", platform.url, "--nhsauth-contract-report", str(report))
    run = start(*SINGLE, *options, of="test_errors", environ=environ)
    cases = json.loads(report.read_text(encoding="utf-8"))["cases"]
    held = {case["row"] for case in cases if case["verdict"] == "holds"}

    assert run.code == 0, run.text
    assert held >= {"§5.1", "§5.2", "§5.3", "§5.4", "§5.5", "§5.6", "§5.7", "§5.8", "§5.9", "§5.10", "§5.12", "§5.16"}
    assert id_token not in run.text + report.read_text(encoding="utf-8")


def test_a_fake_that_differs_is_reported_by_rule_expected_and_got(
    start: Start, platform: Mock, credential: dict[str, str]
) -> None:
    wrong = credential | {"NHSAUTH_CONTRACT_KID": "another-kid"}

    run = start(
        "-k",
        "test_a_mistake_alone and client_credentials-assertion-aud-other",
        "--nhsauth-contract-target",
        platform.url,
        of="test_errors",
        environ=wrong,
    )

    assert run.code == 1
    assert (
        f"1. {platform.url} answers, in 1 request of 1 rule: 401 invalid_request: Invalid 'kid' header in "
        "client_assertion JWT - no matching public key" in run.text
    )
    assert "   rules    Missing or invalid 'aud' claim in client_assertion JWT (1 of 1)" in run.text
    assert "   asked    " in run.text
    assert "   expected 401 invalid_request: Missing or invalid 'aud' claim in client_assertion JWT" in run.text


WRONG_AUD = "Missing or invalid 'aud' claim in client_assertion JWT"
NO_KID = "Missing 'kid' header in client_assertion JWT"


@pytest.fixture
def known_to_differ(
    start: Start, platform: Mock, credential: dict[str, str], pytester: pytest.Pytester
) -> Callable[..., Run]:
    """Ask a fake that knows the key by another name, so that the rule about aud differs, with known differences."""

    def run(*rules: str, options: tuple[str, ...] = (), subprocess: bool = False) -> Run:
        text = "".join(f'[[difference]]\nrule = "{rule}"\nreason = "another key"\n' for rule in rules)
        (pytester.path / "known.toml").write_text(text, encoding="utf-8")
        wrong = credential | {"NHSAUTH_CONTRACT_KID": "another-kid"}
        known = ("--nhsauth-contract-known-differences", "known.toml", "--nhsauth-contract-screen")
        given = ("--nhsauth-contract-target", platform.url, *known, "-p", "tests.contract_tests.about_aud_and_kid")
        return start(*given, *options, of="test_errors", environ=wrong, subprocess=subprocess)

    return run


@pytest.mark.parametrize("rule", [WRONG_AUD, "3.23"])
def test_a_listed_difference_is_no_failure(known_to_differ: Callable[..., Run], rule: str) -> None:
    run = known_to_differ(rule)

    assert run.code == 0, run.text
    assert run.text.splitlines()[-1].startswith("2 rules: 1 hold, 0 differ, 1 differ as listed (")


def test_a_difference_that_is_not_listed_is_a_failure(known_to_differ: Callable[..., Run]) -> None:
    assert known_to_differ().code == 1


def test_a_listed_difference_that_no_longer_differs_is_a_failure(known_to_differ: Callable[..., Run]) -> None:
    run = known_to_differ(WRONG_AUD, NO_KID)

    assert run.code == 1, run.text
    assert f"No longer differs, so take it out of the known differences: {NO_KID}" in run.text


@pytest.mark.parametrize(
    "options", [("-k", "test_a_mistake_alone"), ("--nhsauth-contract-only", "token"), ("--maxfail", "9"), ("--lf",)]
)
def test_a_chosen_part_of_the_cases_does_not_prove_that_nothing_differs(
    known_to_differ: Callable[..., Run], options: tuple[str, ...]
) -> None:
    run = known_to_differ(WRONG_AUD, NO_KID, options=options)

    assert run.code == 0, run.text


def test_the_known_differences_hold_in_several_processes(known_to_differ: Callable[..., Run]) -> None:
    pytest.importorskip("xdist", reason="xdist is not installed")

    run = known_to_differ(WRONG_AUD, NO_KID, options=("-n", "2"), subprocess=True)

    assert run.code == 1, run.text
    assert run.text.splitlines()[-1].startswith("2 rules: 1 hold, 0 differ, 1 differ as listed (")


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "several"])
def test_a_listed_rule_that_does_not_exist_is_named_with_the_nearest(
    known_to_differ: Callable[..., Run], options: tuple[str, ...]
) -> None:
    if options:
        pytest.importorskip("xdist", reason="xdist is not installed")

    run = known_to_differ(WRONG_AUD.replace("'", ""), options=options, subprocess=bool(options))

    named = f"no rule is {WRONG_AUD.replace(chr(39), '')!r}"
    assert run.code == 2
    assert refusals(run) == [f"Cannot judge: known.toml: {named}; did you mean {WRONG_AUD!r}?"]


def test_a_variant_of_the_mock_is_asked_by_its_configuration(start: Start, pytester: pytest.Pytester) -> None:
    (pytester.path / "strict.toml").write_text("[apim]\nstrict_content_type = true\n", encoding="utf-8")

    targets = ("--nhsauth-contract-target", "mock", "--nhsauth-contract-target", "mock:strict.toml")
    run = start("-k", "charset and client_credentials", "-vv", *targets, of=("test_success", "test_errors"))

    alone = "mock:strict.toml-client_credentials-request-content-type-with-a-charset-where-apim.strict-content-type"
    assert run.code == 0, run.text
    assert f"test_a_mistake_alone_is_answered_with_its_error[{alone}] PASSED" in run.text
    assert "[mock-client_credentials-content_type_with_a_charset] PASSED" in run.text
    assert "[mock:strict.toml-client_credentials-content_type_with_a_charset]" not in run.text
    assert "[mock-client_credentials-request-content-type-with-a-charset-where" not in run.text


SWITCHES = Path(__file__).parent.parent / "mutants" / "switched.toml"


@pytest.mark.timeout(1200)
def test_each_switch_that_is_set_otherwise_has_answers_of_its_own(start: Start) -> None:
    switches = tomllib.loads(SWITCHES.read_text(encoding="utf-8"))
    named = {f"{table}.{member}" for table, members in switches.items() for member in members}

    run = start("-n", "0", "-k", "not test_fuzz and not test_machine", "--nhsauth-contract-target", f"mock:{SWITCHES}")

    assert run.code == 0, run.text
    assert named == set(Switch)


def test_a_switch_has_a_case_that_holds_only_where_it_is_set() -> None:
    marked = [getattr(test, "where", (None, None))[0] for test in vars(test_providers).values() if callable(test)]

    assert {*marked, *(each.only for each in BREAKAGES)} - {None} == set(Switch)


@pytest.mark.parametrize(
    ("table", "setting", "words"),
    [
        ("apim", "insufficient_scope_status = 401", "token_of_an_application or token-of-an-application"),
        ("cis2", 'unusable_code = "ancestor"', "code-unknown or code-too-old"),
        ("nhs_login", "strict_authorize = true", "state-absent or nonce-absent"),
    ],
)
def test_what_does_not_do_as_its_switch_says_is_found(
    start: Start, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, table: str, setting: str, words: str
) -> None:
    (pytester.path / "switched.toml").write_text(f"[{table}]\n{setting}\n", encoding="utf-8")
    monkeypatch.setattr("contract_tests.conftest.Mock", lambda _: Mock(Configuration()))

    run = start("-k", words, "--nhsauth-contract-target", "mock:switched.toml", of="test_errors")

    assert run.code == 1, run.text


def test_nobody_there_cannot_be_judged(start: Start, credential: dict[str, str]) -> None:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        run = start("--nhsauth-contract-target", url, of=FEW, environ=credential)

    assert run.code == 2
    assert refusals(run) == [f"Cannot judge: {url}: nobody answers (Connection refused)"]


def test_who_is_slow_cannot_be_judged(start: Start, credential: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environ = credential | {"NHSAUTH_CONTRACT_TIMEOUT": "0.2"}
        run = start("--nhsauth-contract-target", url, of=FEW, environ=environ)

    assert run.code == 2
    assert refusals(run) == [f"Cannot judge: {url}: no answer within 0.2 s"]


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (200, HTML, f"{{0}}/oauth2/token answers 200 with text/html and no JSON object: {GIVE}"),
        (404, HTML, f"{{0}}/oauth2/token answers 404 with text/html and no JSON object: {GIVE}"),
        (404, JSON, f"{{0}}/oauth2/token answers 404 with a JSON object: {GIVE}"),
        (405, JSON, f"{{0}}/oauth2/token answers 405 with a JSON object: {GIVE}"),
        (
            302,
            {"Location": "https://elsewhere.example/"},
            "{0}/oauth2/token redirects (302): name the URL that it redirects to",
        ),
        (429, HTML, "{0} limits the rate of requests (429): ask fewer a minute, or later"),
    ],
    ids=["a web page", "not found", "not found in JSON", "another method", "a redirect", "a rate limit"],
)
def test_what_is_not_the_service_cannot_be_judged(
    start: Start, answering: Answering, credential: dict[str, str], status: int, headers: dict[str, str], reason: str
) -> None:
    body = b'{"detail": "Not Found"}' if headers is JSON else b"<!doctype html><title>Welcome</title>"
    with answering(status, headers, body) as url:
        run = start("--nhsauth-contract-target", url, of=FEW, environ=credential)

    assert run.code == 2
    assert refusals(run) == [f"Cannot judge: {reason.format(url)}"]


def test_a_certificate_that_nobody_trusts_cannot_be_judged(
    start: Start, answering: Answering, credential: dict[str, str], self_signed: ssl.SSLContext
) -> None:
    with answering(200, {}, b"{}", tls=self_signed) as url:
        run = start("--nhsauth-contract-target", url, of=FEW, environ=credential)

    assert run.code == 2
    assert refusals(run) == [f"Cannot judge: {url}: its certificate is not trusted here (CERTIFICATE_VERIFY_FAILED)"]


@pytest.mark.slow
def test_what_cannot_be_judged_is_reported_by_a_worker_too(
    start: Start, answering: Answering, credential: dict[str, str]
) -> None:
    pytest.importorskip("xdist", reason="xdist is not installed")
    with answering(200, HTML, b"<title>Welcome</title>") as url:
        run = start("-n", "1", "--nhsauth-contract-target", url, of=FEW, environ=credential, subprocess=True)

    assert run.code == 2
    assert refusals(run) == [
        f"Cannot judge: {url}/oauth2/token answers 200 with text/html and no JSON object: {GIVE.format(url)}"
    ]


def test_a_run_that_could_ask_nothing_proves_nothing(
    start: Start, answering: Answering, credential: dict[str, str]
) -> None:
    refusal = b'{"error": "invalid_request", "error_description": "grant_type is missing"}'
    with answering(400, {"Content-Type": "application/json"}, refusal) as url:
        options = ("--nhsauth-contract-target", url, "-k", "test_an_exchange_begins_to_count_refreshes")
        alone = start(*options, "--nhsauth-contract-screen", of="test_success", environ=credential)
        within = start(*options, of="test_success", environ=credential)

    assert (alone.code, within.code) == (2, 0)
    assert "Cannot judge: nothing of this can be asked of the target" in refusals(alone)


def test_missing_credentials_are_named(start: Start) -> None:
    run = start("--nhsauth-contract-target", "int", of=FEW)

    assert run.code == 2
    assert "Cannot judge: set NHSAUTH_CONTRACT_CLIENT_ID, NHSAUTH_CONTRACT_KEY, NHSAUTH_CONTRACT_KID: " in run.text


@pytest.mark.parametrize("target", ["staging", "ftp://127.0.0.1", "mock:"])
def test_what_is_not_target_is_reported_with_what_is_allowed(start: Start, target: str) -> None:
    run = start("--nhsauth-contract-target", target)

    assert run.code == 4
    assert f"the contract target {target!r} is unknown; allowed: mock, mock:FILE (a configuration)" in run.text


def test_a_password_in_a_target_is_refused_and_not_shown(start: Start) -> None:
    run = start("--nhsauth-contract-target", "https://user:a-password@fake.example")

    assert run.code == 4
    assert "'https://(hidden)@fake.example' is unknown" in run.text
    assert "a-password" not in run.text


def test_a_mock_that_runs_is_asked_everything_and_put_back(start: Start, ring: KeyRing) -> None:
    app = App(client_id="mine", client_secret="secret", name="Mine", quota_per_minute=1)
    with Mock(Configuration(apps=(app,)), ring=ring).serving() as server:
        before = requests.get(f"{server.url}/_nhsauth/apps", timeout=10).json()

        run = start(*SINGLE, "--nhsauth-contract-target", server.url, "--nhsauth-contract-screen")

        after = requests.get(f"{server.url}/_nhsauth/apps", timeout=10).json()
        clock = requests.get(f"{server.url}/_nhsauth/clock", timeout=10).json()
    assert run.code == 0, run.text
    assert re.fullmatch(r"\d+ rules: \d+ hold, 0 differ \(0 of \d+ requests\)", run.text.splitlines()[-1])
    assert (after, clock["frozen"]) == (before, False)


@pytest.fixture
def guarded(ring: KeyRing) -> Iterator[str]:
    """Where a mock runs that takes a control token; what its control API needs is loaded before any run."""
    with Mock(Configuration(control=ControlSettings(token="of-the-root")), ring=ring).serving() as server:
        assert requests.get(f"{server.url}/_nhsauth/apps", timeout=10).status_code == 401
        yield server.url


def test_a_mock_that_takes_a_control_token_is_asked_with_it(start: Start, guarded: str) -> None:
    options = ("--nhsauth-contract-target", guarded, "--nhsauth-contract-screen")

    run = start(*SINGLE, *options, environ={"NHSAUTH_CONTROL_TOKEN": "of-the-root"})

    assert run.code == 0, run.text
    assert re.fullmatch(r"\d+ rules: \d+ hold, 0 differ \(0 of \d+ requests\)", run.text.splitlines()[-1])


def test_without_its_control_token_it_cannot_be_judged(
    start: Start, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NHSAUTH_CONTROL_TOKEN", raising=False)

    run = start(*SINGLE, "--nhsauth-contract-target", guarded, "--nhsauth-contract-screen")

    words = f"{guarded} is a mock with a control token: set its root token in NHSAUTH_CONTROL_TOKEN"
    assert (run.code, run.text.splitlines()) == (2, [f"Cannot judge: {words}"])


def test_a_mock_that_runs_is_asked_by_one_process(start: Start, ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        run = start(*SINGLE, "-n2", "--nhsauth-contract-target", server.url, subprocess=True)

    assert run.code == 2
    assert "leave out -n" in run.text


@pytest.mark.parametrize("key", ["status", "another"])
def test_a_status_key_that_is_not_known_is_not_asked_with(start: Start, ring: KeyRing, key: str) -> None:
    settings = ApimSettings(status_key=key)
    with Mock(Configuration(apim=settings), ring=ring).serving() as server:
        run = start("-k", "status", "--nhsauth-contract-target", server.url, "--nhsauth-contract-screen")

    assert run.code == 0, run.text
    assert ("a status key: none was supplied" in run.text) == (key == "another")


def test_nobody_there_is_reported_before_credentials_are_asked_for(start: Start) -> None:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        run = start(*SINGLE, "--nhsauth-contract-target", url, "--nhsauth-contract-screen")

    assert run.code == 2
    assert run.text.splitlines() == [f"Cannot judge: {url}: nobody answers (Connection refused)"]


def test_a_fake_is_reported_on_one_screen_with_one_command_to_repeat_it(
    start: Start, answering: Answering, credential: dict[str, str]
) -> None:
    body = b'{"access_token": "a-token-of-theirs", "expires_in": 599, "token_type": "Bearer"}'
    with answering(200, {"Content-Type": "application/json"}, body) as url:
        options = ("--nhsauth-contract-target", url, "--nhsauth-contract-screen", "--tb=long")
        run = start("-k", "test_errors and client_credentials", *options, environ=credential)

    shown = run.text.splitlines()
    assert run.code == 1
    assert len(shown) < 50
    assert len([line for line in shown if line.startswith("curl ")]) == 1
    assert [
        word for word in ("Traceback", "Said(", "Breakage(", " object at ", "AssertionError") if word in run.text
    ] == []
    assert "a-token-of-theirs" not in run.text
    assert credential["NHSAUTH_CONTRACT_CLIENT_SECRET"] not in run.text


@pytest.mark.parametrize("form", ["md", "json"])
def test_no_secret_of_theirs_or_ours_is_in_a_report(
    start: Start, answering: Answering, credential: dict[str, str], tmp_path: Path, form: str
) -> None:
    marked = "Qx7vK9zwpL4tRm1000Zy8"
    body = f'{{"error": "invalid_request", "error_description": "{marked}", "access_token": "{marked}"}}'.encode()
    report = tmp_path / f"report.{form}"
    with answering(400, {"Content-Type": "application/json", "X-Marked": marked}, body) as url:
        options = ("--nhsauth-contract-target", url, "--nhsauth-contract-report", str(report))
        start("-k", "test_errors and client_credentials", *options, environ=credential)

    text = report.read_text(encoding="utf-8")
    text = re.sub(r"client_assertion=[^&'\"]+", "", text)  # that of the test's own app, in the command to repeat it
    assert text.count("invalid_request") > 0
    assert credential["NHSAUTH_CONTRACT_CLIENT_SECRET"] not in text
    assert "PRIVATE KEY" not in text
    assert re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]{20,}", text) == []
    assert f'"access_token": "{marked}"' not in text
