"""A refused exchange as finders see it: the request, what the rules learned of it, and what the mock knows besides.

Everything here is read-only and decides nothing: the answer has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mock_servers.diagnosis.client_traits import Traits
from mock_servers.diagnosis.clock import TimeBy
from mock_servers.diagnosis.unverified_claims import is_of_provider
from mock_servers.jose import javascript, jwks, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwks import FetchedJwks, Fetcher, UnreachableError
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.keys import KeyPair
from mock_servers.journal import provenance
from mock_servers.journal.journal import Journal
from mock_servers.journal.provenance import FindInOtherWorlds, no_other_world
from mock_servers.journal.record import Record
from mock_servers.provider.provider import Provider
from mock_servers.rules import Problem, Refusal, Rule, ServiceError, UnknownError
from mock_servers.settings.real_host import Hosts
from mock_servers.state import registration
from mock_servers.state.app import App
from mock_servers.state.grant import Issued, fingerprint
from mock_servers.state.store import Store
from mock_servers.wire.origins import Origins
from mock_servers.wire.request import Request

RowOf = Callable[[Problem], ServiceError]

_JWT_FIELDS: Final = {
    "client_assertion": "client assertion",
    "assertion": "client assertion",
    "subject_token": "id_token",
}
"""The kind of value of each field, in the words of provenance."""


def _offline(url: str) -> bytes:
    raise UnreachableError(f"there is no way to fetch {url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the mock knows besides a request; read-only for finders.

    `environment` is the platform's, `origins` are the mock's own names, `hosts` the real ones. `audiences` are accepted
    as `aud` besides the URL that was called. `providers` are those that the service trusts, or is, and `issuers`
    returns their trusted names. `jwks_url_of` returns where an app's key set is, and `fetch` gets it; `loaded_keys` are
    the key pairs in the mock's memory, by name. `is_all`: what is not known here does not exist; of a real service only
    a part is known. `elsewhere` finds what another world of the server has issued. `time_by` is whose clock the
    case's time is from, and `client_clock` is what the client's own read when it sent the request, where that is known.
    """

    store: Store
    journal: Journal
    environment: str = ""
    origins: Origins = field(default_factory=Origins)
    hosts: Hosts = field(default_factory=Hosts)
    audiences: tuple[str, ...] = ()
    providers: tuple[Provider, ...] = ()
    jwks_url_of: Callable[[App], str] = lambda app: app.jwks_url or ""
    fetch: Fetcher = _offline
    issuers: Callable[[], Sequence[str]] = list
    loaded_keys: Callable[[], Mapping[str, KeyPair]] = dict
    is_all: bool = True
    elsewhere: FindInOtherWorlds = no_other_world
    time_by: TimeBy = "service"
    client_clock: float | None = None

    def app(self, client_id: Any) -> App | None:
        """Return the app with this API key, if it is known; `is_all` says whether others can exist."""
        try:
            return self.store.apps.get(client_id) if isinstance(client_id, str) else None
        except UnknownError:
            return None

    def owner_of(self, url: str) -> App | None:
        """Return the app whose key set is at a URL."""
        apps = registration.at_url(self.store, url)
        return next((app for app in apps if app.has_keys and self.jwks_url_of(app) == url), None)

    def issued(self, value: str) -> Issued | None:
        """Return where a value came from, when the mock issued or registered it."""
        return provenance.recognise(self.store, fingerprint(value))

    def before(self, record: Record) -> Iterable[Record]:
        """Return the exchanges before this one that are kept, the newest first."""
        return self.journal.before(record)

    def key_set(self, app: App) -> FetchedJwks | None:
        """Return an app's key set as the service keeps it, else as the mock serves it; no other host is called."""
        if not app.has_keys:
            return None
        url = self.jwks_url_of(app)
        kept = self.store.jwks.get(("app", url))
        if kept is not None or not any(url.startswith(f"{origin}/") for origin in self.origins):
            return kept
        return self.served(url)

    def served(self, url: str) -> FetchedJwks | None:
        """Return the present key set of a URL; `None` if it cannot be reached."""
        try:
            return jwks.read(self.fetch(url), 0, url)
        except UnreachableError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A refused exchange.

    `learned` holds what the rules learned, by the exchange's field. `tokens` are the JWTs of the form by field, without
    those that the mock issued as something else. `ahead` are the rules that refused or did not run, in their order;
    `later` are the names of those of every grant, if none was selected yet: the request is `unrouted`. `jti_spent`: the
    assertion cannot be sent again, even when the cause is cured. `traits` describe the library that made it. `key_set`
    is the app's: the one that was or would have been used.
    """

    record: Record
    request: Request
    refusal: Refusal
    ahead: tuple[Rule[Any], ...]
    later: tuple[str, ...] = ()
    jti_spent: bool = False
    learned: Mapping[str, Any]
    known: Known
    row: RowOf
    tokens: Mapping[str, Jwt]
    traits: Traits = field(default_factory=Traits)
    key_set: FetchedJwks | None = None

    @property
    def unrouted(self) -> bool:
        """Whether the request was refused before any grant was chosen."""
        return bool(self.later)

    @property
    def now(self) -> float:
        """The time of the check, in seconds since 1970."""
        return self.record.at

    @property
    def assertion(self) -> Jwt | None:
        """The client assertion, when it is a JWT."""
        return self.tokens.get("client_assertion")

    @property
    def subject(self) -> Jwt | None:
        """The subject token, when it is a JWT."""
        return self.tokens.get("subject_token")

    def form(self, name: str) -> str | None:
        """Return a form parameter; an empty one counts as absent."""
        return self.request.form.get(name)

    def issued(self, name: str) -> Issued | None:
        """Return where a form parameter's value came from, when the mock issued or registered it."""
        return self.known.issued(self.form(name) or "")

    def header(self, name: str) -> Any:
        """Return a member of the assertion's header; UNDEFINED without one, or without an assertion."""
        return self.assertion.header.get(name, UNDEFINED) if self.assertion is not None else UNDEFINED

    def claim(self, name: str) -> Any:
        """Return a claim of the assertion; UNDEFINED without one, or without an assertion."""
        return self.assertion.claims.get(name, UNDEFINED) if self.assertion is not None else UNDEFINED

    def seconds(self, name: str) -> float | None:
        """Return a time among the assertion's claims, when it is a number."""
        value = self.claim(name)
        return javascript.number(value) if javascript.is_number(value) else None

    @property
    def app(self) -> App | None:
        """The requesting app: as the rules found it, else the one that the request names, if the service knows it."""
        found = self.learned.get("app")
        if isinstance(found, App):
            return found
        named = self.claim("sub") if self.assertion is not None else self.request.form.get("client_id")
        app = self.known.app(named)
        return app if app is not None and self._knows(app) else None

    def _knows(self, app: App) -> bool:
        provider = next((each for each in self.known.providers if each.name == self.record.service), None)
        return app.known_in(self.known.environment) if provider is None else app.known_at(provider.knows_as)

    def refused_by(self, *rules: str) -> bool:
        """Whether one of these rules is the one that objected."""
        return self.refusal.rule in rules


def tokens_of(request: Request, known: Known) -> dict[str, Jwt]:
    """Return the JWTs of a form by field, without those that belong elsewhere by provenance or by their own claims."""
    found = {name: _token(request, known, name, kind) for name, kind in _JWT_FIELDS.items()}
    return {name: jwt for name, jwt in found.items() if jwt is not None}


def _token(request: Request, known: Known, name: str, kind: str) -> Jwt | None:
    try:
        sent = request.form.get(name) or ""
        issued = known.issued(sent)
    except UnknownError:
        return None
    jwt = jwts.decoded(sent) if issued is None or issued.kind == kind else None
    if jwt is not None and kind != "id_token" and issued is None and is_of_provider(jwt):
        return None
    return jwt
