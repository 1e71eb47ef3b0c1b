"""Which sentences in a text are a service's refusal: the words, and the rows of the catalogue that they are of."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mock_servers.catalogue.entries import Entry, entries
from mock_servers.explain.judging import host_of
from mock_servers.reading.facts import Facts
from mock_servers.reading.sentences import KnownSentences, Sentence, words_of

_BESIDE: Final = 200
"""Characters in which the code of an error stands beside its sentence."""
_FEW_WORDS: Final = 4
_TECHNICAL: Final = re.compile(r"\w\.[A-Za-z]")
"""What makes a short sentence known all the same: a name of a program's own."""
_MEMBERS: Final = ("error_description", "faultstring", "diagnostics", "message", "error:", "error=", '"error"', "error")
_PLATFORM: Final = ("the token service", "an API's gateway")
_OF_HTTP: Final = ("Not Found", "Gateway Timeout")
_ASIDE: Final = ("management", "realms")
"""Services that few people call: where others are named, a sentence is not taken to be theirs."""
_OURS: Final = re.compile(
    r"\b(?:api\.service|spineservices|signin|login)\.nhs\.uk\b|\bapigee\.com\b"
    r"|\bAPIM\b|\bCIS2\b|\bNHS[ -]login\b|\bNHS\b[^\n]{0,40}\bAPI\b",
    re.IGNORECASE,
)
_OF_TOKEN_REQUEST: Final = frozenset(["client-credentials", "token-exchange"])
_MOST_BEGUN: Final = 3
_OF_OURS: Final = ("nhs", "apigee", "apim", "cis")
_OF_OAUTH: Final = ("oauth", "token", "authorize", "login", "openid", "realms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A refusal that stands in a text: the `words` of the catalogue, as `spoken` here, and every row that has them.

    `is_sure`: nobody else is known to say so, or it stands where the service's answer does. `is_several`: it is the
    beginning of several sentences.
    """

    words: str
    start: int
    spoken: str = ""
    rows: Sequence[Entry] = ()
    is_sure: bool = True
    is_cut: bool = False
    is_misspelt: bool = False
    is_several: bool = False


@functools.cache
def known_sentences() -> KnownSentences:
    """Return every sentence of the catalogue, to look for."""
    return KnownSentences([each.error.sentence for each in entries()])


def said_in(facts: Facts) -> list[Said]:
    """Return the refusals of a text, that of an answer before one that is only spoken of."""
    text = _Text(facts)
    found = [said for sentence in facts.sentences if (said := _said(text, sentence)) is not None]
    return sorted(found, key=lambda each: not text.is_answer(each.start)) or list(_coded(facts))


class _Text:
    """A text with what is asked of it for each of its sentences."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.is_ours = is_ours(facts)
        self.is_others = is_others(facts)
        self.plays = {host.plays for each in facts.addresses if (host := host_of(each.url)) is not None}
        self.plays |= {"management"} if "apigee.com" in facts.text else set()
        self._codes = [place for _, place in facts.codes]

    def has_at_most(self, words: int) -> bool:
        """Whether it has so few words."""
        return len(self.facts.text.split(None, words)) <= words

    def is_answer(self, start: int) -> bool:
        """Whether what stands at a place is the sentence of an answer."""
        before = self.facts.text[max(0, start - _BESIDE) : start].lower()
        code = bisect.bisect_right(self._codes, start)
        near = code > 0 and start - self._codes[code - 1] < _BESIDE
        return near or any(name in before for name in _MEMBERS[:4])


def begun(facts: Facts, found: Sequence[Said]) -> Said | None:
    """Return the first refusal; where a text is the beginning of several, one that has the rows of all of them.

    Those of a request for a token come before those of log-outs and callbacks; more than three are too many to name.
    """
    first = next(iter(found), None)
    same = [each for each in found if first is not None and each.is_cut and each.start == first.start]
    if first is None or len(same) < 2:  # noqa: PLR2004 - one is itself
        return first
    rows = [row for each in same for row in each.rows]
    asked = [each for each in rows if any(_OF_TOKEN_REQUEST & set(flows) for flows in each.rules.values())] or rows
    if len({each.problem for each in asked}) > _MOST_BEGUN:
        return None
    return replace(first, rows=asked, spoken=facts.text.strip(), is_several=True)


def _coded(facts: Facts) -> Iterator[Said]:
    """Yield the refusals that an API names by a code of its own alone, as in details.coding of an OperationOutcome."""
    for code, place in facts.api_codes:
        rows = [each for each in entries() if each.error.shape == "api" and each.error.code == code]
        if rows and not is_others(facts):
            yield Said(words=code, start=place, spoken=code, rows=rows)


def is_ours(facts: Facts) -> bool:
    """Whether a text names a host of the services."""
    if any(host_of(each.url) is not None for each in facts.addresses):
        return True
    lower = facts.text.lower()
    return any(word in lower for word in _OF_OURS) and _OURS.search(facts.text) is not None


def is_others(facts: Facts) -> bool:
    """Whether a text names a token or log-in endpoint of somebody else, and none of the services'."""
    if is_ours(facts):
        return False
    return any(word in each.url.lower() for each in facts.addresses for word in _OF_OAUTH)


def _said(text: _Text, sentence: Sentence) -> Said | None:
    rows = _rows(text, sentence)
    specific = [each for each in rows if each.service in _PLATFORM and _is_specific(sentence.words)]
    is_sure = bool(specific) or text.is_ours
    if not rows or (not is_sure and not _may_be_answer(text, sentence)) or _is_phrase(text, sentence, rows):
        return None
    return Said(
        words=rows[0].error.sentence,
        start=sentence.start,
        spoken=_as_written(text.facts, sentence) if "{" in sentence.words else rows[0].error.sentence,
        rows=specific or rows,
        is_sure=is_sure,
        is_cut=sentence.is_cut,
        is_misspelt=sentence.is_misspelt,
    )


def _is_specific(words: str) -> bool:
    """Whether nobody else says so by chance."""
    return len(words.split()) >= _FEW_WORDS or _TECHNICAL.search(words) is not None


def _is_phrase(text: _Text, sentence: Sentence, rows: Sequence[Entry]) -> bool:
    """Whether it is a word or two, such as Unauthorized or Not Found, that stands in most logs."""
    few = len(sentence.words.split()) < _FEW_WORDS and not _TECHNICAL.search(sentence.words)
    if not few or "_" in sentence.words or text.has_at_most(len(sentence.words.split())):
        return False
    is_known = sentence.words not in _OF_HTTP and any(
        each.error.evidence != "I" and each.plays == "platform" for each in rows
    )
    return not (text.is_answer(sentence.start) and (is_known or text.is_ours))


@functools.cache
def _of_words() -> Mapping[tuple[str, ...], Sequence[Entry]]:
    found: dict[tuple[str, ...], list[Entry]] = {}
    for each in entries():
        found.setdefault(words_of(each.error.sentence), []).append(each)
    return found


def _rows(text: _Text, sentence: Sentence) -> list[Entry]:
    """Return the rows with these words, of the services that a text can be about."""
    as_written = _as_written(text.facts, sentence)
    if "_" in as_written.split()[0] and "_" not in sentence.words.split()[0]:
        return []  # a code, such as invalid_request, and no sentence
    found = _of_words().get(words_of(sentence.words), ())
    alike = [each for each in found if each.error.sentence.startswith(as_written)] or found
    named = [each for each in alike if each.plays in text.plays]
    alone = text.has_at_most(2 * len(sentence.words.split()))
    return named or [each for each in alike if each.plays not in _ASIDE or (not text.plays and alone)]


def _as_written(facts: Facts, sentence: Sentence) -> str:
    written = " ".join(facts.text[sentence.start : sentence.end].split()).replace(r"\/", "/")  # as Apigee writes JSON
    return f"{written}'" if written.count("'") % 2 and facts.text[sentence.end : sentence.end + 1] == "'" else written


def _may_be_answer(text: _Text, sentence: Sentence) -> bool:
    """Whether words that others say as well are all there is, or stand as the sentence of an error."""
    if text.is_others:
        return False
    count = len(sentence.words.split())
    return text.has_at_most(2 * count) or (text.is_answer(sentence.start) and count > 1)
