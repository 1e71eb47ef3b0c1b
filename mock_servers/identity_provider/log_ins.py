"""Logs people in: who, at which level, for which client; gives the code, and later the tokens for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mock_servers import jwts, provenance
from mock_servers.grants import AuthorizationCode, Issued, ProviderAccessToken
from mock_servers.identity_provider import id_tokens
from mock_servers.identity_provider.id_tokens import UNALTERED, Alterations, LogIn
from mock_servers.identity_provider.people import Person
from mock_servers.identity_provider.service import Service
from mock_servers.request import Answer


class NoSuchPersonError(LookupError):
    """The provider knows no such person; the message lists those it knows."""


class LevelError(ValueError):
    """The level is none of the provider's, or above the person's; the message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom to log in: a person's id, or the first of the provider's people; a level, or the person's own."""

    user: str | None = None
    level: str | None = None
    client_id: str
    nonce: str | None = None
    state: str | None = None


def log_in(service: Service, wanted: Wanted) -> LogIn:
    """Log a person in. Raises NoSuchPersonError, LevelError."""
    person = find_person(service, wanted)
    return LogIn(
        provider=service.provider.name,
        person=person,
        level=_level(service, person, wanted.level),
        client_id=wanted.client_id,
        at=service.clock.now(),
        session_id=service.identifiers.uuid(),
        nonce=wanted.nonce,
        state=wanted.state,
    )


def find_person(service: Service, wanted: Wanted) -> Person:
    """Return the person asked for; without an id the first who can log in at the level. Raises NoSuchPersonError."""
    own = [person for person in service.store.people.values() if person.provider == service.provider.people]
    for person in own:
        if wanted.user in (None, person.id) and (wanted.user or _reaches(service, person, wanted.level)):
            return person
    known = ", ".join(f"{person.id} ({person.level})" for person in own)
    raise NoSuchPersonError(f"{service.provider.title} has no user {wanted.user!r}: it has {known}")


def _reaches(service: Service, person: Person, level: str | None) -> bool:
    ranks = [word.lower() for word in service.provider.levels]
    if level is None or level.lower() not in ranks:
        return True
    return ranks.index(person.level.lower()) <= ranks.index(level.lower())


def _level(service: Service, person: Person, asked: str | None) -> str:
    words = {word.lower(): word for word in service.provider.levels}
    level = words.get((asked or person.level).lower())
    if level is None:
        raise LevelError(f"level {asked!r} is none of {service.provider.title}'s: it has {', '.join(words.values())}")
    if not _reaches(service, person, level):
        raise LevelError(f"user {person.id} logs in at {person.level} at most, not at {level}")
    return level


def issue_code(service: Service, login: LogIn, redirect_uri: str) -> str:
    """Return a fresh authorization code for a log-in; it is redeemed once."""
    make = {"ticket": service.identifiers.ticket, "uuid": service.identifiers.uuid}
    code = make[service.provider.code_form]()
    expires_at = login.at + service.provider.code_lifetime
    service.store.codes.put(code, AuthorizationCode(log_in=login, redirect_uri=redirect_uri, expires_at=expires_at))
    _remember(service, "authorization code", code, login, expires_at)
    return code


def issue_id_token(
    service: Service,
    origin: str,
    login: LogIn,
    *,
    access_token: str | None = None,
    code: str | None = None,
    alterations: Alterations = UNALTERED,
) -> str:
    """Return a fresh id token for a log-in."""
    minting = service.minting(origin)
    token = id_tokens.mint(minting, login, access_token=access_token, code=code, alterations=alterations)
    _remember(service, "id_token", token, login, minting.now + service.provider.id_token_lifetime)
    return token


def tokens(service: Service, origin: str, login: LogIn, code: str) -> Answer:
    """Answer a redeemed code: numbers are numbers here (S)."""
    provider = service.provider
    access_token = _access_token(service, origin, login)
    return Answer(
        status=200,
        body={
            "access_token": access_token,
            "scope": provider.scope,
            "id_token": issue_id_token(service, origin, login, access_token=access_token, code=code),
            "token_type": provider.token_type,
            "expires_in": provider.access_token_lifetime - provider.told_short_by,
        },
        headers=NO_STORE,
    )


NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _access_token(service: Service, origin: str, login: LogIn) -> str:
    provider, now = service.provider, service.clock.now()
    expires_at = now + provider.access_token_lifetime
    opaque = provider.access_token_form == "ticket"
    value = service.identifiers.ticket() if opaque else _signed_access_token(service, origin, login)
    token = ProviderAccessToken(log_in=login, scope=provider.scope, expires_at=expires_at)
    service.store.provider_access_tokens.put(value, token)
    _remember(service, "access token", value, login, expires_at)
    return value


def _signed_access_token(service: Service, origin: str, login: LogIn) -> str:
    """NHS login's access token is itself a JWT (S)."""
    minting = service.minting(origin)
    issued_at = int(minting.now)
    claims: dict[str, Any] = {
        "iss": minting.issuer,
        "sub": login.person.uuid,
        "aud": login.client_id,
        "iat": issued_at,
        "vtm": id_tokens.trustmark(minting.issuer),
        "auth_time": int(login.at),
        "vot": service.provider.levels[login.level].vector_of_trust,
        "exp": issued_at + service.provider.access_token_lifetime,
        "jti": service.identifiers.uuid(),
        "nhs_number": login.person.id,
        "version": 0,
        "client_id": login.client_id,
        "reason_for_request": "patientaccess",
        "token_use": "access",
        "requesting_patient": login.person.id,
        "scope": service.provider.scope,
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
    )
    provenance.remember(service.store, value, issued)
