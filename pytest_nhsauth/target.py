"""The interface of a mock for the fixtures, which the mock itself and `remote` implement."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.settings.control import ControlSettings

if TYPE_CHECKING:
    from mock_servers.identity_provider.log_ins import LogInRequest
    from mock_servers.jose.jwts import Alterations
    from mock_servers.jose.keys import KeyPair
    from mock_servers.journal.journal import Tally
    from mock_servers.journal.record import Record
    from mock_servers.real_hosts.variables import RealNames
    from mock_servers.state.app import App
    from mock_servers.state.configuration import Api, Configuration
    from mock_servers.state.fault import Fault
    from mock_servers.state.person import Person


class ServerDiedError(RuntimeError):
    """The mock no longer answers. The message says why it died, or why it cannot be reached."""


class Timepiece(Protocol):
    """The service's time, in seconds since 1970."""

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        ...

    def now(self) -> float:
        """Return it."""
        ...

    def set(self, moment: float, *, frozen: bool = False) -> None:
        """Put it at a moment, from where it runs on unless `frozen`."""
        ...

    def advance(self, seconds: float) -> None:
        """Move it forward; a stopped clock stays stopped."""
        ...

    def reset(self) -> None:
        """Let it follow the machine's time again."""
        ...


class Journal(Protocol):
    """The exchanges that are kept."""

    def kept(self) -> list[Record]:
        """Return them, oldest first."""
        ...

    def __len__(self) -> int: ...

    def clear(self) -> None:
        """Forget them; numbers go on rising."""
        ...

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Wait until the exchanges are as wanted, for at most `timeout` seconds; return whether they are."""
        ...

    def tally(self) -> Tally:
        """Return how many there were since the session started, including removed ones."""
        ...


class Apps(Protocol):
    """The registered apps."""

    def all(self) -> list[App]:
        """Return every app, the oldest first."""
        ...

    def get(self, client_id: str) -> App:
        """Return an app. Raises NoSuchAppError."""
        ...

    def create(self, *, make_key: bool = ..., **members: Any) -> App:
        """Register an app; missing members are generated. Raises AppExistsError."""
        ...

    def change(self, client_id: str, *, make_key: bool | None = ..., **members: Any) -> App:
        """Change members of an app. Raises NoSuchAppError."""
        ...

    def remove(self, client_id: str) -> App:
        """Forget an app. Raises NoSuchAppError."""
        ...

    def key_pair(self, client_id: str) -> KeyPair:
        """Return the key pair that the mock holds for an app. Raises LookupError if it holds, or returns, none."""
        ...

    def jwks(self, app: App) -> dict[str, Any]:
        """Return the public keys of an app that the mock serves."""
        ...


class Faults(Protocol):
    """The ordered faults."""

    def order(self, fault: Fault) -> Fault:
        """Order a fault, and return it with its number."""
        ...

    def all(self) -> list[Fault]:
        """Return the ordered faults, the oldest first."""
        ...

    def remove(self, number: int) -> None:
        """Take a fault back. Raises LookupError."""
        ...


class Target(Protocol):
    """A mock. Every call raises ServerDiedError once it no longer answers."""

    @property
    def url(self) -> str:
        """Its base URL, without a slash at the end."""
        ...

    @property
    def control_url(self) -> str:
        """Where its control API and its pages are: `…/_nhsauth`, without a slash at the end."""
        ...

    @property
    def death(self) -> str | None:
        """Why it no longer answers, in a sentence; None while it answers, as far as is known."""
        ...

    @property
    def clock(self) -> Timepiece:
        """Its time."""
        ...

    @property
    def exchanges(self) -> Journal:
        """Its requests and answers."""
        ...

    @property
    def apps(self) -> Apps:
        """The registered apps."""
        ...

    @property
    def faults(self) -> Faults:
        """The ordered faults."""
        ...

    def provider_urls(self, name: str) -> Mapping[str, str]:
        """Return a provider's `issuer`, `discovery`, `authorize`, `token`, `userinfo`, `jwks`, and any `end_session`.

        Raises LookupError.
        """
        ...

    def people(self) -> list[Person]:
        """Return all people."""
        ...

    def put_person(self, person: Person) -> None:
        """Add a person, replacing the one with the same provider and id."""
        ...

    def client_assertion(self, client_id: str, *, key: KeyPair | None = ..., alterations: Alterations = ...) -> str:
        """Sign a client assertion for the platform's token URL, with `key` or the app's own. Raises LookupError."""
        ...

    def id_token(self, provider: str, wanted: LogInRequest, alterations: Alterations = ...) -> str:
        """Sign an id token. Raises LookupError for an unknown app, person or provider, LevelError."""
        ...

    def log_in(self, authorize_url: str, *, user: str, outcome: str = ..., level: str | None = ...) -> str:
        """Log a person in and return the redirect that ends it. Raises ValueError, LogInError."""
        ...

    def explain(self, value: str, *, role: str | None = ..., token_url: str | None = ...) -> Mapping[str, Any]:
        """Return what a value is and how the service would judge it. Raises ValueError for an unknown role."""
        ...

    def add_api(self, api: Api) -> Api:
        """Put an API behind the gateway. Raises ValueError when its path is taken."""
        ...

    def real_names(self, folder: Path) -> AbstractContextManager[RealNames]:
        """Be reached by the real host names until the block ends; files may go into `folder`. Raises LookupError."""
        ...

    def snapshot(self) -> Any:
        """Return the mock's state, for `restore`."""
        ...

    def restore(self, state: Any) -> None:
        """Restore apps, people, tokens, clock and everything else, and empty the journal. Keys stay."""
        ...


@contextmanager
def served(configuration: Configuration | None) -> Iterator[Target]:
    """Serve a mock on a free port until the block ends, without leaving a thread or a socket.

    Its keys are in the user's cache. Raises OSError or ValueError for an invalid configuration.
    """
    from mock_servers.mock import Mock  # noqa: PLC0415 - its 50 ms are only for a mock in this process

    if configuration is not None:
        configuration = replace(configuration, control=ControlSettings())  # nobody else has this mock
    mock = Mock(configuration, ring=KeyRing(cache_folder(os.environ)))
    with mock.serving():
        yield mock
