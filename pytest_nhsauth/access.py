"""Gets the access that a marker requests, with the same requests that a client sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from requests import Session

    from pytest_nhsauth.platform import Platform
    from pytest_nhsauth.registered_app import RegisteredApp

_TIMEOUT: Final = 30  # seconds


PROVIDERS: Final[Mapping[str, str | None]] = {
    "healthcare_worker": "cis2",
    "patient": "nhs_login",
    "application": None,
}
"""By kind of access who logs the person in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The access that a marker requests. `provider` is the person's; None for an application's own access."""

    access: str
    level: str | None = None
    user: str | None = None
    app: str | None = None

    @property
    def provider(self) -> str | None:
        """Who logs the person in."""
        return PROVIDERS[self.access]

    @property
    def by_api_key(self) -> bool:
        """Whether it is by the API key alone, without a token."""
        return self.level == "level0"


class NoAccessError(Exception):
    """The platform refuses; the message is the exchange and its diagnosis."""


def token(platform: Platform, app: RegisteredApp, wanted: Access, http: Session) -> str:
    """Return an access token of an app. Raises LookupError or ValueError for an unknown name, NoAccessError."""
    if wanted.by_api_key:
        raise ValueError("level0 asks for no token: nhsauth_auth_headers has the API key")
    form = {
        **_grant(app, wanted),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": app.client_assertion(),
    }
    refusal = f"no access token for {_words(wanted)}"
    try:
        answer = http.post(platform.token_url, form, timeout=_TIMEOUT, allow_redirects=False)
        if answer.ok:
            return str(answer.json()["access_token"])
    except (OSError, ValueError) as error:
        raise NoAccessError(f"{refusal}: {type(error).__name__}, {error}") from None
    raise NoAccessError(f"{refusal}: {platform.exchanges.last}")


def _grant(app: RegisteredApp, wanted: Access) -> dict[str, str]:
    if wanted.provider is None:
        return {"grant_type": "client_credentials"}
    id_token = app.id_token(wanted.user, wanted.provider, wanted.level)
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": id_token,
    }


def _words(wanted: Access) -> str:
    return " ".join(filter(None, (wanted.access, wanted.level, wanted.user)))
