"""Checks an authorization code of the platform: its client, the redirect URI of the log-in, and single use."""

from __future__ import annotations

from dataclasses import replace

from mock_servers.apim import errors
from mock_servers.apim.authorize import registered, unregistered
from mock_servers.apim.exchange import Exchange
from mock_servers.journal import provenance
from mock_servers.rules import rejects
from mock_servers.wire.wording import cut, duration, shown, url


@rejects(errors.CODE_REDIRECT_URI_MISSING)
def check_redirect_uri_in_form(exchange: Exchange) -> str | None:
    """It is present (RFC 6749, section 4.1.3)."""
    lacks = exchange.request.form.lacking("redirect_uri")
    return lacks and f"The form has {lacks}: repeat the one of the log-in, {registered(exchange.app)}."


@rejects(errors.CODE_REDIRECT_URI_UNREGISTERED, after=["check_redirect_uri_in_form"])
def check_redirect_uri_registered(exchange: Exchange) -> str | None:
    """It is the app's, character by character."""
    sent = exchange.form("redirect_uri") or ""
    return None if sent in exchange.app.redirect_uris else unregistered(exchange.app, sent)


@rejects(errors.CODE_MISSING)
def check_code_present(exchange: Exchange) -> str | None:
    """It is present."""
    lacks = exchange.request.form.lacking("code")
    return (
        lacks and f"The form has {lacks}: send the one that came to the redirect URI, and look there for error first."
    )


@rejects(errors.CODE_UNKNOWN, after=["check_code_present"])
def find_code(exchange: Exchange) -> str | None:
    """Issued by this deployment to this client (I), and unused."""
    sent, service = exchange.form("code") or "", exchange.service
    code = service.store.platform_codes.get(sent)
    if code is None or (code.mount, code.environment) != (service.mount, service.environment):
        return f"code {cut(sent)} was not issued by {service.mount}/callback."
    if code.client_id != exchange.app.client_id:
        return f"code {cut(sent)} was given to the app with API key {shown(code.client_id)}."
    if code.spent_at is not None:
        return (
            f"code {cut(sent)} was used {duration(exchange.now - code.spent_at)} ago: your callback ran twice. Redeem "
            "a code once, and keep the answer."
        )
    exchange.code = code
    return None


@rejects(errors.CODE_FOR_OTHER_REDIRECT_URI, after=["check_redirect_uri_registered"])
def check_redirect_uri_of_log_in(exchange: Exchange) -> str | None:
    """The one that /authorize was given, should the app have several (I)."""
    sent, code = exchange.form("redirect_uri"), exchange.code
    if sent == code.redirect_uri:
        return None
    return f"redirect_uri is {url(sent)}; at /authorize it was {url(code.redirect_uri)}: repeat that."


@rejects(errors.CODE_EXPIRED)
def check_code_live(exchange: Exchange) -> str | None:
    """Within its lifetime; the service's answer after that is a guess (I)."""
    late = exchange.now - exchange.code.expires_at
    return None if late < 0 else f"The code expired {duration(late)} ago: redeem it as soon as it arrives."


@rejects(errors.CODE_SPENT)
def claim_code(exchange: Exchange) -> str | None:
    """Of several requests at once with one code, exactly one passes."""
    sent, code, store = exchange.form("code") or "", exchange.code, exchange.service.store
    if store.platform_codes.swap(sent, code, replace(code, spent_at=exchange.now)):
        provenance.mark_spent(store, sent, exchange.now)
        return None
    return f"code {cut(sent)} was used by another request at this moment: redeem it once, and share the answer."
