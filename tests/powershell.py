"""Reads PowerShell as its grammar does; what our pages and our documentation show is read so, and not run."""

from collections.abc import Iterator
from typing import Final

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_powershell.language()))


def faults(script: str) -> list[str]:
    """What of a script is no PowerShell, by its beginning."""
    return [str(node.text or b"", "utf-8")[:60] for node in _faulty(_PARSER.parse(script.encode()).root_node)]


def _faulty(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:
        yield from _faulty(child)
