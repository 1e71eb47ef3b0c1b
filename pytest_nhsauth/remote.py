"""A mock in another process (`nhsauth serve`, a container), used over its control API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mock_servers.apim import assertions
from mock_servers.configuration.reading import for_world
from mock_servers.identity_provider import headless
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.journal.finding import Finding
from mock_servers.journal.journal import Tally
from mock_servers.journal.record import Examination, Record, RecordedError
from mock_servers.rules import Refusal, ServiceError
from mock_servers.state.app import App
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.fault import Fault
from mock_servers.state.person import Person
from mock_servers.state.registration import NoSuchAppError
from mock_servers.state.world import PREFIX, ROOT
from pytest_nhsauth.control_api import CONTROL, ControlApi, NotAMockError, NotFoundError, Proxy, session
from pytest_nhsauth.target import ServerDiedError

__tracebackhide__ = True  # shown where the test asks for it

if TYPE_CHECKING:
    from mock_servers.real_hosts.variables import RealNames

_POLL_SECONDS: Final = 0.02
"""Seconds between two reads of the journal of a mock elsewhere."""


class RemoteClock:
    """The mock's time; each reading is a call."""

    def __init__(self, control: ControlApi) -> None:
        self._control = control

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._control.ask("GET", "/clock")["frozen"])

    def now(self) -> float:
        """Return it."""
        return float(self._control.ask("GET", "/clock")["seconds"])

    def set(self, moment: float, *, frozen: bool = False) -> None:
        """Put it at a moment."""
        self._control.ask("PUT", "/clock", {"now": moment, "frozen": frozen})

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self._control.ask("PUT", "/clock", {"advance": seconds})

    def reset(self) -> None:
        """Let it follow the time of the machine that it runs on."""
        self._control.ask("DELETE", "/clock")


class RemoteJournal:
    """The mock's exchanges, read again at each call; it counts those that it has seen."""

    def __init__(self, control: ControlApi) -> None:
        self._control = control
        self._is_open = True
        self._seen = max((record.id for record in self._after(0, limit=1)), default=0)
        self._tally = Tally()

    def close(self) -> None:
        """Read for the last time; later calls use what was read."""
        self.tally()
        self._is_open = False

    def kept(self) -> list[Record]:
        """Return the exchanges that are kept."""
        records = self._after(0)
        self._count(records)
        return records

    def __len__(self) -> int:
        return len(self.kept())

    def clear(self) -> None:
        """Empty it."""
        self.tally()
        self._control.ask("DELETE", "/exchanges")

    def wait(self, holds: Callable[[list[Record]], bool], timeout: float) -> bool:
        """Look again and again; the number of looks is the limit, since a test may stop the time of this process."""
        for _ in range(int(timeout / _POLL_SECONDS)):
            if holds(self.kept()):
                return True
            time.sleep(_POLL_SECONDS)
        return holds(self.kept())

    def tally(self) -> Tally:
        """Return how many there were since the session started; of a mock that is gone, those that were seen."""
        with suppress(ServerDiedError):
            self._count(self._after(self._seen))
        return self._tally

    def _count(self, records: list[Record]) -> None:
        new = [record for record in records if record.id > self._seen]
        self._tally = Tally(
            exchanges=self._tally.exchanges + len(new),
            refused=self._tally.refused + sum(record.refusal is not None for record in new),
        )
        self._seen = max([self._seen, *(record.id for record in new)])

    def _after(self, number: int, **query: int) -> list[Record]:
        if not self._is_open:
            return []
        return [
            _record(reported) for reported in self._control.ask("GET", "/exchanges", query={"after": number, **query})
        ]


