"""Reads what recorders of HTTP keep for tests: the cassettes of vcrpy, betamax and Ruby's VCR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mock_servers.reading.captured import Captured, CapturedAnswer, Pairs, UnreadableError, of_base64
from mock_servers.wire.wording import shown

_LISTS: Final = ("interactions", "http_interactions")


def is_cassette(document: Any) -> bool:
    """Whether a document is a cassette."""
    return isinstance(document, dict) and any(name in document for name in _LISTS)


def read(document: Mapping[str, Any]) -> list[Captured]:
    """Return every exchange of a cassette. Raises UnreadableError."""
    name = next(each for each in _LISTS if each in document)
    if not isinstance(document[name], list):
        raise UnreadableError(f"{name} is {shown(document[name], 20)}; allowed: a list of exchanges")
    return [_captured(each, f"{name}[{place}]") for place, each in enumerate(document[name])]


def from_yaml(text: str) -> Any:
    """Return the document of a text. Raises UnreadableError, also where PyYAML is not installed."""
    try:
        import yaml  # noqa: PLC0415 - who has YAML cassettes has it; nobody else needs it
    except ImportError:
        raise UnreadableError("The text may be a YAML cassette; PyYAML reads those: pip install pyyaml") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as failure:
        place = getattr(failure, "problem_mark", None)
        line = f", line {place.line + 1}" if place is not None else ""
        raise UnreadableError(f"The text is no YAML{line}") from None


def _captured(interaction: Any, where: str) -> Captured:
    request = interaction.get("request") if isinstance(interaction, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("uri"), str):
        raise UnreadableError(f"{where} has no request with a uri; is the file cut off?")
    return Captured(
        source="cassette",
        method=str(request.get("method", "GET")).upper(),
        url=request["uri"].partition("#")[0],
        headers=_headers(request.get("headers"), where),
        body=_body(request.get("body"), where),
        answer=_answer(interaction.get("response"), where),
        at=_moment(interaction.get("recorded_at")),
    )


def _headers(headers: Any, where: str) -> Pairs:
    if headers is not None and not isinstance(headers, dict):
        raise UnreadableError(f"{where} has headers that are {shown(headers, 20)}; allowed: names and their values")
    return tuple(_pairs(headers or {}))


def _pairs(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield from ((str(name), _text(each)) for each in (value if isinstance(value, list) else [value]))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _body(body: Any, where: str) -> bytes:
    """Read a body: text or bytes, or an object that has it as `string` or `base64_string`."""
    if isinstance(body, dict):
        return (
            of_base64(body["base64_string"] or "", where)
            if "base64_string" in body
            else _body(body.get("string"), where)
        )
    if isinstance(body, bytes):
        return body
    return "".join(body or "").encode("utf-8", "surrogateescape") if isinstance(body, str | None) else b""


def _answer(response: Any, where: str) -> CapturedAnswer | None:
    if not isinstance(response, dict):
        return None
    status = response.get("status")
    code = status.get("code") if isinstance(status, dict) else status
    headers, body = _headers(response.get("headers"), where), _body(response.get("body"), where)
    return CapturedAnswer(status=code if isinstance(code, int) else 0, headers=headers, body=body)


def _moment(text: Any) -> float | None:
    """Return the moment of recording; one without a zone is in UTC."""
    try:
        then = text if isinstance(text, datetime) else datetime.fromisoformat(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
