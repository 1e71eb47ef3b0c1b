"""Fills a folder with every page of the site, and lets Sphinx make the site of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.site import calls, leaves

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = ROOT / "docs"
_BESIDE: Final = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "README.md": "index.md",
    "SECURITY.md": "project/security.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "examples/README.md": "project/examples.md",
}
"""Pages that lie outside docs/, and where they are on the site. The site's first page replaces the README."""
_MOVED: Final = {"README.html": "index.html", "errors/index.html": "README.html"}
"""Addresses that lead on: where to, from their own folder."""
_FENCED: Final = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def build(folder: Path, repository: str = "") -> int:
    """Make the site in `folder`, which is emptied before; return 0 when there was nothing to warn of.

    `repository` is the address of the sources, for links to files that are no pages; without one they are names alone.
    """
    source = folder.with_name(f"{folder.name}-source")
    for each in (folder, source):
        shutil.rmtree(each, ignore_errors=True)
    stage(source, repository)
    sphinx = (sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "auto")
    done = subprocess.run([*sphinx, source, folder], check=False)  # noqa: S603 - our own pages
    if done.returncode:
        return done.returncode
    for page in source.rglob("*.md"):  # for readers that are programs: llms.txt links to these
        shutil.copy(page, folder / page.relative_to(source))
    return 0


def stage(source: Path, repository: str = "") -> None:
    """Write every page, and what Sphinx needs beside them, into a folder that is not there yet."""
    shutil.copytree(DOCS, source)
    shutil.copy(Path(__file__).with_name("conf.py"), source)
    for page in source.rglob("*.md"):
        _write(page, DOCS / page.relative_to(source), source, repository)
    for name, place in _BESIDE.items():
        if name != "README.md":
            _write(source / place, ROOT / name, source, repository, front="---\norphan: true\n---\n")
    first = source / "index.md"
    first.write_text(first.read_text(encoding="utf-8").replace(_PASTE, _PASTE_IN_BROWSER), encoding="utf-8")
    for name, text in {**leaves.pages(), **calls.programs()}.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    for address, target in _MOVED.items():
        leading = source / "extra" / address
        leading.parent.mkdir(parents=True, exist_ok=True)
        leading.write_text(_REDIRECT.format(target=target), encoding="utf-8")
    shutil.copytree(source / "calls", source / "extra" / "calls", ignore=shutil.ignore_patterns("*.md"))
    for name in ("llms.txt", "contract-tests-workflow.yml"):
        shutil.copy(source / name, source / "extra")


_PASTE: Final = "[Paste what you have](refused.md)"
_PASTE_IN_BROWSER: Final = '<a href="explain.html">Paste what you have</a>'
_REDIRECT: Final = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>This page has moved</title>
<meta http-equiv="refresh" content="0; url={target}"><link rel="canonical" href="{target}">
<p><a href="{target}">This page has moved.</a></p></html>
"""


def _write(page: Path, origin: Path, source: Path, repository: str, front: str = "") -> None:
    """Write a page whose links fit the site."""
    parts = _FENCED.split(origin.read_text(encoding="utf-8"))
    here = page.relative_to(source).parent

    def fitting(found: re.Match[str]) -> str:
        words, address, anchor = found[1], found[2], found[3] or ""
        target = Path(os.path.normpath(origin.parent / address)).relative_to(ROOT).as_posix()
        place = (
            _on_site(target) if anchor or here.name != "errors" else _BESIDE.get(target, target.removeprefix("docs/"))
        )
        if place is not None:
            return f"[{words}]({os.path.relpath(place, here)}{anchor})".replace(os.sep, "/")
        return f"[{words}]({repository}/blob/main/{target})" if repository else words

    parts = [part.replace("```mermaid", "```text") for part in parts]  # Sphinx draws none without another's script
    text = "".join(part if part.lstrip().startswith("```") else _LINK.sub(fitting, part) for part in parts)
    page.parent.mkdir(exist_ok=True)
    page.write_text(f"{front}{text}", encoding="utf-8")


def _on_site(target: str) -> str | None:
    """Return where on the site a file of the repository is; `None` for one that is no page."""
    if target == "docs/errors/README.md":
        return "error/index.md"  # where each error has a page of its own
    is_page = target.startswith("docs/") and target.endswith((".md", ".yml"))
    return target.removeprefix("docs/") if is_page else _BESIDE.get(target)
