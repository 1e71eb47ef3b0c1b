"""A finding's first step is the first sentence of its cure, and ends as a sentence does."""

import pytest

from mock_servers.journal.finding import first_step


@pytest.mark.parametrize(
    ("cure", "first"),
    [
        ("Register the key. Wait an hour.", "Register the key."),
        ("Register the key.", "Register the key."),
        ("Register the key", "Register the key."),
        ("Which app has the key?", "Which app has the key?"),
        ("Never paste a private key!", "Never paste a private key!"),
        ("", ""),
    ],
)
def test_the_first_step_is_one_whole_sentence(cure: str, first: str) -> None:
    assert first_step(cure) == first
