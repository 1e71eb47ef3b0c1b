"""What the services have granted and must recognise again: codes, tokens, and where each value came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from mock_servers.state.log_in import LogIn


def fingerprint(value: str) -> bytes:
    """Return the hash under which a value is known."""
    return hashlib.sha256(value.encode(errors="surrogatepass")).digest()


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
class ProviderRefreshToken:
    """A refresh token of an identity provider; `spent_at` once a newer one took its place."""

    log_in: LogIn
    scope: str
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A client that a session logged in at, and under which name of the mock; empty when none was called.

    `redirect_uri` tells apart the environments of the platform, which is one client in all of them; else it is empty.
    """

    client_id: str
    base: str
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSession:
    """One person's session at an identity provider, begun at `at`; once `ended`, whatever descends from it is dead."""

    id: str
    log_in: LogIn
    at: float
    expires_at: float
    visits: tuple[Visit, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Since when, from whom and for how long tokens descend from one id token; `ends_at` is never put off.

    `id` is the id token's `sid` (empty when it has none), `ends_before` how often that had ended when this began;
    `subject` its own `sub`, `provider` who issued it, `issuer` by which name, and `people` whom that provider logs in.
    A log-in of the platform's browser flow keeps the provider's access token, for its userinfo. `issued_at` is 0 where
    nobody knows it.
    """

    id: str
    provider: str
    subject: str
    issued_at: float
    lifetime: float
    refresh_lifetime: float
    issuer: str = ""
    people: str = ""
    ends_before: int = 0
    id_token: str = field(default="", repr=False)
    external_access_token: str | None = field(default=None, repr=False)

    @property
    def of_browser_flow(self) -> bool:
        """Whether the person logged in through the platform, rather than at the provider alone."""
        return self.external_access_token is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An opaque access token of the platform; without a `session` it is an application's own.

    `issuer` is the token service that issued it, as it was called; `attributes` are those set by hand over the
    management API, which may also revoke it, with or without the `refresh_token` that came with it.
    """

    client_id: str
    environment: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float
    session: Session | None = None
    issuer: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    refresh_token: str | None = field(default=None, repr=False)
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token of the platform; `spent_at` once it has been rotated, `revoked_at` over the management API.

    `family` is the same for all that descend from one exchange: the hash of the first of them.
    """

    client_id: str
    environment: str
    scopes: tuple[str, ...]
    session: Session
    count: int
    expires_at: float
    family: str = ""
    spent_at: float | None = None
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Where a value came from, kept by its hash: what it is, who issued it, for which client and person, and when.

    `at` is `None` for what was registered rather than issued; `environment` is the platform's. `redeem_at` is the path
    where the value is good, under the real origin `home` or, unless it is `only_at_home`, under the mock's own names;
    `proof` is by what a client proves itself there. `is_overheard`: somebody else issued it, and nobody here knows all
    that became of it.
    """

    kind: str
    issuer: str
    client_id: str
    person: str | None
    at: float | None
    expires_at: float | None
    environment: str = ""
    redeem_at: str = ""
    home: str = ""
    only_at_home: bool = False
    proof: str = "client_id and client_secret"
    spent_at: float | None = None
    is_overheard: bool = False
