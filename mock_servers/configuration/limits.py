"""What a member of the configuration or of a control call must be beyond its type; `members` applies it.

It stands here and not beside the members, because what a platform is made of need not know where it was read from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mock_servers.identity_provider.cis2 import CIS2
from mock_servers.identity_provider.nhs_login import NHS_LOGIN
from mock_servers.jose.keys import PRIVATE_MEMBERS
from mock_servers.state import fault
from mock_servers.state.app import App
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.fault import Fault
from mock_servers.state.person import Person
from mock_servers.state.real_host import RealHost
from mock_servers.state.settings import ApimSettings, ProviderSettings

_TEN_YEARS: Final = 315_360_000
_LEVELS: Final = {provider.name: tuple(provider.levels) for provider in (CIS2, NHS_LOGIN)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # hashable, as Annotated wants it
class Limit:
    """Which values of a type are good: `holds` decides, `allowed` says it in words, `schema` in JSON Schema.

    The limit of a list holds for each item, that of a table for each name (`for_names`) or value.
    """

    allowed: str
    holds: Callable[[Any], bool]
    schema: Mapping[str, Any] = field(default_factory=dict)
    for_names: bool = False


def matching(pattern: str, allowed: str, *, for_names: bool = False) -> Limit:
    """Return the limit of texts that match a pattern as a whole."""
    expression = re.compile(pattern)
    return Limit(
        allowed=allowed,
        holds=lambda text: expression.fullmatch(text) is not None,
        schema={"pattern": f"^(?:{pattern})$"},
        for_names=for_names,
    )


def between(lowest: int, highest: int, allowed: str) -> Limit:
    """Return the limit of numbers from `lowest` to `highest`, both included."""
    return Limit(
        allowed=f"{allowed} from {lowest} to {highest}",
        holds=lambda number: lowest <= number <= highest,
        schema={"minimum": lowest, "maximum": highest},
    )


def one_of(*words: str) -> Limit:
    """Return the limit of texts that are one of these words."""
    return Limit(
        allowed=" or ".join(f'"{word}"' for word in words), holds=lambda text: text in words, schema={"enum": [*words]}
    )


def _is_key_set(value: Any) -> bool:
    keys = value.get("keys")
    return isinstance(keys, list) and all(isinstance(key, Mapping) and not PRIVATE_MEMBERS & key.keys() for key in keys)


TEXT: Final = matching(r"\S(?:.*\S)?", "text, not empty, on one line, no blanks around it")
WORD: Final = matching(r"[!-~]+", "text of ASCII characters, not empty, no blanks")
SECONDS: Final = between(1, _TEN_YEARS, "a whole number of seconds")
COUNT: Final = between(0, 1_000_000_000, "a whole number")
URL: Final = matching(r"https?://[^/?#\s@]+/[^#\s]*", "a URL such as https://host/path, no user name, no fragment")
ORIGIN: Final = matching(r"https?://[^/?#\s@]+/?", "a URL without path, such as http://mock:8080")
REDIRECT: Final = matching(r"[A-Za-z][A-Za-z0-9+.-]*:[^#\s]+", "an absolute URI without fragment")
KEY_SET: Final = Limit(
    allowed='a JSON Web Key Set: an object with a list "keys" of public keys, without private members such as "d"',
    holds=_is_key_set,
    schema={"required": ["keys"], "properties": {"keys": {"type": "array", "items": {"type": "object"}}}},
)

_MOCKED: Final = "|".join(
    (
        *("_nhsauth", "oauth2", "oauth2-mock", "openam", "realms", "authorize", "token", "userinfo", r"\.well-known"),
        *("hello-world", "mock-jwks", "canary-api", "v1/organizations"),
    )
)
_ALL: Final = 1_000_000_000
_LONGEST_DELAY: Final = 3600
_FAULTY_STATUS: Final = between(400, 599, "a status")

_LIFETIMES: Final = ("id_token_lifetime", "access_token_lifetime", "refresh_token_lifetime", "code_lifetime")

LIMITS: Final[Mapping[type, Mapping[str, Limit]]] = {
    Configuration: {
        "public_urls": ORIGIN,
        "trusted_proxies": matching(r"[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*", "an IP address such as 10.0.0.7"),
        "allow_hosts": matching(r"[a-z0-9._-]+", "a host name in lower case, no scheme, no port"),
        "realms": matching(
            r"(?:Cis2|NHS-Login)-mock-[a-z0-9-]+", "Cis2-mock-… or NHS-Login-mock-… and an environment", for_names=True
        ),
    },
    ApimSettings: {
        "environment": matching(r"[a-z0-9-]+", 'the name of an environment such as "int"'),
        "status_key": WORD,
        "audiences": URL,
        "access_token_lifetime": SECONDS,
        "refresh_token_lifetime": SECONDS,
        "session_lifetime": SECONDS,
        "remember_jti_days": between(1, 36_500, "a whole number of days"),
    },
    ProviderSettings: {
        "kid": TEXT,
        "default_vtr": matching(r"P[059]\.(?:Cp(?:\.C[dk])?|Cm)", 'a vector of trust such as "P5.Cp.Cd"'),
        **dict.fromkeys(_LIFETIMES, SECONDS),
    },
    App: {
        "client_id": WORD,
        "client_secret": WORD,
        "name": TEXT,
        "kid": TEXT,
        "jwks": KEY_SET,
        "jwks_url": WORD,  # the service tells a URL of another form unreachable, and a test may want to see that
        "redirect_uris": REDIRECT,
        "scopes": WORD,
        "quota_per_minute": COUNT,
        "environments": matching(r"[a-z0-9-]+", 'the name of an environment such as "int"'),
        "backchannel_logout_uri": URL,
        "post_logout_redirect_uris": REDIRECT,
        "cis2_auth_method": one_of("client_secret_post", "private_key_jwt", "client_secret_basic"),
        "cis2_signing_algorithm": one_of("RS512", "RS256"),
        "grant_types": one_of("authorization_code", "refresh_token"),
        "cis2_realm_secret": WORD,
        "nhs_login_realm_secret": WORD,
    },
    Api: {
        "path": matching(
            rf"(?!/(?:{_MOCKED})(?:/|$))/[^?#\s]*[^/?#\s]",
            'a path such as "/my-api", no slash at its end, none of the paths that are mocked',
        ),
        "upstream": matching(r"https?://[^/?#\s@]+(?:/[^?#\s]*)?", "a URL such as http://127.0.0.1:9000"),
        "scopes": WORD,
    },
    RealHost: {
        "name": matching(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", "a host name in lower case, no scheme, no port"),
        "environment": matching(r"[a-z0-9-]+", 'the name of an environment such as "int"'),
    },
    Fault: {
        "times": between(1, _ALL, "a whole number"),
        "after": COUNT,
        "client_id": WORD,
        "seconds": Limit(
            allowed=f"a number of seconds above 0, up to {_LONGEST_DELAY}",
            holds=lambda seconds: 0 < seconds <= _LONGEST_DELAY,
            schema={"exclusiveMinimum": 0, "maximum": _LONGEST_DELAY},
        ),
        "status": _FAULTY_STATUS,
        "content_type": matching(r"[\w.+-]+/[\w.+-]+(?:;.*)?", "a content type such as text/html"),
    },
    Person: {
        "provider": one_of(*_LEVELS),
        "id": WORD,
        "birthdate": matching(r"\d{4}-\d{2}-\d{2}", 'a date in quotes, such as "1980-01-31"'),
    },
}
"""By class and member."""


def of(kind: type, member: str) -> Limit | None:
    """Return the limit of a member of a class, inherited ones included."""
    return next((limits[member] for own in kind.__mro__ if member in (limits := LIMITS.get(own, {}))), None)


def contradictions(whole: object) -> Iterator[tuple[str, Limit]]:
    """Name each member that contradicts another one, with the limit which that other one sets."""
    if isinstance(whole, Person) and whole.level.lower() not in map(str.lower, _LEVELS[whole.provider]):
        yield "level", one_of(*_LEVELS[whole.provider])
    if isinstance(whole, Api) and whole.open and whole.scopes:
        yield "open", Limit(allowed="false beside scopes", holds=lambda value: value is False)
    if isinstance(whole, Fault):
        yield from _contradictions_of(whole)


def _contradictions_of(ordered: Fault) -> Iterator[tuple[str, Limit]]:
    """Name what does not go with what is to be done: the place, members that say more of something else."""
    places = fault.PLACES_OF.get(ordered.do, fault.PLACES)
    if ordered.on not in places:
        yield "on", Limit(allowed=f"with {ordered.do} {one_of(*places).allowed}", holds=lambda place: place in places)
    own = fault.MEMBERS_OF[ordered.do]
    for deed, members in fault.MEMBERS_OF.items():
        for name in members:
            if name not in own and getattr(ordered, name) is not None:
                yield name, Limit(allowed=f"left out with {ordered.do}; it is for {deed}", holds=lambda _: False)
    if ordered.do == "delay" and ordered.seconds is None:
        yield "seconds", of(Fault, "seconds") or COUNT
    if ordered.do == "catch_all" and ordered.answered_status not in fault.CATCH_ALL_STATUSES:
        yield (
            "status",
            Limit(allowed="500 or 401 with catch_all", holds=lambda status: status in fault.CATCH_ALL_STATUSES),
        )
