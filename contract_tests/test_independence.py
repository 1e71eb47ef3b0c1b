"""The list of breakages is the contract's second source, so it must not depend on the first."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCES = [
    "answers.py",
    "broken_request.py",
    "breakage.py",
    "breakages.py",
    "contract.py",
    "browser_flow_breakages.py",
    "exchange_breakages.py",
    "assertion_breakages.py",
    "request_breakages.py",
    "gateway_breakages.py",
    "provider_breakages.py",
    "realm_breakages.py",
    "precondition.py",
    "draft.py",
    "jwts.py",
    "oracle.py",
    "strategies.py",
    "variation.py",
]
MISTAKES = [f"mistake/{path.name}" for path in sorted((HERE / "mistake").glob("*.py"))]


@pytest.mark.parametrize("source", [*SOURCES, *MISTAKES])
def test_what_the_contract_says_is_not_asked_of_the_mock(source: str) -> None:
    """No import is of the mock servers, or of a module called flows or errors."""
    modules = set(_imported(ast.parse((HERE / source).read_text(encoding="utf-8"))))

    assert [
        name for name in modules if {"mock_servers", "pytest_nhsauth", "flows", "errors"} & set(name.split("."))
    ] == []


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)
