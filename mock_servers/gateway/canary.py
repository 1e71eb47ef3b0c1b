"""The proxy canary-api, the smallest API there is: it greets whoever has a live token for it."""

from __future__ import annotations

from typing import Final

from mock_servers.apim.monitoring import VERSION
from mock_servers.gateway import bearer_token, mock_jwks, subscription
from mock_servers.gateway.service import Exchange
from mock_servers.rules import Flow, Policy
from mock_servers.wire.request import Answer

TOKEN: Final[Policy[Exchange]] = Policy(
    name="OauthV2.VerifyAccessToken",
    rules=(
        bearer_token.find_bearer,
        bearer_token.find_token,
        bearer_token.check_token_not_revoked,
        bearer_token.check_token_live,
        subscription.check_app_of_token,
        subscription.check_token_for_api,
    ),
)


def _status(_: Exchange) -> Answer:
    body = {"ping": "pong", "status": "pass", "service": "canary", "_version": VERSION}
    return Answer(status=200, body=body)


def _tweet(_: Exchange) -> Answer:
    return Answer(status=200, body={"msg": "tweet tweet"})


def _hello(_: Exchange) -> Answer:
    return Answer(status=200, body="Hello user!", content_type="text/html")


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(
        name="canary ping",
        row="admin §6",
        takes=mock_jwks.at("/_ping"),
        policies=(),
        respond=mock_jwks.ping,
        recorded=False,
    ),
    Flow(
        name="canary status",
        row="admin §6",
        takes=mock_jwks.at("/_status"),
        policies=(mock_jwks.STATUS_KEY,),
        respond=_status,
        recorded=False,
    ),
    Flow(name="canary tweet", row="admin §6", takes=mock_jwks.at("/tweet"), policies=(TOKEN,), respond=_tweet),
    Flow(name="canary", row="admin §6", takes=lambda _: True, policies=(TOKEN,), respond=_hello),
)
"""That the tweet wants a token as well is a guess (I)."""
