"""A team's own API behind the platform: token, level, API key and rate limit are checked, then it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mock_servers.gateway import errors, subscription
from mock_servers.gateway.flows import routes
from mock_servers.gateway.reply import (
    BrokenUpstreamError,
    SlowUpstreamError,
    UnreachableUpstreamError,
    UpstreamError,
)
from mock_servers.gateway.service import Exchange
from mock_servers.rules import Flow, Policy, rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANYWHERE
from mock_servers.wire.wording import shown

_BY_KEY: Final = ":app:level0:"
"""Part of a scope for application-restricted access with an API key (D)."""


def _lacks_scope(exchange: Exchange) -> str | None:
    """Exactly one of the API's: a higher level does not include a lower one."""
    wanted, held = exchange.api.scopes, exchange.token.scopes
    if not wanted or set(wanted) & set(held):
        return None
    return (
        f"{exchange.api.path} wants {' or '.join(map(shown, wanted))}; the token has {shown(list(held))}: log in at "
        "the level that it asks for, or subscribe the app to it."
    )


@rejects(errors.UPSTREAM_UNREACHABLE)
def fetch_reply(exchange: Exchange) -> str | None:
    """The API accepts connections (I); later rules check its answer."""
    exchange.failure = None
    try:
        exchange.reply = exchange.service.send(exchange.api, exchange.request)
    except UnreachableUpstreamError as failure:
        return f"{exchange.api.upstream} cannot be reached: {failure}. Does your API run there?"
    except UpstreamError as failure:
        exchange.failure = failure
    return None


@rejects(errors.UPSTREAM_SLOW)
def check_reply_in_time(exchange: Exchange) -> str | None:
    """It starts to answer within the gateway's timeout (I)."""
    if isinstance(exchange.failure, SlowUpstreamError):
        return f"{exchange.api.upstream} did not answer: {exchange.failure}."
    return None


@rejects(errors.UPSTREAM_BROKEN)
def check_reply_whole(exchange: Exchange) -> str | None:
    """It answers in HTTP (I)."""
    if isinstance(exchange.failure, BrokenUpstreamError):
        return f"{exchange.api.upstream} closed the connection or did not answer in HTTP: {exchange.failure}."
    return None


TOKEN: Final = subscription.token_policy(_lacks_scope)
TARGET: Final[Policy[Exchange]] = Policy(
    name="TargetEndpoint", rules=(fetch_reply, check_reply_in_time, check_reply_whole)
)


def _is_by_key(exchange: Exchange) -> bool:
    """An API that accepts keys is called with one, or accepts nothing else."""
    api, headers = exchange.found_api, exchange.request.headers
    if api is None:
        return False
    by_key = [_BY_KEY in scope for scope in api.scopes]
    takes_keys, takes_tokens = any(by_key) or not by_key, not all(by_key) or not by_key
    sent = "apikey" in headers and "authorization" not in headers
    return takes_keys and (sent or not takes_tokens)


def _pass_back(exchange: Exchange) -> Answer:
    reply = exchange.reply
    return Answer(status=reply.status, pieces=reply.pieces, pairs=reply.headers)


def _flow(name: str, takes: Callable[[Exchange], bool], *policies: Policy[Exchange]) -> Flow[Exchange, Answer]:
    return Flow(row="gateway §2", name=name, takes=takes, policies=(*policies, TARGET), respond=_pass_back)


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    _flow("own-api-open", lambda exchange: exchange.found_api is not None and exchange.found_api.open),
    _flow("own-api-by-key", _is_by_key, subscription.API_KEY, subscription.LIMIT),
    _flow("own-api", lambda exchange: exchange.found_api is not None, TOKEN, subscription.LIMIT),
)
"""Any path below that of an API, by any method."""

ROUTES: Final = routes(FLOWS, {ANYWHERE: {}}, everywhere=[flow.name for flow in FLOWS])
"""Which API a path is for, the flows find out: APIs come and go while the mock runs."""
