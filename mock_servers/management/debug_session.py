"""Debug sessions over the management API: started with filters, read record by record, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_servers.management import errors, proxy, view
from mock_servers.management.service import Exchange
from mock_servers.rules import Rule, rejects
from mock_servers.state.debug_session import KEPT, LIFETIME, DebugSession, header_name
from mock_servers.state.table import change
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

_HEADER, _QUERY = "header_", "qparam_"


@rejects(errors.ENVIRONMENT_UNKNOWN)
def check_environment(exchange: Exchange) -> str | None:
    """The one in which the proxy is deployed."""
    exchange.named["environment"] = asked = exchange.segments[1]
    if asked == exchange.proxy.environment:
        return None
    return f"{exchange.proxy.name} is deployed in {exchange.proxy.environment}, not in {shown(asked)}."


@rejects(errors.PROXY_UNKNOWN)
def find_proxy(exchange: Exchange) -> str | None:
    """The proxy that is to be looked at."""
    return proxy.find(exchange, exchange.segments[3])


@rejects(errors.REVISION_UNKNOWN)
def check_revision(exchange: Exchange) -> str | None:
    """The only one that exists."""
    return proxy.check(exchange, exchange.segments[5])


@rejects(errors.DEBUG_SESSION_UNKNOWN)
def find_session(exchange: Exchange) -> str | None:
    """It was started here."""
    exchange.named["session"] = name = exchange.segments[7]
    session = next((each for each in _sessions(exchange) if each.name == name), None)
    if session is None:
        known = [each.name for each in _sessions(exchange)]
        return f"{exchange.proxy.name} has no debug session {shown(name)}; it has {shown(known)}."
    exchange.session = session
    return None


@rejects(errors.TRANSACTION_UNKNOWN)
def find_transaction(exchange: Exchange) -> str | None:
    """A request that the session recorded."""
    exchange.named["transaction"] = asked = exchange.segments[9]
    found = next((each for each in exchange.session.transactions if each.id == asked), None)
    if found is None:
        return f"Debug session {shown(exchange.session.name)} has recorded no {shown(asked)}."
    exchange.transaction = found
    return None


def _place(exchange: Exchange) -> tuple[str, str]:
    return exchange.proxy.environment, exchange.proxy.name


def _sessions(exchange: Exchange) -> tuple[DebugSession, ...]:
    return exchange.service.store.debug_sessions.get(_place(exchange)) or ()


def _filters(exchange: Exchange, prefix: str, name_of: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    sent = exchange.request.query.pairs
    return tuple((name_of(name.removeprefix(prefix)), value) for name, value in sent if name.startswith(prefix))


def start(exchange: Exchange) -> Answer:
    """Start a session; one of the same name ends, and so do those that can no longer be read (I)."""
    session = DebugSession(
        name=exchange.request.query.get("session") or "default",
        begun_at=exchange.now,
        headers=_filters(exchange, _HEADER, header_name),
        query=_filters(exchange, _QUERY, str),
    )

    def with_it(kept: tuple[DebugSession, ...] | None) -> tuple[DebugSession, ...]:
        wanted = (each for each in kept or () if exchange.now - each.begun_at < LIFETIME + KEPT)
        return (*(each for each in wanted if each.name != session.name), session)

    change(exchange.service.store.debug_sessions, _place(exchange), with_it)
    return Answer(status=201, body=_view(exchange, session))


def end(exchange: Exchange) -> Answer:
    """End a session; its records are lost (D)."""

    def without_it(kept: tuple[DebugSession, ...] | None) -> tuple[DebugSession, ...]:
        return tuple(each for each in kept or () if each.name != exchange.session.name)

    change(exchange.service.store.debug_sessions, _place(exchange), without_it)
    return Answer(status=200, body={})


def _view(exchange: Exchange, session: DebugSession) -> dict[str, Any]:
    return {
        "apiproxy": exchange.proxy.name,
        "environment": exchange.proxy.environment,
        "name": session.name,
        "organization": exchange.organization,
        "revision": proxy.REVISION,
        "timeout": str(LIFETIME),
    }


def answer_list(exchange: Exchange) -> Answer:
    """Answer with the names of the sessions."""
    return view.listed([each.name for each in _sessions(exchange)])


def answer_records(exchange: Exchange) -> Answer:
    """Answer with the ids of the records, oldest first."""
    return view.listed([each.id for each in exchange.session.transactions])


def answer_record(exchange: Exchange) -> Answer:
    """Answer with the variables of one request, as the points at which policies were executed show them."""
    accessed = [{"Get": {"name": name, "value": value}} for name, value in exchange.transaction.variables]
    return Answer(
        status=200,
        body={
            "completed": True,
            "point": [{"id": "Execution", "results": [{"ActionResult": "VariableAccess", "accessList": accessed}]}],
        },
    )


PLACE: tuple[Rule[Exchange], ...] = (find_proxy, check_environment, check_revision)
"""What each call about debug sessions names first."""
