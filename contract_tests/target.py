"""Whom the contract is asked of: a protocol that any environment can meet, and the mock as one of them.

The mock is spoken to over HTTP alone: its token endpoint like any client, its control API for apps, id tokens, time.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, Protocol, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa

from contract_tests.jwks_host import JwksHost
from contract_tests.jwts import RsaSigner, decode, public_jwk
from contract_tests.wire import Answer, HttpRequest, Wire

APP_NAME = "Contract tests"
REDIRECT_URI = "https://app.example/callback"
_SOUND_APP: Mapping[str, Any] = {
    "name": APP_NAME,
    "client_secret": "contract-secret",
    "quota_per_minute": 0,
    "redirect_uris": [REDIRECT_URI],
}
_T = TypeVar("_T")


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
    """An environment that answers as the identity service does, and what a test can ask of its surroundings."""

    @property
    def origin(self) -> str:
        """Scheme and host, without a slash at the end."""

    @property
    def abilities(self) -> frozenset[str]:
        """What not every target can do, by name: `faults`."""

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

    def at(self, moment: int) -> AbstractContextManager[None]:
        """Move the target's time for the length of a block."""

    def fault(self, **members: Any) -> AbstractContextManager[None]:
        """Let something fail behind the target for the length of a block; the members are the control API's."""

    def app(self, members: Mapping[str, Any]) -> App:
        """Return an app that is sound but for these members; a member of None is left out. Equal members, one app."""

    def new_app(self, members: Mapping[str, Any]) -> App:
        """Return an app as `app` does, but one that no other test has."""

    def id_token_parts(self, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims of a sound id token, to be changed at will."""

    def id_token(self, person: Person, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return an id token of these parts with the provider's own signature."""

    def send(self, request: HttpRequest) -> Answer:
        """Send a request and follow no redirect."""

    def log_in(self, authorize: HttpRequest, person: Person) -> list[str]:
        """Send a person's browser to an authorization request; return where it is sent on to, the application last."""


class MockTarget:
    """A running mock at `url`, its time stopped for the length of a `with` block.

    Stopped time is what lets a test stand exactly on a boundary. All apps are registered with one key, and apps and id
    tokens are kept by what they are made of.
    """

    def __init__(self, url: str, hosted: JwksHost) -> None:
        self.origin = url
        self.jwks_host = hosted
        self._wire = Wire(url)
        self._apps: dict[str, App] = {}
        self._id_tokens: dict[str, str] = {}
        self._moment = int(time.time())

    def __enter__(self) -> Self:
        self._stop_clock()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._control("DELETE", "/clock")
        finally:
            self._wire.close()

    @cached_property
    def abilities(self) -> frozenset[str]:
        """Asks the control API for its faults; one that knows none says 404."""
        answer = self.send(HttpRequest(method="GET", path="/_nhsauth/faults", headers={}))
        return frozenset({"faults"} if answer.status == HTTPStatus.OK else ())

    @cached_property
    def signer(self) -> RsaSigner:
        """Generates its key when first asked for.

        2048 bits, where the platform asks its users for 4096: a signature takes a sixth of the time.
        """
        return RsaSigner(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @cached_property
    def jwk(self) -> Mapping[str, str]:
        """The public half of `signer`."""
        return public_jwk(self.signer.key.public_key(), "contract-tests-1")

    @cached_property
    def foreign_signer(self) -> RsaSigner:
        """Generates its key when first asked for."""
        return RsaSigner(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @cached_property
    def short_signer(self) -> RsaSigner:
        """Generates its key when first asked for."""
        too_short = 1024
        return RsaSigner(key=rsa.generate_private_key(public_exponent=65537, key_size=too_short))

    def now(self) -> int:
        """Return the moment at which the mock's time stands."""
        return self._moment

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Let the mock's time stand at another moment for the length of a block."""
        before, self._moment = self._moment, moment
        self._stop_clock()
        try:
            yield
        finally:
            self._moment = before
            self._stop_clock()

    @contextmanager
    def fault(self, **members: Any) -> Iterator[None]:
        """Ask the control API for a fault, and take it back."""
        fault = self._control("POST", "/faults", members)
        try:
            yield
        finally:
            self._control("DELETE", f"/faults/{fault['id']}")

    def app(self, members: Mapping[str, Any]) -> App:
        """Return the app of these members, registered at the first call."""
        return _kept(self._apps, members, lambda: self.new_app(members))

    def new_app(self, members: Mapping[str, Any]) -> App:
        """Register one more app of these members."""
        keys = {} if {"jwks", "jwks_url"} & members.keys() else {"jwks": {"keys": [self.jwk]}}
        wanted = {**_SOUND_APP, **keys, **members}
        app = self._control("POST", "/apps", {name: value for name, value in wanted.items() if value is not None})
        return App(client_id=app["client_id"], client_secret=wanted["client_secret"])

    def id_token_parts(self, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the id token that the mock makes of its own accord."""
        return decode(self._id_token(person, {}))

    def id_token(self, person: Person, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Ask for the parts that differ from the token which the mock makes of its own accord."""
        sound_header, sound_claims = self.id_token_parts(person)
        dropped = [*(sound_claims.keys() - claims), *(f"header.{name}" for name in sound_header.keys() - header)]
        changes = {
            "headers": _difference(header, sound_header),
            "claims": _difference(claims, sound_claims),
            "without": sorted(dropped),
        }
        return self._id_token(person, {name: value for name, value in changes.items() if value})

    def send(self, request: HttpRequest) -> Answer:
        """Send over the kept connection of the thread."""
        return self._wire.send(request)

    def log_in(self, authorize: HttpRequest, person: Person) -> list[str]:
        """Log the person in without a form, by the mock's own parameter for that."""
        next_path, stops = f"{authorize.path}&nhsauth_user={person.user}", list[str]()
        while next_path:
            answer = self.send(HttpRequest(method="GET", path=next_path, headers={}))
            stops.append(answer.headers.get("location", ""))
            next_path = stops[-1].removeprefix(self.origin) if stops[-1].startswith(self.origin) else ""
        return stops

    def _id_token(self, person: Person, changes: Mapping[str, Any]) -> str:
        wanted = {"provider": person.provider, "user": person.user, "level": person.level, **changes}

        def mint() -> str:
            return str(self._control("POST", "/id-tokens", wanted)["id_token"])

        return _kept(self._id_tokens, {**wanted, "at": self._moment}, mint)

    def _stop_clock(self) -> None:
        moment = datetime.fromtimestamp(self._moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._control("PUT", "/clock", {"now": moment, "frozen": True})

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers, text = ({}, "") if body is None else ({"Content-Type": "application/json"}, json.dumps(body))
        answer = self.send(HttpRequest(method=method, path=f"/_nhsauth{path}", headers=headers, body=text))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.text.strip()}")
        return answer.json


def _difference(wanted: Mapping[str, Any], sound: Mapping[str, Any]) -> dict[str, Any]:
    # False equals 0 and 1.0 equals 1 in Python, not in JSON.
    return {
        name: value
        for name, value in wanted.items()
        if name not in sound or json.dumps(value) != json.dumps(sound[name])
    }


def _kept(kept: dict[str, _T], members: Mapping[str, Any], make: Callable[[], _T]) -> _T:
    key = json.dumps(members, sort_keys=True)
    if key not in kept:
        kept[key] = make()
    return kept[key]
