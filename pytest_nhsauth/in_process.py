"""The mock in this very process, on a free port: asked directly, without HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_servers.http.server import Server
from mock_servers.identity_provider.log_ins import Wanted
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair, KeyRing, cache_folder
from mock_servers.journal.journal import Journal
from mock_servers.platform.platform import Platform as MockPlatform
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.fault import Fault
from mock_servers.state.person import Person

if TYPE_CHECKING:
    from mock_servers.platform.real_names import Prepared
    from mock_servers.real_hosts.variables import RealNames


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InProcess:
    """A platform of this process and the server that answers for it."""

    mock: MockPlatform
    server: Server = field(repr=False)
    _prepared: list[Prepared] = field(default_factory=list, repr=False)

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.mock.url

    @property
    def death(self) -> str | None:
        """What the server's thread has died of."""
        failure = self.server.failure
        if failure is None:
            return None
        return f"The mock's server has died of {failure!r}: nothing answers at {self.url} any more."

    @property
    def clock(self) -> Clock:
        """Its time."""
        return self.mock.clock

    @property
    def journal(self) -> Journal:
        """Its exchanges."""
        return self.mock.exchanges

    def provider_urls(self, name: str) -> Mapping[str, str]:
        """Return where a provider is."""
        provider, origin = self.mock.provider(name).provider, self.url
        endpoints = {word: f"{origin}{provider.endpoint(word)}" for word in ("authorize", "token", "userinfo", "jwks")}
        return {"issuer": f"{origin}{provider.path}", "discovery": f"{origin}{provider.discovery_path}", **endpoints}

    def apps(self) -> list[App]:
        """Return every app."""
        return self.mock.apps.all()

    def app(self, client_id: str) -> App:
        """Return an app."""
        return self.mock.apps.get(client_id)

    def create_app(self, *, make_key: bool, members: Mapping[str, Any]) -> App:
        """Register an app."""
        return self.mock.apps.create(make_key=make_key, **members)

    def change_app(self, client_id: str, *, make_key: bool | None, members: Mapping[str, Any]) -> App:
        """Change an app."""
        return self.mock.apps.change(client_id, make_key=make_key, **members)

    def remove_app(self, client_id: str) -> App:
        """Forget an app."""
        return self.mock.apps.remove(client_id)

    def key(self, client_id: str) -> KeyPair:
        """Return an app's key pair."""
        pair = self.mock.apps.key(self.app(client_id))
        if pair is None:
            raise LookupError(f"the mock has no private key of app {client_id!r}: it was registered without one")
        return pair

    def jwks(self, client_id: str) -> dict[str, Any]:
        """Return an app's key set."""
        return self.mock.apps.jwks(self.app(client_id))

    def people(self) -> list[Person]:
        """Return everybody."""
        return self.mock.store.people.values()

    def put_person(self, person: Person) -> None:
        """Add a person."""
        self.mock.store.people.put((person.provider, person.id), person)

    def client_assertion(self, client_id: str, *, key: KeyPair | None, alterations: Alterations) -> str:
        """Sign a client assertion."""
        return self.mock.client_assertion(client_id, key=key or self.key(client_id), alterations=alterations)

    def id_token(self, provider: str, wanted: Wanted, alterations: Alterations) -> str:
        """Sign an id token."""
        return self.mock.id_token(provider, wanted, alterations)

    def log_in(self, authorize_url: str, *, user: str, outcome: str, level: str | None) -> str:
        """Log a person in, without a socket."""
        return self.mock.walk(authorize_url, user, outcome=outcome, level=level)

    def explain(self, value: str, *, role: str | None, token_url: str | None) -> Mapping[str, Any]:
        """Explain a value."""
        from mock_servers.control.explain import explain  # noqa: PLC0415 - Flask's part of it, for who explains
        from mock_servers.explain.verdict import ROLES  # noqa: PLC0415 - as above

        if role is not None and role not in ROLES:
            raise ValueError(f"as_ is {role!r}; allowed: {' or '.join(map(repr, ROLES))}")
        return explain(self.mock, value, role, token_url)

    def order_fault(self, fault: Fault) -> Fault:
        """Order a fault."""
        return self.mock.faults.order(fault)

    def faults(self) -> list[Fault]:
        """Return what is ordered."""
        return self.mock.faults.all()

    def remove_fault(self, number: int) -> None:
        """Take a fault back."""
        self.mock.faults.remove(number)

    def add_api(self, api: Api) -> None:
        """Put an API behind the gateway."""
        self.mock.add_api(api)

    @contextmanager
    def real_names(self, folder: Path) -> Iterator[RealNames]:
        """Be reached by real names; the certificate authority is made once a session."""
        from mock_servers.platform.real_names import throwaway  # noqa: PLC0415 - for who wants TLS

        if not self._prepared:
            self._prepared.append(throwaway(self.mock, folder))
        (prepared,) = self._prepared
        try:
            yield prepared.open_at(self.server)
        finally:
            prepared.close_at(self.server)

    def snapshot(self) -> Any:
        """Return the state."""
        return self.mock.snapshot()

    def restore(self, state: Any) -> None:
        """Put the state back."""
        self.mock.restore(state)


@contextmanager
def served(configuration: Configuration | None) -> Iterator[InProcess]:
    """Serve a mock on a free port until the block ends; neither a thread nor a socket is left over.

    Its keys are in the user's cache. Raises OSError or ValueError for what is configured amiss.
    """
    mock = MockPlatform(configuration, ring=KeyRing(cache_folder(os.environ)))
    with mock.serving() as server:
        yield InProcess(mock=mock, server=server)
