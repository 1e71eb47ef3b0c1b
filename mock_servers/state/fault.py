"""One fault that a test has ordered, and the words for it: where, what, how often, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from mock_servers.provider.registered import PROVIDERS
from mock_servers.state.limit import CONTENT_TYPE, COUNT, TIMES, WORD, Contradictions, Limit, between, one_of

_PLATFORM: Final = ("token", "authorize", "callback", "userinfo")
_AT_PROVIDER: Final = ("authorize", "token", "userinfo", "jwks", "discovery")
_OF_PROVIDERS: Final = (
    place for each in PROVIDERS for place in (each.name, *(f"{each.name}.{endpoint}" for endpoint in _AT_PROVIDER))
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
"""By deed, where it makes sense; what is not listed may go wrong everywhere."""

MEMBERS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "delay": ("seconds",),
    "status": ("status", "body", "content_type"),
    "drop": ("processed",),
    "malformed": ("kind",),
    "rate_limit": ("policy", "scope"),
    "catch_all": ("status",),
    "rotate": (),
}
"""By deed, the members that say more about it."""

UNAVAILABLE: Final = 503
SCRIPT_FAULT: Final = 500
CATCH_ALL_STATUSES: Final = (SCRIPT_FAULT, 401)
"""Of a script that fails, and of a JWT or a token that Apigee does not take (S)."""

_LONGEST_DELAY: Final = 3600
_DELAY: Final = Limit(
    allowed=f"a number of seconds above 0, up to {_LONGEST_DELAY}",
    holds=lambda seconds: 0 < seconds <= _LONGEST_DELAY,
    schema={"exclusiveMinimum": 0, "maximum": _LONGEST_DELAY},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong at a place: the first so many requests `after` others, from this client alone or all.

    `times`: how many requests meet it, null for all until it is removed; `after`: how many get through before.
    `client_id`: only this client's. `delay` holds the answer back by `seconds`. `status` answers that status, 503
    unless given, with `body` (text, or a JSON object) or the page of a load balancer. `drop` closes the connection
    without an answer, when `processed` after the service has done its work. `malformed` spoils the answer: `html` in
    its place, `half` of it, `truncated` on its way, or `empty`. `rate_limit` is the platform's 429, of an
    `application`'s or a `proxy`'s `quota` or `spike_arrest`. `catch_all` is its unknown_error, with status 500 or 401.
    `rotate` serves a key set without the key that signs. `seen` counts the requests that came by, `used` those that met
    it.
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
        """Whether it is ordered for a place, or for the whole provider that the place belongs to."""
        return self.on == place or place.startswith(f"{self.on}.")

    @property
    def is_due(self) -> bool:
        """Whether the request that was seen last meets it."""
        return self.seen > self.after and (self.times is None or self.used < self.times)

    @property
    def comes_first(self) -> bool:
        """Whether the service does not get to see the request."""
        return self.do in ("status", "rate_limit", "catch_all", "rotate") or (self.do == "drop" and not self.processed)

    @property
    def evidence(self) -> str:
        """How sure it is that the real service answers so, as a letter: what a server that is down says is a guess."""
        return "S" if self.do in ("rate_limit", "catch_all") else "I"

    @property
    def is_quota(self) -> bool:
        """Whether it is met where the service counts, after what it has used up of the request by then."""
        return self.do == "rate_limit" and self.policy != "spike_arrest"

    @property
    def answered_status(self) -> int:
        """The status that is answered in the place of the service's own."""
        return self.status or (SCRIPT_FAULT if self.do == "catch_all" else UNAVAILABLE)

    def __str__(self) -> str:
        """What it is, for a developer: `status 503 on token`."""
        more = {
            "delay": f" of {self.seconds or 0:g} s",
            "status": f" {self.answered_status}",
            "drop": " after the work was done" if self.processed else "",
            "malformed": f" ({self.kind or 'html'})",
        }
        return f"{self.do}{more.get(self.do, '')} on {self.on}"

    @property
    def words(self) -> str:
        """Whose doing it was, in words to be part of a sentence."""
        return f"a fault you ordered (number {self.id}: {self})"

    def contradictions(self) -> Contradictions:
        """Name what does not go with what is to be done: the place, members that say more of something else."""
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
