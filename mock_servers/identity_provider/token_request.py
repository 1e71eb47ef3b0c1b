"""Judges the request that redeems a code at a provider's token endpoint; the words of a refusal are the provider's."""

from __future__ import annotations

import hmac
from dataclasses import replace

from mock_servers import provenance
from mock_servers.identity_provider import errors, log_ins
from mock_servers.identity_provider.service import Exchange
from mock_servers.request import Answer
from mock_servers.rules import rejects
from mock_servers.wording import cut, duration, shown


@rejects(errors.METHOD_NOT_POST)
def check_method(exchange: Exchange) -> str | None:
    """RFC 6749, section 3.2."""
    method = exchange.request.method
    return None if method == "POST" else f"{method} at the token endpoint: tokens are asked for with POST and a form."


@rejects(errors.GRANT_TYPE_MISSING)
def check_grant_type_present(exchange: Exchange) -> str | None:
    """There is one."""
    if "grant_type" in exchange.request.form:
        return None
    return "The form has no grant_type: send grant_type=authorization_code, as application/x-www-form-urlencoded."


@rejects(errors.GRANT_TYPE_UNSUPPORTED)
def check_grant_type(exchange: Exchange) -> str | None:
    """It is one that this provider answers here."""
    sent = exchange.form("grant_type")
    if sent == "authorization_code":
        return None
    return f"grant_type is {shown(sent)}; this mock of {exchange.service.provider.title} answers authorization_code."


@rejects(errors.CLIENT_NOT_AUTHENTICATED)
def find_client(exchange: Exchange) -> str | None:
    """The client proves itself by its secret in the form."""
    if not exchange.service.provider.takes_client_secret:
        return f"{exchange.service.provider.title} takes no client secret, and this mock plays no other way yet."
    client_id, secret = exchange.form("client_id") or "", exchange.form("client_secret") or ""
    app = exchange.service.store.apps.get(client_id)
    if app is None:
        return f"client_id {shown(client_id)} is no client of {exchange.service.provider.title}: send it in the form."
    if not hmac.compare_digest(secret.encode(errors="replace"), app.client_secret.encode()):
        return f"client_secret ({len(secret)} characters) is not that of client {shown(client_id)}."
    exchange.client_id = client_id
    return None


@rejects(errors.CODE_MISSING)
def check_code_present(exchange: Exchange) -> str | None:
    """There is one."""
    return None if "code" in exchange.request.form else "The form has no code: send the one from the redirect."


@rejects(errors.REDIRECT_URI_MISSING)
def check_redirect_uri_present(exchange: Exchange) -> str | None:
    """RFC 6749, section 4.1.3."""
    if "redirect_uri" in exchange.request.form:
        return None
    return "The form has no redirect_uri: repeat the one of the authorization request."


@rejects(errors.SCOPE_SENT)
def check_no_scope(exchange: Exchange) -> str | None:
    """The product refuses a scope here (I), a live client of CIS2 sends one (S): a setting, tolerant by default."""
    if exchange.service.settings.scope_at_token == "ignore" or "scope" not in exchange.request.form:
        return None
    return f"The form has scope {shown(exchange.form('scope'))}: send scope with the authorization request alone."


@rejects(errors.CODE_UNKNOWN)
def find_code(exchange: Exchange) -> str | None:
    """Issued by this provider to this client for this redirect URI, and unused."""
    sent = exchange.form("code") or ""
    code = exchange.service.store.codes.get(sent)
    title = exchange.service.provider.title
    if code is None or code.log_in.provider != exchange.service.provider.name:
        return f"code {cut(sent)} is none that {title} has issued."
    if code.spent_at is not None:
        return (
            f"code {cut(sent)} was used {duration(exchange.now - code.spent_at)} ago: redeem it once, keep the answer."
        )
    if code.log_in.client_id != exchange.client_id:
        return f"code {cut(sent)} was issued to client {shown(code.log_in.client_id)}."
    if code.redirect_uri != exchange.form("redirect_uri"):
        return (
            f"redirect_uri is {shown(exchange.form('redirect_uri'))}; at the log-in it was {shown(code.redirect_uri)}."
        )
    exchange.code = code
    return None


@rejects(errors.CODE_EXPIRED)
def check_code_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.code.expires_at
    return None if late < 0 else f"The code expired {duration(late)} ago: redeem it when it arrives."


@rejects(errors.CODE_SPENT)
def claim_code(exchange: Exchange) -> str | None:
    """Of many at once exactly one passes."""
    sent, code = exchange.form("code") or "", exchange.code
    if exchange.service.store.codes.swap(sent, code, replace(code, spent_at=exchange.now)):
        provenance.mark_spent(exchange.service.store, sent, exchange.now)
        return None
    return f"code {cut(sent)} was used by another request at this moment: redeem it once."


def redeemed(exchange: Exchange) -> Answer:
    """The tokens for the code."""
    return log_ins.tokens(exchange.service, exchange.request.origin, exchange.code.log_in, exchange.form("code") or "")
