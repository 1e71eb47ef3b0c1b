"""The page on which flows are tried: each step works, each mistake is the one that it says, and nothing leaks."""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.console.flows import FLOWS, Chosen, steps
from mock_servers.console.mistakes import At, mistakes
from mock_servers.diagnosis.table import FINDERS
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration
from tests.mock_servers.conftest import NOW
from tests.mock_servers.console.conftest import Page, Visitor
from tests.powershell import faults

DOCTOR, PATIENT = "656005750104", "9912003071"
WHO = {"application": "", "cis2": DOCTOR, "nhs_login": PATIENT, "combined": DOCTOR}
APP = "nhsauth-app"
AT = At(NOW, "int")


def chosen(mock: Mock, flow: str) -> Chosen:
    people = mock.store.people
    who = people.get(("cis2", WHO[flow])) or people.get(("nhs_login", WHO[flow]))
    return Chosen(platform=mock, base=mock.url, app=mock.apps.get(APP), who=who, level="")


@pytest.fixture(scope="module")
def spare(ring: KeyRing) -> Mock:
    """A platform that only says which steps and mistakes there are."""
    return Mock(ring=ring)


STEPS = {
    "application": ["token", "api"],
    "cis2": ["log-in", "id-token", "exchange", "api", "refresh"],
    "nhs_login": ["log-in", "id-token", "exchange", "api", "refresh"],
    "combined": ["log-in", "token", "api", "userinfo", "refresh"],
}


def begin(visitor: Visitor, flow: str, **more: str) -> None:
    answer = visitor.post("/try", {"flow": flow, "client_id": APP, "user": WHO[flow], **more})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/_nhsauth/try")


def go(visitor: Visitor, step: str, do: str = "send", mistake: str = "") -> Page:
    answer = visitor.post("/try/send", {"step": step, "do": do, "mistake": mistake})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/_nhsauth/try#step-{step}")
    return visitor.page("/try")


def until(visitor: Visitor, flow: str, step: str) -> None:
    """Do the steps before this one."""
    begin(visitor, flow)
    for each in STEPS[flow][: STEPS[flow].index(step)]:
        go(visitor, each)


@pytest.mark.parametrize("flow", FLOWS)
def test_each_step_of_each_flow_succeeds_and_is_in_the_journal(visitor: Visitor, flow: str) -> None:
    begin(visitor, flow)

    for step in STEPS[flow]:
        before = len(visitor.mock.exchanges)
        page = go(visitor, step)

        assert len(visitor.mock.exchanges) > before
        assert visitor.mock.exchanges.last.refusal is None, step
        assert visitor.mock.exchanges.last.status in (200, 302)
        assert f"Exchange {visitor.mock.exchanges.last.id}" in page.text


@pytest.mark.parametrize("flow", FLOWS)
def test_the_steps_are_those_of_the_flow(spare: Mock, flow: str) -> None:
    assert [each.word for each in steps(flow, chosen(spare, flow))] == STEPS[flow]


BREAKABLE = [
    *((flow, step, "client_secret_post") for flow, words in STEPS.items() for step in words),
    ("cis2", "id-token", "private_key_jwt"),
]


@pytest.mark.parametrize(("flow", "word", "method"), BREAKABLE)
def test_each_mistake_is_refused_and_recognised_as_what_it_is(
    visitor: Visitor, flow: str, word: str, method: str
) -> None:
    visitor.mock.apps.change(APP, cis2_auth_method=method)
    until(visitor, flow, word)
    (step,) = [each for each in steps(flow, chosen(visitor.mock, flow)) if each.word == word]
    wrong = []

    possible = mistakes(step, AT)
    for mistake in [name for name, each in possible.items() if set(each.step.needs) <= tokens(visitor).keys()]:
        page = go(visitor, word, "break", mistake)
        last = visitor.mock.exchanges.last
        found = {each.id for each in last.examination().findings}
        refused = last.refusal is not None
        if not refused or (not mistake.startswith("without ") and mistake not in found):
            wrong.append((mistake, last.status, refused, sorted(found)))
        assert "Sent with a mistake" in page.text

    assert wrong == []


