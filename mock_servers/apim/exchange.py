"""One request to the token service, and what the rules have learned of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_servers.apim.service import Service
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.rsa_numbers import PublicKey
from mock_servers.provider.provider import Provider
from mock_servers.state.app import App
from mock_servers.state.grant import AccessToken, PendingAuthorization, PlatformCode, RefreshToken, Session
from mock_servers.wire.request import Request


@dataclass(slots=True)
class Exchange:
    """The frozen request, the service, the time (`now` is read once), and what rules have learned.

    A field that is read before a rule has set it is an AttributeError, never a silent `None`.
    """

    request: Request
    service: Service
    now: float
    assertion: Jwt = field(init=False)
    kid: Any = field(init=False)
    exp: float = field(init=False)
    client_id: Any = field(init=False)
    jti: str = field(init=False)
    jti_key: bytes | None = field(default=None, init=False)
    app: App = field(init=False)
    app_jwks: FetchedJwks = field(init=False)
    app_jwks_failure: str = field(init=False)
    app_jwk: Mapping[str, Any] = field(init=False)
    app_key: PublicKey = field(init=False)
    subject: Jwt = field(init=False)
    actor: Jwt | None = field(init=False)
    provider: Provider = field(init=False)
    provider_origin: str = field(init=False)
    provider_jwks: FetchedJwks = field(init=False)
    provider_jwk: Mapping[str, Any] = field(init=False)
    refresh_token: RefreshToken = field(init=False)
    redirect_uri: str = field(init=False)
    client_state: str | None = field(init=False)
    pending: PendingAuthorization = field(init=False)
    provider_tokens: Mapping[str, Any] = field(init=False)
    provider_tokens_at: float = field(init=False)
    code: PlatformCode = field(init=False)
    bearer: str = field(init=False)
    token: AccessToken = field(init=False)
    session: Session = field(init=False)
    userinfo_status: int = field(init=False)
    userinfo: str = field(init=False)
    logout: Jwt = field(init=False)
    scopes: tuple[str, ...] = field(init=False)

    def form(self, name: str) -> str | None:
        """Return a form parameter; an empty one counts as absent (I)."""
        return self.request.form.get(name)

    def query(self, name: str) -> str | None:
        """Return a query parameter; an empty one counts as absent (I)."""
        return self.request.query.get(name)
