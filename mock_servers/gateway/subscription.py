"""Checks whether the app of a token or an API key may use the called API: its status, its products, its quota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mock_servers.gateway import bearer_token, errors
from mock_servers.gateway.service import Exchange
from mock_servers.rules import Policy, Rule, rejects
from mock_servers.state import quota
from mock_servers.state.app import App
from mock_servers.wire.wording import shown


def _app(exchange: Exchange, client_id: str) -> App | None:
    return exchange.service.store.apps.get(client_id)


def _uncovered(exchange: Exchange, app: App | None) -> str | None:
    environment = exchange.service.settings.environment
    if app is None or app.covers(exchange.proxy, environment):
        return None
    return (
        f"No product of app {shown(app.name)} covers {exchange.proxy} in {environment}: subscribe it to one that does."
    )


@rejects(errors.TOKEN_APP_NOT_APPROVED)
def check_app_of_token(exchange: Exchange) -> str | None:
    """A token outlives the approval of its app or key, but is refused meanwhile (D)."""
    app = _app(exchange, exchange.token.client_id)
    if app is None or app.usable:
        return None
    return f"The token is good, but app {shown(app.name)}, or its key, is not approved: approve it."


@rejects(errors.TOKEN_NOT_FOR_API)
def check_token_for_api(exchange: Exchange) -> str | None:
    """A product of its key covers the API."""
    return _uncovered(exchange, _app(exchange, exchange.token.client_id))


@rejects(errors.API_KEY_MISSING)
def check_api_key_present(exchange: Exchange) -> str | None:
    """A header `apikey` that is not empty (an empty one: I)."""
    if exchange.request.headers.get("apikey", ""):
        return None
    return "There is no header `apikey`: send the app's API key."


@rejects(errors.API_KEY_NOT_FOR_API)
def check_api_key_for_api(exchange: Exchange) -> str | None:
    """A product of the key covers the API."""
    return _uncovered(exchange, _app(exchange, exchange.request.headers.get("apikey", "")))


@rejects(errors.QUOTA_EXCEEDED)
def claim_quota(exchange: Exchange) -> str | None:
    """Each app has its quota at each API; of many requests at once no more pass."""
    app, own = exchange.app, exchange.found_api
    used = quota.claim(exchange.service.store, own.path if own else exchange.proxy, app, exchange.now)
    if used is None:
        return None
    return f"This is request {used} of app {shown(app.name)} in this minute, and its quota is {app.quota_per_minute}."


LIMIT: Final[Policy[Exchange]] = Policy(name="ApplyRateLimiting", rules=(claim_quota,))


def scope_rules(missing: Callable[[Exchange], str | None]) -> tuple[Rule[Exchange], ...]:
    """Make the rules for the scopes that an API requires; the status of a refusal is in doubt, hence the setting.

    Most sources have 403 (D), and the newest release of a public test suite expects 401 (S).
    """

    def by(exchange: Exchange, status: int) -> str | None:
        return missing(exchange) if exchange.service.settings.insufficient_scope_status == status else None

    @rejects(errors.SCOPE_TOO_LOW)
    def check_scope(exchange: Exchange) -> str | None:
        return by(exchange, errors.SCOPE_TOO_LOW.status)

    @rejects(errors.SCOPE_TOO_LOW_UNAUTHORIZED)
    def check_scope_by_newest_suite(exchange: Exchange) -> str | None:
        return by(exchange, errors.SCOPE_TOO_LOW_UNAUTHORIZED.status)

    return check_scope, check_scope_by_newest_suite


def token_policy(missing: Callable[[Exchange], str | None] | None = None) -> Policy[Exchange]:
    """Return the policy for a bearer token; `missing` says what its scopes lack, if an API requires any."""
    return Policy(
        name="OauthV2.VerifyAccessToken",
        rules=(
            bearer_token.find_bearer,
            bearer_token.find_token,
            bearer_token.check_token_not_revoked,
            bearer_token.check_token_live,
            check_app_of_token,
            check_token_for_api,
            *(scope_rules(missing) if missing is not None else ()),
        ),
    )


API_KEY: Final[Policy[Exchange]] = Policy(
    name="VerifyAPIKey",
    rules=(
        check_api_key_present,
        bearer_token.check_api_key_known,
        bearer_token.check_api_key_approved,
        check_api_key_for_api,
    ),
)