def test_every_mistake_is_one_of_the_catalogue(spare: Mock) -> None:
    known = {name for finder in FINDERS for name in finder.mistakes}
    named = {
        word
        for flow in FLOWS
        for step in steps(flow, chosen(spare, flow))
        for word in mistakes(step, AT)
        if not word.startswith("without ")
    }

    assert len(named) > 20
    assert named - known == set()


def test_the_founding_mistake_is_shown_with_its_reason_and_the_correct_request(visitor: Visitor) -> None:
    until(visitor, "cis2", "exchange")

    page = go(visitor, "exchange", "break", "code-as-subject-token")

    assert "Malformed JWT in subject_token" in page.text
    assert "This is an authorization code." in page.text
    assert "What was sent" in page.text
    assert "The correct request" in page.text
    assert '"subject_token=$code"' in page.text
    assert page.text.count('"subject_token=$id_token"') == 2


def test_a_step_says_which_one_comes_first(visitor: Visitor) -> None:
    begin(visitor, "cis2")
    shown_before = [visitor.page("/try"), *(go(visitor, step) for step in STEPS["cis2"][:3])]
    said = [re.findall(r"Send step (\d) first\.", page.text) for page in shown_before]

    assert said == [["1", "2", "3", "3"], ["2", "3", "3"], ["3", "3"], []]


def test_a_broken_step_leaves_the_values_of_earlier_ones(visitor: Visitor) -> None:
    until(visitor, "cis2", "exchange")
    go(visitor, "exchange", "break", "kid-missing")

    assert "access_token" in go(visitor, "exchange").text
    assert visitor.mock.exchanges.last.refusal is None


def test_a_broken_step_leaves_its_own_values(visitor: Visitor) -> None:
    until(visitor, "cis2", "api")
    before = given(visitor, "exchange")

    page = go(visitor, "exchange", "break", "kid-missing")

    assert "Sent with a mistake" in page.text
    assert before.keys() == {"access_token", "refresh_token"}
    assert given(visitor, "exchange") == before


def tokens(visitor: Visitor) -> dict[str, str]:
    (text,) = visitor.mock.store.runs.values()
    values: dict[str, str] = json.loads(text)["values"]
    return values


