"""An identity provider as a Flask application. Where its endpoints are, the provider's data says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_servers.faults.fetching import without_faults
from mock_servers.faults.ordered import Faults
from mock_servers.identity_provider.advice import advise
from mock_servers.identity_provider.flows import ELSEWHERE_ROUTES, routes_of
from mock_servers.identity_provider.render import render, row_of
from mock_servers.identity_provider.service import Exchange, Service
from mock_servers.pipeline.render import compact
from mock_servers.pipeline.service import Served
from mock_servers.provider import errors
from mock_servers.provider.provider import DISCOVERY_PATH
from mock_servers.rules import Flow
from mock_servers.wire.request import Answer

if TYPE_CHECKING:
    from mock_servers.diagnosis.case import Known
    from mock_servers.pipeline.application import ServiceApp

VIEWS: Final = {
    "discovery": "Return the discovery document (OpenID Connect Discovery 1.0, section 4).",
    "jwks": "Return the public keys that verify id_tokens.",
    "authorize": "Let a person log in, and redirect them to the client with a code.",
    "log_in": "Take the log-in form, at providers whose form has an address of its own.",
    "end_session": "Log the person out (OpenID Connect RP-Initiated Logout 1.0).",
    "token": "Exchange a code or a refresh token for tokens.",
    "userinfo": "Return the claims of the person whose access token is sent.",
}
"""What each view does, by the name of its endpoint; a provider's data says at which path it is."""


def create_app(service: Service, faults: Faults | None = None, *, nowhere: bool = False) -> ServiceApp[Exchange]:
    """Return a provider as a `flask.Flask`; mount it at `service.provider.path`. `faults` are those that it may meet.

    With `nowhere` it is for all other paths of the provider's host, which answers nothing there.
    """
    from mock_servers.pipeline.application import ServiceApp  # noqa: PLC0415 - judging offline loads no Flask

    app = ServiceApp(__name__, served(service, faults, nowhere=nowhere))
    paths = {} if nowhere else {"discovery": DISCOVERY_PATH, **service.provider.endpoints}
    app.bind({name: (paths[name], words) for name, words in VIEWS.items() if name in paths})
    return app


def served(service: Service, faults: Faults | None = None, *, nowhere: bool = False) -> Served[Exchange]:
    """Return a provider as the pipeline sees it, without Flask; `nowhere` as for `create_app`."""
    return Served(
        name=service.provider.name,
        mount="" if nowhere else service.provider.path,
        routes=ELSEWHERE_ROUTES if nowhere else routes_of(service.provider),
        exchange=lambda request: Exchange(request=request, service=service, now=service.clock.now()),
        render=render,
        row=row_of,
        advise=advise,
        write=compact,
        message_id=service.identifiers.message_id,
        store=service.store,
        known=lambda: _known_of(service),
        fault=errors.FAULT,
        journal=service.journal,
        faults=faults,
        place=_place,
    )


def _known_of(service: Service) -> Known:
    from mock_servers.diagnosis.case import Known  # noqa: PLC0415 - for refusals alone

    return Known(
        store=service.store,
        journal=service.journal,
        providers=(service.provider,),
        fetch=without_faults(service.fetch),
        elsewhere=service.elsewhere,
    )


def _place(exchange: Exchange, _: Flow[Exchange, Answer]) -> str | None:
    """An endpoint below the word of the provider's people: a mock realm fails with the provider it stands for."""
    provider, path = exchange.service.provider, exchange.request.path
    words = {own: name for name, own in provider.endpoints.items()} | {DISCOVERY_PATH: "discovery"}
    word = words.get(path)
    return f"{provider.people}.{'authorize' if word == 'log_in' else word}" if word else None
