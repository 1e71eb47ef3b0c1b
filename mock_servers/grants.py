"""What the services have granted and must recognise again: codes, tokens, and where each value came from."""

from __future__ import annotations

from dataclasses import dataclass

from mock_servers.identity_provider.id_tokens import LogIn


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A code of an identity provider; redeemed once."""

    log_in: LogIn
    redirect_uri: str
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAccessToken:
    """An access token of an identity provider: good at its userinfo endpoint, nowhere else."""

    log_in: LogIn
    scope: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Since when, from whom and for how long tokens descend from one id token; `ends_at` is never put off.

    `subject` is the id token's own `sub` and `provider` who issued it.
    """

    id: str
    provider: str
    subject: str
    issued_at: float
    lifetime: float
    refresh_lifetime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An opaque access token of the platform; without a `session` it is an application's own."""

    client_id: str
    environment: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float
    session: Session | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token of the platform; `spent_at` once it has been rotated."""

    client_id: str
    environment: str
    scopes: tuple[str, ...]
    session: Session
    count: int
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Where a value came from, kept by its hash: what it is, who issued it, for which client and person, and when.

    `at` is `None` for what was registered rather than issued; `redeem_at` is the path where the value is good.
    """

    kind: str
    issuer: str
    client_id: str
    person: str | None
    at: float | None
    expires_at: float | None
    redeem_at: str = ""
    spent_at: float | None = None
