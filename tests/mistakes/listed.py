"""Mistakes that clients make, as changes to a good request: alone, or two at a time, where they leave each other be."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.mock import Mock
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration

INTEGRATION: Final = "https://int.api.service.nhs.uk"
NOW: Final = 1_800_000_000.0
APP: Final = "nhsauth-app"
STRANGER: Final = "0123456789abcdefghijABCDEFGHIJKL"
REDIRECT: Final = "https://app.example/callback"
FORM: Final = "application/x-www-form-urlencoded"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
SECRET: Final = {"client_id": APP, "client_secret": "nhsauth-secret"}
WANTED: Final = LogInRequest(client_id=APP)


class World:
    """A platform in process, its clock stopped, and a client of it; each request finds it as it was at the start.

    With `real` the client calls the services by the names of their real hosts.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        explains: bool = True,
        random: Random | None = None,
        real: bool = False,
        configuration: Configuration | None = None,
    ) -> None:
        self.real = real
        clock = Clock()
        clock.set(NOW, frozen=True)
        self.platform = Mock(configuration or Configuration(diagnosis=explains), ring=ring, clock=clock, random=random)
        self.platform.apps.change(APP, redirect_uris=(REDIRECT,), cis2_auth_method="private_key_jwt")
        app = self.platform.apps.get(APP)
        self.platform.apps.add(replace(app, client_id=STRANGER, name="other", client_secret="other-secret"))
        self.key = self._key(app)
        self.other_key = ring.pair("benchmarks-other", bits=2048, kid=self.key.kid)
        self.http = Client(self.platform)
        self.platform.served_at(self.platform.url)
        for host in self.platform.names.hosts if real else ():
            self.platform.names.origins.add(host.origin)
        self.start = self.platform.snapshot()

    def _key(self, app: App) -> KeyPair:
        key = self.platform.apps.key(app)
        if key is None:
            raise LookupError(f"app {app.client_id!r} has no key of the mock's")
        return key

    def again(self) -> None:
        """Return to the start."""
        self.platform.restore(self.start)

    def publish_bare_key(self) -> None:
        """Register the app's key by hand, as most are: without alg and use."""
        (public,) = self.platform.apps.jwks(self.platform.apps.get(APP))["keys"]
        bare = {name: value for name, value in public.items() if name not in ("alg", "use")}
        self.platform.apps.change(APP, jwks={"keys": [bare]})

    @property
    def now(self) -> float:
        """The moment, in seconds since 1970."""
        return self.platform.clock.now()

    def origin(self, service: str = "oauth2") -> str:
        """Return by which name a provider, or the platform, is called."""
        provider = self.platform.providers.get(service)
        real = provider.provider.home if provider else INTEGRATION
        return real if self.real else self.platform.url

    def token_url(self, service: str) -> str:
        """Return the token endpoint of a provider, or of the platform."""
        provider = self.platform.providers.get(service)
        return f"{self.origin(service)}{provider.provider.endpoint('token') if provider else '/oauth2/token'}"

    def id_token(
        self, provider: str = "cis2", alterations: Alterations = UNALTERED, wanted: LogInRequest = WANTED
    ) -> str:
        """Return an id token, as after a log-in at a provider."""
        return self.platform.id_token(provider, wanted, alterations, base=self.origin(provider))

    def code_of(self, provider: str) -> str:
        """Log somebody in at a provider, and return its code."""
        return self.platform.issue_code(provider, WANTED, REDIRECT)

    def platform_code(self) -> str:
        """Log in through the platform, and return its code."""
        query = {"client_id": APP, "redirect_uri": REDIRECT, "response_type": "code", "state": "mine"}
        landed = self.platform.log_in(f"{self.origin()}/oauth2/authorize?{urlencode(query)}", user="656005750104")
        return dict(parse_qsl(urlsplit(landed).query))["code"]

    def refresh_token(self) -> str:
        """Exchange an id token, and return the refresh token."""
        answer = token_exchange(self).send()
        return str(answer.get_json()["refresh_token"])


