"""What is on a page, as data: plain values of those who answer, whatever a client or a person sent included."""

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
"""What a log-in can come to, by the value of the form field `outcome`; the first is chosen unless another is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChoice:
    """A role that a person may take; `id` is what the form sends as `selected_roleid`."""

    id: str
    name: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChoice:
    """Somebody who can log in; `id` is what the form sends as `username`, `level` the highest that is reached."""

    id: str
    name: str
    level: str
    description: str = ""
    roles: Sequence[RoleChoice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInForm:
    """A log-in page: who asks for what, and who may answer.

    The form is posted to `action` (absolute) with the fields `hidden` and `csrf`, and what is chosen: `username`,
    `outcome` (a word of OUTCOMES) and, where `picks_role`, `selected_roleid` (empty: the first role of whoever logs
    in; it may belong to another person, which the provider is to refuse). `message` says why the page is shown again,
    `chosen` is the username that was sent before. With a `form_id` the form is Keycloak's: `username` is a text field,
    and outcomes and roles cannot be chosen.
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
class ErrorPage:
    """An error that is shown, not sent to the application: `sentence` is the provider's, `advice` the mock's own.

    `title` says in plain words what is wrong, `code` is the provider's name for it. A page that only asks for patience
    `is_error` not, and tells no status.
    """

    title: str
    status: int
    sentence: str
    code: str | None = None
    advice: str | None = None
    provider_title: str = "the API platform"
    is_error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A command to copy, for a POSIX shell and for PowerShell, and when to run it."""

    title: str
    command: str
    powershell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPage:
    """What came to a redirect URI: all parameters, facts about them by their names, and what to do next.

    `heading` says it in one line, `steps` is empty where nothing is left to be done.
    """

    heading: str
    summary: str
    parameters: Sequence[tuple[str, str]] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[NextStep] = ()
    is_error: bool = False
