"""Everything that must hold before a version is published."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tools.release import artefacts, project
from tools.release.project import ROOT, RefusedError

ALLOWED: Final = ("Apache", "BSD", "ISC", "MIT", "MPL", "Mozilla", "PSF", "Python Software Foundation", "Unlicense")
"""How the name of a licence begins whose terms let anybody use our wheel in any test."""
_CLASSIFIER: Final = "License :: OSI Approved :: "


def run(*, rehearsal: bool) -> None:
    """Check all, and leave the files in dist/. Raises RefusedError; a rehearsal allows what the day decides."""
    problems = list(unsaid(ROOT))
    for problem in problems:
        _say(f"{'not yet' if rehearsal else 'refused'}: {problem}")
    if problems and not rehearsal:
        raise RefusedError("This version cannot be published yet.")
    sdist, wheel = artefacts.built()
    _say(f"{sdist.name} and {wheel.name}: the same bytes in three builds")
    artefacts.run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
    _say("metadata and long description: valid")
    artefacts.wheelhouse(wheel)
    with artefacts.installed() as python:
        _judge_installed(python)
        _say("installed from the wheelhouse alone: its version is right, and the demo runs")
        path = artefacts.bill_of_materials(python)
    licences = judged_licences(json.loads(path.read_text(encoding="utf-8"))["components"])
    _say(f"{path.name}: {len(licences)} packages, whose licences allow any use")
    lines = "".join(f"{name}: {licence}\n" for name, licence in sorted(licences.items()))
    path.with_name("licences.txt").write_text(lines, encoding="utf-8", newline="\n")


def unsaid(root: Path) -> Iterable[str]:
    """Yield what only the day of a release decides, and is still open. Raises RefusedError for a missing section."""
    for name, value in project.hosting(root).items():
        if not value:
            yield f"pyproject.toml: {name} is empty."
    version = project.version(root)
    date, text = project.notes(version, root)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        yield f"CHANGELOG.md: the date of {version} is {date!r}; allowed: YYYY-MM-DD."
    if not text:
        yield f"CHANGELOG.md: the section of {version} is empty."


def _judge_installed(python: Path) -> None:
    said = artefacts.run(python, "-m", "mock_servers", "--version", cwd=python.parent).strip()
    if said != f"nhsauth {project.version()}":
        raise RefusedError(f"The wheel says {said!r} of its version; pyproject.toml says {project.version()!r}.")
    artefacts.run(python, "-m", "mock_servers", "demo", cwd=python.parent)


def judged_licences(components: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return each package's licence. Raises RefusedError for one without, or one that is not allowed."""
    found = {component["name"]: " AND ".join(_licences(component)) for component in components}
    wrong = [f"{name}: {licence or 'none stated'}" for name, licence in found.items() if not _is_allowed(licence)]
    if wrong:
        raise RefusedError(f"Licences that nobody has allowed: {'; '.join(wrong)}. Allowed: {', '.join(ALLOWED)}.")
    return found


def _licences(component: dict[str, Any]) -> Iterable[str]:
    for reported in component.get("licenses", ()):
        licence = reported.get("license", {})
        yield (reported.get("expression") or licence.get("id") or licence["name"]).removeprefix(_CLASSIFIER)


def _is_allowed(licence: str) -> bool:
    """Whether all parts of a package's licence are allowed; of `A OR B`, which its user chooses from, one is enough."""
    parts = re.sub(r"[()]", "", licence).split(" AND ")
    return all(any(choice.startswith(ALLOWED) for choice in part.split(" OR ")) for part in parts)


def _say(line: str) -> None:
    print(line, flush=True)
