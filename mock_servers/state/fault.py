"""A fault that a test has ordered, and the words for it: where, what, how often, for which client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.limits import CONTENT_TYPE, COUNT, TIMES, WORD, Contradictions, Limit, between, one_of

_PLATFORM: Final = ("token", "authorize", "callback", "userinfo")
_OF_PROVIDERS: Final = (
    place
    for each in PROVIDERS
    for place in (
        each.name,
        *(f"{each.name}.{endpoint}" for endpoint in ("authorize", "token", "userinfo", "jwks", "discovery")),
    )
)
PLACES: Final = (*_PLATFORM, "app.jwks", *_OF_PROVIDERS, "api")
"""Where: an endpoint of the platform, the fetch of an app's key set, a provider or one of its endpoints, any API."""

Deed = Literal["delay", "status", "drop", "malformed", "rate_limit", "catch_all", "rotate"]
Malformation = Literal["html", "half", "truncated", "empty"]
Policy = Literal["quota", "spike_arrest"]
Scope = Literal["application", "proxy"]


KEY_SETS: Final = ("app.jwks", *(f"{each.name}.jwks" for each in PROVIDERS))
PLACES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "rate_limit": (*_PLATFORM, "api"),
    "catch_all": _PLATFORM,
    "rotate": KEY_SETS,
}
"""By action, the places where it makes sense. An action that is not listed is allowed at every place."""

MEMBERS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "delay": ("seconds",),
    "status": ("status", "body", "content_type"),
    "drop": ("processed",),
    "malformed": ("kind",),
    "rate_limit": ("policy", "scope"),
    "catch_all": ("status",),
    "rotate": (),
}
"""By action, the members that describe it further."""

UNAVAILABLE: Final = 503
SCRIPT_FAULT: Final = 500
CATCH_ALL_STATUSES: Final = (SCRIPT_FAULT, 401)
"""For a script that fails, and for a JWT or a token that Apigee does not accept (S)."""

_LONGEST_DELAY: Final = 3600
_DELAY: Final = Limit(
    allowed=f"a number of seconds above 0, up to {_LONGEST_DELAY}",
    holds=lambda seconds: 0 < seconds <= _LONGEST_DELAY,
    schema={"exclusiveMinimum": 0, "maximum": _LONGEST_DELAY},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure at a place, for the next `times` requests `after` others, of one client or of all.

    `times`: how many requests it affects, null for all until it is removed; `after`: how many succeed before.
    `client_id`: only this client's. `delay` holds the answer back by `seconds`. `status` answers with that status, 503
    by default, and `body` (text, or a JSON object) or a load balancer's page. `drop` closes the connection without an
    answer, with `processed` after the service has done its work. `malformed` damages the answer: `html` instead of it,
    `half` of it, `truncated` during transfer, or `empty`. `rate_limit` is the platform's 429, of an `application`'s or
    a `proxy`'s `quota` or `spike_arrest`. `catch_all` is its unknown_error, with status 500 or 401. `rotate` serves a
    key set without the signing key. `seen` counts the requests at the place, `used` those that it affected.
    """

    id: int = 0
    on: Annotated[str, one_of(*PLACES)]
    do: Deed
    times: Annotated[int, TIMES] | None = 1
    after: Annotated[int, COUNT] = 0
    client_id: Annotated[str, WORD] | None = None
    seconds: Annotated[float, _DELAY] | None = None
    status: Annotated[int, between(400, 599, "a status")] | None = None
    body: str | Mapping[str, Any] | None = None
    content_type: Annotated[str, CONTENT_TYPE] | None = None
    processed: bool | None = None
    kind: Malformation | None = None
    policy: Policy | None = None
    scope: Scope | None = None
    seen: int = 0
    used: int = 0

    def covers(self, place: str) -> bool:
        """Whether it is ordered for a place, or for the whole provider of that place."""
        return self.on == place or place.startswith(f"{self.on}.")

    @property
    def is_due(self) -> bool:
        """Whether it affects the latest request."""
        return self.seen > self.after and (self.times is None or self.used < self.times)

    @property
    def comes_first(self) -> bool:
        """Whether it comes before the service, which then does not see the request."""
        return self.do in ("status", "rate_limit", "catch_all", "rotate") or (self.do == "drop" and not self.processed)

    @property
    def evidence(self) -> str:
        """The evidence letter of the real service's answer; what a server answers that is down is a guess."""
        return "S" if self.do in ("rate_limit", "catch_all") else "I"

    @property
    def is_quota(self) -> bool:
        """Whether it comes where the service counts, after the service has used up part of the request."""
        return self.do == "rate_limit" and self.policy != "spike_arrest"

    @property
    def answered_status(self) -> int:
        """The status that replaces the service's own."""
        return self.status or (SCRIPT_FAULT if self.do == "catch_all" else UNAVAILABLE)

    def __str__(self) -> str:
        """A description for developers, such as `status 503 on token`."""
        more = {
            "delay": f" of {self.seconds or 0:g} s",
            "status": f" {self.answered_status}",
            "drop": " after the work was done" if self.processed else "",
            "malformed": f" ({self.kind or 'html'})",
        }
        return f"{self.do}{more.get(self.do, '')} on {self.on}"

    @property
    def words(self) -> str:
        """Who ordered it, in words that fit into a sentence."""
        return f"a fault you ordered (number {self.id}: {self})"

    def contradictions(self) -> Contradictions:
        """Yield members that do not fit the action: the place, or members that describe another action."""
        places = PLACES_OF.get(self.do, PLACES)
        if self.on not in places:
            yield "on", self.on, one_of(*places).beside(self.do)
        for deed, members in MEMBERS_OF.items():
            for name in members:
                if name not in MEMBERS_OF[self.do] and (value := getattr(self, name)) is not None:
                    yield (
                        name,
                        value,
                        Limit(allowed=f"left out with {self.do}; it is for {deed}", holds=lambda value: value is None),
                    )
        if self.do == "delay" and self.seconds is None:
            yield "seconds", None, _DELAY
        if self.do == "catch_all" and self.answered_status not in CATCH_ALL_STATUSES:
            yield "status", self.status, one_of(*CATCH_ALL_STATUSES).beside(self.do)