def test_tokens_are_whole_after_a_click_alone(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    until(visitor, "cis2", "api")
    html = visitor.get("/try").text
    values = tokens(visitor)

    sent = visitor.post("/try/send", {"step": "exchange", "do": "show"})
    answer, again = visitor.get("/try"), visitor.get("/try")

    assert (sent.status_code, sent.headers["Location"]) == (303, "/_nhsauth/try#step-exchange")
    assert [name for name, value in values.items() if value in again.text] == []
    assert values.keys() == {"code", "id_token", "access_token", "refresh_token"}
    assert [name for name, value in values.items() if value in html] == []
    assert answer.status_code == 200
    assert {name for name, value in values.items() if value in answer.text} == {"access_token", "refresh_token"}
    assert [name for name, value in values.items() if value in caplog.text] == []


def test_each_step_shows_its_own_values_whole_and_a_cut_one_is_not_copied(visitor: Visitor) -> None:
    until(visitor, "cis2", "api")

    visitor.post("/try/send", {"step": "exchange", "do": "show"})
    html = visitor.get("/try").text
    copied = re.findall(r'<code[^>]* data-copy="[^"]*">(.*?)</code>', html, re.DOTALL)
    buttons = re.findall(r'name="step" value="([^"]*)">\s*<button[^>]* value="show"', html)

    assert tokens(visitor)["access_token"] in copied
    assert [each for each in copied if "characters)" in each] == []
    assert buttons == ["log-in", "id-token"]


def given(visitor: Visitor, step: str) -> dict[str, str]:
    """The values that a step shows, whole."""
    visitor.post("/try/send", {"step": step, "do": "show"})
    html = visitor.get("/try").text
    return dict(re.findall(r'data-copy="the (\w+)">([^<]*)<', html))


@pytest.mark.parametrize("flow", ["cis2", "nhs_login"])
def test_the_access_token_of_the_provider_is_not_that_of_the_platform(visitor: Visitor, flow: str) -> None:
    until(visitor, flow, "exchange")
    of_provider = given(visitor, "id-token")

    assert "Send step 4, Call an API" not in visitor.page("/try").text
    assert visitor.post("/try/send", {"step": "api"}).status_code == 409
    go(visitor, "exchange")
    of_platform = given(visitor, "exchange")

    assert of_provider["access_token"] != of_platform["access_token"]
    assert given(visitor, "id-token") == of_provider
    assert tokens(visitor)["access_token"] == of_platform["access_token"]
    go(visitor, "api")
    assert visitor.mock.exchanges.last.refusal is None


def test_a_token_says_how_long_it_is_good(visitor: Visitor) -> None:
    until(visitor, "cis2", "api")
    fresh = visitor.page("/try").text
    visitor.mock.clock.advance(900)
    late = visitor.page("/try").text

    assert "access_token valid for 10 min" in fresh
    assert "access_token expired 300 s ago" in late
    assert "authentication_assurance_level 3" in fresh
    assert "used up" in fresh


def test_a_level_that_the_person_does_not_reach_is_refused_as_by_the_provider(visitor: Visitor) -> None:
    begin(visitor, "cis2", user="656005750110", level="aal3")

    page = go(visitor, "log-in")

    assert "656005750110" in page.text
    assert "code" not in tokens(visitor)
    assert page.text.count("reaches AAL1 at most; this request needs AAL3.") == 1
    assert "The log-in reaches aal3" not in page.text


@pytest.mark.parametrize(("flow", "level"), [("cis2", "P9"), ("combined", "P5"), ("nhs_login", "aal3"), ("cis2", "x")])
def test_a_level_of_another_provider_is_refused_beside_its_field(visitor: Visitor, flow: str, level: str) -> None:
    answer = visitor.post("/try", {"flow": flow, "client_id": APP, "user": WHO[flow], "level": level})
    page = Page(answer.text)

    assert answer.status_code == 400
    assert page.errors["level"].startswith("Error: ")
    assert ("has no level" in page.errors["level"], page.fields["level"]) == (True, level if level != "x" else "")
    assert ("a", {"href": "#level"}) in page.elements


def test_a_lower_level_is_the_one_of_the_token(visitor: Visitor) -> None:
    begin(visitor, "cis2", level="aal1")
    for step in ("log-in", "id-token"):
        page = go(visitor, step)

    assert "authentication_assurance_level 1" in page.text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"flow": "nobody's"}, "Choose a flow."),
        ({"flow": "cis2", "client_id": "nobody", "user": DOCTOR}, "nobody"),
        ({"flow": "cis2", "client_id": APP, "user": PATIENT}, " has no account at CIS2: choose somebody else."),
        ({"flow": "cis2", "client_id": APP, "user": "<script>alert(1)</script>\x1b"}, "has no account at CIS2"),
        ({"flow": "cis2", "client_id": "<script>alert(1)</script>" * 300, "user": DOCTOR}, "alert(1)"),
    ],
)
def test_a_run_that_cannot_be_is_not_begun(visitor: Visitor, form: dict[str, str], says: str) -> None:
    answer = visitor.post("/try", form)

    assert answer.status_code == 400
    assert says in Page(answer.text).text
    assert [given for tag, given in Page(answer.text).elements if tag == "script" and not given.get("src")] == []
    assert visitor.mock.store.runs.size() == 0


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"step": "nowhere"}, 404),
        ({"step": "log-in", "do": "break", "mistake": "none"}, 404),
        ({"step": "api", "do": "break"}, 404),
        ({"step": "api"}, 409),
        ({"step": "exchange", "do": "break", "mistake": "swapped-tokens"}, 409),
    ],
)
def test_a_step_or_mistake_that_there_is_not_is_a_page(visitor: Visitor, form: dict[str, str], status: int) -> None:
    begin(visitor, "cis2")

    answer = visitor.post("/try/send", form)

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert visitor.mock.exchanges.kept() == []


def test_without_a_run_every_button_goes_to_the_form(visitor: Visitor) -> None:
    for word in ("send", "show", "end"):
        assert visitor.post("/try/send", {"do": word, "step": "log-in"}).headers["Location"] == "/_nhsauth/try"


