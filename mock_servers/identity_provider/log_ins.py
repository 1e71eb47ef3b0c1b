"""Logs people in, at a level and for a client; issues the code, and later the tokens for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_servers.identity_provider import id_tokens
from mock_servers.identity_provider.service import Assurance, Exchange, Service
from mock_servers.jose import jwts
from mock_servers.jose.jwts import UNALTERED, Alterations
from mock_servers.journal import provenance
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.grant import (
    AuthorizationCode,
    Issued,
    ProviderAccessToken,
    ProviderRefreshToken,
    ProviderSession,
    Visit,
)
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import Person, Roster
from mock_servers.state.table import change
from mock_servers.wire.request import Answer

_SAID: Final = {
    each.name: f'that one is {each.title}\'s, say provider="{each.name}", or access="{each.access}" in a marker'
    for each in PROVIDERS
}
"""The advice for a person of another provider, by that provider."""


class NoSuchPersonError(LookupError):
    """The provider knows no such person; the message lists those it knows."""


class LevelError(ValueError):
    """The provider does not have the level, or the person does not reach it. The message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInRequest:
    """Whom to log in: a person's id, or the first of the provider's people; a level, or the person's own."""

    user: str | None = None
    level: str | None = None
    client_id: str
    nonce: str | None = None
    state: str | None = None


def log_in(service: Service, wanted: LogInRequest) -> LogIn:
    """Log a person in. Raises NoSuchPersonError, LevelError."""
    person = find_person(service, wanted)
    patient, actor = acting(service, person)
    return LogIn(
        provider=service.provider.name,
        person=patient,
        actor=actor,
        level=_level(service, person, wanted.level),
        client_id=wanted.client_id,
        at=service.clock.now(),
        session_id=service.identifiers.uuid(),
        nonce=wanted.nonce,
        state=wanted.state,
    )


def acting(service: Service, person: Person) -> tuple[Person, Person | None]:
    """Return the person of the token, and the actor, if the person acts for a patient.

    Raises NoSuchPersonError.
    """
    if person.acts_for is None:
        return person, None
    patient = service.store.people.get((person.provider, person.acts_for))
    if patient is None:
        raise NoSuchPersonError(f"user {person.id} acts for {person.acts_for!r}, who does not exist")
    return patient, person


def people(service: Service) -> list[Person]:
    """Return all people who can log in at a provider."""
    return service.store.people.find("provider", service.provider.people)


def find_person(service: Service, wanted: LogInRequest) -> Person:
    """Return the person asked for; without an id the first who can log in at the level. Raises NoSuchPersonError."""
    known, provider = service.store.people.derived(Roster), service.provider.people
    if wanted.user is None:
        first = known.first(provider, lambda level: reaches(service, level, wanted.level))
        found = service.store.people.get((provider, first)) if first is not None else None
    else:
        found = service.store.people.get((provider, wanted.user))
    if found is not None:
        return found
    elsewhere = next((person.provider for person in service.store.people.find("id", wanted.user)), None)
    allowed = _SAID.get(elsewhere or "", f"it has {known.listed(provider)}")
    raise NoSuchPersonError(f"{service.provider.title} has no user {wanted.user!r}: {allowed}")


def reaches(service: Service, own: str, level: str | None) -> bool:
    """Whether a person with the highest level `own` can log in at `level`."""
    ranks = [word.lower() for word in service.provider.levels]
    if level is None or level.lower() not in ranks:
        return True
    return ranks.index(own.lower()) <= ranks.index(level.lower())


def assurances(exchange: Exchange, own: str) -> Sequence[Assurance]:
    """Return the levels that a request allows; at a provider that does not ask, the person's own."""
    return [Assurance(level=_spelt(exchange.service, own))] if exchange.assurances is None else exchange.assurances


def _spelt(service: Service, level: str) -> str:
    return {word.lower(): word for word in service.provider.levels}.get(level.lower(), level)


