"""What the platform remembers of a log-in between /authorize and the tokens, and whether its session has ended."""

from __future__ import annotations

from dataclasses import dataclass

from mock_servers.state.grant import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAuthorization:
    """A person on the way to a provider, kept by the platform's own state.

    `redirect_uri` and `state` are the client's, `scopes` those that it had then; `callback_uri` is the platform's own
    redirect URI at the provider, which the request that redeems the code repeats; `base` is under which of the mock's
    names the person was sent.
    """

    mount: str
    environment: str
    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    provider: str
    base: str
    callback_uri: str
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCode:
    """An authorization code of the platform; redeemed once. Its session begins anew when the tokens are issued."""

    mount: str
    environment: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    session: Session
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A provider's session of which the browser flow has given tokens, and which the provider can end.

    `ended` is how often it has, the last time at `ended_at`; a code that outlives an end begins it once more.
    `goes_on`: there are tokens of it since then.
    """

    ended: int = 0
    ended_at: float | None = None
    goes_on: bool = True
