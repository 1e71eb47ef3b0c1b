"""What a release is checked for; and that its files start where there is nothing but what they bring.

The marker `release`: by uvx, pipx and the one-file program, from the wheelhouse of `make pyz`, without an index.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import requests

from tools.release import check, project
from tools.release.project import DIST, ROOT, WHEELHOUSE, RefusedError

REPOSITORY = "https://code.example.org/team/pytest-nhsauth"
PYPROJECT = f"""\
[project]
version = "1.2.3"
[tool.hatch.metadata.hooks.custom]
repository = "{REPOSITORY}"
security_contact = "security@example.org"
"""


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A folder of which everything is said."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(
        "## [Unreleased]\n\n## [1.2.3] - 2031-05-01\n\n- More.\n\n## [1.2.2] - 2031-04-01\n\n- Less.\n",
        encoding="utf-8",
    )
    return tmp_path


def test_a_version_of_which_everything_is_said_can_be_published(ready: Path) -> None:
    assert list(check.unsaid(ready)) == []
    assert project.notes("1.2.3", ready) == ("2031-05-01", "- More.")


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("pyproject.toml", REPOSITORY, "", "pyproject.toml: repository is empty."),
        ("pyproject.toml", "security@example.org", "", "pyproject.toml: security_contact is empty."),
        (
            "CHANGELOG.md",
            "2031-05-01",
            "soon",
            "CHANGELOG.md: the date of 1.2.3 is 'soon'; allowed: YYYY-MM-DD.",
        ),
        ("CHANGELOG.md", "- More.", "", "CHANGELOG.md: the section of 1.2.3 is empty."),
    ],
)
def test_what_is_not_said_is_named(ready: Path, file: str, old: str, new: str, problem: str) -> None:
    text = (ready / file).read_text(encoding="utf-8")
    (ready / file).write_text(text.replace(old, new), encoding="utf-8")

    assert list(check.unsaid(ready)) == [problem]


def test_a_version_that_the_changelog_does_not_know_is_refused(ready: Path) -> None:
    (ready / "pyproject.toml").write_text(PYPROJECT.replace("1.2.3", "1.3.0"), encoding="utf-8")

    with pytest.raises(RefusedError, match=r"CHANGELOG\.md has no section `## \[1\.3\.0\] - DATE`: write it\."):
        list(check.unsaid(ready))


def test_nothing_is_published_while_the_address_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "unsaid", lambda _: iter(["pyproject.toml: repository is empty."]))

    with pytest.raises(RefusedError, match="This version cannot be published yet"):
        check.run(rehearsal=False)


def test_the_changelog_knows_the_version_that_is_next() -> None:
    _, text = project.notes(project.version())

    assert text != ""


def component(*licences: Mapping[str, object]) -> Mapping[str, object]:
    return {"name": "a-package", "licenses": list(licences)}


@pytest.mark.parametrize(
    "licences",
    [
        [{"license": {"id": "MIT"}}],
        [{"expression": "Apache-2.0 OR GPL-3.0-only"}],
        [{"expression": "(MIT OR GPL-2.0-only) AND BSD-3-Clause"}],
        [{"license": {"name": "License :: OSI Approved :: BSD License"}}],
    ],
    ids=str,
)
def test_a_licence_that_lets_anybody_use_it_is_allowed(licences: Sequence[Mapping[str, object]]) -> None:
    assert list(check.judged_licences([dict(component(*licences))])) == ["a-package"]


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([], "a-package: none stated"),
        ([{"license": {"id": "GPL-3.0-only"}}], "a-package: GPL-3.0-only"),
        ([{"expression": "MIT AND AGPL-3.0-only"}], "a-package: MIT AND AGPL-3.0-only"),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "Proprietary"}}], "a-package: MIT AND Proprietary"),
    ],
    ids=str,
)
def test_any_other_licence_is_refused(licences: Sequence[Mapping[str, object]], expected: str) -> None:
    with pytest.raises(RefusedError, match=f"Licences that nobody has allowed: {expected}"):
        check.judged_licences([dict(component(*licences))])


def test_the_version_stands_in_one_place() -> None:
    version = project.version()
    sources = [
        path for name in ("mock_servers", "pytest_nhsauth", "contract_tests") for path in (ROOT / name).rglob("*.py")
    ]
    files = [*sources, *ROOT.glob("*.toml"), *ROOT.glob("*.yml"), ROOT / "README.md", ROOT / "Makefile"]

    assert [path.name for path in files if version in path.read_text(encoding="utf-8")] == ["pyproject.toml"]


def metadata(folder: Path, repository: str) -> Message:
    """The metadata of an sdist that is built from these sources with this `repository` in pyproject.toml."""
    for name in ("mock_servers", "pytest_nhsauth", "contract_tests", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    line = re.compile(r'^repository = ".*?"', re.MULTILINE)
    (folder / "pyproject.toml").write_text(line.sub(f'repository = "{repository}"', text), encoding="utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder / "out")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own Python
    (path,) = (folder / "out").glob("*.tar.gz")
    with tarfile.open(path) as opened:
        reported = opened.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert reported is not None
        return Parser().parsestr(reported.read().decode())


def test_the_place_of_hosting_makes_links(tmp_path: Path) -> None:
    reported = metadata(tmp_path, REPOSITORY)

    here = f"https://code.example.org/team/pytest-nhsauth/blob/v{project.version()}"
    assert reported.get_all("Project-URL") == [
        f"Changelog, {here}/CHANGELOG.md",
        f"Documentation, {here}/README.md",
        "Issues, https://code.example.org/team/pytest-nhsauth/issues",
        "Repository, https://code.example.org/team/pytest-nhsauth",
    ]
    assert f"]({here}/docs/real-names.md)" in reported.get_payload()
    assert "](docs/" not in reported.get_payload()


def test_without_a_place_no_link_is_invented(tmp_path: Path) -> None:
    reported = metadata(tmp_path, "")

    assert reported.get_all("Project-URL") is None
    assert reported["Version"] == project.version()
    assert "](docs/real-names.md)" in reported.get_payload()


# what is built, started as its users do

LAUNCHERS = ("uvx", "pipx", "pyz")


def command(launcher: str) -> list[str]:
    (wheel,) = WHEELHOUSE.glob("pytest_nhsauth-*.whl")
    offline = ["--no-index", "--find-links", str(WHEELHOUSE)]
    if launcher == "uvx":
        return [sys.executable, "-m", "uv", "tool", "run", *offline, "--from", str(wheel), "nhsauth"]
    if launcher == "pipx":
        return [sys.executable, "-m", "pipx", "run", "--pip-args", " ".join(offline), "--spec", str(wheel), "nhsauth"]
    (program,) = DIST.glob("*.pyz")
    return [sys.executable, "-I", str(program)]


@pytest.fixture
def clean(tmp_path: Path, key_cache: Path) -> dict[str, str]:
    """An environment in which nothing of ours was ever started, but for the keys."""
    folders = {"UV_CACHE_DIR": "uv", "UV_TOOL_DIR": "tools", "PIPX_HOME": "pipx", "SHIV_ROOT": "shiv", "HOME": "home"}
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "UV_", "VIRTUAL"))
    }
    made = {name: str(tmp_path / folder) for name, folder in folders.items()}
    return {**kept, **made, "NHSAUTH_CACHE_DIR": str(key_cache), "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture(params=LAUNCHERS)
def url(request: pytest.FixtureRequest, clean: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Where the mock answers that a launcher has started."""
    started = [*command(request.param), "serve", "--port", "0", "--json"]
    with subprocess.Popen(started, cwd=tmp_path, env=clean, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield ready["url"]
        os.kill(ready["pid"], 15)
        process.wait(timeout=30)


@pytest.mark.release
def test_the_first_refused_request_is_explained(url: str) -> None:
    answer = requests.post(f"{url}/oauth2/token", {"grant_type": "x"}, timeout=30)
    (exchange,) = requests.get(f"{url}/_nhsauth/exchanges", timeout=30).json()

    assert answer.json()["error_description"] == "grant_type is invalid"
    assert [finding["id"] for finding in exchange["findings"]] == ["grant-type"]


@pytest.mark.release
def test_the_one_file_brings_the_contract_tests(clean: dict[str, str], tmp_path: Path) -> None:
    asked = [*command("pyz"), "contract", "-k", "success", "-p", "no:cacheprovider"]
    done = subprocess.run(asked, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - our own program

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differ" in done.stdout


@pytest.mark.release
def test_another_python_is_reported_in_one_line(clean: dict[str, str], tmp_path: Path) -> None:
    """The preamble asks `sys` alone, so that a `sys` of another Python is treated as that Python would be."""
    (program,) = DIST.glob("*.pyz")
    other = (
        "import runpy, sys; sys.version_info = (3, 99, 0); sys.argv = [sys.argv[1]];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", other, str(program)],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"This file is made for Python {sys.version_info[0]}.{sys.version_info[1]} on ")
    assert "and this is Python 3.99 on " in line