@dataclass(slots=True, kw_only=True)
class Draft:
    """A request in the making: `jose` and `claims` of the assertion that is signed at the end, if one is `signed`.

    `finish` is what is done to the request once the assertion is in its form, `body` to the text of the form.
    """

    world: World
    path: str
    method: str = "POST"
    form: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    jose: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    key: KeyPair | None = None
    finish: list[Callable[[Draft], None]] = field(default_factory=list)
    content_type: str = FORM
    service: str = "oauth2"
    body: Callable[[str], bytes | str] = str

    def send(self) -> TestResponse:
        """Sign, finish and send."""
        if self.key is not None:
            self.form["client_assertion"] = jwts.sign(self.jose, self.claims, self.key.private)
        for step in self.finish:
            step(self)
        text = json.dumps(self.form) if "json" in self.content_type else urlencode(self.form)
        with_body = {"data": self.body(text), "content_type": self.content_type}
        sent: dict[str, Any] = with_body if self.method == "POST" else {}
        url = f"{self.path}?{urlencode(self.query)}" if self.query else self.path
        base = self.world.origin(self.service)
        return self.world.http.open(url, method=self.method, base_url=base, headers=self.headers, **sent)


def _signed(world: World, service: str, form: dict[str, str]) -> Draft:
    claims = {
        "iss": APP,
        "sub": APP,
        "aud": world.token_url(service),
        "jti": str(uuid.uuid4()),
        "exp": int(world.now) + 240,
    }
    return Draft(
        world=world,
        path=urlsplit(world.token_url(service)).path,
        form={"client_assertion_type": ASSERTION_TYPE, **form},
        jose={"alg": "RS512", "typ": "JWT", "kid": world.key.kid},
        claims=claims,
        key=world.key,
        service=service,
    )


def client_credentials(world: World) -> Draft:
    """Ask for an application's token."""
    return _signed(world, "oauth2", {"grant_type": "client_credentials"})


def token_exchange(world: World) -> Draft:
    """Exchange an id token of CIS2."""
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token_type": ID_TOKEN,
        "subject_token": world.id_token(),
    }
    return _signed(world, "oauth2", form)


def refresh(world: World) -> Draft:
    """Refresh the tokens of an exchange."""
    form = {"grant_type": "refresh_token", "refresh_token": world.refresh_token(), **SECRET}
    return Draft(world=world, path="/oauth2/token", form=form)


def code(world: World) -> Draft:
    """Redeem a code of the platform."""
    grant = {"grant_type": "authorization_code", "code": world.platform_code(), "redirect_uri": REDIRECT}
    return Draft(world=world, path="/oauth2/token", form={**grant, **SECRET})


def authorize(world: World) -> Draft:
    """Send a person to the platform."""
    query = {"client_id": APP, "redirect_uri": REDIRECT, "response_type": "code", "state": "mine"}
    return Draft(world=world, path="/oauth2/authorize", method="GET", query=query)


def _at_provider(provider: str) -> Callable[[World], Draft]:
    def draft(world: World) -> Draft:
        form = {
            "grant_type": "authorization_code",
            "code": world.platform.issue_code(provider, WANTED, REDIRECT),
            "redirect_uri": REDIRECT,
        }
        return _signed(world, provider, form)

    return draft


def api(world: World) -> Draft:
    """Call an API for people."""
    token = token_exchange(world).send().get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return Draft(world=world, path="/hello-world/hello/user", method="GET", headers=headers)


GOOD: Final[Mapping[str, Callable[[World], Draft]]] = {
    "client_credentials": client_credentials,
    "token_exchange": token_exchange,
    "refresh": refresh,
    "code": code,
    "authorize": authorize,
    "cis2": _at_provider("cis2"),
    "nhs_login": _at_provider("nhs_login"),
    "api": api,
}
"""A good request of each kind, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake: the finding that should name it, the kinds of requests it is made in, and what it touches.

    Two that touch one thing exclude each other, or one hides the other.
    """

    finding: str
    kinds: tuple[str, ...]
    touches: frozenset[str]
    make: Callable[[Draft], object]


SIGNED: Final = ("client_credentials", "token_exchange")
PROVIDERS: Final = ("cis2", "nhs_login")
WHOLE_ASSERTION: Final = "alg kid typ exp jti iss aud key client"
EVERYTHING: Final = f"{WHOLE_ASSERTION} subject type grant scopes"


