"""A running mock of this project as a target: recognised, and restored after the tests."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from contract_tests.reach import CannotJudgeError
from contract_tests.remote_target import reason
from contract_tests.wire import Answer, HttpRequest, Wire

_TIMEOUT: Final = 10.0
_VARIABLE: Final = "NHSAUTH_CONTROL_TOKEN"


def answers(url: str) -> bool:
    """Whether the server at a URL is a mock. Raises CannotJudgeError without an answer, or without its control token.

    Only a server that asks for one as a mock does is sent the token.
    """
    try:
        answer = _send(url, "GET", "/_nhsauth/status")
        if _takes_token(answer):
            answer = _send(url, "GET", "/_nhsauth/status", control_headers())
    except (OSError, HTTPException) as error:
        raise CannotJudgeError(f"{_origin(url)}: {reason(error, _TIMEOUT)}") from None
    if _takes_token(answer):
        raise CannotJudgeError(f"{_origin(url)} is a mock with a control token: set its root token in {_VARIABLE}")
    status = answer.json
    return status.get("ready") is True and "urls" in status


def _takes_token(answer: Answer) -> bool:
    return answer.status == HTTPStatus.UNAUTHORIZED and 'realm="nhsauth"' in answer.headers.get("www-authenticate", "")


def takes(url: str, status_key: str) -> bool:
    """Whether the mock's monitoring endpoint takes a key."""
    return _send(url, "GET", "/oauth2/_status", {"apikey": status_key}).status == HTTPStatus.OK


@contextmanager
def put_back(url: str) -> Iterator[str]:
    """Give the mock's origin, and bring its apps, people, tokens and clock back at the end; its journal is emptied.

    Raises CannotJudgeError for a mock on another machine, which could not fetch the key sets that the cases serve.
    """
    if not _is_loopback(urlsplit(url).hostname or ""):
        raise CannotJudgeError(
            f"{url} is a mock on another machine: run nhsauth contract there, or name an app of it by "
            "NHSAUTH_CONTRACT_CLIENT_ID, _KEY and _KID"
        )
    snapshot = _send(url, "POST", "/_nhsauth/snapshots", control_headers()).json["id"]
    try:
        yield _origin(url)
    finally:
        _send(url, "POST", f"/_nhsauth/snapshots/{snapshot}/restore", control_headers())


def control_headers() -> dict[str, str]:
    """Return what a call of the control API sends: the control token, if there is one."""
    token = os.environ.get(_VARIABLE)
    return {"Authorization": f"Bearer {token}"} if token else {}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _send(url: str, method: str, path: str, headers: Mapping[str, Any] | None = None) -> Answer:
    wire = Wire(_origin(url), timeout=_TIMEOUT)
    try:
        return wire.send(HttpRequest(method=method, path=path, headers=dict(headers or {})))
    finally:
        wire.close()
