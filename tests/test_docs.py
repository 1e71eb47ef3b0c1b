"""The pages that are made of the code are in step with it, and what the README shows is true."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mock_servers.command_line.commands import nhsauth
from mock_servers.configuration import reading as configuration_file
from mock_servers.jose.keys import KeyRing
from pytest_nhsauth import plugin
from tests.powershell import faults
from tests.test_rooms import ORDER
from tools.pages import generate

DOCS = Path(__file__).parent.parent / "docs"
README = DOCS.parent / "README.md"


@cache
def generated() -> Mapping[str, str]:
    return generate.pages()


PAGES = sorted(
    page.relative_to(DOCS).as_posix()
    for page in (*DOCS.rglob("*.md"), DOCS / "llms.txt")
    if page.parent.name == "errors"
    or page.name == "llms.txt"
    or "Made of the code by" in page.read_text(encoding="utf-8")
)
"""Those that are generated, by what they say themselves: to make them all takes as long as hundreds of tests."""


def test_the_generated_pages_are_those_that_say_so() -> None:
    assert sorted(generated()) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generated()[name]


def block(page: Path, language: str) -> str:
    """The only block of a language on a page."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_page_of_the_plugin_explains_every_fixture() -> None:
    text = (DOCS / "plugin.md").read_text(encoding="utf-8")

    assert [name for name in plugin.__all__ if not name.startswith("_") and f"`{name}`" not in text] == []


def tables(schema: dict[str, Any], name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Each table of the configuration file, and its keys."""
    yield name, {key for key, reported in schema["properties"].items() if not list(nested(reported))}
    for key, reported in schema["properties"].items():
        for each in nested(reported):
            yield from tables(each, key)


def nested(expected: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if expected.get("additionalProperties") is False:
        yield expected
    inner = [expected[name] for name in ("items", "additionalProperties") if isinstance(expected.get(name), dict)]
    for each in inner:
        yield from nested(each)


TABLES = dict(tables(configuration_file.schema()))


def section_of(table: str, page: str) -> str:
    """What the page says of a table: its part of the TOML that is shown, and the rows that name it."""
    shown = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    parts = [part for part in re.split(r"^(?=\[)", shown, flags=re.MULTILINE) if header(part) == table]
    rows = re.findall(r"^\|.*", page.partition("\n## Apps\n")[2].partition("\n## ")[0], re.MULTILINE)
    also = "nhs_login" if table == "cis2" else table  # the two have the same keys
    doubts = [row for row in page.splitlines() if row.startswith((f"| `[{table}]", f"| `[{also}]"))]
    return "\n".join([*parts, *(rows if table == "apps" else doubts)])


def header(part: str) -> str:
    found = re.match(r"\[+([a-z0-9_]+)", part)
    return found[1] if found else ""


@pytest.mark.parametrize("table", ["", "apim", "cis2", "apps", "apis", "users", "hosts"])
def test_the_page_of_the_configuration_shows_every_key(table: str) -> None:
    reported = section_of(table, (DOCS / "configuration.md").read_text(encoding="utf-8"))

    silent = {key for key in TABLES[table] if not re.search(rf"(?<![\w-]){key}(?![\w-])", reported)}
    assert silent == set(), f"docs/configuration.md does not tell these keys of [{table}]"


def test_the_page_shows_of_no_key_of_an_app_that_does_not_exist() -> None:
    rows = re.findall(
        r"^\| (`.*?) \|", section_of("apps", (DOCS / "configuration.md").read_text("utf-8")), re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert named == TABLES["apps"]


def test_the_page_of_diagnosis_shows_what_is_reported_of_a_refused_request() -> None:
    shown = block(DOCS / "diagnosis.md", "console")
    _, answer, request, reported = re.split(r'--answer "|" <<\'END\'\n|\nEND\n', shown)

    result = CliRunner().invoke(nhsauth, ["explain", "-", "--answer", answer], input=request)

    assert (result.exit_code, result.stdout) == (1, reported)


def test_the_configuration_that_is_shown_holds(tmp_path: Path, ring: KeyRing) -> None:
    path = tmp_path / "nhsauth.toml"
    path.write_text(block(DOCS / "configuration.md", "toml"), encoding="utf-8")
    for name in ("cis2.pem", "test-client.pem", "ca.pem", "int.json"):
        (tmp_path / name).write_text(ring.pair("cis2", bits=2048).private_pem(), encoding="utf-8")

    configuration = configuration_file.read(path)

    assert [app.client_id for app in configuration.apps] == ["test-client"]
    assert tomllib.loads(path.read_text(encoding="utf-8"))["apim"]["environment"] == configuration.apim.environment


def test_the_map_shows_the_rooms_in_their_order() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \|", text.partition("## Rooms")[2].partition("## The way")[0], re.MULTILINE
    )

    assert [tuple(re.findall(r"`(\w+)`", row)) for row in rows] == list(ORDER)


DOOR = [
    README,
    *(README.parent / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG")),
    *DOCS.glob("*.md"),
]


@pytest.mark.parametrize("page", DOOR, ids=lambda page: page.name)
def test_a_file_that_a_page_reaches_is_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = {link.partition("#")[0] for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", text)}

    assert [link for link in links if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [DOOR[1], DOCS / "architecture.md"], ids=lambda page: page.name)
def test_a_file_that_a_recipe_names_is_there(page: Path) -> None:
    names = re.findall(r"`((?:\w+/)+\w*(?:\.\w+)?)`", page.read_text(encoding="utf-8"))
    roots = (README.parent, README.parent / "mock_servers")

    assert len(names) > 5
    assert [name for name in names if not any((root / name).exists() for root in roots)] == []


FENCED = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
OF_A_SHELL = re.compile(r"\\\n|\$\(|\$\w|^\w+=|^export |<<| \| |pbpaste| @\w", re.MULTILINE)
"""What bash and its like take, and PowerShell does not."""
ON_LINUX_ALONE = "certutil "


def snippets(page: Path) -> list[tuple[str, str]]:
    """What a page shows, in its order: of which language, and the text."""
    found = FENCED.findall(page.read_text(encoding="utf-8"))
    return [(language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)) for indent, language, text in found]


@pytest.mark.parametrize("page", [README, *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_what_a_user_pastes_into_a_shell_stands_there_for_powershell_too(page: Path) -> None:
    shown = [*snippets(page), ("", "")]
    alone = [
        text
        for (language, text), (following, _) in pairwise(shown)
        if language in ("sh", "shell", "bash", "console") and OF_A_SHELL.search(text) and following != "powershell"
    ]

    assert [text for text in alone if ON_LINUX_ALONE not in text] == []
    assert [text for language, text in shown if language == "powershell" and faults(text)] == []


@pytest.mark.parametrize("text", ["a = (", "$x = 'a", "curl -s \\\n  -d a=b | ("])
def test_what_is_not_powershell_is_noticed(text: str) -> None:
    assert faults(text) != []
