"""Finds what a service answered: statuses, codes, pages and token answers; its sentences are for `sentences`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_servers.reading.facts import Status
from mock_servers.reading.objects import Found

_STATUS: Final = re.compile(
    r"""HTTP/[\d.]+["']?[,\s]+([1-5]\d\d)\b
    |\bstatus(?:[ _]?code)?["']?\s*(?:=>|[:=])?\s*(?:int\()?["']?([1-5]\d\d)\b
    |^[ \t]*(?:int\()?([1-5]\d\d)\)?[ \t]*(?:\n|\Z|[A-Z][a-z]+[ \t]*\n|(?=[{"]))
    |(?:->|=>|\banswer(?:s|ed)|\bgot|\bgives?|\bsa(?:ys|id)|\breturn(?:s|ed)?|\bHTTP|\berror|\bfailed:?)\s+(?:an?\s+)?([1-5]\d\d)\b
    |\b([45]\d\d)\s+(?:Client\ Error|Server\ Error|Bad\ Request|Unauthorized|Forbidden|Not\ Found|Method\ Not\ Allowed
      |Unsupported\ Media|Too\ Many|Internal\ Server|Bad\ Gateway|Service\ Unavailable|Gateway\ Time|invalid_|[{"'])
    |HTTP/[\d.]+"\s+([1-5]\d\d)\b""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"""["'\[(&?{\s]error["'\]]*\s*(?:=>|[:=])\s*(?:string\(\d+\)\s*)?["']?([a-zA-Z_.-]+(?:\ error)?)
    |errorcode["']?\s*[:=]\s*["']?([\w.]+)""",
    re.VERBOSE,
)
_CODING: Final = re.compile(r"""["']code["']\s*:\s*["']([A-Z]+_[A-Z_]+)["']""")
_PAGE: Final = re.compile(r"<(?:!doctype html|html)\b.*?(?:</html>|\Z)", re.IGNORECASE | re.DOTALL)


def statuses(text: str) -> list[Status]:
    """Return the statuses of a text."""
    return [
        Status(status=int(next(filter(None, found.groups()))), start=found.start()) for found in _STATUS.finditer(text)
    ]


def codes(text: str) -> list[tuple[str, int]]:
    """Return the error codes of a text, each with its place."""
    return [(found[1] or found[2], found.start()) for found in _CODE.finditer(text)]


def api_codes(text: str) -> list[tuple[str, int]]:
    """Return the codes in details.coding of each OperationOutcome, with their places."""
    return [(found[1], found.start()) for found in _CODING.finditer(text)] if "OperationOutcome" in text else []


def page(text: str) -> str:
    """Return the first web page of a text."""
    found = _PAGE.search(text)
    return found[0] if found is not None else ""


def good(objects: Sequence[Found]) -> list[Mapping[str, Any]]:
    """Return the token answers of a text."""
    names = {"access_token", "id_token"}
    return [
        each.members
        for each in objects
        if names & each.members.keys() and {"token_type", "expires_in"} & each.members.keys()
    ]
