"""The real hosts as data: who answers there, of which environment, and which environments trust each other's issuers.

A name alone decides; where the mock is reached under it (a proxy, an alias of a container network) is others' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from mock_servers.state.limit import FULL_HOST, Limit, matching, one_of

Plays = Literal["platform", "cis2", "nhs_login", "realms", "management", "management_log_in", "key_sets", "elsewhere"]
"""What a host is: the API platform, an identity provider, the host of the mock realms, Apigee's management API or its
log-in, a host of somebody's key set, or one that only test suites call and that has nothing to say.
"""

_DOMAINS: Final = ("nhs.uk", "nhs.net")


def is_real_name(host: str) -> bool:
    """Whether a host's name is one that the NHS has, of whatever service."""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealHost:
    """One real host: what it `plays`, of which `environment` (a word of its own service), by which evidence."""

    name: Annotated[str, FULL_HOST]
    plays: Plays
    environment: Annotated[str, ENVIRONMENT] = ""
    evidence: str = "D"

    @property
    def origin(self) -> str:
        """How a client writes it; CIS2's issuers have the port besides."""
        return f"https://{self.name}"


Trust = Mapping[str, tuple[str, ...]]
"""Whose id tokens an environment of the platform takes: environments of each provider, by the provider's name.

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
"""The environments whose hosts carry their name; production's carries none."""

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
"""How environments are written; which of them there are is for `environment_among` to say."""

TEST_SUITE_HOSTS: Final = (
    RealHost(name="api.enterprise.apigee.com", plays="management", evidence="S"),
    RealHost(name="login.apigee.com", plays="management_log_in", evidence="S"),
    RealHost(name="nhs-digital-prod.login.apigee.com", plays="management_log_in", evidence="S"),
    RealHost(name="google.com", plays="elsewhere", evidence="S"),
    RealHost(name="raw.githubusercontent.com", plays="key_sets", evidence="S"),
)
"""What the public test suites call besides. They are no hosts of the NHS, so a mock plays them only when asked to."""


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
"""By environment of the platform. That int goes with CIS2's integration environment and prod with the live ones follows
from the documentation (D); the rest is a guess, and takes rather more than less (I).
"""


def environment_among(hosts: Iterable[RealHost]) -> Limit:
    """Return the limit of environments of the platform: those of its hosts, and of these."""
    known = one_of(*dict.fromkeys(host.environment for host in (*HOSTS, *hosts) if host.plays == "platform"))
    return Limit(allowed=f"{known.allowed}, or that of one of [[hosts]]", holds=known.holds, words=known.words)


def trust_of(environment: str) -> Trust:
    """Return whom an environment trusts; one that the table does not know is taken for a test environment (I)."""
    return TRUST.get(environment, _TEST)


class Hosts:
    """The hosts that one mock plays: the table, and what a configuration adds to it or changes in it."""

    def __init__(self, more: Iterable[RealHost] = ()) -> None:
        self._by_name = {host.name: host for host in (*HOSTS, *more)}

    def find(self, host: str) -> RealHost | None:
        """Return the row of a host, as the `Host` header or an authority names it: any case, a port or none."""
        found = self._by_name.get(host)
        return found or self._by_name.get(host.lower().partition(":")[0].removesuffix("."))

    def of_origin(self, origin: str) -> RealHost | None:
        """Return the row of a host by its origin, port 443 written or not; only https has rows."""
        scheme, _, host = origin.partition("://")
        return self.find(host) if scheme == "https" and host.partition(":")[2] in ("", "443") else None

    def names_of(self, plays: str, environment: str = "") -> tuple[str, ...]:
        """Return the names of the hosts that are an environment's of a service, the table's own first."""
        return tuple(host.name for host in self if (host.plays, host.environment) == (plays, environment))

    def __iter__(self) -> Iterator[RealHost]:
        return iter(self._by_name.values())
