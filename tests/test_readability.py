"""The pages are written in plain English: Flesch's reading ease, counted by a script of ours, without code."""

import pytest

from tools.site.readability import ROOT, counted, documents, syllables, together

PLAIN = 60
AS_A_WHOLE = 55


@pytest.mark.parametrize(
    ("word", "count"), [("token", 2), ("used", 1), ("needed", 2), ("people", 2), ("environment", 5), ("service", 2)]
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count


def test_code_tables_and_addresses_are_left_out() -> None:
    shown = counted(
        "# One\n\nTwo `three` [four](five.md).\n\n```python\nsix = 7\n```\n\n| eight | nine |\n|---|---|\n\n    ten\n"
    )

    assert (shown.words, shown.sentences) == (3, 2)


def test_a_long_sentence_of_long_words_is_hard_to_read() -> None:
    hard = "Notwithstanding organisational considerations, authentication infrastructure necessitates documentation."

    assert counted(hard).ease < 0


@pytest.mark.parametrize(
    "page", ["README.md", "docs/refused.md", "docs/tutorial.md", "docs/index.md", "docs/how-true.md"]
)
def test_what_is_read_first_is_plain_english(page: str) -> None:
    assert counted((ROOT / page).read_text(encoding="utf-8")).ease >= PLAIN


def test_the_documentation_as_a_whole_can_be_read() -> None:
    assert together(documents()).ease >= AS_A_WHOLE
