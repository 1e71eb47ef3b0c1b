"""The project's version, its place of hosting, and the CHANGELOG's section of a version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
DIST: Final = ROOT / "dist"
WHEELHOUSE: Final = DIST / "wheelhouse"


class RefusedError(Exception):
    """Something does not hold: a sentence that says what, and what to do."""


def version(root: Path = ROOT) -> str:
    """Return the version, which stands in pyproject.toml alone."""
    return str(_toml(root / "pyproject.toml")["project"]["version"])


def hosting(root: Path = ROOT) -> dict[str, str]:
    """Return `repository` and `security_contact`, both empty until they are known."""
    hook = _toml(root / "pyproject.toml")["tool"]["hatch"]["metadata"]["hooks"]["custom"]
    return {name: hook[name] for name in ("repository", "security_contact")}


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def notes(wanted: str, root: Path = ROOT) -> tuple[str, str]:
    """Return what stands behind a version in its heading of the CHANGELOG, and the text below. Raises RefusedError."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(wanted)}\] - (.*)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE)
    if found is None:
        raise RefusedError(f"CHANGELOG.md has no section `## [{wanted}] - DATE`: write it.")
    return found[1].strip(), found[2].strip()
