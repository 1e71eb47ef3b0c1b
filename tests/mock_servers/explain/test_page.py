"""What a page shows of a paste."""

from html import unescape

import pytest

from mock_servers.explain.any_text import explain, written
from mock_servers.explain.page import page_answer
from mock_servers.reading.reader import LARGEST
from tests.pastes import NOW, TRUTH, paste


@pytest.mark.parametrize("name", TRUTH)
def test_a_page_says_what_the_command_says(name: str) -> None:
    words = "\n".join(written(explain(paste(name)), details=True))

    assert unescape(page_answer(paste(name), None, None)) == f"<pre>{words}</pre>"


def test_nothing_of_a_paste_becomes_markup() -> None:
    shown = page_answer('<img src=x onerror=alert(1)> {"error_description": "<b>"}', None, NOW)

    assert "<img" not in shown
    assert "<b>" not in shown


def test_what_cannot_be_read_is_said_in_a_sentence() -> None:
    assert "more than" in page_answer("x " * LARGEST, None, None)