def _level(service: Service, person: Person, asked: str | None) -> str:
    words = {word.lower(): word for word in service.provider.levels}
    level = words.get((asked or person.level).lower())
    if level is None:
        raise LevelError(f"{service.provider.title} has no level {asked!r}: it has {', '.join(words.values())}")
    if not reaches(service, person.level, level):
        raise LevelError(f"user {person.id} logs in at {person.level} at most, not at {level}")
    return level


def issue_code(service: Service, login: LogIn, redirect_uri: str, base: str = "") -> str:
    """Return a fresh authorization code for a log-in, and keep its session; the code is redeemed once."""
    make = {"ticket": service.identifiers.ticket, "uuid": service.identifiers.uuid}
    code = make[service.provider.code_form]()
    expires_at = service.clock.now() + service.provider.code_lifetime
    client = service.client(login.client_id)
    begun_at = redirect_uri if client is not None and client.is_platform else ""
    _visit(service, login, Visit(client_id=login.client_id, base=base, redirect_uri=begun_at))
    service.store.codes.put(code, AuthorizationCode(log_in=login, redirect_uri=redirect_uri, expires_at=expires_at))
    _remember(service, "authorization code", code, login, expires_at)
    return code


def begin_session(service: Service, login: LogIn) -> None:
    """Store the session of a log-in without a browser, at a provider where sessions can be ended."""
    if "end_session" in service.provider.endpoints:
        _visit(service, login, Visit(client_id=login.client_id, base=""))


def _visit(service: Service, login: LogIn, visit: Visit) -> None:
    def joined(session: ProviderSession | None) -> ProviderSession:
        if session is None:
            return ProviderSession(
                id=login.session_id,
                log_in=login,
                at=login.at,
                expires_at=login.at + service.provider.session_lifetime,
                visits=(visit,),
            )
        own = (visit.client_id, visit.redirect_uri)
        others = tuple(known for known in session.visits if (known.client_id, known.redirect_uri) != own)
        newest = login if login.at > session.at else session.log_in
        return replace(session, visits=(*others, visit), log_in=newest, at=max(session.at, login.at))

    change(service.store.provider_sessions, login.session_id, joined)


def is_alive(service: Service, login: LogIn) -> bool:
    """Whether the session of a log-in goes on; one that is no longer kept has ended."""
    session = service.store.provider_sessions.get(login.session_id)
    return session is not None and not session.ended


def issue_id_token(
    service: Service,
    base: str,
    login: LogIn,
    *,
    access_token: str | None = None,
    code: str | None = None,
    alterations: Alterations = UNALTERED,
) -> str:
    """Return a fresh id token for a log-in."""
    minting = service.minting(base)
    token = id_tokens.mint(minting, login, access_token=access_token, code=code, alterations=alterations)
    _remember(service, "id_token", token, login, minting.now + service.provider.id_token_lifetime)
    if service.provider.asking.takes_asserted_log_in:
        jti = jwts.decode(token).claims.get("jti")
        service.store.vouchable.put((service.provider.name, login.client_id, jti), login)
    return token


def tokens(service: Service, base: str, login: LogIn, code: str) -> Answer:
    """Answer a redeemed code; numbers are JSON numbers at providers (S)."""
    access_token = _access_token(service, base, login, granted(service, login))
    id_token = issue_id_token(service, base, login, access_token=access_token, code=code)
    return _answer(service, login, granted(service, login), {"access_token": access_token, "id_token": id_token})


def refreshed(service: Service, base: str, login: LogIn, scope: str) -> Answer:
    """Answer a refresh: no id token (D)."""
    return _answer(service, login, scope, {"access_token": _access_token(service, base, login, scope)})


def granted(service: Service, login: LogIn) -> str:
    """Return the scope of a log-in."""
    return service.provider.scope if login.scope is None else login.scope


