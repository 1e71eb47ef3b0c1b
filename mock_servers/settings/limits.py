"""Limits of values beyond their type, for the annotations of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mock_servers.provider.providers import PROVIDERS
from mock_servers.wire.wording import shown

_TEN_YEARS: Final = 315_360_000
_ALL: Final = 1_000_000_000


class Limit:
    """The allowed values of a type: `holds` decides, `allowed` describes them, `schema` is their JSON Schema.

    `words` are values that a misspelt one may stand for; a `secret` value is not shown where it is refused. A plain
    class, to keep the start of the plugin fast.
    """

    def __init__(
        self,
        *,
        allowed: str,
        holds: Callable[[Any], bool],
        schema: Mapping[str, Any] = {},
        words: tuple[str, ...] = (),
        secret: bool = False,
    ) -> None:
        self.allowed = allowed
        self.holds = holds
        self.schema = schema
        self.words = words
        self.secret = secret

    def beside(self, other: str) -> Limit:
        """Return the same limit for a value that depends on another member."""
        return Limit(allowed=f"with {other} {self.allowed}", holds=self.holds)


Contradictions = Iterator[tuple[str, Any, Limit]]
"""The result of a record's `contradictions()`: a member, its value, and the limit that another member sets to it."""

IN_FILE: Final = "in a file"
"""An annotation: the value is the path of a JSON file, and its content is used."""


def matching(pattern: str, allowed: str, words: tuple[str, ...] = (), *, secret: bool = False) -> Limit:
    """Return the limit of texts that match a pattern as a whole; `words` are likely values."""
    return Limit(
        allowed=allowed,
        holds=lambda text: re.fullmatch(pattern, text) is not None,
        schema={"pattern": f"^(?:{pattern})$"},
        words=words,
        secret=secret,
    )


def between(lowest: int, highest: int, allowed: str) -> Limit:
    """Return the limit of numbers from `lowest` to `highest`, both included."""
    return Limit(
        allowed=f"{allowed} from {lowest} to {highest}",
        holds=lambda number: lowest <= number <= highest,
        schema={"minimum": lowest, "maximum": highest},
    )


def one_of(*words: Any) -> Limit:
    """Return the limit of values that are one of these."""
    return Limit(
        allowed=" or ".join(map(shown, words)),
        holds=lambda value: value in words,
        schema={"enum": [*words]},
        words=tuple(word for word in words if isinstance(word, str)),
    )


def _is_key_set(value: Any) -> bool:
    from mock_servers.jose.keys import PRIVATE_MEMBERS  # noqa: PLC0415 - brings cryptography, for key sets only

    keys = value.get("keys")
    return isinstance(keys, list) and all(isinstance(key, Mapping) and not PRIVATE_MEMBERS & key.keys() for key in keys)


def _is_network(text: str) -> bool:
    from ipaddress import ip_network  # noqa: PLC0415 - for those behind a proxy

    try:
        ip_network(text)
    except ValueError:
        return False
    return True


TEXT: Final = matching(r"\S(?:.*\S)?", "text, not empty, on one line, no blanks around it")
WORD: Final = matching(r"[!-~]+", "text of ASCII characters, not empty, no blanks")
SECONDS: Final = between(1, _TEN_YEARS, "a whole number of seconds")
DRAIN: Final = between(0, 3600, "a whole number of seconds")
DAYS: Final = between(1, 36_500, "a whole number of days")
COUNT: Final = between(0, _ALL, "a whole number")
TIMES: Final = between(1, _ALL, "a whole number")

