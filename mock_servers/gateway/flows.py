"""Which call reaches which API, and what is judged before it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from mock_servers.apim.scopes import APPLICATION
from mock_servers.gateway import bearer_token, errors, subscription
from mock_servers.gateway.service import Exchange
from mock_servers.rules import Flow, Policy, ServiceError
from mock_servers.settings.real_host import is_real_name
from mock_servers.state import quota
from mock_servers.wire import probes
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANY, Routes, Row
from mock_servers.wire.wording import shown


def _lacks_scope(exchange: Exchange) -> str | None:
    scopes, is_person = exchange.token.scopes, exchange.token.session is not None
    if exchange.request.path == "/hello/user":
        words = f"The token is an application's, and this API wants a person's; it has {shown(scopes)}."
        return None if is_person else words
    held = any(APPLICATION in scope for scope in scopes)
    return None if held else f"The token has {shown(scopes)}; this API wants {APPLICATION}…: use client_credentials."


TOKEN: Final = subscription.token_policy(_lacks_scope)
API_KEY: Final[Policy[Exchange]] = Policy(
    name="VerifyAPIKey",
    rules=(
        bearer_token.check_api_key_known,
        bearer_token.check_api_key_approved,
        subscription.check_api_key_for_api,
    ),
)


def _hello(whom: str) -> Callable[[Exchange], Answer]:
    return lambda _: Answer(status=200, body={"message": f"Hello {whom}!"})


def _by_key(exchange: Exchange) -> bool:
    headers = exchange.request.headers
    return "apikey" in headers and "authorization" not in headers


HELLO_WORLD: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(row="hello", name="hello-world", policies=(), respond=_hello("World")),
    Flow(
        row="hello",
        name="hello-by-key",
        takes=_by_key,
        policies=(API_KEY, subscription.LIMIT),
        respond=_hello("Application"),
    ),
    Flow(
        row="hello",
        name="hello-application",
        policies=(TOKEN, subscription.LIMIT),
        respond=_hello("Application"),
    ),
    Flow(row="hello", name="hello-user", policies=(TOKEN, subscription.LIMIT), respond=_hello("User")),
)
NOWHERE: Final[Flow[Exchange, Answer]] = Flow(
    row="§9",
    name="no-such-api",
    policies=(Policy(name="ProxyEndpoint", rules=(bearer_token.check_api_known,)),),
    respond=lambda _: Answer(status=404),
)


def _is_browser_at_root(exchange: Exchange) -> bool:
    """Whether a person looks at the mock with a browser, under a name that no real service has."""
    asked = exchange.request
    by_browser = "text/html" in asked.headers.get("accept", "")
    return by_browser and exchange.service.has_page() and not is_real_name(urlsplit(asked.base).hostname or "")


FRONT_DOOR: Final[Flow[Exchange, Answer]] = Flow(
    row="the mock's own",
    name="front-door",
    takes=_is_browser_at_root,
    policies=(),
    respond=lambda exchange: Answer(status=302, headers={"Location": f"{exchange.request.prefix}/_nhsauth/"}),
    recorded=False,
)
"""Sends a person to the mock's own page."""

_PROBE: Final = replace(NOWHERE, name="probe", recorded=False)
"""What browsers and wait scripts try by themselves gets the same fault as any unknown path, and leaves no record."""

ELSEWHERE: Final = (FRONT_DOOR, _PROBE, NOWHERE)
"""What is no API's."""


def routes(
    flows: Sequence[Flow[Exchange, Answer]] = (), table: Mapping[str, Row] | None = None, everywhere: Sequence[str] = ()
) -> Routes[Exchange]:
    """Return the table of an API with these flows; `everywhere` are those of each path. What is left is no API's."""
    probes_here = {path: {ANY: [_PROBE.name]} for path in probes.PATHS}
    return Routes(
        (*flows, *ELSEWHERE),
        {"/": {"GET": [FRONT_DOOR.name]}, **probes_here, **(table or {})},
        everywhere={ANY: [*everywhere, NOWHERE.name]},
    )


ROUTES: Final = routes(
    HELLO_WORLD,
    {
        "/hello/world": {"GET HEAD": ["hello-world"]},
        "/hello/application": {"GET HEAD": ["hello-by-key", "hello-application"]},
        "/hello/user": {"GET HEAD": ["hello-user"]},
    },
)
"""Which flows each path of `/hello-world` has."""


def render(row: ServiceError, exchange: Exchange, message_id: str) -> Answer:
    """Return the answer of an error row: with Apigee's fault body, or the 429's, or none for a wrong status key (S)."""
    if row.shape == "rate_limit":
        app = exchange.app
        body = quota.exceeded(row.sentence, app.name, app.quota_per_minute, exchange.now, message_id)
        return Answer(status=row.status, body=body)
    if row.shape == "empty":
        return Answer(status=row.status, content_type="text/plain")
    sentence = row.sentence.replace("{path}", exchange.request.target.partition("?")[0])
    return Answer(
        status=row.status,
        body={"fault": {"faultstring": sentence, "detail": {"errorcode": row.code}}},
        headers=row.headers,
    )


def returned(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the ids of a call that its answer repeats as they were sent, also when it refuses (Q)."""
    sent = exchange.request.headers
    yield from ((name, sent[name.lower()]) for name in ("X-Request-ID", "X-Correlation-ID") if name.lower() in sent)


FAULT: Final = errors.FAULT