def mistake(finding: str, kinds: str | tuple[str, ...], touches: str, make: Callable[[Draft], object]) -> Mistake:
    """Return a mistake; `touches` are the names of what it touches, with blanks between."""
    named = (kinds,) if isinstance(kinds, str) else kinds
    return Mistake(finding=finding, kinds=named, touches=frozenset(touches.split()), make=make)


def _claim(name: str, value: Callable[[Draft], Any]) -> Callable[[Draft], object]:
    return lambda draft: draft.claims.update({name: value(draft)})


def _field(name: str, value: Callable[[Draft], str]) -> Callable[[Draft], object]:
    return lambda draft: draft.form.update({name: value(draft)})


def _in_basic(draft: Draft) -> None:
    sent = f"{draft.form.pop('client_id')}:{draft.form.pop('client_secret')}"
    draft.headers["Authorization"] = f"Basic {base64.b64encode(sent.encode()).decode()}"


def _with_assertion(draft: Draft) -> None:
    del draft.form["client_id"], draft.form["client_secret"]
    draft.form["client_assertion_type"] = ASSERTION_TYPE
    draft.form["client_assertion"] = draft.world.platform.client_assertion(
        APP, token_url=draft.world.token_url("oauth2")
    )


def _by_secret(draft: Draft) -> None:
    draft.key = None
    draft.form |= SECRET
    del draft.form["client_assertion_type"]


def _in_query(draft: Draft) -> None:
    def move(finished: Draft) -> None:
        finished.query, finished.form = finished.form, {}

    draft.finish.append(move)


def _spend(draft: Draft) -> None:
    """Use the refresh token up before the request, and let some time pass."""
    form = {"grant_type": "refresh_token", "refresh_token": draft.form["refresh_token"], **SECRET}
    draft.world.http.post("/oauth2/token", data=form, base_url=draft.world.origin())
    draft.world.platform.clock.advance(33.7)


def _expired_id_token(draft: Draft) -> str:
    world = draft.world
    return world.id_token(alterations=Alterations(claims={"exp": int(world.now) - 900}))


def _foreign_id_token(draft: Draft) -> str:
    iss = "https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms"
    return draft.world.id_token(alterations=Alterations(claims={"iss": f"{iss}/Healthcare"}))


def _swap(draft: Draft) -> None:
    def swap(finished: Draft) -> None:
        form = finished.form
        form["client_assertion"], form["subject_token"] = form["subject_token"], form["client_assertion"]

    draft.finish.append(swap)


def _quote(name: str) -> Callable[[Draft], object]:
    return lambda draft: draft.finish.append(lambda done: done.form.update({name: f'"{done.form[name]}"'}))


def _no_scopes(draft: Draft) -> None:
    draft.world.platform.apps.change(APP, scopes=("urn:nhsd:apim:user-nhs-login:P9:hello-world",))


def _access_token_of_nhs_login(draft: Draft) -> str:
    """Log a patient in, and return the wrong one of the two tokens."""
    answer = GOOD["nhs_login"](draft.world).send()
    return str(answer.get_json()["access_token"])


def _sent_before(draft: Draft) -> None:
    def send_once(finished: Draft) -> None:
        world = finished.world
        world.http.post(finished.path, data=finished.form, base_url=world.origin())
        world.platform.clock.advance(2.2)

    draft.finish.append(send_once)


def _jti_used_before(draft: Draft) -> None:
    draft.claims["jti"] = "app-1800000000"
    other = client_credentials(draft.world)
    other.claims |= {"jti": draft.claims["jti"], "exp": draft.claims["exp"] - 1}
    other.send()


def _change_app(draft: Draft, **members: Any) -> None:
    draft.world.platform.apps.change(APP, **members)


