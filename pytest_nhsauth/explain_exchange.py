"""`explain`: explains offline why a real service refused an exchange, or the exchanges of a test failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mock_servers.explain.request_explanation import RequestExplanation
    from mock_servers.explain.response import Body

_MOST: Final = 5
_REFUSED: Final = 400


def explain(
    response_or_exception_or_text: object,
    *,
    answer: str | None = None,
    request_body: Body | None = None,
    at: float | str | datetime | None = None,
    jwks: Mapping[str, Any] | str | bytes | Path | None = None,
) -> RequestExplanation:
    """Explain why a real service refused an exchange, offline: no server is started, and nothing leaves this process.

    Of a response of `requests`, `httpx` or `aiohttp`, an exception that carries one, or any text: an error, a log, a
    request in any form, a JWT. Where nothing is found in a text, `.by` is None and `.answer` says so. `answer` is what
    the service said, where the text does not have it; `request_body` the body, where the library does not keep it; `at`
    the moment, where the answer has no Date; `jwks` the key set of the app. Raises ValueError, in one line, for what
    cannot be read.
    """
    from mock_servers.explain.any_text import explain_text  # noqa: PLC0415 - the plugin loads no server
    from mock_servers.explain.response import captured_of  # noqa: PLC0415 - the same
    from mock_servers.explain.whole import Lent, explain_captured  # noqa: PLC0415 - the same
    from mock_servers.reading.captured import UnreadableError  # noqa: PLC0415 - the same
    from mock_servers.reading.plain import decoded  # noqa: PLC0415 - the same

    lent = Lent(answer=answer, at=_moment(at), keys=_keys(jwks))
    given = response_or_exception_or_text
    if isinstance(given, str | bytes):
        return explain_text(given if isinstance(given, str) else decoded(given), lent)
    captured = captured_of(given, request_body)
    try:
        return explain_captured(captured, lent)
    except LookupError:
        raise UnreadableError(f"No service that is known answers at {captured.url.partition('?')[0]}") from None


def _moment(at: float | str | datetime | None) -> float | None:
    if at is None or isinstance(at, int | float):
        return at
    from mock_servers.explain import moment  # noqa: PLC0415 - the plugin loads no server

    seconds = moment.seconds_of(at if isinstance(at, str) else at.isoformat())
    if seconds is None:
        raise ValueError(f"at is {at!r}; allowed: {moment.ALLOWED}")
    return seconds


def _keys(jwks: Mapping[str, Any] | str | bytes | Path | None) -> bytes | None:
    if jwks is None:
        return None
    from mock_servers.jose.jwks import read  # noqa: PLC0415 - the plugin loads no cryptography

    raw = _key_bytes(jwks)
    problem = read(raw, 0, "").problem
    if problem:
        raise ValueError(f"jwks holds {problem}; allowed: a JSON Web Key Set")
    return raw


def _key_bytes(jwks: Mapping[str, Any] | str | bytes | Path) -> bytes:
    if isinstance(jwks, Mapping):
        return json.dumps(jwks).encode()
    if isinstance(jwks, Path):
        return jwks.read_bytes()
    return jwks.encode() if isinstance(jwks, str) else jwks


def explanations(failure: BaseException, *, details: bool = False) -> Iterator[str]:
    """Yield why a real service refused each exchange that a failure holds, the first few; all of it with `details`."""
    from mock_servers.reading.captured import UnreadableError  # noqa: PLC0415 - the plugin loads no server

    for each in list(_responses(failure))[:_MOST]:
        try:
            explanation = explain(each)
        except UnreadableError:
            continue  # of another host
        if explanation.refused:
            yield "\n".join([*explanation.lines(), *([""] * details), *(explanation.details() if details else ())])


def _responses(failure: BaseException) -> Iterator[Any]:
    """Yield each refused response once: those of the exception, and those in the frames of its traceback."""
    from mock_servers.explain.response import is_response, responses_of  # noqa: PLC0415 - the same

    found = list(responses_of(failure))
    trace = failure.__traceback__
    while trace is not None:
        found += [each for each in trace.tb_frame.f_locals.values() if is_response(each)]
        trace = trace.tb_next
    for response in {id(each): each for each in found}.values():
        if getattr(response, "status_code", getattr(response, "status", 0)) >= _REFUSED:
            yield response