class RemoteApps:
    """The mock's apps. Their private keys are those that it gives out: the ones it made itself."""

    def __init__(self, control: ControlApi) -> None:
        self._control = control

    def all(self) -> list[App]:
        """Return every app."""
        return [self._app(reported) for reported in self._control.ask("GET", "/apps")]

    def get(self, client_id: str) -> App:
        """Return an app."""
        return self._app(self._about(client_id))

    def create(self, *, make_key: bool = True, **members: Any) -> App:
        """Register an app."""
        return self._app(self._control.ask("POST", "/apps", {**members, "make_key": make_key}))

    def change(self, client_id: str, *, make_key: bool | None = None, **members: Any) -> App:
        """Change an app."""
        keyed = {} if make_key is None else {"make_key": make_key}
        return self._app(self._about(client_id, "PATCH", {**members, **keyed}))

    def remove(self, client_id: str) -> App:
        """Forget an app."""
        app = self.get(client_id)
        self._about(client_id, "DELETE")
        return app

    def key_pair(self, client_id: str) -> KeyPair:
        """Return an app's key pair, as the mock gives it out."""
        kid = self.get(client_id).kid
        try:
            pem = self._control.ask("GET", f"{_path(client_id)}/private-key")
        except NotFoundError as withheld:
            raise LookupError(
                f"the mock at {self._control.url} gives out no private key of app {client_id!r}"
            ) from withheld
        return KeyPair(kid=kid or "", private=_unchecked(pem))

    def jwks(self, app: App) -> dict[str, Any]:
        """Return an app's key set."""
        return dict(self._about(app.client_id, below="/jwks"))

    def _about(
        self, client_id: str, method: str = "GET", body: Mapping[str, Any] | None = None, *, below: str = ""
    ) -> Any:
        with suppress(NotFoundError):
            return self._control.ask(method, f"{_path(client_id)}{below}", body)
        known = ", ".join(repr(app.client_id) for app in self.all()) or "no app at all"
        raise NoSuchAppError(f"no app has client_id {client_id!r}: there is {known}")

    def _app(self, expected: Mapping[str, Any]) -> App:
        own = expected["jwks_url"] is not None and expected["jwks_url"].startswith(
            f"{self._control.services}/_nhsauth/apps/"
        )
        members = _members(App, expected) | ({"jwks_url": None} if own else {})
        return App(**members, key_name=expected["kid"] or expected["client_id"] if expected["make_key"] else None)


class RemoteFaults:
    """The faults of the mock."""

    def __init__(self, control: ControlApi) -> None:
        self._control = control

    def order(self, fault: Fault) -> Fault:
        """Have the mock let something go wrong."""
        members = {
            each.name: getattr(fault, each.name) for each in fields(Fault) if each.name not in ("id", "seen", "used")
        }
        said = {name: value for name, value in members.items() if value is not None or name == "times"}
        return _fault(self._control.ask("POST", "/faults", said))

    def all(self) -> list[Fault]:
        """Return the ordered faults."""
        return [_fault(reported) for reported in self._control.ask("GET", "/faults")]

    def remove(self, number: int) -> None:
        """Take a fault back."""
        self._control.ask("DELETE", f"/faults/{number}")


