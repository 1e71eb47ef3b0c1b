"""The token service as a Flask application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.flows import ROUTES, reach_quota
from mock_servers.apim.platform_log import trace
from mock_servers.apim.render import render, write
from mock_servers.apim.service import Service
from mock_servers.faults.fetching import without_faults
from mock_servers.faults.ordered import Faults
from mock_servers.pipeline.service import Served
from mock_servers.rules import Flow
from mock_servers.wire.request import Answer

if TYPE_CHECKING:
    from mock_servers.diagnosis.case import Known
    from mock_servers.journal.record import Record
    from mock_servers.pipeline.application import ServiceApp

VIEWS: Final = {
    "token": (
        "/token",
        "Issue a token: for a client assertion, an id_token, a code or a refresh token (§2.4 to §2.15).",
    ),
    "userinfo": ("/userinfo", "Return what the identity provider says of the person who logged in (§2.11)."),
    "authorize": ("/authorize", "Redirect a person to the identity provider (§2.3)."),
    "callback": (
        "/callback",
        "Take a person back from the identity provider, and redirect them to the client (§2.10).",
    ),
    "backchannel_logout": ("/backchannel_logout", "End the sessions that a logout token names (§2.7)."),
    "ping": ("/_ping", "Return the deployed version (§2.1)."),
    "status": ("/_status", "Return how the identity providers are, to callers with the status key (§2.2)."),
}
"""The views by name: the path of each, and what it does."""


def create_app(service: Service, faults: Faults | None = None) -> ServiceApp[Exchange]:
    """Return the token service as a `flask.Flask`; mount it at `service.mount`. `faults` are those that it may meet."""
    from mock_servers.pipeline.application import ServiceApp  # noqa: PLC0415 - judging offline loads no Flask

    app = ServiceApp(__name__, served(service, faults))
    app.bind(VIEWS)
    return app


def served(service: Service, faults: Faults | None = None) -> Served[Exchange]:
    """Return a token service as the pipeline sees it; it needs no Flask."""
    return Served(
        name=service.mount.strip("/"),
        mount=service.mount,
        routes=ROUTES,
        exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
        render=render,
        write=write,
        message_id=service.identifiers.message_id,
        store=service.store,
        known=lambda: known_of(service),
        fault=errors.SCRIPT_FAULT,
        journal=service.journal,
        faults=faults,
        place=_place,
        reach_quota=reach_quota,
        advise=_advise,
        trace=trace,
    )


def _advise(exchange: Exchange, record: Record) -> Iterable[str]:
    from mock_servers.apim.advice import advise  # noqa: PLC0415 - nothing of it is needed to start

    return advise(exchange, record)


def known_of(service: Service) -> Known:
    """Return the data of a token service that finders may look up."""
    from mock_servers.diagnosis.case import Known  # noqa: PLC0415 - for refusals alone

    return Known(
        store=service.store,
        journal=service.journal,
        environment=service.environment,
        origins=service.origins,
        hosts=service.hosts,
        audiences=service.settings.audiences,
        providers=service.providers,
        jwks_url_of=service.jwks_url_of,
        fetch=without_faults(service.fetch),
        issuers=service.issuers,
        loaded_keys=service.loaded_keys,
        elsewhere=service.elsewhere,
    )


def _place(exchange: Exchange, _: Flow[Exchange, Answer]) -> str | None:
    word = exchange.request.path.removeprefix("/")
    return word if word in ("token", "authorize", "callback", "userinfo") else None
