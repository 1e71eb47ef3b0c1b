"""Recognises the form of a text, and reads the exchanges with known real hosts from it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.reading import cassette, curl, har, raw_http
from mock_servers.reading.captured import Captured, UnreadableError, named
from mock_servers.reading.curl import ReadFile
from mock_servers.wire.json_text import object_of
from mock_servers.wire.wording import shown

_YAML: Final = re.compile(r"^(?:http_)?interactions:", re.MULTILINE)
_MOST_HOSTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The exchanges of a text with known hosts, in their order, and how many others it has."""

    exchanges: tuple[Captured, ...]
    others: int = 0


def is_request(text: str) -> bool:
    """Whether a text is a whole request, or a file of requests."""
    document = object_of(text) if text.lstrip()[:1] == "{" else None
    return (
        curl.is_curl(text)
        or raw_http.is_raw_http(text)
        or har.is_har(document)
        or cassette.is_cassette(document)
        or _YAML.search(text) is not None
        or text.lstrip()[:9].replace(" ", "").replace("\n", "").startswith('{"log":')
    )


def read(text: str, known: Callable[[str], bool], read_file: ReadFile | None = None) -> Reading:
    """Return the exchanges of a text with hosts that are known. Raises UnreadableError, also when there is none."""
    found = _all(text, read_file)
    kept = tuple(each for each in found if known(_host(each)))
    if not kept:
        raise UnreadableError(_of_others(found))
    return Reading(exchanges=kept, others=len(found) - len(kept))


def _all(text: str, read_file: ReadFile | None) -> Sequence[Captured]:
    if "\0" in text:
        raise UnreadableError(
            "The text has NUL bytes, so it is binary; allowed: a curl command, HTTP, HAR or a cassette"
        )
    if curl.is_curl(text):
        return [curl.read(text, read_file)]
    if raw_http.is_raw_http(text):
        return [raw_http.read(text)]
    document = _json(text) if text.lstrip()[:1] == "{" else cassette.from_yaml(text)
    if har.is_har(document):
        return har.read(document)
    if cassette.is_cassette(document):
        return cassette.read(document)
    raise UnreadableError("The text is no request; allowed: a curl command, HTTP, a HAR file or a cassette")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as failure:
        where = f"line {failure.lineno}" if isinstance(failure, json.JSONDecodeError) else "nobody knows where"
        raise UnreadableError(f"The text ends or breaks off as JSON, at {where}; is the file cut off?") from None
    except RecursionError:
        raise UnreadableError("The text is JSON that is nested too deeply") from None


def _host(captured: Captured) -> str:
    try:
        return urlsplit(captured.url).hostname or ""
    except ValueError:
        return ""


def _of_others(found: Sequence[Captured]) -> str:
    """Say whom the requests of a text ask, when it is nobody that is known here."""
    if not found:
        return "The file holds no exchange"
    hosts = Counter(named(_host(each), each.gaps) for each in found)
    listed = ", ".join(shown(host, 60) for host, _ in hosts.most_common(_MOST_HOSTS))
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    return f"No request here is for a host of the platform, CIS2 or NHS login; found: {listed}{more}"
