"""Every link of our pages is to an existing file, and every anchor to a heading or an anchor of that page."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tools.site import leaves

ROOT = Path(__file__).parent.parent
PATTERNS = (
    *("*.md", "docs/**/*.md", "docs/llms.txt", "examples/*.md", "benchmarks/*.md"),
    *("contract_tests/**/*.md", ".github/**/*.md"),
)
PAGES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")


@cache
def made() -> Mapping[str, str]:
    """The pages of the site that are made of the code; to make them takes as long as a hundred tests."""
    return leaves.pages()


@cache
def names() -> Mapping[str, str]:
    return leaves.names(leaves.sentences())


def prose(text: str) -> str:
    return FENCED.sub("", text)


def slug(heading: str) -> str:
    """The anchor that Markdown's readers give to a heading, as GitHub does."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.replace("`", "").strip().lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    text = prose(page.read_text(encoding="utf-8"))
    headings = [slug(each) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    numbered = {
        f"{each}-{headings[:place].count(each)}" for place, each in enumerate(headings) if each in headings[:place]
    }
    return frozenset(headings) | numbered | set(re.findall(r'<a id="([^"]+)">', text))


def lost(page: Path) -> Iterator[str]:
    for link in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        address, _, anchor = link.partition("#")
        target = page.parent / address if address else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target.resolve())):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_anchor_has_a_target(page: Path) -> None:
    assert list(lost(page)) == []


def test_a_lost_link_and_a_lost_anchor_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n\n[a](#one-two) [b](#three) [c](none.md) [d](page.md#one-two)\n", encoding="utf-8")

    assert list(lost(page)) == ["#three", "none.md"]


def test_the_site_links_to_every_page() -> None:
    """`make docs-site` fails else, in minutes; this takes none."""
    docs = ROOT / "docs"
    listed = {"index"}
    for page in ("index", "how-to", "reference", "explanation"):
        (toctree,) = re.findall(
            r"```{toctree}\n:hidden:\n\n(.*?)```", (docs / f"{page}.md").read_text("utf-8"), re.DOTALL
        )
        listed |= set(toctree.split())
    indexes = {name.removesuffix(".md") for name in made() if name.endswith("/index.md")}

    assert listed == {each.relative_to(docs).with_suffix("").as_posix() for each in docs.rglob("*.md")} | indexes


@pytest.mark.parametrize("name", sorted(name for name in made() if name.endswith("/index.md")))
def test_a_list_of_the_site_links_to_every_page_of_its_kind(name: str) -> None:
    folder = name.partition("/")[0]
    listed = {f"{folder}/{link}" for link in LINK.findall(made()[name]) if not link.startswith("..")}

    assert listed == {each for each in made() if each.startswith(f"{folder}/")} - {name}


@pytest.mark.parametrize("title", sorted(names()))
def test_an_error_has_a_page_whose_title_is_its_sentence(title: str) -> None:
    page = made()[f"error/{names()[title]}.md"]
    (heading,) = re.findall(r"^# (.*)$", page, re.MULTILINE)

    assert re.sub(r"\\(.)", r"\1", heading) == title