class Remote:
    """A mock at a base URL."""

    def __init__(self, control: ControlApi) -> None:
        self.url = control.services
        self.control_url = f"{control.url}{CONTROL}"
        self.clock = RemoteClock(control)
        self.exchanges = RemoteJournal(control)
        self.apps = RemoteApps(control)
        self.faults = RemoteFaults(control)
        self._control = control
        self._real: Mapping[str, Any] | None = None

    @property
    def death(self) -> str | None:
        """Why nothing answers any more, as of the last call."""
        return self._control.death

    def provider_urls(self, name: str) -> Mapping[str, str]:
        """Return a provider's URLs, from the mock's status: the provider itself may be down."""
        known: Mapping[str, Mapping[str, str]] = self._control.ask("GET", "/status")["providers"]
        if name not in known:
            raise LookupError(f"provider {name!r} is none of {', '.join(known)}")
        return known[name]

    def people(self) -> list[Person]:
        """Return all people."""
        return [Person(**_members(Person, reported)) for reported in self._control.ask("GET", "/users")]

    def put_person(self, person: Person) -> None:
        """Add a person, or replace the one with the same id."""
        members = {each.name: getattr(person, each.name) for each in fields(Person)}
        self._control.ask("PUT", f"/users/{person.provider}/{quote(person.id, safe='')}", members)

    def client_assertion(
        self, client_id: str, *, key: KeyPair | None = None, alterations: Alterations = UNALTERED
    ) -> str:
        """Let the mock sign a client assertion; with a key of the test's own sign it here."""
        if key is None:
            body = {"client_id": client_id, "token_url": self._token_url, **_altered(alterations)}
            return str(self._control.ask("POST", "/client-assertions", body)["client_assertion"])
        return assertions.sign(
            client_id=client_id,
            audience=self._token_url,
            key=key,
            now=self.clock.now(),
            jti=str(uuid.uuid4()),
            alterations=alterations,
        )

    def id_token(self, provider: str, wanted: LogInRequest, alterations: Alterations = UNALTERED) -> str:
        """Have the mock sign an id token."""
        body = {
            "provider": provider,
            "user": wanted.user,
            "level": wanted.level,
            "client_id": wanted.client_id,
            "nonce": wanted.nonce,
            "base": self._real["providers"].get(provider) if self._real is not None else None,
            **_altered(alterations),
        }
        return str(self._control.ask("POST", "/id-tokens", body)["id_token"])

    def log_in(self, authorize_url: str, *, user: str, outcome: str = "ok", level: str | None = None) -> str:
        """Log a person in over HTTP, as a browser would."""
        if not self._is_own(authorize_url):
            raise ValueError(f"{authorize_url!r} is no URL of this mock, which is {self.url}")
        proxy = None if self._real is None else Proxy(url=self._real["proxy"], trusts=self._real["bundle"])
        visit, is_own = partial(self._control.visit, proxy=proxy), self._is_own
        return headless.log_in(visit, authorize_url, user, is_own=is_own, outcome=outcome, level=level)

    def explain(self, value: str, *, role: str | None = None, token_url: str | None = None) -> Mapping[str, Any]:
        """Have the mock explain a value."""
        given = {"value": value, "as": role, "token_url": token_url}
        explanation: Mapping[str, Any] = self._control.ask("POST", "/explain", given)
        return explanation

    def add_api(self, api: Api) -> Api:
        """Have the mock put an API behind its gateway; it must be able to reach it."""
        self._control.ask("POST", "/apis", {each.name: getattr(api, each.name) for each in fields(Api)})
        return api

    @contextmanager
    def real_names(self, folder: Path) -> Iterator[RealNames]:  # noqa: ARG002 - a mock elsewhere has files of its own
        """Return how clients reach it by real names. Raises LookupError if it has no TLS, or its files are not here."""
        from mock_servers.real_hosts.variables import read  # noqa: PLC0415 - only for TLS

        reported = _real_names(self._control)
        known = read(reported)
        self._real = reported
        try:
            yield known
        finally:
            self._real = None

    def snapshot(self) -> Any:
        """Let the mock store its state; the result is only the state's name."""
        return self._control.ask("POST", "/snapshots")["id"]

    def restore(self, state: Any) -> None:
        """Have the mock return to a state."""
        self.exchanges.tally()
        self._control.ask("POST", f"/snapshots/{state}/restore")

    @property
    def _token_url(self) -> str:
        return self._real["token_url"] if self._real is not None else f"{self.url}/oauth2/token"

    def _is_own(self, url: str) -> bool:
        if self._real is not None and urlsplit(url).scheme == "https" and urlsplit(url).hostname in self._real["hosts"]:
            return True
        return url.startswith((f"{self.url}/", f"{self.url}?"))


def _real_names(control: ControlApi) -> Mapping[str, Any]:
    """Return the mock's report of its real names. Raises LookupError if it has no TLS, or its files are not here."""
    from mock_servers.real_hosts.variables import read  # noqa: PLC0415 - only for TLS

    reported: Mapping[str, Any] | None = control.ask("GET", "/status").get("real_names")
    if reported is None:
        raise LookupError(f"the mock at {control.services} speaks no TLS: start it with nhsauth serve --tls")
    missing = next((path for path in read(reported).store.files if not path.is_file()), None)
    if missing is not None:
        raise LookupError(
            f"the mock at {control.services} has {missing}, which is not on this machine: share its folder"
        )
    return reported


def why_no_real_names(url: str, token: str | None = None) -> str | None:
    """Return why a running mock cannot be reached by the real host names; None if it can, or does not answer.

    `token` is the control token, as for `connected`.
    """
    base, _, name = url.partition(PREFIX)
    with session() as http, suppress(ServerDiedError, NotAMockError, ValueError):
        control = _located(ControlApi(base if name == ROOT else url, http, token=token))
        try:
            _real_names(control)
        except LookupError as reason:
            return str(reason)
    return None


