"""Debug sessions of a proxy: which requests they record, and the variables that are kept of each.

Filters compare what a client sent to the letter; a session records twenty requests within ten minutes (D).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mock_servers.wire.request import Request

MOST_RECORDS: Final = 20
LIFETIME: Final = 600
"""Seconds for which a session records."""
KEPT: Final = 3600
"""Seconds for which what it has recorded can be read after that (I)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One recorded request: the variables that policies read or set, as text, in their order."""

    id: str
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugSession:
    """A session, begun at a moment in seconds since 1970; header names are in lower case with hyphens."""

    name: str
    begun_at: float
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    transactions: tuple[Transaction, ...] = ()

    def records(self, request: Request, now: float) -> bool:
        """Whether a request is one of those that it waits for, while there is time and room."""
        live = 0 <= now - self.begun_at < LIFETIME and len(self.transactions) < MOST_RECORDS
        by_header = all(request.headers.get(name) == value for name, value in self.headers)
        return live and by_header and all(request.query.get(name) == value for name, value in self.query)


def header_name(name: str) -> str:
    """Return how a header is called by the time that a request is read: gateways make no difference here."""
    return name.lower().replace("_", "-")
