"""Checks the authorization request, then redirects to the identity provider."""

from __future__ import annotations

from typing import Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.redirects import redirect
from mock_servers.journal import provenance
from mock_servers.provider.provider import Provider
from mock_servers.rules import rejects
from mock_servers.state.app import App
from mock_servers.state.grant import PendingAuthorization
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import mismatch, shown, url

STATE_KEPT: Final = 600
"""Seconds that a person may take at the provider before the platform forgets its state: a guess, and in doubt (I)."""

MAX_AGE: Final = "300"


@rejects(errors.AUTHORIZE_CLIENT_ID_MISSING)
def check_client_id_in_query(exchange: Exchange) -> str | None:
    """The query names the client."""
    lacks = exchange.request.query.lacking("client_id")
    return lacks and f"The query string has {lacks}: send the app's API key."


@rejects(errors.AUTHORIZE_CLIENT_UNKNOWN, after=["check_client_id_in_query"])
def find_app_of_query(exchange: Exchange) -> str | None:
    """An app of this environment."""
    client_id = exchange.query("client_id") or ""
    app = exchange.service.store.apps.get(client_id)
    if app is None or not app.known_in(exchange.service.environment):
        sent = provenance.shown(exchange.service.store, client_id)
        return (
            f"No app of environment {exchange.service.environment} has the API key {sent}. client_id is the app's API "
            "key, not the client id that CIS2 or NHS login gave."
        )
    exchange.app = app
    return None


@rejects(errors.AUTHORIZE_REDIRECT_URI_MISSING)
def check_redirect_uri_in_query(exchange: Exchange) -> str | None:
    """It is present."""
    lacks = exchange.request.query.lacking("redirect_uri")
    return lacks and f"The query string has {lacks}: send one of the app's own, {registered(exchange.app)}."


@rejects(errors.AUTHORIZE_REDIRECT_URI_UNREGISTERED, after=["check_redirect_uri_in_query"])
def find_redirect_uri(exchange: Exchange) -> str | None:
    """It is the app's, character by character."""
    sent = exchange.query("redirect_uri") or ""
    if sent not in exchange.app.redirect_uris:
        return unregistered(exchange.app, sent)
    exchange.redirect_uri, exchange.client_state = sent, exchange.query("state")
    return None


@rejects(errors.STATE_MISSING)
def check_state_present(exchange: Exchange) -> str | None:
    """It is present."""
    lacks = exchange.request.query.lacking("state")
    return (
        lacks and f"The query string has {lacks}: send a fresh random value, and compare it when the person comes back."
    )


@rejects(errors.RESPONSE_TYPE_MISSING)
def check_response_type_present(exchange: Exchange) -> str | None:
    """It is present."""
    return None if "response_type" in exchange.request.query else "There is no response_type: send response_type=code."


@rejects(errors.RESPONSE_TYPE_UNSUPPORTED, after=["check_response_type_present"])
def check_response_type(exchange: Exchange) -> str | None:
    """The authorization code flow is the only one."""
    sent = exchange.query("response_type")
    return None if sent == "code" else f"response_type is {shown(sent)}: this service knows code alone."


def registered(app: App) -> str:
    """Return an app's redirect URIs, as shown to a developer."""
    return ", ".join(url(each) for each in app.redirect_uris) or "of which it has none: register one"


def unregistered(app: App, sent: str) -> str:
    """Say how a redirect URI differs from those of the app."""
    near = next((uri for uri in app.redirect_uris if _loosely(uri) == _loosely(sent)), None)
    hint = f" It differs from {url(near)} in case, a slash or its query alone." if near else ""
    there_is = mismatch(sent, app.redirect_uris)
    return f"redirect_uri is {url(sent)}; of app {shown(app.name)}, compared to the letter, {there_is}.{hint}"


def _loosely(uri: str) -> str:
    return uri.lower().partition("?")[0].partition("#")[0].rstrip("/")


def send_to_provider(exchange: Exchange) -> Answer:
    """Remember the client's request by a fresh state, and send the browser to the provider's authorize endpoint."""
    service, provider = exchange.service, provider_of(exchange)
    base, state = service.origin_of_log_in(provider, exchange.request.base), service.identifiers.uuid()
    pending = PendingAuthorization(
        mount=service.mount,
        environment=service.environment,
        client_id=exchange.app.client_id,
        scopes=exchange.app.scopes,
        redirect_uri=exchange.redirect_uri,
        state=exchange.client_state or "",
        provider=provider.name,
        base=base,
        callback_uri=f"{exchange.request.base}{service.mount}/callback",
        expires_at=exchange.now + STATE_KEPT,
    )
    service.store.pending.put(state, pending)
    return redirect(f"{base}{provider.endpoint('authorize')}", _asked(exchange, provider, pending, state))


def provider_of(exchange: Exchange) -> Provider:
    """Return the provider for a request: the one that its scope selects, else the first (S)."""
    providers, scope = exchange.service.providers, exchange.query("scope")
    picked = (each for each in providers if scope is not None and each.on_platform.picked_by == scope)
    return next(picked, None) or next(each for each in providers if each.on_platform.picked_by is None)


def _asked(exchange: Exchange, provider: Provider, pending: PendingAuthorization, state: str) -> dict[str, str | None]:
    """The platform's own request; `nhsauth_user`, which picks a person without a form, is the mock's and goes on."""
    ours = provider.on_platform
    return {
        "client_id": ours.client_id,
        "redirect_uri": pending.callback_uri,
        "response_type": "code",
        "scope": ours.scope,
        "state": state,
        "max_age": MAX_AGE,
        "acr_values": (exchange.query("acr_values") or ours.default_acr) if ours.default_acr else None,
        "nhsauth_user": exchange.query("nhsauth_user"),
    }