@contextmanager
def connected(url: str, token: str | None = None, *, configuration: Configuration | None = None) -> Iterator[Remote]:
    """Use a running mock until the block ends, in a world of its own if the mock has worlds.

    The URL of a world selects that one, and the name `root` the mock itself, which all its users share. `token` is the
    control token: the root's or a team's, or that of the world that is selected. `configuration` is that of the new
    world, in place of the mock's. Raises ServerDiedError without an answer, NotAMockError, ValueError if there is no
    room for another world, or if the configuration cannot be that of a new world.
    """
    base, _, name = url.partition(PREFIX)
    with session() as http:
        control = _located(ControlApi(base if name == ROOT else url, http, token=token))
        if name and configuration is not None:
            raise ValueError(f"{url} has its configuration already, and nhsauth_settings has another: name {base}")
        with nullcontext(control) if name else _world(control, configuration) as own:
            remote = Remote(own)
            try:
                yield remote
            finally:
                remote.exchanges.close()


@contextmanager
def _world(control: ControlApi, configuration: Configuration | None) -> Iterator[ControlApi]:
    """Create a world, which is deleted when the block ends; a mock without worlds is used as it is."""
    name = _made(control, {} if configuration is None else {"config": for_world(configuration)})
    if name is None:
        if configuration is not None:
            raise ValueError(f"{control.url} has no worlds, so it cannot have the configuration of nhsauth_settings")
        yield control
        return
    try:
        yield control.below(f"{PREFIX}{name}")
    finally:
        with suppress(ServerDiedError, NotFoundError):  # it ended with its server, or was deleted
            control.ask("DELETE", f"/worlds/{name}")


def _made(control: ControlApi, wanted: Mapping[str, Any]) -> str | None:
    """Return the name of a new world; `None` if the mock has no worlds."""
    try:
        made = control.ask("POST", "/worlds", wanted)
    except (NotFoundError, NotAMockError):
        return None
    return str(made["name"]) if isinstance(made, dict) and "name" in made else None


def _located(control: ControlApi) -> ControlApi:
    try:
        return control.located()
    except (NotFoundError, ValueError) as refusal:
        raise NotAMockError(f"The mock at {control.url} cannot be used: {refusal}") from None


def _unchecked(pem: str) -> RSAPrivateKey:
    """Load a key that the mock made, without the check that takes a quarter of a second."""
    key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise NotAMockError("the mock's private key is no RSA key")
    return key


_UNKNOWN: Final = ServiceError(status=0, code="", sentence="", evidence="I", row="")
"""The row of a later refusal, which a mock elsewhere does not report."""


def _path(client_id: str) -> str:
    return f"/apps/{quote(client_id, safe='')}"


def _altered(alterations: Alterations) -> dict[str, Any]:
    return {
        "claims": dict(alterations.claims),
        "headers": dict(alterations.headers),
        "without": list(alterations.without),
    }


def _members(kind: type[Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an answer that a dataclass has; another version of the mock may have more."""
    known = {each.name: expected[each.name] for each in fields(kind) if each.name in expected}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}


def _fault(expected: Mapping[str, Any]) -> Fault:
    return Fault(**_members(Fault, expected))


def _record(expected: Mapping[str, Any]) -> Record:
    error = expected["error"]
    examined = Examination(
        headline=expected.get("headline") if expected.get("headline") != expected["diagnosis"] else None,
        answer=expected.get("answer"),
        findings=tuple(Finding(**_members(Finding, each)) for each in expected["findings"]),
        foreseen=tuple(Refusal(error=_UNKNOWN, rule="", policy="", diagnosis=each) for each in expected["then"]),
        advice=tuple(expected["advice"]),
    )
    return Record(
        id=expected["id"],
        at=datetime.fromisoformat(expected["at"]).timestamp(),
        service=expected["service"],
        method=expected["method"],
        path=expected["path"],
        status=expected["status"],
        request=expected["request"],
        response=expected["response"],
        sent={},
        client_id=expected["client_id"],
        message_id=expected["message_id"],
        refusal=RecordedError(**_members(RecordedError, error)) if error else None,
        diagnosis=expected["diagnosis"],
        _examined=examined,
    )
