"""The files that CI services and hosts read keep those services' schemas, and call commands that exist."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
CI_EXAMPLES = ROOT / "examples" / "ci"
SCHEMAS: Mapping[str, list[Path]] = {
    "github-workflows": [*WORKFLOWS, ROOT / "docs" / "contract-tests-workflow.yml", *CI_EXAMPLES.glob("github-*.yml")],
    "github-actions": [ROOT / "action.yml"],
    "github-issue-forms": FORMS,
    "github-issue-config": [ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [ROOT / ".github" / "dependabot.yml"],
    "compose-spec": [ROOT / "examples" / "container" / "compose.yml", ROOT / "examples" / "deployment" / "compose.yml"],
    "gitlab-ci": [*CI_EXAMPLES.glob("gitlab-*.yml")],
    "azure-pipelines": [*CI_EXAMPLES.glob("azure-*.yml")],
}


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def checked(schema: str, *paths: Path) -> Result:
    arguments = ["--builtin-schema", f"vendor.{schema}"]
    arguments += ["--data-transform", schema] if schema in ("gitlab-ci", "azure-pipelines") else []
    arguments += ["--regex-variant", "nonunicode"] if schema == "azure-pipelines" else []  # its patterns escape a "-"
    return CliRunner().invoke(check_jsonschema.main, [*arguments, *map(str, paths)])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_file_keeps_the_schema_of_the_service_that_reads_it(schema: str) -> None:
    done = checked(schema, *SCHEMAS[schema])

    assert done.exit_code == 0, done.output


def test_a_workflow_that_breaks_the_schema_is_found(tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("runs-on:", "run-on:", 1), encoding="utf-8")

    assert text != broken.read_text(encoding="utf-8")
    assert checked("github-workflows", broken).exit_code == 1


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.stem}: {name}", job


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more_unless_one_job_says_so(path: Path) -> None:
    workflow = read(path)

    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow[True if True in workflow else "on"]


def test_every_job_ends_by_itself() -> None:
    assert [name for name, job in jobs() if "uses" not in job and "timeout-minutes" not in job] == []


def commands() -> Iterator[tuple[str, str]]:
    """Every command line of a workflow, with the targets that a matrix fills in, and every hook of pre-commit."""
    for name, job in jobs():
        targets = job.get("strategy", {}).get("matrix", {}).get("target", [""])
        for step in job.get("steps", ()):
            for target in targets:
                yield name, step.get("run", "").replace("${{ matrix.target }}", target)
    for hook in read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]:
        yield f"pre-commit: {hook['id']}", hook["entry"]


def test_a_make_target_that_is_called_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    called = {
        (name, target)
        for name, command in commands()
        for words in re.findall(r"^make (.*)$", command, re.MULTILINE)
        for target in re.findall(r"(?<!\S)[a-z][\w-]*(?!\S)", words)
    }

    assert len(called) > 10
    assert {(name, target) for name, target in called if target not in known} == set()


def test_ci_calls_the_two_commands_of_the_readme_as_they_stand_there() -> None:
    install = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Install")[2].partition("\n## ")[0]
    shown = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", install, re.DOTALL)]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    called = re.findall(r'^(?:PYTEST_ARGS="[^"]*" )?(make (?:demo|test))$', script, re.MULTILINE)

    assert ["make demo", "make test"] in shown
    assert called == ["make demo", "make test"]


def test_ci_runs_on_every_system_and_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))

    matrix = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]

    assert matrix == {"os": ["ubuntu-latest", "macos-latest", "windows-latest"], "python": said}


def test_pre_commit_downloads_nothing() -> None:
    repos = read(ROOT / ".pre-commit-config.yaml")["repos"]

    assert [repo["repo"] for repo in repos] == ["local"]
    assert {hook["language"] for hook in repos[0]["hooks"]} == {"system"}
