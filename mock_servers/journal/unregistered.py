"""Finds long values that nobody registered where a word of the protocol belongs, and numbers of patients in paths.

A secret of another system, pasted into `grant_type`, `client_id` or a path, looks like nothing that is known here. So a
long value is shown only if somebody registered it, or the service knows it, or it nearly is such a word: a slip of the
pen is what a developer has to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mock_servers.provider.providers import PROVIDERS

LONG: Final = 16
"""Characters from which on a value is judged; what is shorter is no secret worth the name."""
_EDITS: Final = 3
NEAR: Final = LONG - _EDITS
"""Characters of the shortest word that a long value may nearly be."""
_MOST_COMPARED: Final = 200
_LONGEST_WORD: Final = 100
_NUMBER: Final = re.compile(r"(?<!\d)(\d{3})[ +-]?(\d{3})[ +-]?(\d{4})(?!\d)")
_WHOLE: Final = frozenset(
    [
        *("grant_type", "client_id", "response_type", "max_age", "error"),
        *("subject_token_type", "client_assertion_type", "requested_token_type"),
    ]
)
_LISTS: Final = ("scope", "acr_values")
_URLS: Final = ("redirect_uri",)
_SENTENCES: Final = ("error_description",)
_JUDGED: Final = _WHOLE.union(_LISTS, _URLS, _SENTENCES)
_DIGITS: Final = 10  # of the number of a patient
_WORD: Final = re.compile(r"[^\s,;:()\[\]{}<>\"']+")
_REALMS: Final = "|".join(re.escape(each.mock_realm.name) for each in PROVIDERS if each.mock_realm is not None)
_REALM: Final = re.compile(rf"(?:{_REALMS})(?:-[a-z]+){{0,3}}")
_SCOPE: Final = re.compile(r"urn:nhsd:apim:[A-Za-z0-9:_.-]+")
_OAUTH: Final = "urn:ietf:params:oauth:"
_KNOWN: Final = frozenset(
    [
        *(f"{_OAUTH}grant-type:{each}" for each in ("token-exchange", "jwt-bearer", "saml2-bearer", "device_code")),
        *(f"{_OAUTH}client-assertion-type:{each}" for each in ("jwt-bearer", "saml2-bearer")),
        *(
            f"{_OAUTH}token-type:{each}"
            for each in ("access_token", "refresh_token", "id_token", "jwt", "saml1", "saml2")
        ),
        *("authorization_code", "client_credentials", "AAL2_OR_AAL3_ANY", "code id_token token", "id_token token"),
        *("unsupported_grant_type", "unsupported_response_type", "unsupported_token_type", "temporarily_unavailable"),
        *("unauthorized_client", "interaction_required", "account_selection_required", "consent_required"),
        *("invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported"),
        *("registration_not_supported", "insufficient_scope", "insufficient_user_authentication", "access_denied"),
        *("professionalroles", "associatedorgs", "nationalrbacaccess", "organisationalmemberships"),
        *("basic_demographics", "profile_extended", "gp_registration_details", "gp_integration_credentials"),
        *("nhs_app_credentials", "client_assertion", "client_assertion_type", "subject_token_type"),
        *("requested_token_type", "urn:openid:params:grant-type:ciba"),
    ]
)
"""The words of 16 characters and more that RFCs and services know."""

Registered = Callable[[str], bool]


def values(pairs: Iterable[tuple[str, str]], path: str, is_registered: Registered) -> Iterator[str]:
    """Yield the parts of parameters and of a raw path that must not be shown whole; of other parameters nothing is."""
    yield from in_path(path, is_registered)
    for name, value in pairs:
        if name in _JUDGED and len(value) >= _DIGITS and value not in _KNOWN:
            yield from patients(value)
            if len(value) >= LONG:
                yield from _of_parameter(name, value, is_registered)


def in_path(path: str, is_registered: Registered = lambda _: False) -> Iterator[str]:
    """Yield the segments of a raw path that must not be shown, as they are and decoded."""
    if len(path) < _DIGITS:
        return
    yield from patients(path)
    for segment in path.split("/"):
        if len(segment) >= LONG and not _is_word(plain := unquote(segment), is_registered):
            yield segment
            yield plain


def patients(text: str) -> Iterator[str]:
    """Yield what is written in a text like an NHS number, whose last digit checks the others."""
    for written in (text, unquote(text)) if "%" in text else (text,):
        yield from (found[0] for found in _NUMBER.finditer(written) if _is_nhs_number("".join(found.groups())))


def without_secrets(path: str) -> str:
    """Return a path without the segments that must not be shown."""
    hidden = sorted(set(in_path(path)), key=len, reverse=True)
    for value in hidden:
        path = path.replace(value, "…")
    return path


def _is_nhs_number(digits: str) -> bool:
    """Whether the tenth digit is the check digit of the first nine, modulo 11."""
    rest = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return rest % 11 == int(digits[9])


def _of_parameter(name: str, value: str, is_registered: Registered) -> Iterator[str]:
    if is_registered(value) or unquote(value) in _KNOWN:
        return
    if name in _WHOLE:
        yield from () if is_near(value, _KNOWN) else (value,)
    elif name in _LISTS:
        words = (word for word in value.split() if len(word) >= LONG and not is_registered(word))
        yield from (word for word in words if not (_is_scope(word) or is_near(word, _KNOWN)))
    elif name in _URLS:
        yield from _of_url(value, is_registered)
    elif name in _SENTENCES:
        found = (word for word in _WORD.findall(value) if len(word) >= LONG and _has_digit(word))
        yield from (word for word in found if not (is_registered(word) or is_near(word, _KNOWN)))


def _of_url(value: str, is_registered: Registered) -> Iterator[str]:
    try:
        parts = urlsplit(value)
    except ValueError:
        yield value
        return
    if not parts.netloc:
        yield value
        return
    yield from in_path(parts.path, is_registered)
    yield from (each for _, each in parse_qsl(parts.query) if len(each) >= LONG and not is_registered(each))


def _is_word(segment: str, is_registered: Registered) -> bool:
    """Whether a long segment of a path is one of words, as paths are made of, or of a scope or a version."""
    return (
        not _has_digit(segment) or is_registered(segment) or segment in _KNOWN or _REALM.fullmatch(segment) is not None
    )


def _is_scope(word: str) -> bool:
    parts = word.split(":")
    return _SCOPE.fullmatch(word) is not None and all(len(part) < LONG or not _has_digit(part) for part in parts)


def _has_digit(text: str) -> bool:
    return any(each.isdigit() for each in text)


def is_near(value: str, known: Iterable[str]) -> bool:
    """Whether a value is one of some words but for three edits at most."""
    if len(value) > _LONGEST_WORD:
        return False
    alike = [word for word in known if abs(len(word) - len(value)) <= _EDITS][:_MOST_COMPARED]
    return any(_edits(value, word) <= _EDITS for word in alike)


def _edits(one: str, other: str) -> int:
    """Return how many characters are to be put in, left out or replaced; more than three is any number above."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row = row, [at]
        for place, against in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != against)))
        if min(row) > _EDITS:
            break
    return min(row) if min(row) > _EDITS else row[-1]
