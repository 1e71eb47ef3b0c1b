"""What `explain` makes of texts that are none of its business: it finds nothing, claims no cause and never fails."""

import re
from collections.abc import Iterable, Iterator

import pytest

import pytest_nhsauth
from mock_servers.catalogue.entries import entries
from tests.other_issuers import ERRORS
from tests.unrelated import passages

FEW = 200
MANY = 2000
SLICE = 100
_AWAITS = pytest.mark.xfail(reason="no text is explained by its facts yet", strict=True)


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


@_AWAITS
def test_two_hundred_texts_of_as_many_sources_are_about_nothing() -> None:
    found = list(passages(FEW))

    assert len({each.source for each in found}) == FEW
    assert claimed((each.file, each.text) for each in found) == []


@_AWAITS
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MANY, SLICE))
def test_two_thousand_texts_are_about_nothing(first: int) -> None:
    found = list(passages(MANY))[first : first + SLICE]

    assert len(found) == SLICE
    assert claimed((each.file, each.text) for each in found) == []


@_AWAITS
def test_errors_of_other_issuers_are_known_to_be_theirs() -> None:
    assert claimed(enumerate(ERRORS)) == []


def test_the_errors_of_other_issuers_are_a_hundred_without_a_sentence_of_ours() -> None:
    ours = {entry.error.sentence.casefold() for entry in entries() if " " in entry.error.sentence}
    shared = [text for text in ERRORS if any(sentence in text.casefold() for sentence in ours)]

    assert len(set(ERRORS)) == 100
    assert shared == []


def test_a_text_of_ours_is_claimed() -> None:
    assert claimed([("here", '{"error": "invalid_request", "error_description": "Missing client_assertion"}')]) != []
