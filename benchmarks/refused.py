"""Whether refusals slow down as tables fill: with thousands of everything remembered, each beside one with nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from random import Random
from typing import Any, Final

from benchmarks.bench import Bench
from benchmarks.figure import Figure, milliseconds, not_here, times
from benchmarks.measuring import Sample
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.mock import Mock
from mock_servers.state.app import App
from mock_servers.state.grant import (
    AccessToken,
    AuthorizationCode,
    Issued,
    PendingAuthorization,
    RefreshToken,
    Session,
    fingerprint,
)
from mock_servers.state.log_in import LogIn
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.person import Person
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.store import KINDS, Store
from mock_servers.state.table import Backend, Content
from mock_servers.state.valkey import open_valkey
from pytest_nhsauth.logs import kept_apart
from tests.mock_servers.state import valkeys

MANY: Final = 10_000
_GOAL: Final = 2.0
_APP: Final = "nhsauth-app"
_SECRET: Final = {"client_id": _APP, "client_secret": "nhsauth-secret"}
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_Ask = Callable[[], tuple[str, Mapping[str, str] | None, str | None]]
"""Makes a request that is refused: URL, form and bearer token."""


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    found: list[Figure] = []
    for opened, name in ((_memory, "memory"), (_sqlite, "SQLite"), (_valkey, "Valkey")):
        with kept_apart(), opened(bench, "full") as one, opened(bench, "empty") as other:
            if one is None or other is None:
                found.append(not_here(f"a refusal in {name}", f"≤ {_GOAL:g}", needs="valkey-server or redis-server"))
            else:
                found += _of(bench, name, one, other)
    return found


def _of(bench: Bench, name: str, one: Backend, other: Backend) -> Iterator[Figure]:
    ring = KeyRing(bench.keys)
    full, empty = (Mock(ring=ring, backend=each) for each in (one, other))
    for platform in (full, empty):
        platform.apps.change(_APP, quota_per_minute=0)
    for table, entries in _filled(full.store).items():
        one.restore({table: entries})  # one at a time: a Valkey is given a second for each step
    stranger = ring.pair("benchmarks-other", bits=2048)
    asked = _refusals(full, stranger), _refusals(empty, stranger)
    for words in asked[0]:
        turns = bench.in_turn(
            min(bench.effort.calls, 200), _sample(full, asked[0][words]), _sample(empty, asked[1][words])
        )
        yield Figure(
            name=f"{words}, explained, in {name}: {MANY:,} of everything",
            measured=milliseconds(turns.median(0)),
            beside=f"{milliseconds(turns.median(1))} with empty tables",
            ratio=times(turns.ratio()),
            goal=f"≤ {_GOAL:g}",
            met=turns.ratio() <= _GOAL,
        )


def _sample(platform: Mock, ask: _Ask) -> Sample:
    def sample() -> float:
        url, form, bearer = ask()
        begun = time.perf_counter()
        status, _, body = platform.in_process.visit(url, form, bearer)
        findings = platform.exchanges.last.findings
        taken = time.perf_counter() - begun
        if status < 400 or not findings:  # noqa: PLR2004 - or what was measured is no explained refusal
            raise AssertionError(f"{url} answered {status}: {body!r}")
        return taken

    return sample


def _refusals(platform: Mock, stranger: KeyPair) -> dict[str, _Ask]:
    token_url, session = platform.token_url, _token_exchange(platform)

    def asserted(**more: Any) -> _Ask:
        def ask() -> tuple[str, Mapping[str, str], None]:
            assertion = platform.client_assertion(_APP, **more)
            form = {"grant_type": "client_credentials", "client_assertion_type": _ASSERTION}
            return token_url, {**form, "client_assertion": assertion}, None

        return ask

    unknown = {"iss": "0123456789abcdefghijABCDEFGHIJKL", "sub": "0123456789abcdefghijABCDEFGHIJKL"}
    refresh = {"grant_type": "refresh_token", **_SECRET, "refresh_token": session["refresh_token"][:-4]}
    code = {"grant_type": "authorization_code", **_SECRET, "code": "Ab1Cd2Ef", "redirect_uri": "https://app.example/"}
    return {
        "an API key that nobody has": asserted(alterations=Alterations(claims=unknown)),
        "a signature by another's key": asserted(key=stranger),
        "a refresh token cut off": lambda: (token_url, refresh, None),
        "a code that nobody issued": lambda: (token_url, code, None),
        "a bearer token cut off": lambda: (
            f"{platform.url}/hello-world/hello/user",
            None,
            session["access_token"][:-4],
        ),
    }


def _token_exchange(platform: Mock) -> dict[str, str]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": _ASSERTION,
        "client_assertion": platform.client_assertion(_APP),
        "subject_token": platform.id_token("cis2", LogInRequest(client_id=_APP)),
    }
    status, body = platform.in_process.call(platform.token_url, form)
    if status != 200:  # noqa: PLR2004 - or there is nothing to refuse later
        raise AssertionError(body)
    content: dict[str, str] = json.loads(body)
    return content


def _filled(store: Store) -> Content:
    """Return what is there with thousands of everything besides."""
    random, now = Random(0), time.time()  # noqa: S311 - not a secret, and the same each time
    app = store.apps.values()[0]
    content = {name: [*values] for name, values in store.snapshot().items()}
    for number in range(MANY):
        for table, key, value in _entries(random, now, number, app):
            content[table].append((key, value))
    return content


def _entries(random: Random, now: float, number: int, app: App) -> Iterator[tuple[str, Any, Any]]:
    value = "".join(random.choices(_LETTERS, k=32))
    person = Person(provider="cis2", id=f"{number:012d}", level="aal3")
    session = Session(
        id=value, provider="cis2", subject=person.id, issued_at=now, lifetime=43_200, refresh_lifetime=43_200
    )
    log_in = LogIn(provider="cis2", person=person, level="aal3", client_id=_APP, at=now, session_id=value)
    token: dict[str, Any] = {"client_id": app.client_id, "environment": "int", "scopes": app.scopes[:1]}
    jwk = {"kty": "RSA", "kid": value, "n": _number(random), "e": "AQAB"}
    yield "apps", value, App(client_id=value, client_secret=value[::-1], name=f"app {number}", jwks={"keys": [jwk]})
    yield "people", (person.provider, person.id), person
    yield "jtis", ("int", _APP, value), now
    yield "jwks", ("app", f"https://{value}/"), FetchedJwks(at=now, url=f"https://{value}/", keys=(jwk,))
    yield "codes", value, AuthorizationCode(log_in=log_in, redirect_uri="https://app.example/", expires_at=now)
    yield "access_tokens", value[:28], AccessToken(**token, issued_at=now, expires_at=now + 600, session=session)
    yield "refresh_tokens", value, RefreshToken(**token, session=session, count=0, expires_at=now, family=value)
    yield (
        "pending",
        value,
        PendingAuthorization(
            mount="/oauth2",
            environment="int",
            client_id=_APP,
            scopes=app.scopes,
            redirect_uri="https://app.example/",
            state=value,
            provider="cis2",
            base="http://127.0.0.1:8080",
            callback_uri="http://127.0.0.1:8080/oauth2/callback",
            expires_at=now,
        ),
    )
    issued = Issued(kind="access token", issuer="the platform", client_id=_APP, person=None, at=now, expires_at=now)
    yield "issued", fingerprint(value), issued


def _number(random: Random) -> str:
    """Return a modulus of 2048 bits, as a JWK writes it; nobody has its factors."""
    return "".join(random.choices(_LETTERS, k=342))


@contextmanager
def _memory(_: Bench, __: str) -> Iterator[Backend | None]:
    yield MemoryBackend()


@contextmanager
def _sqlite(bench: Bench, name: str) -> Iterator[Backend | None]:
    with closing(open_sqlite(bench.folder / f"{name}.db", KINDS)) as backend:
        yield backend


@contextmanager
def _valkey(_: Bench, name: str) -> Iterator[Backend | None]:
    if valkeys.PROGRAM is None:
        yield None
        return
    with valkeys.started() as server, closing(open_valkey(server.url, name, KINDS, shown=server.url)) as backend:
        yield backend
