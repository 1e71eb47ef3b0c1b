"""What the contract keeps alive, and for how long: a small model of apps, keys, codes, tokens and sessions.

It does not depend on how a service stores them. Times are in seconds since 1970.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from contract_tests.answers import Said, answer_of

HOUR: Final = 3600
DAY: Final = 24 * HOUR
REMEMBERED: Final = 30 * DAY
CODE_LIVES: Final = 300
ACCESS_LIVES: Final = 600
SESSION_LIVES: Final = {"cis2": 12 * HOUR, "nhs_login": HOUR}

USED: Final = answer_of("§3.14")
NO_KEY: Final = answer_of("§3.20")
NO_CODE: Final = answer_of("§6 code unknown")
NO_SESSION: Final = answer_of("§7 sid unknown")
NO_REFRESH: Final = answer_of("§6 refresh_token unknown")
TOO_LATE: Final = answer_of("§6 refresh_token expired")
UNKNOWN: Final = answer_of("§9 unknown token")
EXPIRED: Final = answer_of("§9 expired token")
REVOKED: Final = Said(401, "keymanagement.service.access_token_not_approved", "Access Token not approved")


@dataclass(eq=False, kw_only=True)
class ModelApp:
    """An app whose developer publishes keys at a URL, which the service fetches once an hour at most.

    `members` register it, `published` are the kids at the URL now.
    """

    members: dict[str, Any]
    published: tuple[str, ...]
    seen: tuple[str, ...] = ()
    seen_at: int | None = None
    jtis: dict[str, int] = field(default_factory=dict)

    def refusal(self, kid: str, jti: str, now: int) -> Said | None:
        """Return the refusal of an assertion, if any, and store what the service stores of it."""
        if self.jtis.get(jti, 0) > now:
            return USED
        self.jtis[jti] = now + REMEMBERED
        if self.seen_at is None or now - self.seen_at >= HOUR:
            self.seen, self.seen_at = self.published, now
        return None if kid in self.seen else NO_KEY


@dataclass(eq=False, kw_only=True)
class Session:
    """A person's session with an app; `combined` when the person logged in through the platform."""

    app: ModelApp
    provider: str
    combined: bool
    ends_at: int = 0
    sid: str | None = None
    over: bool = False


@dataclass(eq=False, kw_only=True)
class Code:
    """An authorization code."""

    value: str = field(repr=False)
    session: Session
    until: int
    spent: bool = False

    def refusal(self, app: ModelApp, now: int) -> Said | None:
        """Return the refusal of a redemption by this app, if any."""
        dead = self.spent or now >= self.until or app is not self.session.app
        return NO_CODE if dead else None


@dataclass(eq=False, kw_only=True)
class AccessToken:
    """An access token of a person."""

    value: str = field(repr=False)
    session: Session
    until: int

    def refusal(self, now: int) -> Said | None:
        """Return the refusal of an API call, if any."""
        if self.session.over:
            return REVOKED
        return EXPIRED if now >= self.until else None


@dataclass(eq=False, kw_only=True)
class RefreshToken:
    """A refresh token; it lives as long as its session, regardless of refreshes."""

    value: str = field(repr=False)
    session: Session
    count: int = 0
    spent: bool = False

    def refusal(self, app: ModelApp, now: int) -> Said | None:
        """Return the refusal of a refresh by this app, if any."""
        if self.spent or self.session.over or app is not self.session.app:
            return NO_REFRESH
        return TOO_LATE if now >= self.session.ends_at else None
