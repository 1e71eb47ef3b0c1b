"""The action, run by Node as a runner runs it: starts the mock, passes its URL to the next steps, then a summary."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
ACTION = YAML(typ="safe", pure=True).load((ROOT / "action.yml").read_text(encoding="utf-8"))
FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
BUSY = 100  # seconds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node on this machine"),
]

Step = Callable[..., subprocess.CompletedProcess[str]]


def outputs_in(folder: Path, name: str) -> dict[str, str]:
    """What a step has written into one of the files for the next steps."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def step(tmp_path: Path, key_cache: Path) -> Iterator[Step]:
    """Run `main` or `post`; inputs that are not given have their defaults, but for package: these sources are used."""
    for name in FILES:
        (tmp_path / name).touch()
    inputs = {name: row.get("default", "") for name, row in ACTION["inputs"].items()}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

    def run(which: str, **given: str) -> subprocess.CompletedProcess[str]:
        state = {f"STATE_{name}": value for name, value in outputs_in(tmp_path, "GITHUB_STATE").items()}
        values = {f"INPUT_{name.upper()}": value for name, value in {**inputs, "package": "", **given}.items()}
        files = {name: str(tmp_path / name) for name in FILES}
        environ = {"RUNNER_TEMP": str(tmp_path), "NHSAUTH_CACHE_DIR": str(key_cache), "PATH": path}
        return subprocess.run(  # noqa: S603 - our own script
            ["node", str(ROOT / ACTION["runs"][which])],  # noqa: S607 - the machine's own node
            cwd=tmp_path,
            env={**os.environ, **environ, **files, **state, **values},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=BUSY,
        )

    yield run
    with suppress(KeyError, OSError):  # it was never started, or has ended
        os.kill(int(outputs_in(tmp_path, "GITHUB_STATE")["pid"]), signal.SIGTERM)


def test_the_next_steps_are_reported_where_the_mock_answers(step: Step, tmp_path: Path) -> None:
    done = step("main")

    assert done.returncode == 0, done.stdout + done.stderr
    outputs = outputs_in(tmp_path, "GITHUB_OUTPUT")
    assert outputs.keys() == ACTION["outputs"].keys()
    assert outputs_in(tmp_path, "GITHUB_ENV") == {"NHSAUTH_URL": outputs["url"]}
    assert requests.get(f"{outputs['url']}/_nhsauth/status", timeout=30).json()["urls"]["token"] == outputs["token-url"]


def test_the_journal_is_there_while_the_job_runs(step: Step, tmp_path: Path) -> None:
    step("main")
    outputs = outputs_in(tmp_path, "GITHUB_OUTPUT")

    requests.post(outputs["token-url"], {"grant_type": "x"}, timeout=30)
    while not (journal := Path(outputs["journal"]).read_text(encoding="utf-8")).endswith("\n"):
        pass  # it is written once the answer has left

    (line,) = journal.splitlines()
    assert json.loads(line)["exchange"]["findings"][0]["id"] == "grant-type"


def test_the_job_ends_with_a_summary_and_without_the_mock(step: Step, tmp_path: Path) -> None:
    step("main")
    outputs = outputs_in(tmp_path, "GITHUB_OUTPUT")
    requests.post(outputs["token-url"], {"grant_type": "x"}, timeout=30)

    done = step("post")

    assert (done.returncode, done.stdout) == (0, "")
    summary = (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    assert "### nhsauth: 1 exchanges, 1 refused" in summary
    assert "**grant-type** (likely)" in summary
    with pytest.raises(requests.ConnectionError):
        _asked_until_it_ends(outputs["url"])


def _asked_until_it_ends(url: str) -> None:
    while True:
        requests.get(f"{url}/_nhsauth/status", timeout=30)


def test_a_configuration_that_does_not_hold_fails_the_step_in_its_own_words(step: Step, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("[apim]\nenvironment = 7\n", encoding="utf-8")

    done = step("main", config="wrong.toml")

    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith("::error title=nhsauth::the mock ended with 2: Error: ")
    assert "environment" in line


@pytest.mark.parametrize("tls", ["yes", ""])
def test_an_input_that_is_not_allowed_is_named(step: Step, tls: str) -> None:
    done = step("main", tls=tls)

    assert done.returncode == 1
    assert done.stdout == f'::error title=nhsauth::tls is "{tls}"; allowed: true, false\n'


def test_real_names_are_played_on_request(step: Step, tmp_path: Path) -> None:
    step("main", tls="true")

    status = requests.get(f"{outputs_in(tmp_path, 'GITHUB_OUTPUT')['url']}/_nhsauth/status", timeout=30).json()

    assert status["real_names"] is not None


def test_a_python_that_is_not_there_is_named(step: Step) -> None:
    done = step("main", package="pytest-nhsauth", python="no-such-python")

    assert done.returncode == 1
    assert "no-such-python cannot be started (ENOENT)" in done.stdout


def test_a_job_whose_mock_never_started_ends_quietly(step: Step) -> None:
    assert step("post").returncode == 0


def test_a_control_token_is_masked_and_handed_to_the_next_steps_and_to_the_summary(step: Step, tmp_path: Path) -> None:
    done = step("main", **{"control-token": "of-the-job"})
    outputs = outputs_in(tmp_path, "GITHUB_OUTPUT")
    variables = outputs_in(tmp_path, "GITHUB_ENV")

    assert done.stdout.splitlines()[0] == "::add-mask::of-the-job"
    assert variables == {"NHSAUTH_URL": outputs["url"], "NHSAUTH_CONTROL_TOKEN": "of-the-job"}
    assert requests.get(f"{outputs['url']}/_nhsauth/apps", timeout=30).status_code == 401
    requests.post(outputs["token-url"], {"grant_type": "x"}, timeout=30)
    ended = step("post", **{"control-token": "of-the-job"})

    assert (ended.returncode, ended.stdout) == (0, "")
    assert "1 refused" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
