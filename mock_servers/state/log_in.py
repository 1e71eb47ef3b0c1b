"""One log-in of a person, as codes, tokens and sessions store it."""

from __future__ import annotations

from dataclasses import dataclass

from mock_servers.state.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """One log-in of a person at a provider for a client; `at` is seconds since 1970.

    `scope` is the granted one, the provider's default if `None`; `acr` or `vector` is how the level was requested,
    `role` the selected role. `actor` is the person who acts for this one. `challenge` and `challenge_method` are
    PKCE's, if the client sent them.
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
    challenge: str | None = None
    challenge_method: str | None = None


class LogInError(Exception):
    """The log-in did not succeed. The message says where it stopped and what was there."""
