"""The sessions of the browser flow: begun by a log-in, ended by the provider, with all that descends from them.

One mark ends a session, so that a token refreshed at the same moment is as dead as the others.
"""

from __future__ import annotations

from dataclasses import replace

from mock_servers.state.authorization import BrowserSession, PlatformCode
from mock_servers.state.grant import AccessToken, RefreshToken
from mock_servers.state.store import Store
from mock_servers.wire.wording import moment


def begin(store: Store, environment: str, provider: str, sid: str) -> None:
    """Remember a log-in whose id token has a `sid`; one that goes on (single sign-on) stays as it is."""
    store.browser_sessions.add((environment, provider, sid), BrowserSession())


def end(store: Store, environment: str, provider: str, sid: str, at: float) -> bool:
    """End a session at a moment in seconds since 1970; whether there is one. Its first end counts."""
    key = (environment, provider, sid)
    session = store.browser_sessions.get(key)
    if session is None:
        return False
    if session.ended_at is None:
        store.browser_sessions.swap(key, session, replace(session, ended_at=at))
    return True


def revoked_at(store: Store, grant: AccessToken | RefreshToken | PlatformCode) -> float | None:
    """Return when a token was revoked by hand, or the provider ended the session that a token or code belongs to.

    `None` while it goes on. A session that the mock has forgotten, which takes thousands of newer ones, counts as ended
    when it began.
    """
    if not isinstance(grant, PlatformCode) and grant.revoked_at is not None:
        return grant.revoked_at
    session = grant.session
    if session is None or not session.of_browser_flow or not session.id:
        return None
    known = store.browser_sessions.get((grant.environment, session.provider, session.id))
    return session.issued_at if known is None else known.ended_at


def revoked_by_hand(grant: AccessToken | RefreshToken) -> str | None:
    """Say so of a token that was revoked over the management API, for a developer's eyes."""
    if grant.revoked_at is None:
        return None
    return f"The token was revoked over the management API at {moment(grant.revoked_at)}: approve it, or get another."
