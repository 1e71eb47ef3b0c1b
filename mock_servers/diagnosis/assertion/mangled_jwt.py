"""A JWT that was damaged: quoted, wrapped, cut off, reformatted by an editor, or never filled in."""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import hidden_part, is_path, is_unfilled, printed_object, shape_of
from mock_servers.jose import jwts
from mock_servers.jose.jwts import MalformedJwtError
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown, spelt
from mock_servers.wire.wrapping import Unwrapped, json_object, recovered, text_of_base64

_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9_.-]")
_START: Final = "eyJ"
_PARTS: Final = 3
_JWE_PARTS: Final = 5
_AROUND: Final = "\"' \t\r\n"
_MINUS: Final = "\u2212"
_LONGEST: Final = 1 << 16
_CURES: Final = {
    "client_assertion": "Send the JWT exactly as the library returns it: three base64url parts, joined by dots.",
    "subject_token": "Send the id_token exactly as the provider's token answer gave it.",
}


_WRITE: Final = (
    "Write header and payload as JSON in UTF-8, encode each as base64url, once, and sign that; or let a library make "
    "the JWT."
)


def _finder(name: str, *rules: str) -> Finder:
    def mangled_jwt(case: Case) -> Finding | None:
        """The JWT was changed on its way: quoted, wrapped or cut off. Or a variable was never filled in."""
        sent = case.form(name)
        is_other = sent is None or _is_jwt(sent) or json_object(sent) is not None or _is_other_json(sent)
        what = _damage(sent[:_LONGEST], name) if sent is not None and not is_other else None
        if what is None:
            return None
        seen, cause = what
        cure = _WRITE if cause in (_UTF_16, _ENCODED) and name == "client_assertion" else _CURES[name]
        return Finding(id="mangled-jwt", certainty="certain", seen=f"{name} {seen}.", cause=cause, cure=cure)

    mangled_jwt.__name__ = f"mangled_{name}"  # what a log calls it
    return Finder(find=mangled_jwt, rules=rules, named=("mangled-jwt",))


def _is_other_json(sent: str) -> bool:
    """Whether a text is the base64 of an object that is no header of a JWT, as of a JWK."""
    members = json_object(text_of_base64(sent.strip(_AROUND)) or "")
    return members is not None and ("alg" not in members or "kty" in members)


def _damage(sent: str, name: str) -> tuple[str, str] | None:
    """Describe the damage of a text that was meant to be a JWT; `None` for any other text."""
    bare = sent.strip(_AROUND).removeprefix("Bearer ").strip(_AROUND)
    printed = printed_object(bare)
    if printed is not None:
        return f"is {shown(sent)}", printed
    if is_unfilled(bare):
        return f"is {spelt(sent)}", "A variable was never filled in. Look at the answer of the step before."
    if is_path(bare) and shape_of(bare) is None and not bare.startswith("eyJ"):
        return f"is {spelt(sent)}", "This is the path of a file. Your code never read the file: send its content."
    found = recovered(sent, _is_jwt, name)
    if found is not None:
        return f"is a JWT with {found.words}", "The value was copied, printed or encoded with the text around it."
    if not bare.startswith("eyJ") and (bare.count(".") != _PARTS - 1 or shape_of(bare) is not None):
        return None
    return _of_hidden(sent) or _of_letters(sent) or _of_character(sent) or _of_length(sent)


def _of_hidden(sent: str) -> tuple[str, str] | None:
    hidden = hidden_part(sent)
    if hidden is None:
        return None
    return f"has {spelt(hidden)} in place of a part of it", "It was copied from a log or a page that hides secrets."


def _of_letters(sent: str) -> tuple[str, str] | None:
    """The case of its letters was changed: base64url of a JSON object begins with eyJ, with those letters."""
    start = sent[: len(_START)]
    if start == _START or start.lower() != _START.lower():
        return None
    letters = "".join(filter(str.isalpha, sent))
    only = "small" if letters.islower() else "capital" if letters.isupper() else ""
    what = f"has {only} letters only" if only else "has small letters in place of capital ones"
    return f"{what}: it begins with {start}, and a JWT with {_START}", (
        "Your code, a cache or a database changed its letters. In base64url small and capital letters differ."
    )


def _of_character(sent: str) -> tuple[str, str] | None:
    found = _OUTSIDE.search(sent)
    if found is None:
        return None
    character = found[0]
    name = unicodedata.name(character, "a control character")
    seen = f"has {spelt(character)} (U+{ord(character):04X}, {name}) as character {found.start() + 1} of {len(sent)}"
    return seen, _of_kind(character, sent)


def _of_kind(character: str, sent: str) -> str:
    if character != "-" and (unicodedata.category(character) == "Pd" or character == _MINUS):
        return "An editor, a chat or a wiki turned - or -- into a dash."
    if character in "+/":
        return "This is ordinary base64. A JWT uses base64url, with - and _ instead of + and /."
    if character == "=":
        return "The base64 was padded; a JWT has no padding."
    if character == " " and "+" not in sent:
        return "It is white space: the value was wrapped over lines, or a + was decoded as a space."
    if character in "\r\n\t ":
        return "The value was wrapped over lines: when it was copied, or by base64 before it was signed (base64 -w0)."
    return "base64url does not use this character: something changed the value on its way."


def _of_length(sent: str) -> tuple[str, str]:
    parts = sent.split(".")
    if len(parts) == _JWE_PARTS:
        return "has five parts, like an encrypted JWT (JWE)", "The service reads only signed JWTs."
    if len(parts) < _PARTS or not parts[-1]:
        return f"has {_counted(parts)}, {len(sent)} characters in all", (
            "It was cut off, for example by a database field, a copied line or a log limit."
        )
    if len(parts) > _PARTS:
        return f"has {_counted(parts)}", "Two values were joined, or something was added after the signature."
    return _of_parts(parts) or (
        f"has three parts, but one of them is not a JSON object in base64url: {_reason(sent)}",
        "A part was cut off or changed on its way.",
    )


def _of_parts(parts: list[str]) -> tuple[str, str] | None:
    """The JSON of the header or payload has something around it, or one encoding too many."""
    found = {
        name: unwrapped
        for name, part in zip(("header", "payload"), parts, strict=False)
        if (unwrapped := _json_within(part)) is not None
    }
    if not found:
        return None
    words = next(iter(found.values())).words
    are = "that is" if len(found) == 1 else "that are"
    return f"has a {' and a '.join(found)} {are} JSON with {words}", _UTF_16 if "UTF-16" in words else _ENCODED


def _json_within(part: str) -> Unwrapped | None:
    """Return the JSON object in a part that is none as it stands."""
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
    except ValueError:
        return None
    return recovered(text, lambda bare: json_object(bare) is not None) if json_object(text) is None else None


_UTF_16: Final = (
    "Your code turned the JSON into bytes as UTF-16: Encoding.Unicode in C#. A JWT has UTF-8: Encoding.UTF8."
)
_ENCODED: Final = "Your code encoded the JSON once more before base64url. A JWT has the JSON itself, in UTF-8."


def _counted(parts: list[str]) -> str:
    filled = sum(1 for part in parts if part)
    return f"{filled} part{'s' * (filled != 1)} that are not empty, but a JWT has three"


def _is_jwt(text: str) -> bool:
    return not _reason(text)


def _reason(text: str) -> str:
    try:
        jwts.decode(text)
    except MalformedJwtError as reason:
        return str(reason)
    return ""


FINDERS: Final = (
    _finder("client_assertion", "decode_client_assertion", "decode_assertion"),
    _finder("subject_token", "decode_subject_token"),
)
