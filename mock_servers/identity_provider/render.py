"""Makes a provider's answer of a problem: its data says which row, the row which shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mock_servers.identity_provider.service import Exchange
from mock_servers.request import Answer
from mock_servers.rules import ServiceError


def _description_first(row: ServiceError, exchange: Exchange) -> dict[str, str]:
    sentence = row.sentence.replace("{method}", exchange.request.method)
    return {"error_description": sentence, "error": row.code}


def _error_only(row: ServiceError, _: Exchange) -> dict[str, str]:
    return {"error": row.code}


_SHAPES: Final[Mapping[str, Callable[[ServiceError, Exchange], dict[str, str]]]] = {
    "description_first": _description_first,
    "error_only": _error_only,
}


def render(problem: ServiceError, exchange: Exchange, _: str) -> Answer:
    """Make the provider's own answer; providers give no message ids."""
    row = exchange.service.provider.errors[problem.code]
    return Answer(status=row.status, body=_SHAPES[row.shape](row, exchange), headers=row.headers)
