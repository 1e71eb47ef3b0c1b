"""How Sphinx makes the site; `make docs-site` copies it beside the pages."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from mock_servers.version import installed

project = "pytest-nhsauth"
version = release = installed()
project_copyright = "the authors of pytest-nhsauth, MIT licence"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"{project} {version}"
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_extra_path = ["extra"]
html_show_search_summary = False  # a page that was opened as a file may fetch no other
language = "en"
smartquotes = False  # who searches for a sentence searches for the quotes that the service sends
myst_heading_anchors = 4
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def _know_raw_anchors(app: Sphinx, tree: nodes.document) -> None:
    """Let links find `<a id="…">`, which other readers of Markdown need."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for raw in tree.findall(nodes.raw):
        for anchor in re.findall(r'<a id="([^"]+)">', raw.astext()):
            slugs.setdefault(anchor, (raw.line or 0, anchor, anchor))


def _let_keys_reach_code(_app: Sphinx, _name: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Let keys alone scroll code that is wider than the page."""
    context["body"] = context.get("body", "").replace("<pre>", '<pre tabindex="0">')


_PAGES_OF_A_CHAPTER = re.compile(r"<input [^>]*/><label .*?</label><ul>.*?</ul>", re.DOTALL)


def _fold_the_menu(_app: Sphinx, name: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """List only the chapters beside an error, which most readers reach by a search: its page is a third smaller."""
    if name.startswith("error/"):
        menu = context.get("furo_navigation_tree", "")
        context["furo_navigation_tree"] = _PAGES_OF_A_CHAPTER.sub("", menu)


def setup(app: Sphinx) -> dict[str, Any]:
    """Add what Sphinx and MyST do not have."""
    app.connect("doctree-read", _know_raw_anchors)
    app.connect("html-page-context", _let_keys_reach_code)
    app.connect("html-page-context", _fold_the_menu, priority=900)  # after the theme, which makes it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
