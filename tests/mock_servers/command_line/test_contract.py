"""`nhsauth contract`: what it passes on to pytest, and what its exit code says."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.processes import finished

NHSAUTH = [sys.executable, "-m", "mock_servers"]
INSTALLED = [sys.executable, "-P", "-c", "from pytest_nhsauth.command import main; main()"]
"""As the installed script does; the other way Python looks into the current folder first."""
IMPORTED = "raise RuntimeError('what is the caller's has been imported')\n"


def environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("NHSAUTH_CON", "PYTEST_"))}


def run(folder: Path, *arguments: str, command: Sequence[str] = NHSAUTH) -> tuple[int, str]:
    done = finished(*command, "contract", *arguments, folder=folder, environ=environ())
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_options_reach_pytest_and_the_summary_and_report_come_back(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--report", "report.json", "-k", "test_errors and authorize-response-type")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))

    assert (code, text) == (0, "2 rules: 2 hold, 0 differ (0 of 6 requests)\n")
    assert report["summary"] == {"holds": 6, "differs": 0, "known": 0, "skipped": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"], "nothing else is left in the folder"


@pytest.mark.slow
def test_with_v_pytest_shows_each_case(tmp_path: Path) -> None:
    _, text = run(tmp_path, "-vv", "-k", "test_errors and authorize-response-type-absent")

    assert text.count("::test_a_mistake_alone_is_answered_with_its_error") == 1
    assert "2 passed" in text


@pytest.mark.slow
def test_on_a_terminal_a_bar_shows_how_far_it_is(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="there are no terminals to open here")
    ours, theirs = pty.openpty()
    command = [*NHSAUTH, "contract", "-k", "test_errors and authorize-response-type-absent"]
    with subprocess.Popen(  # noqa: S603 - our own
        command, cwd=tmp_path, env={**environ(), "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as asking:
        assert asking.stdout
        reported = asking.stdout.read()
    os.close(theirs)
    shown = os.read(ours, 65536).decode()

    assert reported == "1 rule: 1 hold, 0 differ (0 of 2 requests)\n"
    assert "asking" in shown
    assert "100%" in shown


@pytest.mark.slow
def test_a_part_can_be_asked_alone(tmp_path: Path) -> None:
    code, _ = run(tmp_path, "--only", "gateway", "--only", "browser", "-k", "test_errors", "--report", "report.json")
    cases = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["cases"]

    flows = {case["case"].partition("[")[2].partition("-")[0] for case in cases}
    assert (code, flows) == (
        0,
        {"gateway", "api_key", "authorize", "callback", "authorization_code", "userinfo", "logout"},
    )


def test_a_part_that_is_none_is_misuse(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--only", "tokens")

    assert code == 2
    assert "'tokens' is not one of 'token', 'browser', 'providers', 'gateway'" in text


@pytest.mark.slow
def test_junit_files_hold_sentences_alone_and_no_warning_is_given(tmp_path: Path) -> None:
    chosen = "test_any_post or test_a_mistake_alone and authorize-state"
    code, text = run(tmp_path, "-W", "error", "--junitxml", "junit.xml", "-k", chosen)
    junit = ET.parse(tmp_path / "junit.xml")  # noqa: S314 - pytest has written it

    values = [each.get("value", "") for each in junit.iter("property")]
    assert code == 0, text
    assert [value for value in values if value.startswith("{") or re.search(r"[A-Za-z0-9+/=-]{80}", value)] == []
    assert {each.get("name") for each in junit.iter("property")} >= {"nhsauth_rule", "nhsauth_asked", "nhsauth_got"}


@pytest.mark.slow
def test_the_caller_s_own_packages_configuration_and_plugins_take_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("contract_tests", "mock_servers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(IMPORTED)
    (tmp_path / "conftest.py").write_text(IMPORTED)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    code, text = run(tmp_path, "-k", "test_errors and authorize-response-type-absent", command=INSTALLED)

    assert (code, text) == (0, "1 rule: 1 hold, 0 differ (0 of 2 requests)\n")


@pytest.fixture
def heeding_sigint() -> Iterator[None]:
    """Let children heed SIGINT: a run that a shell has put into the background ignores it, and so would they."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heeding_sigint")
@pytest.mark.skipif(os.name == "nt", reason="sends a signal as a terminal does")
def test_interrupted_it_sums_up_what_was_asked(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own
        [*NHSAUTH, "contract", "--only", "token", "-p", "no:randomly", "-vv"],
        cwd=tmp_path,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as asking:
        assert asking.stdout
        seen = next(line for line in asking.stdout if "PASSED" in line)
        os.killpg(asking.pid, signal.SIGINT)
        text = seen + asking.stdout.read()

    assert asking.returncode == 130, text
    assert "Interrupted: this is what came of the cases until then." in text
    assert re.search(r"\d+ hold, 0 differ", text)


@pytest.mark.slow
def test_a_target_that_cannot_be_judged_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path, "--target", "int", "-k", "ping")[0] == 2


def test_a_target_that_is_none_is_misuse(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--target", "staging")

    assert code == 2
    assert "the contract target 'staging' is unknown" in text


@pytest.mark.slow
def test_a_report_of_no_known_kind_is_misuse(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--report", "report.pdf")

    assert code == 2
    assert "allowed: FILE.md or FILE.json" in text


@pytest.mark.slow
def test_each_mistake_in_the_known_differences_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text("[[difference]]\nrule = 7\n", encoding="utf-8")

    code, text = run(tmp_path, "--known-differences", "known.toml")

    file = f"ERROR: nhsauth: {tmp_path / 'known.toml'}"
    assert code == 2
    assert [line for line in text.splitlines() if line] == [
        f"{file}: difference 1: rule is 7; allowed: a text that is not empty",
        f"{file}: difference 1: reason is missing",
    ]


def test_observations_are_of_real_environments_alone(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--observations", "int.json")

    assert code == 2
    assert "observations are of real environments alone; allowed: --target int or sandbox" in text
    assert [*tmp_path.iterdir()] == []
