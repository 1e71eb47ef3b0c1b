"""llms.txt: what the documentation has, for programs that read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
_ALONE: Final = {"refused": "The real service refused a request", "tutorial": "Tutorial", "week-one": "The first tests"}
"""Pages that lead to no others, with what they are about."""
_SECTIONS: Final = (*_ALONE, "how-to", "reference", "explanation")
_ROW: Final = re.compile(r"^(?:\| |- )(.*)$", re.MULTILINE)
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([\w/.-]+\.md)\)")
_BEGINNING: Final = """\
# pytest-nhsauth

> Mocks of NHS England's API platform (APIM), CIS2 and NHS login for tests: a pytest plugin, a server for any language,
> and contract tests. The mocks answer as the real services do, and tell the developer why a request was refused.

Every page is Markdown. Install with `pip install pytest-nhsauth`; ask why a real service refused a request with
`nhsauth explain`.
"""


def llms() -> str:
    """Return llms.txt, made of the pages that lead to the others."""
    return "\n".join([_BEGINNING, *map(_section, _SECTIONS)])


def _section(name: str) -> str:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ")
    if name in _ALONE:
        return f"## {_ALONE[name]}\n\n- [{title}]({name}.md)\n"
    rows = (_row(row) for row in _ROW.findall(text) if _LINK.search(row))
    return f"## {title}\n\n{''.join(rows)}"


def _row(row: str) -> str:
    """Return the pages that a row of a table or a list links to, with its description."""
    said = row.partition(" | ")[0] if " | " in row else row.partition(": ")[2]
    return "".join(f"- [{words}]({address}): {said.rstrip('.')}\n" for words, address in _LINK.findall(row))
