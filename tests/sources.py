"""Our own sources, each read and walked once a process, for the tests that look at all of them."""

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("pytest_nhsauth", "mock_servers", "contract_tests")
SOURCES = tuple(sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the tests ask of a file: names as `module.name`, each function with its lines, `thing.attribute`."""

    imports: frozenset[str]
    lazy_imports: frozenset[str]
    functions: tuple[tuple[str, int], ...]
    attributes: frozenset[str]


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def source(path: Path) -> Source:
    """Not the tree itself: its hundred thousands of nodes would slow down every later search for garbage."""
    nodes = list(walked(ast.parse(path.read_text(encoding="utf-8"))))
    named = [(name, lazy) for node, lazy in nodes for name in imported(node)]
    return Source(
        imports=frozenset(name for name, _ in named),
        lazy_imports=frozenset(name for name, lazy in named if lazy),
        functions=tuple(
            (node.name, (node.end_lineno or 0) - node.lineno + 1)
            for node, _ in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        attributes=frozenset(
            f"{node.value.id}.{node.attr}"
            for node, _ in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        ),
    )


def walked(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Yield each node, and whether it stands in a function."""
    left = deque([(tree, False)])
    while left:
        node, inside = left.popleft()
        yield node, inside
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        left.extend((child, inside) for child in ast.iter_child_nodes(node))


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
