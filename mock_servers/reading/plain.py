"""Makes a pasted text plain: without what editors, terminals, mail programs and forums have put into it."""

from __future__ import annotations

import codecs
import re
from html import unescape
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARACTERS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\0", None),
    }
)
_DASH: Final = "\u2013\u2014\u2212\u2011\u2010"
_FORUM: Final = re.compile("[\u2018\u2019\u201c\u201d]")
_DASH_IN_TOKEN: Final = re.compile(r"(?<=[\w-]{8})[\u2013\u2014](?=[\w-]{8})")
_COLOUR: Final = re.compile(
    r"(?:\x1b|\u241b|\^\[)\[[0-9;?]*[A-Za-z]|(?<![\w\]])\[\d{1,2}(?:;\d{1,3}){0,4}m(?!in)|\[\d{1,2}(?:;\d{1,3}){0,4}m(?!\w)"
)
_ENTITY: Final = re.compile(r"&(?:quot|apos|amp|lt|gt|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LINE_END: Final = re.compile(r"\r\n?|<EOL>|\u2028|\u2029|\x85")
_QUOTED: Final = re.compile(r"^[ \t]*(?:>{1,4}|\||More\?) ?", re.MULTILINE)
_ESCAPED: Final = re.compile(r'\\+"')
_ESCAPED_END: Final = re.compile(r'(?<=[{}\[\],">;])\s*\\+[nt]|\\+[nt](?=\s*[{}\]"])|\\+r(?=\\)')


def decoded(raw: bytes) -> str:
    """Return the text of some bytes in UTF-8, UTF-16 or UTF-32, else in the code page of Windows."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not encoding and raw[1:200:2].count(0) > len(raw[1:200:2]) // 2:
        encoding = "utf-16-le"
    if encoding:
        return raw.decode(encoding, errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def plain(text: str) -> str:
    """Return a text with plain quotes, blanks, dashes and line ends, without colours and entities."""
    text = _COLOUR.sub("", _LINE_END.sub("\n", text))
    is_of_forum = _FORUM.search(text) is not None
    text = _ENTITY.sub(lambda found: unescape(found[0]), text).translate(_CHARACTERS)
    if is_of_forum:
        text = _DASH_IN_TOKEN.sub("--", text)
    return text if text.isascii() else text.translate(dict.fromkeys(map(ord, _DASH), "-"))


def unquoted(text: str) -> str:
    """Return a plain text without the marks of quotations and prompts at the start of its lines."""
    return _QUOTED.sub("", text)


def unescaped(text: str) -> str:
    """Return a plain text in which JSON that stands inside of a string is as any other."""
    if _ESCAPED.search(text) is None:
        return text
    return _ESCAPED.sub('"', _ESCAPED_END.sub("\n", text))
