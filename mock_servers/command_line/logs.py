"""How `nhsauth serve` writes its log to stderr: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any, Final, Literal

from mock_servers.wording import moment

_COLOURS: Final = {"WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[31m"}
_PLAIN: Final = "\033[0m"


def set_up(*, form: Literal["text", "json"], level: str) -> None:
    """Log what the mocks say from `level` up, and what other libraries warn of, to stderr."""
    least = logging.getLevelNamesMapping()[level.upper()]
    stream = logging.StreamHandler()
    coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    stream.setFormatter(_Json() if form == "json" else _Text(coloured=coloured))
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[stream], force=True)
    logging.getLogger("mock_servers").setLevel(least)


class _Text(logging.Formatter):
    """`09:00:00 WARNING POST /oauth2/token 400 …`."""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        colour = _COLOURS.get(record.levelname) if self._coloured else None
        return f"{colour}{text}{_PLAIN}" if colour else text


class _Json(logging.Formatter):
    """`{"time": …, "level": …, "event": "exchange", "exchange": {…}}`, or `"event": "log"` with logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"time": moment(record.created), "level": record.levelname.lower()}
        exchange = getattr(record, "exchange", None)
        if exchange is not None:
            return json.dumps({**line, "event": "exchange", "exchange": exchange.as_json()})
        line |= {"event": "log", "logger": record.name, "message": record.getMessage()}
        return json.dumps({**line, "traceback": self.formatException(record.exc_info)} if record.exc_info else line)
