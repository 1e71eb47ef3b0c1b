"""The requested part of a list: at most `count` entries, from `startKey` on, which comes first (D)."""

from __future__ import annotations

from collections.abc import Sequence

from mock_servers.management import errors
from mock_servers.management.service import Exchange
from mock_servers.rules import rejects


@rejects(errors.QUERY_MALFORMED)
def check_count(exchange: Exchange) -> str | None:
    """A positive whole number, if present."""
    sent = exchange.request.query.get("count")
    if sent is None or (sent.isascii() and sent.isdigit() and int(sent) > 0):
        return None
    exchange.named["problem"] = "count must be a positive whole number"
    return "The parameter count is no positive whole number."


def of(exchange: Exchange, names: Sequence[str], most: int) -> list[str]:
    """Return the page that is asked for; a `startKey` that is not in the list makes it empty (I)."""
    asked = exchange.request.query
    first, count = asked.get("startKey"), min(int(asked.get("count") or most), most)
    if first is None:
        return list(names[:count])
    try:
        start = names.index(first)
    except ValueError:
        return []
    return list(names[start : start + count])


def is_expanded(exchange: Exchange) -> bool:
    """Whether whole objects are asked for, not their names alone; clients write `true` and `True` (S)."""
    return (exchange.request.query.get("expand") or "").lower() == "true"
