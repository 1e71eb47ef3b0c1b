"""A value that was issued or registered here, with its end cut off, its letters changed, or a part of it hidden.

Only what the mock knows proves it; `wrapping` finds what is around a value, or one encoding too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.opaque_value import has_form, hidden_part, shape_of
from mock_servers.journal.finding import Certainty
from mock_servers.state.indexes import START, start_of
from mock_servers.state.table import Table
from mock_servers.wire.wording import spelt

_LETTERS: Final = 12
"""Letters of which a service issues none in one case alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """What became of a value: `words` to be read after its name, why, what to do, and how sure that is."""

    words: str
    cause: str
    cure: str
    certainty: Certainty = "certain"


def altered(name: str, sent: str, case: Case) -> Altered | None:
    """Return what became of a value of the parameter `name`, or after Bearer (`authorization`)."""
    if not case.known.is_all:
        return _in_one_case(name, sent)
    return next(filter(None, (_between(sent, good) for good in _alike(name, sent, case))), None)


def masked(sent: str, case: Case) -> Altered | None:
    """Return that a part of a value is hidden, as in a log."""
    hidden = hidden_part(sent)
    if hidden is None:
        return None
    return Altered(
        words=f"has {spelt(hidden)} in place of a part of it",
        cause="It was copied from a log or a page that hides secrets.",
        cure="Take it from where your code keeps it, not from what it has logged.",
        certainty="certain" if case.known.is_all else "likely",
    )


def _in_one_case(name: str, sent: str) -> Altered | None:
    """A value of the right form with letters of one case alone; of such values services issue no other."""
    letters = "".join(filter(str.isalpha, sent))
    is_of_kind = has_form(name, sent) and shape_of(sent) is not None and not _HEX.fullmatch(sent)
    if not is_of_kind or len(letters) < _LETTERS or not _is_in_one_case(letters):
        return None
    return Altered(
        words=f"has {'small' if letters.islower() else 'capital'} letters only, and such values have both",
        cause=_CHANGED,
        cure=_UNCHANGED,
        certainty="likely",
    )


def _is_in_one_case(letters: str) -> bool:
    return letters.islower() or letters.isupper()


_HEX: Final = re.compile(r"[0-9a-fA-F-]+")
_CHANGED: Final = "Your code, a cache or a database changed its letters."
_UNCHANGED: Final = (
    "Keep and send it exactly as it was given: change no letter, and store it where small and capital letters differ."
)


def _between(sent: str, good: str) -> Altered | None:
    """Compare a value with one that is right."""
    if sent == good:
        return None
    if sent.lower() == good.lower():
        words = f"is a value that is known here, but {_case_of(sent)}"
        return Altered(words=words, cause=_CHANGED, cure=_UNCHANGED)
    if not (good.startswith(sent) or sent.startswith(good)):
        return None
    is_cut = len(sent) < len(good)
    return Altered(
        words=f"has {len(sent)} characters, and begins as a value of {len(good)} that was issued here"
        f"{'' if is_cut else f', with {spelt(sent[len(good) :])} after it'}",
        cause="Its end was cut off, by a field or a copied line."
        if is_cut
        else "Your code copied what came after it in a URL or a line.",
        cure="Send the whole value, and nothing after it.",
    )


def _case_of(sent: str) -> str:
    if sent == sent.lower():
        return "in small letters"
    return "in capital letters" if sent == sent.upper() else "with other capital letters"


def _alike(name: str, sent: str, case: Case) -> Iterator[str]:
    """Return the known values of a parameter that begin as this one does, in small or capital letters."""
    if len(sent) < START:
        return
    store = case.known.store
    tables: Mapping[str, tuple[Table[Any], ...]] = {
        "code": (store.platform_codes, store.codes),
        "refresh_token": (store.refresh_tokens, store.provider_refresh_tokens),
        "authorization": (store.access_tokens,),
    }
    for table in tables.get(name, ()):
        yield from (key for key, _ in table.entries("start", start_of(sent)))
    if name == "client_secret":
        yield from (app.client_secret for app in store.apps.find("word", sent.lower()))
