"""The mock as a target: started here, called only over HTTP, its time stopped.

The control API supplies apps, id tokens and time; the token endpoint is called as by any client.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, NoReturn, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa

from contract_tests.jwks_host import JwksHost
from contract_tests.jwts import RsaSigner, decode, public_jwk
from contract_tests.reach import Ability, Switch, need
from contract_tests.running_mock import control_headers
from contract_tests.target import App, Kind, Person
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


class MockTarget:
    """A running mock at `url`, its time stopped for the length of a `with` block.

    With stopped time a test can be exactly on a boundary. All apps are registered with one key, and apps and id tokens
    are reused for equal members.
    """

    kind = Kind.MOCK
    prefix = "/oauth2"
    redirect_uri = REDIRECT_URI

    def __init__(
        self,
        url: str,
        hosted: JwksHost,
        *,
        name: str = "mock",
        status_key: str = "status",
        without: frozenset[Ability] = frozenset(),
        switches: frozenset[Switch] = frozenset(),
    ) -> None:
        self.origin, self.name, self._status_key = url, name, status_key
        self.jwks_host = hosted
        self._without = without
        self.switches = switches
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
    def abilities(self) -> frozenset[Ability]:
        """Everything except what it is `without`.

        Faults need the control API; the management API needs the environment of its names.
        """
        proxy = "/v1/organizations/nhsd-nonprod/apis/canary-api-int/deployments"
        asked = {
            Ability.FAULTS: ("/_nhsauth/faults", control_headers()),
            Ability.ADMINISTRATION: (proxy, {"Authorization": "Bearer x"}),
        }
        lacking = {
            ability
            for ability, (path, headers) in asked.items()
            if self.send(HttpRequest(method="GET", path=path, headers=headers)).status != HTTPStatus.OK
        }
        return frozenset(Ability) - self._without - lacking

    @property
    def status_key(self) -> str:
        """The key of `/_status`, unless it is not known."""
        need(self.abilities, Ability.STATUS_KEY)
        return self._status_key

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

    def second(self) -> int:
        """Return the same: the mock's time stands."""
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

    @contextmanager
    def api(self, **members: Any) -> Iterator[None]:
        """Ask the control API for an API behind the gateway, and take it back."""
        self._control("POST", "/apis", members)
        try:
            yield
        finally:
            self._control("DELETE", f"/apis{members['path']}")

    @contextmanager
    def altered(self, person: Person, claims: Mapping[str, Any]) -> Iterator[None]:
        """Ask the control API for the claims, and put the person back as they were."""
        place = f"/users/{person.provider}/{person.user}"
        everybody = json.loads(
            self.send(HttpRequest(method="GET", path="/_nhsauth/users", headers=control_headers())).text
        )
        known = next(each for each in everybody if (each["provider"], each["id"]) == (person.provider, person.user))
        self._control("PUT", place, {**known, "claims": claims})
        try:
            yield
        finally:
            self._control("PUT", place, known)

    def app(self, members: Mapping[str, Any]) -> App:
        """Return the app of these members, registered at the first call."""
        return _kept(self._apps, members, lambda: self.new_app(members))

    def new_app(self, members: Mapping[str, Any]) -> App:
        """Register one more app of these members."""
        keys = {} if {"jwks", "jwks_url"} & members.keys() else {"jwks": {"keys": [self.jwk]}}
        wanted = {**_SOUND_APP, **keys, **members}
        app = self._control("POST", "/apps", {name: value for name, value in wanted.items() if value is not None})
        return App(client_id=app["client_id"], client_secret=wanted["client_secret"])

    def change_app(self, app: App, members: Mapping[str, Any]) -> None:
        """Ask the control API for it."""
        self._control("PATCH", f"/apps/{app.client_id}", members)

    def remove_app(self, app: App) -> None:
        """Ask the control API for it."""
        self._control("DELETE", f"/apps/{app.client_id}")

    def id_token_parts(self, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the id token that the mock makes by default."""
        return decode(self._id_token(person, {}))

    def id_token(self, person: Person, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Request an id token with the parts that differ from the mock's default."""
        sound_header, sound_claims = self.id_token_parts(person)
        dropped = [*(sound_claims.keys() - claims), *(f"header.{name}" for name in sound_header.keys() - header)]
        changes = {
            "headers": _difference(header, sound_header),
            "claims": _difference(claims, sound_claims),
            "without": sorted(dropped),
        }
        return self._id_token(person, {name: value for name, value in changes.items() if value})

    def signed(self, id_token: str) -> bool:
        """Whether this is one of the requested id tokens."""
        return id_token in self._id_tokens.values()

    def send(self, request: HttpRequest) -> Answer:
        """Send over the kept connection of the thread."""
        return self._wire.send(request)

    def code(self, person: Person, app: App) -> str:
        """Ask for a log-in without its form."""
        wanted = {
            "provider": person.provider,
            "user": person.user,
            "client_id": app.client_id,
            "redirect_uri": REDIRECT_URI,
        }
        return str(self._control("POST", "/log-ins", wanted)["code"])

    def log_in(self, authorize: HttpRequest, person: Person) -> list[str]:
        """Log the person in without a form, by the mock's own parameter for that."""
        return self.visit(authorize, person)[0]

    def visit(self, authorize: HttpRequest, person: Person) -> tuple[list[str], str]:
        """Do the same, and return the browser's cookies as well."""
        next_path, stops, cookies = f"{authorize.path}&nhsauth_user={person.user}", list[str](), list[str]()
        while next_path:
            answer = self.send(HttpRequest(method="GET", path=next_path, headers={}))
            stops.append(answer.headers.get("location", ""))
            cookies += [set_cookie.partition(";")[0] for set_cookie in filter(None, [answer.headers.get("set-cookie")])]
            next_path = stops[-1].removeprefix(self.origin) if stops[-1].startswith(self.origin) else ""
        return stops, "; ".join(cookies)

    @property
    def last(self) -> Answer | None:
        """The answer that came last on any connection."""
        return self._wire.last

    @property
    def last_request(self) -> HttpRequest | None:
        """The request that it answers."""
        return self._wire.last_request

    def refuse(self, reason: str) -> NoReturn:
        """Fail: at the mock everything can be prepared."""
        raise AssertionError(reason)

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
        headers |= control_headers()
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
