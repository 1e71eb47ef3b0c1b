"""The real hosts as data: their service, their environment, and which environments trust each other's issuers.

The name alone decides. Other modules make the mock reachable under it (a proxy, an alias of a container network).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from mock_servers.settings.limits import FULL_HOST, Limit, matching, one_of

Plays = Literal["platform", "cis2", "nhs_login", "realms", "management", "management_log_in", "key_sets", "elsewhere"]
"""The service of a host.

The API platform, an identity provider, the mock realms, Apigee's management API or its log-in, another party's key set,
or a host that only test suites call and that has no content.
"""


def is_real_name(host: str) -> bool:
    """Whether a host name belongs to the NHS, for any service."""
    return any(host == domain or host.endswith(f".{domain}") for domain in ("nhs.uk", "nhs.net"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RealHost:
    """One real host: the service it `plays`, its `environment` (a word of that service), and the evidence."""

    name: Annotated[str, FULL_HOST]
    plays: Plays
    environment: Annotated[str, ENVIRONMENT] = ""
    evidence: str = "D"

    @property
    def origin(self) -> str:
        """The origin as a client writes it; CIS2's issuers also have the port."""
        return f"https://{self.name}"


Trust = Mapping[str, tuple[str, ...]]
"""The providers' environments whose id tokens an environment of the platform accepts, by provider.

The first of each is where it sends people to log in.
"""


PLATFORMS: Final = (
    "int",
    "sandbox",
    "dev",
    "ref",
    "internal-dev",
    "internal-dev-sandbox",
    "internal-qa",
    "internal-qa-sandbox",
)
"""The environments whose host names contain their name; production's do not."""

HOSTS: Final = (
    *(RealHost(name=f"{each}.api.service.nhs.uk", plays="platform", environment=each) for each in PLATFORMS),
    RealHost(name="api.service.nhs.uk", plays="platform", environment="prod"),
    RealHost(name="am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk", plays="cis2", environment="dev"),
    RealHost(name="am.nhsint.auth-ptl.cis2.spineservices.nhs.uk", plays="cis2", environment="int"),
    RealHost(name="am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk", plays="cis2", environment="dep", evidence="Q"),
    RealHost(name="am.nhsidentity.spineservices.nhs.uk", plays="cis2", environment="live"),
    RealHost(name="auth.sandpit.signin.nhs.uk", plays="nhs_login", environment="sandpit"),
    RealHost(name="auth.aos.signin.nhs.uk", plays="nhs_login", environment="aos"),
    RealHost(name="auth.login.nhs.uk", plays="nhs_login", environment="live"),
    RealHost(name="identity.ptl.api.platform.nhs.uk", plays="realms", evidence="S"),
)
"""The hosts of the services themselves."""

ENVIRONMENT: Final = matching(r"[a-z0-9-]+", 'the name of an environment such as "int"', (*PLATFORMS, "prod"))
"""The form of environment names; `environment_among` says which exist."""

TEST_SUITE_HOSTS: Final = (
    RealHost(name="api.enterprise.apigee.com", plays="management", evidence="S"),
    RealHost(name="login.apigee.com", plays="management_log_in", evidence="S"),
    RealHost(name="nhs-digital-prod.login.apigee.com", plays="management_log_in", evidence="S"),
    RealHost(name="google.com", plays="elsewhere", evidence="S"),
    RealHost(name="raw.githubusercontent.com", plays="key_sets", evidence="S"),
)
"""Further hosts that the public test suites call.

They do not belong to the NHS, so a mock plays them only on request.
"""


def _trust(**environments: tuple[str, ...]) -> Trust:
    return environments


_TEST: Final = _trust(cis2=("int",), nhs_login=("aos", "sandpit"))
_INTERNAL: Final = _trust(cis2=("int", "dev"), nhs_login=("aos", "sandpit"))
TRUST: Final = {
    "int": _TEST,
    "sandbox": _TEST,
    "dev": _INTERNAL,
    "ref": _trust(cis2=("int", "dep"), nhs_login=("aos", "sandpit")),
    "internal-dev": _INTERNAL,
    "internal-dev-sandbox": _INTERNAL,
    "internal-qa": _INTERNAL,
    "internal-qa-sandbox": _INTERNAL,
    "prod": _trust(cis2=("live",), nhs_login=("live",)),
}
"""By environment of the platform.

The documentation shows that int uses CIS2's integration environment and prod the live ones (D). The rest is a guess,
and allows rather more than less (I).
"""


def environment_among(hosts: Iterable[RealHost]) -> Limit:
    """Return the limit for environments of the platform: those of its hosts, and these."""
    known = one_of(*dict.fromkeys(host.environment for host in (*HOSTS, *hosts) if host.plays == "platform"))
    return Limit(allowed=f"{known.allowed}, or that of one of [[hosts]]", holds=known.holds, words=known.words)


def trust_of(environment: str) -> Trust:
    """Return what an environment trusts; an unknown one is treated as a test environment (I)."""
    return TRUST.get(environment, _TEST)


class Hosts:
    """The hosts that one mock plays: the table, with a configuration's additions and changes."""

    def __init__(self, more: Iterable[RealHost] = ()) -> None:
        self._by_name = {host.name: host for host in (*HOSTS, *more)}

    def find(self, host: str) -> RealHost | None:
        """Return the row of a host, as a `Host` header or an authority names it: in any case, with or without port."""
        found = self._by_name.get(host)
        return found or self._by_name.get(host.lower().partition(":")[0].removesuffix("."))

    def of_origin(self, origin: str) -> RealHost | None:
        """Return the row of a host by its origin, with or without port 443; only https origins have rows."""
        scheme, _, host = origin.partition("://")
        return self.find(host) if scheme == "https" and host.partition(":")[2] in ("", "443") else None

    def names_of(self, plays: str, environment: str = "") -> tuple[str, ...]:
        """Return the names of the hosts of a service in an environment, the table's own first."""
        return tuple(host.name for host in self if (host.plays, host.environment) == (plays, environment))

    def __iter__(self) -> Iterator[RealHost]:
        return iter(self._by_name.values())
