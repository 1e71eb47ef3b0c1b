"""What the services have issued and must recognise: codes, tokens, log-ins under way, and the source of each value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from mock_servers.state.log_in import LogIn


def fingerprint(value: str) -> bytes:
    """Return the hash under which a value is stored."""
    return hashlib.sha256(value.encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A code of an identity provider, redeemable once."""

    log_in: LogIn
    redirect_uri: str
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAccessToken:
    """An access token of an identity provider, valid at its userinfo endpoint only."""

    log_in: LogIn
    scope: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRefreshToken:
    """A refresh token of an identity provider; `spent_at` once a newer one has replaced it."""

    log_in: LogIn
    scope: str
    expires_at: float
    spent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A client at which a session logged in, and the mock's name that it called; empty when there was no call.

    The platform is one client in all its environments; its `redirect_uri` distinguishes them. For others it is empty.
    """

    client_id: str
    base: str
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSession:
    """A person's session at an identity provider, started at `at`. Once `ended`, everything issued in it is invalid."""

    id: str
    log_in: LogIn
    at: float
    expires_at: float
    visits: tuple[Visit, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """When, by whom and for how long tokens are issued for one id token; `ends_at` is never postponed.

    `id` is the id token's `sid` (empty without one), `ends_before` how often that session had ended before; `subject`
    is its `sub`, `provider` the issuing provider, `issuer` its name at that time, and `people` the provider's word for
    its people. A log-in of the platform's browser flow keeps the provider's access token, for its userinfo. `issued_at`
    is 0 if it is unknown.
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
        """Whether the person logged in through the platform, not only at the provider."""
        return self.external_access_token is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An opaque access token of the platform; without a `session` it is an application's own.

    `issuer` is the name under which its token service was called; `attributes` are set by hand over the management API,
    which may also revoke it, with or without its `refresh_token`.
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
    """A refresh token of the platform; `spent_at` once it is rotated, `revoked_at` by the management API.

    `family` is the same for all tokens of one exchange: the hash of the first of them.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The source of a value, stored under its hash: its kind, issuer, client, person and times.

    `at` is `None` for what was registered rather than issued; `environment` is the platform's. `redeem_at` is the path
    where the value is valid, under the real origin `home` or, unless it is `only_at_home`, under the mock's own names;
    `proof` is how a client authenticates there. `is_observed`: a real service issued it, and its later fate is not
    fully known.
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
    is_observed: bool = False
