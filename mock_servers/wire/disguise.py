"""Replaces what is secret in a text by characters of the same kind, so that the text keeps its shape.

Lengths, dots, dashes, digits and capitals stay where they are. One value always becomes the same other value, so that
what was equal stays equal. Without the key nobody can go back.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
import re
import string
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from mock_servers.jose import jwts
from mock_servers.wire.json_text import object_of

_PART: Final = r"[A-Za-z0-9_-]"
_KEPT: Final = re.compile(
    rf"(?P<header>eyJ{_PART}+)\.(?P<payload>{_PART}*)\.(?P<signature>{_PART}*)"
    r"|(?P<basic>^Basic +)(?P<pair>[A-Za-z0-9+/]+=*)$"
    r"|(?:Bearer|DPoP)(?= )|(?-i:-----(?:BEGIN|END) [A-Z ]+-----)|eyJ|https?://[^/?#\s@]+(?=[/?#\s]|$)"
    r"|\b(?:grant_type|client_(?:id|secret|assertion(?:_type)?)|subject_token(?:_type)?|(?:access|refresh|id)_token"
    r"|code|state|nonce|scope|redirect_uri)=",
    re.IGNORECASE,
)
"""JWTs, which stay JWTs, and what stays as it is: a scheme of Authorization, marks of PEM, hosts, parameters' names."""
_HEXADECIMAL: Final = re.compile(r"[0-9a-f-]+|[0-9A-F-]+")
_ADDRESSES: Final = frozenset(["iss", "aud"])


class Disguise:
    """Disguises values by a key.

    `kept` are the members of JWTs whose values stay as they are; `is_plain` says of a value that it is no secret.
    """

    def __init__(self, key: bytes, kept: Collection[str], is_plain: Callable[[str], bool]) -> None:
        self._key = key
        self._kept = kept
        self._is_plain = is_plain

    def of(self, value: str) -> str:
        """Return a value's disguise. A JWT in it has the same members, and iss and aud where they are URLs."""
        if (members := object_of(value)) is not None:
            return json.dumps(self._of_member("", members))
        scheme, _, rest = value.partition(" ")
        if self._is_plain(value) or (scheme.lower() in ("bearer", "basic", "dpop") and self._is_plain(rest)):
            return value
        pieces, end = [], 0
        for found in _KEPT.finditer(value):
            pieces += [self._characters(value[end : found.start()]), self._piece(found)]
            end = found.end()
        return "".join([*pieces, self._characters(value[end:])])

    def _piece(self, found: re.Match[str]) -> str:
        if found["basic"]:
            return found["basic"] + self._of_basic(found["pair"])
        if not found["header"]:
            return found[0]
        header, payload = (self._of_json(found[name]) for name in ("header", "payload"))
        return f"{header}.{payload}.{self._of_bytes(found['signature'])}"

    def _of_basic(self, pair: str) -> str:
        try:
            return base64.b64encode(self.of(base64.b64decode(pair, validate=True).decode()).encode()).decode()
        except ValueError:
            return self._characters(pair)

    def _of_json(self, part: str) -> str:
        try:
            members = json.loads(_decoded(part))
        except (ValueError, RecursionError):
            return self._characters(part)
        return jwts.base64url(json.dumps(self._of_member("", members), separators=(",", ":")).encode())

    def _of_bytes(self, part: str) -> str:
        try:
            return jwts.base64url(self._chosen(part).randbytes(len(_decoded(part))))
        except ValueError:
            return self._characters(part)

    def _of_member(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {each: self._of_member(each, member) for each, member in value.items()}
        if isinstance(value, list):
            return [self._of_member(name, each) for each in value]
        if name in self._kept or isinstance(value, bool | None) or (name in _ADDRESSES and "://" in str(value)):
            return value
        return self.of(value) if isinstance(value, str) else int(f"1{self._characters(str(value).lstrip('-')[1:])}")

    def _characters(self, text: str) -> str:
        chosen, is_hexadecimal = self._chosen(text), _HEXADECIMAL.fullmatch(text) is not None
        return "".join(_other(each, chosen, is_hexadecimal=is_hexadecimal) for each in text)

    def _chosen(self, text: str) -> random.Random:
        return random.Random(hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256"))  # noqa: S311 - keyed


def _other(character: str, chosen: random.Random, *, is_hexadecimal: bool) -> str:
    """Return another character of the same kind: a digit, a small letter, a capital; any other is itself."""
    if character.isdigit():
        return chosen.choice(string.digits)
    if not character.isalpha():
        return character
    letters = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
    return chosen.choice(letters[:6] if is_hexadecimal else letters)


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
