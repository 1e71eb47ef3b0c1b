"""Lets the debug sessions of a proxy record a request once it has been answered; without any it costs one look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mock_servers.state.debug_session import DebugSession, Transaction
from mock_servers.state.store import Store
from mock_servers.state.table import change
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.request import Request


def record(
    store: Store,
    place: tuple[str, str],
    request: Request,
    *,
    now: float,
    identifiers: Identifiers,
    variables: Callable[[], Mapping[str, Any]],
) -> None:
    """Record a request in the sessions that wait for it; `place` is environment and proxy.

    `variables` are worked out when there is a session that records.
    """
    if not any(session.records(request, now) for session in store.debug_sessions.get(place) or ()):
        return
    seen = tuple((name, str(value)) for name, value in variables().items())
    transaction = Transaction(id=identifiers.uuid(), variables=seen)

    def recorded(sessions: tuple[DebugSession, ...] | None) -> tuple[DebugSession, ...]:
        return tuple(
            replace(each, transactions=(*each.transactions, transaction)) if each.records(request, now) else each
            for each in sessions or ()
        )

    change(store.debug_sessions, place, recorded)
