"""The sessions of the browser flow: started when a code is redeemed, ended by the provider, with all their tokens.

One mark ends a session, so that a token refreshed at the same moment is also invalid.
"""

from __future__ import annotations

from dataclasses import replace

from mock_servers.state.grant import AccessToken, BrowserSession, RefreshToken, Session
from mock_servers.state.store import Store
from mock_servers.state.table import amend, change
from mock_servers.wire.wording import moment


def start(store: Store, environment: str, session: Session) -> Session:
    """Store that tokens of a session are issued, if it has a `sid`, and return it as it is from now on."""
    if not session.id:
        return session
    key = (environment, session.provider, session.id)
    known = change(store.browser_sessions, key, _going_on)
    return replace(session, ends_before=known.ended)


def end(store: Store, environment: str, provider: str, sid: str, at: float) -> bool:
    """End a session at a moment in seconds since 1970; return whether it exists. It ends once per start."""
    return amend(store.browser_sessions, (environment, provider, sid), lambda held: _ended(held, at)) is not None


def _going_on(session: BrowserSession | None) -> BrowserSession:
    return replace(session or BrowserSession(), goes_on=True)


def _ended(session: BrowserSession, at: float) -> BrowserSession:
    return BrowserSession(ended=session.ended + 1, ended_at=at, goes_on=False) if session.goes_on else session


def revoked_at(store: Store, grant: AccessToken | RefreshToken) -> float | None:
    """Return when a token was revoked by hand, or when the provider ended its session.

    `None` while it is live. A session that the mock no longer stores, after thousands of newer ones, counts as ended
    when it started.
    """
    if grant.revoked_at is not None:
        return grant.revoked_at
    session = grant.session
    if session is None or not session.of_browser_flow or not session.id:
        return None
    known = store.browser_sessions.get((grant.environment, session.provider, session.id))
    if known is None:
        return session.issued_at
    return known.ended_at if known.ended > session.ends_before else None


def revoked_by_hand(grant: AccessToken | RefreshToken) -> str | None:
    """Say so of a token that was revoked over the management API, for a developer's eyes."""
    if grant.revoked_at is None:
        return None
    return f"The token was revoked over the management API at {moment(grant.revoked_at)}: approve it, or get another."
