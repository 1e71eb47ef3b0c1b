"""The recipes in the documentation, each run as the small project that it shows."""

import importlib.util
import re
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


def test_there_are_recipes() -> None:
    assert len(recipes()) > 8


@pytest.mark.parametrize("title", recipes())
def test_a_recipe_works(pytester: pytest.Pytester, title: str) -> None:
    files = recipes()[title]
    for package in OTHERS:
        if any(re.search(rf"^(?:from|import) {package}\b", text, re.MULTILINE) for text in files.values()):
            pytest.importorskip(package)
    if any("pytest.mark.anyio" in text for text in files.values()) and importlib.util.find_spec("anyio") is None:
        pytest.skip("anyio is not installed")
    for name, text in files.items():
        pytester.path.joinpath(name).write_text(text, encoding="utf-8")

    outcome = pytester.runpytest_subprocess("-p", "pytest_nhsauth.plugin", "-p", "no:randomly", "-W", "error")

    assert outcome.ret == pytest.ExitCode.OK
    assert outcome.parseoutcomes()["passed"] >= sum(
        len(re.findall(r"^(?:async )?def test_", text, re.MULTILINE)) for text in files.values()
    )
