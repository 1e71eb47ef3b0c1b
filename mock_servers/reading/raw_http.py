"""Reads a request as it goes over the wire, with its answer or without; what `curl -v` prints is read as well."""

from __future__ import annotations

import json
import re
from typing import Final

from mock_servers.reading.captured import Captured, CapturedAnswer, Gaps, Pairs, UnreadableError
from mock_servers.wire.wording import shown

_METHODS: Final = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT"
_REQUEST: Final = re.compile(rf"\s*({_METHODS})[ \t]+(\S+)(?:[ \t]+HTTP/\d(?:\.\d)?)?[ \t]*(?:\r?\n|$)")
_ANSWER: Final = re.compile(r"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b[^\n]*(?:\n|$)")
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z:-]+)[ \t]*:[ \t]*(.*)")
_VERBOSE: Final = re.compile(rf"^> (?:{_METHODS}) ", re.MULTILINE)
_CHUNK: Final = re.compile(rb"[\r\n]*([0-9A-Fa-f]{1,8})[^\r\n]*\r?\n")


def is_raw_http(text: str) -> bool:
    """Whether a text begins as a request does, or is what `curl -v` prints."""
    return _REQUEST.match(text) is not None or _VERBOSE.search(text) is not None


def is_answer(text: str) -> bool:
    """Whether a text begins as an answer does."""
    return _ANSWER.match(text.lstrip()) is not None


def read(text: str) -> Captured:
    """Return the request of a text. Raises UnreadableError."""
    if _VERBOSE.search(text):
        return _read_verbose(text)
    line = _REQUEST.match(text)
    if line is None:
        raise UnreadableError("The text has no request line; allowed: such as POST /oauth2/token HTTP/1.1")
    begins = next((found.start() for found in re.finditer(r"^HTTP/\d", text, re.MULTILINE)), len(text))
    headers, body = _parted(text[line.end() : begins])
    answer = read_answer(text[begins:]) if begins < len(text) else None
    url = _url(line[2], headers)
    return Captured(source="raw", method=line[1], url=url, headers=headers, body=body, answer=answer)


def read_answer(text: str) -> CapturedAnswer:
    """Return an answer; of several, as after `100 Continue`, the last. Raises UnreadableError."""
    found = list(re.finditer(rf"^{_ANSWER.pattern}", text.lstrip(), re.MULTILINE))
    if not found:
        raise UnreadableError("The answer has no status line; allowed: such as HTTP/1.1 400 Bad Request")
    headers, body = _parted(text.lstrip()[found[-1].end() :])
    return CapturedAnswer(status=int(found[-1][1]), headers=headers, body=_document(body))


def _document(body: bytes) -> bytes:
    """Return a body without the words that somebody has written below its JSON."""
    text = body.decode("utf-8", "surrogateescape").lstrip()
    try:
        end = json.JSONDecoder().raw_decode(text)[1] if text.startswith("{") else 0
    except (ValueError, RecursionError):
        end = 0
    return text[:end].encode("utf-8", "surrogateescape") if end else body


def _read_verbose(text: str) -> Captured:
    """Read what `curl -v` prints: of the request it has the head alone; where several follow, the last counts."""
    sent = re.findall(r"^> ?(.*?)\r?$", text, re.MULTILINE)
    begin = max(place for place, line in enumerate(sent) if _REQUEST.match(line))
    captured = read("\n".join(sent[begin:]))
    answer = "\n".join(_answered(text))
    gaps = Gaps()
    length = captured.header("content-length") not in ("", "0")
    body = gaps.mark("the body, which curl -v does not print").encode() if length else b""
    return Captured(
        source="raw",
        method=captured.method,
        url=captured.url,
        headers=captured.headers,
        body=body,
        gaps=tuple(gaps.found),
        answer=read_answer(answer) if is_answer(answer) else None,
    )


def _answered(text: str) -> list[str]:
    """Return the lines of the answer: those marked as its head, and behind them those without any mark."""
    lines = text.splitlines()
    first = next((place for place, line in enumerate(lines) if line.startswith("< HTTP/")), len(lines))
    head = [line[2:] for line in lines[first:] if line.startswith("<")]
    body = [line for line in lines[first:] if not re.match(r"[<>*]|[{}] \[\d+ bytes data\]", line)]
    return [*head, *body]


def _url(target: str, headers: Pairs) -> str:
    if "://" in target:
        return target
    host = next((value for name, value in headers if name.lower() in ("host", ":authority")), "")
    if not host:
        raise UnreadableError(f"The request for {shown(target[:60])} has no header Host, so nobody knows who got it")
    return f"https://{host}{target}"


def _parted(text: str) -> tuple[Pairs, bytes]:
    """Return the headers and the body below them; line ends at the end of a text are what pasting has put there."""
    head, blank, rest = text.partition("\r\n\r\n") if "\r\n\r\n" in text else text.partition("\n\n")
    if not blank and text.startswith(("\n", "\r\n")):
        head, rest = "", text.lstrip("\r\n")
    headers = tuple(_header(line) for line in re.sub(r"\r?\n[ \t]+", " ", head).splitlines() if line.strip())
    body = rest.encode("utf-8", "surrogateescape")
    by_name = {name.lower(): value for name, value in headers}
    if "chunked" in by_name.get("transfer-encoding", "").lower():
        return headers, _joined(body)
    length = by_name.get("content-length", "")
    whole = length.isdecimal() and 0 < int(length) <= len(body)
    return headers, body[: int(length)] if whole else body.rstrip(b"\r\n")


def _header(line: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(line.strip())
    if found is None:
        raise UnreadableError(f"Among the headers stands {shown(line.strip()[:20])}…, which is none")
    return found[1], found[2].strip()


def _joined(body: bytes) -> bytes:
    """Return a body without the lengths of its chunks; one that was pasted without them stays as it is."""
    joined, at = bytearray(), 0
    while (found := _CHUNK.match(body, at)) is not None and int(found[1], 16):
        at = found.end() + int(found[1], 16)
        joined += body[found.end() : at]
    return bytes(joined) or body.rstrip(b"\r\n")
