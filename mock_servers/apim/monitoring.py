"""Monitoring of the token service: `_ping`, `_status`, and the answer to a browser's preflight request."""

from __future__ import annotations

import hmac
from typing import Any, Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.jose.jwks import UnreachableError
from mock_servers.provider.provider import Provider
from mock_servers.rules import rejects
from mock_servers.settings.sections import ApimSettings
from mock_servers.wire.request import Answer, Request

VERSION: Final = {"version": "v1.0.0", "revision": "1", "releaseId": "1", "commitId": "0000000"}
"""The members of `_ping` (S); their values are the mock's."""

CORS: Final = {
    "Access-Control-Allow-Headers": "origin, x-requested-with, accept, content-type, authorization",
    "Access-Control-Max-Age": "600",
    "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE",
}


@rejects(errors.STATUS_KEY_WRONG)
def check_status_key(exchange: Exchange) -> str | None:
    """It is the platform's own, which opens `_status`."""
    return locked(exchange.request, exchange.service.settings)


def locked(request: Request, settings: ApimSettings) -> str | None:
    """Say why a request does not open a `_status`, whose key all proxies share; null when it does."""
    sent = request.headers.get("apikey", "")
    if hmac.compare_digest(sent.encode(), settings.status_key.encode()):
        return None
    return "The header apikey does not hold the status key (`status_key` in the configuration of the mock)."


def ping(_: Exchange) -> Answer:
    """§2.1: the version, without any check."""
    return Answer(status=200, body=VERSION)


def status(exchange: Exchange) -> Answer:
    """§2.2: `warn` when one provider is down, `fail` when both are."""
    checks = {provider.word: _check(exchange, provider) for provider in exchange.service.providers}
    down = sum(check["status"] == "fail" for check in checks.values())
    overall = "pass" if not down else "fail" if down == len(checks) else "warn"
    return Answer(status=200, body={"status": overall, **VERSION, "checks": checks})


def cors(origin: str) -> dict[str, str]:
    """Return the headers that let a browser's script of this origin read an answer."""
    return {"Access-Control-Allow-Origin": origin, **CORS}


def pre_flight(exchange: Exchange) -> Answer:
    """§2.12: what a browser asks before a call from another origin."""
    return Answer(status=200, headers=cors(exchange.request.headers["origin"]), content_type="text/plain")


def _check(exchange: Exchange, provider: Provider) -> dict[str, Any]:
    """The members are the service's, `responseCode` null without an answer (S); their inner shape is inferred (I)."""
    url = f"{exchange.service.origin_of_log_in(provider, exchange.request.base)}{provider.discovery_path}"
    verdict, outcome = "pass", "OK"
    code: int | None = 200
    try:
        exchange.service.fetch(url)
    except UnreachableError as reason:
        verdict, code, outcome = "fail", reason.status, str(reason)
    timeout = "true" if code is None else "false"
    return {"status": verdict, "timeout": timeout, "responseCode": code, "outcome": outcome, "links": {"self": url}}