def test_a_run_is_that_of_one_browser_and_ends_with_a_reset(visitor: Visitor) -> None:
    begin(visitor, "cis2")
    other = Visitor(visitor.mock)

    assert "Which flow?" in other.page("/try").text
    assert "Which flow?" not in visitor.page("/try").text
    visitor.post("/state", {"do": "reset"})
    assert "Which flow?" in visitor.page("/try").text


def test_a_run_is_forgotten_after_an_hour(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(visitor, "cis2")
    later = Visitor(visitor.mock)
    monkeypatch.setattr("mock_servers.console.runs.time.time", lambda: 4_000_000_000.0)

    assert "Which flow?" in visitor.page("/try").text
    begin(later, "cis2")
    assert visitor.mock.store.runs.size() == 1


def test_an_app_that_goes_ends_the_run(visitor: Visitor) -> None:
    begin(visitor, "cis2")
    visitor.mock.apps.remove(APP)

    assert "Which flow?" in visitor.page("/try").text
    assert visitor.post("/try/send", {"step": "log-in"}).status_code == 303


def test_an_app_without_a_key_says_what_it_lacks(visitor: Visitor) -> None:
    visitor.mock.apps.create(client_id="keyless", make_key=False)

    visitor.post("/try", {"flow": "application", "client_id": "keyless"})

    page = go(visitor, "token")

    assert "Not sent The mock holds no private key of this app." in page.text
    assert ("a", {"href": "/_nhsauth/apps/keyless"}) in page.elements
    assert visitor.mock.exchanges.kept() == []
    visitor.mock.apps.change("keyless", make_key=True)
    assert "Not sent" not in go(visitor, "token").text


def test_a_fault_is_met(visitor: Visitor) -> None:
    begin(visitor, "application")
    visitor.post("/faults", {"on": "token", "do": "drop", "times": "2"})
    dropped = go(visitor, "token").text
    visitor.post("/faults", {"button": "cancel_all"})
    visitor.post("/faults", {"on": "token", "do": "status", "status": "503"})
    down = go(visitor, "token").text

    assert "No answer" in dropped
    assert "503" in down


@pytest.mark.parametrize("flow", FLOWS)
def test_a_link_fills_in_the_form(visitor: Visitor, flow: str) -> None:
    page = visitor.page(f"/try?flow={flow}&user={PATIENT}&level=P9&client_id={APP}")

    checked = [given["value"] for tag, given in page.elements if tag == "input" and "checked" in given]
    assert checked == [flow]
    assert (page.fields["user"], page.fields["level"], page.fields["client_id"]) == (PATIENT, "P9", APP)


def test_in_a_world_a_flow_stays_in_it(platform: Mock) -> None:
    assert platform.worlds is not None
    world = platform.worlds.platform(platform.worlds.create("one").name)
    assert isinstance(world, Mock)
    visitor = Visitor(world)
    visitor.http = Visitor(platform).http
    prefix = "/_worlds/one"
    token = Page(visitor.http.get(f"{prefix}/_nhsauth/try", headers={"Accept": "text/html"}).text).tokens.pop()

    def post(path: str, **form: str) -> None:
        answer = visitor.http.post(
            f"{prefix}/_nhsauth{path}",
            data={**form, "form_token": token},
            headers={"Accept": "text/html", "Origin": "http://localhost"},
        )
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(f"{prefix}/_nhsauth/try")

    post("/try", flow="combined", client_id=APP, user=DOCTOR)
    for step in STEPS["combined"]:
        post("/try/send", step=step)

    assert world.exchanges.last.refusal is None
    assert platform.exchanges.kept() == []


# what is shown is what works


def shown(visitor: Visitor, language: str) -> list[str]:
    """The commands of each step in a language, in their order."""
    blocks = re.findall(
        rf'<code data-copy="the {language} for: [^"]*">(.*?)</code>', visitor.get("/try").text, re.DOTALL
    )
    return [unescape(each) for each in blocks]


RUNNERS = {
    "curl": ("sh", ["sh"]),
    "Python": (sys.executable, [sys.executable, "-"]),
    "JavaScript": ("node", ["node", "--input-type=module", "-"]),
}


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("language", RUNNERS)
def test_the_commands_of_a_flow_run_one_after_the_other(ring: KeyRing, language: str, flow: str) -> None:
    program, command = RUNNERS[language]
    if shutil.which(program) is None or (language == "curl" and shutil.which("curl") is None):
        pytest.skip(f"{program} is not installed")
    mock = Mock(ring=ring)
    with mock.serving():
        visitor = Visitor(mock)
        begin(visitor, flow)
        script = "\n".join(shown(visitor, language))
        done = subprocess.run(  # noqa: S603 - what the page shows
            command, input=script, capture_output=True, text=True, timeout=60, check=False
        )
        kept = mock.exchanges.kept()

    assert [each.status for each in kept if each.refusal is not None] == []
    assert (done.returncode, done.stderr) == (0, "")
    assert [each.path for each in kept][-1] in ("/hello-world/hello/application", "/oauth2/token")
    assert len(kept) >= len(STEPS[flow])


@pytest.mark.parametrize("language", RUNNERS)
def test_the_commands_send_a_control_token_and_a_basic_header_where_one_is_wanted(ring: KeyRing, language: str) -> None:
    program, command = RUNNERS[language]
    if shutil.which(program) is None or (language == "curl" and shutil.which("curl") is None):
        pytest.skip(f"{program} is not installed")
    mock = Mock(Configuration(control=ControlSettings(token="of-the-root")), ring=ring)
    mock.apps.change(APP, cis2_auth_method="client_secret_basic")
    with mock.serving():
        visitor = Visitor(mock)
        visitor.http.post(
            "/_nhsauth/log-in", data={"token": "of-the-root"}, base_url=mock.url, headers={"Origin": mock.url}
        ).close()
        begin(visitor, "cis2")
        done = subprocess.run(  # noqa: S603 - what the page shows
            command,
            input="\n".join(shown(visitor, language)),
            env={**os.environ, "NHSAUTH_CONTROL_TOKEN": "of-the-root"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        kept = mock.exchanges.kept()

    assert (done.returncode, done.stderr) == (0, "")
    assert [each.status for each in kept] == [302, 200, 200, 200, 200]


@pytest.mark.parametrize("flow", FLOWS)
def test_the_powershell_is_powershell(visitor: Visitor, flow: str) -> None:
    begin(visitor, flow)
    scripts = shown(visitor, "PowerShell")

    assert len(scripts) == len(STEPS[flow])
    assert [faults(script) for script in scripts] == [[]] * len(scripts)


def test_no_command_holds_a_secret_or_a_key(visitor: Visitor) -> None:
    for flow in FLOWS:
        begin(visitor, flow)
        html = visitor.get("/try").text

        assert visitor.mock.apps.get(APP).client_secret not in html
        assert "PRIVATE KEY" not in html


def test_an_app_that_proves_itself_by_key_or_basic_at_cis2_gets_its_id_token(visitor: Visitor) -> None:
    for method in ("private_key_jwt", "client_secret_basic"):
        visitor.mock.apps.change(APP, cis2_auth_method=method)
        until(visitor, "cis2", "exchange")

        assert "id_token" in tokens(visitor)


def test_flows_are_listed_once() -> None:
    assert list(FLOWS) == list(STEPS)


def test_what_others_send_meanwhile_is_not_taken_for_the_step(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy(Client):
        """A client that another gets in front of, with a request like its own."""

        def open(self, *args: Any, **options: Any) -> TestResponse:
            form = {"grant_type": "client_credentials", "client_assertion": "another's"}
            Client(visitor.mock).post("/oauth2/token", data=form).close()
            Client(visitor.mock).get("/hello-world/hello/world").close()
            return super().open(*args, **options)

    monkeypatch.setattr("mock_servers.console.sending.Client", Busy)
    begin(visitor, "application")

    page = go(visitor, "token")

    assert len(visitor.mock.exchanges) == 3
    assert "Exchange 3" in page.text
    assert "Exchange 1" not in page.text
    assert "Exchange 2" not in page.text
