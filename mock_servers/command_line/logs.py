"""How `nhsauth serve` writes its log to stderr: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

import click

from mock_servers.journal.finding import lines_of
from mock_servers.state.world import ROOT
from mock_servers.wire.wording import moment, one_line

if TYPE_CHECKING:
    from mock_servers.journal.record import Record

_COLOURS: Final = {"WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[31m"}
_PLAIN: Final = "\033[0m"
_INDENT: Final = "         "
_VERBATIM: Final = "    "
_NARROWEST: Final = 60
_TIME_OF_DAY: Final = "%H:%M:%S"
_TITLE: Final = re.compile(r"  \w+: +|\w+: ")


def set_up(*, form: Literal["text", "json"], level: str, lock: int | None = None, with_worlds: bool = False) -> None:
    """Log what the mocks say from `level` up, and what other libraries warn of, to stderr.

    `with_worlds`: each line says of which world it is; what is of none is the server's own, `root`.
    `lock` is a file of those processes that write there at once: one writes at a time, so that each line stays whole.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    stream = logging.StreamHandler(None if lock is None else _Turns(sys.stderr, lock))
    stream.setFormatter(_Json() if form == "json" else _Text(on_terminal=sys.stderr.isatty(), with_worlds=with_worlds))
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[stream], force=True)
    logging.getLogger("mock_servers").setLevel(least)


class _Turns:
    """A stream that several processes write to in turn: more than 4 kB may else be parted on their way into a pipe."""

    def __init__(self, stream: TextIO, lock: int) -> None:
        self._stream = stream
        self._lock = lock

    def write(self, text: str) -> None:
        """Write, while nobody else does."""
        os.lockf(self._lock, os.F_LOCK, 0)
        try:
            self._stream.write(text)
            self._stream.flush()
        finally:
            os.lockf(self._lock, os.F_ULOCK, 0)

    def flush(self) -> None:
        """Do nothing: what is written is flushed."""


class _Text(logging.Formatter):
    """`09:00:00 WARNING [team-a] POST /oauth2/token 400 …`, and what explains an exchange below it, indented.

    On a terminal lines end before its edge, and a warning or an error has a colour unless NO_COLOR.
    """

    def __init__(self, *, on_terminal: bool, with_worlds: bool) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {'[%(world)s] ' * with_worlds}%(message)s", _TIME_OF_DAY)
        self._with_worlds = with_worlds
        self._on_terminal = on_terminal
        self._coloured = on_terminal and not os.environ.get("NO_COLOR")

    def format(self, record: logging.LogRecord) -> str:
        exchange: Record | None = getattr(record, "exchange", None)
        record.world = world = _world_of(record)
        if exchange is None:
            return self._painted(super().format(record), record)
        of_world = f"[{world}] " if self._with_worlds else ""
        head = f"{_time_of_day(int(record.created))} {record.levelname:7} {of_world}{exchange}"
        return "\n".join([self._painted(head, record), *self._below(exchange)])

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging calls it
        """Write the line itself."""
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - as logging calls it
        """Write a traceback below its line, so that none of it looks like a line of its own."""
        return "\n".join(_INDENT + one_line(each) for each in super().formatException(ei).splitlines())

    def _painted(self, text: str, record: logging.LogRecord) -> str:
        colour = _COLOURS.get(record.levelname) if self._coloured else None
        return f"{colour}{text}{_PLAIN}" if colour else text

    def _below(self, exchange: Record) -> Iterator[str]:
        for line in _explained(exchange):
            bare = line if self._coloured else click.unstyle(line)
            yield from self._wrapped(bare) if self._on_terminal else [_INDENT + bare]

    def _wrapped(self, line: str) -> list[str]:
        """Wrap a line at the width of the terminal; its further lines are indented to the text after the title.

        Lines that compare two texts, one above the other, stay as they are.
        """
        if line.startswith(_VERBATIM):
            return [_INDENT + line]
        width = max(shutil.get_terminal_size().columns, _NARROWEST)
        title = _TITLE.match(line)
        hanging = _INDENT + " " * (title.end() if title else 0)
        return textwrap.wrap(line, width, initial_indent=_INDENT, subsequent_indent=hanging)


def _world_of(record: logging.LogRecord) -> str:
    """Return the world that a line is of: its exchange's, or the one that its logger named, or the server's own."""
    exchange = getattr(record, "exchange", None)
    return str((exchange.world if exchange is not None else getattr(record, "world", None)) or ROOT)


@lru_cache(maxsize=1)
def _time_of_day(second: int) -> str:
    """Return a second as a line begins with; of a busy one many lines do."""
    return time.strftime(_TIME_OF_DAY, time.localtime(second))


def _explained(exchange: Record) -> Iterator[str]:
    """Yield what stands below the line of an exchange, which has said the headline."""
    examined = exchange.examination()
    step = (exchange.answer or "").removeprefix(exchange.headline or "").strip()
    if step:
        yield f"Answer: {one_line(step)}"
    for number, finding in enumerate(examined.findings):
        said = {"seen": None} if number == 0 and examined.headline else {}
        yield from lines_of(asdict(finding) | said, click.style)
        if said:
            yield f"  Rule:  {one_line(str(exchange.diagnosis))}"
    yield from (f"then: {one_line(each)}" for each in examined.then)
    yield from (f"advice: {one_line(each)}" for each in examined.advice)


class _Json(logging.Formatter):
    """One of three: an exchange, a change by the control API, or anything else with its logger and message.

    `{"time": …, "level": …, "world": …, "event": "exchange"|"control"|"log", …}`
    """

    def format(self, record: logging.LogRecord) -> str:
        level, world = record.levelname.lower(), _world_of(record)
        line: dict[str, Any] = {"time": moment(record.created), "level": level, "world": world}
        exchange = getattr(record, "exchange", None)
        if exchange is not None:
            return json.dumps({**line, "event": "exchange", "exchange": exchange.as_json()})
        control = getattr(record, "control", None)
        if control is not None:
            return json.dumps({**line, "event": "control", **control})
        line |= {"event": "log", "logger": record.name, "message": record.getMessage()}
        return json.dumps({**line, "traceback": self.formatException(record.exc_info)} if record.exc_info else line)
