"""Reads any text: makes it plain, then lets each collector find what it knows the form of."""

from __future__ import annotations

from typing import Final

from mock_servers.reading import answers, moments, programs, requests, tokens
from mock_servers.reading.facts import Facts
from mock_servers.reading.objects import objects
from mock_servers.reading.plain import plain, unescaped, unquoted
from mock_servers.reading.sentences import KnownSentences

LARGEST: Final = 5_000_000
"""Characters of a text; a file with more is read by its own form alone."""


def read(text: str, known: KnownSentences) -> Facts:
    """Return the facts of a text; `known` are the sentences to look for. Linear in the length of the text."""
    clear = unescaped(unquoted(plain(text)))
    found = objects(clear)
    return Facts(
        text=clear,
        sentences=known.in_text(clear),
        codes=answers.codes(clear),
        api_codes=answers.api_codes(clear),
        statuses=answers.statuses(clear),
        tokens=tokens.tokens(clear, found),
        key_sets=tokens.key_sets(found),
        addresses=requests.addresses(clear),
        pairs=requests.pairs(clear, found),
        headers=requests.headers(clear),
        moments=moments.moments(clear),
        lines=programs.lines(clear),
        good=answers.good(found),
        page=answers.page(clear),
    )
