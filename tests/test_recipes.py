"""The recipes in the documentation, each run as the small project that it shows."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.recipes
PAGE = Path(__file__).parent.parent / "docs" / "recipes.md"
OTHERS = (
    *("django", "fastapi", "freezegun", "httpx", "pytest_socket", "time_machine"),
    *("requests_mock", "responses", "respx", "vcr"),
)
"""Packages that a recipe may be about and that are not always there."""


def recipes() -> dict[str, dict[str, str]]:
    """The files of each recipe by its title."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {
        section.partition("\n")[0]: dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", section, re.DOTALL))
        for section in sections
    }
    return {title: files for title, files in found.items() if files}


def commands() -> dict[str, str]:
    """By title, how a recipe is run where pytest does not run it."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {section.partition("\n")[0]: re.search(r"```sh\n(.*)\n```", section) for section in sections}
    return {title: command[1] for title, command in found.items() if command}


def test_there_are_recipes() -> None:
    assert len(recipes()) > 8


def written(pytester: pytest.Pytester, title: str) -> dict[str, str]:
    """Write the files of a recipe; skip it where a package that it is about is not installed."""
    files = recipes()[title]
    for package in OTHERS:
        if any(re.search(rf"^(?:from|import) {package}\b", text, re.MULTILINE) for text in files.values()):
            pytest.importorskip(package)
    if any("pytest.mark.anyio" in text for text in files.values()) and importlib.util.find_spec("anyio") is None:
        pytest.skip("anyio is not installed")
    for name, text in files.items():
        pytester.path.joinpath(name).write_text(text, encoding="utf-8")
    return files


@pytest.mark.parametrize("title", commands())
def test_a_recipe_works_without_pytest(pytester: pytest.Pytester, title: str) -> None:
    tests = sum(text.count("    def test_") for text in written(pytester, title).values())
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    outcome = subprocess.run(  # noqa: S603 - what our own page says
        commands()[title].split(), env=environ, capture_output=True, text=True, check=False, timeout=100
    )

    assert outcome.returncode == 0, outcome.stderr
    assert f"Ran {tests} test" in outcome.stderr


@pytest.mark.parametrize("title", [title for title, files in recipes().items() if "manage.py" not in files])
def test_a_recipe_works(pytester: pytest.Pytester, title: str) -> None:
    files = written(pytester, title)

    outcome = pytester.runpytest_subprocess("-p", "pytest_nhsauth.plugin", "-p", "no:randomly", "-W", "error")

    assert outcome.ret == pytest.ExitCode.OK
    assert outcome.parseoutcomes()["passed"] >= sum(
        len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in files.values()
    )


REAL = {"{gateway_url}": "https://int.api.service.nhs.uk", "{token_url}": "https://int.api.service.nhs.uk/oauth2/token"}


@pytest.mark.parametrize("title", [title for title, files in recipes().items() if "{gateway_url}" in str(files)])
def test_a_recipe_works_with_the_real_urls(pytester: pytest.Pytester, title: str) -> None:
    for name, text in written(pytester, title).items():
        for word, url in REAL.items():
            text = text.replace(word, url)  # noqa: PLW2901 - replaced one after the other
        pytester.path.joinpath(name).write_text(text, encoding="utf-8")

    outcome = pytester.runpytest_subprocess(
        "-p", "pytest_nhsauth.plugin", "-p", "no:randomly", "-W", "error", "--nhsauth-real-names"
    )

    assert outcome.ret == pytest.ExitCode.OK
    assert "skipped" not in outcome.parseoutcomes()
