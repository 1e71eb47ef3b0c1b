"""Debug sessions of a proxy: which requests they record, and the variables that they keep of each.

Filters compare exactly what a client sent. A session records twenty requests within ten minutes (D).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mock_servers.wire.request import Request

MOST_RECORDS: Final = 20
LIFETIME: Final = 600
"""Seconds for which a session records."""
KEPT: Final = 3600
"""Seconds for which a finished recording can be read (I)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One recorded request: the variables that policies read or set, as text, in their order."""

    id: str
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugSession:
    """A session, with its start in seconds since 1970. Header names are in lower case with hyphens."""

    name: str
    begun_at: float
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    transactions: tuple[Transaction, ...] = ()

    def records(self, request: Request, now: float) -> bool:
        """Whether it records a request: the filters match, and there is time and room."""
        live = 0 <= now - self.begun_at < LIFETIME and len(self.transactions) < MOST_RECORDS
        by_header = all(request.headers.get(name) == value for name, value in self.headers)
        return live and by_header and all(request.query.get(name) == value for name, value in self.query)


def header_name(name: str) -> str:
    """Return the name of a header as gateways see it: in lower case with hyphens."""
    return name.lower().replace("_", "-")
