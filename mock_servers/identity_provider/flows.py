"""Which requests a provider answers, and the order of the checks at its token endpoint (I)."""

from __future__ import annotations

import json
from typing import Any, Final

from mock_servers import keys
from mock_servers.identity_provider import token_request
from mock_servers.identity_provider.service import Exchange
from mock_servers.request import Answer
from mock_servers.rules import Flow, Policy

TOKEN: Final[Policy[Exchange]] = Policy(
    name="token",
    rules=(
        token_request.check_method,
        token_request.check_grant_type_present,
        token_request.check_grant_type,
        token_request.find_client,
        token_request.check_code_present,
        token_request.check_redirect_uri_present,
        token_request.check_no_scope,
        token_request.find_code,
        token_request.check_code_live,
        token_request.claim_code,
    ),
)


def _discovery(exchange: Exchange) -> Answer:
    issuer = exchange.service.issuer(exchange.request.origin)
    document: Any = exchange.service.provider.discovery
    return Answer(status=200, body={name: _placed(value, issuer) for name, value in document.items()})


def _placed(value: Any, issuer: str) -> Any:
    return value.replace("{issuer}", issuer) if isinstance(value, str) else value


def _key_set(exchange: Exchange) -> Answer:
    service = exchange.service
    return Answer(status=200, body=keys.jwks(service.key(), alg=service.provider.signing_algorithm))


def _asks(endpoint: str) -> Any:
    def takes(exchange: Exchange) -> bool:
        provider = exchange.service.provider
        path = "/.well-known/openid-configuration" if endpoint == "discovery" else provider.endpoints[endpoint]
        return exchange.request.path == path and exchange.request.method in ("GET", "HEAD")

    return takes


def _at_token(exchange: Exchange) -> bool:
    return exchange.request.path == exchange.service.provider.endpoints["token"]


def _nowhere(exchange: Exchange) -> Answer:
    error = {"error": "not_found", "error_description": f"This mock has nothing at {json.dumps(exchange.request.path)}"}
    return Answer(status=404, body=error)


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(row="discovery", name="discovery", takes=_asks("discovery"), policies=(), respond=_discovery, recorded=False),
    Flow(row="jwks", name="jwks", takes=_asks("jwks"), policies=(), respond=_key_set, recorded=False),
    Flow(row="token", name="token", takes=_at_token, policies=(TOKEN,), respond=token_request.redeemed),
    Flow(row="nowhere", name="nowhere", takes=lambda _: True, policies=(), respond=_nowhere),
)
