"""Takes a command line apart into words, as bash or as cmd does; what a shell would fill in is a gap, and never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from mock_servers.reading.captured import Gaps, UnreadableError
from mock_servers.wire.wording import shown

Commands = list[list[str]]

_OF_CMD: Final = re.compile(r"""\A[^"']*\^"|\^\r?\n""")
"""A caret before the first quote, or at the end of a line; behind a quote of bash it is a character like any other."""
_NAME: Final = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_ENDS: Final = ";|&()\n"
_ANSI: Final = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|c(.)|(.))", re.DOTALL
)
_ANSI_LETTERS: Final = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"} | {
    "v": "\v"
}
_OF_CMD_VARIABLE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}%)[A-Za-z_]\w*%")
_SHORTEST_NAME: Final = 20


def commands(text: str, gaps: Gaps) -> Commands:
    """Return each simple command of a text as its words. Raises UnreadableError for a quote that does not end."""
    if _OF_CMD.search(text):
        filled = _OF_CMD_VARIABLE.sub(lambda found: gaps.mark(_substituted(found[0])), text.replace("\r", ""))
        return [words for line in _unescaped(filled) if (words := _arguments(line))]
    return _Bash(text, gaps).commands()


def encoded(word: str) -> bytes:
    """Return the bytes that a program gets of a word."""
    return word.encode("utf-8", "surrogateescape")


class _Bash:
    """Reads a text once, from its start."""

    def __init__(self, text: str, gaps: Gaps) -> None:
        self._text = text
        self._at = 0
        self._gaps = gaps

    def commands(self) -> Commands:
        found: Commands = [[]]
        while self._at < len(self._text):
            self._skip_blanks()
            if self._peek() == "#":
                self._skip_to("\n")
            if self._redirects():
                continue
            pieces = list(self._pieces())
            if pieces:
                found[-1].append(encoded("".join(pieces)).decode("utf-8", "surrogateescape"))
            elif self._next() in _ENDS:
                found.append([])
        return [each for each in found if each]

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _skip_blanks(self) -> None:
        blanks = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
        found = blanks.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _redirects(self) -> bool:
        """Leave out where output goes to, and what comes in: neither is a word."""
        found = re.compile(r"(?:\d*|&)(?:>>?|<<?<?)(?:&[\d-]+|&?)").match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        if not found[0][-1].isdigit():
            self._skip_blanks()
            list(self._pieces())
        return True

    def _pieces(self) -> Iterator[str]:
        while (char := self._peek()) and char not in f" \t\r<>{_ENDS}":
            reader = self._READERS.get(self._text[self._at : self._at + 2]) or self._READERS.get(char)
            yield reader(self) if reader else self._next()

    def _single(self) -> str:
        return self._until_quote(1)

    def _until_quote(self, before: int) -> str:
        end = self._text.find("'", self._at + before)
        if end < 0:
            raise self._unended("'")
        found = self._text[self._at + before : end]
        self._at = end + 1
        return found

    def _ansi(self) -> str:
        found = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._text, self._at)
        if found is None:
            raise self._unended("$'")
        self._at = found.end()
        return _ANSI.sub(_of_ansi, found[1])

    def _double(self) -> str:
        begin, pieces = self._at, []
        self._at = self._text.index('"', self._at) + 1
        while (char := self._peek()) != '"':
            if not char:
                self._at = begin
                raise self._unended('"')
            pieces.append(self._in_double(char))
        self._at += 1
        return "".join(pieces)

    def _in_double(self, char: str) -> str:
        if char == "\\":
            return self._escaped_in_double()
        return self._READERS[char](self) if char in "$`" else self._next()

    def _escaped_in_double(self) -> str:
        self._at += 1
        char = self._next()
        if char == "\n":
            return ""
        return char if char in '$`"\\' else f"\\{char}"

    def _escaped(self) -> str:
        self._at += 1
        if self._text.startswith("\r\n", self._at):
            self._at += 1
        char = self._next()
        return "" if char == "\n" else char

    def _substitution(self) -> str:
        begin = self._at
        self._at += 1
        if self._peek() == "(":
            self._skip_balanced("(", ")")
        elif self._peek() == "{":
            self._skip_balanced("{", "}")
        elif (name := _NAME.match(self._text, self._at)) is not None:
            self._at = name.end()
        else:
            return "$"
        return self._gap(begin)

    def _back_tick(self) -> str:
        begin = self._at
        self._at += 1
        self._skip_to("`")
        self._at += 1
        return self._gap(begin)

    def _gap(self, begin: int) -> str:
        return self._gaps.mark(_substituted(self._text[begin : self._at]))

    def _skip_balanced(self, opens: str, closes: str) -> None:
        depth, begin = 0, self._at
        while char := self._next():
            depth += (char == opens) - (char == closes)
            if char in "'\"":
                self._skip_to(char)
                self._at += 1
            if not depth:
                return
        self._at = begin
        raise self._unended(f"${opens}")

    def _skip_to(self, char: str) -> None:
        end = self._text.find(char, self._at)
        self._at = end if end >= 0 else len(self._text)

    def _unended(self, opens: str) -> UnreadableError:
        return UnreadableError(f"The command ends within what {opens} opens at character {self._at + 1}")

    _READERS: Final[dict[str, Callable[[_Bash], str]]] = {
        "'": _single,
        "$'": _ansi,
        '"': _double,
        '$"': _double,
        "\\": _escaped,
        "$": _substitution,
        "`": _back_tick,
    }


def _of_ansi(found: re.Match[str]) -> str:
    octal, hexadecimal, short, long, control, letter = found.groups()
    if octal or hexadecimal:
        byte = int(octal, 8) & 255 if octal else int(hexadecimal, 16)
        return bytes([byte]).decode("utf-8", "surrogateescape")
    if short or long:
        return chr(int(short or long, 16) % 0x110000)
    if control:
        return chr(ord(control) & 31)
    return _ANSI_LETTERS.get(letter, letter if letter in "\\'\"?" else f"\\{letter}")


def _substituted(text: str) -> str:
    """Return what a substitution is called; what runs a command may hold a secret, and is not shown."""
    if text.startswith(("$(", "`")):
        return "the output of a command"
    name = text.strip("${}%")
    return f"the variable {shown(name[:_SHORTEST_NAME])}"


# cmd


def _unescaped(text: str) -> Iterator[str]:
    """Give each command without its carets, as cmd passes it on: outside quotes a caret keeps the next character."""
    line: list[str] = []
    quoted, at = False, 0
    while at < len(text):
        kept = text[at] == "^" and not quoted
        if kept:
            at += 2 if text.startswith("\n", at + 1) else 1
        char = text[at : at + 1]
        if char in "&|\n" and char and not quoted and not kept:
            yield "".join(line)
            line, char = [], ""
        quoted ^= char == '"' and not kept
        line.append(char)
        at += 1
    yield "".join(line)


def _arguments(line: str) -> list[str]:
    """Split a line as a Windows program does: backslashes count before a quote alone, and two quotes are one."""
    words: list[list[str]] = []
    quoted = begun = False
    for found in re.finditer(r'(?P<backslashes>\\*)(?P<quotes>"+)|(?P<blank>\s+)|(?P<plain>\\+|[^\\"\s]+)', line):
        if found["blank"] and not quoted:
            begun = False
            continue
        if not begun:
            words.append([])
            begun = True
        if found["quotes"]:
            text, quoted = _quotes(len(found["backslashes"]), len(found["quotes"]), quoted=quoted)
            words[-1].append(text)
        else:
            words[-1].append(found[0])
    return ["".join(each) for each in words]


def _quotes(backslashes: int, quotes: int, *, quoted: bool) -> tuple[str, bool]:
    """Return what backslashes and the quotes after them stand for, and whether a quoted part goes on behind them."""
    text = "\\" * (backslashes // 2) + '"' * (backslashes % 2)
    left = quotes - backslashes % 2
    while left:
        pair = quoted and left > 1
        text += '"' if pair else ""
        quoted ^= not pair
        left -= 2 if pair else 1
    return text, quoted