MISTAKES: Final = (
    mistake("alg-not-rs512", SIGNED, "alg", lambda draft: draft.jose.update(alg="RS256")),
    mistake("kid-missing", SIGNED, "kid", lambda draft: draft.jose.pop("kid")),
    mistake("wrong-kid", SIGNED, "kid client", lambda draft: draft.jose.update(kid=draft.jose["kid"].upper())),
    mistake("typ-missing", SIGNED, "typ", lambda draft: draft.jose.pop("typ")),
    mistake("exp-unit", SIGNED, "exp", _claim("exp", lambda draft: int(draft.world.now * 1000) + 240_000)),
    mistake("lifetime-too-long", SIGNED, "exp", _claim("exp", lambda draft: int(draft.world.now) + 3600)),
    mistake("clock-behind-or-bst", SIGNED, "exp", _claim("exp", lambda draft: int(draft.world.now) - 3360)),
    mistake("jti-missing", SIGNED, "jti", lambda draft: draft.claims.pop("jti")),
    mistake("jti-number", SIGNED, "jti", _claim("jti", lambda _: 12345)),
    mistake("iss-sub-differ", SIGNED, "iss client", _claim("iss", lambda _: "my app")),
    mistake(
        "app-not-known-here",
        SIGNED,
        "iss client key",
        lambda draft: draft.claims.update(dict.fromkeys(("iss", "sub"), "8d5d7a4b-0d4e-4b8e-9c0a-3b1d2f4a5c6e")),
    ),
    mistake("aud-other-environment", SIGNED, "aud", _claim("aud", lambda _: "https://api.service.nhs.uk/oauth2/token")),
    mistake("aud-near-miss", SIGNED, "aud", _claim("aud", lambda draft: f"{draft.claims['aud']}/")),
    mistake("other-private-key", SIGNED, "key alg kid", lambda draft: setattr(draft, "key", draft.world.other_key)),
    mistake("mangled-jwt", SIGNED, WHOLE_ASSERTION, _quote("client_assertion")),
    mistake("secret-style-client-credentials", "client_credentials", WHOLE_ASSERTION, _by_secret),
    mistake("query-string-params", SIGNED, EVERYTHING, _in_query),
    mistake("json-body", SIGNED, EVERYTHING, lambda draft: setattr(draft, "content_type", "application/json")),
    mistake("scopes-none-left", SIGNED, "scopes client", _no_scopes),
    mistake(
        "code-as-subject-token",
        "token_exchange",
        "subject scopes",
        _field("subject_token", lambda draft: draft.world.platform.issue_code("cis2", WANTED, REDIRECT)),
    ),
    mistake("id-token-expired", "token_exchange", "subject", _field("subject_token", _expired_id_token)),
    mistake("id-token-other-environment", "token_exchange", "subject", _field("subject_token", _foreign_id_token)),
    mistake("mangled-jwt", "token_exchange", "subject scopes", _quote("subject_token")),
    mistake("swapped-tokens", "token_exchange", f"{WHOLE_ASSERTION} subject scopes", _swap),
    mistake("subject-token-type", "token_exchange", "type", _field("subject_token_type", lambda _: "id_token")),
    mistake(
        "other-jwt-as-subject", "token_exchange", "subject scopes", _field("subject_token", _access_token_of_nhs_login)
    ),
    mistake("same-assertion-again", SIGNED, "alg kid typ exp jti iss subject type", _sent_before),
    mistake("jti-not-unique", SIGNED, "alg kid typ exp jti iss subject type", _jti_used_before),
    mistake("no-public-key", SIGNED, "client key kid iss", lambda draft: _change_app(draft, key_name=None)),
    mistake(
        "jwks-unreachable",
        SIGNED,
        "alg kid typ exp jti iss client key type",
        lambda draft: _change_app(draft, key_name=None, jwks_url=f"{draft.world.platform.url}/_nhsauth/apps/none/jwks"),
    ),
    mistake(
        "jwks-is-not-a-set",
        SIGNED,
        "client key kid iss",
        lambda draft: _change_app(draft, key_name=None, jwks_url=f"{draft.world.platform.url}/_nhsauth/"),
    ),
    mistake(
        "clock-ahead",
        SIGNED,
        "exp",
        lambda draft: draft.claims.update(iat=int(draft.world.now) + 40, exp=int(draft.world.now) + 340),
    ),
    mistake("credentials-in-basic", ("refresh", "code"), "client", _in_basic),
    mistake("refresh-with-assertion", ("refresh", "code"), "client", _with_assertion),
    mistake("refresh-token-spent", "refresh", "token", _spend),
    mistake(
        "no-refresh-here",
        "refresh",
        "token client",
        lambda draft: draft.form.update(client_id=STRANGER, client_secret="other-secret"),
    ),
    mistake("grant-type", ("refresh", "code"), "grant", lambda draft: draft.form.update(grant_type="refresh")),
    mistake(
        "code-spent-or-late",
        ("code", *PROVIDERS),
        "code",
        lambda draft: draft.finish.append(lambda done: done.form.update(code=_late_code(done))),
    ),
    mistake("redirect-uri-differs", ("code", *PROVIDERS), "redirect", _field("redirect_uri", lambda _: f"{REDIRECT}/")),
    mistake(
        "redirect-uri-differs", "authorize", "redirect", lambda draft: draft.query.update(redirect_uri=f"{REDIRECT}/")
    ),
    mistake("state-lost", "authorize", "state", lambda draft: draft.query.pop("state")),
    mistake("cis2-two-methods", "cis2", "client", lambda draft: draft.form.update(client_secret="nhsauth-secret")),
    mistake("cis2-lifetime", "cis2", "exp", _claim("exp", lambda draft: int(draft.world.now) + 3600)),
    mistake("cis2-alg-or-key", "cis2", "alg", lambda draft: draft.jose.update(alg="RS256")),
    mistake(
        "cis2-aud-without-443",
        "cis2",
        "aud",
        _claim("aud", lambda draft: draft.claims["aud"].removesuffix("/access_token")),
    ),
    mistake(
        "cis2-iss-is-api-key",
        "cis2",
        "iss alg client code redirect",
        lambda draft: draft.claims.update(dict.fromkeys(("iss", "sub"), "zyxwvutsrq9876543210ZYXWVUTSRQAB")),
    ),
    mistake("nhs-login-auth", "nhs_login", WHOLE_ASSERTION, _by_secret),
    mistake("nhs-login-auth", "nhs_login", "alg", lambda draft: draft.jose.update(alg="RS256")),
    mistake(
        "nhs-login-auth", "nhs_login", "aud", _claim("aud", lambda draft: f"{draft.world.origin('nhs_login')}/userinfo")
    ),
    mistake("mangled-jwt", PROVIDERS, f"{WHOLE_ASSERTION} code redirect", _quote("client_assertion")),
    mistake("grant-type", PROVIDERS, "grant", _field("grant_type", lambda _: "authorisation_code")),
    mistake("kept-too-long", "api", "token", lambda draft: draft.finish.append(lambda done: _advance(done, 3500))),
    mistake("bearer-shape", "api", "token", lambda draft: draft.headers.update(Authorization="Bearer undefined")),
    mistake("api-key-as-bearer", "api", "token", lambda draft: draft.headers.update(Authorization=f"Bearer {APP}")),
    mistake(
        "provider-token-at-api",
        "api",
        "token",
        lambda draft: draft.headers.update(Authorization=f"Bearer {draft.world.id_token()}"),
    ),
    mistake("wrong-path", "api", "path token", lambda draft: setattr(draft, "path", "/oauth2/access_token")),
)


