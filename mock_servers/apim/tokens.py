"""Issues tokens after all rules have passed. All numbers are text (S, Q), lifetimes a second short."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_servers.apim import sessions
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.lifetime_parameters import shortened
from mock_servers.apim.monitoring import cors
from mock_servers.apim.refresh import session_ends_at
from mock_servers.state.grant import AccessToken, Issued, RefreshToken, Session, fingerprint
from mock_servers.state.table import Entry, Table
from mock_servers.wire.request import Answer

ISSUED_TOKEN_TYPE: Final = "urn:ietf:params:oauth:token-type:access_token"
SENDS_SID: Final = "internal-dev"
"""The environment whose code answers end with the id token's `sid` (S)."""

LONGEST_ID_TOKEN: Final = 1 << 14
"""Characters of an id token that a session keeps, to limit the memory of ten thousand sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """A token that is to be given, and the table that keeps it."""

    kind: str
    value: str
    token: AccessToken | RefreshToken
    table: Table[Any]

    def issued(self, exchange: Exchange) -> Issued:
        """Return where it came from."""
        token = self.token
        return Issued(
            kind=self.kind,
            issuer="the platform",
            client_id=exchange.app.client_id,
            person=token.session.subject if token.session else None,
            at=exchange.now,
            expires_at=token.expires_at,
            environment=exchange.service.environment,
        )


def application_token(exchange: Exchange) -> Answer:
    """§2.5: no refresh token, in any circumstance."""
    access_token, lifetime = _access_token(exchange, exchange.scopes, None)
    _keep(exchange, access_token)
    return Answer(
        status=200,
        body={
            "access_token": access_token.value,
            "expires_in": _expires_in(lifetime),
            "token_type": "Bearer",
            "issued_at": str(int(exchange.now * 1000)),
        },
    )


def exchanged_token(exchange: Exchange) -> Answer:
    """§2.6: an access token and a refresh token, for the person of the id_token."""
    session = new_session(exchange, exchange.form("subject_token") or "")
    refresh_token = _first_refresh_token(exchange, exchange.scopes, session, session.refresh_lifetime)
    access_token, lifetime = _access_token(exchange, exchange.scopes, session, refresh_token)
    _keep(exchange, refresh_token, access_token)
    return Answer(
        status=200,
        body={
            "access_token": access_token.value,
            "expires_in": _expires_in(lifetime),
            "token_type": "Bearer",
            "issued_token_type": ISSUED_TOKEN_TYPE,
            "refresh_token": refresh_token.value,
            "refresh_token_expires_in": _expires_in(session.refresh_lifetime),
            "refresh_count": "0",
        },
    )


def code_token(exchange: Exchange) -> Answer:
    """§2.8: the session begins now; a browser's script may read the answer, asked or not (S)."""
    code = exchange.code
    service, held = exchange.service, replace(code.session, issued_at=exchange.now)
    session = sessions.start(service.store, service.environment, held)
    lifetime = shortened(exchange.request.form, "_refresh_token_expiry_ms", session.refresh_lifetime)
    refresh_token = _first_refresh_token(exchange, code.scopes, session, lifetime)
    access_token, access_lifetime = _access_token(exchange, code.scopes, session, refresh_token)
    _keep(exchange, refresh_token, access_token)
    body = {
        "access_token": access_token.value,
        "expires_in": _expires_in(access_lifetime),
        "refresh_token": refresh_token.value,
        "refresh_token_expires_in": _expires_in(lifetime),
        "refresh_count": "0",
        "token_type": "Bearer",
    }
    sid_member = {"sid": session.id} if service.environment == SENDS_SID else {}
    return Answer(status=200, body=body | sid_member, headers=cors(exchange.request.headers.get("origin", "")))


def refreshed_token(exchange: Exchange) -> Answer:
    """§2.9: two new tokens, within the rest of the session."""
    spent = exchange.refresh_token
    left = session_ends_at(exchange, spent) - exchange.now
    asked = shortened(exchange.request.form, "_refresh_token_expiry_ms", spent.session.refresh_lifetime)
    lifetime = min(asked, left)
    successor = replace(spent, count=spent.count + 1, expires_at=exchange.now + lifetime)
    refresh_token = _refresh_token(exchange, exchange.service.identifiers.refresh_token(), successor)
    access_token, access_lifetime = _access_token(exchange, spent.scopes, spent.session, refresh_token)
    _keep(exchange, refresh_token, access_token)
    return Answer(
        status=200,
        body={
            "access_token": access_token.value,
            "expires_in": _expires_in(access_lifetime),
            "refresh_token": refresh_token.value,
            "refresh_token_expires_in": _expires_in(lifetime),
            "refresh_count": str(successor.count),
            "token_type": "Bearer",
        },
    )


def _expires_in(lifetime: float) -> str:
    """Return a lifetime as the real service does: whole seconds left, some moments after it started."""
    return str(max(math.ceil(lifetime) - 1, 0))


def new_session(exchange: Exchange, id_token: str, external_access_token: str | None = None) -> Session:
    """Return the session that an id token begins; of a log-in through the platform with the provider's access token."""
    settings, provider = exchange.service.settings, exchange.provider
    lifetime = provider.on_platform.session_lifetime
    claims = exchange.subject.claims
    return Session(
        id=str(claims.get("sid") or ""),
        provider=provider.name,
        subject=str(claims.get("nhs_number") or claims.get("sub") or ""),
        issued_at=exchange.now,
        lifetime=settings.session_lifetime or lifetime,
        refresh_lifetime=min(settings.refresh_token_lifetime or lifetime, settings.session_lifetime or lifetime),
        issuer=str(claims.get("iss") or ""),
        people=provider.people,
        id_token=id_token if len(id_token) <= LONGEST_ID_TOKEN else "",
        external_access_token=external_access_token,
    )


def _access_token(
    exchange: Exchange, scopes: tuple[str, ...], session: Session | None, refresh_token: _New | None = None
) -> tuple[_New, float]:
    service = exchange.service
    lifetime = shortened(exchange.request.form, "_access_token_expiry_ms", service.settings.access_token_lifetime)
    token = AccessToken(
        client_id=exchange.app.client_id,
        environment=service.environment,
        scopes=scopes,
        issued_at=exchange.now,
        expires_at=exchange.now + lifetime,
        session=session,
        issuer=f"{exchange.request.base}{service.mount}",
        refresh_token=refresh_token.value if refresh_token is not None else None,
    )
    value = service.identifiers.access_token()
    return _New(kind="access token", value=value, token=token, table=service.store.access_tokens), lifetime


def _first_refresh_token(exchange: Exchange, scopes: tuple[str, ...], session: Session, lifetime: float) -> _New:
    value = exchange.service.identifiers.refresh_token()
    token = RefreshToken(
        client_id=exchange.app.client_id,
        environment=exchange.service.environment,
        scopes=scopes,
        session=session,
        count=0,
        expires_at=exchange.now + lifetime,
        family=fingerprint(value).hex(),
    )
    return _refresh_token(exchange, value, token)


def _refresh_token(exchange: Exchange, value: str, token: RefreshToken) -> _New:
    return _New(kind="refresh token", value=value, token=token, table=exchange.service.store.refresh_tokens)


def _keep(exchange: Exchange, *tokens: _New) -> None:
    """Store the tokens and their source, in one step."""
    store = exchange.service.store
    written: list[Entry] = []
    for each in tokens:
        written += [
            (each.table, each.value, each.token),
            (store.issued, fingerprint(each.value), each.issued(exchange)),
        ]
    store.commit([], written)
