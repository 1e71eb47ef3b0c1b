"""Each mistake of the diagnosis benchmark, written down as people paste it, is explained as from its clean form."""

import pytest

from benchmarks.explained import ExplainedMistake, RealWorld, explained_all
from mock_servers.explain.any_text import explain_text
from mock_servers.jose.keys import KeyRing
from mock_servers.reading.captured import Captured
from tests.mock_servers.explain.rendered import FORMS

MENDED = ("har_cut_off", "entities", "mail")
"""Forms in which a JWT with quotes around it look like a good one: the form's own quotes hide them."""


@pytest.fixture(scope="module")
def all_explained(ring: KeyRing) -> list[ExplainedMistake]:
    return [each for each in explained_all(RealWorld(ring)) if is_form(each.captured)]


def is_form(captured: Captured) -> bool:
    """Whether a request is a form to a token endpoint, which is all that these ways of writing keep."""
    is_form = "urlencoded" in captured.header("content-type") and not captured.header("authorization")
    return is_form and captured.url.endswith("token") and b"=" in captured.body and captured.body[:1] != b"{"


def first(each: ExplainedMistake) -> str | None:
    return next((found.id for found in each.explanation.findings if found.certainty != "possible"), None)


def is_of_time(each: ExplainedMistake) -> bool:
    """Whether it takes a Date, which the mock's own answers leave to the server."""
    return each.mistake.finding.startswith("clock-")


@pytest.mark.parametrize("form", FORMS)
def test_a_paste_is_explained_as_its_clean_form(all_explained: list[ExplainedMistake], form: str) -> None:
    lost = []
    for each in all_explained:
        if is_of_time(each) or (form in MENDED and each.mistake.finding == "mangled-jwt"):
            continue
        found = explain_text(FORMS[form](each.captured))
        if each.rule not in found.stopped_by or first(each) not in (None, *(one.id for one in found.findings)):
            lost.append((each.kind, each.mistake.finding, found.answer))

    assert lost == []
