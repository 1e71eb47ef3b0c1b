"""The files of examples/ci that share a mock: their own commands are run, at one that is served with a control port."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from ruamel.yaml import YAML

from tests.processes import finished
from tests.served import started

CI = Path(__file__).parent.parent / "examples" / "ci"
GIVEN = {
    "vars.NHSAUTH_SERVER": "NHSAUTH_SERVER",
    "vars.NHSAUTH_CONTROL": "NHSAUTH_CONTROL",
    "secrets.NHSAUTH_CONTROL_TOKEN": "NHSAUTH_CONTROL_TOKEN",
    "github.run_id": "4711",
    "github.run_attempt": "1",
    "strategy.job-index": "0",
    "System.JobId": "12f1170f-54f2-53f3-20dd-22fc7dff4711",
    "CI_JOB_ID": "4711",
}
"""What a service fills in."""
TOKEN = "of-our-team"
TESTS = """#!/bin/sh
curl --silent --fail "$NHSAUTH_URL/hello-world/hello/world" > greeting
echo "$NHSAUTH_URL" > used
exit {code}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of a job. `always` says that it runs after a failed or cancelled one, too; `variables` are its own."""

    command: str
    always: bool
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its service runs it: the variables it sets itself, in their order, and its steps.

    `sees_secrets`: each step sees them. Elsewhere the file hands them on.
    """

    variables: Mapping[str, str]
    steps: list[Step]
    sees_secrets: bool = False


def read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((CI / name).read_text(encoding="utf-8"))


def github() -> Job:
    (job,) = read("github-shared.yml")["jobs"].values()
    steps = [Step(command=each["run"], always=each.get("if") == "always()") for each in job["steps"] if "run" in each]
    return Job(variables=job["env"], steps=steps)


def gitlab() -> Job:
    (job,) = read("gitlab-shared.yml").values()
    after = [Step(command=each, always=True) for each in job["after_script"]]
    steps = [*(Step(command=each, always=False) for each in job["script"]), *after]
    return Job(variables=job["variables"], steps=steps, sees_secrets=True)


def azure() -> Job:
    job = read("azure-shared.yml")
    steps = [
        Step(command=each["script"], always=each.get("condition") == "always()", variables=each.get("env", {}))
        for each in job["steps"]
    ]
    return Job(variables=job["variables"], steps=steps)


def filled(text: str, environ: Mapping[str, str]) -> str:
    """Fill in what a service fills in before the shell sees it: `${{ … }}`, `$(…)` and `$NAME`."""
    known = {**GIVEN, **environ}
    found = re.sub(
        r"\$\{\{ (\S+) \}\}|\$\(([\w.]+)\)|\$(\w+)", lambda match: known[match[1] or match[2] or match[3]], text
    )
    return environ.get(found, found)


def run(job: Job, environ: dict[str, str], folder: Path) -> Iterator[tuple[str, int]]:
    """Run the steps as a service does; yields each command and its exit code."""
    exported = folder / "exported"
    environ = {**os.environ, **environ, "GITHUB_ENV": str(exported)}
    for name, value in job.variables.items():
        environ[name] = filled(value, environ)
    failed = False
    for step in job.steps:
        if failed and not step.always:
            continue
        own = {name: filled(value, environ) for name, value in step.variables.items()}
        done = finished("bash", "-e", "-c", step.command, folder=folder, environ=seen_by_a_step(environ, job) | own)
        said = re.findall(r"##vso\[task\.setvariable variable=(\w+)\](\S+)", done.stdout)
        kept = exported.read_text(encoding="utf-8").split() if exported.exists() else []
        environ |= dict([*said, *(line.split("=", 1) for line in kept)])
        failed = failed or done.returncode != 0
        yield step.command, done.returncode


def seen_by_a_step(environ: Mapping[str, str], job: Job) -> dict[str, str]:
    """Return the variables of a step."""
    hidden = set() if job.sees_secrets else {"NHSAUTH_CONTROL_TOKEN"} - job.variables.keys()
    return {name: value for name, value in environ.items() if name not in hidden}


@pytest.fixture(scope="module", params=["", TOKEN], ids=["open", "with a token"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that a team sets at its service."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl or bash is not here")
    folder = tmp_path_factory.mktemp("shared")
    (folder / "nhsauth.toml").write_text(
        f'[control]\ntoken = "of-the-root"\nteams = {{ ours = "{TOKEN}" }}\n' if request.param else "", "utf-8"
    )
    with started(folder, "--control-port", "0") as mock:
        services, control = re.findall(r"http://[0-9.:]+", mock.ready)
        yield {"NHSAUTH_SERVER": services, "NHSAUTH_CONTROL": control, "NHSAUTH_CONTROL_TOKEN": request.param}


@pytest.mark.parametrize("service", [github, gitlab, azure])
@pytest.mark.parametrize("code", [0, 3], ids=["tests that pass", "tests that fail"])
def test_a_job_has_a_world_that_is_gone_afterwards(
    shared: dict[str, str], tmp_path: Path, service: Callable[[], Job], code: int
) -> None:
    script = tmp_path / "run-our-tests.sh"
    script.write_text(TESTS.format(code=code), encoding="utf-8")
    script.chmod(0o755)

    ended = list(run(service(), shared, tmp_path))

    used = (tmp_path / "used").read_text(encoding="utf-8").strip()
    assert [status for _, status in ended] == [0, code, 0]
    assert used.startswith(f"{shared['NHSAUTH_SERVER']}/_worlds/")
    assert used.endswith(("4711", "-4711-1-0"))
    assert "Hello World!" in (tmp_path / "greeting").read_text(encoding="utf-8")
    proof = {"Authorization": f"Bearer {shared['NHSAUTH_CONTROL_TOKEN']}"}
    assert requests.get(f"{shared['NHSAUTH_CONTROL']}/_nhsauth/worlds", headers=proof, timeout=30).json() == []


@pytest.mark.parametrize("service", [github, gitlab, azure])
def test_the_last_step_deletes_and_always_runs(service: Callable[[], Job]) -> None:
    last = service().steps[-1]

    assert last.always
    assert "--request DELETE" in last.command
