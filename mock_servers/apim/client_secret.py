"""Checks a client that sends client_id and client_secret in the form: the code grant and refresh."""

from __future__ import annotations

import hmac

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.journal import provenance
from mock_servers.rules import rejects
from mock_servers.wire.wording import shown


@rejects(errors.CLIENT_ID_MISSING)
def check_client_id_present(exchange: Exchange) -> str | None:
    """The form names the client; the Authorization header does not count."""
    if "client_id" in exchange.request.form:
        return None
    if "client_assertion" in exchange.request.form:
        return "The form has a client_assertion, which this grant does not read: send client_id and client_secret."
    if "authorization" in exchange.request.headers:
        return "The Authorization header is not read here: send client_id and client_secret in the form."
    lacks = exchange.request.form.lacking("client_id")
    return f"The form has {lacks}: send the app's API key."


@rejects(errors.CLIENT_UNKNOWN, after=["check_client_id_present"])
def find_app_by_client_id(exchange: Exchange) -> str | None:
    """An app of this environment."""
    client_id = exchange.form("client_id") or ""
    app = exchange.service.store.apps.get(client_id)
    if app is None or not app.known_in(exchange.service.environment):
        sent = provenance.shown(exchange.service.store, client_id)
        return f"No app of environment {exchange.service.environment} has the API key {sent}."
    exchange.app = app
    return None


@rejects(errors.APP_REVOKED)
def check_app_approved(exchange: Exchange) -> str | None:
    """The app's own status."""
    return None if exchange.app.approved else f"App {shown(exchange.app.name)} is not approved: approve it."


@rejects(errors.DEVELOPER_INACTIVE)
def check_developer_active(exchange: Exchange) -> str | None:
    """The status of the app's developer."""
    return None if exchange.app.developer_active else f"The developer of {shown(exchange.app.name)} is inactive."


@rejects(errors.COMPANY_INACTIVE)
def check_company_active(exchange: Exchange) -> str | None:
    """The status of the app's company."""
    return None if exchange.app.company_active else f"The company of {shown(exchange.app.name)} is inactive."


@rejects(errors.KEY_REVOKED)
def check_key_approved(exchange: Exchange) -> str | None:
    """The status of the API key itself (I)."""
    if exchange.app.expired(exchange.now):
        return f"The API key of {shown(exchange.app.name)} has expired (the answer is our guess): get another."
    if exchange.app.key_approved:
        return None
    return f"The API key of {shown(exchange.app.name)} is revoked (the answer is our guess): approve it."


@rejects(errors.APP_NOT_SUBSCRIBED)
def check_app_subscribed(exchange: Exchange) -> str | None:
    """Products that cover the service, or no products at all."""
    proxy, environment = exchange.service.proxy, exchange.service.environment
    if exchange.app.covers(proxy, environment):
        return None
    return (
        f"App {shown(exchange.app.name)} has products, and none of them covers this service, {proxy} in {environment}: "
        "subscribe it to one that does."
    )


@rejects(errors.CLIENT_SECRET_MISSING)
def check_client_secret_present(exchange: Exchange) -> str | None:
    """The secret is in the form."""
    lacks = exchange.request.form.lacking("client_secret")
    return lacks and f"The form has {lacks}: this grant wants the app's secret beside its API key."


@rejects(errors.CLIENT_SECRET_WRONG, after=["check_client_secret_present"])
def check_client_secret(exchange: Exchange) -> str | None:
    """The secret is the app's."""
    sent = exchange.form("client_secret") or ""
    if hmac.compare_digest(sent.encode(errors="replace"), exchange.app.client_secret.encode()):
        return None
    return f"client_secret ({len(sent)} characters) is not that of app {shown(exchange.app.name)}."
