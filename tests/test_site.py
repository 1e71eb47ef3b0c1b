"""The site that `make docs-site` has made: every link and anchor of it has a target, and old addresses redirect."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.site

ROOT = Path(__file__).parent.parent
SITE = ROOT / "build" / "site"


class Page(HTMLParser):
    """The links of a page, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.pictures: list[Mapping[str, str | None]] = []
        self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reported = dict(attrs)
        self.ids |= {reported[name] or "" for name in ("id", "name") if name in reported}
        links = [(tag, name) for name in ("href", "src") if reported.get(name)]
        self.links += [str(reported[name]) for _, name in links]
        if tag == "img":
            self.pictures.append(reported)
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        self.title += data if self._in_title else ""
        self._in_title = False


@cache
def pages() -> Mapping[Path, Page]:
    found = {path: Page(path.read_text(encoding="utf-8")) for path in SITE.rglob("*.html")}
    assert found, "make docs-site first"
    return found


@cache
def explained() -> frozenset[str]:
    """The errors that the page that explains can begin with; their names are behind its address."""
    (names,) = (SITE / "explain").glob("errors-*.json")
    return frozenset(f"errors/{name}" for name in json.loads(names.read_text(encoding="utf-8")))


def lost() -> Iterator[tuple[str, str]]:
    for path, page in pages().items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages().get(target)
            anchor = unquote(parts.fragment)
            begins = target == SITE / "explain.html" and anchor in explained()
            if not target.exists() or (anchor and known is not None and anchor not in known.ids and not begins):
                yield path.relative_to(SITE).as_posix(), link


def test_every_link_and_anchor_of_the_site_has_a_target() -> None:
    assert list(lost()) == []


def test_nothing_of_the_site_is_fetched_from_elsewhere() -> None:
    """It works without a network, its search too."""
    sources = re.compile(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"')
    fetched = {url for path in pages() for url in sources.findall(path.read_text(encoding="utf-8"))}

    assert fetched == set()


@pytest.mark.parametrize(
    "old",
    [
        *(path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")),
        *("README.html", "errors/index.html", "llms.txt", "contract-tests-workflow.yml"),
    ],
)
def test_an_address_of_the_documentation_is_kept(old: str) -> None:
    assert (SITE / old).is_file()


@pytest.mark.parametrize("anchor", ["row-3.12", "malformed-jwt-in-subject_token"])
def test_an_anchor_that_sources_and_messages_cite_is_kept(anchor: str) -> None:
    assert anchor in pages()[SITE / "errors" / "token-service.html"].ids


def test_a_page_that_moved_redirects() -> None:
    text = (SITE / "README.html").read_text(encoding="utf-8")

    assert 'http-equiv="refresh" content="0; url=index.html"' in text


def test_every_picture_has_words_for_who_cannot_see_it() -> None:
    pictures = [picture for page in pages().values() for picture in page.pictures if "image" in str(picture.get("src"))]

    assert len(pictures) >= 3
    assert [picture for picture in pictures if len(str(picture.get("alt") or "")) < 20] == []


def test_an_error_has_a_page_of_its_own_whose_title_is_the_sentence() -> None:
    page = pages()[SITE / "error" / "malformed-jwt-in-subject_token.html"]

    assert page.title.startswith("Malformed JWT in subject_token - ")


def test_what_programs_are_sent_to_is_there() -> None:
    reported = (SITE / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", reported)

    assert len(links) > 20
    assert [link for link in links if not (SITE / link).is_file()] == []


def test_the_search_knows_every_page() -> None:
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    known = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]

    assert "error/malformed-jwt-in-subject_token" in known
    assert len(known) > 350
