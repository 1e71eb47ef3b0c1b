"""The proxy mock-jwks of test suites: it serves the content of its path, and lends keys and scopes to try."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

from mock_servers.apim.monitoring import VERSION, locked
from mock_servers.apim.platform_client import CLIENT_SECRET
from mock_servers.gateway import errors, subscription
from mock_servers.gateway.flows import routes
from mock_servers.gateway.service import Exchange
from mock_servers.provider.providers import PROVIDERS
from mock_servers.rules import Flow, Policy, anything, rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANYWHERE
from mock_servers.wire.wording import shown

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")


@rejects(errors.STATUS_KEY_WRONG)
def check_status_key(exchange: Exchange) -> str | None:
    """The platform's own key, which opens `_status` of every proxy."""
    return locked(exchange.request, exchange.service.settings)


STATUS_KEY: Final[Policy[Exchange]] = Policy(name="VerifyStatusKey", rules=(check_status_key,))


def _token(scope: str) -> Policy[Exchange]:
    """Return the rule for a token with exactly one scope: a higher level does not include a lower one (S)."""
    return subscription.token_policy(
        lambda exchange: (
            None
            if scope in exchange.token.scopes
            else f"This path wants {scope}; the token has {shown(exchange.token.scopes)}."
        )
    )


def _in_test_environments(exchange: Exchange) -> bool:
    """Some paths are not deployed in production."""
    return exchange.service.settings.environment != "prod"


def ping(_: Exchange) -> Answer:
    """Answer with the deployed version."""
    return Answer(status=200, body=VERSION)


def _status(_: Exchange) -> Answer:
    return Answer(status=200, body={"status": "pass"})


def _status_key(exchange: Exchange) -> Answer:
    return Answer(status=200, body=exchange.service.settings.status_key, content_type="application/text")


def _keycloak(exchange: Exchange) -> Answer:
    lent = [each.on_platform for each in exchange.service.providers]
    members: dict[str, Any] = {
        each.lent_as: {"client_id": each.client_id, "client_secret": CLIENT_SECRET} for each in lent if each.lent_as
    }
    return Answer(status=200, body=members)


def _nothing(_: Exchange) -> Answer:
    return Answer(status=200, content_type="text/plain")


def _decoded(exchange: Exchange) -> Answer:
    """Return the content of a path in either base64 alphabet, padded or not; other characters are ignored (I)."""
    sent = exchange.request.path.lstrip("/").replace("-", "+").replace("_", "/")
    digits = _NOT_BASE64.sub("", sent)
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    try:
        found = base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:
        found = b""
    return Answer(status=200, body=found.decode(errors="replace"))


def _flow(
    name: str,
    policies: tuple[Policy[Exchange], ...],
    respond: Callable[[Exchange], Answer],
    *,
    takes: Callable[[Exchange], bool] = _in_test_environments,
    recorded: bool = False,
) -> Flow[Exchange, Answer]:
    return Flow(name=name, row="admin §5", takes=takes, policies=policies, respond=respond, recorded=recorded)


_ACCESSES: Final = {
    "app/level0": subscription.API_KEY,
    "app/level3": _token("urn:nhsd:apim:app:level3:mock-jwks"),
    **{
        f"{provider.word}/{mark}": _token(f"urn:nhsd:apim:user-{provider.word}:{mark}:mock-jwks")
        for provider in PROVIDERS
        for mark in provider.scope_marks
    },
}
"""What each path below `/test-auth` lets in."""

FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    _flow("mock-jwks ping", (), ping, takes=anything),
    _flow("mock-jwks status", (STATUS_KEY,), _status, takes=anything),
    _flow("status-endpoint-api-key", (subscription.API_KEY,), _status_key),
    _flow("keycloak-client-credentials", (subscription.API_KEY,), _keycloak),
    *(_flow(f"mock-jwks {access}", (policy,), _nothing, recorded=True) for access, policy in _ACCESSES.items()),
    _flow("mock-jwks", (), _decoded, takes=anything),
)
"""In the order of the real proxy. A request to any other path gets its token decoded."""

TEST_AUTH: Final = tuple(f"/test-auth/{access}" for access in _ACCESSES)
ROUTES: Final = routes(
    FLOWS,
    {
        "/_ping": {"GET HEAD": ["mock-jwks ping"]},
        "/_status": {"GET HEAD": ["mock-jwks status"]},
        "/status-endpoint-api-key": {"GET": ["status-endpoint-api-key"]},
        "/keycloak-client-credentials": {"GET": ["keycloak-client-credentials"]},
        **{f"/test-auth/{access}": {"GET": [f"mock-jwks {access}"]} for access in _ACCESSES},
        ANYWHERE: {},
    },
    everywhere=["mock-jwks"],
)
"""Which flows each path of `/mock-jwks` has."""
