"""The pages that are made of the code are in step with it, and what the README shows is true."""

import importlib.util
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_servers.command_line.commands import nhsauth
from mock_servers.configuration import reading as configuration_file
from mock_servers.jose.keys import KeyRing
from pytest_nhsauth import plugin

DOCS = Path(__file__).parent.parent / "docs"
README = DOCS.parent / "README.md"


@cache
def generated() -> Mapping[str, str]:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


@pytest.mark.parametrize("name", sorted(generated()))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generated()[name]


def block(page: Path, language: str) -> str:
    """The only block of a language on a page."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_readme_lists_every_fixture() -> None:
    text = README.read_text(encoding="utf-8")

    assert [name for name in plugin.__all__ if not name.startswith("_") and f"`{name}`" not in text] == []


def test_the_readme_shows_what_is_told_of_a_refused_request() -> None:
    shown = block(README, "console")
    _, answer, request, told = re.split(r'--answer "|" <<\'END\'\n|\nEND\n', shown)

    result = CliRunner().invoke(nhsauth, ["explain", "-", "--answer", answer], input=request)

    assert (result.exit_code, result.stdout) == (1, told)


def test_the_configuration_that_is_shown_holds(tmp_path: Path, ring: KeyRing) -> None:
    path = tmp_path / "nhsauth.toml"
    path.write_text(block(DOCS / "configuration.md", "toml"), encoding="utf-8")
    for name in ("cis2.pem", "test-client.pem"):
        (tmp_path / name).write_text(ring.pair("cis2", bits=2048).private_pem(), encoding="utf-8")

    configuration = configuration_file.read(path)

    assert [app.client_id for app in configuration.apps] == ["test-client"]
    assert tomllib.loads(path.read_text(encoding="utf-8"))["apim"]["environment"] == configuration.apim.environment
