"""Ends a session on its client's request, and notifies each of its clients once: back-channel logout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from mock_servers.identity_provider import log_in_form
from mock_servers.identity_provider.authorize_request import is_absolute
from mock_servers.identity_provider.service import Exchange
from mock_servers.jose import jwts
from mock_servers.jose.jwks import UnreachableError
from mock_servers.journal.record import Record
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.state.grant import ProviderSession, Visit, fingerprint
from mock_servers.wire import wording
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, shown

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LIFETIME: Final = 120
"""Seconds between `iat` and `exp` of a logout token (I)."""
_WELL: Final = 200


@rejects(errors.END_SESSION_METHOD)
def check_end_session_method(exchange: Exchange) -> str | None:
    """A browser comes with GET (D)."""
    method = exchange.request.method
    return None if method == "GET" else f"{method} at the end-session endpoint: send the browser there with GET."


@rejects(errors.ID_TOKEN_HINT_MISSING)
def check_id_token_hint_present(exchange: Exchange) -> str | None:
    """It is present."""
    if exchange.request.query.get("id_token_hint"):
        return None
    return "The request has no id_token_hint: send the id_token of the log-in that is to end."


@rejects(errors.ID_TOKEN_HINT_INVALID, after=["check_id_token_hint_present"])
def decode_id_token_hint(exchange: Exchange) -> str | None:
    """One of this provider's own, to a client that is known; an expired one is accepted (I)."""
    sent, service = exchange.request.query.get("id_token_hint") or "", exchange.service
    try:
        hint = jwts.decode(sent)
    except jwts.MalformedJwtError as reason:
        return f"id_token_hint {cut(sent)} is not a JWT: {reason}."
    if not jwts.verify(hint, service.key().private.public_key(), (service.provider.signing_algorithm,)):
        return f"id_token_hint {cut(sent)} was not signed by {service.provider.title}."
    client = service.client(str(hint.claims.get("aud")))
    if client is None:
        return f"id_token_hint has aud {shown(hint.claims.get('aud'))}, which is no client here."
    exchange.client, exchange.hint = client, hint
    return None


@rejects(errors.POST_LOGOUT_RELATIVE)
def check_post_logout_absolute(exchange: Exchange) -> str | None:
    """A whole URL, if present."""
    uri = exchange.request.query.get("post_logout_redirect_uri")
    if uri is None or is_absolute(uri):
        return None
    return f"post_logout_redirect_uri {wording.url(uri)} has no scheme and host: send the whole URL."


@rejects(errors.POST_LOGOUT_MISMATCH, after=["check_post_logout_absolute"])
def check_post_logout_registered(exchange: Exchange) -> str | None:
    """One of the client's, letter by letter."""
    uri, good = exchange.request.query.get("post_logout_redirect_uri"), exchange.client.post_logout_redirect_uris
    if uri is None or uri in good:
        return None
    return (
        f"post_logout_redirect_uri {wording.url(uri)} is not one that the client has registered: "
        f"{wording.mismatch(uri, good)}. Register it for the app."
    )


def ended(exchange: Exchange) -> Answer:
    """End the session, notify its clients, and redirect the browser.

    The clients are notified first: a test that has the answer can look at what they received.
    """
    query = exchange.request.query
    uri = query.get("post_logout_redirect_uri")
    answer = Answer(status=204) if uri is None else log_in_form.redirect(uri, {"state": query.get("state")})
    session = _end(exchange)
    for visit in session.visits if session is not None else ():
        client = exchange.service.client(visit.client_id)
        url = client.logout_uri(visit.redirect_uri) if client is not None else None
        if url is not None and session is not None:
            _notify(exchange, session, visit, url)
    return answer


def _end(exchange: Exchange) -> ProviderSession | None:
    """Of several requests at once, exactly one ends the session and gets it."""
    sessions = exchange.service.store.provider_sessions
    sid = exchange.hint.claims.get("sid")
    session = sessions.get(sid) if isinstance(sid, str) else None
    if session is None or session.ended or session.log_in.provider != exchange.service.provider.name:
        return None
    if not sessions.swap(session.id, session, replace(session, ended=True)):
        return _end(exchange)
    return session


def _logout_token(exchange: Exchange, session: ProviderSession, visit: Visit) -> str:
    service, issued_at = exchange.service, int(exchange.now)
    key = service.key()
    claims: dict[str, Any] = {
        "iss": service.issuer(visit.base or exchange.request.base),
        "aud": visit.client_id,
        "sub": session.log_in.person.id,
        "iat": issued_at,
        "exp": issued_at + _LIFETIME,
        "jti": service.identifiers.uuid(),
        "sid": session.id,
        "events": {EVENT: {}},
    }
    header = {"typ": "JWT", "kid": key.kid, "alg": service.provider.signing_algorithm}
    return jwts.sign(header, claims, key.private)


def _notify(exchange: Exchange, session: ProviderSession, visit: Visit, url: str) -> None:
    token = _logout_token(exchange, session, visit)
    try:
        status, _ = exchange.service.send(url, {"logout_token": token})
        failure = f"{wording.url(url)} answered {status}: the client did not log the person out."
        problem = None if status == _WELL else failure
    except UnreachableError as reason:
        status, problem = 0, f"{wording.url(url)} could not be reached: {reason}. It is not tried again."
    _record(exchange, url, token, status, problem)


def _record(exchange: Exchange, url: str, token: str, status: int, problem: str | None) -> None:
    journal = exchange.service.journal
    record = Record(
        at=exchange.now,
        service=exchange.service.provider.name,
        method="POST",
        path=url.partition("?")[0],
        status=status,
        request={"headers": {}, "query": {}, "form": {"logout_token": cut(token)}},
        response={"status": status, "headers": {}, "body": {}},
        sent={"logout_token": fingerprint(token)},
        diagnosis=problem if journal.explains else None,
    )
    journal.add(record)
    journal.report(record)
