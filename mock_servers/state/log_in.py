"""One log-in of a person, as codes, tokens and sessions remember it."""

from __future__ import annotations

from dataclasses import dataclass

from mock_servers.state.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """One log-in of one person at one provider for one client; `at` in seconds since 1970.

    `scope` is what was granted, the provider's usual one when `None`; `acr` or `vector` is what the level was asked
    as, `role` the person's role that was picked. `actor` is who acts for the person.
    """

    provider: str
    person: Person
    level: str
    client_id: str
    at: float
    session_id: str
    nonce: str | None = None
    state: str | None = None
    scope: str | None = None
    acr: str | None = None
    vector: str | None = None
    role: str | None = None
    actor: Person | None = None


class LogInError(Exception):
    """The log-in did not come to its end; the message says where it stopped and what was seen there."""
