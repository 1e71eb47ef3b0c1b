"""Checks a call of /userinfo, and passes on CIS2's userinfo of a person who logged in through the platform."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from mock_servers.apim import errors, sessions
from mock_servers.apim.exchange import Exchange
from mock_servers.jose.jwks import UnreachableError
from mock_servers.rules import rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, duration, moment, shown

_BEARER: Final = "bearer "
_COMBINED: Final = ("NHSIdentity", "Cis2-mock", "secure")
"""The part of an issuer without which there is no userinfo: CIS2's development realm and NHS login have none (S)."""


@rejects(errors.USERINFO_TOKEN_MISSING)
def find_bearer(exchange: Exchange) -> str | None:
    """A header `Authorization: Bearer …` with a token behind it."""
    sent = exchange.request.headers.get("authorization", "")
    exchange.bearer = sent[len(_BEARER) :].strip() if sent.lower().startswith(_BEARER) else ""
    if exchange.bearer:
        return None
    return "There is no `Authorization: Bearer …` header with a token: send the platform's access_token."


@rejects(errors.USERINFO_TOKEN_UNKNOWN, after=["find_bearer"])
def find_token(exchange: Exchange) -> str | None:
    """Issued by this environment of the platform, to an app that still exists (I)."""
    service = exchange.service
    token = service.store.access_tokens.get(exchange.bearer)
    app = service.store.apps.get(token.client_id) if token else None
    if token is None or app is None or token.environment != service.environment:
        return f"Bearer token {cut(exchange.bearer)} was not issued by this environment's token service."
    exchange.token, exchange.app = token, app
    return None


@rejects(errors.USERINFO_TOKEN_REVOKED)
def check_token_not_revoked(exchange: Exchange) -> str | None:
    """The provider has not ended the session."""
    ended_at = sessions.revoked_at(exchange.service.store, exchange.token)
    if ended_at is None:
        return None
    by_hand = sessions.revoked_by_hand(exchange.token)
    return by_hand or f"The token was revoked at {moment(ended_at)}: the person logged out. Log in."


@rejects(errors.USERINFO_TOKEN_EXPIRED)
def check_token_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.token.expires_at
    return None if late < 0 else f"The token expired {duration(late)} ago: refresh it a minute before it does."


@rejects(errors.USERINFO_APP_UNUSABLE)
def check_app_of_token(exchange: Exchange) -> str | None:
    """A token outlives the approval of its app, and what covers it, but opens nothing meanwhile (I)."""
    app, service = exchange.app, exchange.service
    if not app.usable:
        return f"The token is good, but app {shown(app.name)}, or its key, is not approved: approve it."
    if app.covers(service.proxy, service.environment):
        return None
    return f"No product of app {shown(app.name)} covers {service.proxy} in {service.environment}: subscribe it to one."


@rejects(errors.USERINFO_NOT_COMBINED)
def find_combined_session(exchange: Exchange) -> str | None:
    """A CIS2 log-in through /authorize."""
    session = exchange.token.session
    if session is None:
        return "The token is an application's, of client_credentials: there is no person behind it."
    if not session.of_browser_flow:
        return "The token comes from a token exchange: ask CIS2's own userinfo, with CIS2's access token."
    if not any(part in session.issuer for part in _COMBINED):
        return (
            f"The person logged in at {session.issuer}, and only CIS2 has a userinfo here: read the id_token instead."
        )
    exchange.session = session
    return None


@rejects(errors.USERINFO_UNAVAILABLE)
def fetch_userinfo(exchange: Exchange) -> str | None:
    """Requested from the provider with its own access token, under the name that the log-in used."""
    session = exchange.session
    provider = next(each for each in exchange.service.providers if each.name == session.provider)
    url = f"{session.issuer.removesuffix(provider.path)}{provider.endpoint('userinfo')}"
    try:
        exchange.userinfo_status, body = exchange.service.call(url, bearer=session.external_access_token)
    except UnreachableError as reason:
        if reason.status is None:
            return f"{provider.title}'s userinfo could not be asked: {reason}."
        exchange.userinfo_status, body = reason.status, str(reason).encode()
    exchange.userinfo = body.decode(errors="replace")
    return None


@rejects(errors.USERINFO_REFUSED)
def check_userinfo_given(exchange: Exchange) -> str | None:
    """The provider's own status goes out with the platform's catch-all (I)."""
    if exchange.userinfo_status == HTTPStatus.OK:
        return None
    return (
        f"The provider's userinfo answered {exchange.userinfo_status} ({shown(exchange.userinfo)}): its own access "
        "token, which the platform keeps, may have expired, as a refresh here does not renew it. Log in again (the "
        "answer is our guess)."
    )


def pass_on(exchange: Exchange) -> Answer:
    """What the provider said, as it said it."""
    return Answer(status=200, body=exchange.userinfo)