def _late_code(draft: Draft) -> str:
    """Return a code that was given long ago; the clock is put back, so that nothing else grows old."""
    clock, world, now = draft.world.platform.clock, draft.world, draft.world.now
    clock.set(now - 3000, frozen=True)
    provider = "nhs_login" if draft.path == "/token" else "cis2"
    late = (
        world.platform_code()
        if draft.path == "/oauth2/token"
        else world.platform.issue_code(provider, WANTED, REDIRECT)
    )
    clock.set(now, frozen=True)
    return late


def _advance(draft: Draft, seconds: float) -> None:
    draft.world.platform.clock.advance(seconds)


def alone(mistakes: Iterable[Mistake] = MISTAKES) -> Iterator[tuple[str, tuple[Mistake, ...]]]:
    """Each mistake by itself, in each kind of request that it is made in."""
    return ((kind, (each,)) for each in mistakes for kind in each.kinds)


def in_pairs() -> Iterator[tuple[str, tuple[Mistake, ...]]]:
    """Two mistakes at a time, in each kind of request in which both are made and leave each other be."""
    for one, other in combinations(MISTAKES, 2):
        for kind in one.kinds:
            if kind in other.kinds and not one.touches & other.touches:
                yield kind, (one, other)


def made(world: World, kind: str, mistakes: tuple[Mistake, ...]) -> TestResponse:
    """Make the mistakes in a request of a kind; the exchange is the journal's last."""
    world.again()
    draft = GOOD[kind](world)
    for each in mistakes:
        each.make(draft)
    return draft.send()
