"""Finds the app of a request, checks that it may use the service, and finds its key: §3.17 to §3.20a, and quota."""

from __future__ import annotations

import re
from typing import Any, Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.jose.jwks import FetchedJwks, UnreachableError, public_key, read
from mock_servers.journal import provenance
from mock_servers.provider.providers import owner_of_client_id
from mock_servers.rules import rejects
from mock_servers.state import quota
from mock_servers.state.app import PLATFORM, App
from mock_servers.state.table import Table, first_few
from mock_servers.wire import wording
from mock_servers.wire.wording import duration, shown

_MOST_KEYS: Final = 5
APP_JWKS_KEPT: Final = 3600
"""Seconds for which an app's key set is kept by its URL; an unknown kid does not fetch it again (S)."""

_FETCHED: Final = re.compile(r"https?://[^/]+/")
"""The beginning of a valid JWKS URL, letter by letter (S)."""


def _what_keeps(exchange: Exchange, app: App) -> str | None:
    reasons = {
        "it is not approved": not app.approved,
        "its key is not approved": not app.key_approved,
        "its key has expired": app.expired(exchange.now),
        "its developer is inactive": not app.developer_active,
        "its company is inactive": not app.company_active,
        "none of its products covers this service": not app.covers(
            exchange.service.proxy, exchange.service.environment
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def known_keys(apps: Table[App], environment: str) -> str:
    """List API keys of an environment, whole, and how many more there are; without a provider's client id."""
    few, unseen = first_few(apps)
    keys = [app.client_id for app in few if app.known_in(environment) and owner_of_client_id(app.client_id) is None]
    if not keys:
        return f"none of the newest {len(few)} apps" if unseen else "none"
    left = len(keys) - _MOST_KEYS
    more = " and more" if unseen else f" and {left} more" if left > 0 else ""
    return f"{', '.join(shown(key) for key in keys[:_MOST_KEYS])}{more}"


def _unknown(exchange: Exchange, client_id: Any) -> str:
    environment = exchange.service.environment
    app = exchange.service.store.apps.get(client_id) if isinstance(client_id, str) else None
    if app is not None and not app.known_at(PLATFORM):
        return f"App {shown(app.name)} is known, but not at the platform: `platform` is not among its `services`."
    if app is not None:
        return f"App {shown(app.name)} is known, but not in environment {environment}."
    return (
        f"No app of environment {environment} has the API key {provenance.shown(exchange.service.store, client_id)}; "
        f"known are {known_keys(exchange.service.store.apps, environment)}. "
        "iss and sub are the API key of the app, not its id, name or CIS2 client id."
    )


def _known_app(exchange: Exchange, client_id: Any) -> App | None:
    app = exchange.service.store.apps.get(client_id) if isinstance(client_id, str) else None
    return app if app is not None and app.known_in(exchange.service.environment) else None


@rejects(errors.SANDBOX_CLIENT_UNKNOWN)
def check_client_known_to_sandbox(exchange: Exchange) -> str | None:
    """The answer that a user of the sandbox environment saw instead of §3.17 (Q); a setting, off by default."""
    client_id = exchange.client_id
    if not exchange.service.settings.sandbox_unknown_client or _known_app(exchange, client_id) is not None:
        return None
    return _unknown(exchange, client_id)


@rejects(errors.APP_UNKNOWN)
def find_app(exchange: Exchange) -> str | None:
    """§3.17: `sub` is the API key of an app that may use this service here."""
    client_id = exchange.client_id
    app = _known_app(exchange, client_id)
    if app is None:
        return _unknown(exchange, client_id)
    reason = _what_keeps(exchange, app)
    if reason is not None:
        return f"App {shown(app.name)} is known, but {reason}."
    exchange.app = app
    return None


@rejects(errors.QUOTA_EXCEEDED)
def claim_quota(exchange: Exchange) -> str | None:
    """§3.17a: each request counts, and of many at once no more than the quota pass."""
    app = exchange.app
    used = quota.claim(exchange.service.store, exchange.service.mount, app, exchange.now)
    if used is None:
        return None
    return (
        f"This is request {used} of app {shown(app.name)} in this minute, and its quota is {app.quota_per_minute}: "
        "keep a token until it is about to expire instead of asking for one per call."
    )


@rejects(errors.PUBLIC_KEY_NOT_REGISTERED)
def check_public_key_registered(exchange: Exchange) -> str | None:
    """§3.18: the app has a key set, or the URL of one."""
    if exchange.app.has_keys:
        return None
    return f"App {shown(exchange.app.name)} has no JWKS URL: register its public key (`jwks` or `jwks_url` of the app)."


@rejects(errors.JWKS_UNREACHABLE)
def fetch_app_jwks(exchange: Exchange) -> str | None:
    """§3.19: kept for an hour by URL, even if it is no key set; a failure is not kept."""
    url = exchange.service.jwks_url_of(exchange.app)
    key, table = ("app", url), exchange.service.store.jwks
    kept = table.get(key)
    if not _FETCHED.match(url):
        exchange.app_jwks_failure = "the URL must begin with http:// or https:// in small letters, a host, and a path"
        return f"{wording.url(url)} is not fetched at all: {exchange.app_jwks_failure}. This jti is spent."
    if kept is None or not 0 <= exchange.now - kept.at < APP_JWKS_KEPT:
        try:
            kept = read(exchange.service.fetch(url), exchange.now, url)
        except UnreachableError as reason:
            exchange.app_jwks_failure = str(reason)
            return (
                f"{wording.url(url)} could not be fetched: {reason}. It must answer without log-in; this jti is spent."
            )
        table.put(key, kept)
    exchange.app_jwks = kept
    return None


@rejects(errors.JWKS_UNREADABLE)
def check_app_jwks_readable(exchange: Exchange) -> str | None:
    """§3.19a (I)."""
    if exchange.app_jwks.keys is not None:
        return None
    url = wording.url(exchange.service.jwks_url_of(exchange.app))
    return f'{url} answered {exchange.app_jwks.problem}: it must answer {{"keys": [...]}}.{_kept(exchange)}'


@rejects(errors.CLIENT_ASSERTION_KID_UNKNOWN)
def find_app_jwk(exchange: Exchange) -> str | None:
    """§3.20: the kept set is not fetched again for a kid that it lacks."""
    kid = exchange.kid
    jwk = exchange.app_jwks.find(kid)
    if jwk is None:
        return f"kid is {shown(kid)}; the registered set has {shown(exchange.app_jwks.kids)}.{_kept(exchange)}"
    exchange.app_jwk = jwk
    return None


@rejects(errors.PUBLIC_KEY_UNUSABLE)
def decode_app_key(exchange: Exchange) -> str | None:
    """§3.20a (I)."""
    try:
        exchange.app_key = public_key(exchange.app_jwk)
    except ValueError as reason:
        kid = shown(exchange.app_jwk.get("kid"))
        return f"The registered key {kid} cannot be used: {reason}. Register an RSA key of 4096 bits."
    return None


def _kept(exchange: Exchange) -> str:
    jwks: FetchedJwks = exchange.app_jwks
    age = exchange.now - jwks.at
    return f" The set was fetched {duration(age)} ago and is read again {duration(APP_JWKS_KEPT - age)} from now."
