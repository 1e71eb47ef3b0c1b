"""The answers of faults: instead of the service's answer, or made from it."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from mock_servers.apim.errors import QUOTA_EXCEEDED, SCRIPT_FAULT
from mock_servers.gateway.errors import API_BUSY, SPIKE_ARREST
from mock_servers.state import quota
from mock_servers.state.app import App
from mock_servers.state.fault import Fault
from mock_servers.wire.request import Answer

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_DEFAULT_QUOTA: Final = 300
_NOBODY: Final = "<app name>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of a request that an answer can contain: the client, the time, and the message id."""

    app: App | None
    now: float
    message_id: str


def instead(fault: Fault, facts: Facts, other_keys: Callable[[], Mapping[str, Any]]) -> Answer:
    """Return the answer to a request that does not reach the service; `other_keys` makes a rotated key set."""
    if fault.do == "rate_limit":
        return Answer(status=429, body=_rate_limit(fault, facts))
    if fault.do == "catch_all":
        body = {"error": SCRIPT_FAULT.code, "error_description": SCRIPT_FAULT.sentence, "message_id": facts.message_id}
        return Answer(status=fault.answered_status, body=body)
    if fault.do == "drop":
        return Answer(status=0)
    if fault.do == "rotate":
        return Answer(status=200, body=other_keys())
    if fault.body is None:
        return Answer(status=fault.answered_status, body=page(fault.answered_status), content_type=HTML)
    content_type = fault.content_type or (TEXT if isinstance(fault.body, str) else JSON)
    return Answer(status=fault.answered_status, body=fault.body, content_type=content_type)


def page(status: int) -> str:
    """Return a load balancer's page for an unhealthy service behind it (I)."""
    title = f"{status} {phrase(status)}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    )


def spoiled(fault: Fault, body: bytes) -> bytes:
    """Return the content of a malformed answer; half of it is at most half as many bytes."""
    if fault.kind == "empty":
        return b""
    if fault.kind in ("half", "truncated"):
        return body[: len(body) // 2]
    return page(HTTPStatus.OK).encode()


def broken_off(body: bytes = b"") -> Iterator[bytes]:
    """Send these bytes and then close the connection; nothing at all is sent if there are none."""
    if body:
        yield body
    raise ConnectionAbortedError(errno.ECONNABORTED, "a fault that was ordered")


def _rate_limit(fault: Fault, facts: Facts) -> dict[str, Any]:
    """Return the 429.

    An app's quota is known from captures (S); of the others the messages are known, the members are ours (I).
    """
    policy, scope = fault.policy or "quota", fault.scope or "application"
    name = facts.app.name if facts.app else _NOBODY
    limit = (facts.app.quota_per_minute if facts.app else 0) or _DEFAULT_QUOTA
    of_quota = quota.exceeded(QUOTA_EXCEEDED.sentence, name, limit, facts.now, facts.message_id)
    if (scope, policy) == ("application", "quota"):
        return of_quota
    message = SPIKE_ARREST.sentence.format(app=name) if scope == "application" else API_BUSY.sentence
    ours = {"message": message, "scope": scope, "policy": policy.replace("_", "-")}
    return {**of_quota, **ours} if policy == "quota" else {**ours, "message_id": facts.message_id}


def phrase(status: int) -> str:
    """Return the phrase of a status; `Unknown` for an unregistered one."""
    return _PHRASES.get(status, "Unknown")