_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LABEL: Final = "[A-Za-z0-9_-]"
_GROUP: Final = "[0-9A-Fa-f]{1,4}"
_SHORTENED: Final = "|".join(rf"(?:{_GROUP}:){{1,{7 - after}}}(?::{_GROUP}){{1,{after}}}" for after in range(1, 7))
_IPV6: Final = rf"\[(?:(?:{_GROUP}:){{7}}{_GROUP}|{_SHORTENED}|(?:{_GROUP}:){{1,7}}:|:(?:(?::{_GROUP}){{1,7}}|:))\]"
_PLAIN: Final = (
    rf"(?:{_IPV6}|(?:{_BYTE}\.){{3}}{_BYTE}"
    rf"|(?:{_LABEL}+\.)*(?!0[xX][0-9A-Fa-f]*(?:[^A-Za-z0-9_-]|$)){_LABEL}*[A-Za-z_-]{_LABEL}*\.?)(?::[0-9]{{1,5}})?"
)
"""A host and its port in normal form: an IPv4 address has four numbers without leading zeros."""
_SPELT: Final = "the host a name in ASCII, or an address such as 127.0.0.1 or [::1], written in full"

URL: Final = matching(r"https?://[^/?#\s@]+/[^#\s]*", "a URL such as https://host/path, no user name, no fragment")
ORIGIN: Final = matching(r"https?://[^/?#\s@]+/?", "a URL without path, such as http://mock:8080")
CALLED_URL: Final = matching(rf"https?://{_PLAIN}/[^#\s]*", f"{URL.allowed}, {_SPELT}")
"""A URL that the mock itself calls."""
HTTPS_ORIGIN: Final = matching(
    rf"https://{_PLAIN}/?", f"https only: a URL such as https://proxy.example:8443, no user name, no path, {_SPELT}"
)
UPSTREAM: Final = matching(
    rf"https?://{_PLAIN}(?:/[^?#\s]*)?", f"a URL such as http://127.0.0.1:9000, no user name, {_SPELT}"
)
KEY_SET_URL: Final = matching(
    rf"(?![hH][tT][tT][pP][sS]?://[^/?#])[!-~]+|[hH][tT][tT][pP][sS]?://{_PLAIN}(?:[/?#][!-~]*)?",
    f"{WORD.allowed}; in a URL no user name, {_SPELT}",
)
"""The URL of an app's key set.

A text that is no URL, or one in capitals, cannot be fetched; a test may want to see that.
"""
REDIRECT: Final = matching(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//[^/?#\s]*[\[\]])[^#\s]+|//{_IPV6}(?:[:/?][^#\s]*)?)",
    "an absolute URI without fragment",
)
IP_NETWORK: Final = Limit(
    allowed="an IP address such as 10.0.0.7, or a network such as 10.0.0.0/24",
    holds=_is_network,
    schema={"pattern": r"^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$"},
)
HOST: Final = matching(r"[a-z0-9._-]+", "a host name in lower case, no scheme, no port")
FULL_HOST: Final = matching(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", HOST.allowed)
DATE: Final = matching(r"\d{4}-\d{2}-\d{2}", 'a date in quotes, such as "1980-01-31"')
CONTENT_TYPE: Final = matching(r"[\w.+-]+/[\w.+-]+(?:;.*)?", "a content type such as text/html")
KEY_SET: Final = Limit(
    allowed='a JSON Web Key Set: an object with a list "keys" of public keys, without private members such as "d"',
    holds=_is_key_set,
    schema={"required": ["keys"], "properties": {"keys": {"type": "array", "items": {"type": "object"}}}},
)
_MARKS: Final = [mark for provider in PROVIDERS for mark in provider.scope_marks]
SCOPE: Final = matching(
    rf"[!-~]*(?:urn:nhsd:apim:app:level[03]:|:(?:{'|'.join(_MARKS)}):)[!-~]*",
    'a scope that a token can have, such as "urn:nhsd:apim:user-nhs-cis2:aal3:my-api": it names app:level3, or the '
    f"level {', '.join(_MARKS[:-1])} or {_MARKS[-1]} of a person",
)
"""Only these marks of a scope decide what a flow grants, not the text around them (S).

A product that requires only an API key has app:level0 (S).
"""
