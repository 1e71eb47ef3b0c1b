"""Advice on a successful API call: an API behind the real gateway may refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mock_servers.gateway.service import Exchange
from mock_servers.journal import success_advice
from mock_servers.journal.record import Record
from mock_servers.state.grant import AccessToken, Session
from mock_servers.state.person import Person, roles
from mock_servers.wire.wording import duration, shown

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LAST_SECONDS: Final = 5
_HELLO_WORLD: Final = "/hello-world/"
"""Uses no role."""
_ROLE: Final = "nhsd-session-urid"


def advise(exchange: Exchange, _: Record) -> Iterator[str]:
    """Give advice on a successful call."""
    yield from success_advice.private_key_sent(exchange.request)
    yield from success_advice.secrets_in_query(exchange.request)
    yield from _of_request_id(exchange)
    token = getattr(exchange, "token", None)
    if token is not None:
        yield from _of_last_seconds(exchange, token)
        if token.session is not None:
            yield from _of_role(exchange, token.session)
            yield from _of_log_out(exchange, token.session)


def _of_request_id(exchange: Exchange) -> Iterator[str]:
    sent = exchange.request.headers.get("x-request-id")
    if sent is not None and not _UUID.fullmatch(sent):
        yield (
            f"X-Request-ID is {shown(sent)}, no UUID: the Personal Demographics Service answers 400 to that, as it "
            "does without one. Send a fresh UUID with each call."
        )


def _of_last_seconds(exchange: Exchange, token: AccessToken) -> Iterator[str]:
    left = token.expires_at - exchange.now
    if left < _LAST_SECONDS:
        yield f"The token has {duration(left)} left: renew it a minute before it expires."


def _of_log_out(exchange: Exchange, session: Session) -> Iterator[str]:
    if session.of_browser_flow:
        return
    known = exchange.service.store.provider_sessions.get(session.id)
    if known is not None and known.ended:
        yield (
            "The person has logged out at CIS2, and this token goes on until it expires: it came by token exchange, "
            "and the platform ends the sessions of its own log-ins alone (S). Delete the access token and the refresh "
            "token when the person logs out."
        )


def _of_role(exchange: Exchange, session: Session) -> Iterator[str]:
    known = _role_ids(exchange, session)
    sent = exchange.request.headers.get(_ROLE)
    if sent is not None and sent not in known:
        yield (
            f"NHSD-Session-URID is {shown(sent)}, none of the person's roles, which are {shown(known)}: an API that "
            'looks at roles answers 401 "NHSD-Session-URID is invalid".'
        )
    if sent is None and len(known) > 1 and not exchange.request.target.startswith(_HELLO_WORLD):
        yield (
            f"The person has {len(known)} roles ({shown(known)}) and there is no header NHSD-Session-URID: after a "
            "log-in without a selected role an API that looks at roles asks for one of them there."
        )


def _role_ids(exchange: Exchange, session: Session) -> Sequence[str]:
    person = exchange.service.store.people.get((session.people, session.subject))
    provider = next((each for each in exchange.service.providers if each.name == session.people), None)
    if not isinstance(person, Person) or provider is None:
        return ()
    return [str(role["person_roleid"]) for role in roles(provider, person) if "person_roleid" in role]
