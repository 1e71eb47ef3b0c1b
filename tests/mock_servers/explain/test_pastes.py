"""Pastes of stuck developers: what the answer says, how sure it is, and how it reads."""

import re

import pytest

from mock_servers.journal.finding import CERTAINTIES, Certainty
from tests.pastes import SCREENS, TRUTH, explained, paste, private_key, screens, secret

MOST_SHORT = 2
TRAPS = [name for name in TRUTH if "must_not_say" in TRUTH[name]]
COLUMNS = 100
LINES = 12


def has(text: str, words: str) -> bool:
    """Whether a text has words, at the beginning of one."""
    return re.search(rf"(?<![a-z0-9]){re.escape(words)}", f" {text} ") is not None


def missing(name: str) -> list[list[str]]:
    """The groups of words of which none is said on the first screen."""
    said = " ".join(str(explained(name)).lower().split())
    return [group for group in TRUTH[name]["must_say"] if not any(has(said, words) for words in group)]


@pytest.mark.parametrize("name", TRAPS)
def test_none_says_what_would_mislead(name: str) -> None:
    said = " ".join(str(explained(name)).lower().split())

    assert [words for words in TRUTH[name]["must_not_say"] if words in said] == []


def sure(answer: str) -> Certainty:
    """How sure an answer is, by its own words."""
    if "One of these" in answer:
        return "possible"
    return "likely" if re.search(r"\bprobably\b", answer, re.IGNORECASE) else "certain"


def test_nearly_each_says_what_it_must() -> None:
    short = {name: groups for name in TRUTH if (groups := missing(name))}

    assert len(short) <= MOST_SHORT, short


@pytest.mark.parametrize("name", TRUTH)
def test_no_answer_is_surer_than_an_honest_expert(name: str) -> None:
    answer = explained(name).answer

    assert CERTAINTIES.index(sure(answer)) >= CERTAINTIES.index(TRUTH[name]["sure"]), answer


@pytest.mark.parametrize("name", TRUTH)
def test_the_first_screen_is_short_and_speaks_no_dialect(name: str) -> None:
    explanation = explained(name)
    lines = str(explanation).splitlines()
    wide = [each for each in lines if len(each) > COLUMNS and not re.search(r"https?://|--data", each)]

    assert len(lines) <= LINES
    assert wide == []
    assert not re.search(r"\b(?:check|find|decode|fetch|claim)_[a-z]+_|§|\(certain\)|\(likely\)", str(explanation))
    assert explanation.answer.count("; or ") <= 2, "one of these names three at most"


def test_the_first_screens_are_as_they_were_read_aloud() -> None:
    assert SCREENS.read_text("utf-8") == screens(), "read the difference aloud; python -m tests.pastes keeps it"


def test_a_private_key_and_a_secret_are_warned_of_and_never_shown() -> None:
    key, client_secret = (explained(name) for name in TRUTH if name[:2] in ("17", "36"))

    assert "private key" in str(key)
    assert "client secret" in str(client_secret)
    assert private_key().split("\n")[1] not in f"{key}{key.as_json()}"
    assert secret() not in f"{client_secret}{client_secret.as_json()}"


def test_of_a_person_no_claim_is_shown() -> None:
    text = paste("26-id-token-as-bearer-pds.txt")
    explanation = explained("26-id-token-as-bearer-pds.txt")

    assert "Patient/9992009691" in text
    assert not re.search(r"9992009691|996640688875", f"{explanation}{explanation.as_json()}")
