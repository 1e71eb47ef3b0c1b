"""Renders an error row: one renderer for each shape. None of them sees the diagnosis."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from mock_servers.apim.exchange import Exchange
from mock_servers.apim.redirects import error_redirect
from mock_servers.rules import ServiceError
from mock_servers.state import quota
from mock_servers.wire.request import Answer

_TEXTS: Final = json.JSONEncoder(separators=(",\n  ", ": "))


def write(body: Mapping[str, Any]) -> str:
    """Write JSON as the policies of the real service do: indented, a newline before and after (Q)."""
    if not body or not all(type(value) is str for value in body.values()):
        return f"\n{json.dumps(body, indent=2)}\n"
    # Indented JSON is written in Python, ten times slower than this, and every token is an answer of texts alone.
    members = _TEXTS.encode(body)[1:-1]
    return f"\n{{\n  {members}\n}}\n"


def _oauth(row: ServiceError, _: Exchange, message_id: str) -> Answer:
    body = {"error": row.code, "error_description": row.sentence, "message_id": message_id}
    return Answer(status=row.status, body=body, headers=row.headers)


def _providers_status(row: ServiceError, exchange: Exchange, message_id: str) -> Answer:
    return replace(_oauth(row, exchange, message_id), status=exchange.userinfo_status)


def _empty(row: ServiceError, _: Exchange, __: str) -> Answer:
    return Answer(status=row.status, headers=row.headers, content_type="text/plain")


def _rate_limit(row: ServiceError, exchange: Exchange, message_id: str) -> Answer:
    app = exchange.app
    body = quota.exceeded(row.sentence, app.name, app.quota_per_minute, exchange.now, message_id)
    return Answer(status=row.status, body=body)


def _fault(row: ServiceError, _: Exchange, __: str) -> Answer:
    return Answer(status=row.status, body={"fault": {"faultstring": row.sentence, "detail": {"errorcode": row.code}}})


def _redirect(row: ServiceError, exchange: Exchange, _: str) -> Answer:
    """To the client's redirect URI, which is known to be the app's."""
    return error_redirect(exchange.redirect_uri, row.code, row.sentence, exchange.client_state)


_RENDERERS: Final[Mapping[str, Callable[[ServiceError, Exchange, str], Answer]]] = {
    "oauth": _oauth,
    "providers_status": _providers_status,
    "empty": _empty,
    "rate_limit": _rate_limit,
    "fault": _fault,
    "redirect": _redirect,
}


def render(row: ServiceError, exchange: Exchange, message_id: str) -> Answer:
    """Make the answer of an error row."""
    return _RENDERERS[row.shape](row, exchange, message_id)
