"""Counts a client's requests of this minute, and makes the platform's answer to too many."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from mock_servers.state.app import App
from mock_servers.state.store import Store

WINDOW: Final = 60
"""Seconds of the quota's window, which starts on the whole minute (I)."""


def claim(store: Store, limited: Hashable, app: App, now: float) -> int | None:
    """Count a request of an app to a limited service; return its number if it exceeds the quota."""
    limit = app.quota_per_minute
    if not limit:
        return None
    used = store.quotas.count((limited, app.client_id, int(now // WINDOW)))
    return used if used > limit else None


def exceeded(sentence: str, app_name: str, limit: int, now: float, message_id: str) -> dict[str, Any]:
    """Return the body of the 429.

    Two captures agree on the members (S). Their order is that of the first (I). The expiry is a whole minute (I).
    """
    return {
        "message": sentence.format(app=app_name, limit=limit),
        "scope": "application",
        "policy": "quota",
        "limit": limit,
        "interval": 1,
        "timeunit": "minute",
        "ratelimiting_expiry_time_ms": (int(now // WINDOW) + 1) * WINDOW * 1000,
        "message_id": message_id,
    }
