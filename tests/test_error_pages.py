"""The pages of errors: every row of every catalogue stands there, under the client's sentence, and every link works."""

import re
from pathlib import Path

import pytest

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.catalogue.evidence import EVIDENCE

FOLDER = Path(__file__).parent.parent / "docs" / "errors"
PAGES = sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")
TEXTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in PAGES}


def plain(markdown: str) -> str:
    return re.sub(r"\\([|<>{}])", r"\1", markdown)


def section(entry: Entry) -> list[str]:
    """The parts, of whichever page, whose heading is the sentence of a row."""
    parts = [part for text in TEXTS.values() for part in re.split(r"^## ", plain(text), flags=re.MULTILINE)]
    return [part for part in parts if part.partition("\n")[0] == entry.error.sentence]


def test_every_row_has_a_place_and_no_other_has() -> None:
    blocks = [block for text in TEXTS.values() for block in re.findall(r"^\*\*\d{3}\*\*.*", text, re.MULTILINE)]

    assert len(blocks) == len(entries())


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.service} {entry.name}")
def test_a_row_is_reported_with_its_cause_and_cure_under_what_a_client_reads(entry: Entry) -> None:
    error = entry.error
    text = f"· {error.row} · evidence **{error.evidence}**, {EVIDENCE[error.evidence]}"
    places = section(entry) if error.sentence else [plain(text) for text in TEXTS.values()]

    assert any(
        f"**{error.status}**" in place
        and text in place
        and f"*Usual cause:* {entry.problem.cause}" in place
        and f"*Cure:* {entry.problem.cure}" in place
        and all(f"`{name}`: {words}" in place for name, words in entry.mistakes.items())
        for place in places
    )


def test_the_founding_sentence_reaches_the_founding_mistake() -> None:
    (entry,) = [each for each in entries() if each.error.sentence == "Malformed JWT in subject_token"]

    assert all("`code-as-subject-token`" in part for part in section(entry))


@pytest.mark.parametrize("name", [*PAGES, "README.md"])
def test_every_link_has_a_target(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", text)

    lost = [(page, anchor) for page, anchor in links if not has_target(page, anchor)]

    assert links
    assert lost == []


def has_target(page: str, anchor: str) -> bool:
    path = FOLDER / page
    return path.is_file() and (not anchor or f'<a id="{anchor}"></a>' in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_no_two_sentences_have_the_same_anchor(name: str) -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', TEXTS[name])
    sentences = [anchor for anchor in anchors if not anchor.startswith("row-")]

    assert len(anchors) == len(set(anchors))
    assert len(sentences) == TEXTS[name].count("\n## ")


def test_the_list_names_every_sentence_once() -> None:
    listed = re.findall(r"^- \[(.+)\]\(", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    headings = [heading for text in TEXTS.values() for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)]

    assert sorted(listed) == sorted(headings)
