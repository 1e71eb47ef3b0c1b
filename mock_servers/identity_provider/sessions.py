"""Single sign-on: finds the session of a browser's cookie, and makes that cookie. A forged one has no session."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from mock_servers.identity_provider.service import Exchange, Service
from mock_servers.state.grant import ProviderSession
from mock_servers.state.person import Person

COOKIE: Final = "nhsauth_session"


def seal(service: Service, *parts: str) -> str:
    """Return a value that only this provider of this mock can make of the parts."""
    text = "\0".join((service.provider.name, *(f"{len(part)}:{part}" for part in parts)))
    return hmac.new(service.form_key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def is_sealed(service: Service, sent: str, *parts: str) -> bool:
    """Whether `sent` is the seal of these parts."""
    return hmac.compare_digest(sent.encode(errors="replace"), seal(service, *parts).encode())


def cookie(exchange: Exchange, session_id: str) -> str:
    """Return the `Set-Cookie` value that names a session to its provider alone."""
    service = exchange.service
    value = f"{session_id}.{seal(service, 'cookie', session_id)}"
    path = f"{exchange.request.prefix}{service.provider.path}" or "/"
    secure = "; Secure" if exchange.request.base.startswith("https://") else ""
    return f"{COOKIE}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}"


def named(exchange: Exchange) -> ProviderSession | None:
    """Return the session of the browser's cookie, live or not; a tampered cookie has none."""
    service = exchange.service
    for crumb in exchange.request.headers.get("cookie", "").split(";"):
        name, _, value = crumb.strip().partition("=")
        session_id, _, sent = value.partition(".")
        if name == COOKIE and is_sealed(service, sent, "cookie", session_id):
            return service.store.provider_sessions.get(session_id)
    return None


def joined(exchange: Exchange, person: Person) -> str | None:
    """Return the session that a new log-in of the same person in the same browser goes on with (I)."""
    session = named(exchange)
    if session is None or session.ended or session.expires_at <= exchange.now or session.log_in.person.id != person.id:
        return None
    return session.id
