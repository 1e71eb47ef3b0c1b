"""The proxy canary-api, the smallest API: it greets every caller with a live token for it."""

from __future__ import annotations

from typing import Final

from mock_servers.apim.monitoring import VERSION
from mock_servers.gateway import mock_jwks, subscription
from mock_servers.gateway.flows import routes
from mock_servers.gateway.service import Exchange
from mock_servers.rules import Flow
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANYWHERE

TOKEN: Final = subscription.token_policy()


def _status(_: Exchange) -> Answer:
    body = {"ping": "pong", "status": "pass", "service": "canary", "_version": VERSION}
    return Answer(status=200, body=body)


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(
        name="canary ping",
        row="admin §6",
        policies=(),
        respond=mock_jwks.ping,
        recorded=False,
    ),
    Flow(
        name="canary status",
        row="admin §6",
        policies=(mock_jwks.STATUS_KEY,),
        respond=_status,
        recorded=False,
    ),
    Flow(
        name="canary tweet",
        row="admin §6",
        policies=(TOKEN,),
        respond=lambda _: Answer(status=200, body={"msg": "tweet tweet"}),
    ),
    Flow(
        name="canary",
        row="admin §6",
        policies=(TOKEN,),
        respond=lambda _: Answer(status=200, body="Hello user!", content_type="text/html"),
    ),
)
"""That the tweet wants a token as well is a guess (I)."""

ROUTES: Final = routes(
    FLOWS,
    {
        "/_ping": {"GET HEAD": ["canary ping"]},
        "/_status": {"GET HEAD": ["canary status"]},
        "/tweet": {"GET HEAD": ["canary tweet"]},
        ANYWHERE: {},
    },
    everywhere=["canary"],
)
"""Which flows each path of `/canary-api` has."""
