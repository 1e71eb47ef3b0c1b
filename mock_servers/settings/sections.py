"""Settings and their defaults. Where the real service is in doubt, there is a switch with its evidence letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from mock_servers.settings.limits import DAYS, DRAIN, FULL_HOST, HTTPS_ORIGIN, SECONDS, TEXT, URL, WORD, matching
from mock_servers.settings.real_host import ENVIRONMENT

VECTOR_OF_TRUST = matching(r"P[059]\.(?:Cp(?:\.C[dk])?|Cm)", 'a vector of trust such as "P5.Cp.Cd"')

MEMORY = "memory"
LOCATION = matching(
    r"memory|sqlite:.+|(?:valkey|redis)s?://.+|unix://[^/]*/.+",
    "memory, sqlite:FILE, or a URL such as valkey://HOST:6379 (or redis://; with TLS valkeys:// or rediss://)",
    words=(MEMORY,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApimSettings:
    """The token service; lifetimes are seconds.

    `refresh_token_lifetime` and `session_lifetime`: by default 43200 for CIS2 and 3600 for NHS login. What
    `strict_content_type`, `insufficient_scope_status` and `sandbox_unknown_client` decide is in doubt: the page on
    configuration describes them.
    """

    environment: Annotated[str, ENVIRONMENT] = "int"
    status_key: Annotated[str, WORD] = "status"
    audiences: tuple[Annotated[str, URL], ...] = ("https://int.api.service.nhs.uk/oauth2/token",)
    strict_content_type: bool = False
    access_token_lifetime: Annotated[int, SECONDS] = 600
    refresh_token_lifetime: Annotated[int, SECONDS] | None = None
    session_lifetime: Annotated[int, SECONDS] | None = None
    remember_jti_days: Annotated[int, DAYS] = 30
    insufficient_scope_status: Literal[403, 401] = 403
    sandbox_unknown_client: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One identity provider; lifetimes are seconds, `None` for the provider's own.

    What `assurance_levels`, `scope_at_token`, `unusable_code`, `foreign_assertion`, `enforce_pkce`, `single_sign_on`,
    `default_vtr` and `strict_authorize` decide is in doubt: the page on configuration describes them.
    """

    signing_key: Path | None = None
    kid: Annotated[str, TEXT] | None = None
    assurance_levels: Literal["number", "string"] = "number"
    scope_at_token: Literal["ignore", "refuse"] = "ignore"
    unusable_code: Literal["captured", "ancestor"] = "captured"
    foreign_assertion: Literal["quoted", "ancestor"] = "quoted"
    strict_authorize: bool = False
    enforce_pkce: bool = False
    single_sign_on: bool = False
    default_vtr: tuple[Annotated[str, VECTOR_OF_TRUST], ...] = ()
    id_token_lifetime: Annotated[int, SECONDS] | None = None
    access_token_lifetime: Annotated[int, SECONDS] | None = None
    refresh_token_lifetime: Annotated[int, SECONDS] | None = None
    code_lifetime: Annotated[int, SECONDS] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How `nhsauth serve` stops.

    `drain`: seconds from the first signal for which it listens on. Meanwhile `/_nhsauth/health` is 503, and each
    connection is closed after its next answer, so that a load balancer can send its requests elsewhere.
    """

    drain: Annotated[int, DRAIN] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSettings:
    """Where `nhsauth serve` stores its state: `url`. In a test process it is always memory."""

    url: Annotated[str, LOCATION] = MEMORY

    def found_from(self, folder: Path) -> StateSettings:
        """Return the same settings, with a relative file resolved against a folder."""
        kind, _, path = self.url.partition(":")
        return StateSettings(url=f"{kind}:{folder / path}") if kind == "sqlite" else self


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """The hosts that `nhsauth watch` connects to.

    `upstreams`: where a real host is reached, by its name, if not at its own address: a private link, an egress host, a
    second mock. `upstream_ca` is a file of further trusted certificate authorities.
    """

    upstreams: Mapping[Annotated[str, FULL_HOST], Annotated[str, HTTPS_ORIGIN]] = field(default_factory=dict)
    upstream_ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """Further evidence about the real services: `observations` are files of their observed answers."""

    observations: tuple[Path, ...] = ()
