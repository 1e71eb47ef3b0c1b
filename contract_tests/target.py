"""The target of the contract tests: a protocol for any environment, the mock, a team's fake, a real one."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn, Protocol

from contract_tests.jwks_host import JwksHost
from contract_tests.jwts import RsaSigner
from contract_tests.reach import Ability, Switch
from contract_tests.wire import Answer, HttpRequest


class Kind(StrEnum):
    """The kind of a target; a real environment's answer settles what was only inferred."""

    MOCK = "mock"
    FAKE = "fake"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A registered application."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who logged in at a provider (`cis2` or `nhs_login`) with a level of assurance (`aal3`, `P9`)."""

    provider: str
    user: str
    level: str


HEALTHCARE_WORKER = Person(provider="cis2", user="656005750104", level="aal3")
PATIENT = Person(provider="nhs_login", user="9912003071", level="P9")


class Target(Protocol):
    """An environment that answers as the identity service does, and what a test can change around it."""

    @property
    def name(self) -> str:
        """Its name in the options: `mock`, `int`, a URL."""

    @property
    def kind(self) -> Kind:
        """Its kind."""

    @property
    def origin(self) -> str:
        """Scheme and host, without a slash at the end."""

    @property
    def prefix(self) -> str:
        """The path that replaces `/oauth2`, such as `/oauth2`; no slash at the end."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What not every target can do."""

    @property
    def switches(self) -> frozenset[Switch]:
        """The settings of the mock that differ from the default; none for a target that is not ours."""

    @property
    def redirect_uri(self) -> str:
        """A redirect URI of the app."""

    @property
    def status_key(self) -> str:
        """The key of the monitoring endpoint."""

    @property
    def signer(self) -> RsaSigner:
        """Signs with the registered key."""

    @property
    def jwk(self) -> Mapping[str, str]:
        """The registered public key, with its `kid`."""

    @property
    def foreign_signer(self) -> RsaSigner:
        """Signs with a sound key that is registered nowhere."""

    @property
    def short_signer(self) -> RsaSigner:
        """Signs with a key of 1024 bits."""

    @property
    def jwks_host(self) -> JwksHost:
        """A host of key sets that the target can reach."""

    def now(self) -> int:
        """Return the target's time in whole seconds since 1970."""

    def second(self) -> int:
        """Return the time as `now` does, for a request that must arrive within that second."""

    def at(self, moment: int) -> AbstractContextManager[None]:
        """Move the target's time for the length of a block."""

    def fault(self, **members: Any) -> AbstractContextManager[None]:
        """Let something fail behind the target for the length of a block; the members are the control API's."""

    def api(self, **members: Any) -> AbstractContextManager[None]:
        """Put an API of one's own behind the gateway for the length of a block; the members are the control API's."""

    def altered(self, person: Person, claims: Mapping[str, Any]) -> AbstractContextManager[None]:
        """Give the person's id tokens these claims, for the length of a block; a claim of `None` is left out."""

    def app(self, members: Mapping[str, Any]) -> App:
        """Return an app that is valid except for these members; a member that is None is left out.

        Equal members, one app.
        """

    def new_app(self, members: Mapping[str, Any]) -> App:
        """Return an app as `app` does, but one that no other test has."""

    def change_app(self, app: App, members: Mapping[str, Any]) -> None:
        """Change the registration of an app that no other test has."""

    def remove_app(self, app: App) -> None:
        """Remove an app that no other test has."""

    def id_token_parts(self, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims of a sound id token, to be changed at will."""

    def id_token(self, person: Person, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return an id token of these parts with the provider's own signature."""

    def signed(self, id_token: str) -> bool:
        """Whether a provider has made this very id token."""

    def send(self, request: HttpRequest) -> Answer:
        """Send a request and follow no redirect."""

    def code(self, person: Person, app: App) -> str:
        """Return an authorization code of the person's provider, for the app and its redirect URI."""

    def log_in(self, authorize: HttpRequest, person: Person) -> list[str]:
        """Send a person's browser to an authorization request; return its redirects, the application last."""

    def visit(self, authorize: HttpRequest, person: Person) -> tuple[list[str], str]:
        """Do as `log_in` does, and return the browser's cookies as well, as a header holds them."""

    @property
    def last(self) -> Answer | None:
        """The answer that came last."""

    @property
    def last_request(self) -> HttpRequest | None:
        """The request that it answers."""

    def refuse(self, reason: str) -> NoReturn:
        """Say that something before the question did not go well; raises UnpreparedError, or fails for the mock."""
