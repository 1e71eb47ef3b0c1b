"""The data of pages: plain values, some of which a client or a person has sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

OUTCOMES: Final[Mapping[str, str]] = {
    "ok": "Log in",
    "cancelled": "Cancel, as by the back button of the log-in page",
    "consent_refused": "Refuse to share data with the application",
    "level_too_low": "Reach too low a level of assurance",
    "provider_error": "Meet an error of the provider",
    "slow": "Log in, but slowly",
}
"""The ways in which a log-in can end, by the value of the form field `outcome`; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChoice:
    """A role that a person can choose; `id` is the value of `selected_roleid` in the form."""

    id: str
    name: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChoice:
    """A person who can log in; `id` is the value of `username` in the form, `level` the person's highest."""

    id: str
    name: str
    level: str
    description: str = ""
    roles: Sequence[RoleChoice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInForm:
    """A log-in page: who requests what, and who may log in.

    The form is posted to `action` (absolute) with the fields `hidden` and `csrf`, and the choices: `username`,
    `outcome` (a word of OUTCOMES) and, with `picks_role`, `selected_roleid` (empty: the person's first role; it may
    belong to another person, which the provider must refuse). `message` says why the page is shown again, `chosen` is
    the username that was sent before. With a `form_id` the form is Keycloak's: `username` is a text field, and outcomes
    and roles cannot be chosen.
    """

    provider_title: str
    action: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    csrf: str = ""
    client_name: str
    client_id: str
    scopes: Sequence[str] = ()
    level_asked: str | None = None
    people: Sequence[PersonChoice] = ()
    message: str | None = None
    form_id: str | None = None
    chosen: str | None = None
    picks_role: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenForm:
    """A form that asks for a control token, and the `page` that comes next; `message` says why it is shown again.

    It is not `is_needed` where no control token is set.
    """

    page: str
    message: str | None = None
    is_needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """An error page, not sent to the application: `sentence` is the provider's, `advice` the mock's own.

    `title` says in plain words what is wrong, `code` is the provider's name for it. A page that only asks to wait is
    not `is_error`, and has no status.
    """

    title: str
    status: int
    sentence: str
    code: str | None = None
    advice: str | None = None
    provider_title: str = "the API platform"
    is_error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Navigation:
    """The way between the mock's own pages: their names and paths below the prefix, and which one this is."""

    current: str
    places: Mapping[str, str]


_PLACES: Final[Mapping[str, str]] = {
    "Start": "/",
    "Exchanges": "/exchanges",
    "Try": "/try",
    "Apps": "/apps",
    "People": "/users",
    "Time and faults": "/clock",
    "Explain": "/explain",
    "Errors": "/errors",
    "Worlds": "/worlds",
}
_OF_REAL_TRAFFIC: Final = ("Exchanges", "Explain", "Errors")


def navigation(current: str, *, is_real: bool = False, has_worlds: bool = False) -> Navigation:
    """Return the way between the pages that there are: fewer for real traffic, which no mock answers."""
    left_out = () if has_worlds or current == "Worlds" else ("Worlds",)
    names = _OF_REAL_TRAFFIC if is_real else [name for name in _PLACES if name not in left_out]
    return Navigation(current=current, places={name: f"/_nhsauth{_PLACES[name]}" for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A command to copy, for a POSIX shell and for PowerShell, and when to run it."""

    title: str
    command: str
    powershell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPage:
    """What arrived at a redirect URI: all parameters, facts about them by name, and the next steps.

    `heading` says it in one line; `steps` is empty if there is nothing to do.
    """

    heading: str
    summary: str
    parameters: Sequence[tuple[str, str]] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[NextStep] = ()
    is_error: bool = False
