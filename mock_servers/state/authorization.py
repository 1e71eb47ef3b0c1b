"""What the platform remembers of a log-in between /authorize and the tokens, and whether its session has ended."""

from __future__ import annotations

from dataclasses import dataclass

from mock_servers.state.grant import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAuthorization:
    """A person who was sent to a provider, stored under the platform's own state.

    `redirect_uri` and `state` are the client's, `scopes` its scopes at that time. `callback_uri` is the platform's own
    redirect URI at the provider; the request that redeems the code repeats it. `base` is the mock's name under which
    the person was sent.
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
    """An authorization code of the platform, redeemable once. Its session starts again when the tokens are issued."""

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
    """A provider's session for which the browser flow has issued tokens, and which the provider can end.

    `ended` counts its ends, the last one at `ended_at`; a code that outlives an end starts it again. `goes_on`: tokens
    were issued since then.
    """

    ended: int = 0
    ended_at: float | None = None
    goes_on: bool = True
