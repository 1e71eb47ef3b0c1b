"""What `explain` makes of texts that are none of its business: it finds nothing, claims no cause and never fails."""

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import pytest_nhsauth
from mock_servers.catalogue.entries import entries
from mock_servers.command_line.commands import nhsauth
from tests.other_issuers import ERRORS
from tests.unrelated import Passage, passages

FEW = 200
MANY = 2000
SLICE = 100
COMMANDS = 10


@functools.cache
def many() -> list[Passage]:
    """All of them, read once in each process."""
    return list(passages(MANY))


def claims(text: str) -> Iterator[str]:
    """Yield what is claimed about a text that has nothing of these services in it."""
    explained = pytest_nhsauth.explain(text)
    if explained.by is not None:
        yield f"by {explained.by}: {explained.answer}"
    yield from (f"refused by {rule}" for rule in explained.stopped_by)
    yield from (f"{each.id} ({each.certainty})" for each in explained.findings)
    if re.search(r"\(certain\)", str(explained)):
        yield "something is certain"


def claimed(texts: Iterable[tuple[object, str]]) -> list[str]:
    """List each text about which something is claimed: where it is from, how it begins, and what that is."""
    found = ((source, text, list(claims(text))) for source, text in texts)
    return [f"{source}: {text[:80]!r}\n  {'; '.join(claim)}" for source, text, claim in found if claim]


def test_two_hundred_texts_of_as_many_sources_are_about_nothing() -> None:
    found = list(passages(FEW))

    assert len({each.source for each in found}) == FEW
    assert claimed((each.file, each.text) for each in found) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MANY, SLICE))
def test_two_thousand_texts_are_about_nothing(first: int) -> None:
    found = many()[first : first + SLICE]

    assert len(found) == SLICE
    assert claimed((each.file, each.text) for each in found) == []


def test_errors_of_other_issuers_are_known_to_be_theirs() -> None:
    assert claimed(enumerate(ERRORS)) == []


def test_the_command_does_not_know_and_says_so(tmp_path: Path) -> None:
    texts = [*(each.text for each in passages(COMMANDS)), *ERRORS[:COMMANDS]]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")

    done = [CliRunner().invoke(nhsauth, ["explain", f"@{tmp_path / f'{number}.txt'}"]) for number in range(len(texts))]

    assert [(each.exit_code, type(each.exception)) for each in done] == [(2, SystemExit)] * len(texts)
    assert [each.output for each in done if "Traceback" in each.output] == []


@pytest.mark.parametrize("text", ["https://int.api.service.nhs.uk0[", "see https://[/token for more"])
def test_what_is_not_url_is_not_traceback(text: str) -> None:
    assert claimed([("here", text)]) == []


def test_the_errors_of_other_issuers_are_a_hundred_without_a_sentence_of_ours() -> None:
    ours = {entry.error.sentence.casefold() for entry in entries() if " " in entry.error.sentence}
    shared = [text for text in ERRORS if any(sentence in text.casefold() for sentence in ours)]

    assert len(set(ERRORS)) == 100
    assert shared == []


def test_a_text_of_ours_is_claimed() -> None:
    assert claimed([("here", '{"error": "invalid_request", "error_description": "Missing client_assertion"}')]) != []
