"""Reads the request and the answer behind a response of `requests`, `httpx` or `aiohttp`, or behind an exception.

None of these is imported: a response is known by its class. Nothing is fetched, and no stream is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from mock_servers.reading.captured import Captured, CapturedAnswer, Gaps, Pairs, UnreadableError

_FAMILIES: Final = ("requests", "httpx", "aiohttp")
_MOST: Final = 10
"""Exceptions that are looked through, from an error to what it was raised from."""

Body = bytes | str | Mapping[str, str]


def is_response(thing: object) -> bool:
    """Whether a thing is a response that can be read; none of its attributes is touched to tell."""
    return _family(thing) is not None


def responses_of(failure: BaseException) -> Iterator[Any]:
    """Yield the responses that an exception carries, and those that it was raised from."""
    seen, current = 0, [failure]
    while current and seen < _MOST:
        each, seen = current.pop(0), seen + 1
        carried = getattr(each, "response", None)
        if is_response(carried):
            yield carried
        elif _family_of_class(type(each)) == "aiohttp" and hasattr(each, "request_info"):
            yield each
        current += [further for further in (each.__cause__, each.__context__) if further is not None]


def captured_of(thing: object, request_body: Body | None = None) -> Captured:
    """Return what a response or an exception carries. Raises UnreadableError for anything else."""
    found = next(responses_of(thing), None) if isinstance(thing, BaseException) else thing
    family = _family(found) or ("aiohttp" if isinstance(found, BaseException) else None)
    if found is None or family is None:
        allowed = "a response of requests, httpx or aiohttp, an exception that carries one, or a text"
        raise UnreadableError(f"{type(thing).__name__} carries no response; allowed: {allowed}")
    return _READERS[family](found, request_body)


def _family(thing: object) -> str | None:
    named = any(each.__name__ in ("Response", "ClientResponse") for each in type(thing).__mro__)
    return _family_of_class(type(thing)) if named else None


def _family_of_class(cls: type) -> str | None:
    modules = [each.__module__.partition(".")[0] for each in cls.__mro__]
    return next((family for family in _FAMILIES if family in modules), None)


def _of_requests(response: Any, request_body: Body | None) -> Captured:
    """`_content` is what has been read: False before, and then the answer is still in its stream."""
    request, gaps = response.request, Gaps()
    sent = request.body if request_body is None else request_body
    kept = None if response._content is False else (response._content or b"")  # noqa: SLF001 - `content` would read
    return Captured(
        source="response",
        method=str(request.method),
        url=str(request.url),
        headers=tuple(request.headers.items()),
        body=_body(sent, gaps, lost="which came from a generator or a file"),
        answer=_answer(response.status_code, tuple(response.headers.items()), kept, gaps),
        gaps=tuple(gaps.found),
    )


def _of_httpx(response: Any, request_body: Body | None) -> Captured:
    request, gaps = response._request, Gaps()  # noqa: SLF001 - `request` raises where there is none
    if request is None:
        raise UnreadableError("This response of httpx has no request; allowed: one that a client has received")
    # `_content` is missing until a body has been read, and after a redirect.
    sent = getattr(request, "_content", None) if request_body is None else request_body
    return Captured(
        source="response",
        method=request.method,
        url=str(request.url),
        headers=tuple(request.headers.multi_items()),
        body=_body(sent, gaps, lost="which came from a generator, or was lost in a redirect", absent=False),
        answer=_answer(
            response.status_code, tuple(response.headers.multi_items()), getattr(response, "_content", None), gaps
        ),
        gaps=tuple(gaps.found),
    )


def _of_aiohttp(response: Any, request_body: Body | None) -> Captured:
    request, gaps = response.request_info, Gaps()
    headers, answered = tuple(request.headers.items()), tuple((response.headers or {}).items())
    lost = "which aiohttp does not keep (give it with request_body=)"
    absent = request.method in ("GET", "HEAD", "OPTIONS")
    return Captured(
        source="response",
        method=request.method,
        url=str(request.url),
        headers=headers,
        body=_body(request_body, gaps, lost=lost, absent=absent),
        answer=_answer(response.status, answered, getattr(response, "_body", None), gaps),
        gaps=tuple(gaps.found),
    )


_READERS: Final = {"requests": _of_requests, "httpx": _of_httpx, "aiohttp": _of_aiohttp}


def _body(sent: Any, gaps: Gaps, *, lost: str, absent: bool = True) -> bytes:
    """Return a body that is still there; `absent`: where there is none, none was sent."""
    if isinstance(sent, Mapping):
        return urlencode(sent).encode()
    if isinstance(sent, str):
        return sent.encode()
    if isinstance(sent, bytes | bytearray):
        return bytes(sent)
    return b"" if sent is None and absent else gaps.mark(f"the body, {lost}").encode()


def _answer(status: int, headers: Pairs, kept: Any, gaps: Gaps) -> CapturedAnswer:
    if kept is None:
        gaps.mark("the answer's body, which nobody has read")
    return CapturedAnswer(status=status, headers=headers, body=bytes(kept or b""), is_read=kept is not None)
