"""A text that denies a cause shows none: sentences are made of each way to deny and of each cue."""

from itertools import product

import pytest

from mock_servers.reading import programs
from mock_servers.reading.plain import plain
from tests.pastes import TRUTH, paste

CUES = {
    "changed-key": "new key",
    "retry": "retry",
    "sandbox": "sandbox product",
    "aal2": "AAL2 log-in",
    "app-token": "client_credentials",
    "patient": "NHS login",
    "rs256": "alg: RS256",
    "private-host": "https://keys.internal/jwks",
}
DENIED = (
    "There is no {}.",
    "We have no {}, at all.",
    "It was sent without {}.",
    "This is not {}.",
    "We don't use {}.",
    "We do not use {}",
    "We never used {}.",
    "We no longer use {}.",
    "I see no {} in the log",
    "I do not see any {} here",
    "there isn't a {}",
    "neither a proxy nor {}",
    "Es gibt kein {} hier",
    "pas de {}",
    "we dont use {}",
    "we use another one instead of {}",
    "It is rather old, rather than {}",
    "We moved away from {}",
    "We used to have {}",
)
DENIED_AFTERWARDS = (
    "{}: 0",
    "{} = false",
    "{} was removed.",
    "{} has been disabled",
    "{} is switched off",
    "{} was ruled out",
    "{} never happened",
)
HELD = (
    "We use {}.",
    "It does not work with {}.",
    "It doesn't work since we use {}.",
    "We cannot get a token with {}.",
    "Not sure why, we use {}",
    "It is not accepted; we use {}",
    "No idea what is wrong. We have {}",
    "We did not change the code, but use {}",
    "It no longer works after {}",
    "no token comes, we use {}",
    "The app isn't good and we have {}",
    "never worked before {}",
    "nothing works, {} is on",
    "not only {} is used",
    "{}: yes",
)
CODE = ("rs256", "private-host")
"""Cues that stand in code, where nothing denies them afterwards."""


def mistakes(text: str) -> set[str]:
    return {each.mistake for each in programs.lines(text)}


@pytest.mark.parametrize(("mistake", "sentence"), list(product(CUES, DENIED)))
def test_what_is_denied_shows_nothing(mistake: str, sentence: str) -> None:
    assert mistake not in mistakes(sentence.format(CUES[mistake]))


@pytest.mark.parametrize(("mistake", "sentence"), list(product(sorted(CUES.keys() - set(CODE)), DENIED_AFTERWARDS)))
def test_nor_does_what_is_denied_afterwards(mistake: str, sentence: str) -> None:
    assert mistake not in mistakes(sentence.format(CUES[mistake]))


@pytest.mark.parametrize(("mistake", "sentence"), list(product(CUES, HELD)))
def test_what_is_said_beside_another_denial_still_shows_it(mistake: str, sentence: str) -> None:
    assert mistake in mistakes(sentence.format(CUES[mistake]))


@pytest.mark.parametrize(
    "text",
    [
        "We did not rotate, renew or change the key.",
        "Nobody changed the key.",
        "The key was unchanged.",
        "Nothing changed on the keys.",
        "The key rotation never happened.",
        "the address of the key set",
        "token exchange with our keys",
        "I made a new API key.",
    ],
)
def test_a_key_that_was_not_changed_is_no_change(text: str) -> None:
    assert "changed-key" not in mistakes(text)


@pytest.mark.parametrize(
    "when", ["in May", "last year", "three weeks ago", "since March", "on Monday", "yesterday", "5 hours ago"]
)
def test_a_change_of_long_ago_has_been_seen_since(when: str) -> None:
    assert "changed-key" not in mistakes(f"We published a new key {when}.")


@pytest.mark.parametrize("when", ["today", "just now", "ten minutes ago", "at 13:20", ""])
def test_a_change_of_today_may_not(when: str) -> None:
    assert "changed-key" in mistakes(f"It fails. We published a new key {when}.")


@pytest.mark.parametrize(
    "text",
    [
        "products Hello World - Sandbox and PDS - Integration",
        "- Sandbox\n- PDS Integration",
        "Integration plus sandbox",
    ],
)
def test_a_sandbox_product_beside_another_explains_nothing(text: str) -> None:
    assert "sandbox" not in mistakes(text)


def test_a_sandbox_product_alone_may() -> None:
    assert "sandbox" in mistakes("We have the sandbox product and call int")


def test_no_line_is_lost_because_only_a_part_of_a_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [plain(paste(name)) for name in TRUTH]
    found = [programs.lines(text) for text in texts]
    monkeypatch.setattr(programs, "_NEEDS", {})

    assert [programs.lines(text) for text in texts] == found
    assert sum(map(len, found)) > len(texts)