def _answer(service: Service, login: LogIn, scope: str, issued: Mapping[str, str]) -> Answer:
    provider, renewable = service.provider, gives_refresh_token(service, login.client_id)
    make: Mapping[str, Callable[[], str | int | None]] = {
        "access_token": lambda: issued["access_token"],
        "id_token": lambda: issued.get("id_token"),
        "scope": lambda: scope,
        "expires_in": lambda: provider.access_token_lifetime - provider.expires_in_short_by,
        "token_type": lambda: provider.token_type,
        "refresh_token": lambda: _refresh_token(service, login, granted(service, login)) if renewable else None,
    }
    members = {name: make[name]() for name in provider.token_members}
    body = {name: value for name, value in members.items() if value is not None}
    return Answer(status=200, body=body, headers=NO_STORE)


def gives_refresh_token(service: Service, client_id: str) -> bool:
    """Whether a client's token answers have a refresh token."""
    client = service.client(client_id)
    if "refresh_token" not in service.provider.token_members:
        return False
    if client is None or client.grant_types is None:
        return service.provider.gives_refresh_tokens
    return client.may_use("refresh_token")


NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _refresh_token(service: Service, login: LogIn, scope: str) -> str:
    value = service.identifiers.uuid()
    expires_at = service.clock.now() + service.provider.refresh_token_lifetime
    token = ProviderRefreshToken(log_in=login, scope=scope, expires_at=expires_at)
    service.store.provider_refresh_tokens.put(value, token)
    _remember(service, "refresh token", value, login, expires_at)
    return value


def _access_token(service: Service, base: str, login: LogIn, scope: str) -> str:
    provider = service.provider
    expires_at = service.clock.now() + provider.access_token_lifetime
    opaque = provider.access_token_form == "ticket"
    value = service.identifiers.ticket() if opaque else _signed_access_token(service, base, login, scope)
    token = ProviderAccessToken(log_in=login, scope=scope, expires_at=expires_at)
    service.store.provider_access_tokens.put(value, token)
    _remember(service, "access token", value, login, expires_at)
    return value


def _signed_access_token(service: Service, base: str, login: LogIn, scope: str) -> str:
    """NHS login's access token is itself a JWT (S)."""
    minting = service.minting(base)
    issued_at = int(minting.now)
    claims: dict[str, Any] = {
        "iss": minting.issuer,
        "sub": login.person.uuid,
        "aud": login.client_id,
        "iat": issued_at,
        "vtm": id_tokens.trustmark(minting.issuer),
        "auth_time": int(login.at),
        "vot": login.vector or service.provider.levels[login.level].vector_of_trust,
        "exp": issued_at + service.provider.access_token_lifetime,
        "jti": service.identifiers.uuid(),
        "nhs_number": login.person.id,
        "version": 0,
        "client_id": login.client_id,
        "reason_for_request": "patientaccess",
        "token_use": "access",
        "requesting_patient": login.person.id,
        "scope": scope,
    }
    header = {"typ": "JWT", "alg": service.provider.signing_algorithm, "kid": minting.key.kid}
    return jwts.sign(header, claims, minting.key.private)


def _remember(service: Service, kind: str, value: str, login: LogIn, expires_at: float) -> None:
    issued = Issued(
        kind=kind,
        issuer=service.provider.title,
        client_id=login.client_id,
        person=login.person.id,
        at=service.clock.now(),
        expires_at=expires_at,
        redeem_at=service.provider.endpoint("token"),
        home=service.provider.home,
        only_at_home=service.provider.only_at_hosts,
        proof=_proof(service, login.client_id),
    )
    provenance.remember(service.store, value, issued)


def _proof(service: Service, client_id: str) -> str:
    """Return how a client authenticates when it redeems a code."""
    client, ways = service.client(client_id), service.provider.proof.methods
    registered = (client.auth_method,) if client is not None else ()
    signs = (ways or registered or ("",))[0] == "private_key_jwt"
    return "a client assertion whose aud is that URL" if signs else "client_id and client_secret"
