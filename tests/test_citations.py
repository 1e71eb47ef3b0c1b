"""What a docstring or a comment cites is there: a number such as §3.12 has an anchor in a page of docs/."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_servers.apim import errors
from tests.sources import ROOT, SOURCES

PAGES = (ROOT / "docs" / "rules.md", *sorted((ROOT / "docs" / "errors").glob("*.md")))
ANCHORS = {anchor for page in PAGES for anchor in re.findall(r'<a id="(row-[\w.]+)"></a>', page.read_text("utf-8"))}

CITED = re.compile(r"(?<!RFC \d{4} )§(\d+(?:\.\w+)*)")
LOOSE = re.compile(r"\b[Rr]ows? \d|\b[Mm]istakes? \d|\. \d+(?:, \d+| to \d+| and \d+)")
"""A number of a list that nobody can open."""


def prose(path: Path, holding: re.Pattern[str]) -> Iterator[str]:
    """Yield every docstring, of values too, and every comment; nothing where the file holds no such thing."""
    text = path.read_text(encoding="utf-8")
    if not holding.search(text):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)


CITATIONS = [
    (path.relative_to(ROOT).as_posix(), row)
    for path in SOURCES
    for text in prose(path, CITED)
    for row in CITED.findall(text)
]


@pytest.mark.parametrize(("path", "row"), sorted(set(CITATIONS)))
def test_a_citation_reaches_an_anchor(path: str, row: str) -> None:
    assert f"row-{row}" in ANCHORS, f"{path} cites §{row}"


def test_no_docstring_cites_a_list_that_is_not_here() -> None:
    loose = [(path.name, text) for path in SOURCES for text in prose(path, LOOSE) if LOOSE.search(text)]

    assert loose == []


def rules_that_cite() -> Iterator[tuple[str, str, str]]:
    """Yield the rules of the token service whose docstring begins with a row: name, row, and the error they name."""
    for path in sorted((ROOT / "mock_servers" / "apim").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            row = re.match(r"§[\d.]+[a-z]?(?<!\.)", ast.get_docstring(node) or "")
            named = [each.args[0] for each in node.decorator_list if isinstance(each, ast.Call) and each.args]
            if row and named and isinstance(named[0], ast.Attribute):
                yield node.name, row[0], named[0].attr


@pytest.mark.parametrize(("rule", "row", "error"), [*rules_that_cite()])
def test_a_rule_cites_the_row_of_its_error(rule: str, row: str, error: str) -> None:
    assert getattr(errors, error).row == row, rule
