"""Unwraps values that arrive with something around them, or encoded once too often.

Finders decide whether the result is the value that was meant: it is no proof by itself.
"""

from __future__ import annotations

import ast
import base64
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from mock_servers.wire.json_text import object_of

LONGEST: Final = 1 << 16
"""Characters of a value that are examined; a longer one was cut off from a body."""
_BYTES: Final = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_AROUND: Final = " \t\r\n\u00a0"
_MARK: Final = ("\ufeff", "\u00ef\u00bb\u00bf")
"""A byte order mark, and what its bytes are when they are read as Latin-1."""
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BLANK: Final = re.compile("[\r\n\u00a0\u00ad\u200b-\u200f\u2060\ufeff]")
_TYPOGRAPHIC: Final = re.compile("[\u2018\u201c\u00ab](.*)[\u2019\u201d\u00bb]", re.DOTALL)
_WORD: Final = re.compile(r"[^\s\"'{}\[\](),;<>&]+")
_NAMED: Final = re.compile(r"[\w-]{1,30}[=:](.+)", re.DOTALL)
_COMPRESSED: Final = (b"\x1f\x8b", b"x\x9c", b"x\xda", b"x\x01")
_DEEPEST: Final = 5
_MOST: Final = 200
"""Values that remain of one value."""
_WORDS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A value as it is `bare`, and in words what was `around` it, the outermost first."""

    bare: str
    around: tuple[str, ...]

    @property
    def words(self) -> str:
        """Describe what was around it."""
        return " and ".join(dict.fromkeys(self.around))


def unwrapped(value: str, name: str = "", depth: int = _DEEPEST) -> Iterator[Unwrapped]:
    """Return all values that remain when something around a value is removed; `name` is its parameter."""
    for words, bare in _layers(value[:LONGEST], name):
        yield Unwrapped(bare=bare, around=(words,))
        if depth > 1:
            yield from (
                Unwrapped(bare=each.bare, around=(words, *each.around)) for each in unwrapped(bare, name, depth - 1)
            )


def recovered(value: str, accepts: Callable[[str], bool], name: str = "") -> Unwrapped | None:
    """Return the first value that a service accepts when something around it is removed, or that is inside other text.

    That proves what is wrong: no other value was meant.
    """
    for each in islice(unwrapped(value, name), _MOST):
        if accepts(each.bare):
            return each
    for word in islice(_WORD.finditer(value[:LONGEST]), _WORDS):
        named = _NAMED.fullmatch(word[0])
        for bare in (word[0], named[1] if named is not None else ""):
            if bare != value and accepts(bare):
                return Unwrapped(bare=bare, around=(f"other text around it, {_around(value, bare)}",))
    return None


def _around(value: str, bare: str) -> str:
    before, _, after = value.partition(bare)
    shown = [ascii(text[:_SHOWN])[1:-1] + "…" * (len(text) > _SHOWN) for text in (before, after)]
    return f"{shown[0]}…{shown[1]}"


_SHOWN: Final = 20


def _layers(value: str, name: str) -> Iterator[tuple[str, str]]:
    """Return what may be around a value, and the value without it; white space and marks of an encoding go first."""
    for alone in _FIRST:
        found = alone(value)
        if found is not None:
            yield found
            yield from filter(None, [_plus(value)])
            return
    yield from filter(None, (layer(value) for layer in _LAYERS))
    named = dict(parse_qsl(value)).get(name) if name and "=" in value else None
    if named is not None:
        yield "the name of the parameter in front of it, with what followed in its URL", named


_Layer = Callable[[str], tuple[str, str] | None]


def _white_space(value: str) -> tuple[str, str] | None:
    bare = value.strip(_AROUND) if "\0" not in value else value
    return ("white space around it", bare) if bare != value else None


def _byte_order_mark(value: str) -> tuple[str, str] | None:
    mark = next((each for each in _MARK if value.startswith(each)), None)
    return ("a byte order mark (U+FEFF) in front of it", value.removeprefix(mark)) if mark is not None else None


def _utf16(value: str) -> tuple[str, str] | None:
    """A quarter of its bytes and more are zero, and with those it is text."""
    bare = value.removeprefix("\u00ff\u00fe").removeprefix("\u00fe\u00ff").lstrip("\ufffd")
    if bare.count("\0") * 4 < max(len(bare), 1) or len(bare) % 2:
        return None
    try:
        data = bare.encode("latin-1")
        texts = [data.decode("utf-16-le"), data.decode("utf-16-be")]
    except ValueError:
        return None
    return "a zero byte beside each character, as in UTF-16", max(texts, key=lambda text: sum(map(str.isascii, text)))


def _invisible(value: str) -> tuple[str, str] | None:
    hidden = _INVISIBLE.search(value)
    if hidden is None:
        return None
    kind = unicodedata.name(hidden[0], "SOFT HYPHEN")
    return f"an invisible character in it (U+{ord(hidden[0]):04X}, {kind})", _INVISIBLE.sub("", value)


def _quotes(value: str) -> tuple[str, str] | None:
    is_quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
    return ("quotes around it", _quoted(value)) if is_quoted else None


def _typographic(value: str) -> tuple[str, str] | None:
    found = _TYPOGRAPHIC.fullmatch(value)
    return ("typographic quotes around it", found[1]) if found is not None else None


def _entities(value: str) -> tuple[str, str] | None:
    bare = html.unescape(value) if "&" in value else value
    return ("HTML entities in it", bare) if bare != value else None


def _list_of_one(value: str) -> tuple[str, str] | None:
    """As Python or JSON writes it."""
    if value[0:1] not in ("[", "("):
        return None
    try:
        items = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    is_one = isinstance(items, (list, tuple)) and len(items) == 1 and isinstance(items[0], str)
    return ("brackets around it: it is a list of one", items[0]) if is_one else None


def _object_of_one(value: str) -> tuple[str, str] | None:
    texts = [each for each in (json_object(value) or {}).values() if isinstance(each, str)]
    return ("an object around it", texts[0]) if len(texts) == 1 else None


def _bearer(value: str) -> tuple[str, str] | None:
    return ("a Bearer in front of it", value[7:]) if value[:7].lower() == "bearer " else None


def _python_bytes(value: str) -> tuple[str, str] | None:
    found = _BYTES.fullmatch(value)
    return ("b'…' around it, as Python prints bytes", found[2]) if found is not None else None


def _percent(value: str) -> tuple[str, str] | None:
    bare = unquote(value) if "%" in value else value
    return ("percent signs in it, encoded twice", bare) if bare != value else None


def _plus(value: str) -> tuple[str, str] | None:
    """A form reads a + as a space, unless it was percent-encoded."""
    return ("a space for each +, which was not percent-encoded", value.replace(" ", "+")) if " " in value else None


def _base64(value: str) -> tuple[str, str] | None:
    data = _decoded(value) if _BASE64.fullmatch(value) else None
    text = _text(data) if data is not None else None
    return ("base64 around it", text) if text is not None else None


def _hexadecimal(value: str) -> tuple[str, str] | None:
    text = _text(bytes.fromhex(value)) if _HEX.fullmatch(value) else None
    return ("each of its bytes as two hexadecimal digits", text) if text is not None else None


def _compressed(value: str) -> tuple[str, str] | None:
    data = _decoded(value) if _BASE64.fullmatch(value) else None
    plain = decompressed(data) if data is not None else None
    text = _text(plain) if plain is not None else None
    return ("compression and base64 around it", text) if text is not None else None


_FIRST: Final[tuple[_Layer, ...]] = (_white_space, _byte_order_mark)
_LAYERS: Final[tuple[_Layer, ...]] = (
    *(
        _utf16,
        _invisible,
        _quotes,
        _typographic,
        _entities,
        _list_of_one,
        _object_of_one,
        _bearer,
        _python_bytes,
        _percent,
        _plus,
    ),
    *(_base64, _hexadecimal, _compressed),
)


def _quoted(value: str) -> str:
    """Return a quoted text; one with escapes as JSON reads it."""
    if "\\" not in value or value[0] != '"':
        return value[1:-1]
    try:
        return str(json.loads(value))
    except ValueError:
        return value[1:-1]


def decompressed(data: bytes) -> bytes | None:
    """Return what gzip, zlib or raw deflate has compressed, cut to 64 KiB; `None` for other bytes.

    Raw deflate has no mark, so it counts only where the bytes are a whole stream.
    """
    if not data.startswith(_COMPRESSED):
        raw = _inflated(data, -zlib.MAX_WBITS)
        return raw.plain if raw is not None and raw.is_whole else None
    marked = _inflated(data, zlib.MAX_WBITS | 32)
    return marked.plain if marked is not None else None


class _Inflated(NamedTuple):
    plain: bytes
    is_whole: bool


def _inflated(data: bytes, bits: int) -> _Inflated | None:
    stream = zlib.decompressobj(bits)
    try:
        plain = stream.decompress(data, LONGEST)
    except zlib.error:
        return None
    return _Inflated(plain, stream.eof and not stream.unused_data and bool(plain))


def _text(data: bytes) -> str | None:
    """Return the text of some bytes; with its zero bytes where it is UTF-16, as PowerShell encodes text."""
    if _utf16(data.decode("latin-1")) is not None:
        return data.decode("latin-1")
    try:
        text = data.decode()
    except ValueError:
        return None
    return text if _BLANK.sub("", text).isprintable() else None


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode("ascii")
    except ValueError:
        return None
    return text if text.replace("\n", "").replace("\r", "").isprintable() else None


def _decoded(value: str) -> bytes | None:
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        return None


def text_of_base64(value: str) -> str | None:
    """Return the text that a value encodes as base64; `None` if it encodes no text."""
    data = _decoded(value) if _BASE64.fullmatch(value) else None
    return _printable(data) if data is not None else None


def json_object(value: str) -> dict[str, Any] | None:
    """Return the members of a value that is a JSON object."""
    return object_of(value[:LONGEST]) if value[:100].lstrip()[:1] == "{" else None
